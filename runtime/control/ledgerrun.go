package control

// The ledger's records (docs/state.md, ledger). In: entries, and the records of
// `control` that say in how many buckets a collection's ledger is; out: records
// written where they change, and entries read again.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
	"github.com/hayone1/mongocd/runtime/stores"
)

//js:table
const (
	ledgerFind    = 8       // records of one find: buckets have ledgerBucketSize on average
	ledgerCommand = 1 << 20 // bytes of one command that writes records, which the driver copies several times
	ledgerIDs     = 5000    // records of one find or delete that needs no data
)

// Ledger is all that was wanted of documents.
type Ledger struct{ db *Database }

// Ledger returns that of the state database.
func (d *Database) Ledger() Ledger { return Ledger{d} }

// LedgerOf is what `control` says of a collection's ledger.
type LedgerOf struct {
	Run     string // that wrote it last
	buckets int
}

// Put makes the ledger of a collection what entries say; there is what it was, run the one
// that does it. The entries are made a part at a time, the next ones while some are written.
func (l Ledger) Put(ctx context.Context, ns stores.Namespace, run string, of LedgerOf, entries LedgerEntries) error {
	places, buckets := entries.places()
	name := ns.String()
	there, err := l.digests(ctx, name, of.buckets, buckets)
	if err != nil {
		return err
	}
	var records []ledgerRecord
	size := 0
	for record := range parallel.Ahead(ledgerAhead, func(r ledgerRecord) int { return len(r.data) * ledgerAhead / ledgerCommand }, entries.records(name, places, buckets)) {
		if !bytes.Equal(there[record.id], record.digest()) {
			if len(records) > 0 && size+len(record.data) > ledgerCommand {
				if err := l.replace(ctx, run, records); err != nil {
					return err
				}
				records, size = nil, 0
			}
			records, size = append(records, record), size+len(record.data)
		}
		delete(there, record.id)
	}
	if err := l.replace(ctx, run, records); err != nil {
		return err
	}
	// Only now are the new records the ledger, and others are none of it.
	set := bson.D{{Key: "run", Value: run}, {Key: "buckets", Value: int32(buckets)}}
	if _, err := l.db.update(ctx, controlCollection, bson.D{{Key: "_id", Value: collectionID(name)}}, bson.D{{Key: "$set", Value: set}}); err != nil {
		return err
	}
	return l.delete(ctx, slices.Sorted(maps.Keys(there)))
}

// ledgerRecord is what a bucket is to hold.
type ledgerRecord struct {
	id   string
	data []byte
}

// digest tells records apart without reading them.
func (r ledgerRecord) digest() []byte {
	sum := sha256.Sum256(r.data)
	return sum[:16]
}

// digests are those of all records that a collection can have, by `_id`: of its
// ledger, and of the one that is about to be written.
func (l Ledger) digests(ctx context.Context, name string, had, buckets int) (map[string][]byte, error) {
	var ids []string
	for _, n := range slices.Compact(slices.Sorted(slices.Values([]int{had, buckets}))) {
		for bucket := range n {
			ids = append(ids, ledgerID(name, bucket, n))
		}
	}
	found, err := l.db.find(ctx, ledgerCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		bson.E{Key: "projection", Value: bson.D{{Key: "digest", Value: int32(1)}}}, bson.E{Key: "batchSize", Value: int32(ledgerIDs)})
	if err != nil {
		return nil, err
	}
	digests := make(map[string][]byte, len(found))
	for _, d := range found {
		id, _ := d.Lookup("_id").StringValueOK()
		_, digests[id], _ = d.Lookup("digest").BinaryOK()
	}
	return digests, nil
}

// replace writes records of a run in commands of a limited size.
func (l Ledger) replace(ctx context.Context, run string, records []ledgerRecord) error {
	for len(records) > 0 {
		var updates bson.A
		size := 0
		for len(records) > 0 && (size == 0 || size+len(records[0].data) <= ledgerCommand) {
			r := records[0]
			records, size = records[1:], size+len(r.data)
			updates = append(updates, bson.D{
				{Key: "q", Value: bson.D{{Key: "_id", Value: r.id}}},
				{Key: "u", Value: bson.D{
					{Key: "_id", Value: r.id}, {Key: "format", Value: int32(stateFormat)}, {Key: "run", Value: run},
					{Key: "digest", Value: bson.Binary{Data: r.digest()}}, {Key: "data", Value: bson.Binary{Data: r.data}},
				}},
				{Key: "upsert", Value: true},
			})
		}
		if _, _, err := l.db.write(ctx, bson.D{{Key: "update", Value: ledgerCollection}, {Key: "updates", Value: updates}}); err != nil {
			return err
		}
	}
	return nil
}

