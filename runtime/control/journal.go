package control

// The journal's records. In: what undo needs of every write, as items; out: records in
// the collection `journal`, sealed and encrypted. The format is docs/state.md, journal;
// journalread.go has the way back.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Actions of journal records.
const (
	JournalInsert      = "insert"
	JournalUpdate      = "update"
	JournalReplace     = "replace"
	JournalDelete      = "delete"
	JournalCreate      = "create"
	JournalCreateIndex = "create-index"
	JournalDropIndex   = "drop-index"
	JournalChangeIndex = "change-index"
	JournalOptions     = "options"
)

//js:table
const (
	journalBytes = 8 << 20 // of `data` in one record
	journalItems = 1000    // of one record
	// journalCommand is the bytes of records in one command, which is one BSON
	// document of at most 16 MiB.
	journalCommand = 15 << 20
)

// Journal is that of one run, as it writes it.
type Journal struct {
	db     *Database
	run    string
	seal   seal
	unsure bool // records were sent, and it is not known whether all are there
}

// JournalEntry is items of one action, in the order they are written.
type JournalEntry struct {
	Action string
	Items  []bson.Raw
}

// Put writes what undo needs of a write to a collection; whole: of one transaction.
func (j *Journal) Put(ctx context.Context, ns stores.Namespace, o Owning, entries []JournalEntry, whole bool) error {
	records := JournalRecords(j.run, int(j.seal.records), ns, o, entries)
	if whole {
		records = together(records)
	}
	records, err := j.seal.encrypt(records)
	if err != nil {
		return fmt.Errorf("encrypt the journal: %w", err)
	}
	records, j.unsure = j.seal.link(records), len(records) > 0
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && (n == 0 || size+len(records[n]) <= journalCommand) {
			size += len(records[n])
			n++
		}
		if err := j.insert(ctx, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	j.unsure = false
	return nil
}

// insert inserts records in order, so that what is there after a kill has no
// gap. One that is there already is from an attempt whose answer was lost, or it is
// nobody's that this run knows: then the run ends.
func (j *Journal) insert(ctx context.Context, records []bson.Raw) error {
	for len(records) > 0 {
		reply, duplicate, err := j.db.write(ctx, bson.D{{Key: "insert", Value: JournalCollection}, {Key: "documents", Value: records}, {Key: "ordered", Value: true}})
		if err != nil || !duplicate {
			return err
		}
		n, _ := reply.Lookup("n").AsInt64OK()
		if n < 0 || n >= int64(len(records)) {
			return fmt.Errorf("the server says that it has inserted %d of %d records of the journal, and not all", n, len(records))
		}
		records = records[n:]
		found, err := j.db.find(ctx, JournalCollection, bson.D{{Key: "_id", Value: records[0].Lookup("_id")}}, bson.E{Key: "batchSize", Value: int32(2)})
		if err != nil {
			return err
		}
		if len(found) > 0 && !bytes.Equal(found[0], records[0]) {
			return damaged("journal", found[0], "it was there before the run came to it")
		}
		records = records[1:]
	}
	return nil
}

// Owning says what of a collection's documents the weave does not own.
type Owning struct {
	keep  []doc.Path
	names []string // of fields at any depth
}

// NewOwning is that of paths and names that are not owned, in any order.
func NewOwning(keep []doc.Path, names []string) Owning {
	o := Owning{slices.Clone(keep), slices.Clone(names)}
	slices.SortFunc(o.keep, doc.ComparePaths)
	o.keep = slices.CompactFunc(o.keep, func(a, b doc.Path) bool { return slices.Equal(a, b) })
	slices.Sort(o.names)
	o.names = slices.Compact(o.names)
	return o
}

// Digest is SHA-256 of a document without what the weave does not own, `_id`
// first, the other fields sorted by name.
func (o Owning) Digest(d bson.Raw) []byte {
	if len(o.keep)+len(o.names) > 0 {
		d = o.strip(d, o.keep, true)
	}
	sum := sha256.Sum256(doc.AppendSorted(make([]byte, 0, len(d)), d, "_id"))
	return sum[:]
}

// strip takes the kept paths and names out; an embedded document that may hold
// kept parts and has nothing left is left out too, so that it makes no
// difference who made it.
func (o Owning) strip(d bson.Raw, keep []doc.Path, top bool) bson.Raw {
	return doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		if top && name == "_id" {
			return v
		}
		if slices.Contains(o.names, name) || slices.ContainsFunc(keep, func(p doc.Path) bool { return len(p) == 1 && p[0] == name }) {
			return bson.RawValue{}
		}
		var below []doc.Path
		for _, p := range keep {
			if p[0] == name {
				below = append(below, p[1:])
			}
		}
		switch {
		case v.Type == bson.TypeEmbeddedDocument && len(below)+len(o.names) > 0:
			v.Value = o.strip(v.Document(), below, false)
			if doc.IsEmpty(v) {
				return bson.RawValue{}
			}
		case v.Type == bson.TypeArray && len(o.names) > 0:
			v.Value = o.elements(v.Value)
		}
		return v
	})
}

// elements is an array without kept names in the documents of it.
func (o Owning) elements(d bson.Raw) bson.Raw {
	return doc.Edit(d, func(_ string, v bson.RawValue) bson.RawValue {
		switch v.Type {
		case bson.TypeEmbeddedDocument:
			v.Value = o.strip(v.Document(), nil, false)
		case bson.TypeArray:
			v.Value = o.elements(v.Value)
		}
		return v
	})
}

// JournalRecords makes the records of a batch: numbered from n+1, at most
// journalItems items and journalBytes bytes in one. An item that has more bytes
// goes over several, of which all but the last have `more: true`.
func JournalRecords(run string, n int, ns stores.Namespace, o Owning, entries []JournalEntry) []bson.Raw {
	var records []bson.Raw
	add := func(action string, data []byte, more bool) {
		n++
		r := doc.NewBuilder(len(data)+256).AppendString("_id", journalID(run, n)).AppendInt32("format", stateFormat).AppendString("run", run).
			AppendString("database", ns.Database).AppendString("collection", ns.Collection).AppendString("action", action)
		keep := make([]bson.RawValue, len(o.keep))
		for i, p := range o.keep {
			keep[i] = doc.Strings(p)
		}
		r.AppendArray("keep", keep...).Append("keepNames", doc.Strings(o.names)).Append("data", doc.Binary(data))
		if more {
			r.Append("more", doc.Bool(true))
		}
		records = append(records, r.Raw())
	}
	for _, e := range entries {
		var data []byte
		count := 0
		for _, item := range e.Items {
			if count > 0 && (count == journalItems || len(data)+len(item) > journalBytes) {
				add(e.Action, data, false)
				data, count = nil, 0
			}
			for len(item) > journalBytes {
				add(e.Action, item[:journalBytes], true)
				item = item[journalBytes:]
			}
			data = append(data, item...)
			count++
		}
		if count > 0 {
			add(e.Action, data, false)
		}
	}
	return records
}

// together marks the records of one transaction with the `_id` of the first one.
func together(records []bson.Raw) []bson.Raw {
	out := make([]bson.Raw, len(records))
	for i, r := range records {
		out[i] = doc.Appended(r, "together", records[0].Lookup("_id"))
	}
	return out
}

// journalID is the `_id` of the nth record of a run; they sort as they count.
func journalID(run string, n int) string { return fmt.Sprintf("%s/%08d", run, n) }
