package eval

// `lookup`: one document of another extracted collection.
//
// A condition that says `x.path == E`, alone or among others joined by `and`, is
// answered from an index of the collection; the whole condition is then
// evaluated on the few documents that the index gives. Any other condition is
// evaluated on all of them.

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// equality is one of a condition: the path in the looked-up document and
// what it must equal.
type equality struct {
	path  *walker
	value *node
	shown string
}

// index finds documents by the value at one path. It is built when it is first needed.
type index struct {
	once   sync.Once
	byKey  map[string][]int
	always []int // an array or an error there: the condition itself says what
}

func (p *programmer) lookup(s *ast.Lookup) operation {
	stat := p.stat(s)
	if e := s.Expect; e != nil && !e.Any && (e.Max != 1 || e.Min > 1) {
		return p.noOperation(&value.Error{Code: diag.LookupCount, Span: e.Span, Message: "`lookup` is for one document",
			Notes: []string{"`expect 0 to 1` allows that there is none; without `expect` there must be one"}})
	}
	var documents []bson.Raw
	name := diag.Quote(s.Collection.Text, 64)
	if p.env.Documents != nil {
		documents, name = p.env.Documents(s)
	}
	mark := len(p.bindings)
	slot := p.bind(s.Name.Text)
	cond := p.expr(s.Cond)
	equalities := p.equalities(s.Cond, s.Name.Text, mark)
	optional := s.Expect.AllowsNone()
	ix := &index{}
	return func(r *Run) *value.Error {
		r.reach(stat)
		candidates := func(yield func(int) bool) {
			for i := range documents {
				if !yield(i) {
					return
				}
			}
		}
		if len(equalities) > 0 {
			j := equalities[0]
			v, err := j.value.eval(&r.frame)
			if err != nil {
				return err
			}
			if keys, ok := value.Keys(v); ok {
				ix.once.Do(func() { ix.build(documents, j.path) })
				candidates = slices.Values(ix.find(keys))
			}
		}
		found := -1
		for i := range candidates {
			if err := r.frame.step(s.Cond.Place()); err != nil {
				return err
			}
			r.frame.vars[slot] = value.Of(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: documents[i]})
			ok, err := cond.test(&r.frame)
			switch {
			case err != nil:
				return err
			case !ok:
			case found >= 0:
				return &value.Error{Code: diag.LookupCount, Span: s.Cond.Place(), Message: "more than one document of " + name + " fits", Evidence: sought(equalities, &r.frame),
					Notes: []string{"make the condition narrower: a lookup is for one document"}}
			default:
				found = i
			}
		}
		if found < 0 {
			r.frame.vars[slot] = value.Value{}
			if optional {
				return nil
			}
			return &value.Error{Code: diag.LookupCount, Span: s.Cond.Place(), Message: "no document of " + name + " fits", Evidence: sought(equalities, &r.frame),
				Notes: []string{lookedAt(len(documents)), "if that is fine, write `expect 0 to 1` after the condition; `" + doc.Path{s.Name.Text}.String() + " is missing` then tells"}}
		}
		r.frame.vars[slot] = value.Of(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: documents[found]})
		r.match(stat)
		return nil
	}
}

// sought says what was looked for: for fx.env "prod" and fx.from "GBP".
func sought(equalities []*equality, f *frame) string {
	var out []string
	for _, j := range equalities {
		if v, err := j.value.eval(f); err == nil { // else another condition tells
			out = append(out, j.shown+" "+v.Evidence())
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "for " + strings.Join(out, " and ")
}

func lookedAt(n int) string {
	if n == 1 {
		return "1 document looked at"
	}
	return strconv.Itoa(n) + " documents looked at"
}

func (p *programmer) noOperation(e *value.Error) operation {
	p.fail(e)
	return nil
}

// equalities finds those between a path of the looked-up document and a value that does
// not read it, among conditions joined by `and`.
func (p *programmer) equalities(x ast.Expr, name string, mark int) []*equality {
	switch x := x.(type) {
	case *ast.Paren:
		return p.equalities(x.X, name, mark)
	case *ast.Binary:
		if x.Op == ast.And {
			return append(p.equalities(x.X, name, mark), p.equalities(x.Y, name, mark)...)
		}
		if x.Op != ast.Eq {
			return nil
		}
		for _, pair := range [][2]ast.Expr{{x.X, x.Y}, {x.Y, x.X}} {
			path, ok := pair[0].(*ast.Path)
			if !ok || path.Head != name || len(path.Steps) == 0 || hasAll(path) || mentions(pair[1], name) {
				continue
			}
			// The value is compiled once more, without the name: faults are known by now.
			bound, errs, watch := p.bindings, len(p.errs), p.watch
			p.bindings, p.watch = slices.Clone(bound[:mark]), nil
			value := p.plain(p.expr(pair[1]))
			p.bindings, p.errs, p.watch = bound, p.errs[:errs], watch
			w := &walker{steps: path.Steps, shown: func(n int) string { return name + suffixes(path.Steps[:n]) }}
			return []*equality{{path: w, value: value, shown: showPath(path)}}
		}
	}
	return nil
}

// mentions reports whether a name is read in an expression.
func mentions(x ast.Expr, name string) bool {
	return ast.Any(x, func(n ast.Node) bool {
		path, ok := n.(*ast.Path)
		return ok && path.Head == name
	})
}

func (ix *index) build(documents []bson.Raw, path *walker) {
	ix.byKey = make(map[string][]int, len(documents))
	for i, d := range documents {
		v, err := path.get(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, 0)
		switch {
		case err != nil || v.Type == bson.TypeArray:
			ix.always = append(ix.always, i)
		case v.Type != 0:
			k := doc.Key(v)
			ix.byKey[k] = append(ix.byKey[k], i)
		}
	}
}

// find gives the documents that may fit, in their order.
func (ix *index) find(keys []string) []int {
	var found []int
	for _, k := range keys {
		found = append(found, ix.byKey[k]...)
	}
	if len(keys) == 1 && len(ix.always) == 0 {
		return found
	}
	found = append(found, ix.always...)
	slices.Sort(found)
	return found
}
