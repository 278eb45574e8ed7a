package layout

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
)

func value(t testing.TB, text string) bson.RawValue {
	t.Helper()
	v, err := doc.ParseExtJSONValue([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func document(t testing.TB, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseLine([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func sample(t testing.TB, n int) *Collection {
	c := &Collection{Database: "shop_test", Name: "Price.Lists", Key: []doc.Path{{"key"}},
		Options: lookalike(t),
		Indexes: []bson.Raw{document(t, `{"key":{"a":1,"b":-1},"name":"a_1_b_-1","unique":true}`)}, Redacted: []string{"*.token"}}
	for i := range n {
		d := document(t, fmt.Sprintf(`{"_id":{"$numberLong":"%d"},"key":"k%05d","x":%d.5,"s":"a\u2028b"}`, i, i, i))
		if i == 3 {
			d = lookalike(t)
		}
		c.Documents = append(c.Documents, Document{Raw: d})
	}
	return c
}

// lookalike is a document that Extended JSON cannot carry.
func lookalike(t testing.TB) bson.Raw {
	d, err := bson.Marshal(bson.D{{Key: "key", Value: "Look/Alike"}, {Key: "x", Value: bson.D{{Key: "$oid", Value: "no"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// opened opens the folder above the parent of a collection's, whose name says the database.
func opened(t testing.TB, dir string) (*disk.Folder, string) {
	t.Helper()
	above := filepath.Dir(filepath.Dir(dir))
	base, rest, err := disk.Nearest(above)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	})
	below, err := Below(above, dir)
	if err != nil {
		t.Fatal(err)
	}
	return base, path.Join(rest, below)
}

func readAt(t testing.TB, dir string) (*Collection, error) {
	t.Helper()
	base, at := opened(t, dir)
	return Read(t.Context(), base, at)
}

func writeAt(t testing.TB, root, dir string, c *Collection) error {
	t.Helper()
	base, at := opened(t, root)
	below, err := Below(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	return Write(base, at, path.Join(at, below), c)
}

func placeAt(t testing.TB, root, database, collection string) (string, error) {
	t.Helper()
	at, err := Place(os.DirFS(root), ".", database, collection)
	return filepath.Join(root, at), err
}

func findAt(t testing.TB, root, database, collection string) (string, error) {
	t.Helper()
	at, err := Find(os.DirFS(root), ".", database, collection)
	return filepath.Join(root, at), err
}

func TestWriteAndRead(t *testing.T) {
	for _, layout := range []Layout{Files, Lines, Shards} {
		t.Run(string(layout), func(t *testing.T) {
			root := t.TempDir()
			c := sample(t, 200)
			c.Layout = layout
			dir := Dir(root, c.Database, c.Name)
			if err := writeAt(t, filepath.Dir(dir), dir, c); err != nil {
				t.Fatal(err)
			}
			got, err := readAt(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != c.Name || got.Database != c.Database || got.Layout != layout || got.Kind != KindCollection || !got.Described ||
				len(got.Key) != 1 || got.Key[0].String() != "key" || !bytes.Equal(got.Options, c.Options) ||
				len(got.Indexes) != 1 || !bytes.Equal(got.Indexes[0], c.Indexes[0]) || !slices.Equal(got.Redacted, c.Redacted) {
				t.Errorf("the description reads back as %+v", got)
			}
			want := map[string]bool{}
			for _, d := range c.Documents {
				want[string(d.Raw)] = true
			}
			for _, d := range got.Documents {
				if !want[string(d.Raw)] {
					t.Errorf("%s:%d is none of the documents: %s", d.File, d.Line, doc.AppendCanonical(nil, d.Raw))
				}
				delete(want, string(d.Raw))
			}
			if len(want) > 0 {
				t.Errorf("%d documents are lost", len(want))
			}
			if changed, err := Edited(opened(t, dir)); err != nil || len(changed) > 0 {
				t.Errorf("edited without an edit: %q %v", changed, err)
			}
			// Another order of the same documents is the same folder.
			before := snapshot(t, root)
			slices.Reverse(c.Documents)
			if err := writeAt(t, filepath.Dir(dir), dir, c); err != nil {
				t.Fatal(err)
			}
			if after := snapshot(t, root); before != after {
				t.Errorf("written again it differs:\n%s\n%s", before, after)
			}
			names, err := Databases(os.DirFS(root), ".")
			if err != nil || !slices.Equal(names, []string{"shop_test"}) {
				t.Errorf("databases %q %v", names, err)
			}
			names, err = Collections(os.DirFS(root), ".", "shop_test")
			if err != nil || !slices.Equal(names, []string{"Price.Lists"}) {
				t.Errorf("collections %q %v", names, err)
			}
			if found, err := findAt(t, root, "shop_test", "Price.Lists"); err != nil || found != dir {
				t.Errorf("found %q %v", found, err)
			}
		})
	}
}

func snapshot(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		fmt.Fprintf(&b, "%s %s\n", strings.TrimPrefix(p, root), DigestOf(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFilesOfOneDocument(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "flags")
	c := &Collection{Documents: []Document{{Raw: document(t, `{"_id":"new-checkout","on":true}`)}}}
	if err := writeAt(t, filepath.Dir(dir), dir, c); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if got, want := read("documents/new-checkout.json"), "{\n  \"_id\": \"new-checkout\",\n  \"on\": true\n}\n"; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := read("collection.json"), `{
  "format": 1,
  "kind": "collection",
  "layout": "files",
  "key": [
    "_id"
  ],
  "indexes": []
}
`; got != want {
		t.Errorf("got %s", got)
	}
	if got := read("mongocd.lock"); strings.Count(got, "\n") != 2 || !strings.Contains(got, "  documents/new-checkout.json\n") {
		t.Errorf("lock %s", got)
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		n    int
		size int64
		want Layout
	}{{0, 0, Files}, {1000, 1 << 30, Files}, {1001, 20 << 20, Lines}, {10_000, 0, Lines}, {10_001, 0, Shards}, {1001, 20<<20 + 1, Shards}} {
		if got := Choose(c.n, c.size); got != c.want {
			t.Errorf("%d documents of %d bytes: %s", c.n, c.size, got)
		}
	}
}

func TestEdited(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	c := sample(t, 3)
	if err := writeAt(t, filepath.Dir(dir), dir, c); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "documents/k00001.json", `{"_id": 1, "key": "k00001"}`)
	put(t, dir, "documents/new.json", `{"_id": 9, "key": "new"}`)
	put(t, dir, "README.md", `kept`)
	if err := os.Remove(filepath.Join(dir, "documents/k00002.json")); err != nil {
		t.Fatal(err)
	}
	changed, err := Edited(opened(t, dir))
	if err != nil || !slices.Equal(changed, []string{"documents/k00001.json", "documents/k00002.json", "documents/new.json"}) {
		t.Errorf("%q %v", changed, err)
	}
	if err := writeAt(t, filepath.Dir(dir), dir, c); err != nil {
		t.Fatal(err)
	}
	if changed, err := Edited(opened(t, dir)); err != nil || len(changed) > 0 {
		t.Errorf("%q %v", changed, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "README.md")); err != nil || string(text) != "kept" {
		t.Errorf("a file of the user's own is gone: %v", err)
	}
	if changed, err := Edited(opened(t, filepath.Join(dir, "none"))); err != nil || changed != nil {
		t.Errorf("%q %v", changed, err)
	}
	if err := os.Remove(filepath.Join(dir, LockName)); err != nil {
		t.Fatal(err)
	}
	if changed, err := Edited(opened(t, dir)); err != nil || len(changed) != 4 {
		t.Errorf("without a lock: %q %v", changed, err)
	}
}

// The lock keeps whose copy the folder is, whatever a merge makes of the lock.
func TestRelock(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "c")
	c := sample(t, 3)
	c.SourceID = SourceID([]byte("0123456789abcdef"))
	if err := writeAt(t, root, dir, c); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(dir, LockName))
	if err != nil || !strings.HasPrefix(string(written), "# source 9f9f5111f7b27a781f1f1ddde5ebc2dd\n") {
		t.Fatalf("%s %v", written, err)
	}
	if changed, err := Relock(opened(t, dir)); err != nil || changed {
		t.Errorf("changed %v, %v", changed, err)
	}
	put(t, dir, "documents/k00001.json", `{"_id": 1, "key": "k00001"}`)
	put(t, dir, LockName, "<<<<<<< HEAD\n"+string(written)+"=======\n>>>>>>> theirs\n")
	if changed, err := Relock(opened(t, dir)); err != nil || !changed {
		t.Errorf("changed %v, %v", changed, err)
	}
	if edited, err := Edited(opened(t, dir)); err != nil || len(edited) > 0 {
		t.Errorf("%q %v", edited, err)
	}
	got, err := readAt(t, dir)
	if err != nil || got.SourceID != c.SourceID || len(got.Documents) != 3 {
		t.Errorf("%+v %v", got, err)
	}
}

// A document whose text fills a file is kept as BSON.
func TestHugeText(t *testing.T) {
	raw := doc.NewBuilder(0).AppendInt32("_id", 1).AppendString("x", strings.Repeat("\x01", 9<<20)).Raw()
	for form, want := range map[Layout]string{Files: ".bson", Lines: "documents.jsonl"} {
		c := &Collection{Name: "c", Layout: form, Documents: []Document{{Raw: raw}}}
		files, err := Render(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if len(f.Data) > maxFile {
				t.Errorf("%s: %s has %d bytes", form, f.Name, len(f.Data))
			}
		}
		if !slices.ContainsFunc(files, func(f File) bool { return strings.HasSuffix(f.Name, want) && len(f.Data) > 9<<20 }) {
			t.Errorf("%s: no file like %s", form, want)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	c := sample(t, 2)
	c.Documents[1].Raw = c.Documents[0].Raw
	if _, err := Render(c); err == nil || !strings.Contains(err.Error(), `two documents have the key "k00000"`) {
		t.Error(err)
	}
	c.Documents[1].Raw = document(t, `{"_id":7}`)
	if _, err := Render(c); err == nil || !strings.Contains(err.Error(), "(_id 7) lacks its key") {
		t.Error(err)
	}
}

func TestDeepOptions(t *testing.T) {
	c := sample(t, 0)
	c.Options = document(t, `{"x":1}`)
	for range 90 {
		c.Options = new(doc.Builder).AppendDocument("x", c.Options).Raw()
	}
	dir := filepath.Join(t.TempDir(), "c")
	if err := writeAt(t, filepath.Dir(dir), dir, c); err != nil {
		t.Fatal(err)
	}
	if got, err := readAt(t, dir); err != nil || !bytes.Equal(got.Options, c.Options) || got.Layout != Files {
		t.Errorf("%v", err)
	}
	for range 9 {
		c.Options = new(doc.Builder).AppendDocument("x", c.Options).Raw()
	}
	if err := writeAt(t, filepath.Dir(dir), dir, c); err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Error(err)
	}
}
