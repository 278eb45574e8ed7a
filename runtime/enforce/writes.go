package enforce

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

// write is one planned operation.
type write struct {
	op stores.Op
	// wanted is the index of the desired document; -1 for a delete.
	wanted int
	// before and after are the whole document; nil where there is none.
	before, after bson.Raw
	// Of an update: the leaves in which they differ, what is shown and bound of
	// that, and what of it is not known. secretOnly: without secrets that may be
	// there already it would not be written.
	leaves     []leaf
	spots      []spot
	unknown    []secretPlace
	secretOnly bool
	// made: the `_id` of an insert is not the document's own.
	made bool
	// alone: it does not fit beside its guard, and goes in a transaction of its own.
	alone bool
}

// id returns the `_id` of the document.
func (w *write) id() bson.RawValue {
	if w.after != nil {
		return w.after.Lookup("_id")
	}
	return w.before.Lookup("_id")
}

// key tells the writes of one collection apart, whatever the look.
func (w *write) key() string {
	if w.wanted >= 0 {
		return "wanted " + strconv.Itoa(w.wanted)
	}
	return doc.Key(w.before.Lookup("_id"))
}

// size is about how many bytes the operation takes on the wire, guard included.
func (w *write) size() int {
	n := 64 + len(w.op.Document) + len(w.op.Guard.Whole) + len(w.op.Guard.ID.Value)
	for _, f := range w.op.Set {
		n += len(f.Value.Value) + pathSize(f.Path)
	}
	for _, p := range w.op.Unset {
		n += pathSize(p)
	}
	for _, f := range w.op.Guard.Present {
		n += len(f.Value.Value) + pathSize(f.Path) + 40
	}
	for _, p := range w.op.Guard.Absent {
		n += pathSize(p) + 20
	}
	return n
}

func pathSize(p doc.Path) int {
	n := 2
	for _, name := range p {
		n += len(name) + 1
	}
	return n
}

// insertion makes the insert of a document that the destination lacks.
func insertion(state *desired.State, c *desired.Collection, i int) write {
	d := c.Documents[i].Raw
	id, made := insertedID(state, c, d)
	out := doc.NewBuilder(len(d) + 20)
	out.Append("_id", id)
	for name, v := range doc.Fields(d) {
		if name != "_id" {
			out.Append(name, v)
		}
	}
	raw := out.Raw()
	return write{op: stores.Op{Action: stores.Insert, Document: raw}, wanted: i, after: raw, made: made}
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

// updating makes the update that takes away a difference.
func updating(live bson.Raw, i int, diff *difference) write {
	final := stores.Changed(live, diff.set, diff.unset)
	w := write{wanted: i, before: live, after: final}
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
	for _, f := range diff.set {
		whole = whole || !add(f.Path)
	}
	for _, p := range diff.unset {
		whole = whole || !add(p)
	}
	if whole {
		w.op = stores.Op{Action: stores.Replace, Document: final, Guard: stores.Guard{ID: id, Whole: live}}
		return w
	}
	w.op = stores.Op{Action: stores.Update, Guard: stores.Guard{ID: id}}
	for _, p := range targets {
		if slices.ContainsFunc(targets, func(q doc.Path) bool { return len(q) < len(p) && p.HasPrefix(q) }) {
			continue
		}
		if v, ok := doc.Get(final, p); ok {
			w.op.Set = append(w.op.Set, stores.Field{Path: p, Value: v})
		} else {
			w.op.Unset = append(w.op.Unset, p)
		}
		if v, ok := doc.Get(live, p); ok {
			w.op.Guard.Present = append(w.op.Guard.Present, stores.Field{Path: p, Value: v})
		} else {
			w.op.Guard.Absent = append(w.op.Guard.Absent, p)
		}
	}
	return w
}

// deletion makes the delete of a document, guarded by all it has.
func deletion(live bson.Raw) write {
	w := write{wanted: -1, before: live, op: stores.Op{Action: stores.Delete}}
	w.op.Guard.ID = live.Lookup("_id")
	fields := fieldsOf(live, true)
	_, twice := doubled(fields, nil)
	for _, f := range fields {
		if twice || !stores.Addressable(f.name) {
			w.op.Guard.Present, w.op.Guard.Whole = nil, live
			return w
		}
		w.op.Guard.Present = append(w.op.Guard.Present, stores.Field{Path: doc.Path{f.name}, Value: f.value})
	}
	return w
}

// transacted is the operation of a write as a transaction carries it out: on
// the condition that the document is as it was read, and to what an update would
// make of it.
func (w *write) transacted() stores.Op {
	op := w.op
	if op.Action == stores.Insert {
		return op
	}
	op.Guard = stores.Guard{ID: op.Guard.ID, Whole: w.before}
	if op.Action == stores.Update {
		op = stores.Op{Action: stores.Replace, Document: stores.Updated(w.before, op.Set, op.Unset), Guard: op.Guard}
	}
	return op
}

// leaf is one differing path; a zero value is a missing one.
type leaf struct {
	path          doc.Path
	before, after bson.RawValue
	links         []namedLink
}

// leafChanges lists the leaves in which two documents differ, by their paths.
func leafChanges(before, after bson.Raw) []leaf {
	spots := spotsBetween(before, after, &desired.Mask{}, &desired.Mask{})
	out := make([]leaf, len(spots))
	for i, s := range spots {
		out[i] = leaf{path: s.at, before: s.before, after: s.after}
	}
	return out
}

// differingFields are the top-level fields in which two documents differ; false
// when an update cannot name one of them.
func differingFields(a, b bson.Raw) (paths []doc.Path, ok bool) {
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
