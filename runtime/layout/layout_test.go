package layout

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
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

func TestEncodeKey(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{`"new-checkout"`, "new-checkout"}, {`"a_1"`, "a_1"}, {`"0"`, "0"},
		{`"New"`, "new~"}, {`""`, "~"}, {`".."`, "~"}, {`"../../etc/passwd"`, "etc-passwd~"}, {`"a/b"`, "a-b~"}, {`"a\\b"`, "a-b~"},
		{`"con"`, "con~"}, {`"CON"`, "con~"}, {`"com1"`, "com1~"}, {`"com10"`, "com10"}, {`"nul"`, "nul~"}, {`"nul.txt"`, "nul-txt~"},
		{`"a\u0000b"`, "a-b~"}, {`"😀"`, "~"}, {`"é"`, "~"}, {`"a b "`, "a-b~"}, {`"x~0123456789abcdef"`, "x-0123456789abcdef~"},
		{`"` + strings.Repeat("a", 120) + `"`, strings.Repeat("a", 120)}, {`"` + strings.Repeat("a", 121) + `"`, strings.Repeat("a", 60) + "~"},
		{`"` + strings.Repeat("../", 10000) + `"`, "~"},
		{`5`, "5~"}, {`-1`, "-1~"}, {`{"$numberLong":"5"}`, "5~"}, {`5.0`, "5-0~"}, {`null`, "null~"},
		{`{"$oid":"500102030405060708091011"}`, "500102030405060708091011~"},
		{`{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}`, "00112233-4455-6677-8899-aabbccddeeff~"},
		{`{"a":"b"}`, "a-b~"},
	} {
		got := EncodeKey(value(t, c.key))
		if got != c.want && (!strings.HasPrefix(got, c.want) || len(got) != len(c.want)+16 || !strings.HasSuffix(c.want, "~")) {
			t.Errorf("%.60s is named %s, want %s…", c.key, got, c.want)
		}
	}
}

// Whatever the keys are, names are safe and distinct where case does not count.
func TestNamesAreSafeAndDistinct(t *testing.T) {
	seen := map[string]string{}
	check := func(key string, name string) {
		t.Helper()
		if name == "" || len(name) > 140 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || isDevice(name) {
			t.Fatalf("%.60q is named %q", key, name)
		}
		if other, ok := seen[strings.ToLower(name)]; ok && other != key {
			t.Fatalf("%.60q and %.60q are both named %q", key, other, name)
		}
		seen[strings.ToLower(name)] = key
	}
	for _, text := range []string{`1`, `1.0`, `{"$numberLong":"1"}`, `{"$numberDecimal":"1"}`, `{"$numberDecimal":"1.0"}`, `"1"`, `true`, `"true"`, `null`, `"null"`, `["a"]`, `"a"`, `"A"`, `"a "`, `"á"`, `"á"`, `{}`, `[]`, `""`} {
		check(text, EncodeKey(value(t, text)))
	}
	check("a,b", EncodeKey(doc.String("a"), doc.String("b")))
	check("[a b]", EncodeKey(value(t, `["a","b"]`)))
	check("a-b", EncodeKey(doc.String("a-b")))
	r := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = "aA./\\:~\x00-_ 0é"[r.IntN(13)]
		}
		check(string(doc.AppendCanonicalValue(nil, doc.String(string(b)))), EncodeName(string(b)))
	}
	clear(seen)
	for range 20000 {
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = "aAbBfF019~-. "[r.IntN(13)]
		}
		check(string(b), FolderName(string(b)))
	}
}

func TestFolderName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"flags", "flags"}, {"price_lists", "price_lists"}, {"priceLists", "price~lists"}, {"PriceLists", "~price~lists"}, {"userID", "user~i~d"},
		{"Con", "~con"}, {"COM1", "~c~o~m1"}, {strings.Repeat("a", 118) + "B", strings.Repeat("a", 118) + "~b"},
		// These are as they were: nothing plain can be made of them.
		{"con", EncodeName("con")}, {"", EncodeName("")}, {"fs.files", EncodeName("fs.files")}, {"price Lists", EncodeName("price Lists")}, {"price~lists", EncodeName("price~lists")},
		{strings.Repeat("a", 119) + "B", EncodeName(strings.Repeat("a", 119) + "B")},
		// What could be the name of another one, by its digest.
		{"xA123456789abcdef", EncodeName("xA123456789abcdef")}, {"xAbcdefabcdefabc", "x~abcdefabcdefabc"},
	} {
		if got := FolderName(c.name); got != c.want {
			t.Errorf("%.60q is in the folder %s, want %s", c.name, got, c.want)
		}
		if got, want := nameOf(FolderName(c.name)), c.name; FolderName(c.name) != EncodeName(c.name) && got != want {
			t.Errorf("the folder %s is that of %q, want %q", FolderName(c.name), got, want)
		}
	}
}

