package pushdown

// `each` as `$map`; the counterpart of compiler/eval/each.go.
//
// In: the statement. Out: what the list becomes, with the first fault of its elements. The
// statements of the block become names, one after the other, that `$let` gives their values:
// the element so far, its fault, and which blocks it is in. So an element is written by them
// as a document is by stages; the document itself is read alone.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// maxNesting is how deep the expression of an `each` may be: servers take 180 levels or
// more of a command (MongoDB manual, Limits, "Nested Depth for BSON Documents": 100 of a
// document).
const maxNesting = 90

// visit is an `each` while its block is compiled.
type visit struct {
	name  string
	node  *node      // the element so far
	full  []ast.Step // its path from the document's root
	fault any        // a name; nil: there was none
	gone  []any      // whether it was removed
	binds []bson.E   // the names, in order
}

// bind gives a value a name that all that comes later sees.
func (v *visit) bind(name string, x any) string {
	v.binds = append(v.binds, bson.E{Key: name, Value: x})
	return "$$" + name
}

// folded is what an element becomes: {v: its value, f: its fault, h: whether it was taken, g: whether it was removed}.
func (v *visit) folded(hit any) any {
	if hit == nil {
		hit = true
	}
	var gone any = false
	if len(v.gone) > 0 {
		gone = or(v.gone...)
	}
	var out any = bson.D{{Key: "v", Value: v.node.value}, {Key: "f", Value: v.fault}, {Key: "h", Value: hit}, {Key: "g", Value: gone}}
	for _, b := range slices.Backward(v.binds) {
		out = of("let", bson.D{{Key: "vars", Value: bson.D{b}}, {Key: "in", Value: out}})
	}
	return out
}

func (p *programmer) each(s *ast.Each, in any) {
	switch {
	case s.Deep:
		p.refuse(s.Span, "`each … at any depth`", "no expression goes to any depth: name the paths")
		return
	case s.Key != nil:
		p.refuse(s.Span, "`each` of the fields of an object", "an operator gives one of two fields of one name: name the fields")
		return
	}
	if _, let := p.env.Lets[s.Path.Head]; let || p.bound(s.Path.Head) != nil && !p.visit.of(s.Path.Head) {
		p.refuse(s.Span, "`each` of a value that has a name", "it writes the document once for each element, and an expression makes it once: `set` the list, `[… for x in "+s.Path.Head+"]`")
		return
	}
	steps, ok := p.place(s.Path)
	if !ok {
		return
	}
	if at := p.rereads(s, steps); at != nil {
		p.refuse(at.Span, "a list that is read while `each` goes through it", "an operator sees it as it was before: read it in a `let` above the block, if that is meant")
		return
	}
	base, list := p.base(), p.at(steps)
	p.fault(s, in, p.first(list.fault, p.wantArray(list, false)))

	outer, item := p.visit, p.fresh()
	inner := &visit{name: s.Name.Text, node: &node{at: s.Name.Span, value: "$$" + item, simple: true}, full: append(p.full(s.Path), ast.Step{Kind: ast.AllStep})}
	p.visit = inner
	mark := len(p.names)
	p.names = append(p.names, name{s.Name.Text, inner.node})
	var hit any
	if s.Cond != nil {
		n := p.settled(p.expr(s.Cond, nil))
		p.fault(s, nil, p.compiler.test(n))
		hit = p.keep(cond(p.active(nil), n.value, false))
	}
	p.block(s.Body.Stmts, hit)
	p.names, p.visit = p.names[:mark], outer

	mapped := p.use(list, func(l any) any {
		return cond(of("isArray", bson.A{l}), of("map", bson.D{{Key: "input", Value: l}, {Key: "as", Value: item}, {Key: "in", Value: inner.folded(hit)}}), bson.A{})
	})
	if nesting(mapped) > maxNesting {
		p.refuse(s.Span, "so many statements in an `each`", "each is an expression within the one before, and a command may be nested so deep only: write several `each` of the list")
		return
	}
	results := p.keep(cond(p.active(in), mapped, bson.A{}))
	of1 := func(list any, test any) any {
		return of("filter", bson.D{{Key: "input", Value: list}, {Key: "as", Value: "e"}, {Key: "cond", Value: test}})
	}
	p.faulted(in, p.let(of1(results, ne("$$e.f", nil)), func(bad string) any {
		return cond(eq(bad, literal(bson.A{})), nil, p.let(op("arrayElemAt", bad, zero), func(b string) any { return b + ".f" }))
	}))
	if e := s.Expect; e != nil && !e.Any {
		p.fault(s, in, p.let(of("size", of1(results, "$$e.h")), func(n string) any {
			fits := []any{op("gte", n, literal(e.Min))}
			if e.Max >= 0 {
				fits = append(fits, op("lte", n, literal(e.Max)))
			}
			return cond(and(fits...), nil, string(diag.WrongCount))
		}))
	}
	left := of("map", bson.D{{Key: "input", Value: of1(results, not("$$e.g"))}, {Key: "as", Value: "e"}, {Key: "in", Value: "$$e.v"}})
	p.change(s, in, nil, p.use(list, func(l any) any {
		return cond(of("isArray", bson.A{l}), p.put(base, steps, left), base.value)
	}))
	p.drop(results)
}

// of is whether a name is that of the element that is visited.
func (v *visit) of(head string) bool { return v != nil && v.name == head }

// rereads is a path in an `each` that reads what it goes through.
func (p *programmer) rereads(s *ast.Each, list []ast.Step) (found *ast.Path) {
	look := func(n ast.Node) bool {
		path, ok := n.(*ast.Path)
		if !ok || found != nil {
			return found == nil
		}
		steps := path.FromRoot()
		switch {
		case p.visit != nil && path.Head == p.visit.name:
			steps = path.Steps
		case p.visit != nil || path.Head == s.Name.Text || p.bound(path.Head) != nil:
			return true
		}
		for i := range min(len(steps), len(list)) {
			if steps[i].Kind != list[i].Kind || steps[i].Name != list[i].Name {
				return true
			}
		}
		found = path
		return false
	}
	if s.Cond != nil {
		ast.Walk(s.Cond, look)
	}
	for _, inner := range s.Body.Stmts {
		ast.Walk(inner, look)
	}
	return found
}

// nesting is how many documents and lists are within each other.
func nesting(v any) int {
	deepest := 0
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			deepest = max(deepest, nesting(e.Value))
		}
	case bson.A:
		for _, e := range v {
			deepest = max(deepest, nesting(e))
		}
	default:
		return 0
	}
	return deepest + 1
}
