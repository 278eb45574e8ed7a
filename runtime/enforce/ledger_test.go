package enforce

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Digests of a small document, calculated with sha256sum.
func TestLedgerEntry(t *testing.T) {
	c := &desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Preserve: paths("p"), Ignore: paths("i/j"),
		Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "a": "x", "e": {}, "p": {"q": 1}, "i": {"j": 1, "k": [1, {"z": 1}]}}`)}, {Raw: parse(t, `{"_id": 2}`)}}}
	entries := ledgerEntries(c, newPolicy(c), []int{1})
	if len(entries) != 1 {
		t.Fatalf("%d entries: an absent document has none", len(entries))
	}
	e := entries[0]
	// printf '\x0e\0\0\0\x10_id\0\x01\0\0\0\0' | sha256sum
	if got, want := hex.EncodeToString(e.key[:]), "2fe93d7561368009c932ffef6a24dbbf"; got != want {
		t.Errorf("key %s, want %s", got, want)
	}
	if len(e.leaves) != 3 {
		t.Fatalf("%d leaves, want a, e and i.k", len(e.leaves))
	}
	for path, text := range map[string]string{"a": `"x"`, "e": `{}`, "i.k": `[1, {"z": 1}]`} {
		v := parse(t, `{"": `+text+`}`).Lookup("")
		if !e.has(path, v) || !e.hasPath(path) {
			t.Errorf("%s: %s is not there", path, text)
		}
	}
	if v := parse(t, `{"": 1}`).Lookup(""); e.has("a", v) || e.hasPath("p.q") || e.hasPath("_id") || e.hasPath("i.j") || e.hasPath("i") {
		t.Error("something is there that is not owned")
	}
	// printf a | sha256sum; printf '\x0d\0\0\0\x02\0\x02\0\0\0x\0\0' | sha256sum
	a := ledgerLeaf("a", parse(t, `{"": "x"}`).Lookup(""))
	if got, want := hex.EncodeToString(a[:]), "ca978112ca1bbdcaabc5ad88e47bcd75"; got != want {
		t.Errorf("leaf %s, want %s", got, want)
	}
}

// What is encoded reads back, whatever it is cut to.
func TestLedgerReadsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 3, 900} {
		var entries []ledgerEntry
		for range n {
			var e ledgerEntry
			for i := range e.key {
				e.key[i] = byte(r.Uint32())
			}
			if e.many = r.IntN(9) == 0; !e.many {
				e.leaves = make([][ledgerLeafSize]byte, r.IntN(4))
				for i := range e.leaves {
					e.leaves[i][0] = byte(i)
				}
			}
			entries = append(entries, e)
		}
		slices.SortFunc(entries, func(a, b ledgerEntry) int { return bytes.Compare(a.key[:], b.key[:]) })
		for _, buckets := range []int{1, 64, 4096} {
			var back []ledgerEntry
			for bucket, data := range encodeLedger(entries, buckets) {
				some, ok := decodeLedger(data)
				if !ok {
					t.Fatalf("bucket %d of %d does not read back", bucket, buckets)
				}
				for _, e := range some {
					if ledgerBucket(e.key, buckets) != bucket {
						t.Fatalf("an entry in bucket %d of %d belongs into %d", bucket, buckets, ledgerBucket(e.key, buckets))
					}
				}
				back = append(back, some...)
				for cut := range min(len(data), 40) {
					decodeLedger(data[:len(data)-cut]) // must not panic
				}
			}
			slices.SortFunc(back, func(a, b ledgerEntry) int { return bytes.Compare(a.key[:], b.key[:]) })
			if !reflect.DeepEqual(back, entries) {
				t.Fatalf("%d entries in %d buckets: %d came back, or others", n, buckets, len(back))
			}
		}
	}
}

func TestLedgerBuckets(t *testing.T) {
	entries := func(n, leaves int) []ledgerEntry {
		out := make([]ledgerEntry, n)
		for i := range out {
			out[i].leaves = make([][ledgerLeafSize]byte, leaves)
		}
		return out
	}
	for _, test := range []struct{ documents, leaves, want int }{
		{0, 0, 1}, {500, 10, 1}, {501, 10, 64}, {40, 2000, 64}, {100, 40_000, 64}, {1100, 4000, 4096},
	} {
		if got := ledgerBuckets(entries(test.documents, test.leaves)); got != test.want {
			t.Errorf("%d documents of %d leaves: %d buckets, want %d", test.documents, test.leaves, got, test.want)
		}
	}
	c := &desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}}
	wide := doc.NewBuilder(1<<20).AppendInt32("_id", 1)
	for i := range ledgerMaxLeaves + 1 {
		wide.AppendInt32(fmt.Sprint(i), 1)
	}
	c.Documents = []desired.Document{{Raw: wide.Raw()}}
	if e := ledgerEntries(c, newPolicy(c), nil)[0]; !e.many || len(e.leaves) > 0 {
		t.Errorf("%d leaves are kept", len(e.leaves))
	}
}

// Causes of single changes.
func TestCause(t *testing.T) {
	was := &desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Ignore: paths("g"),
		Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "n": 1, "d": {"x": 1, "y": {"z": 2}}, "e": {}, "l": [1]}`)}}}
	p := newPolicy(was)
	e := &ledgerEntries(was, p, nil)[0]
	for _, test := range []struct{ name, path, before, after, want string }{
		{"the rules", "n", `1`, `2`, byRules},
		{"the destination", "n", `3`, `1`, byDestination},
		{"its type", "n", `1.0`, `1`, byDestination},
		{"both", "n", `3`, `2`, byDestination},
		{"a new field", "new", ``, `1`, byRules},
		{"a removed one", "n", ``, `1`, byDestination},
		{"no longer wanted", "n", `1`, ``, byRules},
		{"never wanted", "other", `1`, ``, byDestination},
		{"an array", "l", `[1]`, `[1, 2]`, byRules},
		{"a changed array", "l", `[2]`, `[1]`, byDestination},
		{"an empty document", "e", `{}`, `1`, byRules},
		{"a document gives way", "d", `{"x": 1, "y": {"z": 2}}`, `5`, byRules},
		{"a changed document gives way", "d", `{"x": 1, "y": {"z": 3}}`, `5`, byDestination},
		{"a document is removed", "d", `{"x": 1}`, ``, byRules},
		{"a value stands where a document was", "d", `5`, `{"x": 1}`, byDestination},
		{"the order of fields", "d", `{"y": {"z": 2}, "x": 1}`, `{"x": 1, "y": {"z": 2}}`, ""},
		{"ignored", "g", `1`, `2`, ""},
	} {
		l := leaf{path: doc.Path{test.path}}
		if test.before != "" {
			l.before = parse(t, `{"": `+test.before+`}`).Lookup("")
		}
		if test.after != "" {
			l.after = parse(t, `{"": `+test.after+`}`).Lookup("")
		}
		got := ""
		if rules, ok := causeOf(p, e, l); ok {
			got, _ = cause(rules, "")
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if _, ok := causeOf(p, &ledgerEntry{many: true}, leaf{path: doc.Path{"n"}}); ok {
		t.Error("nothing is known of a document with too many leaves")
	}
}
