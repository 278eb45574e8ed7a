package control

// The ledger: what was wanted of each document, as digests (docs/state.md,
// ledger). In: entries of documents; out: records' data and back. Pure; ledgerrun.go
// reads and writes the records.

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

//js:table
const (
	keySize          = 16
	leafSize         = 16      // 8 bytes of the path, 8 of the value
	maxLeaves        = 1 << 16 // of one document; of more, only the document is kept
	ledgerFewest     = 500     // documents in one bucket when it is the only one
	ledgerBucketSize = 1 << 20 // bytes of a bucket, on average
)

// manyLeaves stands for the number of leaves that are not kept.
//
//js:table
const manyLeaves = 1<<32 - 1

// LedgerKey is the digest of a document's identity.
type LedgerKey [keySize]byte

// LedgerLeaf is the digest of one path, and of its value.
type LedgerLeaf [leafSize]byte

// LedgerEntry is what a document's rules owned of it.
type LedgerEntry struct {
	Key    LedgerKey
	leaves []LedgerLeaf // sorted; nil with many
	many   bool         // there are too many
}

// NewLedgerEntry returns the entry of a document with these leaves, in any order.
func NewLedgerEntry(key LedgerKey, leaves []LedgerLeaf) LedgerEntry {
	if len(leaves) > maxLeaves {
		return LedgerEntry{Key: key, many: true}
	}
	slices.SortFunc(leaves, func(a, b LedgerLeaf) int { return bytes.Compare(a[:], b[:]) })
	return LedgerEntry{Key: key, leaves: leaves}
}

// Known reports whether the entry has the document's leaves: of very many it has none.
func (e *LedgerEntry) Known() bool { return !e.many }

// KeyOf is the key of a document with an identity.
func KeyOf(identity bson.Raw) (key LedgerKey) {
	sum := sha256.Sum256(identity)
	copy(key[:], sum[:])
	return key
}

// LedgerPath is the digest of a path.
type LedgerPath [leafSize / 2]byte

// PathOf is the digest of a path as doc.Path.String writes it.
func PathOf(path string) (p LedgerPath) {
	sum := sha256.Sum256([]byte(path))
	copy(p[:], sum[:])
	return p
}

// Leaf is that of the path with a value.
func (p LedgerPath) Leaf(v bson.RawValue) (leaf LedgerLeaf) {
	var memory [256]byte
	sum := sha256.Sum256(doc.AppendSingle(memory[:0], v))
	copy(leaf[:], p[:])
	copy(leaf[len(p):], sum[:])
	return leaf
}

// LedgerEntries are those of the documents of a collection, made when they are needed.
type LedgerEntries struct {
	Count int
	// Making makes them; what it returns is for one goroutine.
	Making func() LedgerMaking
}

// LedgerMaking makes entries, by their positions.
type LedgerMaking struct {
	// About is the key of an entry, and how many leaves it has.
	About func(i int) (key LedgerKey, leaves int)
	// Entry is the whole of it, valid until the next one is made.
	Entry func(i int) LedgerEntry
}

// ledgerPlace is the place of an entry: its key, by which it is in a bucket and sorted there,
// its position among all entries; and how many bytes it has. There is one of each document.
type ledgerPlace struct {
	at, size int32
	key      LedgerKey
}

const (
	ledgerPart  = 250 // entries that a goroutine looks at, at a time
	ledgerAhead = 64  // parts of ledgerCommand, up to which records are made while others are written
)

// places are those of all entries in the order of buckets and keys, and how many buckets
// there are.
func (e LedgerEntries) places() (places []ledgerPlace, buckets int) {
	places = make([]ledgerPlace, e.Count)
	parallel.Parts(e.Count, ledgerPart, func() func(from, to int) {
		about := e.Making().About
		return func(from, to int) {
			for i := from; i < to; i++ {
				key, leaves := about(i)
				p := ledgerPlace{at: int32(i), key: key, size: keySize + 4}
				if leaves <= maxLeaves {
					p.size += int32(leaves * leafSize)
				}
				places[i] = p
			}
		}
	})
	size := 0
	for i := range places {
		size += int(places[i].size)
	}
	buckets = ledgerBuckets(e.Count, size)
	slices.SortFunc(places, func(a, b ledgerPlace) int {
		return cmp.Or(ledgerBucket(a.key, buckets)-ledgerBucket(b.key, buckets), bytes.Compare(a.key[:], b.key[:]))
	})
	return places, buckets
}