// Folders of earlier versions are read and written where they are; two folders
// of one collection are refused.
func TestFoldersOfEarlierVersions(t *testing.T) {
	root := t.TempDir()
	at := func(database, collection string) string { return filepath.Join(root, database, collection) }
	old := at(EncodeName("shopTest"), EncodeName("priceLists"))
	c := &Collection{Database: "shopTest", Name: "priceLists", Documents: []Document{{Raw: document(t, `{"_id":1}`)}}}
	if err := writeAt(t, root, old, c); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"priceLists": old, "taxRates": at(EncodeName("shopTest"), "tax~rates")} {
		if got, err := placeAt(t, root, "shopTest", name); err != nil || got != want {
			t.Errorf("%s is placed at %s, want %s: %v", name, got, want, err)
		}
	}
	if databases, err := Databases(os.DirFS(root), "."); err != nil || !slices.Equal(databases, []string{"shopTest"}) {
		t.Errorf("%q %v", databases, err)
	}
	// A new folder gives its names back without a collection.json.
	put(t, root, "web~site/nav~items/documents/1.json", `{"_id": 1}`)
	if databases, err := Databases(os.DirFS(root), "."); err != nil || !slices.Equal(databases, []string{"shopTest", "webSite"}) {
		t.Errorf("%q %v", databases, err)
	}
	if names, err := Collections(os.DirFS(root), ".", "webSite"); err != nil || !slices.Equal(names, []string{"navItems"}) {
		t.Errorf("%q %v", names, err)
	}
	if read, err := readAt(t, Dir(root, "webSite", "navItems")); err != nil || read.Database != "webSite" || read.Name != "navItems" {
		t.Errorf("%+v %v", read, err)
	}
	if err := writeAt(t, root, at(EncodeName("shopTest"), "price~lists"), c); err != nil {
		t.Fatal(err)
	}
	_, err := findAt(t, root, "shopTest", "priceLists")
	if list := Errors(err); len(list) != 1 || list[0].Message != `"price~lists" and "pricelists~7ecc71f715c5ffbd" are both folders of "priceLists"` {
		t.Errorf("two folders of a collection: %v", err)
	}
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

