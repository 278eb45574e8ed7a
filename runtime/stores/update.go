package stores

// The pure parts that the engine and the stores share. In: a document and
// changes; out: the changed document, or whether a guard holds.

import (
	"bytes"
	"cmp"
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

// Updated returns d as a server updates it: new fields stand in the order in which it
// makes them.
func Updated(d bson.Raw, set []Field, unset []doc.Path) bson.Raw {
	return Changed(d, InTurn(set), unset)
}

// InTurn are fields in the order in which MongoDB makes them whatever the order in
// which it gets them: by name, names that are numbers by their value (MongoDB manual:
// reference/operator/update, Behavior). Other servers make them in the order given; so
// they are sent like this.
func InTurn(set []Field) []Field {
	return slices.SortedStableFunc(slices.Values(set), func(a, b Field) int {
		return slices.CompareFunc(a.Path, b.Path, inUpdateOrder)
	})
}

// inUpdateOrder has names by their bytes; a number stands where 0 would, and among
// numbers by its value.
func inUpdateOrder(a, b string) int {
	x, y := a, b
	if isNumber(a) {
		x = "0"
	}
	if isNumber(b) {
		y = "0"
	}
	return cmp.Or(strings.Compare(x, y), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// isNumber reports whether a name is a number as servers write them: digits, and no 0
// before others.
func isNumber(name string) bool {
	return name != "" && strings.Trim(name, "0123456789") == "" && (name[0] != '0' || name == "0")
}

// Replaceable reports whether a server takes the document for a replacement as it is: no
// name at its top begins with `$` (MongoDB manual:
// core/dot-dollar-considerations/dollar-prefix, Document Replacing Updates), and it has
// no empty timestamp there, which a server sets (reference/bson-types, Timestamps).
func Replaceable(d bson.Raw) bool {
	for name, v := range doc.Fields(d) {
		if strings.HasPrefix(name, "$") || name != "_id" && v.Type == bson.TypeTimestamp && bytes.Equal(v.Value, make([]byte, 8)) {
			return false
		}
	}
	return true
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
