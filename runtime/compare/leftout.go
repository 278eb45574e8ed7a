package compare

// Fields of `redact` and `omit`, which extraction leaves out. In: the patterns,
// the wanted document D and the destination's L; out: what of L is the
// destination's own. Pure; the rules are docs/enforcement.md, Fields left out.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// kept is what of L the patterns leave to the destination.
type kept struct {
	patterns []desired.Pattern
	wanted   bson.Raw
	// paths are those of such fields in documents.
	paths []doc.Path
	// inside are those of such fields in arrays; a path has the positions as names.
	inside []doc.Path
}

// leave finds what of L is left out and not wanted: as paths to preserve, and
// in arrays, which are one value, by giving L without it.
func leave(patterns []desired.Pattern, wanted, live bson.Raw) (*kept, bson.Raw) {
	k := &kept{patterns: patterns, wanted: wanted}
	return k, k.document(nil, live)
}

func (k *kept) matches(p doc.Path) bool {
	return slices.ContainsFunc(k.patterns, func(q desired.Pattern) bool {
		if q.Leaf != "" {
			return q.Leaf == p[len(p)-1]
		}
		return slices.Equal(q.Path, p)
	})
}

// document is the document at a path without left out fields in its arrays.
func (k *kept) document(at doc.Path, d bson.Raw) bson.Raw {
	return doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		p := at.Child(name)
		switch {
		case len(p) == 1 && name == "_id":
		case k.matches(p):
			if _, ok := doc.Get(k.wanted, p); !ok { // else a secret is wanted there
				k.paths = append(k.paths, p)
			}
		case doc.IsDocument(v):
			v.Value = k.document(p, v.Document())
		case v.Type == bson.TypeArray:
			v.Value = k.elements(p, v.Value, k.unwantedIn(p))
		}
		return v
	})
}

// unwantedIn are the left out names but those that fields in D's array have,
// which are secrets: then all fields of such a name there are the rules'.
func (k *kept) unwantedIn(p doc.Path) []string {
	var names []string
	for _, q := range k.patterns {
		if q.Leaf != "" {
			names = append(names, q.Leaf)
		}
	}
	if v, ok := doc.Get(k.wanted, p); ok && v.Type == bson.TypeArray {
		probe := &kept{}
		probe.elements(nil, v.Value, names)
		names = slices.DeleteFunc(names, func(name string) bool {
			return slices.ContainsFunc(probe.inside, func(q doc.Path) bool { return q[len(q)-1] == name })
		})
	}
	return names
}

// elements is an array, or a document in one, without fields of the names.
func (k *kept) elements(at doc.Path, d bson.Raw, names []string) bson.Raw {
	return doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		p := at.Child(name)
		if slices.Contains(names, name) {
			k.inside = append(k.inside, p)
			return bson.RawValue{}
		}
		if doc.IsDocument(v) || v.Type == bson.TypeArray {
			v.Value = k.elements(p, v.Value, names)
		}
		return v
	})
}

// guard refuses a difference that would write over a left out field in an array. Those
// of lists owned in part are in what is written.
func (k *kept) guard(diff *difference, lists []doc.Path) {
	refuse := func(p doc.Path, want bson.RawValue) {
		if slices.ContainsFunc(lists, func(l doc.Path) bool { return slices.Equal(l, p) }) {
			return
		}
		for _, q := range k.inside {
			if q.HasPrefix(p) && diff.blocked == nil {
				diff.blocked = &blocked{path: p, want: want, inside: q}
			}
		}
	}
	for _, f := range diff.set {
		refuse(f.Path, f.Value)
	}
	for _, p := range diff.unset {
		refuse(p, bson.RawValue{})
	}
}

// touched reports whether a path goes to, into or through a field of the patterns.
func touched(patterns []desired.Pattern, p doc.Path) bool {
	return slices.ContainsFunc(patterns, func(q desired.Pattern) bool {
		if q.Leaf != "" {
			return slices.Contains(p, q.Leaf)
		}
		return p.HasPrefix(q.Path) || doc.Path(q.Path).HasPrefix(p)
	})
}
