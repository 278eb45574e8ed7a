package enforce

// What is shown, and bound by the digest, of an update. In: the document as it
// is and as it will be, what nobody may see of it, which secrets are not known;
// out: its changes, leaf by leaf, in arrays too where something is hidden in
// them. Pure; the rules are docs/enforcement.md, Secrets.

import (
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// spot is a place where a document changes.
type spot struct {
	// at are names of fields, and elements (desired.Element).
	at            []string
	before, after bson.RawValue
	unknown       []string // names of secrets that are not given; then no values
}

// spots are the places where an update changes the document, but for secrets
// that the destination may have: these are as they will be, on both sides. Where
// nothing is hidden they are the leaves.
func (c *collection) spots(w *write) []spot {
	if len(c.secrets.of(w.wanted))+len(c.policy.leftOut) == 0 {
		spots := make([]spot, len(w.leaves))
		for i, f := range w.leaves {
			spots[i] = spot{at: f.path, before: f.before, after: f.after}
		}
		return spots
	}
	before := w.before
	for _, q := range c.secrets.of(w.wanted) {
		if _, ok := q.there(c.Documents[w.wanted].Raw, before); ok {
			if v, ok := at(w.after, q.path); ok {
				before = put(before, q.path, v)
			}
		}
	}
	return spotsBetween(before, w.after, c.mask(w.wanted, false), c.mask(w.wanted, true))
}

// spotsBetween are the places where two documents differ, in their order; old and
// now say what nobody may see of them.
func spotsBetween(before, after bson.Raw, old, now *desired.Mask) []spot {
	d := &spotting{old: old, now: now}
	d.level(nil, before, after, false)
	sortSpots(d.found)
	return d.found
}

func sortSpots(spots []spot) {
	slices.SortStableFunc(spots, func(a, b spot) int { return slices.CompareFunc(a.at, b.at, compareSteps) })
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
	found    []spot
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
		d.found = append(d.found, spot{at: path, before: before, after: after})
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

// changes are what is shown of an update: its spots, the secrets among what is
// written, and those that are not known.
func (c *collection) changes(w *write) []change.Change {
	spots := slices.Clone(w.spots)
	for _, q := range c.secrets.of(w.wanted) {
		before, ok := q.there(c.Documents[w.wanted].Raw, w.before)
		if after, _ := at(w.after, q.path); ok && !doc.Identical(before, after) {
			spots = append(spots, spot{at: steps(w.after, q.path), before: before, after: after})
		}
	}
	return c.shown(w.wanted, append(spots, unknownSpots(w.after, w.unknown)...))
}

func unknownSpots(d bson.Raw, places []secretPlace) []spot {
	var out []spot
	for _, q := range places {
		if len(q.missing) > 0 {
			out = append(out, spot{at: steps(d, q.path), unknown: q.missing})
		}
	}
	return out
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

// shown are changes of document i in order of their places, with nothing in
// them that nobody may see.
func (c *collection) shown(i int, spots []spot) []change.Change {
	sortSpots(spots)
	old, now := c.mask(i, false), c.mask(i, true)
	changes := make([]change.Change, len(spots))
	for n, s := range spots {
		one := change.Change{Path: spotText(s.at), Unknown: s.unknown, Leaf: leafText(s.at)}
		before, after := old.Value(s.at, s.before), now.Value(s.at, s.after)
		if before.Type != 0 {
			one.Before = doc.CanonicalValue(before)
		}
		if after.Type != 0 {
			one.After = doc.CanonicalValue(after)
		}
		one.Links = linkItems(s.at, c.linking.named(s.at, before, after))
		changes[n] = one
	}
	return changes
}

// compareSteps puts elements in order of their positions.
func compareSteps(a, b string) int {
	x, element := desired.IsElement(a)
	if y, too := desired.IsElement(b); element && too {
		return cmp.Or(len(x)-len(y), strings.Compare(x, y))
	}
	return strings.Compare(a, b)
}

// spotText is a place for people: hooks[0].url.
func spotText(at []string) string {
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

// leafText is the path of the ledger's leaf that a place is in.
func leafText(at []string) string { return fieldPath(at).String() }

// fieldPath is the part of a place that enters documents only.
func fieldPath(at []string) doc.Path {
	for n, step := range at {
		if _, element := desired.IsElement(step); element {
			return at[:n]
		}
	}
	return at
}

// showValue is the short form of a value at a path of document i: exact as it
// is wanted, else as the destination has it.
func (c *collection) showValue(i int, exact bool, p doc.Path, v bson.RawValue) string {
	return change.ShowValue(c.mask(i, exact).Value(p, v))
}

// showID is the short form of an `_id` of the destination.
func (c *collection) showID(id bson.RawValue) string { return change.ShowValue(c.idShown(id)) }

// idShown is an `_id` of the destination as far as it may be seen.
func (c *collection) idShown(id bson.RawValue) bson.RawValue {
	if c.secrets == nil {
		return id
	}
	m := desired.Mask{Secrets: c.secrets.all}
	return m.Value(doc.Path{"_id"}, id)
}

// showInside is the short form of a value that a document has or would have, at
// a path that may go into arrays; empty: nobody knows where. Any element may have
// a secret of another one: the document may have kept an array of the destination.
func (c *collection) showInside(i int, d bson.Raw, p doc.Path, v bson.RawValue) string {
	m := c.mask(i, false)
	switch {
	case len(p) == 0 && len(m.Secrets) > 0:
		return desired.MaskedSecret
	case len(p) == 0 && len(m.LeftOut) > 0:
		return desired.MaskedRedacted
	}
	return showMasked(m.Value(steps(d, p), v))
}

// showMasked is the short form of a value, with a word for one that is hidden.
func showMasked(v bson.RawValue) string {
	if s, ok := v.StringValueOK(); ok && (s == desired.MaskedSecret || s == desired.MaskedRedacted) {
		return s
	}
	return change.ShowValue(v)
}
