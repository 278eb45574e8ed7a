package doc

// Two documents side by side, without maps: most that are compared have the same fields
// in the same order, and few that differ. In: documents; out: fields.

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxDiffering is how many fields Differing finds, and how many names Distinct compares
// one by one: beyond it, maps are faster.
const maxDiffering = 16

// Differs is a field that two documents both have, with other values.
type Differs struct {
	Name          string
	Before, After bson.RawValue
}

// Differing are the fields by which two documents with the same names in the same order
// differ, sorted by name; of a name that is there twice, the first counts. It is not ok
// where the names or their order differ, or too many values: then compare by name.
func Differing(before, after bson.Raw) (found []Differs, ok bool) {
	x, y := newWalk(before), newWalk(after)
	for x.next() {
		if !y.next() || !bytes.Equal(x.name, y.name) {
			return nil, false
		}
		if x.typ == y.typ && bytes.Equal(x.data, y.data) {
			continue
		}
		if len(found) == maxDiffering {
			return nil, false
		}
		found = append(found, Differs{string(x.name), x.value(), y.value()})
	}
	if y.next() {
		return nil, false
	}
	for _, f := range found {
		old, _ := field(before, f.Name)
		now, _ := field(after, f.Name)
		if !Identical(old, f.Before) || !Identical(now, f.After) {
			return nil, false // a name that is there twice
		}
	}
	slices.SortStableFunc(found, func(a, b Differs) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(found, func(a, b Differs) bool { return a.Name == b.Name }), true
}

// Distinct reports whether a document has no name twice.
func Distinct(d bson.Raw) bool {
	var few [maxDiffering][]byte
	var all map[string]bool
	n := 0
	for w := newWalk(d); w.next(); n++ {
		switch {
		case n < len(few):
			if slices.ContainsFunc(few[:n], func(name []byte) bool { return bytes.Equal(name, w.name) }) {
				return false
			}
			few[n] = w.name
			continue
		case n == len(few):
			all = make(map[string]bool, 2*n)
			for _, name := range few {
				all[string(name)] = true
			}
		}
		if all[string(w.name)] {
			return false
		}
		all[string(w.name)] = true
	}
	return true
}
