// Custom productions: the operands of expressions.
package parser

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

func (in input) primary() (ast.Expr, error) {
	t := in.peek()
	switch t.Kind {
	case token.Number:
		in.next()
		if in.is(in.peek(), ".") && in.peek().Start == t.End && !t.Bad {
			if after := in.ahead(1); !in.is(after, ".") && (after.Start != in.peek().End || after.Kind != token.Ident && after.Kind != token.Raw) {
				return nil, in.badNumber(t, in.peek(), in.text(t)+".0")
			}
		}
		return &ast.Number{At: in.since(t), Text: in.text(t)}, nil
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
		if in.is(in.ahead(1), "(") {
			return in.call()
		}
		return in.pathFrom()
	case token.Reserved:
		return in.reservedPrimary()
	case token.Punct:
		switch in.text(t) {
		case "[":
			return in.list()
		case "{":
			if in.productionAt(in.index()+1) != nil && in.opensBlock(in.index()) && !in.createsField(in.index()+1) {
				return nil, in.missingValue() // the block of a statement without its condition
			}
			o, err := in.parseObject(in.lex)
			return as[ast.Expr](o), err
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
				return nil, in.badNumber(t, n, in.text(n))
			}
		case ".":
			if n := in.ahead(1); n.Kind == token.Number && n.Start == t.End {
				return nil, in.badNumber(t, n, "0."+in.text(n))
			}
			if n := in.ahead(1); n.Kind == token.Ident {
				return nil, &failure{index: in.index(), diag: diag.Diagnostic{
					Code: diag.SyntaxError, Span: in.span(t, n), Message: "a path begins with a word, not with a dot",
					Label: "write `" + in.text(n) + "` or `this." + in.text(n) + "`",
				}}
			}
		}
	}
	return nil, in.missingValue()
}

func (in input) badNumber(from, to token.Token, fix string) error {
	span := in.span(from, to)
	return &failure{index: in.index(), diag: diag.Diagnostic{
		Code: diag.BadNumber, Span: span, Message: "`" + span.Text() + "` is not a number", Label: "write `" + fix + "`",
		Fix: &diag.Fix{Span: span, Text: fix},
	}}
}

func (in input) reservedPrimary() (ast.Expr, error) {
	t := in.peek()
	switch word := in.text(t); word {
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
			Code: diag.SyntaxError, Span: in.span(t, t), Message: "a condition cannot stand here without parentheses",
			Label: "write `(" + word + " …)`",
		}}
	}
	return nil, in.missingValue()
}

// missingBefore reports whether the next word begins the next statement
// rather than naming a field: the first on its line, a statement's keyword and
// followed on that line by what only a statement has.
func (in input) missingBefore() bool {
	return in.index() > 0 && in.beginsStatement(in.index())
}

// beginsStatement reports whether a token looks like the beginning of a
// statement: the first word of a line, a keyword, and not used as a value.
func (m *machine) beginsStatement(i int) bool {
	t := m.tokens[i]
	if !t.First || m.productionAt(i) == nil {
		return false
	}
	next := m.tokens[i+1]
	if next.First || next.Kind == token.EOF {
		return false
	}
	switch next.Kind {
	case token.Ident, token.Raw, token.TextStart, token.Number, token.Regex:
		return true
	case token.Reserved:
		switch m.text(next) {
		case "any", "every", "not", "if", "per", "true", "false", "null":
			return true
		}
	case token.Punct:
		return m.is(next, "{") || m.is(next, "(") || m.is(next, "[") && m.text(t) == "add"
	}
	return false
}

func (in input) call() (ast.Expr, error) {
	start := in.next()
	c := &ast.Call{Func: ast.Name{At: in.since(start), Text: in.text(start)}}
	in.next()
	for !in.is(in.peek(), ")") {
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
func (in input) closeList(closing string) error {
	if in.accept(closing) {
		return nil
	}
	if f := in.habit(in.index(), "`"+closing+"`"); f != nil {
		return f
	}
	if t := in.peek(); in.beginsValue(in.index()) {
		return &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.MissingComma, Span: in.span(t, t), Message: "a comma is missing between two values", Label: "put a comma before this",
		}}
	}
	return in.fail("`,` or `" + closing + "`")
}

// beginsValue reports whether a token can only begin a value.
func (m *machine) beginsValue(i int) bool {
	switch t := m.tokens[i]; t.Kind {
	case token.Number, token.Raw, token.TextStart:
		return true
	case token.Ident:
		return !m.beginsStatement(i)
	case token.Reserved:
		switch m.text(t) {
		case "true", "false", "null", "if", "per":
			return true
		}
	case token.Punct:
		return m.is(t, "{") || m.is(t, "(") || m.is(t, "[")
	}
	return false
}

func (in input) list() (ast.Expr, error) {
	start := in.next()
	if in.accept("]") {
		return &ast.List{At: in.since(start)}, nil
	}
	first, err := in.expr()
	if err != nil {
		return nil, err
	}
	if in.is(in.peek(), "for") {
		return in.comprehension(start, first)
	}
	l := &ast.List{Elems: []ast.Expr{first}}
	for in.accept(",") && !in.is(in.peek(), "]") {
		e, err := in.expr()
		if err != nil {
			return nil, err
		}
		l.Elems = append(l.Elems, e)
	}
	if err := in.closeList("]"); err != nil {
		return nil, err
	}
	l.At = in.since(start)
	return l, nil
}

