package rules

// What one collection says of another: `refers to` over the finished documents
// of both. link.go has `link`.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// refers checks that what documents refer to will be there.
func (d *Done) refers(ctx context.Context, o *Outcome) diag.List {
	var t tally
	values := map[*ast.Check]map[string]bson.RawValue{}
	total := o.Selected + len(o.Literals)
	for i, list := range o.references {
		if ctx.Err() != nil {
			return nil // the caller looks at it
		}
		if o.Results[i] == nil {
			continue
		}
		for _, ref := range list {
			other := d.named(o.Unit, ref.Check.RefersTo.Collection.Text, ref.Check.RefersTo.Source)
			if other == nil {
				continue
			}
			if d.Of(other) == nil && !other.Policy.StructureOnly() { // a test that is not about it
				if len(ref.Values) > 0 {
					d.skip(ref.Check.Span, other)
				}
				continue
			}
			there := values[ref.Check]
			if there == nil {
				there = map[string]bson.RawValue{}
				for v := range d.Of(other).valuesOf(ref.Check.RefersTo.Path) {
					there[doc.Key(v)] = v
				}
				values[ref.Check] = there
			}
			for _, v := range ref.Values {
				if _, ok := there[doc.Key(v)]; ok {
					continue
				}
				to := fmt.Sprintf("%s.%s", ref.Check.RefersTo.Collection.Text, ref.Check.RefersTo.Path.Span.Text())
				e := &value.Error{Code: diag.DanglingReference, Span: ref.Check.Cond.Place(), Message: fmt.Sprintf("this refers to no document of %s", diag.Backquote(to)), Evidence: doc.Show(v, 60),
					Notes: []string{"promote the document as well, or correct the value"}}
				if t.shows(e) {
					if near := infer.Nearest(v, slices.Collect(maps.Values(there))); near != "" { // it sorts them
						e.Evidence += ", the nearest one there is " + near
					}
				}
				if ref.Message != nil {
					said, err := ref.Message()
					if err != nil {
						t.add(err, i, &total)
						break
					}
					e.Evidence += ": " + diag.Safe(said, 200)
				}
				t.add(e, i, &total)
				break
			}
		}
	}
	out := t.diagnostics(o.DocumentName)
	for i := range out {
		for _, list := range o.references {
			for _, ref := range list {
				if ref.Check.Warn && ref.Check.Cond.Place() == out[i].Span {
					out[i].Severity = diag.Warning
				}
			}
		}
	}
	return out
}

// valuesOf yields the values at a path over the finished documents, the
// elements of arrays where the path has `[]`.
func (o *Outcome) valuesOf(p *ast.Path) func(func(bson.RawValue) bool) {
	steps := p.FromRoot()
	return func(yield func(bson.RawValue) bool) {
		if o == nil { // of a collection without documents of its own
			return
		}
		for _, d := range o.Documents {
			for place := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, steps, nil) {
				if !yield(place.value) {
					return
				}
			}
		}
	}
}

// located is a value of a document and where it is: fields and positions.
type located struct {
	path  []string
	value bson.RawValue
}

// places yields what is at a path, each element of an array for `[]`.
func places(v bson.RawValue, steps []ast.Step, at []string) func(func(located) bool) {
	var walk func(v bson.RawValue, steps []ast.Step, at []string, yield func(located) bool) bool
	walk = func(v bson.RawValue, steps []ast.Step, at []string, yield func(located) bool) bool {
		if len(steps) == 0 {
			return yield(located{slices.Clone(at), v})
		}
		step := steps[0]
		switch {
		case step.Kind == ast.FieldStep && v.Type == bson.TypeEmbeddedDocument:
			if inner, ok := doc.Get(bson.Raw(v.Value), doc.Path{step.Name}); ok {
				return walk(inner, steps[1:], append(slices.Clip(at), step.Name), yield)
			}
		case step.Kind != ast.FieldStep && v.Type == bson.TypeArray:
			n := 0
			for _, e := range doc.Fields(bson.Raw(v.Value)) {
				if step.Kind == ast.AllStep || step.Position == n {
					if !walk(e, steps[1:], append(slices.Clip(at), strconv.Itoa(n)), yield) {
						return false
					}
				}
				n++
			}
		}
		return true
	}
	return func(yield func(located) bool) { walk(v, steps, at, yield) }
}
