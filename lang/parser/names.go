// Custom productions: names, paths, numbers, regular expressions.
//
// Each takes a cursor and returns its node; errNoMatch when the part is not
// there and may be optional; a *failure when it is malformed.
package parser

import (
	"fmt"
	"strconv"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// at is the place of the tokens of a participle struct.
func (m *machine) at(tokens []lexer.Token) ast.At {
	if len(tokens) == 0 {
		return ast.At{}
	}
	last := tokens[len(tokens)-1]
	return ast.At{Span: source.Span{File: m.File, Start: tokens[0].Pos.Offset, End: last.Pos.Column}}
}

// parseIdent parses a name that is one word.
func (m *machine) parseIdent(lex *lexer.PeekingLexer) (ident, error) {
	in := input{m, lex}
	if in.missingBefore() {
		return nil, in.failClause("a name")
	}
	switch t := in.peek(); t.Kind {
	case token.Ident:
		in.next()
		return ast.Name{At: in.since(t), Text: m.Text(t)}, nil
	case token.Reserved:
		return nil, in.reserved("choose another name")
	default:
		return nil, in.failClause("a name")
	}
}

func (in input) reserved(advice string) error {
	t := in.peek()
	return &failure{index: in.index(), diag: diag.Diagnostic{
		Code: diag.ReservedWord, Span: in.Span(t, t),
		Message: fmt.Sprintf("`%s` is a reserved word and no name", in.Text(t)), Label: advice,
	}}
}

// parseName parses the name of a weave, environment, source, database,
// collection or index: words and numbers joined by dashes, or a text.
func (m *machine) parseName(lex *lexer.PeekingLexer) (name, error) {
	in := input{m, lex}
	start := in.peek()
	if in.missingBefore() {
		return nil, in.failClause("a name")
	}
	switch start.Kind {
	case token.Ident:
		in.next()
		m.dashed(in)
		at := in.since(start)
		return ast.Name{At: at, Text: at.Span.Text()}, nil
	case token.Reserved:
		return nil, in.reserved(fmt.Sprintf("as a name it stands in quotes: `\"%s\"`", m.Text(start)))
	case token.Raw, token.TextStart:
		text, err := in.constantText("a name")
		if err != nil {
			return nil, err
		}
		return ast.Name{At: in.since(start), Text: text}, nil
	default:
		return nil, in.failClause("a name")
	}
}

// parseCode parses the code of a message: a name that may begin with a reserved
// word, as not-a-field does.
func (m *machine) parseCode(lex *lexer.PeekingLexer) (code, error) {
	in := input{m, lex}
	start := in.peek()
	if start.Kind != token.Reserved {
		return m.parseName(lex)
	}
	in.next()
	m.dashed(in)
	at := in.since(start)
	return ast.Name{At: at, Text: at.Span.Text()}, nil
}

// dashed takes what a dash joins to the word before.
func (m *machine) dashed(in input) {
	for in.Is(in.peek(), "-") && in.peek().Start == in.previous().End {
		part := in.ahead(1)
		if part.Start != in.peek().End || part.Kind != token.Ident && part.Kind != token.Reserved && part.Kind != token.Number {
			break
		}
		in.next()
		in.next()
		if part.Bad {
			m.forgive(part)
		}
	}
}

// constantText takes a text without interpolation; what says for whom.
func (in input) constantText(what string) (string, error) {
	index := in.index()
	t, err := values{in}.textLiteral()
	if err != nil {
		return "", err
	}
	switch {
	case len(t.Parts) == 0:
		return "", &failure{index: index, diag: diag.Diagnostic{
			Code: diag.BadName, Span: t.Span, Message: what + " cannot be empty", Label: "no characters",
		}}
	case len(t.Parts) == 1 && t.Parts[0].Expr == nil:
		return t.Parts[0].Literal, nil
	}
	d := diag.Diagnostic{Code: diag.BadName, Span: t.Span, Message: what + " is constant and cannot hold `${ }`", Label: "to write `${` itself, use `\\${`"}
	if in.OwnerWord() == "from" {
		d.Label, d.Notes = "write `per environment { …: \"…\" }`, with the name for each environment", []string{"a database for each document of a collection is `into \"…${t.…}\" for each t in COLLECTION`", "to write `${` itself, use `\\${`"}
	}
	return "", &failure{index: index, diag: d}
}

// parsePath parses a path that is written or tested as such: a word and steps.
func (m *machine) parsePath(lex *lexer.PeekingLexer) (path, error) {
	in := input{m, lex}
	if in.missingBefore() {
		return nil, in.failClause("a path")
	}
	switch t := in.peek(); t.Kind {
	case token.Ident:
		return in.pathFrom()
	case token.Reserved:
		return nil, in.reserved(fmt.Sprintf("as a field it is `this.%s`", m.Text(t)))
	case token.Raw, token.TextStart:
		if d := slip.QuotedPath(&m.Statement, in.index()); d != nil {
			return nil, &failure{index: in.index(), diag: *d}
		}
		return nil, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.BadName, Span: m.textSpan(in.index()), Message: "a path begins with a word",
			Label: fmt.Sprintf("a field with such a name is `this.%s`", diag.Safe(m.textSpan(in.index()).Text(), 60)),
		}}
	default:
		return nil, in.failClause("a path")
	}
}

