package parser

// The database behind `into`. In: a cursor; out: a name, a name for each
// environment, or, where `for each` follows, a text that is calculated.

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/token"
)

func (m *machine) parseDatabase(lex *lexer.PeekingLexer) (database, error) {
	in := values{input{m, lex}}
	start := in.peek()
	switch {
	case in.missingBefore():
		return nil, in.failClause("a name")
	case in.Is(start, "per"):
		p, err := m.parsePerEnv(lex)
		if err != nil {
			return nil, err
		}
		return ast.NameOrPerEnv{At: in.since(start), PerEnv: as[*ast.PerEnv](p)}, nil
	case in.Is(start, "each") && in.ahead(1).Kind == token.Ident && in.Is(in.ahead(2), "in"):
		t := in.Text(in.ahead(1))
		return nil, &failure{index: in.index(), outside: true, diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.Span(start, in.ahead(2)), Message: "the databases are named before the documents that they are for",
			Label: "write `into \"NAME_${" + diag.Safe(t, 40) + ".FIELD}\" for each " + diag.Safe(t, 40) + " in …`",
		}}
	case in.computed():
		x, err := in.expr()
		if err != nil {
			return nil, err
		}
		return ast.NameOrPerEnv{At: in.since(start), Computed: x}, nil
	}
	if d, end := slip.BareText(&m.Statement, in.index()); d != nil {
		return nil, &failure{index: end, diag: *d}
	}
	n, err := m.parseName(lex)
	if err != nil {
		return nil, err
	}
	return ast.NameOrPerEnv{At: in.since(start), Name: optional(n)}, nil
}

// computed reports whether a fan-out's text comes, and no name: a text with `${ }`, or
// a word with a step, and then `for each` or what is meant to be that.
func (in values) computed() bool {
	i := in.index()
	switch in.peek().Kind {
	case token.TextStart:
		interpolated := false
		for depth := 0; i < len(in.Tokens)-1; i++ {
			switch in.Tokens[i].Kind {
			case token.TextStart:
				depth++
			case token.InterpStart:
				interpolated = true
			case token.TextEnd:
				depth--
			}
			if depth == 0 {
				break
			}
		}
		if !interpolated {
			return false
		}
		i++
	case token.Ident:
		if !in.Is(in.ahead(1), ".") {
			return false
		}
		for i++; i < len(in.Tokens)-2 && in.Is(in.Tokens[i], "."); i += 2 {
		}
	default:
		return false
	}
	return in.Is(in.Tokens[i], "for") || in.Is(in.Tokens[i], "each") || slip.ForEach(in.Text(in.Tokens[i]))
}
