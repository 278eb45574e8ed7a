package capture

// What reports do not have: documents as the destination has them. In: the compared
// collection; out: its documents by their keys, and items of those that apply would be
// refused for and of those that were named and nobody wants.

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// read gives the documents that a report is about as the destination has them, by their `_id`.
func (c *capturer) read(ctx context.Context, t *target, r *change.CollectionReport) (map[string]bson.Raw, error) {
	var keys [][]bson.RawValue
	for _, d := range r.Documents {
		if d.Action == "update" || d.Action == "delete" {
			keys = append(keys, []bson.RawValue{d.ID.RawValue})
		}
	}
	return c.byKey(ctx, t, []doc.Path{{"_id"}}, keys)
}

// finds bounds the keys of one find.
const finds = 200

// byKey gives documents by the key of the values that they have at the paths.
func (c *capturer) byKey(ctx context.Context, t *target, paths []doc.Path, keys [][]bson.RawValue) (map[string]bson.Raw, error) {
	out := map[string]bson.Raw{}
	for chunk := range slices.Chunk(keys, finds) {
		wanted := map[string]bool{}
		for _, k := range chunk {
			wanted[doc.Key(k...)] = true
		}
		for d, err := range c.to.Store.Find(ctx, t.ns, stores.Query{Paths: paths, Keys: chunk}) {
			if err != nil {
				return nil, err
			}
			var values []bson.RawValue
			for _, p := range paths {
				if v, ok := doc.Get(d, p); ok {
					values = append(values, v)
				}
			}
			if key := doc.Key(values...); wanted[key] {
				out[key] = d
			}
		}
	}
	return out, nil
}

// conflicts are the items of what keeps apply from writing.
func (c *capturer) conflicts(ctx context.Context, t *target, conflicts []change.Conflict) ([]*item, error) {
	var out []*item
	for _, f := range conflicts {
		if f.Database != t.ns.Database || f.Collection != t.ns.Collection || f.Identity.Missing() {
			continue
		}
		i := item{of: t, kind: "value", document: named(f.Identity.RawValue), key: keyOf(f.Identity.RawValue)}
		i.identity, _ = f.Identity.DocumentOK()
		var values []bson.RawValue
		for _, v := range doc.Fields(i.identity) {
			values = append(values, v)
		}
		read, err := c.byKey(ctx, t, t.unit.By, [][]bson.RawValue{values})
		if err != nil {
			return nil, err
		}
		there := read[doc.Key(values...)]
		if !c.named(t, there) {
			continue
		}
		if f.Code != change.DestinationOnlyFields.Code || there == nil {
			if f.Code != change.PruneBound.Code {
				i.reason = fmt.Sprintf("apply would be refused: %s", f.Message)
				out = append(out, &i)
			}
			continue
		}
		for _, text := range f.Paths {
			one := i
			one.kind, one.shown = "destination-only", text
			if one.path = pathOf(there, nil, text); one.path == nil {
				one.reason = "the field was not found again"
			} else {
				one.value, _ = doc.Get(there, one.path)
				one.forms, one.reason = c.only(t, &one)
			}
			out = append(out, &one)
		}
	}
	return out, nil
}

// pathOf is the path in a document that a report writes as the text; nil: none.
func pathOf(d bson.Raw, above doc.Path, text string) doc.Path {
	for name, v := range doc.Fields(d) {
		p := above.Child(name)
		if p.String() == text {
			return p
		}
		if inside, ok := v.DocumentOK(); ok {
			if found := pathOf(inside, p, text); found != nil {
				return found
			}
		}
	}
	return nil
}

// unwanted are documents that were named, and that only the destination has, where the
// rules leave them there.
func (c *capturer) unwanted(ctx context.Context, t *target, r *change.CollectionReport) ([]*item, error) {
	if len(c.o.Documents) == 0 || r.Missing || t.outcome == nil || t.unit.Policy.StructureOnly() {
		return nil, nil
	}
	reported := map[string]bool{}
	for _, d := range r.Documents {
		reported[doc.Key(d.ID.RawValue)] = true
	}
	var out []*item
	for d, err := range c.to.Store.Find(ctx, t.ns, stores.Query{All: true}) {
		if err != nil {
			return nil, err
		}
		id, _ := doc.Get(d, doc.Path{"_id"})
		identity := identityOf(t.unit.By, d)
		i := &item{of: t, kind: "more", document: named(doc.Value(identity)), key: keyOf(doc.Value(identity)), identity: identity}
		if reported[doc.Key(id)] || !c.named(t, d) || t.wanted(c.now, i.key) != nil {
			continue
		}
		i.forms, i.reason = t.more(i, d)
		out = append(out, i)
	}
	return out, nil
}
