package compare

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// randomDocument makes documents from few names, so that they often meet.
func randomDocument(r *rand.Rand, depth int) bson.Raw {
	names := []string{"a", "b", "c", "d.e", "$f", "0"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	out := doc.NewBuilder(64)
	for _, name := range names[:r.IntN(4)] {
		switch n := r.IntN(8); {
		case n < 4 && depth > 0:
			out.AppendDocument(name, randomDocument(r, depth-1))
		case n == 4:
			out.AppendArray(name, doc.String("x"))
		case n == 5:
			out.Append(name, bson.RawValue{Type: bson.TypeNull})
		default:
			out.AppendInt32(name, int32(r.IntN(2)))
		}
	}
	return out.Raw()
}

func randomPaths(r *rand.Rand) []doc.Path {
	var out []doc.Path
	for range r.IntN(3) {
		p := doc.Path{}
		for range 1 + r.IntN(3) {
			p = append(p, []string{"a", "b", "c", "d.e"}[r.IntN(4)])
		}
		out = append(out, p)
	}
	return out
}

func withID(d bson.Raw) bson.Raw {
	out := doc.NewBuilder(len(d)+16).AppendInt32("_id", 1)
	for name, v := range doc.Fields(d) {
		out.Append(name, v)
	}
	return out.Raw()
}

// Whatever the documents and statements are: one write brings a document in
// sync, what is preserved stays as it was, the operation does what the report
// says, and its guard holds for what was read.
func TestRandomDocumentsConverge(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	modes := []desired.Mode{desired.Replace, desired.Exact, desired.Merge}
	written := 0
	for n := range 30_000 {
		c := &desired.Collection{Mode: modes[r.IntN(3)], Preserve: randomPaths(r), Ignore: randomPaths(r)}
		if c.Mode == desired.Merge {
			c.Absent = randomPaths(r)
		}
		if r.IntN(2) == 0 {
			c.Known = []doc.Path{{"a"}, {"a", "a"}, {"b"}, {"c"}, {"d.e"}, {"$f"}, {"0"}}
		}
		wanted, live := withID(randomDocument(r, 3)), withID(randomDocument(r, 3))
		p := newPolicy(c)
		diff := p.compare(wanted, live, true, false)
		if diff.refused() || !diff.reason {
			continue
		}
		written++
		w := Updating(live, 0, diff.set, diff.unset)
		fail := func(what string) {
			t.Fatalf("seed %d, case %d: %s\nmode %s preserve %s ignore %s absent %s\nwanted %s\nlive   %s\nafter  %s\n%s", seed, n, what,
				c.Mode, c.Preserve, c.Ignore, c.Absent, change.ShowDocument(wanted), change.ShowDocument(live), change.ShowDocument(w.After), describeOp(w.Op))
		}
		if again := p.compare(wanted, w.After, true, false); again.reason || again.refused() {
			fail("not in sync afterwards: " + describe(again))
		}
		for _, path := range c.Preserve {
			before, was := doc.Get(live, path)
			after, is := doc.Get(w.After, path)
			if was != is || was && !doc.Identical(before, after) {
				fail(fmt.Sprintf("the preserved %s is changed", path))
			}
		}
		if !w.Op.Guard.Holds(live) {
			fail("the guard does not hold")
		}
		sent := w.Op.Document
		if w.Op.Action == stores.Update {
			sent = stores.Changed(live, w.Op.Set, w.Op.Unset)
		}
		if len(leafChanges(sent, w.After)) > 0 || len(leafChanges(live, w.After)) == 0 {
			fail("the operation and the final value differ")
		}
	}
	t.Logf("%d cases wrote something, seed %d", written, seed)
	if written < 3000 {
		t.Errorf("only %d cases wrote something", written)
	}
}
