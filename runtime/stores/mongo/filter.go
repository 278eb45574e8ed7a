package mongo

// Keys, guards and changes as filters and update documents. In: stores values;
// out: BSON. Only operators that every server has. Pure.

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

func queryFilter(q stores.Query) bson.Raw {
	switch {
	case q.All:
		return doc.NewBuilder(8).Raw()
	case q.Keys != nil:
		return keysFilter(q.Paths, q.Keys)
	case len(q.Filter) == 0:
		return doc.NewBuilder(8).Raw()
	}
	return q.Filter
}

// keysFilter is {path: {$in: […]}} for one path, else {$or: [{a: {$eq: …}, …}, …]}.
// In $in a regex would be taken for a pattern: then it is the second form too,
// and for undefined, which servers do not compare with anything.
func keysFilter(paths []doc.Path, keys [][]bson.RawValue) bson.Raw {
	in := len(paths) == 1
	for _, key := range keys {
		in = in && key[0].Type != bson.TypeRegex && key[0].Type != bson.TypeUndefined
	}
	if in {
		values := make([]bson.RawValue, len(keys))
		for i, key := range keys {
			values[i] = key[0]
		}
		in := doc.NewBuilder(64).AppendArray("$in", values...).Raw()
		return doc.NewBuilder(64).AppendDocument(dotted(paths[0]), in).Raw()
	}
	var alternatives []bson.RawValue
	for _, key := range keys {
		for _, d := range keyFilters(paths, key) {
			alternatives = append(alternatives, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d})
		}
	}
	return doc.NewBuilder(64).AppendArray("$or", alternatives...).Raw()
}

// keyFilters are the filters that find one key. Undefined stands for an empty
// array too (as in a unique index): one filter for each form of it.
func keyFilters(paths []doc.Path, key []bson.RawValue) []bson.Raw {
	filters := []bson.Raw{doc.NewBuilder(0).Raw()}
	for i, p := range paths {
		forms := []bson.Raw{doc.NewBuilder(32).Append("$eq", key[i]).Raw()}
		if key[i].Type == bson.TypeUndefined {
			forms = []bson.Raw{
				doc.NewBuilder(32).AppendInt32("$type", int32(bson.TypeUndefined)).Raw(),
				doc.NewBuilder(32).AppendInt32("$size", 0).Raw(),
			}
		}
		var next []bson.Raw
		for _, d := range filters {
			for _, form := range forms {
				next = append(next, doc.Appended(d, dotted(p), doc.Value(form)))
			}
		}
		filters = next
	}
	return filters
}

// dotted is a path as queries and updates name it.
func dotted(p doc.Path) string { return strings.Join(p, ".") }

// guardFilter matches the document as it was read (docs/enforcement.md, Guard).
func guardFilter(g stores.Guard) bson.Raw {
	out := doc.NewBuilder(128)
	out.AppendDocument("_id", doc.NewBuilder(32).Append("$eq", g.ID).Raw())
	for _, f := range g.Key { // never an array
		out.AppendDocument(dotted(f.Path), doc.NewBuilder(32).Append("$eq", f.Value).Raw())
	}
	if g.Whole != nil {
		literal := doc.NewBuilder(len(g.Whole)+16).AppendDocument("$literal", g.Whole).Raw()
		equal := doc.NewBuilder(len(literal) + 32)
		equal.AppendArray("$eq", doc.String("$$ROOT"), bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: literal})
		return out.AppendDocument("$expr", equal.Raw()).Raw()
	}
	for _, f := range g.Present {
		out.AppendDocument(dotted(f.Path), valueCondition(f.Value))
	}
	for _, p := range g.Absent {
		missing := doc.NewBuilder(32).Append("$exists", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}}).Raw()
		out.AppendDocument(dotted(p), missing)
	}
	return out.Raw()
}

// valueCondition matches one value: without the $not, an array with such an
// element would match as well; null would match missing, and undefined cannot
// be asked for by value.
func valueCondition(v bson.RawValue) bson.Raw {
	out := doc.NewBuilder(len(v.Value) + 48)
	switch v.Type {
	case bson.TypeArray:
		return out.Append("$eq", v).Raw()
	case bson.TypeNull, bson.TypeUndefined:
		out.AppendInt32("$type", int32(v.Type))
	default:
		out.Append("$eq", v)
	}
	return out.AppendDocument("$not", doc.NewBuilder(24).AppendString("$type", "array").Raw()).Raw()
}

func updateDocument(op stores.Op) bson.Raw {
	out := doc.NewBuilder(256)
	if len(op.Set) > 0 {
		set := doc.NewBuilder(256)
		for _, f := range stores.InTurn(op.Set) {
			set.Append(dotted(f.Path), f.Value)
		}
		out.AppendDocument("$set", set.Raw())
	}
	if len(op.Unset) > 0 {
		unset := doc.NewBuilder(64)
		for _, p := range op.Unset {
			unset.AppendString(dotted(p), "")
		}
		out.AppendDocument("$unset", unset.Raw())
	}
	return out.Raw()
}

// replacing is the pipeline that makes a document another one which a server would not
// take as it is. Its `_id` stays: one that the literal has as well is there twice then
// on DocumentDB (seen with 0.107).
func replacing(d bson.Raw) []bson.Raw {
	literal := doc.NewBuilder(len(d)+16).AppendDocument("$literal", doc.Without(d, "_id")).Raw()
	return []bson.Raw{doc.NewBuilder(len(d)+48).AppendDocument("$replaceWith", literal).Raw()}
}
