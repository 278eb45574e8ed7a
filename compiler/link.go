package compiler

// `link`: placeholders for the `_id`s that the destination has. linkneeded.go
// finds the fields that need them.

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// link puts the placeholders of `link` into the frozen documents: null in the
// document, and the identity of the document that is meant beside it.
func (u *unit) link() diag.List {
	var diags diag.List
	if len(u.policy.Links) > 0 {
		for _, l := range u.policy.Links {
			diags = append(diags, u.linkPath(l)...)
		}
	}
	return append(diags, u.linksNeeded()...)
}

func (u *unit) linkPath(l *ast.Link) diag.List {
	other := u.job.unitOf(u, l.Collection.Text, nil)
	steps := l.Path.FromRoot()
	database, collection := other.destination()
	wanted := desired.Link{Origin: l.Span.String(), Steps: policy.LinkSteps(l.Path), Database: database, Collection: collection}
	u.links = append(u.links, wanted)
	if other.done == nil && u.job.test != nil { // a test that is not about it
		for _, d := range u.frozen {
			for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, steps, nil) {
				if p.value.Type != bson.TypeNull {
					u.job.test.skip(l.Span, other.sync.Collection)
				}
			}
		}
		return nil
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
				t.add(&value.Error{Code: diag.DanglingReference, Span: l.Path.Span, Message: fmt.Sprintf("this links to no document of %s", diag.Backquote(l.Collection.Text)),
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

// destination is the name of the collection that is written to.
func (u *unit) destination() (database, collection string) {
	return u.sync.Database[u.job.Environment], u.sync.Destination
}

// linked shows what `link` makes of one finished document, whose rules alone
// were run: words in place of the ids, as diff has them, statement by
// statement. Links to documents that are not promoted stay as they are.
func (u *unit) linked(ctx context.Context, d bson.Raw, t *tracer) (bson.Raw, error) {
	for _, l := range u.policy.Links {
		other := u.job.unitOf(u, l.Collection.Text, nil)
		if other == nil {
			continue // reported when the weave was prepared
		}
		if other.done == nil {
			t.on = false // its documents are not the one to tell of
			o, err := other.execute(ctx)
			t.on = true
			if err != nil {
				return nil, err
			}
			other.done = o
			other.freeze() // two documents of one identity: check says it, here either will do
		}
		ids := other.identities()
		database, collection := other.destination()
		steps := l.Path.FromRoot()
		wanted := desired.Document{Raw: d}
		for p := range places(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, steps, nil) {
			if identity, ok := ids[doc.Key(p.value)]; ok && p.value.Type != bson.TypeNull {
				wanted.Links = append(wanted.Links, desired.LinkedID{Path: p.path, Database: database, Collection: collection, Identity: identity})
			}
		}
		after := describe.WithWords(wanted, describe.Namespace)
		t.note(l, d, after)
		d = after
	}
	return d, nil
}

// identities maps the key of each promoted document's `_id`, as extracted, to
// the values that identify it.
func (u *unit) identities() map[string][]bson.RawValue {
	ids := map[string][]bson.RawValue{}
	for i, d := range u.frozen {
		extracted := d.Raw
		if at := u.done.order[i]; at < len(u.data.Documents) {
			extracted = u.data.Documents[at]
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
