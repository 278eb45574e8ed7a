package compiler

// What one collection says of another: `refers to` over the finished documents
// of both, and which of them is written first. link.go has `link`.

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
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// unitOf finds the collection that a rule of u names, by its name at the source;
// without a source, that of u, else the only other one of the name.
func (j *job) unitOf(u *unit, name string, from *ast.Name) *unit {
	var others []*unit
	for _, other := range j.units {
		if other.sync.Collection != name {
			continue
		}
		source := other.sync.Source[j.Environment]
		if from != nil && source == from.Text || from == nil && source == u.sync.Source[j.Environment] {
			return other
		}
		others = append(others, other)
	}
	if from == nil && len(others) == 1 {
		return others[0]
	}
	return nil
}

// references checks that what `refers to` and `link` name is synced and has the field.
func (j *job) references() diag.List {
	var diags diag.List
	for _, u := range j.units {
		for _, l := range u.policy.Links {
			if j.unitOf(u, l.Collection.Text, nil) == nil {
				diags = append(diags, j.notSynced(l.Collection, "`link` puts the destination's `_id` of one of its documents in place"))
			}
		}
		if u.inferred == nil {
			continue
		}
		for _, c := range u.inferred.Checks {
			ref := c.Check.RefersTo
			if ref == nil {
				continue
			}
			other := j.unitOf(u, ref.Collection.Text, ref.Source)
			if other == nil {
				diags = append(diags, j.notSynced(ref.Collection, "`refers to` looks at the documents that this weave wants there"))
				continue
			}
			if p, ok := c.Check.Cond.(*ast.Path); ok {
				if u.inferred.Arrays(c, p) {
					diags = append(diags, diag.Diagnostic{Code: diag.ArrayCompared, Span: p.Span, Message: fmt.Sprintf("%s is an array, and `refers to` looks for one value", diag.Backquote(p.Span.Text())),
						Label: fmt.Sprintf("write `%s[]`: each of its elements", diag.Safe(p.Span.Text(), 64)), Fix: &diag.Fix{Span: source.Span{File: p.Span.File, Start: p.Span.End, End: p.Span.End}, Text: "[]"}})
					continue
				}
			}
			if other.inferred != nil {
				diags = append(diags, other.inferred.UnknownPath(ref.Path)...)
			}
		}
	}
	return diags
}

func (j *job) notSynced(n ast.Name, why string) diag.Diagnostic {
	var known []string
	for _, u := range j.units {
		known = append(known, u.sync.Collection)
	}
	slices.Sort(known)
	d := diag.Diagnostic{Code: diag.UnknownCollection, Span: n.Span, Message: fmt.Sprintf("no `sync` of this weave is about the collection %s", diag.Quote(n.Text, 64)),
		Notes: []string{why + "; add a `sync` for it"}}
	if near := diag.Suggest(n.Text, known); near != "" {
		d.Label = fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))
	}
	return d
}

// refers checks that what documents refer to will be there.
func (u *unit) refers(ctx context.Context) diag.List {
	var t tally
	values := map[*ast.Check]map[string]bson.RawValue{}
	total := u.done.selected + len(u.literal)
	for i, list := range u.done.references {
		if ctx.Err() != nil {
			return nil // the caller looks at it
		}
		if u.done.documents[i] == nil {
			continue
		}
		for _, ref := range list {
			other := u.job.unitOf(u, ref.Check.RefersTo.Collection.Text, ref.Check.RefersTo.Source)
			if other == nil {
				continue
			}
			if other.done == nil && !other.policy.StructureOnly() { // a test that is not about it
				if len(ref.Values) > 0 {
					u.job.test.skip(ref.Check.Span, other.sync.Collection)
				}
				continue
			}
			there := values[ref.Check]
			if there == nil {
				there = map[string]bson.RawValue{}
				for v := range other.valuesOf(ref.Check.RefersTo.Path) {
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
	out := t.diagnostics(u.documentName)
	for i := range out {
		for _, list := range u.done.references {
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
func (u *unit) valuesOf(p *ast.Path) func(func(bson.RawValue) bool) {
	steps := p.FromRoot()
	return func(yield func(bson.RawValue) bool) {
		for _, d := range u.frozen {
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

// referenced are the collections that each one refers or links to, or reads as a view.
func (j *job) referenced() map[*desired.Collection][]*desired.Collection {
	wanted := map[[2]string]*desired.Collection{}
	for _, c := range j.collections {
		wanted[[2]string{c.Database, c.Name}] = c
	}
	of := func(u *unit) *desired.Collection {
		return wanted[[2]string{u.sync.Database[j.Environment], u.sync.Destination}]
	}
	out := map[*desired.Collection][]*desired.Collection{}
	for _, u := range j.units {
		var to []*unit
		for _, l := range u.policy.Links {
			to = append(to, j.unitOf(u, l.Collection.Text, nil))
		}
		if u.inferred != nil {
			for _, c := range u.inferred.Checks {
				if ref := c.Check.RefersTo; ref != nil {
					to = append(to, j.unitOf(u, ref.Collection.Text, ref.Source))
				}
			}
		}
		for _, other := range j.units { // what a view reads
			if other.sync.Database[j.Environment] == u.sync.Database[j.Environment] && slices.Contains(u.structure.Reads, other.sync.Destination) {
				to = append(to, other)
			}
		}
		for _, other := range to {
			if other != nil && other != u && of(u) != nil && of(other) != nil {
				out[of(u)] = append(out[of(u)], of(other))
			}
		}
	}
	return out
}

// referencedFirst orders collections so that what one refers to comes before
// it; within a cycle, and otherwise, the order stays. These are the strongly
// connected components in the order in which Tarjan's algorithm finds them.
func referencedFirst(list []*desired.Collection, to map[*desired.Collection][]*desired.Collection) []*desired.Collection {
	var out, open []*desired.Collection
	found, low := map[*desired.Collection]int{}, map[*desired.Collection]int{}
	var visit func(c *desired.Collection)
	visit = func(c *desired.Collection) {
		found[c] = len(found) + 1
		low[c] = found[c]
		open = append(open, c)
		for _, other := range list { // in the order of the list
			switch {
			case !slices.Contains(to[c], other):
			case found[other] == 0:
				visit(other)
				low[c] = min(low[c], low[other])
			case slices.Contains(open, other):
				low[c] = min(low[c], found[other])
			}
		}
		if low[c] < found[c] {
			return
		}
		at := slices.Index(open, c)
		cycle := open[at:]
		for _, member := range list {
			if slices.Contains(cycle, member) {
				out = append(out, member)
			}
		}
		open = open[:at]
	}
	for _, c := range list {
		if found[c] == 0 {
			visit(c)
		}
	}
	return out
}
