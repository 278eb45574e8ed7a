package compare

// What of an update the digest binds. In: the document as it is and as it will be,
// what nobody may see of it; out: where they differ, leaf by leaf, in arrays too where
// something is hidden in them. Pure; the rules are docs/enforcement.md, Secrets, and
// docs/state.md, The plan's digest.

import (
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Spot is a place where a document changes.
type Spot struct {
	// At are names of fields, and elements (desired.Element).
	At            []string
	Before, After bson.RawValue
}

// leaves are those in which an update changes the document, with their links.
func (c *Collection) leaves(w *Write) []Leaf {
	leaves := leafChanges(w.Before, w.After)
	old, now := c.mask(w.Wanted, false), c.mask(w.Wanted, true)
	for i := range leaves {
		f := &leaves[i]
		f.Links = c.linking.named(f.Path, old.Value(f.Path, f.Before), now.Value(f.Path, f.After))
	}
	return leaves
}

// spots are the places where an update changes the document, but for secrets
// that the destination may have: these are as they will be, on both sides. Where
// nothing is hidden they are the leaves. A list owned in part is one, with what of it
// is the weave's.
func (c *Collection) spots(w *Write) []Spot {
	before := w.Before
	if len(w.secrets)+len(c.policy.leftOut) == 0 {
		spots := make([]Spot, len(w.Leaves))
		for i, f := range w.Leaves {
			spots[i] = Spot{At: f.Path, Before: f.Before, After: f.After}
		}
		return boundLists(c, spots, w, before)
	}
	for _, q := range w.secrets {
		if _, ok := q.there(w.After, before); ok {
			if v, ok := at(w.After, q.path); ok {
				before = doc.Replace(before, q.liveAt(), v)
			}
		}
	}
	return boundLists(c, spotsBetween(before, w.After, c.mask(w.Wanted, false), c.mask(w.Wanted, true)), w, before)
}

// spotsBetween are the places where two documents differ, in their order; old and
// now say what nobody may see of them.
func spotsBetween(before, after bson.Raw, old, now *desired.Mask) []Spot {
	d := &spotting{old: old, now: now}
	d.level(nil, before, after, false)
	sortSpots(d.found)
	return d.found
}

func sortSpots(spots []Spot) {
	slices.SortStableFunc(spots, func(a, b Spot) int { return slices.CompareFunc(a.At, b.At, compareSteps) })
}

// at is the value at a path that goes into arrays.
func at(d bson.Raw, path []string) (v bson.RawValue, ok bool) {
	v = bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for _, name := range path {
		if !doc.IsDocument(v) && v.Type != bson.TypeArray {
			return bson.RawValue{}, false
		}
		if v, ok = doc.Get(v.Value, doc.Path{name}); !ok {
			return v, false
		}
	}
	return v, true
}

// spotting finds where two documents differ. It enters documents, of both sides
// or of the one that has a value, and arrays in which something is hidden. Those
// that differ in the order of their fields alone are one place.
type spotting struct {
	old, now *desired.Mask
	found    []Spot
}

func (d *spotting) level(path []string, before, after bson.Raw, array bool) {
	step := func(name string) []string {
		if array {
			name = desired.Element(name)
		}
		return append(slices.Clip(path), name)
	}
	bs, as := fieldsOf(before, false), fieldsOf(after, false)
	for i, f := range bs {
		var a bson.RawValue
		if j := index(as, f.name, i); j >= 0 {
			a = as[j].value
		}
		if !doc.Identical(f.value, a) {
			d.value(step(f.name), f.value, a)
		}
	}
	for i, f := range as {
		if index(bs, f.name, i) < 0 {
			d.value(step(f.name), bson.RawValue{}, f.value)
		}
	}
}

func (d *spotting) value(path []string, before, after bson.RawValue) {
	both := func(t bson.Type) bool {
		return (before.Type == t || before.Type == 0) && (after.Type == t || after.Type == 0)
	}
	n := len(d.found)
	if array := both(bson.TypeArray); array && d.hidden(path, before, after) || both(bson.TypeEmbeddedDocument) {
		d.level(path, contents(before), contents(after), array)
	}
	if len(d.found) == n {
		d.found = append(d.found, Spot{At: path, Before: before, After: after})
	}
}

// hidden reports whether something is hidden in one of the values.
func (d *spotting) hidden(path []string, before, after bson.RawValue) bool {
	return !doc.Identical(d.old.Value(path, before), before) || !doc.Identical(d.now.Value(path, after), after)
}

// contents are the fields or elements of a value; none of a missing one.
func contents(v bson.RawValue) bson.Raw {
	if v.Type == 0 {
		return doc.Empty
	}
	return v.Value
}

// steps tells names and positions of a path apart by the document it goes into.
func steps(d bson.Raw, path []string) []string {
	out := slices.Clone(path)
	for n := range path {
		if v, ok := at(d, path[:n]); ok && v.Type == bson.TypeArray {
			out[n] = desired.Element(path[n])
		}
	}
	return out
}

// compareSteps puts elements in order of their positions.
func compareSteps(a, b string) int {
	x, element := desired.IsElement(a)
	if y, too := desired.IsElement(b); element && too {
		return cmp.Or(len(x)-len(y), strings.Compare(x, y))
	}
	return strings.Compare(a, b)
}

// SpotText is a place for people: hooks[0].url.
func SpotText(at []string) string {
	var b strings.Builder
	for _, step := range at {
		switch name, element := desired.IsElement(step); {
		case element && desired.IsPosition(name):
			b.WriteString("[" + name + "]")
		case element: // an array of a hostile client
			b.WriteString("[" + doc.Path{name}.String() + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(doc.Path{name}.String())
		}
	}
	return b.String()
}

// fieldPath is the part of a place that enters documents only.
func fieldPath(at []string) doc.Path {
	for n, step := range at {
		if _, element := desired.IsElement(step); element {
			return at[:n]
		}
	}
	return at
}
