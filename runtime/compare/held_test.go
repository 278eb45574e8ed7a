package compare

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// What AsWanted takes for the wanted document is in sync when it is compared, whatever the
// statements are, and it takes no other document for it.
func TestRandomDocumentsAsWanted(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	modes := []desired.Mode{desired.Replace, desired.Exact, desired.Merge, desired.Update, desired.Insert}
	same := 0
	for n := range 300 {
		c := &desired.Collection{Database: "d", Name: "c", Mode: modes[r.IntN(len(modes))], Identity: []doc.Path{{"n"}}, Preserve: randomPaths(r), Ignore: randomPaths(r)}
		for _, p := range randomPaths(r) {
			c.Redact = append(c.Redact, desired.Pattern{Path: p})
		}
		for _, p := range randomPaths(r) {
			c.Omit = append(c.Omit, desired.Pattern{Leaf: p[0]})
		}
		switch c.Mode {
		case desired.Replace:
			c.Known = randomPaths(r)
		case desired.Merge, desired.Update:
			c.Absent = randomPaths(r)
		}
		for i := range 20 {
			raw := doc.With(withID(randomDocument(r, 3)), "n", doc.String(string(rune('a'+i))))
			c.Documents = append(c.Documents, desired.Document{Raw: raw})
		}
		rendered, err := desired.Render(&desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}})
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{}
		for _, f := range rendered.Files {
			files[f.Path] = &fstest.MapFile{Data: f.Data}
		}
		state, err := desired.Read(files)
		if err != nil {
			t.Fatal(err)
		}
		_, read := NewCollections(state, nil)
		for i, d := range c.Documents {
			live := d.Raw
			if r.IntN(2) == 0 {
				live = doc.With(withID(randomDocument(r, 3)), "n", d.Raw.Lookup("n"))
			}
			as := AsWanted(read[0], i, live)
			if as != bytes.Equal(live, d.Raw) {
				t.Fatalf("seed %d, case %d: document %d is wanted: %v", seed, n, i, as)
			}
			if found := read[0].Compare(i, live); as && !found.InSync() {
				t.Fatalf("seed %d, case %d: document %d is as wanted, and not in sync", seed, n, i)
			}
			if as {
				same++
			}
		}
	}
	if same < 2000 {
		t.Errorf("seed %d: only %d documents were as wanted", seed, same)
	}
}
