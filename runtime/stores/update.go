package stores

// The pure parts that the engine and the stores share. In: a document and
// changes; out: the changed document, or whether a guard holds.

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Changed returns d with the changes made: fields keep their places, new ones
// are appended in the order of set. A path of set whose parent is missing or no
// document gets one; a path of unset that finds nothing does nothing.
func Changed(d bson.Raw, set []Field, unset []doc.Path) bson.Raw {
	return changedLevel(d, set, unset, 0)
}

func changedLevel(d bson.Raw, set []Field, unset []doc.Path, depth int) bson.Raw {
	done := make([]bool, len(set))
	kept := doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		for _, p := range unset {
			if len(p) == depth+1 && p[depth] == name {
				return bson.RawValue{}
			}
		}
		var below []Field
		for i, f := range set {
			if done[i] || f.Path[depth] != name {
				continue
			}
			done[i] = true
			if len(f.Path) == depth+1 {
				return f.Value
			}
			below = append(below, f)
		}
		var belowUnset []doc.Path
		for _, p := range unset {
			if len(p) > depth+1 && p[depth] == name {
				belowUnset = append(belowUnset, p)
			}
		}
		inner, isDocument := v.DocumentOK()
		switch {
		case len(below) == 0 && (len(belowUnset) == 0 || !isDocument):
			return v
		case isDocument:
			return doc.Value(changedLevel(inner, below, belowUnset, depth+1))
		default:
			return doc.Value(changedLevel(nil, below, nil, depth+1))
		}
	})
	more := doc.NewBuilder(64)
	for i, f := range set {
		if done[i] {
			continue
		}
		if len(f.Path) == depth+1 {
			more.Append(f.Path[depth], f.Value)
			continue
		}
		var below []Field
		for j := i; j < len(set); j++ {
			if !done[j] && len(set[j].Path) > depth+1 && set[j].Path[depth] == f.Path[depth] {
				done[j] = true
				below = append(below, set[j])
			}
		}
		more.AppendDocument(f.Path[depth], changedLevel(nil, below, nil, depth+1))
	}
	return doc.Joined(kept, more.Raw())
}

// Updated returns d as a server updates it: it processes names in lexicographic
// order, so that new fields stand in it (MongoDB manual: reference/operator/update/set).
func Updated(d bson.Raw, set []Field, unset []doc.Path) bson.Raw {
	set = slices.SortedFunc(slices.Values(set), func(a, b Field) int {
		return strings.Compare(strings.Join(a.Path, "."), strings.Join(b.Path, "."))
	})
	return Changed(d, set, unset)
}

// Holds reports whether the document is still as the guard says, by the same
// comparison that a server makes of the guard as a filter (numbers across
// types).
func (g Guard) Holds(d bson.Raw) bool {
	if id, ok := doc.Get(d, doc.Path{"_id"}); !ok || !doc.Same(id, g.ID) {
		return false
	}
	if g.Whole != nil {
		return bytes.Equal(g.Whole, d)
	}
	for _, f := range slices.Concat(g.Key, g.Present) {
		if v, ok := doc.Get(d, f.Path); !ok || !doc.Same(v, f.Value) {
			return false
		}
	}
	for _, p := range g.Absent {
		if _, ok := doc.Get(d, p); ok {
			return false
		}
	}
	return true
}

// Addressable reports whether queries and updates can name the field: it has
// no dot, does not begin with `$` and is not empty.
// MongoDB manual: core/dot-dollar-considerations.
func Addressable(name string) bool {
	return name != "" && name[0] != '$' && !strings.Contains(name, ".")
}

// AddressablePath reports whether all names of the path are addressable.
func AddressablePath(p doc.Path) bool {
	for _, name := range p {
		if !Addressable(name) {
			return false
		}
	}
	return true
}
