// Custom productions: the operands of expressions.
package parser

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/token"
)

func (in values) primary() (ast.Expr, error) {
	t := in.peek()
	switch t.Kind {
	case token.Number:
		in.next()
		if in.Is(in.peek(), ".") && in.peek().Start == t.End && !t.Bad {
			if after := in.ahead(1); !in.Is(after, ".") && (after.Start != in.peek().End || after.Kind != token.Ident && after.Kind != token.Raw) {
				return nil, in.badNumber(t, in.peek(), in.Text(t)+".0")
			}
		}
		return &ast.Number{At: in.since(t), Text: in.Text(t)}, nil
	case token.Raw, token.TextStart:
		return in.textLiteral()
	case token.Regex:
		re, err := in.parseRegex(in.lex)
		if err != nil {
			return nil, err
		}
		return as[*ast.Regex](re), nil
	case token.Ident:
		if in.missingBefore() {
			return nil, in.missingValue()
		}
		if in.Is(in.ahead(1), "(") {
			return in.call()
		}
		return in.pathFrom()
	case token.Reserved:
		return in.reservedPrimary()
	case token.Punct:
		switch in.Text(t) {
		case "[":
			return in.list()
		case "{":
			if in.KeywordAt(in.index()+1) != nil && in.OpensBlock(in.index()) && !in.createsField(in.index()+1) {
				return nil, in.missingValue() // the block of a statement without its condition
			}
			return in.object()
		case "(":
			in.next()
			x, err := in.expr()
			if err != nil {
				return nil, err
			}
			if err := in.want(")"); err != nil {
				return nil, err
			}
			return &ast.Paren{At: in.since(t), X: x}, nil
		case "+":
			if n := in.ahead(1); n.Kind == token.Number {
				return nil, in.badNumber(t, n, in.Text(n))
			}
		case ".":
			if n := in.ahead(1); n.Kind == token.Number && n.Start == t.End {
				return nil, in.badNumber(t, n, "0."+in.Text(n))
			}
			if n := in.ahead(1); n.Kind == token.Ident {
				return nil, &failure{index: in.index(), diag: diag.Diagnostic{
					Code: diag.SyntaxError, Span: in.Span(t, n), Message: "a path begins with a word, not with a dot",
					Label: "write `" + in.Text(n) + "` or `this." + in.Text(n) + "`",
				}}
			}
		}
	}
	return nil, in.missingValue()
}

func (in values) badNumber(from, to token.Token, fix string) error {
	span := in.Span(from, to)
	return &failure{index: in.index(), diag: diag.Diagnostic{
		Code: diag.BadNumber, Span: span, Message: "`" + span.Text() + "` is not a number", Label: "write `" + fix + "`",
		Fix: &diag.Fix{Span: span, Text: fix},
	}}
}

func (in values) reservedPrimary() (ast.Expr, error) {
	t := in.peek()
	switch word := in.Text(t); word {
	case "true", "false":
		in.next()
		return &ast.Bool{At: in.since(t), Value: word == "true"}, nil
	case "null":
		in.next()
		return &ast.Null{At: in.since(t)}, nil
	case "if":
		return in.conditional()
	case "per":
		p, err := in.parsePerEnv(in.lex)
		return as[ast.Expr](p), err
	case "any", "every", "not":
		return nil, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.Span(t, t), Message: "a condition cannot stand here without parentheses",
			Label: "write `(" + word + " …)`",
		}}
	}
	return nil, in.missingValue()
}

func (in values) call() (ast.Expr, error) {
	start := in.next()
	c := &ast.Call{Func: ast.Name{At: in.since(start), Text: in.Text(start)}}
	in.next()
	for !in.Is(in.peek(), ")") {
		arg, err := in.expr()
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, arg)
		if !in.accept(",") {
			break
		}
	}
	if err := in.closeList(")"); err != nil {
		return nil, err
	}
	c.At = in.since(start)
	return c, nil
}

// closeList takes the bracket that ends a list; a value in its place lacks a comma.
func (in values) closeList(closing string) error {
	if in.accept(closing) {
		return nil
	}
	if d := slip.Habit(&in.Statement, in.index(), "`"+closing+"`"); d != nil {
		return &failure{index: in.index(), diag: *d}
	}
	if t := in.peek(); in.beginsValue(in.index()) {
		return &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.MissingComma, Span: in.Span(t, t), Message: "a comma is missing between two values", Label: "put a comma before this",
		}}
	}
	return in.fail("`,` or `" + closing + "`")
}

// beginsValue reports whether a token can only begin a value.
func (m *machine) beginsValue(i int) bool {
	switch t := m.Tokens[i]; t.Kind {
	case token.Number, token.Raw, token.TextStart:
		return true
	case token.Ident:
		return !m.BeginsStatement(i)
	case token.Reserved:
		switch m.Text(t) {
		case "true", "false", "null", "if", "per":
			return true
		}
	case token.Punct:
		return m.Is(t, "{") || m.Is(t, "(") || m.Is(t, "[")
	}
	return false
}

func (in values) conditional() (ast.Expr, error) {
	start := in.next()
	x := &ast.If{}
	for _, part := range []struct {
		to   *ast.Expr
		next string
	}{{&x.Cond, "then"}, {&x.Then, "else"}, {&x.Else, ""}} {
		e, err := in.expr()
		if err != nil {
			return nil, err
		}
		*part.to = e
		if part.next != "" {
			if err := in.want(part.next); err != nil {
				return nil, err
			}
		}
	}
	x.At = in.since(start)
	return x, nil
}

// parsePerEnv parses per environment { … }.
func (m *machine) parsePerEnv(lex *lexer.PeekingLexer) (perEnv, error) {
	in := values{input{m, lex}}
	start := in.peek()
	if !in.accept("per") {
		return nil, errNoMatch
	}
	p := &ast.PerEnv{}
	err := in.perEnvironment(func(first token.Token, env ast.Name, others bool) error {
		v, err := in.expr()
		p.Entries = append(p.Entries, ast.EnvEntry{At: in.since(first), Env: env, Else: others, Value: v})
		return err
	})
	p.At = in.since(start)
	return p, err
}

// perEnvironment parses `environment { NAME: …, else: … }` behind `per`; value takes
// what is behind a colon, for an environment or for all others.
func (in values) perEnvironment(value func(first token.Token, env ast.Name, others bool) error) error {
	if err := in.want("environment"); err != nil {
		return err
	}
	if err := in.want("{"); err != nil {
		return err
	}
	missed := false
	for n := 0; n == 0 || !in.Is(in.peek(), "}"); n++ {
		first := in.peek()
		var env ast.Name
		others := in.accept("else")
		if !others {
			if first.Kind != token.Ident && first.Kind != token.Raw && first.Kind != token.TextStart {
				return in.fail("the name of an environment or `else`")
			}
			name, err := in.parseName(in.lex)
			if err != nil {
				return err
			}
			env = as[ast.Name](name)
		}
		if err := in.colon(); err != nil {
			return err
		}
		if err := value(first, env, others); err != nil {
			return err
		}
		missed = in.separated(missed)
	}
	in.next()
	return nil
}

// entryValue parses `: value`, of an object.
func (in values) entryValue() (ast.Expr, error) {
	if err := in.colon(); err != nil {
		return nil, err
	}
	return in.expr()
}

// colon takes the `:` between a name and its value.
func (in values) colon() error {
	if t := in.peek(); in.Is(t, "=") {
		return &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.Span(t, t), Message: "a name and its value are joined by `:` here", Label: "write `:`",
			Fix: &diag.Fix{Span: in.Span(t, t), Text: ":"},
		}}
	}
	return in.want(":")
}
