package enforce

// Unique indexes. In: an index, planned writes, and destination documents; out:
// the entries of a document, violations, and which write must wait for which.
// Pure; the rules are docs/enforcement.md, Unique conflicts.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// uniqueIndex is a unique index that is checked before writing.
type uniqueIndex struct {
	stores.UniqueIndex
	build   bool         // to be created on an existing collection
	leaving bool         // goes in this run
	hidden  desired.Mask // what nobody may see of an entry
	// rivals are the `_id`s of destination documents that the index's collation
	// gives an entry of a planned write, by its key.
	rivals map[string][]bson.RawValue
}

// checkedUnique returns the index if it is unique and its entries can be
// computed here; others are left to the server.
func checkedUnique(spec bson.Raw, build bool) (uniqueIndex, bool) {
	ix, ok := stores.ParseUnique(spec)
	return uniqueIndex{UniqueIndex: ix, build: build, rivals: map[string][]bson.RawValue{}}, ok
}

// show writes an entry for a message.
func (ix *uniqueIndex) show(e stores.Entry) string {
	out := doc.NewBuilder(64)
	for i, name := range ix.Fields {
		out.Append(name, ix.hidden.Value(ix.Paths[i], e[i]))
	}
	return show(canonicalDocument(out.Raw()))
}

// clash is one violation: subject is a write, or -1 for a document that is not desired.
type clash struct {
	write   int
	wanted  int      // desired document; -1: none
	subject bson.Raw // the document
	entry   stores.Entry
	other   bson.RawValue // `_id` of the one that has it
}

// wait says that a write takes a value that another one gives up. holder is
// the index of an update, or -1 for a document that is deleted.
type wait struct {
	write, holder int
	index         string
	entry         string
	other         bson.RawValue
}

// moving are the writes whose entries change, with entries before and after.
type moving struct {
	write int
	after []stores.Entry
	old   map[string]bool
}

func (ix *uniqueIndex) moving(writes []write) []moving {
	var out []moving
	for i := range writes {
		w := &writes[i]
		m := moving{write: i, after: ix.Entries(w.after), old: map[string]bool{}}
		changed := w.before == nil
		if w.before != nil {
			for _, e := range ix.Entries(w.before) {
				m.old[e.Key()] = true
			}
			changed = len(m.old) != len(m.after)
			for _, e := range m.after {
				changed = changed || !m.old[e.Key()]
			}
		}
		if changed {
			out = append(out, m)
		}
	}
	return out
}

// lookups are the entries that destination documents could have too.
func (ix *uniqueIndex) lookups(writes []write) []stores.Entry {
	var out []stores.Entry
	for _, m := range ix.moving(writes) {
		for _, e := range m.after {
			if !m.old[e.Key()] {
				out = append(out, e)
			}
		}
	}
	return out
}

// check checks an index that exists. live are destination documents in `_id`
// order, at least all that have one of the new entries; written gives the
// write of a live document by its `_id`, deleted says which are deleted.
func (ix *uniqueIndex) check(writes []write, live []bson.Raw, written map[string]int, deleted map[string]bool) (clashes []clash, waits []wait) {
	moves := ix.moving(writes)
	if len(moves) == 0 {
		return nil, nil
	}
	final := map[int]map[string]bool{} // write -> its entries after
	wanted := map[string]bool{}
	for _, m := range moves {
		final[m.write] = map[string]bool{}
		for _, e := range m.after {
			final[m.write][e.Key()] = true
			wanted[e.Key()] = true
		}
	}
	holders := map[string][]bson.RawValue{}
	for _, d := range live {
		for _, e := range ix.Entries(d) {
			if k := e.Key(); wanted[k] {
				holders[k] = append(holders[k], d.Lookup("_id"))
			}
		}
	}
	for k, ids := range ix.rivals {
		for _, id := range ids {
			if !slices.ContainsFunc(holders[k], func(other bson.RawValue) bool { return doc.Same(id, other) }) {
				holders[k] = append(holders[k], id)
			}
		}
	}
	owner := map[string]int{}
	for _, m := range moves {
		w := &writes[m.write]
		clashed := false
		clashWith := func(e stores.Entry, other bson.RawValue) {
			if !clashed {
				clashes = append(clashes, clash{write: m.write, wanted: w.wanted, subject: w.after, entry: e, other: other})
			}
			clashed = true
		}
		for _, e := range m.after {
			k := e.Key()
			if o, taken := owner[k]; taken {
				clashWith(e, writes[o].id())
				continue
			}
			owner[k] = m.write
			if m.old[k] {
				continue
			}
			for _, id := range holders[k] {
				holder := doc.Key(id)
				if deleted[holder] {
					waits = append(waits, wait{write: m.write, holder: -1, index: ix.Name, entry: ix.show(e), other: id})
					continue
				}
				o, isWritten := written[holder]
				switch {
				case isWritten && o == m.write:
				case isWritten && final[o] != nil && !final[o][k]:
					waits = append(waits, wait{write: m.write, holder: o, index: ix.Name, entry: ix.show(e), other: id})
				case isWritten && final[o] != nil:
					// It keeps the stores.Entry: found through owner, from whichever comes later.
				default:
					clashWith(e, id)
				}
			}
		}
	}
	return clashes, waits
}

// final is a document as it will be.
type final struct {
	raw    bson.Raw
	wanted int // desired document; -1: none
	write  int // -1: not written
}

// checkBuild checks an index that will be created: all documents as they will
// be; stays: a destination document is neither written nor deleted.
func (ix *uniqueIndex) checkBuild(all []final, stays func(id bson.RawValue) bool) (clashes []clash) {
	owner := map[string]bson.RawValue{}
	for _, f := range all {
		clashed := false
		for _, e := range ix.Entries(f.raw) {
			k := e.Key()
			other, taken := owner[k]
			if !taken {
				owner[k] = f.raw.Lookup("_id")
			}
			for _, id := range ix.rivals[k] {
				if f.wanted >= 0 && !taken && stays(id) && !doc.Same(id, owner[k]) {
					other, taken = id, true
				}
			}
			if taken && !clashed {
				clashed = true
				clashes = append(clashes, clash{write: f.write, wanted: f.wanted, subject: f.raw, entry: e, other: other})
			}
		}
	}
	return clashes
}
