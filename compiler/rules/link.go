package rules

// `link`: placeholders for the `_id`s that the destination has. linkneeded.go
// finds the fields that need them.

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// link puts the placeholders of `link` into the finished documents: null in the
// document, and the identity of the document that is meant beside it.
func (d *Done) link(o *Outcome, cache *Cache) diag.List {
	var diags diag.List
	for _, l := range o.Policy.Links {
		diags = append(diags, d.linkPath(o, l)...)
	}
	return append(diags, d.linksNeeded(o, cache)...)
}

func (d *Done) linkPath(o *Outcome, l *ast.Link) diag.List {
	other := d.named(o.Unit, l.Collection.Text, nil)
	steps := l.Path.FromRoot()
	database, collection := other.Destination()
	wanted := desired.Link{Origin: l.Span.String(), Steps: policy.LinkSteps(l.Path), Database: database, Collection: collection}
	o.Links = append(o.Links, wanted)
	if d.Of(other) == nil && d.about != nil { // a test that is not about it
		for _, w := range o.Documents {
			for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: w.Raw}, steps, nil) {
				if p.value.Type != bson.TypeNull {
					d.skip(l.Span, other)
				}
			}
		}
		return nil
	}
	ids := d.Of(other).identities()
	var t tally
	total := len(o.Documents)
	for i := range o.Documents {
		w := &o.Documents[i]
		for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: w.Raw}, steps, nil) {
			if p.value.Type == bson.TypeNull {
				continue
			}
			identity, ok := ids[doc.Key(p.value)]
			if !ok {
				t.add(&value.Error{Code: diag.DanglingReference, Span: l.Path.Span, Message: fmt.Sprintf("this links to no document of %s", diag.Backquote(l.Collection.Text)),
					Evidence: doc.Show(p.value, 60), Notes: []string{"it must be the `_id`, as extracted, of a document that is promoted"}}, o.Order[i], &total)
				continue
			}
			w.Links = append(w.Links, desired.LinkedID{Path: p.path, Database: wanted.Database, Collection: wanted.Collection, Identity: identity})
		}
	}
	for i := range o.Documents {
		w := &o.Documents[i]
		for _, linked := range w.Links {
			w.Raw, w.Sum = doc.Replace(w.Raw, linked.Path, bson.RawValue{Type: bson.TypeNull}), nil
		}
	}
	return t.diagnostics(o.DocumentName)
}

// Destination is the name of the collection that is written to.
func (u *Unit) Destination() (database, collection string) {
	return u.Target.Database(u.Job.Environment), u.Target.Destination
}

// Linked are the links that a document of another collection has to documents of
// this one, by a `link` statement. Values that mean none are left out.
func (o *Outcome) Linked(l *ast.Link, d bson.Raw) []desired.LinkedID {
	var out []desired.LinkedID
	ids := o.identities()
	database, collection := o.Destination()
	for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, l.Path.FromRoot(), nil) {
		if identity, ok := ids[doc.Key(p.value)]; ok && p.value.Type != bson.TypeNull {
			out = append(out, desired.LinkedID{Path: p.path, Database: database, Collection: collection, Identity: identity})
		}
	}
	return out
}

// identities maps the key of each promoted document's `_id`, as extracted, to
// the values that identify it; none where the rules were not run.
func (o *Outcome) identities() map[string][]bson.RawValue {
	ids := map[string][]bson.RawValue{}
	if o == nil { // of a collection without documents of its own
		return ids
	}
	for i, d := range o.Documents {
		extracted := d.Raw
		if at := o.Order[i]; at < len(o.Data.Documents) {
			extracted = o.Data.Documents[at]
		}
		id, ok := doc.Get(extracted, doc.Path{"_id"})
		if !ok {
			continue
		}
		var identity []bson.RawValue
		for _, p := range o.By {
			v, _ := doc.Get(d.Raw, p)
			identity = append(identity, v)
		}
		ids[doc.Key(id)] = identity
	}
	return ids
}
