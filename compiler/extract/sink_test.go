package extract

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/layout"
)

// TestFilesThatAreTheSameStay: one document is another one, so one of the files is made, and the others are those that were there.
func TestFilesThatAreTheSameStay(t *testing.T) {
	ctx, client, db := newSource(t)
	var documents []any
	for i := range 2000 {
		documents = append(documents, bson.D{{Key: "_id", Value: i}, {Key: "n", Value: 0}, {Key: "text", Value: strings.Repeat("x", 1000)}})
	}
	insert(t, ctx, db.Collection("c"), documents...)
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c"})
	o.Layout = layout.Shards
	files := func() map[string]os.FileInfo {
		found := map[string]os.FileInfo{}
		for n := range 16 {
			name := fmt.Sprintf("%x.jsonl", n)
			info, err := os.Stat(filepath.Join(o.dir, db.Name(), "c", "documents", name))
			if err != nil {
				t.Fatal(err)
			}
			found[name] = info
		}
		return found
	}
	if _, err := o.live(ctx); err != nil {
		t.Fatal(err)
	}
	before := files()
	if _, err := db.Collection("c").UpdateByID(ctx, 1000, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 1}}}}); err != nil {
		t.Fatal(err)
	}
	results, err := o.live(ctx)
	if err != nil || !results[0].Changed {
		t.Fatalf("%v %v", results, err)
	}
	made := 0
	for name, info := range files() {
		if !os.SameFile(before[name], info) {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d files were made for one changed document", made)
	}
	fresh := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c"})
	fresh.Layout = layout.Shards
	if _, err := fresh.live(ctx); err != nil || tree(t, fresh.dir) != tree(t, o.dir) {
		t.Errorf("other files than those of a fresh extract: %v", err)
	}
	before = files()
	if results, err = o.live(ctx); err != nil || results[0].Changed {
		t.Errorf("again: %v %v", results, err)
	}
	for name, info := range files() {
		if !os.SameFile(before[name], info) {
			t.Errorf("again: %s is another file", name)
		}
	}
}
