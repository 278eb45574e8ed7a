package compare

// From a difference to an operation. In: L and what differs; out: a
// stores.Op with its guard, the final value, and the changes for the report.
// Pure; the rules are docs/enforcement.md, Writes of one document.

import (
	"crypto/sha256"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Write is one planned operation.
type Write struct {
	Op stores.Op
	// Wanted is the index of the desired document; -1 for a delete.
	Wanted int
	// Before and after are the whole document; nil where there is none.
	Before, After bson.Raw
	// Of an update: the leaves in which they differ, what is shown and bound of
	// that, and what of it is not known. secretOnly: without secrets that may be
	// there already it would not be written.
	Leaves     []Leaf
	Spots      []Spot
	unknown    []secretPlace
	secrets    []secretPlace // those of the wanted document, where After has them
	SecretOnly bool
	// Move is what moves the document to its identity; nil of others. Rekeyed: it gets
	// another `_id`, so it is inserted anew, and the old one deleted beside it.
	Move    *desired.Move
	Rekeyed bool
	// Made: the `_id` of an insert is not the document's own.
	Made bool
	// Alone: it does not fit beside its guard, and goes in a transaction of its own.
	Alone bool
}

// ID returns the `_id` of the document.
func (w *Write) ID() bson.RawValue {
	if w.After != nil {
		return w.After.Lookup("_id")
	}
	return w.Before.Lookup("_id")
}

// Key tells the writes of one collection apart, whenever it was read.
func (w *Write) Key() string { return writeKey(w.Wanted, w.ID()) }

func writeKey(wanted int, id bson.RawValue) string {
	if wanted >= 0 {
		return WantedKey(wanted)
	}
	return doc.Key(id)
}

// WantedKey is the Key of the write of a desired document.
func WantedKey(wanted int) string { return "wanted " + strconv.Itoa(wanted) }

// Size is about how many bytes the operation takes on the wire, guard included.
func (w *Write) Size() int {
	n := insertSize(len(w.Op.Document)) + len(w.Op.Guard.Whole) + len(w.Op.Guard.ID.Value)
	for _, f := range w.Op.Set {
		n += len(f.Value.Value) + pathSize(f.Path)
	}
	for _, p := range w.Op.Unset {
		n += pathSize(p)
	}
	for _, f := range w.Op.Guard.Present {
		n += len(f.Value.Value) + pathSize(f.Path) + 40
	}
	for _, p := range w.Op.Guard.Absent {
		n += pathSize(p) + 20
	}
	return n
}

// insertSize is about how many bytes the insert of a document of n bytes takes.
func insertSize(n int) int { return 64 + n }

func pathSize(p doc.Path) int {
	n := 2
	for _, name := range p {
		n += len(name) + 1
	}
	return n
}

// Insertion makes the insert of a document that the destination lacks.
func (c *Collection) Insertion(i int) Write { return insertionOf(c, i, c.Raw(i)) }

// insertionOf is Insertion with the document given.
func insertionOf(c *Collection, i int, raw bson.Raw) Write {
	id, made := insertedID(c.state, c.Collection, raw)
	if made || !startsWithID(raw) {
		raw = doc.Joined(doc.NewBuilder(len(id.Value)+5).Append("_id", id).Raw(), doc.Without(raw, "_id"))
	}
	return Write{Op: stores.Op{Action: stores.Insert, Document: raw}, Wanted: i, After: raw, Made: made, secrets: c.secrets.of(i)}
}

// startsWithID reports whether a document has one `_id`, as its first field.
func startsWithID(d bson.Raw) bool {
	n, is := 0, false
	for name := range doc.Fields(d) {
		if (name == "_id") != (n == 0) {
			return false
		}
		n, is = n+1, true
	}
	return is
}

// insertedID is the `_id` that an insert of the document has: its own, or made.
func insertedID(state *desired.State, c *desired.Collection, d bson.Raw) (id bson.RawValue, made bool) {
	if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
		return id, false
	}
	return madeID(state, c, d), true
}

// madeID is the `_id` of a document that has none: the same on every retry and
// in both engines.
func madeID(state *desired.State, c *desired.Collection, d bson.Raw) bson.RawValue {
	h := sha256.New()
	for _, s := range []string{state.Weave, state.Environment, c.Database, c.Name} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	h.Write(c.IdentityDocument(d))
	return bson.RawValue{Type: bson.TypeObjectID, Value: h.Sum(nil)[:12]}
}

