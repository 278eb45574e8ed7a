package model

// What statements of a weave do to one document, and what the compiler must find in
// those that are finished (docs/language.md). In: ordered documents; out: others, or
// verdicts. What is given is not changed.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

// Secret stands in a document for what `secret(…)` gives; a part is one of its
// texts and names.
type Secret []desired.SecretPart

// Get is the value at a path; a path enters documents only.
func Get(d bson.D, path ...string) (any, bool) {
	for i, e := range d {
		if e.Key != path[0] {
			continue
		}
		if len(path) == 1 {
			return d[i].Value, true
		}
		inner, ok := e.Value.(bson.D)
		if !ok {
			return nil, false
		}
		return Get(inner, path[1:]...)
	}
	return nil, false
}

// Set is the document with a value at a path: in its place, or else behind the other
// fields; `_id` goes in front. Parents that are missing become objects.
func Set(d bson.D, v any, path ...string) bson.D { return set(d, v, true, path) }

func set(d bson.D, v any, top bool, path []string) bson.D {
	d = slices.Clone(d)
	at := slices.IndexFunc(d, func(e bson.E) bool { return e.Key == path[0] })
	if len(path) > 1 {
		var inner bson.D
		if at >= 0 {
			inner = d[at].Value.(bson.D)
		}
		v = set(inner, v, false, path[1:])
	}
	switch {
	case at >= 0:
		d[at].Value = v
	case top && path[0] == "_id":
		d = append(bson.D{{Key: "_id", Value: v}}, d...)
	default:
		d = append(d, bson.E{Key: path[0], Value: v})
	}
	return d
}

// Remove is the document without what is at a path; parents stay.
func Remove(d bson.D, path ...string) bson.D {
	d = slices.Clone(d)
	for i, e := range d {
		switch inner, ok := e.Value.(bson.D); {
		case e.Key != path[0]:
		case len(path) == 1:
			return slices.Delete(d, i, i+1)
		case ok:
			d[i].Value = Remove(inner, path[1:]...)
		}
	}
	return d
}

// Rename gives a top-level field another name, in its place.
func Rename(d bson.D, from, to string) bson.D {
	d = slices.Clone(d)
	for i := range d {
		if d[i].Key == from {
			d[i].Key = to
		}
	}
	return d
}

// Add is the document with a value at the end of a top-level array, unless it is in it.
func Add(d bson.D, v any, name string) bson.D {
	list, _ := Get(d, name)
	array, _ := list.(bson.A)
	if slices.ContainsFunc(array, func(w any) bool { return Same(v, w) }) {
		return d
	}
	return Set(d, append(slices.Clone(array), v), name)
}

// Walk is a value when all that is inside of it was visited, at any depth, inside before
// around. visit has the name of a field, of an element none, and gives what becomes of
// it, false where it goes. The `_id` of a document, root, is not visited.
func Walk(v any, root bool, visit func(key string, v any) (any, bool)) any {
	switch v := v.(type) {
	case bson.D:
		out := bson.D{}
		for _, e := range v {
			kept := true
			if !root || e.Key != "_id" {
				e.Value, kept = visit(e.Key, Walk(e.Value, false, visit))
			}
			if kept {
				out = append(out, e)
			}
		}
		return out
	case bson.A:
		out := bson.A{}
		for _, e := range v {
			if e, kept := visit("", Walk(e, false, visit)); kept {
				out = append(out, e)
			}
		}
		return out
	}
	return v
}

// Empty: the language's `is empty`; null is not.
func Empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case bson.A:
		return len(v) == 0
	case bson.D:
		return len(v) == 0
	}
	return false
}

// OwnList is a finished document with the values that are to be in a top-level list of
// it, and without those that are not, or what must be found wrong with the list.
func OwnList(l *desired.List, d bson.D) (out bson.D, wrong []string) {
	v, there := Get(d, l.Path...)
	if !there || v == nil {
		if len(l.Has) > 0 {
			return Set(d, l.Has, l.Path...), nil
		}
		return d, nil
	}
	list, is := v.(bson.A)
	if !is {
		return d, []string{"bad-list"}
	}
	gone, met := map[string]bool{}, map[string]bool{}
	for _, key := range l.Without {
		gone[keyOf(key)] = true
	}
	kept := bson.A{}
	for _, e := range list {
		key, told := elementKey(l, valueOf(e))
		switch {
		case !told || met[key] && !l.Only:
			wrong = append(wrong, "bad-list")
		case gone[key] && !l.Only:
			wrong = append(wrong, "wanted-absent")
		}
		if met[key] = true; !gone[key] {
			kept = append(kept, e)
		}
	}
	if !l.Only {
		return d, wrong
	}
	for _, v := range l.Has {
		if !met[decode(v).key()] {
			kept = append(kept, v)
		}
	}
	return Set(d, kept, l.Path...), nil
}

// Same: the language's `==`.
func Same(a, b any) bool { return same(valueOf(a), valueOf(b)) }

func valueOf(v any) Value {
	raw, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
	if err != nil {
		panic(err)
	}
	return Decode(raw).Fields[0].Value
}

// Holds reports whether a condition holds for a document.
func Holds(c *desired.Cond, d bson.D) bool {
	raw, err := bson.Marshal(d)
	if err != nil {
		panic(err)
	}
	return holds(c, Decode(raw))
}

// Identifies reports whether a value can identify a document.
func Identifies(v any, there bool) bool {
	if !there {
		return false
	}
	w := valueOf(v)
	n, _ := w.number()
	return w.Type != bson.TypeNull && w.Type != bson.TypeArray && w.Type != bson.TypeRegex && !n.nan
}

// SameIdentity reports whether two documents have one value at every path.
func SameIdentity(a, b bson.D, paths [][]string) bool {
	return !slices.ContainsFunc(paths, func(p []string) bool {
		v, _ := Get(a, p...)
		w, _ := Get(b, p...)
		return !Same(v, w)
	})
}

// Repeats reports whether two of the documents have one entry in a unique index
// whose entries are known without a server.
func Repeats(spec bson.Raw, documents []bson.Raw) bool {
	var before []string
	for _, d := range documents {
		if !isUnique(spec) {
			return false
		}
		entries := entriesOf(spec, Decode(d))
		if intersect(entries, before) {
			return true
		}
		before = append(before, entries...)
	}
	return false
}
