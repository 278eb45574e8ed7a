package infer

// What an expression sees: documents as they are known, and names.

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// names are the bindings that an expression sees, with what is known of their
// values: a view, or for an element that an `each` visits where it is in the document.
type names struct {
	outer *names
	name  string
	value *view
	at    []ast.Step
	deep  bool // it is at any depth of where at says
	field bool // it is, or may be, a field of an object and no element
}

// scope is what an expression sees: documents and names.
type scope struct {
	facts    *facts
	document *view
	names    *names
}

// bind is the scope with a name more.
func (in scope) bind(name string, v *view) scope {
	in.names = in.names.bind(name, v)
	return in
}

// at is what an expression without names sees.
func (f *facts) at(document *view) scope { return scope{f, document, nil} }

// find is what is known of a name's value; nil when it is no binding.
func (in scope) find(name string) *view {
	b := in.names.binding(name)
	switch {
	case b == nil:
		return nil
	case b.at == nil:
		return b.value
	}
	if v := in.document.along(b.at); v != nil {
		return v
	}
	return anything
}

func (n *names) binding(name string) *names {
	for ; n != nil; n = n.outer {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (n *names) bind(name string, v *view) *names {
	return &names{outer: n, name: name, value: v}
}

// target is the path from the document's root that a written path means, and
// whether it is fields only, of the document or of elements that an `each` visits.
func (n *names) target(p *ast.Path) (steps []ast.Step, fields bool) {
	if b := n.binding(p.Head); b != nil && b.at != nil {
		steps = slices.Clone(b.at)
	} else if p.Head != "this" {
		steps = []ast.Step{{At: ast.At{Span: p.HeadSpan}, Kind: ast.FieldStep, Name: p.Head}}
	}
	return append(steps, p.Steps...), p.OnlyFields()
}

// resolve follows a path; nil when the data has nothing there.
func (in scope) resolve(p *ast.Path) *view {
	v, _ := in.follow(p)
	return v
}

// follow returns the view at the path and how many steps were found: -1 when
// already the first word was not.
func (in scope) follow(p *ast.Path) (*view, int) {
	v := in.document
	if p.Head != "this" {
		if bound := in.find(p.Head); bound != nil {
			v = bound
		} else if v = in.document.field(p.Head); v == nil {
			return nil, -1
		}
	}
	for i, step := range p.Steps {
		if step.Kind == ast.FieldStep {
			v = v.field(step.Name)
		} else {
			v = v.element()
			if v == nil && in.isArrayAt(p, i) {
				v = anything // arrays that are all empty: nothing is known of elements
			}
		}
		if v == nil {
			return nil, i
		}
	}
	return v, len(p.Steps)
}

// isArrayAt reports whether the value before step i can be an array.
func (in scope) isArrayAt(p *ast.Path, i int) bool {
	before := *p
	before.Steps = p.Steps[:i]
	v, _ := in.follow(&before)
	return v != nil && v.is("array")
}

// isHere is a note: what the data has at a path.
func (in scope) isHere(p *ast.Path) string {
	return diag.Backquote(p.Span.Text()) + " is " + in.resolve(p).evidence()
}

// known is a path of the document with the types it has; nil when it is no path or they are unknown.
func (in scope) known(x ast.Expr) (*ast.Path, []string) {
	p := ast.PathOf(x)
	if p == nil || in.find(p.Head) != nil {
		return nil, nil
	}
	types := in.types(p)
	if len(types) == 0 {
		return nil, nil
	}
	return p, types
}
