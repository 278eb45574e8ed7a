// Lists of declarations and statements, driven by hand.
//
// The keyword decides which production is parsed, so that it commits; a
// statement that cannot be parsed is reported once and skipped up to where the
// next one begins, so that all statements with errors of a file are reported.
package parser

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// declarations parses a whole file.
func (in input) declarations() ([]ast.Decl, []*ast.Accept) {
	var decls []ast.Decl
	var accepts []*ast.Accept
	for {
		t := in.peek()
		if t.Kind == token.EOF {
			return decls, accepts
		}
		p := in.statementAt(in.index())
		if p == nil || !p.declares() {
			if _, bad := in.statement(p).(*ast.BadStmt); !bad {
				in.misplaced(t, p, "at the top of a file")
			}
			continue
		}
		switch d := in.statement(p).(type) {
		case ast.Decl:
			decls = append(decls, d)
		case *ast.Accept:
			if len(decls) > 0 {
				d.About = decls[len(decls)-1]
			}
			in.acceptsBlock(d)
			accepts = append(accepts, d)
		}
	}
}

// declares reports whether the production may stand at the top of a file.
func (p *production) declares() bool {
	return p.place == declaration || p.place == anywhere || p.word == "let"
}

// statementAt is the production of the statement at token i; nil when its
// word is no keyword, or is meant as a field: `mode = 5`.
func (m *machine) statementAt(i int) *production {
	p := m.productionAt(i)
	if p != nil && m.is(m.tokens[m.pathEnd(i)], "=") && p.word != "set" && p.word != "create" && p.word != "let" {
		return nil
	}
	return p
}

// productionAt is the production of the keyword at token i, nil when there is none.
func (m *machine) productionAt(i int) *production {
	t := m.tokens[i]
	// `not secret` alone begins with a word that is reserved; `not secret == 5` is a condition.
	if last := len(m.tokens) - 1; m.is(t, "not") && m.is(m.tokens[min(i+1, last)], "secret") {
		if behind := m.tokens[min(i+2, last)]; behind.Kind == token.Ident && !behind.First || m.is(behind, "*") {
			return m.productions["not"]
		}
	}
	if t.Kind != token.Ident {
		return nil
	}
	word := m.text(t)
	if m.inTest && m.tests[word] != nil {
		return m.tests[word]
	}
	// `test` is what many call an environment: `environments prod, test`.
	if word == "test" && !(t.First && m.depth[i] == 0) && i+1 < len(m.tokens) && m.tokens[i+1].Kind != token.TextStart && m.tokens[i+1].Kind != token.Raw {
		return nil
	}
	return m.productions[word]
}

// parseBlock parses { statements }. Errors inside are collected, so a block
// that has begun never fails.
func (m *machine) parseBlock(lex *lexer.PeekingLexer) (block, error) {
	in := input{m, lex}
	start := in.peek()
	if !in.is(start, "{") {
		return nil, errNoMatch
	}
	if i := in.index(); in.fieldEnd(i+1) > 0 && i > 0 && in.is(in.tokens[i-1], "environment") {
		before := in.tokens[i-1]
		return nil, &failure{index: i, diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.span(before, before), Message: "`per` is missing before `environment`", Label: "write `per environment { … }`",
			Fix: &diag.Fix{Span: in.span(before, before), Text: "per environment"},
		}}
	}
	in.next()
	b := &ast.Block{}
	owner := in.owner
	if owner == "test" {
		in.inTest = true
		defer func() { in.inTest = false }()
	}
	for {
		t := in.peek()
		if in.is(t, "}") {
			in.next()
			break
		}
		if t.Kind == token.EOF { // after too many repairs
			break
		}
		p := in.statementAt(in.index())
		node := in.statement(p)
		if a, ok := node.(*ast.Accept); ok {
			if len(b.Stmts) > 0 {
				a.About = b.Stmts[len(b.Stmts)-1]
			}
			in.acceptsBlock(a)
			b.Accepts = append(b.Accepts, a)
			continue
		}
		if s, ok := node.(ast.Stmt); ok {
			b.Stmts = append(b.Stmts, s)
			if _, bad := node.(*ast.BadStmt); bad || owner == "" {
				continue
			}
		}
		switch {
		case p.place == declaration:
			in.misplaced(t, p, "inside `{ }`")
		case owner == "test" && p.place != testOnly:
			in.misplaced(t, p, "inside `test`")
		case owner == "from" && p.place == statement:
			in.misplaced(t, p, "directly inside `from`")
		case owner != "from" && owner != "test" && p.place == fromOnly:
			in.misplaced(t, p, "here")
		}
	}
	b.At = in.since(start)
	return b, nil
}

