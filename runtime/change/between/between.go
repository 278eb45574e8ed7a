// Package between finds what differs between two values, as changes of a report
// (docs/report.md, A change).
//
// In: two documents, or values, and what of them may be seen; out: changes, place by
// place, in order of the names of fields and of elements. Pure.
//
//	between.go   documents are entered, values are compared
//	elements.go  elements of arrays: which are the same, which stand elsewhere
//	keys.go      by which field they are told apart
//	pairs.go     by which two, and by those that the weave names
//	steps.go     places as text
//	texts.go     parts and lines of two texts
package between

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Sides says of two documents what may be seen of them, and what is known of values
// in them. A place has names of fields, and elements (desired.Element) with the
// positions of the side that it is of. A nil function hides, and knows, nothing.
type Sides struct {
	// Seen is a value at a place as it may be seen, with the places in it that may not.
	Seen func(at []string, v bson.RawValue, after bool) (bson.RawValue, []change.HiddenItem)
	// Links are those in the two values of a change, at their places.
	Links func(old, now []string, before, after bson.RawValue) []change.LinkItem
	// Key are the fields that tell elements of the array at a place apart, by the weave;
	// nil: it does not say.
	Key func(at []string) []string
}

// Documents are the changes from one document to another.
func Documents(before, after bson.Raw, sides Sides) []change.Change {
	w := newWalk(sides)
	w.fields(before, after)
	return w.found
}

// Values are the changes from one value to another at a path of fields; Type 0 is a
// missing one.
func Values(at []string, before, after bson.RawValue, sides Sides) []change.Change {
	w := newWalk(sides)
	for _, name := range at {
		w.enter(change.Step{Field: name}, name, name)
	}
	w.value(before, after)
	return w.found
}

type walk struct {
	Sides
	at       []change.Step
	old, now []string // the place on each side
	found    []change.Change
}

func newWalk(sides Sides) *walk {
	const depth = 4 // few documents are deeper
	return &walk{Sides: sides, at: make([]change.Step, 0, depth), old: make([]string, 0, depth), now: make([]string, 0, depth)}
}

func (w *walk) enter(step change.Step, old, now string) {
	w.at, w.old, w.now = append(w.at, step), append(w.old, old), append(w.now, now)
}

func (w *walk) leave() {
	n := len(w.at) - 1
	w.at, w.old, w.now = w.at[:n], w.old[:n], w.now[:n]
}

// value compares two values at the place.
func (w *walk) value(before, after bson.RawValue) {
	n := len(w.found)
	switch {
	case before.Type == 0 && after.Type == 0 || before.Type != 0 && after.Type != 0 && doc.Identical(before, after):
		return
	case before.Type != after.Type || w.hides(before, after):
	case doc.IsDocument(before) && doc.Distinct(before.Value) && doc.Distinct(after.Value):
		if w.fields(before.Value, after.Value); len(w.found) == n {
			w.add(change.KindOrdered, before, after)
		}
		return
	case before.Type == bson.TypeArray:
		w.elements(before, after)
		return
	}
	w.add(kindOf(before, after), before, after)
}

// kindOf is that of two values of which one is to become the other.
func kindOf(before, after bson.RawValue) string {
	switch {
	case before.Type == 0:
		return change.KindAdded
	case after.Type == 0:
		return change.KindRemoved
	case before.Type != after.Type && sameText(before, after):
		return change.KindRetyped
	}
	return change.KindChanged
}

// sameText reports whether two values of different types are the same number, or text.
func sameText(a, b bson.RawValue) bool {
	if isNumber(a) && isNumber(b) {
		return doc.Same(a, b)
	}
	x, isX := bareText(a)
	y, isY := bareText(b)
	return isX && isY && x == y
}

func isNumber(v bson.RawValue) bool {
	return v.Type == bson.TypeInt32 || v.Type == bson.TypeInt64 || v.Type == bson.TypeDouble || v.Type == bson.TypeDecimal128
}

// bareText is the text of a text, a number or a boolean.
func bareText(v bson.RawValue) (string, bool) {
	switch v.Type {
	case bson.TypeString:
		return v.StringValue(), true
	case bson.TypeSymbol:
		return v.Symbol(), true
	case bson.TypeBoolean:
		return strconv.FormatBool(v.Boolean()), true
	}
	if isNumber(v) {
		return doc.NumberText(v), true
	}
	return "", false
}

// fields compares two documents, by the names of their fields; of a name that one has
// twice, the first.
func (w *walk) fields(before, after bson.Raw) {
	if differing, ok := doc.Differing(before, after); ok {
		for _, f := range differing {
			w.field(f.Name, f.Before, f.After)
		}
		return
	}
	olds, news := fieldsOf(before), fieldsOf(after)
	for name, v := range news {
		if old, ok := olds[name]; ok && doc.Identical(old, v) {
			delete(olds, name)
			delete(news, name)
		}
	}
	names := make([]string, 0, len(olds)+len(news))
	for _, level := range []map[string]bson.RawValue{olds, news} {
		for name := range level {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		w.field(name, olds[name], news[name])
	}
}

func (w *walk) field(name string, before, after bson.RawValue) {
	w.enter(change.Step{Field: name}, name, name)
	w.value(before, after)
	w.leave()
}

func fieldsOf(d bson.Raw) map[string]bson.RawValue {
	out := map[string]bson.RawValue{}
	for name, v := range doc.Fields(d) {
		if _, twice := out[name]; !twice {
			out[name] = v
		}
	}
	return out
}

// seen is a value of one side as it may be seen.
func (w *walk) seen(v bson.RawValue, after bool) (bson.RawValue, []change.HiddenItem) {
	switch {
	case w.Seen == nil || v.Type == 0:
		return v, nil
	case after:
		return w.Seen(w.now, v, true)
	}
	return w.Seen(w.old, v, false)
}

// hides reports whether one of two values may not be seen at all.
func (w *walk) hides(before, after bson.RawValue) bool {
	whole := func(hidden []change.HiddenItem) bool { return len(hidden) == 1 && len(hidden[0].At) == 0 }
	_, old := w.seen(before, false)
	if whole(old) {
		return true
	}
	_, now := w.seen(after, true)
	return whole(now)
}

// add adds a change at the place.
func (w *walk) add(kind string, before, after bson.RawValue) {
	before, old := w.seen(before, false)
	after, now := w.seen(after, true)
	c := change.Change{
		Kind: kind, Path: Text(w.at), At: slices.Clone(w.at), Before: change.Value{RawValue: before}, After: change.Value{RawValue: after},
		Hidden: together(old, now), Fields: fieldPath(w.now),
	}
	if w.Links != nil {
		c.Links = w.Links(w.old, w.now, before, after)
	}
	w.found = append(w.found, c)
}

// together are the places of both sides, each once.
func together(old, now []change.HiddenItem) []change.HiddenItem {
	out := slices.Clone(old)
	for _, h := range now {
		i := slices.IndexFunc(out, func(o change.HiddenItem) bool { return slices.Equal(o.At, h.At) })
		switch {
		case i < 0:
			out = append(out, h)
		case out[i].Secrets == nil:
			out[i].Secrets = h.Secrets
		}
	}
	return out
}

// fieldPath is the part of a place that enters documents only.
func fieldPath(at []string) doc.Path {
	for n, step := range at {
		if _, element := desired.IsElement(step); element {
			return slices.Clone(at[:n])
		}
	}
	return slices.Clone(at)
}