func (in input) comprehension(start token.Token, elem ast.Expr) (ast.Expr, error) {
	in.next()
	c := &ast.Comprehension{Elem: elem}
	n, err := in.parseIdent(in.lex)
	if err != nil {
		return nil, err
	}
	c.Name = as[ast.Name](n)
	if err := in.want("in"); err != nil {
		return nil, err
	}
	if c.In, err = in.expr(); err != nil {
		return nil, err
	}
	if in.accept("where") {
		if c.Cond, err = in.expr(); err != nil {
			return nil, err
		}
	}
	if err := in.want("]"); err != nil {
		return nil, err
	}
	c.At = in.since(start)
	return c, nil
}

func (in input) conditional() (ast.Expr, error) {
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
	in := input{m, lex}
	start := in.peek()
	if !in.accept("per") {
		return nil, errNoMatch
	}
	if err := in.want("environment"); err != nil {
		return nil, err
	}
	if err := in.want("{"); err != nil {
		return nil, err
	}
	p := &ast.PerEnv{}
	for len(p.Entries) == 0 || !in.is(in.peek(), "}") {
		first := in.peek()
		entry := ast.EnvEntry{Else: in.accept("else")}
		if !entry.Else {
			if first.Kind != token.Ident && first.Kind != token.Raw && first.Kind != token.TextStart {
				return nil, in.fail("the name of an environment or `else`")
			}
			n, err := m.parseName(lex)
			if err != nil {
				return nil, err
			}
			entry.Env = as[ast.Name](n)
		}
		var err error
		if entry.Value, err = in.entryValue(); err != nil {
			return nil, err
		}
		entry.At = in.since(first)
		p.Entries = append(p.Entries, entry)
		in.accept(",")
	}
	in.next()
	p.At = in.since(start)
	return p, nil
}

// entryValue parses `: value`, of an object or of per environment.
func (in input) entryValue() (ast.Expr, error) {
	if t := in.peek(); in.is(t, "=") {
		return nil, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: in.span(t, t), Message: "a name and its value are joined by `:` here", Label: "write `:`",
			Fix: &diag.Fix{Span: in.span(t, t), Text: ":"},
		}}
	}
	if err := in.want(":"); err != nil {
		return nil, err
	}
	return in.expr()
}

// holdsFor reports whether a `for` stands directly in the bracket at token o.
func (m *machine) holdsFor(o int) bool {
	for i := o + 1; i < m.pair[o]; i++ {
		if m.is(m.tokens[i], "for") && m.outer[i] == o {
			return true
		}
	}
	return false
}

// createsField reports whether `create`, the name of a field and a colon begin at token i.
func (m *machine) createsField(i int) bool {
	if i+2 >= len(m.tokens) || !m.is(m.tokens[i], "create") {
		return false
	}
	end := i + 1
	switch m.tokens[end].Kind {
	case token.Ident, token.Reserved, token.Number, token.Raw:
	case token.TextStart:
		for end < len(m.tokens)-1 && m.tokens[end].Kind != token.TextEnd {
			end++
		}
	default:
		return false
	}
	return m.is(m.tokens[min(end+1, len(m.tokens)-1)], ":")
}

// parseObject parses { name: value, … }; a name may have `create` before it.
func (m *machine) parseObject(lex *lexer.PeekingLexer) (object, error) {
	in := input{m, lex}
	open := in.peek()
	if !in.accept("{") {
		return nil, errNoMatch
	}
	o := &ast.Object{}
	for !in.is(in.peek(), "}") {
		start, create := in.peek(), in.createsField(in.index())
		if create {
			in.next()
		}
		first := in.peek()
		if !create && in.beginsStatement(in.index()) && !in.is(in.ahead(1), ":") {
			return nil, &failure{index: in.index(), diag: diag.Diagnostic{
				Code: diag.UnclosedBracket, Span: in.span(open, open), Message: "this `{` is not closed", Label: "opened here",
				Related: []diag.Related{{Span: in.span(first, first), Message: "`}` is missing before this"}},
			}}
		}
		field := ast.ObjectField{Create: create}
		switch first.Kind {
		case token.Ident, token.Reserved, token.Number:
			in.next()
			field.Name = ast.Name{At: in.since(first), Text: m.text(first)}
			if first.Bad {
				m.forgive(first)
			}
		case token.Raw, token.TextStart:
			step, err := in.fieldStep()
			if err != nil {
				return nil, err
			}
			field.Name = ast.Name{At: in.since(first), Text: step.Name}
		default:
			return nil, in.fail("the name of a field or `}`")
		}
		if t := in.peek(); in.is(t, ".") && in.pair[in.indexAt(open.Start)] > 0 && in.holdsFor(in.indexAt(open.Start)) {
			end := in.tokens[in.pair[in.indexAt(open.Start)]]
			return nil, &failure{index: in.index(), diag: diag.Diagnostic{
				Code: diag.SyntaxError, Span: in.span(open, end), Message: "an object cannot be made from a list", Label: "there is no such form",
				Notes: []string{"a list is made from a list: `[… for x in LIST]`; an object has its fields written out"},
			}}
		}
		if in.is(in.peek(), ".") {
			t := in.peek()
			return nil, &failure{index: in.index(), diag: diag.Diagnostic{
				Code: diag.BadName, Span: in.span(first, t), Message: "a field of an object is one name, not a path",
				Label: "write `" + diag.Safe(m.text(first), 40) + ": { … }`, or put a name with a dot in quotes",
			}}
		}
		var err error
		if field.Value, err = in.entryValue(); err != nil {
			return nil, err
		}
		field.At = in.since(start)
		o.Fields = append(o.Fields, field)
		in.accept(",")
	}
	in.next()
	o.At = in.since(open)
	return o, nil
}
