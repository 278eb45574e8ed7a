package enforce

// The ledger: what was wanted of each document, as digests (docs/state.md,
// ledger). In: a collection's desired documents; out: records' data and back.
// Pure; ledgerrun.go reads and writes the records, cause.go compares with them.

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	ledgerKeySize    = 16
	ledgerLeafSize   = 16      // 8 bytes of the path, 8 of the value
	ledgerMaxLeaves  = 1 << 16 // of one document; of more, only the document is kept
	ledgerFewest     = 500     // documents in one bucket when it is the only one
	ledgerBucketSize = 1 << 20 // bytes of a bucket, on average
)

// manyLeaves stands for the number of leaves that are not kept.
const manyLeaves = 1<<32 - 1

// ledgerEntry is what a document's rules owned of it. Leaves are sorted; nil
// with many.
type ledgerEntry struct {
	key    [ledgerKeySize]byte
	leaves [][ledgerLeafSize]byte
	many   bool
}

// size is how many bytes the entry takes.
func (e *ledgerEntry) size() int { return ledgerKeySize + 4 + len(e.leaves)*ledgerLeafSize }

// ledgerKey is the key of a document with an identity.
func ledgerKey(identity bson.Raw) (key [ledgerKeySize]byte) {
	sum := sha256.Sum256(identity)
	copy(key[:], sum[:])
	return key
}

// ledgerLeaf is one path and its value.
func ledgerLeaf(path string, v bson.RawValue) (leaf [ledgerLeafSize]byte) {
	p, w := ledgerPath(path), ledgerValue(v)
	copy(leaf[:8], p[:])
	copy(leaf[8:], w[:])
	return leaf
}

func ledgerValue(v bson.RawValue) (w [8]byte) {
	sum := sha256.Sum256(doc.NewBuilder(len(v.Value)+8).Append("", v).Raw())
	copy(w[:], sum[:])
	return w
}

func ledgerPath(path string) (p [8]byte) {
	sum := sha256.Sum256([]byte(path))
	copy(p[:], sum[:])
	return p
}

// ledgerEntries are those of all desired documents of a collection but the
// absent ones, sorted by key.
func ledgerEntries(c *desired.Collection, p *policy, absent []int) []ledgerEntry {
	entries, paths := make([]ledgerEntry, 0, len(c.Documents)), map[string][8]byte{}
	for i, d := range c.Documents {
		if len(absent) > 0 && absent[0] == i { // they are ascending
			absent = absent[1:]
			continue
		}
		e := ledgerEntry{key: ledgerKey(c.IdentityDocument(d.Raw))}
		if c.Mode != desired.Insert {
			e.leaves = ownedLeaves(p, nil, d.Raw, paths)
			slices.SortFunc(e.leaves, func(a, b [ledgerLeafSize]byte) int { return bytes.Compare(a[:], b[:]) })
		}
		if len(e.leaves) > ledgerMaxLeaves {
			e.leaves, e.many = nil, true
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b ledgerEntry) int { return bytes.Compare(a.key[:], b.key[:]) })
	return entries
}

// ownedLeaves are the leaves of a document at a path that the weave owns. paths
// keeps the digests of paths, which documents have in common.
func ownedLeaves(p *policy, at doc.Path, d bson.Raw, paths map[string][8]byte) (out [][ledgerLeafSize]byte) {
	p.owned(at, d, func(q doc.Path, v bson.RawValue) {
		text := q.String()
		path, ok := paths[text]
		if !ok {
			path = ledgerPath(text)
			paths[text] = path
		}
		value, leaf := ledgerValue(v), [ledgerLeafSize]byte{}
		copy(leaf[:8], path[:])
		copy(leaf[8:], value[:])
		out = append(out, leaf)
	})
	return out
}

// ledgerBuckets is how many buckets the entries are in.
func ledgerBuckets(entries []ledgerEntry) int {
	size := 0
	for i := range entries {
		size += entries[i].size()
	}
	switch {
	case len(entries) <= ledgerFewest && size <= ledgerBucketSize:
		return 1
	case size <= 64*ledgerBucketSize:
		return 64
	}
	return 4096
}

// ledgerBucket is the bucket of a key.
func ledgerBucket(key [ledgerKeySize]byte, buckets int) int {
	return int(binary.BigEndian.Uint16(key[:])) % buckets
}

// ledgerID is the `_id` of a bucket's record.
func ledgerID(ns string, bucket, buckets int) string {
	return ns + "/" + strconv.Itoa(bucket) + "/" + strconv.Itoa(buckets)
}

// encodeLedger is the data of each bucket that has entries, which are sorted.
func encodeLedger(entries []ledgerEntry, buckets int) map[int][]byte {
	data := map[int][]byte{}
	for i := range entries {
		e := &entries[i]
		n := ledgerBucket(e.key, buckets)
		out := append(data[n], e.key[:]...)
		count := uint32(manyLeaves)
		if !e.many {
			count = uint32(len(e.leaves))
		}
		out = binary.LittleEndian.AppendUint32(out, count)
		for _, leaf := range e.leaves {
			out = append(out, leaf[:]...)
		}
		data[n] = out
	}
	return data
}

// decodeLedger reads the data of a bucket; false when it is no such data.
func decodeLedger(data []byte) ([]ledgerEntry, bool) {
	var entries []ledgerEntry
	for len(data) > 0 {
		if len(data) < ledgerKeySize+4 {
			return nil, false
		}
		var e ledgerEntry
		copy(e.key[:], data)
		n := binary.LittleEndian.Uint32(data[ledgerKeySize:])
		data = data[ledgerKeySize+4:]
		if e.many = n == manyLeaves; !e.many {
			if uint64(len(data)) < uint64(n)*ledgerLeafSize {
				return nil, false
			}
			e.leaves = make([][ledgerLeafSize]byte, n)
			for i := range e.leaves {
				copy(e.leaves[i][:], data[i*ledgerLeafSize:])
			}
			data = data[len(e.leaves)*ledgerLeafSize:]
		}
		entries = append(entries, e)
	}
	return entries, true
}

// has reports whether a value was at a path.
func (e *ledgerEntry) has(path string, v bson.RawValue) bool {
	leaf := ledgerLeaf(path, v)
	_, ok := slices.BinarySearchFunc(e.leaves, leaf, func(a, b [ledgerLeafSize]byte) int { return bytes.Compare(a[:], b[:]) })
	return ok
}

// hasPath reports whether any value was at a path.
func (e *ledgerEntry) hasPath(path string) bool {
	p := ledgerPath(path)
	i, _ := slices.BinarySearchFunc(e.leaves, p, func(a [ledgerLeafSize]byte, p [8]byte) int { return bytes.Compare(a[:8], p[:]) })
	return i < len(e.leaves) && bytes.Equal(e.leaves[i][:8], p[:])
}