// records are those of a collection with the entries at all places.
func (e LedgerEntries) records(name string, places []ledgerPlace, buckets int) iter.Seq[ledgerRecord] {
	return func(yield func(ledgerRecord) bool) {
		for len(places) > 0 {
			n, bucket := 0, ledgerBucket(places[0].key, buckets)
			for n < len(places) && ledgerBucket(places[n].key, buckets) == bucket {
				n++
			}
			record := ledgerRecord{ledgerID(name, bucket, buckets), e.encode(places[:n])}
			places = places[n:]
			if !yield(record) {
				return
			}
		}
	}
}

// encode is the data of the entries at places of one bucket.
func (e LedgerEntries) encode(places []ledgerPlace) []byte {
	starts, size := make([]int, len(places)), 0
	for n, p := range places {
		starts[n], size = size, size+int(p.size)
	}
	data := make([]byte, size)
	parallel.Parts(len(places), ledgerPart, func() func(from, to int) {
		entry := e.Making().Entry
		return func(from, to int) {
			for n := from; n < to; n++ {
				made, end := entry(int(places[n].at)), starts[n]+int(places[n].size)
				if got := made.append(data[starts[n]:starts[n]:end]); len(got) != end-starts[n] {
					panic(fmt.Errorf("an entry of the ledger has %d bytes, and %d were said", len(got), end-starts[n]))
				}
			}
		}
	})
	return data
}

// ledgerBuckets is how many buckets entries of so many bytes are in.
func ledgerBuckets(entries, size int) int {
	switch {
	case entries <= ledgerFewest && size <= ledgerBucketSize:
		return 1
	case size <= 64*ledgerBucketSize:
		return 64
	}
	return 4096
}

// ledgerBucket is the bucket of a key.
func ledgerBucket(key LedgerKey, buckets int) int {
	return int(binary.BigEndian.Uint16(key[:])) % buckets
}

// ledgerID is the `_id` of a bucket's record.
func ledgerID(ns string, bucket, buckets int) string {
	return ns + "/" + strconv.Itoa(bucket) + "/" + strconv.Itoa(buckets)
}

// encodeLedger is the data of a bucket with these entries, which are sorted.
func encodeLedger(entries []LedgerEntry) []byte {
	var data []byte
	for i := range entries {
		data = entries[i].append(data)
	}
	return data
}

func (e *LedgerEntry) append(data []byte) []byte {
	data = append(data, e.Key[:]...)
	count := uint32(manyLeaves)
	if !e.many {
		count = uint32(len(e.leaves))
	}
	data = binary.LittleEndian.AppendUint32(data, count)
	for _, leaf := range e.leaves {
		data = append(data, leaf[:]...)
	}
	return data
}

// decodeLedger reads the data of a bucket; false when it is no such data.
func decodeLedger(data []byte) ([]LedgerEntry, bool) {
	var entries []LedgerEntry
	for len(data) > 0 {
		if len(data) < keySize+4 {
			return nil, false
		}
		var e LedgerEntry
		copy(e.Key[:], data)
		n := binary.LittleEndian.Uint32(data[keySize:])
		data = data[keySize+4:]
		if e.many = n == manyLeaves; !e.many {
			if uint64(len(data)) < uint64(n)*leafSize {
				return nil, false
			}
			e.leaves = make([]LedgerLeaf, n)
			for i := range e.leaves {
				copy(e.leaves[i][:], data[i*leafSize:])
			}
			data = data[len(e.leaves)*leafSize:]
		}
		entries = append(entries, e)
	}
	return entries, true
}

// Has reports whether a value was at a path.
func (e *LedgerEntry) Has(path string, v bson.RawValue) bool {
	return e.HasLeaf(PathOf(path).Leaf(v))
}

// HasLeaf reports whether a leaf was there.
func (e *LedgerEntry) HasLeaf(leaf LedgerLeaf) bool {
	_, ok := slices.BinarySearchFunc(e.leaves, leaf, func(a, b LedgerLeaf) int { return bytes.Compare(a[:], b[:]) })
	return ok
}

// Count is how many leaves the entry has.
func (e *LedgerEntry) Count() int { return len(e.leaves) }

// Within reports whether all leaves of the entry are among these.
func (e *LedgerEntry) Within(has map[LedgerLeaf]bool) bool {
	return !slices.ContainsFunc(e.leaves, func(leaf LedgerLeaf) bool { return !has[leaf] })
}

// HasPath reports whether any value was at a path.
func (e *LedgerEntry) HasPath(path string) bool {
	p := PathOf(path)
	i, _ := slices.BinarySearchFunc(e.leaves, p, func(a LedgerLeaf, p LedgerPath) int { return bytes.Compare(a[:8], p[:]) })
	return i < len(e.leaves) && bytes.Equal(e.leaves[i][:8], p[:])
}
