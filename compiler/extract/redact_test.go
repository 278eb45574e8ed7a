package extract

import (
	"bytes"
	"io/fs"
	"os"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/layout"
)

// TestLeftOutNeverReachesFiles looks for the values in every byte that extract
// writes.
func TestLeftOutNeverReachesFiles(t *testing.T) {
	ctx, client, db := newSource(t)
	insert(t, ctx, db.Collection("c"),
		bson.D{{Key: "_id", Value: "a"}, {Key: "token", Value: "s3cr3t"}, {Key: "seen", Value: "s3cr3t"},
			{Key: "hooks", Value: bson.A{bson.D{{Key: "url", Value: "x"}, {Key: "token", Value: "s3cr3t"}}}}},
		bson.D{{Key: "_id", Value: "b"}, {Key: "billing", Value: bson.D{{Key: "card", Value: "s3cr3t"}, {Key: "plan", Value: "team"}}}})
	for _, form := range []layout.Layout{layout.Files, layout.Lines, layout.Shards} {
		o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c",
			Redact: []desired.Pattern{{Path: []string{"billing", "card"}}, {Leaf: "token"}}, Omit: []desired.Pattern{{Path: []string{"seen"}}}})
		o.Layout = form
		results, err := o.live(ctx)
		if err != nil {
			t.Fatal(err)
		}
		root := os.DirFS(o.dir)
		err = fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(root, path)
			if bytes.Contains(text, []byte("s3cr3t")) {
				t.Errorf("%s: %s has the value:\n%s", form, path, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := o.read(t, results[0].Folder)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Redacted, []string{"*.token", "billing.card"}) || !slices.Equal(c.Omitted, []string{"seen"}) || len(c.Documents) != 2 {
			t.Errorf("%s: redacted %q, omitted %q, %d documents", form, c.Redacted, c.Omitted, len(c.Documents))
		}
	}
}
