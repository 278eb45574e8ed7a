// Objects and lists that are made from lists, as other languages write them.
package slip

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// TwoNames is `for k, v in x.items()`, at the comma; nil when it is something else.
func TwoNames(m *Statement, i int) *diag.Diagnostic {
	end := i + 1
	for end < len(m.Tokens)-1 && !m.Token(end).First && !m.Is(m.Token(end), "in") {
		end++
	}
	if !m.Is(m.Token(end), "in") {
		return nil
	}
	x := m.Source(end+1, m.OperandEnd(end+1))
	x = strings.TrimSuffix(strings.TrimSuffix(x, "()"), ".items")
	return m.foreignForm(i-1, end-1, "one name stands for an element", fmt.Sprintf("the fields of an object are `for e in entries(%s)`, with `e.key` and `e.value`", x))
}

// BareKey is the name of a field that is computed and has no brackets,
// `{ s.key: s.value for s in settings }`; its first token is i. nil when it is none.
func BareKey(m *Statement, i int) *diag.Diagnostic {
	end := m.OperandEnd(i)
	if !m.Is(m.Token(end), ":") {
		return nil
	}
	if o := m.Outer[i]; o < 0 || m.Pair[o] < 0 || !hasFor(m, o) {
		return nil
	}
	return m.write(i, end-1, "the name of a field that is computed stands in brackets", "["+m.Source(i, end)+"]")
}

func hasFor(m *Statement, o int) bool {
	for i := o + 1; i < m.Pair[o]; i++ {
		if m.Is(m.Token(i), "for") && m.Outer[i] == o {
			return true
		}
	}
	return false
}

// OneField is an object that is made from a list and does not have the one field
// with a computed name; its brace is token open, o what it has before the `for`.
func OneField(m *Statement, open int, o *ast.Object) *diag.Diagnostic {
	f := o.Fields[len(o.Fields)-1]
	if len(o.Fields) == 1 {
		d := &diag.Diagnostic{Code: diag.SyntaxError, Span: f.Name.Span, Message: "every element would make the same field"}
		d.Label = fmt.Sprintf("write `[%s]` for the value of that name", diag.Safe(f.Name.Span.Text(), 40))
		d.Fix = &diag.Fix{Span: f.Name.Span, Text: "[" + f.Name.Span.Text() + "]"}
		return d
	}
	made := source.Span{File: m.File, Start: f.Span.Start, End: m.Token(m.Pair[open]).Start}
	return &diag.Diagnostic{Code: diag.SyntaxError, Span: made, Message: "an object that is made from a list has one field, `[KEY]: VALUE`",
		Label: "write `merge({ … }, { " + diag.Safe(made.Text(), 60) + "})`"}
}