// textSpan is the place of the whole text that begins at a token.
func (m *machine) textSpan(i int) source.Span {
	end := i
	for open := 0; end < len(m.Tokens)-1; end++ {
		switch m.Tokens[end].Kind {
		case token.TextStart:
			open++
		case token.TextEnd:
			open--
		}
		if open == 0 {
			break
		}
	}
	return m.Span(m.Tokens[i], m.Tokens[end])
}

func (in input) pathFrom() (*ast.Path, error) {
	start := in.next()
	p := &ast.Path{Head: in.Text(start), HeadSpan: in.Span(start, start)}
	steps, err := in.steps()
	if err != nil {
		return nil, err
	}
	p.At, p.Steps = in.since(start), steps
	return p, nil
}

// steps parses `.name`, `[3]` and `[]` as often as they come.
func (in input) steps() ([]ast.Step, error) {
	var steps []ast.Step
	for {
		start := in.peek()
		switch {
		case in.Is(start, "."):
			in.next()
			step, err := in.fieldStep()
			if err != nil {
				return nil, err
			}
			step.At = in.since(start)
			steps = append(steps, step)
		case in.Is(start, "["):
			step, err := in.bracketStep()
			if err != nil {
				return nil, err
			}
			step.At = in.since(start)
			steps = append(steps, step)
		default:
			return steps, nil
		}
	}
}

func (in input) fieldStep() (ast.Step, error) {
	t := in.peek()
	step := ast.Step{Kind: ast.FieldStep}
	if in.missingBefore() {
		return step, in.fail("the name of a field")
	}
	switch t.Kind {
	case token.Ident, token.Reserved:
		in.next()
		step.Name = in.Text(t)
		return step, nil
	case token.Raw, token.TextStart:
		text, err := values{in}.textLiteral()
		if err != nil {
			return step, err
		}
		for _, part := range text.Parts {
			if part.Expr != nil {
				return step, &failure{index: in.index(), diag: diag.Diagnostic{
					Code: diag.BadName, Span: text.Span, Message: "a field name is constant and cannot hold `${ }`",
					Label: "to write `${` itself, use `\\${`",
				}}
			}
			step.Name += part.Literal
		}
		return step, nil
	case token.Number:
		n := in.Text(t)
		return step, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.BadPosition, Span: in.Span(in.previous(), t), Message: fmt.Sprintf("`.%s` could be a field or a position", n),
			Label: fmt.Sprintf("write `.'%[1]s'` for the field `%[1]s`, `[%[1]s]` for the position", n),
		}}
	}
	if in.Is(t, "*") {
		return step, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.Span(in.previous(), t), Message: "`.*` is not a path",
			Label: "all elements of an array are `[]`",
		}}
	}
	return step, in.fail("the name of a field")
}

