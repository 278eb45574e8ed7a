package infer

// `each KEY, NAME in OBJECT` and `each NAME at any depth of PATH`: while the
// block is walked, what is visited is known as the elements of the value.

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
)

// eachInside walks the block of an `each` that visits fields, or all that is in a value.
func (w *walker) eachInside(e *ast.Each, n *names) {
	w.check.path(e.Path, w.at(n))
	steps, _ := n.target(e.Path)
	if e.Key != nil {
		w.check.clash(e.Key.Text, *e.Key, w.at(n))
		n = n.bind(e.Key.Text, &view{types: []string{"string"}, made: true})
	}
	w.check.clash(e.Name.Text, e.Name, w.at(n))
	whole := w.at(n).resolve(e.Path)
	known := whole != nil && !whole.unknown()
	before := w.check.now
	if known {
		visited := *whole
		if visited.elements = anything; !e.Deep {
			visited.elements = whole.anyField()
		}
		w.check.now = before.with(steps, &visited)
	}
	inner := &names{outer: n, name: e.Name.Text, at: append(slices.Clone(steps), ast.Step{At: e.Name.At, Kind: ast.AllStep}), deep: e.Deep, field: true}
	w.check.expr(e.Cond, w.at(inner), !e.Expect.AllowsNone())
	w.stmts(e.Body.Stmts, inner, true)
	switch {
	case !known:
	case !e.Deep:
		after := *w.check.now.along(steps)
		field := after.elements
		after.elements, after.fields = nil, map[string]*view{}
		for _, name := range whole.names() {
			after.fields[name] = field
		}
		if whole.rest != nil {
			after.rest = field
		}
		w.check.now = w.check.now.with(steps, &after)
	case writes(e.Body.Stmts, e.Name.Text):
		w.check.now = w.check.now.with(steps, anything)
	default: // what is only removed was there
		w.check.now = before.with(steps, whole)
	}
}

// eachOf walks the block of an `each` over a value that has a name.
func (w *walker) eachOf(e *ast.Each, n *names) {
	w.check.path(e.Path, w.at(n))
	element := w.at(n).elementOf(e.Path)
	inner := n
	if e.Key != nil {
		w.check.clash(e.Key.Text, *e.Key, w.at(n))
		inner = inner.bind(e.Key.Text, &view{types: []string{"string"}, made: true})
		element = anything
		if v := w.at(n).resolve(e.Path); v != nil {
			element = v.anyField()
		}
	}
	w.check.clash(e.Name.Text, e.Name, w.at(n))
	inner = inner.bind(e.Name.Text, element)
	w.check.expr(e.Cond, w.at(inner), !e.Expect.AllowsNone())
	w.stmts(e.Body.Stmts, inner, true)
}

// writes reports whether statements may write a name or what is in it, other than by removing it.
func writes(stmts []ast.Stmt, name string) bool {
	for _, s := range stmts {
		if ast.Any(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Assign:
				return n.Path.Head == name
			case *ast.Add:
				return n.Path.Head == name
			case *ast.Rename:
				return n.To.Head == name || n.From.Head == name
			case *ast.Each:
				return n.Path.Head == name
			}
			return false
		}) {
			return true
		}
	}
	return false
}

// isDeep reports whether a path begins with a name for a value at any depth.
func (n *names) isDeep(p *ast.Path) bool {
	b := n.binding(p.Head)
	return b != nil && b.deep
}