// Updating makes the update of document i that sets and unsets paths.
func Updating(live bson.Raw, i int, set []stores.Field, unset []doc.Path) Write {
	final := stores.Changed(live, set, unset)
	w := Write{Wanted: i, Before: live, After: final}
	id := live.Lookup("_id")

	var targets []doc.Path // what is written, as far as it can be addressed
	seen := map[string]bool{}
	add := func(p doc.Path) bool {
		n := 0
		for n < len(p) && stores.Addressable(p[n]) {
			n++
		}
		if n == 0 {
			return false
		}
		if key := knownKey(p[:n]); !seen[key] {
			seen[key] = true
			targets = append(targets, p[:n:n])
		}
		return true
	}
	whole := false
	for _, f := range set {
		whole = whole || !add(f.Path)
	}
	for _, p := range unset {
		whole = whole || !add(p)
	}
	if whole {
		w.Op = stores.Op{Action: stores.Replace, Document: final, Guard: stores.Guard{ID: id, Whole: live}}
		return w
	}
	w.Op = stores.Op{Action: stores.Update, Guard: stores.Guard{ID: id}}
	for _, p := range targets {
		if slices.ContainsFunc(targets, func(q doc.Path) bool { return len(q) < len(p) && p.HasPrefix(q) }) {
			continue
		}
		if v, ok := doc.Get(final, p); ok {
			w.Op.Set = append(w.Op.Set, stores.Field{Path: p, Value: v})
		} else {
			w.Op.Unset = append(w.Op.Unset, p)
		}
		if v, ok := doc.Get(live, p); ok {
			w.Op.Guard.Present = append(w.Op.Guard.Present, stores.Field{Path: p, Value: v})
		} else {
			w.Op.Guard.Absent = append(w.Op.Guard.Absent, p)
		}
	}
	return w
}

// Deletion makes the delete of a document, guarded by all it has.
func Deletion(live bson.Raw) Write {
	w := Write{Wanted: -1, Before: live, Op: stores.Op{Action: stores.Delete}}
	w.Op.Guard.ID = live.Lookup("_id")
	fields := fieldsOf(live, true)
	_, twice := doubled(fields, nil)
	for _, f := range fields {
		if twice || !stores.Addressable(f.name) {
			w.Op.Guard.Present, w.Op.Guard.Whole = nil, live
			return w
		}
		w.Op.Guard.Present = append(w.Op.Guard.Present, stores.Field{Path: doc.Path{f.name}, Value: f.value})
	}
	return w
}

// Transacted is the operation of a write as a transaction carries it out: on
// the condition that the document is as it was read, and to what an update would
// make of it.
func (w *Write) Transacted() stores.Op {
	op := w.Op
	if op.Action == stores.Insert {
		return op
	}
	op.Guard = stores.Guard{ID: op.Guard.ID, Whole: w.Before}
	if op.Action == stores.Update {
		op = stores.Op{Action: stores.Replace, Document: stores.Updated(w.Before, op.Set, op.Unset), Guard: op.Guard}
	}
	return op
}

// Leaf is one differing path; a zero value is a missing one.
type Leaf struct {
	Path          doc.Path
	Before, After bson.RawValue
	Links         []Link
}

// leafChanges lists the leaves in which two documents differ, by their paths.
func leafChanges(before, after bson.Raw) []Leaf {
	spots := spotsBetween(before, after, &desired.Mask{}, &desired.Mask{})
	out := make([]Leaf, len(spots))
	for i, s := range spots {
		out[i] = Leaf{Path: s.At, Before: s.Before, After: s.After}
	}
	return out
}

// DifferingFields are the top-level fields in which two documents differ; false
// when an update cannot name one of them.
func DifferingFields(a, b bson.Raw) (paths []doc.Path, ok bool) {
	as, bs := fieldsOf(a, true), fieldsOf(b, true)
	_, twice := doubled(as, nil)
	_, twiceThen := doubled(bs, nil)
	if twice || twiceThen {
		return nil, false
	}
	for i, f := range as {
		if n := index(bs, f.name, i); n < 0 || !doc.Identical(f.value, bs[n].value) {
			paths = append(paths, doc.Path{f.name})
		}
	}
	for i, f := range bs {
		if index(as, f.name, i) < 0 {
			paths = append(paths, doc.Path{f.name})
		}
	}
	return paths, !slices.ContainsFunc(paths, func(p doc.Path) bool { return !stores.AddressablePath(p) })
}
