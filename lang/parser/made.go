// Custom productions: objects, and lists and objects that are made from lists.
//
// In: the cursor at the bracket. Out: an ast.List or ast.Object, or the
// ast.Comprehension that makes one.
package parser

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

func (in values) list() (ast.Expr, error) {
	start := in.next()
	if in.accept("]") {
		return &ast.List{At: in.since(start)}, nil
	}
	first, err := in.expr()
	if err != nil {
		return nil, err
	}
	if in.Is(in.peek(), "for") {
		return in.comprehension(start, &ast.Comprehension{Elem: first}, "]")
	}
	l := &ast.List{Elems: []ast.Expr{first}}
	for in.accept(",") && !in.Is(in.peek(), "]") {
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

// comprehension parses `for NAME in X [where C] [sort by S]` and the bracket that closes it.
func (in values) comprehension(start token.Token, c *ast.Comprehension, closing string) (ast.Expr, error) {
	in.next()
	n, err := in.parseIdent(in.lex)
	if err != nil {
		return nil, err
	}
	c.Name = as[ast.Name](n)
	if in.Is(in.peek(), ",") {
		if d := slip.TwoNames(&in.Statement, in.index()); d != nil {
			return nil, &failure{index: in.index(), diag: *d}
		}
	}
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
	if in.Is(in.peek(), "sort") && in.Is(in.ahead(1), "by") {
		in.next()
		for first := true; first || in.accept(","); first = false {
			if first {
				in.next()
			}
			at := in.peek()
			x, err := in.expr()
			if err != nil {
				return nil, err
			}
			c.Sort = append(c.Sort, ast.SortKey{X: x, Desc: in.accept("desc")})
			c.Sort[len(c.Sort)-1].At = in.since(at)
		}
	}
	if err := in.want(closing); err != nil {
		return nil, err
	}
	c.At = in.since(start)
	return c, nil
}

// holdsFor reports whether a `for` stands directly in the bracket at token o.
func (m *machine) holdsFor(o int) bool {
	for i := o + 1; i < m.Pair[o]; i++ {
		if m.Is(m.Tokens[i], "for") && m.Outer[i] == o {
			return true
		}
	}
	return false
}

// createsField reports whether `create`, the name of a field and a colon begin at token i.
func (m *machine) createsField(i int) bool {
	if i+2 >= len(m.Tokens) || !m.Is(m.Tokens[i], "create") {
		return false
	}
	end := i + 1
	switch m.Tokens[end].Kind {
	case token.Ident, token.Reserved, token.Number, token.Raw:
	case token.TextStart:
		for end < len(m.Tokens)-1 && m.Tokens[end].Kind != token.TextEnd {
			end++
		}
	default:
		return false
	}
	return m.Is(m.Tokens[min(end+1, len(m.Tokens)-1)], ":")
}

// parseObject parses an object whose fields are written out: { name: value, … };
// a name may have `create` before it.
func (m *machine) parseObject(lex *lexer.PeekingLexer) (object, error) {
	in := values{input{m, lex}}
	open := in.peek()
	if !in.Is(open, "{") {
		return nil, errNoMatch
	}
	x, err := in.object()
	if err != nil {
		return nil, err
	}
	o, ok := x.(*ast.Object)
	if !ok {
		return nil, &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.SyntaxError, Span: x.Place(), Message: "an object cannot be made from a list here", Label: "its fields are written out: `{ name: value }`",
		}}
	}
	return o, nil
}

// object parses { name: value, [KEY]: value, … } and { [KEY]: value for x in LIST }.
func (in values) object() (ast.Expr, error) {
	open, at := in.next(), in.index()-1
	o, missed := &ast.Object{}, false
	for !in.Is(in.peek(), "}") {
		start, create := in.peek(), in.createsField(in.index())
		if create {
			in.next()
		}
		first := in.peek()
		if !create && in.BeginsStatement(in.index()) && !in.Is(in.ahead(1), ":") {
			return nil, &failure{index: in.index(), diag: diag.Diagnostic{
				Code: diag.UnclosedBracket, Span: in.Span(open, open), Message: "this `{` is not closed", Label: "opened here",
				Related: []diag.Related{{Span: in.Span(first, first), Message: "`}` is missing before this"}},
			}}
		}
		field := ast.ObjectField{Create: create}
		if err := in.fieldName(&field, at); err != nil {
			return nil, err
		}
		var err error
		if field.Value, err = in.entryValue(); err != nil {
			return nil, err
		}
		field.At = in.since(start)
		o.Fields = append(o.Fields, field)
		if in.Is(in.peek(), "for") && in.holdsFor(at) {
			if field.Key == nil || len(o.Fields) > 1 {
				return nil, &failure{index: in.index(), diag: *slip.OneField(&in.Statement, at, o)}
			}
			return in.comprehension(open, &ast.Comprehension{Key: field.Key, Elem: field.Value}, "}")
		}
		missed = in.separated(missed)
	}
	in.next()
	o.At = in.since(open)
	return o, nil
}

// separated takes the comma behind a field or entry; one that is missing is
// reported, of several in one bracket the first: missed says that one is.
func (in values) separated(missed bool) bool {
	next := in.peek()
	if in.accept(",") || missed || in.FieldEnd(in.index()) == 0 && !in.Is(next, "[") && !in.createsField(in.index()) {
		return missed
	}
	before := in.previous()
	in.report(diag.Diagnostic{
		Code: diag.MissingComma, Span: in.Span(next, next), Message: "a comma is missing between two fields", Label: "put a comma before this",
		Fix: &diag.Fix{Span: source.Span{File: in.File, Start: before.End, End: before.End}, Text: ","},
	})
	return true
}

// fieldName takes the name of a field of the object whose brace is token open,
// or the brackets with what gives it.
func (in values) fieldName(field *ast.ObjectField, open int) error {
	first := in.peek()
	switch first.Kind {
	case token.Ident, token.Reserved, token.Number:
		in.next()
		field.Name = ast.Name{At: in.since(first), Text: in.Text(first)}
		if first.Bad {
			in.forgive(first)
		}
	case token.Raw, token.TextStart:
		step, err := in.fieldStep()
		if err != nil {
			return err
		}
		field.Name = ast.Name{At: in.since(first), Text: step.Name}
	default:
		if !in.Is(first, "[") {
			return in.fail("the name of a field or `}`")
		}
		in.next()
		var err error
		if field.Key, err = in.expr(); err != nil {
			return err
		}
		if err := in.want("]"); err != nil {
			return err
		}
		field.Name = ast.Name{At: in.since(first)}
	}
	if !in.Is(in.peek(), ".") && !in.Is(in.peek(), "(") && !in.Is(in.peek(), "[") {
		return nil
	}
	if d := slip.BareKey(&in.Statement, in.index()-1); d != nil {
		return &failure{index: in.index(), diag: *d}
	}
	if in.Is(in.peek(), ".") {
		return &failure{index: in.index(), diag: diag.Diagnostic{
			Code: diag.BadName, Span: in.Span(first, in.peek()), Message: "a field of an object is one name, not a path",
			Label: "write `" + diag.Safe(in.Text(first), 40) + ": { … }`, or put a name with a dot in quotes",
		}}
	}
	return nil
}
