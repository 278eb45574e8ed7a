package mongosh

// With a key, the journal says nothing of a document: what each engine has encrypted,
// either one undoes with the key, and nobody without.

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
)

func TestJournalEncrypted(t *testing.T) {
	e := newEngines(t, forgedData)
	defer func() { freshDatabase(t, e.database.Client(), forgedState) }()
	tries := 0
	for _, by := range []string{"go", "js"} {
		for _, undoneBy := range []string{"go", "js"} {
			for _, key := range []string{"", forgedKey} {
				s, live := forgedWorld(t)
				a := &attacked{engines: e, s: s, key: key, records: map[string][]bson.D{}}
				fresh := func() {
					freshDatabase(t, e.database.Client(), forgedState)
					seed(t, e.database.Collection("c"), live.documents, live.indexes)
				}
				fresh()
				a.before = a.documents()
				if exit := a.run(by, "apply", key, ""); exit != change.ExitDone {
					t.Fatalf("apply by %s: exit %d\n%s", by, exit, a.latest)
				}
				a.world = a.documents()
				records := stored(t, a.state("journal"))
				for _, r := range records {
					// A name of a field and a value of every document that is written over.
					said := bytes.Contains(r, []byte("pruned")) || bytes.Contains(r, []byte("gone")) || bytes.Contains(r, []byte("$odd"))
					kind, _ := r.Lookup("cipher").StringValueOK()
					if key != "" && (said || kind != "aes-256-gcm") || key == "" && kind != "" {
						t.Errorf("%s, key %q: %s", by, key, r)
					}
				}
				if all := bytes.Join(rawBytes(records), nil); (key == "") != bytes.Contains(all, []byte("pruned")) {
					t.Errorf("%s, key %q: the journal is not what is expected", by, key)
				}
				if key != "" {
					for _, other := range []string{"", wrongKey} {
						tries++
						if exit := a.run(undoneBy, "undo", other, ""); exit != change.ExitRefused || !strings.Contains(a.latest, "journal-mismatch") || !slices.Equal(a.documents(), a.world) {
							t.Errorf("%s with key %q: exit %d\n%s", undoneBy, other, exit, a.latest)
						}
					}
					for what, edit := range map[string]func([]byte) []byte{
						"the nonce":   func(b []byte) []byte { b[3] ^= 1; return b },
						"the data":    func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
						"the tag":     func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
						"all of it":   func([]byte) []byte { return nil },
						"but a nonce": func(b []byte) []byte { return b[:12] },
						"five bytes":  func(b []byte) []byte { return b[:5] },
						"another":     func([]byte) []byte { _, b := records[0].Lookup("data").Binary(); return b },
					} {
						tries++
						last := records[len(records)-1]
						_, data := last.Lookup("data").Binary()
						id := bson.D{{Key: "_id", Value: last.Lookup("_id")}}
						put := func(b []byte) {
							if _, err := a.state("journal").UpdateOne(t.Context(), id, bson.D{{Key: "$set", Value: bson.D{{Key: "data", Value: bson.Binary{Data: b}}}}}); err != nil {
								t.Fatal(err)
							}
						}
						put(edit(bytes.Clone(data)))
						if exit := a.run(undoneBy, "undo", key, ""); exit != change.ExitRefused || !strings.Contains(a.latest, change.DamagedState.Code) || !slices.Equal(a.documents(), a.world) {
							t.Errorf("%s, %s edited: exit %d\n%s", undoneBy, what, exit, a.latest)
						}
						put(data)
					}
				}
				if exit := a.run(undoneBy, "undo", key, ""); exit != change.ExitDone || !slices.Equal(a.documents(), a.before) {
					t.Errorf("applied by %s, undone by %s, key %q: exit %d\n%s", by, undoneBy, key, exit, a.latest)
				}
			}
		}
	}
	t.Logf("%d tries", tries)
}

func rawBytes(documents []bson.Raw) (out [][]byte) {
	for _, d := range documents {
		out = append(out, d)
	}
	return out
}
