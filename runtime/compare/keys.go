package compare

// Desired documents by their identities, and what the destination has of them, for a few
// bytes a document. In: a collection, and what was read; out: the position of the document
// with an identity, from a table of positions, whose identities are looked at where they
// are; the documents that were found. Pure.

import (
	"bytes"
	"hash/maphash"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Keys are the identities of the desired documents of a collection.
type Keys struct {
	c    *Collection
	seed maphash.Seed
	// table has, at the place that the key's hash gives or the next ones, the upper half of the
	// hash and the document's position, counted from 1; 0 is free. More than a quarter is.
	table []uint64
}

// KeysOf calculates them.
func KeysOf(c *Collection) *Keys {
	size := 8
	for size*3 < len(c.Documents)*4 {
		size *= 2
	}
	k := &Keys{c, maphash.MakeSeed(), make([]uint64, size)}
	var key [64]byte
	var values []bson.RawValue
	for i := range c.Documents {
		values = c.AppendIdentity(values[:0], i)
		if len(values) > 0 {
			slot, hash := k.slot(doc.AppendKey(key[:0], values...))
			k.table[slot] = hash | uint64(i+1)
		}
	}
	return k
}

const upperHalf = 0xffffffff_00000000

// slot is the place of a key, or the free one where it would be; hash is the upper half of
// its hash.
func (k *Keys) slot(key []byte) (slot int, hash uint64) {
	sum := maphash.Bytes(k.seed, key)
	hash = sum & upperHalf
	var found [64]byte
	var values [4]bson.RawValue
	for slot = int(sum) & (len(k.table) - 1); k.table[slot] != 0; slot = (slot + 1) & (len(k.table) - 1) {
		if at := k.table[slot]; at&upperHalf == hash && bytes.Equal(key, doc.AppendKey(found[:0], k.c.AppendIdentity(values[:0], int(uint32(at))-1)...)) {
			break
		}
	}
	return slot, hash
}

// Find is the position of the desired document with an identity; 0, false: there is none.
func (k *Keys) Find(values ...bson.RawValue) (int, bool) {
	var key [64]byte
	slot, _ := k.slot(doc.AppendKey(key[:0], values...))
	at := k.table[slot]
	return max(0, int(uint32(at))-1), at != 0
}

// Of is the identity of a desired document.
func (k *Keys) Of(i int) []bson.RawValue { return k.c.Key(i) }

// Values are the identities, in the order of the documents.
func (k *Keys) Values() [][]bson.RawValue {
	all := make([][]bson.RawValue, len(k.c.Documents))
	for i := range all {
		all[i] = k.Of(i)
	}
	return all
}

// Twins are the destination's documents with the identities of desired ones: most have one.
type Twins struct {
	live  *[]bson.Raw        // what was read; it may become more
	first []int32            // of each desired document: the position of its twin in live, counted from 1; 0: none
	other map[int][]bson.Raw // instead, where it is not one of live
}

// NewTwins are those of so many desired documents, none yet, among what was read.
func NewTwins(documents int, live *[]bson.Raw) *Twins {
	return &Twins{live, make([]int32, documents), map[int][]bson.Raw{}}
}

// Of are those of desired document i.
func (t *Twins) Of(i int) []bson.Raw {
	if found, ok := t.other[i]; ok {
		return found
	}
	if n := t.first[i]; n > 0 {
		return (*t.live)[n-1 : n : n]
	}
	return nil
}

// At is the position of the one twin of a desired document in what was read; false: it has none
// there.
func (t *Twins) At(i int) (at int, ok bool) {
	_, otherwise := t.other[i]
	return int(t.first[i]) - 1, !otherwise && t.first[i] > 0
}

// Add adds the document at a position of what was read.
func (t *Twins) Add(i, at int) {
	if found := t.Of(i); len(found) > 0 {
		t.Set(i, append(found, (*t.live)[at]))
		return
	}
	t.first[i] = int32(at + 1)
}

// Set says which they are.
func (t *Twins) Set(i int, found []bson.Raw) { t.other[i] = found }

// All are all of them, each with its desired document's position.
func (t *Twins) All() iter.Seq2[int, bson.Raw] {
	return func(yield func(int, bson.Raw) bool) {
		for i := range t.first {
			for _, d := range t.Of(i) {
				if !yield(i, d) {
					return
				}
			}
		}
	}
}
