package structure

// Comparing index specifications as a server does, with defaults filled in. In:
// a wanted one and one that listIndexes gave; out: whether they are the same. Pure.

import (
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// SameIndexKey reports whether a server would take the two for one index.
func SameIndexKey(a, b bson.Raw) bool {
	return doc.Same(doc.Value(listedKey(a)), doc.Value(listedKey(b))) && sameIndexOption(a, b, "collation") && sameIndexOption(a, b, "partialFilterExpression")
}

// SameIndex reports whether two indexes are the same but for their names.
func SameIndex(a, b bson.Raw) bool { return SameIndexKey(a, b) && len(differingOptions(a, b)) == 0 }

// differingOptions are the names of the options that differ, sorted.
func differingOptions(a, b bson.Raw) []string {
	var names []string
	for _, name := range indexOptions {
		if !sameIndexOption(a, b, name) {
			names = append(names, name)
		}
	}
	return names
}

func sameIndexOption(a, b bson.Raw, name string) bool {
	v, inA := indexOption(a, name)
	w, inB := indexOption(b, name)
	switch name {
	case "collation":
		return inA == inB && (!inA || sameCollation(v, w))
	case "2dsphereIndexVersion", "textIndexVersion": // the server's newest one where it is not given
		return !inA || !inB || doc.Same(v, w)
	}
	return inA == inB && (!inA || doc.Same(v, w))
}

// indexOption is an option with defaults filled in.
func indexOption(spec bson.Raw, name string) (bson.RawValue, bool) {
	v, ok := stores.IndexOption(spec, name)
	key := documentOption(spec, "key")
	kind := func(kind string) bool {
		for _, v := range doc.Fields(key) {
			if text, _ := v.StringValueOK(); text == kind {
				return true
			}
		}
		return false
	}
	if name == "weights" && kind("text") {
		return weights(key, documentOption(spec, name)), true
	}
	if ok {
		return v, ok
	}
	for of, defaults := range doc.Fields(indexDefaultsOf) {
		if v, ok = doc.Get(defaults.Document(), doc.Path{name}); ok && kind(of) {
			return v, true
		}
	}
	return bson.RawValue{}, false
}

// weights are those of a text index, by name: 1 for a field that has none.
func weights(key, given bson.Raw) bson.RawValue {
	values := map[string]bson.RawValue{}
	for name, v := range doc.Fields(key) {
		if text, _ := v.StringValueOK(); text == "text" && name != "_fts" {
			values[name] = doc.NewBuilder(16).AppendInt32("n", 1).Raw().Lookup("n")
		}
	}
	for name, v := range doc.Fields(given) {
		values[name] = v
	}
	out := doc.NewBuilder(64)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out.Append(name, values[name])
	}
	return doc.Value(out.Raw())
}

// listedKey is a key pattern as servers list it: the fields of a text index
// stand together, and their names are those of its weights.
func listedKey(spec bson.Raw) bson.Raw {
	out, text := doc.NewBuilder(64), false
	for name, v := range doc.Fields(documentOption(spec, "key")) {
		kind, _ := v.StringValueOK()
		switch {
		case kind != "text":
			if name != "_ftsx" {
				out.Append(name, v)
			}
		case !text:
			text = true
			out.AppendString("_fts", "text").AppendInt32("_ftsx", 1)
		}
	}
	return out.Raw()
}

func sameCollation(a, b bson.RawValue) bool {
	x, isA := a.DocumentOK()
	y, isB := b.DocumentOK()
	if !isA || !isB {
		return doc.Same(a, b)
	}
	for _, name := range collationFields {
		v, inA := doc.Get(x, doc.Path{name})
		w, inB := doc.Get(y, doc.Path{name})
		if fallback, ok := doc.Get(collationDefaultOf, doc.Path{name}); ok {
			if !inA {
				v = fallback
			}
			if !inB {
				w = fallback
			}
			inA, inB = true, true
		}
		if inA && inB && !doc.Same(v, w) {
			return false
		}
	}
	return true
}
