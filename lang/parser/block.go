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
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/token"
)

// statements parses what begins with a keyword, and what stands there instead.
type statements struct{ input }

// declarations parses a whole file.
func (in statements) declarations() ([]ast.Decl, []*ast.Accept) {
	var decls []ast.Decl
	var accepts []*ast.Accept
	for {
		t := in.peek()
		if t.Kind == token.EOF {
			return decls, accepts
		}
		p := in.statementAt(in.index())
		if slip.FannedFirst(&in.Statement, in.index()) != nil {
			in.fannedFirst()
			continue
		}
		if p == nil || !p.Declares() {
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

// fannedFirst reports a loop around `from` blocks. Their names that are put together are
// right once it stands behind `into`.
func (in statements) fannedFirst() {
	errs := len(in.errs)
	in.statement(nil)
	in.errs = append(in.errs[:errs:errs], slices.DeleteFunc(in.errs[errs:], func(d diag.Diagnostic) bool { return d.Code == diag.BadName })...)
}

// statementAt is the production of the statement at token i; nil when its
// word is no keyword, or is meant as a field: `mode = 5`.
func (m *machine) statementAt(i int) *production {
	p := m.productions[m.KeywordAt(i)]
	if p != nil && m.Is(m.Tokens[m.PathEnd(i)], "=") && p.Word != "set" && p.Word != "create" && p.Word != "let" {
		return nil
	}
	return p
}

// parseBlock parses { statements }. Errors inside are collected, so a block
// that has begun never fails.
func (m *machine) parseBlock(lex *lexer.PeekingLexer) (block, error) {
	in := statements{input{m, lex}}
	start := in.peek()
	if !in.Is(start, "{") {
		return nil, errNoMatch
	}
	if i := in.index(); in.FieldEnd(i+1) > 0 && i > 0 && in.Is(in.Tokens[i-1], "environment") {
		before := in.Tokens[i-1]
		return nil, &failure{index: i, diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.Span(before, before), Message: "`per` is missing before `environment`", Label: "write `per environment { … }`",
			Fix: &diag.Fix{Span: in.Span(before, before), Text: "per environment"},
		}}
	}
	in.next()
	b := &ast.Block{}
	owner := in.owner
	if owner == "test" {
		in.InTest = true
		defer func() { in.InTest = false }()
	}
	defer func() { in.owner = owner }() // statements in it have changed it, and `else` has a block, too
	for {
		t := in.peek()
		if in.Is(t, "}") {
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
		case p.Place == keyword.Declaration:
			in.misplaced(t, p, "inside `{ }`")
		case owner == "test" && p.Place != keyword.TestOnly:
			in.misplaced(t, p, "inside `test`")
		case owner == "from" && p.Place == keyword.Statement && p.Word != "for":
			in.misplaced(t, p, "directly inside `from`")
		case owner == "defaults" && p.Place != keyword.Policy && p.Word != "for":
			in.misplaced(t, p, "inside `defaults`")
		case owner != "from" && owner != "test" && p.Place == keyword.FromOnly:
			in.misplaced(t, p, "here")
		}
	}
	b.At = in.since(start)
	return b, nil
}

func (in statements) misplaced(t token.Token, p *production, where string) {
	d := diag.Diagnostic{
		Code: diag.MisplacedStatement, Span: in.Span(t, t), Message: fmt.Sprintf("`%s` cannot stand %s", p.Word, where),
	}
	switch {
	case in.InTest && p.Place != keyword.Declaration:
		d.Label = "a test holds `given` and `expect` statements; the rules of the weave are run for it"
	case p.Place == keyword.Declaration:
		d.Label = "a declaration stands at the top of a file"
	case p.Place == keyword.FromOnly:
		d.Label = "`sync` stands directly inside `from … into … { }`"
	case p.Place == keyword.Policy:
		d.Label = "it stands inside `from … into … { }` or `sync … { }`"
	default:
		d.Label = "it stands inside `sync … { }`"
	}
	in.report(d)
}

// statement parses one declaration or statement with its production, or, with
// nil, reports the word. It always takes at least one token.
func (in statements) statement(p *production) ast.Node {
	start, startIndex := in.peek(), in.index()
	checkpoint := in.lex.MakeCheckpoint()
	errs := len(in.errs)
	in.nesting, in.owner, in.Start = 0, "", startIndex
	var err error
	var built builder
	if p == nil {
		err = &failure{index: startIndex, diag: *slip.Unknown(&in.Statement, startIndex)}
	} else {
		in.owner = p.Word
		built, err = p.parse(in.lex)
		in.Start = startIndex // blocks in it have moved it
		if err == nil {
			err = in.trailing(p)
		}
	}
	if err == nil {
		return built.build(in.machine, in.since(start))
	}
	f := in.translate(err, p, startIndex)
	var word *keyword.Keyword
	if p != nil {
		word = &p.Keyword
	}
	if d := slip.Mistaken(&in.Statement, word, f.index); d != nil && f.diag.Code == diag.SyntaxError {
		f.diag, f.form = *d, ""
	}
	if f.form != "" && f.diag.Code == diag.SyntaxError && len(f.diag.Notes) == 0 {
		f.diag.Notes = []string{fmt.Sprintf("write `%s`", f.form)}
	}
	if !in.known(f, start, errs) && !(p == nil && in.WordBlock && slices.Contains([]string{"end", "done", "fi"}, in.Text(start))) {
		in.report(f.diag)
	}
	in.owner = ""
	if p != nil {
		in.owner = p.Word
	}
	end := in.resync(checkpoint, startIndex, f.index)
	in.lex.LoadCheckpoint(checkpoint)
	in.lex.FastForward(lexer.RawCursor(end - 1))
	return &ast.BadStmt{At: in.since(start)}
}

// known reports whether the cause of a failure is out already: a malformed
// token in the statement.
func (in statements) known(f *failure, start token.Token, errs int) bool {
	upTo := in.Tokens[f.index].End
	if i := in.lexicalFrom(start.Start); i < len(in.lexical) && in.lexical[i].Span.Start <= upTo {
		return true
	}
	return slices.ContainsFunc(in.errs[errs:], func(d diag.Diagnostic) bool { return d.Span == f.diag.Span })
}

// translate turns an error of participle into a failure in words.
func (in statements) translate(err error, p *production, start int) *failure {
	var f *failure
	if errors.As(err, &f) {
		if f.outside {
			f.form = p.Form
		}
		return f
	}
	u, ok := unexpected(err)
	if !ok {
		t := in.Tokens[start]
		return &failure{index: start, diag: diag.Diagnostic{
			Code: diag.InternalError, Span: in.Span(t, t), Message: "the parser failed on this statement: " + diag.Safe(err.Error(), 200),
		}}
	}
	i := in.IndexAt(u.Unexpected.Pos.Offset)
	_, ebnf, _ := strings.Cut(u.Message(), "(expected ")
	expected := expectedWords(strings.TrimSuffix(ebnf, ")"))
	t := in.Tokens[i]
	if p.Word == "prune" && (expected == "`at`" || expected == "`most`") {
		if d := slip.PrunedIn(&in.Statement, i); d != nil {
			return &failure{index: i, diag: *d}
		}
		return &failure{index: i, diag: diag.Diagnostic{
			Code: diag.UnboundedPrune, Span: in.Span(in.Tokens[start], in.Tokens[max(start, i-1)]), Message: "`prune` has no bound",
			Label: "how many documents may a run delete at most?",
			Notes: []string{"write `at most 5` or `at most 2%` behind it: if more would be deleted, nothing is written"},
		}}
	}
	if p.Word == "expect" && in.Is(t, "{") && strings.Contains(expected, "`with`") {
		return in.bareDocument(i)
	}
	if !t.First && t.Kind == token.Ident && strings.HasPrefix(expected, "`") {
		var words []string
		for _, w := range strings.Split(expected, " or ") {
			words = append(words, strings.Trim(w, "`"))
		}
		if s := diag.Suggest(in.Text(t), words); s != "" {
			span := in.Span(t, t)
			return &failure{index: i, diag: diag.Diagnostic{
				Code: diag.SyntaxError, Span: span, Message: fmt.Sprintf("expected %s, not `%s`", expected, in.Text(t)),
				Label: fmt.Sprintf("did you mean `%s`?", s), Fix: &diag.Fix{Span: span, Text: s},
			}, form: p.Form}
		}
	}
	if listed := slip.MissingComma(&in.Statement, i); listed != nil && slip.EndsInList(p.Word) {
		return &failure{index: i, diag: *listed}
	}
	f = in.unexpected(i, expected)
	f.form = p.Form
	return f
}

// trailing is the failure of what stands behind a whole statement on its line.
func (in statements) trailing(p *production) error {
	t := in.peek()
	if t.Kind == token.EOF || in.Is(t, "}") || in.KeywordAt(in.index()) != nil && (t.First || !in.Is(in.ahead(1), "=")) {
		return nil
	}
	if t.First && (t.Kind == token.Ident || t.Kind == token.Raw || t.Kind == token.TextStart || in.Is(t, "if") || in.Is(t, "not") || in.Is(t, "{")) {
		return nil // the next statement, or what is meant as one
	}
	if slip.EndsInList(p.Word) {
		if d := slip.MissingComma(&in.Statement, in.index()); d != nil {
			if p.Word == "index" && d.Code == diag.MissingComma {
				*d = slip.KeyKind(&in.Statement, t)
			}
			return &failure{index: in.index(), diag: *d}
		}
	}
	if p.Word == "prune" || !in.EndsValue(in.index()-1) {
		return in.unexpected(in.index(), "")
	}
	if t.Kind == token.Ident && in.Is(in.previous(), "}") {
		return nil // the next statement is misspelt
	}
	return in.unexpected(in.index(), "")
}

// resync is the token where parsing goes on after the statement that began at
// start, where the cursor was at from, and failed at fail. Blocks on the way are parsed for their errors.
func (in statements) resync(from lexer.Checkpoint, start, fail int) int {
	depth, first := in.Depth[start], in.Tokens[start]
	if in.Bracket(first) == '}' {
		return start + 1 // a brace that closes nothing
	}
	column := -1
	if first.First {
		column = in.Column(first)
	}
	for i := max(start+1, fail); i < len(in.Tokens); i++ {
		t := in.Tokens[i]
		switch {
		case t.Kind == token.EOF || in.Depth[i] < depth:
			return i
		case in.Depth[i] > depth:
		case in.Bracket(t) == '{' && in.OpensBlock(i):
			end := in.blockErrors(from, i)
			if end <= i {
				return i
			}
			i = end - 1
		case !t.First || t.Kind != token.Ident && t.Kind != token.Reserved:
		case in.Column(t) <= column, in.BeginsStatement(i):
			return i
		}
	}
	return len(in.Tokens) - 1
}

// blockErrors parses the block at token i for its errors and returns the index
// behind it; from is a place before it.
func (in statements) blockErrors(from lexer.Checkpoint, i int) int {
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