func TestReadByHand(t *testing.T) {
	root := t.TempDir()
	put(t, root, "shop/priceLists/documents/Any Name.json", "\ufeff{\"_id\": 1}\r\n")
	put(t, root, "shop/priceLists/documents/.gitkeep", "")
	put(t, root, "shop/lines/documents.jsonl", "{\"_id\":1}\r\n\n  {\"_id\":2}")
	dir, err := findAt(t, root, "shop", "priceLists")
	if err != nil {
		t.Fatal(err)
	}
	c, err := readAt(t, dir)
	if err != nil || len(c.Documents) != 1 || c.Name != "priceLists" || c.Database != "shop" || c.Described || c.Layout != Files || c.Documents[0].File != "documents/Any Name.json" {
		t.Errorf("%+v %v", c, err)
	}
	c, err = readAt(t, filepath.Join(root, "shop", "lines"))
	if err != nil || len(c.Documents) != 2 || c.Documents[1].Line != 3 || c.Layout != Lines {
		t.Errorf("%+v %v", c, err)
	}
	put(t, root, "shop/pasted/collection.json", `{"format": 1, "indexes": [{"v": 2, "key": {"_id": 1}, "name": "_id_", "ns": "shop.pasted"}, {"v": 2, "key": {"a": 1}, "name": "a_1", "ns": "shop.pasted"}]}`)
	if c, err = readAt(t, filepath.Join(root, "shop", "pasted")); err != nil || len(c.Indexes) != 1 || c.Indexes[0].String() != `{"key": {"a": {"$numberInt":"1"}},"name": "a_1"}` {
		t.Errorf("%v %v", c, err)
	}
	if names, err := Collections(os.DirFS(root), ".", "shop"); err != nil || !slices.Equal(names, []string{"lines", "pasted", "priceLists"}) {
		t.Errorf("%q %v", names, err)
	}
	if _, err := findAt(t, root, "shop", "pricelists"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another case is found: %v", err)
	}
	if _, err := readAt(t, filepath.Join(root, "shop", "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	p := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string // file:line:column: message, after the folder
	}{
		{"syntax", map[string]string{"documents/a.json": "{\n  \"é\": 1,,\n}", "documents/b.json": "{}"}, []string{`documents/a.json:2:10: expected a field name`}},
		{"lines", map[string]string{"documents.jsonl": "{\"a\":1}\n{\"a\":}\n\n[1]\n"}, []string{"documents.jsonl:2:6: expected a value", "documents.jsonl:4:1: expected a document"}},
		{"merge", map[string]string{"documents.jsonl": "{\"a\":1}\n<<<<<<< HEAD\n"}, []string{"documents.jsonl:2:1: the marks of a merge conflict"}},
		{"bson", map[string]string{"documents/a.bson": "abc"}, []string{"documents/a.bson: the document is no BSON"}},
		{"base64", map[string]string{"documents.jsonl": `"AAAA"`}, []string{"documents.jsonl:1:1: the base64 of this line holds no BSON"}},
		{"two layouts", map[string]string{"documents.jsonl": `{}`, "documents/a.json": "{}"}, []string{"documents: documents are in documents/ and in documents.jsonl"}},
		{"mixed", map[string]string{"documents/0.jsonl": `{}`, "documents/a.json": "{}"}, []string{"documents: documents/ holds single"}},
		{"other files", map[string]string{"documents/a.txt": ``}, []string{"documents/a.txt: this file is no document"}},
		{"folder inside", map[string]string{"documents/x/a.json": `{}`}, []string{"documents/x: a folder among"}},
		{"newer", map[string]string{"collection.json": `{"format": 2, "later": 1}`}, []string{"collection.json: this was written in format 2; this mongocd reads formats up to 1"}},
		{"no format", map[string]string{"collection.json": `{"kind": "collection"}`}, []string{`collection.json: the field "format" is missing`}},
		{"kind", map[string]string{"collection.json": `{"format": 1, "kind": "table"}`}, []string{`collection.json: kind must be "collection", "view" or "timeseries", not "table"`}},
		{"layout", map[string]string{"collection.json": `{"format": 1, "layout": 5}`}, []string{`collection.json: layout must be text, not int`}},
		{"unknown", map[string]string{"collection.json": `{"format": 1, "indices": []}`}, []string{`collection.json: there is no field "indices"`}},
		{"index", map[string]string{"collection.json": `{"format": 1, "indexes": [5]}`}, []string{`collection.json: every element of indexes must be a document`}},
		{"description syntax", map[string]string{"collection.json": "{\n\"format\" 1}"}, []string{`collection.json:2:10: expected ':'`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "c")
			for name, text := range c.files {
				put(t, dir, name, text)
			}
			_, err := readAt(t, dir)
			list := Errors(err)
			if len(list) != len(c.want) {
				t.Fatalf("%d errors: %v", len(list), err)
			}
			for i, e := range list {
				got := strings.TrimPrefix(e.Error(), "001/c/")
				if !strings.HasPrefix(got, c.want[i]) {
					t.Errorf("got %s\nwant %s", got, c.want[i])
				}
			}
		})
	}
}

