package control

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Digests of a path and a value, and of an identity, calculated with sha256sum.
func TestLedgerDigests(t *testing.T) {
	// printf '\x0e\0\0\0\x10_id\0\x01\0\0\0\0' | sha256sum
	key := KeyOf(doc.NewBuilder(16).AppendInt32("_id", 1).Raw())
	if got, want := hex.EncodeToString(key[:]), "2fe93d7561368009c932ffef6a24dbbf"; got != want {
		t.Errorf("key %s, want %s", got, want)
	}
	// printf a | sha256sum; printf '\x0d\0\0\0\x02\0\x02\0\0\0x\0\0' | sha256sum
	a := PathOf("a").Leaf(doc.String("x"))
	if got, want := hex.EncodeToString(a[:]), "ca978112ca1bbdcaabc5ad88e47bcd75"; got != want {
		t.Errorf("leaf %s, want %s", got, want)
	}
}

// What is encoded reads back, whatever it is cut to.
func TestLedgerReadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 3, 900} {
		var entries []LedgerEntry
		for range n {
			var e LedgerEntry
			for i := range e.Key {
				e.Key[i] = byte(r.Uint32())
			}
			if e.many = r.IntN(9) == 0; !e.many {
				e.leaves = make([]LedgerLeaf, r.IntN(4))
				for i := range e.leaves {
					e.leaves[i][0] = byte(i)
				}
			}
			entries = append(entries, e)
		}
		slices.SortFunc(entries, func(a, b LedgerEntry) int { return bytes.Compare(a.Key[:], b.Key[:]) })
		for _, buckets := range []int{1, 64, 4096} {
			var back []LedgerEntry
			for bucket, data := range encoded(entries, buckets) {
				some, ok := decodeLedger(data)
				if !ok {
					t.Fatalf("bucket %d of %d does not read back", bucket, buckets)
				}
				for _, e := range some {
					if ledgerBucket(e.Key, buckets) != bucket {
						t.Fatalf("an entry in bucket %d of %d belongs into %d", bucket, buckets, ledgerBucket(e.Key, buckets))
					}
				}
				back = append(back, some...)
				for cut := range min(len(data), 40) {
					decodeLedger(data[:len(data)-cut]) // must not panic
				}
			}
			slices.SortFunc(back, func(a, b LedgerEntry) int { return bytes.Compare(a.Key[:], b.Key[:]) })
			if !reflect.DeepEqual(back, entries) {
				t.Fatalf("%d entries in %d buckets: %d came back, or others", n, buckets, len(back))
			}
		}
	}
}

// encoded is the data of each bucket that has entries.
func encoded(entries []LedgerEntry, buckets int) map[int][]byte {
	data := map[int][]byte{}
	for i := range entries {
		n := ledgerBucket(entries[i].Key, buckets)
		data[n] = entries[i].append(data[n])
	}
	return data
}

func TestLedgerBuckets(t *testing.T) {
	buckets := func(n, leaves int) int {
		_, buckets := LedgerEntries{Count: n, Making: func() LedgerMaking {
			return LedgerMaking{About: func(int) (LedgerKey, int) { return LedgerKey{}, leaves }}
		}}.places()
		return buckets
	}
	for _, test := range []struct{ documents, leaves, want int }{
		{0, 0, 1}, {500, 10, 1}, {501, 10, 64}, {40, 2000, 64}, {100, 40_000, 64}, {1100, 4000, 4096},
	} {
		if got := buckets(test.documents, test.leaves); got != test.want {
			t.Errorf("%d documents of %d leaves: %d buckets, want %d", test.documents, test.leaves, got, test.want)
		}
	}
	if e := NewLedgerEntry(LedgerKey{}, make([]LedgerLeaf, maxLeaves)); !e.Known() || len(e.leaves) != maxLeaves {
		t.Errorf("%d leaves are kept", len(e.leaves))
	}
	if e := NewLedgerEntry(LedgerKey{}, make([]LedgerLeaf, maxLeaves+1)); e.Known() || len(e.leaves) > 0 {
		t.Errorf("%d leaves are kept", len(e.leaves))
	}
}
