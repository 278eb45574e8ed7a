package compiler

// What one collection says of another: `refers to` and `link`, over the finished
// documents of both.

import (
	"fmt"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
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
		source := other.sync.Source[j.environment]
		if from != nil && source == from.Text || from == nil && source == u.sync.Source[j.environment] {
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
		for _, l := range u.policy.links {
			if j.unitOf(u, l.Collection.Text, nil) == nil {
				diags = append(diags, j.notSynced(l.Collection, "`link` puts the destination's `_id` of one of its documents in place"))
			}
		}
		if u.static == nil {
			continue
		}
		for _, c := range u.static.checks {
			ref := c.check.RefersTo
			if ref == nil {
				continue
			}
			other := j.unitOf(u, ref.Collection.Text, ref.Source)
			if other == nil {
				diags = append(diags, j.notSynced(ref.Collection, "`refers to` looks at the documents that this weave wants there"))
				continue
			}
			if s := other.static; s != nil && s.now != nil && !s.now.unknown() && s.resolve(ref.Path, s.now, nil) == nil {
				before := len(s.diags)
				s.unknownField(ref.Path, s.now, nil)
				diags = append(diags, s.diags[before:]...)
				s.diags = s.diags[:before]
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
func (u *unit) refers() diag.List {
	var t tally
	values := map[*ast.Check]map[string]bool{}
	total := u.done.selected + len(u.literal)
	for i, list := range u.done.references {
		if u.done.documents[i] == nil {
			continue
		}
		for _, ref := range list {
			other := u.job.unitOf(u, ref.Check.RefersTo.Collection.Text, ref.Check.RefersTo.Source)
			if other == nil || other.done == nil && !other.policy.structureOnly() {
				continue // in a test that is not about it
			}
			there := values[ref.Check]
			if there == nil {
				there = map[string]bool{}
				for v := range other.valuesOf(ref.Check.RefersTo.Path) {
					there[doc.Key(v)] = true
				}
				values[ref.Check] = there
			}
			for _, v := range ref.Values {
				if there[doc.Key(v)] {
					continue
				}
				to := fmt.Sprintf("%s.%s", ref.Check.RefersTo.Collection.Text, ref.Check.RefersTo.Path.Span.Text())
				e := &eval.Error{Code: diag.DanglingReference, Span: ref.Check.Cond.Place(), Message: fmt.Sprintf("this refers to no document of %s", backquote(to)), Evidence: doc.Show(v, 60),
					Notes: []string{"promote the document as well, or correct the value"}}
				var known []bson.RawValue
				for k := range other.valuesOf(ref.Check.RefersTo.Path) {
					known = append(known, k)
				}
				if near := nearest(v, known); near != "" {
					e.Evidence += ", the nearest one there is " + near
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
	steps, _ := (*names)(nil).target(p)
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

// link puts the placeholders of `link` into the frozen documents: null in the
// document, and the identity of the document that is meant beside it.
func (u *unit) link() diag.List {
	var diags diag.List
	if len(u.policy.links) > 0 {
		for _, l := range u.policy.links {
			diags = append(diags, u.linkPath(l)...)
		}
	}
	return append(diags, u.linksNeeded()...)
}

func (u *unit) linkPath(l *ast.Link) diag.List {
	other := u.job.unitOf(u, l.Collection.Text, nil)
	steps, _ := (*names)(nil).target(l.Path)
	env := u.job.environment
	wanted := desired.Link{Origin: l.Span.String(), Database: other.sync.Database[env], Collection: other.sync.Destination}
	for _, s := range steps {
		if s.Kind == ast.FieldStep {
			wanted.Steps = append(wanted.Steps, s.Name)
		} else {
			wanted.Steps = append(wanted.Steps, "[]")
		}
	}
	u.links = append(u.links, wanted)
	if other.done == nil && u.job.test != nil {
		return nil // in a test that is not about it
	}
	ids := other.identities()
	var t tally
	total := len(u.frozen)
	for i := range u.frozen {
		d := &u.frozen[i]
		for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, steps, nil) {
			if p.value.Type == bson.TypeNull {
				continue
			}
			identity, ok := ids[doc.Key(p.value)]
			if !ok {
				t.add(&eval.Error{Code: diag.DanglingReference, Span: l.Path.Span, Message: fmt.Sprintf("this links to no document of %s", backquote(l.Collection.Text)),
					Evidence: doc.Show(p.value, 60), Notes: []string{"it must be the `_id`, as extracted, of a document that is promoted"}}, u.done.order[i], &total)
				continue
			}
			d.Links = append(d.Links, desired.LinkedID{Path: p.path, Database: wanted.Database, Collection: wanted.Collection, Identity: identity})
		}
	}
	for i := range u.frozen {
		d := &u.frozen[i]
		for _, linked := range d.Links {
			d.Raw = withNull(d.Raw, linked.Path)
		}
	}
	return t.diagnostics(u.documentName)
}

// identities maps the key of each promoted document's `_id`, as extracted, to
// the values that identify it.
func (u *unit) identities() map[string][]bson.RawValue {
	ids := map[string][]bson.RawValue{}
	for i, d := range u.frozen {
		extracted := d.Raw
		if at := u.done.order[i]; at < len(u.data.documents) {
			extracted = u.data.documents[at]
		}
		id, ok := doc.Get(extracted, doc.Path{"_id"})
		if !ok {
			continue
		}
		var identity []bson.RawValue
		for _, p := range u.by {
			v, _ := doc.Get(d.Raw, p)
			identity = append(identity, v)
		}
		ids[doc.Key(id)] = identity
	}
	return ids
}

// withNull is the document with null at a place that it has.
func withNull(d []byte, path []string) bson.Raw {
	b := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(bson.Raw(d)) {
		switch {
		case name != path[0]:
		case len(path) == 1:
			v = bson.RawValue{Type: bson.TypeNull}
		default:
			v = bson.RawValue{Type: v.Type, Value: withNull(v.Value, path[1:])}
		}
		b.Append(name, v)
	}
	return b.Raw()
}

// linksNeeded reports fields whose values are all `_id`s of another collection
// that goes by another identity: the destination may have other ids there.
// Only objectIds and uuids are looked at: other values meet by chance.
func (u *unit) linksNeeded() diag.List {
	var out diag.List
	for _, other := range u.job.units {
		if other == u || other.done == nil || other.byID() || len(other.frozen) == 0 {
			continue
		}
		ids := other.identities()
		for _, f := range u.idPaths(ids) {
			where := u.sync.NameSpan
			out = append(out, diag.Diagnostic{Code: diag.LinkNeeded, Span: where,
				Message: fmt.Sprintf("%s holds the `_id`s of %s, whose documents go by %s: the destination may have other `_id`s", backquote(f), other.data.name, other.byText()),
				Notes:   []string{fmt.Sprintf("write `link %s to %s`, or identify %s by `_id`", f, diag.Safe(other.sync.Collection, 64), diag.Safe(other.sync.Collection, 64))}})
		}
	}
	return out
}

// idPaths are the paths whose values are all in ids, sorted.
func (u *unit) idPaths(ids map[string][]bson.RawValue) []string {
	all := map[string]bool{}
	var walk func(d bson.Raw, prefix string, top bool)
	value := func(at string, v bson.RawValue) {
		id := v.Type == bson.TypeObjectID || doc.TypeName(v) == "uuid"
		known := false
		if id {
			_, known = ids[doc.Key(v)]
		}
		if before, seen := all[at]; v.Type != bson.TypeNull && (!seen || before) {
			all[at] = known
		}
	}
	walk = func(d bson.Raw, prefix string, top bool) {
		for name, v := range doc.Fields(d) {
			at := doc.Path{name}.String()
			if prefix != "" {
				at = prefix + "." + at
			}
			switch {
			case top && name == "_id":
			case v.Type == bson.TypeEmbeddedDocument:
				walk(bson.Raw(v.Value), at, false)
			case v.Type == bson.TypeArray:
				for _, e := range doc.Fields(bson.Raw(v.Value)) {
					if e.Type == bson.TypeEmbeddedDocument {
						walk(bson.Raw(e.Value), at+"[]", false)
					} else {
						value(at+"[]", e)
					}
				}
			default:
				value(at, v)
			}
		}
	}
	for _, d := range u.frozen {
		walk(d.Raw, "", true)
	}
	var out []string
	for at, known := range all {
		if known {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return out
}

// referenced are the collections that each one refers or links to.
func (j *job) referenced() map[*desired.Collection][]*desired.Collection {
	wanted := map[[2]string]*desired.Collection{}
	for _, c := range j.collections {
		wanted[[2]string{c.Database, c.Name}] = c
	}
	of := func(u *unit) *desired.Collection {
		return wanted[[2]string{u.sync.Database[j.environment], u.sync.Destination}]
	}
	out := map[*desired.Collection][]*desired.Collection{}
	for _, u := range j.units {
		var to []*unit
		for _, l := range u.policy.links {
			to = append(to, j.unitOf(u, l.Collection.Text, nil))
		}
		if u.static != nil {
			for _, c := range u.static.checks {
				if ref := c.check.RefersTo; ref != nil {
					to = append(to, j.unitOf(u, ref.Collection.Text, ref.Source))
				}
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
// it; within a cycle, and otherwise, the order stays.
func referencedFirst(list []*desired.Collection, to map[*desired.Collection][]*desired.Collection) []*desired.Collection {
	var out []*desired.Collection
	seen := map[*desired.Collection]bool{}
	var visit func(c *desired.Collection)
	visit = func(c *desired.Collection) {
		if seen[c] {
			return
		}
		seen[c] = true
		for _, other := range list { // in the order of the list
			if slices.Contains(to[c], other) {
				visit(other)
			}
		}
		out = append(out, c)
	}
	for _, c := range list {
		visit(c)
	}
	return out
}