func (in input) misplaced(t token.Token, p *production, where string) {
	d := diag.Diagnostic{
		Code: diag.MisplacedStatement, Span: in.span(t, t), Message: fmt.Sprintf("`%s` cannot stand %s", p.word, where),
	}
	switch {
	case in.inTest && p.place != declaration:
		d.Label = "a test holds `given` and `expect` statements; the rules of the weave are run for it"
	case p.place == declaration:
		d.Label = "a declaration stands at the top of a file"
	case p.place == fromOnly:
		d.Label = "`sync` stands directly inside `from … into … { }`"
	case p.place == policy:
		d.Label = "it stands inside `from … into … { }` or `sync … { }`"
	default:
		d.Label = "it stands inside `sync … { }`"
	}
	in.report(d)
}

// statement parses one declaration or statement with its production, or, with
// nil, reports the word. It always takes at least one token.
func (in input) statement(p *production) ast.Node {
	start, startIndex := in.peek(), in.index()
	checkpoint := in.lex.MakeCheckpoint()
	errs := len(in.errs)
	in.nesting, in.owner, in.start = 0, "", startIndex
	var err error
	var built builder
	if p == nil {
		err = in.unknown()
	} else {
		in.owner = p.word
		built, err = p.parse(in.lex)
		in.start = startIndex // blocks in it have moved it
		if err == nil {
			err = in.trailing(p)
		}
	}
	if err == nil {
		return built.build(in.machine, in.since(start))
	}
	f := in.translate(err, p, startIndex)
	if d := in.mistaken(p, f.index); d != nil && f.diag.Code == diag.SyntaxError {
		f.diag, f.form = *d, ""
	}
	if f.form != "" && f.diag.Code == diag.SyntaxError && len(f.diag.Notes) == 0 {
		f.diag.Notes = []string{fmt.Sprintf("write `%s`", f.form)}
	}
	if !in.known(f, start, errs) && !(p == nil && in.wordBlock && slices.Contains([]string{"end", "done", "fi"}, in.text(start))) {
		in.report(f.diag)
	}
	in.owner = ""
	if p != nil {
		in.owner = p.word
	}
	end := in.resync(checkpoint, startIndex, f.index)
	in.lex.LoadCheckpoint(checkpoint)
	in.lex.FastForward(lexer.RawCursor(end - 1))
	return &ast.BadStmt{At: in.since(start)}
}

// known reports whether the cause of a failure is out already: a malformed
// token in the statement.
func (in input) known(f *failure, start token.Token, errs int) bool {
	upTo := in.tokens[f.index].End
	if i := in.lexicalFrom(start.Start); i < len(in.lexical) && in.lexical[i].Span.Start <= upTo {
		return true
	}
	return slices.ContainsFunc(in.errs[errs:], func(d diag.Diagnostic) bool { return d.Span == f.diag.Span })
}

// translate turns an error of participle into a failure in words.
func (in input) translate(err error, p *production, start int) *failure {
	var f *failure
	if errors.As(err, &f) {
		if f.outside {
			f.form = p.form
		}
		return f
	}
	u, ok := unexpected(err)
	if !ok {
		t := in.tokens[start]
		return &failure{index: start, diag: diag.Diagnostic{
			Code: diag.InternalError, Span: in.span(t, t), Message: "the parser failed on this statement: " + diag.Safe(err.Error(), 200),
		}}
	}
	i := in.indexAt(u.Unexpected.Pos.Offset)
	_, ebnf, _ := strings.Cut(u.Message(), "(expected ")
	expected := expectedWords(strings.TrimSuffix(ebnf, ")"))
	t := in.tokens[i]
	if p.word == "prune" && (expected == "`at`" || expected == "`most`") {
		return &failure{index: i, diag: diag.Diagnostic{
			Code: diag.UnboundedPrune, Span: in.span(in.tokens[start], in.tokens[max(start, i-1)]), Message: "`prune` has no bound",
			Label: "how many documents may a run delete at most?",
			Notes: []string{"write `at most 5` or `at most 2%` behind it: if more would be deleted, nothing is written"},
		}}
	}
	if p.word == "expect" && in.is(t, "{") && strings.Contains(expected, "`with`") {
		return in.bareDocument(i)
	}
	if !t.First && t.Kind == token.Ident && strings.HasPrefix(expected, "`") {
		var words []string
		for _, w := range strings.Split(expected, " or ") {
			words = append(words, strings.Trim(w, "`"))
		}
		if s := diag.Suggest(in.text(t), words); s != "" {
			span := in.span(t, t)
			return &failure{index: i, diag: diag.Diagnostic{
				Code: diag.SyntaxError, Span: span, Message: fmt.Sprintf("expected %s, not `%s`", expected, in.text(t)),
				Label: fmt.Sprintf("did you mean `%s`?", s), Fix: &diag.Fix{Span: span, Text: s},
			}, form: p.form}
		}
	}
	if listed := in.missingComma(i); listed != nil && slices.Contains(listWords, p.word) {
		return listed
	}
	f = in.unexpected(i, expected)
	f.form = p.form
	return f
}

