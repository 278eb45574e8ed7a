package order

// Unique indexes. In: an index, planned writes, and destination documents; out:
// the entries of a document, violations, and which write must wait for which.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Index is a unique index that is checked before writing.
type Index struct {
	stores.UniqueIndex
	Build   bool // to be created on an existing collection
	Leaving bool // goes in this run
	// Rivals are the `_id`s of destination documents that the index's collation
	// gives an entry of a planned write, by its key.
	Rivals map[string][]bson.RawValue
}

// Checked returns the index if it is unique and its entries can be computed here;
// others are left to the server. build: it is to be created on an existing
// collection.
func Checked(spec bson.Raw, build bool) (Index, bool) {
	ix, ok := stores.ParseUnique(spec)
	return Index{UniqueIndex: ix, Build: build, Rivals: map[string][]bson.RawValue{}}, ok
}

// Paths are those that the entries of indexes depend on.
func Paths(indexes []Index) (paths []doc.Path) {
	for i := range indexes {
		paths = append(paths, indexes[i].Paths...)
		if indexes[i].Filter != nil {
			paths = append(paths, indexes[i].Filter.Paths()...)
		}
	}
	return paths
}

// Clash is one violation.
type Clash struct {
	Index   int      // of Collection.Indexes
	Wanted  int      // desired document; -1: none
	Subject bson.Raw // the document as it will be
	Entry   stores.Entry
	Other   bson.RawValue // `_id` of the one that has it
}

// Wait says that a write takes a value that another one gives up.
type Wait struct {
	Write  int // of Collection.Writes
	Holder int // likewise, an update; -1: a document that is deleted
	Index  int // of Collection.Indexes
	Entry  stores.Entry
	Other  bson.RawValue // `_id` of the holder
}

// moving are the writes whose entries change, with entries before and after.
type moving struct {
	write int
	after []stores.Entry
	old   map[string]bool
}

func (ix *Index) moving(writes []Write) []moving {
	var out []moving
	for i := range writes {
		w := &writes[i]
		m := moving{write: i, after: ix.Entries(w.After), old: map[string]bool{}}
		changed := w.Before == nil
		if w.Before != nil {
			for _, e := range ix.Entries(w.Before) {
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

// Lookups are the entries that destination documents could have too.
func (ix *Index) Lookups(writes []Write) []stores.Entry {
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

// check checks an index that exists, the one at a position. live are destination
// documents in `_id` order; written gives the write of a live document by the key
// of its `_id`, deleted says which are deleted.
func (ix *Index) check(at int, writes []Write, live []bson.Raw, written map[string]int, deleted map[string]bool) (clashes []Clash, waits []Wait) {
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
	holders := ix.holders(live, wanted)
	owner := map[string]int{}
	for _, m := range moves {
		w := &writes[m.write]
		clashed := false
		clashWith := func(e stores.Entry, other bson.RawValue) {
			if !clashed {
				clashes = append(clashes, Clash{Wanted: w.Wanted, Subject: w.After, Entry: e, Other: other})
			}
			clashed = true
		}
		for _, e := range m.after {
			k := e.Key()
			if o, taken := owner[k]; taken {
				clashWith(e, writes[o].After.Lookup("_id"))
				continue
			}
			owner[k] = m.write
			if m.old[k] {
				continue
			}
			for _, id := range holders[k] {
				holder := doc.Key(id)
				waitFor := func(holder int) {
					waits = append(waits, Wait{Write: m.write, Holder: holder, Index: at, Entry: e, Other: id})
				}
				if deleted[holder] {
					waitFor(-1)
					continue
				}
				o, isWritten := written[holder]
				switch {
				case isWritten && o == m.write:
				case isWritten && final[o] != nil && !final[o][k]:
					waitFor(o)
				case isWritten && final[o] != nil:
					// It keeps the entry: found through owner, from whichever comes later.
				default:
					clashWith(e, id)
				}
			}
		}
	}
	return clashes, waits
}

// holders are the `_id`s of the documents that have wanted entries, by their keys.
func (ix *Index) holders(live []bson.Raw, wanted map[string]bool) map[string][]bson.RawValue {
	holders := map[string][]bson.RawValue{}
	for _, d := range live {
		for _, e := range ix.Entries(d) {
			if k := e.Key(); wanted[k] {
				holders[k] = append(holders[k], d.Lookup("_id"))
			}
		}
	}
	for k, ids := range ix.Rivals {
		for _, id := range ids {
			if !slices.ContainsFunc(holders[k], func(other bson.RawValue) bool { return doc.Same(id, other) }) {
				holders[k] = append(holders[k], id)
			}
		}
	}
	return holders
}

// checkBuild checks an index that will be created: all documents as they will
// be; stays: a destination document is neither written nor deleted.
func (ix *Index) checkBuild(all []final, stays func(id bson.RawValue) bool) (clashes []Clash) {
	owner := map[string]bson.RawValue{}
	for _, f := range all {
		clashed := false
		for _, e := range ix.Entries(f.raw) {
			k := e.Key()
			other, taken := owner[k]
			if !taken {
				owner[k] = f.raw.Lookup("_id")
			}
			for _, id := range ix.Rivals[k] {
				if f.wanted >= 0 && !taken && stays(id) && !doc.Same(id, owner[k]) {
					other, taken = id, true
				}
			}
			if taken && !clashed {
				clashed = true
				clashes = append(clashes, Clash{Wanted: f.wanted, Subject: f.raw, Entry: e, Other: other})
			}
		}
	}
	return clashes
}