func TestManyErrorsAreCut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	put(t, dir, "documents.jsonl", strings.Repeat("{\n", 20000))
	_, err := readAt(t, dir)
	list := Errors(err)
	if len(list) != maxErrors+1 || list[0].Line != 1 || list[9].Line != 10 || !strings.Contains(list[10].Message, "19990 more") {
		t.Errorf("%v", err)
	}
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	root := t.TempDir()
	put(t, root, "secret/documents/a.json", `{"_id": "secret"}`)
	put(t, root, "c/documents/b.json", `{}`)
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("../../secret/documents/a.json", "c/documents/a.json")
	if _, err := readAt(t, filepath.Join(root, "c")); err == nil || !strings.Contains(err.Error(), "c/documents/a.json: this is no regular file") {
		t.Errorf("linked file: %v", err)
	}
	link("secret", "linked")
	if _, err := readAt(t, filepath.Join(root, "linked")); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("linked folder: %v", err)
	}
	if err := writeAt(t, root, filepath.Join(root, "linked"), sample(t, 1)); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("written through a link: %v", err)
	}
	if err := writeAt(t, root, filepath.Join(root, "linked", "new"), sample(t, 1)); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("written below a link: %v", err)
	}
	put(t, root, "d/collection.json", `{"format": 1}`)
	link("../secret/documents", "d/documents")
	if c, err := readAt(t, filepath.Join(root, "d")); err == nil {
		t.Errorf("linked documents are read: %+v", c)
	}
	if names, err := Databases(os.DirFS(root), "."); err != nil || slices.Contains(names, "linked") {
		t.Errorf("%q %v", names, err)
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

func FuzzEncodeName(f *testing.F) {
	f.Add("a")
	f.Add("../CON")
	f.Add("xA123456789abcdef")
	f.Fuzz(func(t *testing.T, s string) {
		name := EncodeName(s)
		if name == "" || len(name) > 140 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || isDevice(name) {
			t.Fatalf("%q is named %q", s, name)
		}
		if name == s != isPlain(s) {
			t.Fatalf("%q is named %q", s, name)
		}
		folder := FolderName(s)
		if strings.Trim(folder, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || len(folder) > 140 || isDevice(folder) || folder == "" || folder != name && nameOf(folder) != s {
			t.Fatalf("the folder of %q is %q", s, folder)
		}
	})
}

// FuzzKeys: documents of any two keys, of any type, are two files with safe
// names, and come back as they were.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("a"), []byte("A"), byte(0))
	f.Add([]byte("../x"), []byte("nul"), byte(1))
	f.Add([]byte("\x00"), []byte("\x01\x00\x00\x00"), byte(2))
	f.Add([]byte("0123456789ab"), []byte("303132333435363738396162"), byte(3))
	f.Fuzz(func(t *testing.T, a, b []byte, kinds byte) {
		c := &Collection{Name: "c", Layout: Files}
		var names []string
		for i, text := range [][]byte{a, b} {
			value := keyValue(text, kinds>>(4*i)&15)
			c.Documents = append(c.Documents, Document{Raw: doc.NewBuilder(0).Append("_id", value).AppendInt32("n", int32(i)).Raw()})
			names = append(names, EncodeKey(value))
		}
		first, _ := c.KeyOf(c.Documents[0].Raw)
		second, _ := c.KeyOf(c.Documents[1].Raw)
		if CompareKeys(first, second) == 0 {
			return // one identity, which a collection has once
		}
		if strings.EqualFold(names[0], names[1]) {
			t.Fatalf("two keys are named %q and %q", names[0], names[1])
		}
		for _, name := range names {
			if len(name) > 140 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-~") != "" || isDevice(name) {
				t.Fatalf("the name %q is not safe", name)
			}
		}
		root := t.TempDir()
		dir := filepath.Join(root, "d", "c")
		if err := writeAt(t, root, dir, c); err != nil {
			t.Fatal(err)
		}
		got, err := readAt(t, dir)
		if err != nil || len(got.Documents) != 2 {
			t.Fatalf("%+v %v", got, err)
		}
		for _, d := range c.Documents {
			if !slices.ContainsFunc(got.Documents, func(g Document) bool { return bytes.Equal(g.Raw, d.Raw) }) {
				t.Fatalf("%v did not come back", d.Raw)
			}
		}
		if edited, err := Edited(opened(t, dir)); err != nil || len(edited) > 0 {
			t.Fatalf("%q %v", edited, err)
		}
	})
}

// keyValue makes a value of one of some types from bytes.
func keyValue(text []byte, kind byte) bson.RawValue {
	number := make([]byte, 8)
	copy(number, text)
	switch kind % 8 {
	case 1:
		return bson.RawValue{Type: bson.TypeInt32, Value: number[:4]}
	case 2:
		return bson.RawValue{Type: bson.TypeInt64, Value: number}
	case 3:
		id := make([]byte, 12)
		copy(id, text)
		return bson.RawValue{Type: bson.TypeObjectID, Value: id}
	case 4:
		return doc.Embed(doc.NewBuilder(0).AppendString("a", string(text)).Raw())
	case 5:
		return bson.RawValue{Type: bson.TypeDateTime, Value: number}
	case 6:
		return bson.RawValue{Type: bson.TypeBinary, Value: append([]byte{byte(len(text)), byte(len(text) >> 8), byte(len(text) >> 16), 0, 0}, text...)}
	}
	return doc.String(string(text))
}