func (in input) bracketStep() (ast.Step, error) {
	in.next()
	if in.accept("]") {
		return ast.Step{Kind: ast.AllStep}, nil
	}
	bad := func(message, label string) (ast.Step, error) {
		end := in.index()
		if p := in.Pair[in.index()-1]; p > 0 {
			end = p
		}
		return ast.Step{}, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.BadPosition, Span: in.Span(in.previous(), in.Tokens[end]), Message: message, Label: label,
		}}
	}
	switch t := in.peek(); {
	case t.Kind == token.Number:
		n, err := strconv.ParseInt(in.Text(t), 10, 32)
		if err != nil {
			return bad(fmt.Sprintf("`%s` is not a position", in.Text(t)), "positions are whole numbers from 0")
		}
		in.next()
		return ast.Step{Kind: ast.PositionStep, Position: int(n)}, in.want("]")
	case in.Is(t, "-"):
		return bad("a position cannot be negative", "the last element is `last(…)`")
	case in.Is(t, "*"):
		return bad("`[*]` is not a path", "all elements are `[]`")
	case t.Kind == token.Raw || t.Kind == token.TextStart:
		if d := slip.HasAll(&in.Statement, in.index()); d != nil {
			return ast.Step{}, &failure{index: in.index(), diag: *d}
		}
		return bad("a field is not taken by brackets", fmt.Sprintf("write `.%s`", diag.Safe(in.textSpan(in.index()).Text(), 60)))
	case t.Kind == token.Ident || t.Kind == token.Reserved:
		if d := slip.LastElement(&in.Statement, in.index()); d != nil {
			return ast.Step{}, &failure{index: in.index(), diag: *d}
		}
		return bad("a position is a number", "computed positions do not exist; `any`, `every` and `each` find elements by what they are")
	}
	return ast.Step{}, in.fail("a position or `]`")
}

// parsePathPattern parses a path or `*.name`.
func (m *machine) parsePathPattern(lex *lexer.PeekingLexer) (pathPattern, error) {
	in := input{m, lex}
	start := in.peek()
	if !in.accept("*") {
		p, err := m.parsePath(lex)
		if err != nil {
			return nil, err
		}
		q := as[*ast.Path](p)
		return ast.PathPattern{At: q.At, Path: q}, nil
	}
	if err := in.want("."); err != nil {
		return nil, err
	}
	t := in.peek()
	step, err := in.fieldStep()
	if err != nil {
		return nil, err
	}
	return ast.PathPattern{At: in.since(start), Leaf: &ast.Name{At: in.since(t), Text: step.Name}}, nil
}

// parseNumber parses an unsigned number.
func (m *machine) parseNumber(lex *lexer.PeekingLexer) (number, error) {
	in := input{m, lex}
	t := in.peek()
	if t.Kind != token.Number {
		return nil, in.failClause("a number")
	}
	in.next()
	return &ast.Number{At: in.since(t), Text: m.Text(t)}, nil
}

// whole is the value of a number that must be whole and at least least; it
// reports when it is not.
func (m *machine) whole(n *ast.Number, least int64) int64 {
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil || v < least {
		if i := m.lexicalFrom(n.Span.Start); i < len(m.lexical) && m.lexical[i].Span == n.Span {
			return least
		}
		m.report(diag.Diagnostic{
			Code: diag.BadNumber, Span: n.Span, Message: fmt.Sprintf("`%s` cannot stand here", n.Text),
			Label: fmt.Sprintf("a whole number from %d is wanted", least),
		})
		return least
	}
	return v
}

// parseRaw parses '…'.
func (m *machine) parseRaw(lex *lexer.PeekingLexer) (raw, error) {
	in := input{m, lex}
	if in.peek().Kind != token.Raw {
		return nil, errNoMatch
	}
	return values{in}.textLiteral()
}