// missingComma is the failure of two paths or names side by side on one line.
func (m *machine) missingComma(i int) *failure {
	if i == 0 {
		return nil
	}
	if f := m.habit(i, "a name"); f != nil {
		return f
	}
	t, before := m.tokens[i], m.tokens[i-1]
	names := func(k token.Kind) bool {
		return k == token.Ident || k == token.Raw || k == token.TextStart || k == token.TextEnd
	}
	if t.First || t.Kind == token.Ident && habit.Infix(m.text(t)) != "" || !names(t.Kind) || !names(before.Kind) && !m.is(before, "]") || m.productionAt(i) != nil || before.Kind == token.Ident && m.productionAt(i-1) != nil {
		return nil
	}
	return &failure{index: i, diag: diag.Diagnostic{
		Code: diag.MissingComma, Span: m.span(t, t), Message: "a comma is missing between two names", Label: "put a comma before this",
	}}
}

// listWords begin statements that end in a list.
var listWords = []string{"sync", "remove", "redact", "omit", "preserve", "ignore", "absent", "index", "check", "warn", "environments", "for", "amend", "test"}

// trailing is the failure of what stands behind a whole statement on its line.
func (in input) trailing(p *production) error {
	t := in.peek()
	if t.Kind == token.EOF || in.is(t, "}") || in.productionAt(in.index()) != nil && (t.First || !in.is(in.ahead(1), "=")) {
		return nil
	}
	if t.First && (t.Kind == token.Ident || t.Kind == token.Raw || t.Kind == token.TextStart || in.is(t, "if") || in.is(t, "not") || in.is(t, "{")) {
		return nil // the next statement, or what is meant as one
	}
	if slices.Contains(listWords, p.word) {
		if f := in.missingComma(in.index()); f != nil {
			if p.word == "index" && f.diag.Code == diag.MissingComma {
				f.diag = in.keyKind(t)
			}
			return f
		}
	}
	if p.word == "prune" || !in.endsValue(in.index()-1) {
		return in.unexpected(in.index(), "")
	}
	if t.Kind == token.Ident && in.is(in.previous(), "}") {
		return nil // the next statement is misspelt
	}
	return in.unexpected(in.index(), "")
}

// pathEnd is the index behind the path that may begin at token i.
func (m *machine) pathEnd(i int) int {
	end := i + 1
	for m.is(m.tokens[end], ".") || m.is(m.tokens[end], "[") {
		if close := m.pair[end]; close > end {
			end = close + 1
		} else {
			end = min(end+2, len(m.tokens)-1)
		}
	}
	return end
}

// resync is the token where parsing goes on after the statement that began at
// start, where the cursor was at from, and failed at fail. Blocks on the way are parsed for their errors.
func (in input) resync(from lexer.Checkpoint, start, fail int) int {
	depth, first := in.depth[start], in.tokens[start]
	if in.bracket(first) == '}' {
		return start + 1 // a brace that closes nothing
	}
	column := -1
	if first.First {
		column = in.column(first)
	}
	for i := max(start+1, fail); i < len(in.tokens); i++ {
		t := in.tokens[i]
		switch {
		case t.Kind == token.EOF || in.depth[i] < depth:
			return i
		case in.depth[i] > depth:
		case in.bracket(t) == '{' && in.opensBlock(i):
			end := in.blockErrors(from, i)
			if end <= i {
				return i
			}
			i = end - 1
		case !t.First || t.Kind != token.Ident && t.Kind != token.Reserved:
		case in.column(t) <= column, in.beginsStatement(i):
			return i
		}
	}
	return len(in.tokens) - 1
}

// opensBlock reports whether the `{` at token i holds statements.
func (m *machine) opensBlock(i int) bool {
	return m.tokens[i+1].Kind == token.Ident && m.fieldEnd(i+1) == 0
}

// blockErrors parses the block at token i for its errors and returns the index
// behind it; from is a place before it.
func (in input) blockErrors(from lexer.Checkpoint, i int) int {
	in.lex.LoadCheckpoint(from)
	in.lex.FastForward(lexer.RawCursor(i - 1))
	errs := len(in.errs)
	if in.owner == "" { // nobody knows what may stand in it
		defer func() {
			kept := slices.DeleteFunc(slices.Clone(in.errs[errs:]), func(d diag.Diagnostic) bool {
				return d.Code == diag.UnknownStatement && d.Fix == nil || d.Code == diag.MisplacedStatement
			})
			in.errs = append(in.errs[:errs:errs], kept...)
		}()
	}
	if _, err := in.parseBlock(in.lex); err != nil {
		return i + 1
	}
	return in.index()
}
