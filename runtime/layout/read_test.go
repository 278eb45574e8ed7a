package layout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
