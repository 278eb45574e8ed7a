package enforce

// The ledger's records (docs/state.md, ledger). In: looks, and the records of
// `control` that say in how many buckets a collection's ledger is; out: records
// written where they change, and entries read for cause.go.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

const (
	ledgerFind    = 8        // records of one find: buckets have ledgerBucketSize on average
	ledgerCommand = 12 << 20 // bytes of one command that writes records
	ledgerIDs     = 5000     // records of one find or delete that needs no data
)

// putLedger puts what was wanted into the ledger: when everything was written and
// verified, with the looks of the verification.
func (r *run) putLedger(ctx context.Context, looks []*look) error {
	if r.control.server == nil {
		return nil
	}
	if err := r.renew(ctx, false); err != nil { // verifying may have taken its time
		return err
	}
	for i, l := range looks {
		if done := r.report.Collections[i].Done; done == nil || *done == (change.Done{}) || l.c.Mode == desired.Structure || l.c.IsView() {
			continue
		}
		entries := ledgerEntries(l.c.Collection, l.c.policy, l.absent)
		buckets := ledgerBuckets(entries)
		if err := r.control.writeLedger(ctx, l.ns, encodeLedger(entries, buckets), buckets); err != nil {
			return err
		}
	}
	return nil
}

// writeLedger makes the ledger of a collection what data says, by bucket.
func (c *control) writeLedger(ctx context.Context, ns stores.Namespace, data map[int][]byte, buckets int) error {
	name := ns.String()
	there, err := c.ledgerDigests(ctx, name, buckets)
	if err != nil {
		return err
	}
	var records []ledgerRecord
	for _, bucket := range slices.Sorted(maps.Keys(data)) {
		record := ledgerRecord{ledgerID(name, bucket, buckets), data[bucket]}
		if !bytes.Equal(there[record.id], record.digest()) {
			records = append(records, record)
		}
		delete(there, record.id)
	}
	if err := c.replaceLedger(ctx, records); err != nil {
		return err
	}
	// Only now are the new records the ledger, and others are none of it.
	set := bson.D{{Key: "run", Value: c.run.id}, {Key: "buckets", Value: int32(buckets)}}
	if err := c.updateControl(ctx, collectionID(name), bson.D{{Key: "$set", Value: set}}); err != nil {
		return err
	}
	return c.deleteLedger(ctx, slices.Sorted(maps.Keys(there)))
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

// ledgerDigests are those of all records that a collection can have, by `_id`:
// of its ledger, and of the one that is about to be written.
func (c *control) ledgerDigests(ctx context.Context, name string, buckets int) (map[string][]byte, error) {
	var ids []string
	for _, n := range slices.Compact(slices.Sorted(slices.Values([]int{c.ledgers[name].buckets, buckets}))) {
		for bucket := range n {
			ids = append(ids, ledgerID(name, bucket, n))
		}
	}
	found, err := c.find(ctx, ledgerCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
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

// replaceLedger writes records in commands of a limited size.
func (c *control) replaceLedger(ctx context.Context, records []ledgerRecord) error {
	for len(records) > 0 {
		var updates bson.A
		size := 0
		for len(records) > 0 && (size == 0 || size+len(records[0].data) <= ledgerCommand) {
			r := records[0]
			records, size = records[1:], size+len(r.data)
			updates = append(updates, bson.D{
				{Key: "q", Value: bson.D{{Key: "_id", Value: r.id}}},
				{Key: "u", Value: bson.D{
					{Key: "_id", Value: r.id}, {Key: "format", Value: int32(stateFormat)}, {Key: "run", Value: c.run.id},
					{Key: "digest", Value: bson.Binary{Data: r.digest()}}, {Key: "data", Value: bson.Binary{Data: r.data}},
				}},
				{Key: "upsert", Value: true},
			})
		}
		if _, _, err := c.write(ctx, bson.D{{Key: "update", Value: ledgerCollection}, {Key: "updates", Value: updates}}); err != nil {
			return err
		}
	}
	return nil
}

func (c *control) deleteLedger(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	these := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	_, _, err := c.write(ctx, bson.D{{Key: "delete", Value: ledgerCollection},
		{Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: these}, {Key: "limit", Value: int32(0)}}}}})
	return err
}

// updateControl changes one record of `control` that is there.
func (c *control) updateControl(ctx context.Context, id string, change bson.D) error {
	_, _, err := c.write(ctx, bson.D{{Key: "update", Value: controlCollection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: id}}}, {Key: "u", Value: change},
	}}}})
	return err
}