func (l Ledger) delete(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return l.db.delete(ctx, ledgerCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
}

// Read gives those entries of documents with these keys that a collection's ledger has.
func (l Ledger) Read(ctx context.Context, ns stores.Namespace, of LedgerOf, keys []LedgerKey) (map[LedgerKey]*LedgerEntry, error) {
	known := make(map[LedgerKey]*LedgerEntry, len(keys))
	err := l.eachBucket(ctx, ns.String(), of.buckets, keys, nil, func(_ string, entries []LedgerEntry) error {
		for i := range entries {
			known[entries[i].Key] = &entries[i]
		}
		return nil
	})
	return known, err
}

// eachBucket calls use with the `_id` and the entries of each record of a ledger that keys are in,
// sorted by `_id`. A damaged record is an error, or what bad is told of; one of a newer version always
// is an error.
func (l Ledger) eachBucket(ctx context.Context, name string, buckets int, keys []LedgerKey, bad func(id string), use func(id string, entries []LedgerEntry) error) error {
	var ids []string
	asked := map[int]bool{}
	for _, key := range keys {
		if n := ledgerBucket(key, buckets); !asked[n] {
			asked[n], ids = true, append(ids, ledgerID(name, n, buckets))
		}
	}
	slices.Sort(ids)
	for some := range slices.Chunk(ids, ledgerFind) {
		records, err := l.db.find(ctx, ledgerCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: some}}}}, bson.E{Key: "batchSize", Value: int32(len(some) + 1)})
		if err != nil {
			return err
		}
		slices.SortFunc(records, func(a, b bson.Raw) int { return strings.Compare(recordID(a), recordID(b)) })
		for _, d := range records {
			entries, err := readLedgerRecord(d)
			switch {
			case isDamaged(err) && bad != nil:
				bad(recordID(d))
			case err != nil:
				return err
			default:
				if err := use(recordID(d), entries); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Undone reports whether the run that wrote a ledger last was undone. The user may
// read the ledger and so this as well.
func (l Ledger) Undone(ctx context.Context, of LedgerOf) (bool, error) {
	found, err := l.db.find(ctx, runsCollection, bson.D{{Key: "_id", Value: of.Run}, {Key: "undone", Value: bson.D{{Key: "$exists", Value: true}}}},
		bson.E{Key: "projection", Value: bson.D{{Key: "_id", Value: int32(1)}}}, bson.E{Key: "batchSize", Value: int32(2)})
	return len(found) > 0, err
}

// Forgettable reads what MarkUndone needs of a ledger, for an undo that has written nothing
// yet: a record of a newer version is an error.
func (l Ledger) Forgettable(ctx context.Context, some Documents) error {
	_, err := l.holding(ctx, some, func(string, []LedgerEntry) error { return nil })
	return err
}

// holding calls use with the records of a ledger that have documents, their `_id`s and entries, and
// gives the damaged ones.
func (l Ledger) holding(ctx context.Context, some Documents, use func(id string, entries []LedgerEntry) error) (bad []string, err error) {
	name := some.Namespace.String()
	found, err := l.db.find(ctx, controlCollection, bson.D{{Key: "_id", Value: collectionID(name)}}, bson.E{Key: "batchSize", Value: int32(2)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if err := checkRecord("collection", found[0]); err != nil {
		if isDamaged(err) {
			err = nil // the next apply says what is wrong with it
		}
		return nil, err
	}
	ledger, ok := readLedgerOf(found[0])
	if !ok {
		return nil, nil
	}
	return bad, l.eachBucket(ctx, name, ledger.buckets, some.Keys, func(id string) { bad = append(bad, id) }, use)
}

// forget takes documents, whose keys it sorts, out of a collection's ledger for a run.
func (l Ledger) forget(ctx context.Context, some Documents, run string) error {
	var empty []string
	changed, size := []ledgerRecord(nil), 0
	compare := func(a, b LedgerKey) int { return bytes.Compare(a[:], b[:]) }
	slices.SortFunc(some.Keys, compare)
	// What was undone is written: a damaged bucket goes, and its documents count as not known.
	bad, err := l.holding(ctx, some, func(id string, entries []LedgerEntry) error {
		n := len(entries)
		rest := slices.DeleteFunc(entries, func(e LedgerEntry) bool {
			_, gone := slices.BinarySearchFunc(some.Keys, e.Key, compare)
			return gone
		})
		switch {
		case len(rest) == n:
			return nil
		case len(rest) == 0:
			empty = append(empty, id)
			return nil
		}
		record := ledgerRecord{id, encodeLedger(rest)}
		var err error
		if len(changed) > 0 && size+len(record.data) > ledgerCommand {
			err, changed, size = l.replace(ctx, run, changed), nil, 0
		}
		changed, size = append(changed, record), size+len(record.data)
		return err
	})
	if err == nil {
		err = l.replace(ctx, run, changed)
	}
	if err != nil {
		return err
	}
	return l.delete(ctx, append(bad, empty...))
}

// readLedgerRecord reads a bucket: its entries are sorted and in it.
func readLedgerRecord(d bson.Raw) ([]LedgerEntry, error) {
	if err := checkRecord("ledger", d); err != nil {
		return nil, err
	}
	data, id := doc.BinaryBytes(d.Lookup("data")), recordID(d)
	if sum := (ledgerRecord{id, data}).digest(); !bytes.Equal(sum, doc.BinaryBytes(d.Lookup("digest"))) {
		return nil, damaged("ledger", d, "its digest is not that of its data")
	}
	entries, ok := decodeLedger(data)
	if !ok || len(entries) == 0 {
		return nil, damaged("ledger", d, "its data are no entries")
	}
	for i := 1; i < len(entries); i++ {
		if bytes.Compare(entries[i-1].Key[:], entries[i].Key[:]) >= 0 {
			return nil, damaged("ledger", d, "its entries are not sorted")
		}
	}
	return entries, nil
}

// readLedgerOf reads a collection's record of `control`; false when it has no ledger.
func readLedgerOf(d bson.Raw) (LedgerOf, bool) {
	buckets, ok := d.Lookup("buckets").Int32OK()
	if !ok {
		return LedgerOf{}, false
	}
	return LedgerOf{Run: textOf(d, "run"), buckets: int(buckets)}, true
}
