package describe

// Links in comparisons. In: wanted documents, and what is shown of them; out: which
// documents the words stand for that are in place of their `_id`s (masks.go). Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// linked says what the links of one side go to.
type linked struct {
	// target names the collection, by what identifies its documents; nil: nobody can tell.
	target func(desired.LinkedID) string
	by     func(desired.LinkedID) []doc.Path
	// database is that of the side, shown that of the report: one in two environments.
	database, shown string
}

// items are the links of a document that are in a value at a place of it.
func (k linked) items(d desired.Document, at []string, in bson.RawValue) (out []change.LinkItem) {
	from := make(doc.Path, len(at))
	for i, step := range at {
		from[i], _ = desired.IsElement(step)
	}
	for _, l := range d.Links {
		by := k.by(l)
		if !doc.Path(l.Path).HasPrefix(from) || len(by) == 0 || len(by) != len(l.Identity) {
			continue
		}
		item := change.LinkItem{At: append([]string{}, l.Path[len(from):]...), ID: change.Value{RawValue: doc.String(linkWords(l, k.target))}, Database: l.Database, Collection: l.Collection}
		if !doc.Identical(inside(in, item.At), item.ID.RawValue) { // redacted, or on the other side
			continue
		}
		if item.Database == k.database {
			item.Database = k.shown
		}
		identity := new(doc.Builder)
		for i, v := range l.Identity {
			identity.Append(by[i].String(), v)
		}
		item.Identity = change.DocumentValue(identity.Raw())
		out = append(out, item)
	}
	return out
}

// inside is a value at a place in another one; Type 0: there is none.
func inside(v bson.RawValue, at []string) bson.RawValue {
	for _, name := range at {
		if !doc.IsDocument(v) && v.Type != bson.TypeArray {
			return bson.RawValue{}
		}
		v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
	}
	return v
}

// withLinks are sides of two documents that know their links.
func withLinks(sides between.Sides, old, now linked, before, after desired.Document) between.Sides {
	if len(before.Links)+len(after.Links) == 0 {
		return sides
	}
	sides.Links = func(was, is []string, a, b bson.RawValue) []change.LinkItem {
		out := old.items(before, was, a)
		for _, l := range now.items(after, is, b) {
			if !slices.ContainsFunc(out, func(o change.LinkItem) bool {
				return slices.Equal(o.At, l.At) && doc.Identical(o.ID.RawValue, l.ID.RawValue)
			}) {
				out = append(out, l)
			}
		}
		return out
	}
	return sides
}

// putLinks puts those of a whole document into an item.
func (k linked) putLinks(item *change.DocumentItem, d desired.Document) {
	item.Links = k.items(d, nil, item.Document.RawValue)
}