// readLedger gives the entries of the buckets that keys are in, by `_id` of the record.
// A damaged record is an error, or what bad is told of.
func (c *control) readLedger(ctx context.Context, name string, buckets int, keys [][ledgerKeySize]byte, bad func(id string)) (map[string][]ledgerEntry, error) {
	var ids []string
	for _, key := range keys {
		ids = append(ids, ledgerID(name, ledgerBucket(key, buckets), buckets))
	}
	slices.Sort(ids)
	found := map[string][]ledgerEntry{}
	for some := range slices.Chunk(slices.Compact(ids), ledgerFind) {
		records, err := c.find(ctx, ledgerCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: some}}}}, bson.E{Key: "batchSize", Value: int32(len(some) + 1)})
		if err != nil {
			return nil, err
		}
		for _, d := range records {
			entries, err := readLedgerRecord(d)
			if err != nil && bad == nil {
				return nil, err
			}
			if err != nil {
				bad(recordID(d))
				continue
			}
			found[recordID(d)] = entries
		}
	}
	return found, nil
}

// findCauses says of each difference whose doing it is, where the ledger knows
// the collection.
func (r *run) findCauses(ctx context.Context, looks []*look) error {
	for _, l := range looks {
		ledger, ok := r.control.ledgers[l.ns.String()]
		keys := l.differing()
		if !ok || len(keys) == 0 {
			continue
		}
		records, err := r.control.readLedger(ctx, l.ns.String(), ledger.buckets, keys, nil)
		if err != nil {
			if stores.Code(err) == codeUnauthorized { // plan and verify do without
				return nil
			}
			return err
		}
		known := make(map[[ledgerKeySize]byte]*ledgerEntry, len(keys))
		for _, entries := range records {
			for i := range entries {
				known[entries[i].key] = &entries[i]
			}
		}
		undone := false
		if slices.ContainsFunc(keys, func(k [ledgerKeySize]byte) bool { return known[k] == nil }) {
			if undone, err = r.control.undone(ctx, ledger.run); err != nil {
				return err
			}
		}
		l.causes(ledger.run, undone, keys, known)
	}
	return nil
}

// undone reports whether a run was undone. The user may read the ledger and so
// this as well.
func (c *control) undone(ctx context.Context, run string) (bool, error) {
	found, err := c.find(ctx, runsCollection, bson.D{{Key: "_id", Value: run}, {Key: "undone", Value: bson.D{{Key: "$exists", Value: true}}}},
		bson.E{Key: "projection", Value: bson.D{{Key: "_id", Value: int32(1)}}}, bson.E{Key: "batchSize", Value: int32(2)})
	return len(found) > 0, err
}

// forget takes documents out of a collection's ledger, by their keys.
func (c *control) forget(ctx context.Context, ns stores.Namespace, keys [][ledgerKeySize]byte) error {
	name := ns.String()
	found, err := c.find(ctx, controlCollection, bson.D{{Key: "_id", Value: collectionID(name)}}, bson.E{Key: "batchSize", Value: int32(2)})
	if err != nil || len(found) == 0 || checkRecord("collection", found[0]) != nil {
		return err // the next apply says what is wrong with it
	}
	ledger, ok := readLedgerOf(found[0])
	if !ok {
		return nil
	}
	var change []ledgerRecord
	var empty []string
	// What was undone is written: a damaged bucket goes, and its documents count as not known.
	records, err := c.readLedger(ctx, name, ledger.buckets, keys, func(id string) { empty = append(empty, id) })
	if err != nil {
		return err
	}
	gone := make(map[[ledgerKeySize]byte]bool, len(keys))
	for _, key := range keys {
		gone[key] = true
	}
	for _, id := range slices.Sorted(maps.Keys(records)) {
		rest := slices.DeleteFunc(slices.Clone(records[id]), func(e ledgerEntry) bool { return gone[e.key] })
		switch {
		case len(rest) == len(records[id]):
		case len(rest) == 0:
			empty = append(empty, id)
		default:
			change = append(change, ledgerRecord{id, encodeLedger(rest, 1)[0]})
		}
	}
	if err := c.replaceLedger(ctx, change); err != nil {
		return err
	}
	return c.deleteLedger(ctx, empty)
}

// readLedgerRecord reads a bucket: its entries are sorted and in it.
func readLedgerRecord(d bson.Raw) ([]ledgerEntry, error) {
	if err := checkRecord("ledger", d); err != nil {
		return nil, err
	}
	data, id := binaryBytes(d.Lookup("data")), recordID(d)
	if sum := (ledgerRecord{id, data}).digest(); !bytes.Equal(sum, binaryBytes(d.Lookup("digest"))) {
		return nil, damaged("ledger", d, "its digest is not that of its data")
	}
	entries, ok := decodeLedger(data)
	if !ok || len(entries) == 0 {
		return nil, damaged("ledger", d, "its data are no entries")
	}
	for i := 1; i < len(entries); i++ {
		if bytes.Compare(entries[i-1].key[:], entries[i].key[:]) >= 0 {
			return nil, damaged("ledger", d, "its entries are not sorted")
		}
	}
	return entries, nil
}

// readLedgerOf reads a collection's record of `control`; false when it has no ledger.
func readLedgerOf(d bson.Raw) (ledgerOf, bool) {
	buckets, ok := d.Lookup("buckets").Int32OK()
	if !ok {
		return ledgerOf{}, false
	}
	run, _ := d.Lookup("run").StringValueOK()
	return ledgerOf{run: run, buckets: int(buckets)}, true
}
