package dir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores"
)

var ns = stores.Namespace{Database: "shop", Collection: "c"}

var parse = doctest.Parse

// open makes a directory with a collection that has a unique index on u.
func open(t *testing.T) (*Store, string) {
	t.Helper()
	folder := t.TempDir()
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateCollection(t.Context(), ns, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateIndexes(t.Context(), ns, []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true, "sparse": true}`)}); err != nil {
		t.Fatal(err)
	}
	return s, folder
}

func contents(t *testing.T, s *Store) string {
	t.Helper()
	var out []string
	for d, err := range s.Find(t.Context(), ns, stores.Query{All: true}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(doc.AppendReview(nil, d, false)))
	}
	return strings.Join(out, " ")
}

func TestWrite(t *testing.T) {
	insert := func(text string) stores.Op { return stores.Op{Action: stores.Insert, Document: parse(t, text)} }
	value := func(text string) bson.RawValue { return parse(t, `{"v": `+text+`}`).Lookup("v") }
	guard := func(id, path, v string) stores.Guard {
		return stores.Guard{ID: value(id), Present: []stores.Field{{Path: strings.Split(path, "/"), Value: value(v)}}}
	}
	set := func(g stores.Guard, path, v string) stores.Op {
		return stores.Op{Action: stores.Update, Guard: g, Set: []stores.Field{{Path: strings.Split(path, "/"), Value: value(v)}}}
	}
	tests := []struct {
		name  string
		op    stores.Op
		want  string // result
		after string
	}{
		{"insert", insert(`{"_id": 3, "u": 9}`), "{1 0 0 []}", `{"_id": 1, "u": 1, "n": 5} {"_id": 2, "m": {}} {"_id": 3, "u": 9}`},
		{"the same _id of another type", insert(`{"_id": 1.0}`), "{0 0 0 [{0 true false false 0 duplicate key in the unique index _id_ }]}", ""},
		{"a unique value of another type", insert(`{"_id": 3, "u": {"$numberLong": "1"}}`), "{0 0 0 [{0 true false false 0 duplicate key in the unique index u_1 }]}", ""},
		{"a guard that holds", set(guard("1", "n", "5.0"), "n", "6"), "{0 1 0 []}", `{"_id": 1, "u": 1, "n": 6} {"_id": 2, "m": {}}`},
		{"a guard that does not", set(guard("1", "n", "4"), "n", "6"), "{0 0 0 []}", ""},
		{"a document that is gone", set(guard("7", "n", "4"), "n", "6"), "{0 0 0 []}", ""},
		{"a unique value by update", set(guard("2", "m", "{}"), "u", "1"), "{0 0 0 [{0 true false false 0 duplicate key in the unique index u_1 }]}", ""},
		{"below a scalar", set(guard("1", "u", "1"), "n/x", "1"), "{0 0 0 [{0 false true false 0 n is no document }]}", ""},
		{"delete", stores.Op{Action: stores.Delete, Guard: guard("2", "m", "{}")}, "{0 0 1 []}", `{"_id": 1, "u": 1, "n": 5}`},
		{"absent in the guard", stores.Op{Action: stores.Delete, Guard: stores.Guard{ID: value("2"), Absent: []doc.Path{{"m"}}}}, "{0 0 0 []}", ""},
		{"replace, guarded by the whole", stores.Op{Action: stores.Replace, Document: parse(t, `{"_id": 2, "$x": 1}`), Guard: stores.Guard{ID: value("2"), Whole: parse(t, `{"_id": 2, "m": {}}`)}},
			"{0 1 0 []}", `{"_id": 1, "u": 1, "n": 5} {"_id": 2, "$x": 1}`},
	}
	const before = `{"_id": 1, "u": 1, "n": 5} {"_id": 2, "m": {}}`
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, folder := open(t)
			if _, err := s.Write(t.Context(), ns, []stores.Op{insert(`{"_id": 1, "u": 1, "n": 5}`), insert(`{"_id": 2, "m": {}}`)}); err != nil {
				t.Fatal(err)
			}
			result, err := s.Write(t.Context(), ns, []stores.Op{test.op})
			if got := fmt.Sprint(result); err != nil || got != test.want {
				t.Errorf("%s, %v; want %s", got, err, test.want)
			}
			after := test.after
			if after == "" {
				after = before
			}
			if got := contents(t, s); got != after {
				t.Errorf("in memory\ngot  %s\nwant %s", got, after)
			}
			again, err := Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			if got := contents(t, again); got != after {
				t.Errorf("on disk\ngot  %s\nwant %s", got, after)
			}
		})
	}
}

// New fields stand in the server's order: names sorted.
// A collection is written to the folder that it was read from, however that is named.
func TestWriteWhereItIs(t *testing.T) {
	for _, folder := range []string{"priceLists", "pricelists~7ecc71f715c5ffbd", "price~lists"} {
		root, at := t.TempDir(), stores.Namespace{Database: "shop", Collection: "priceLists"}
		base, err := disk.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		if err := layout.Write(base, ".", "shop/"+folder, &layout.Collection{Database: "shop", Name: "priceLists"}); err != nil {
			t.Fatal(err)
		}
		if err := base.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := Open(root)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), at, []stores.Op{{Action: stores.Insert, Document: parse(t, `{"_id": 1}`)}}); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(root, "shop"))
		if err != nil || len(entries) != 1 || entries[0].Name() != folder {
			t.Errorf("%s was written to %v: %v", folder, entries, err)
		}
	}
}

func TestSetAppendsSorted(t *testing.T) {
	s, _ := open(t)
	d := parse(t, `{"_id": 1, "z": 1}`)
	if _, err := s.Write(t.Context(), ns, []stores.Op{{Action: stores.Insert, Document: d}}); err != nil {
		t.Fatal(err)
	}
	v := d.Lookup("z")
	op := stores.Op{Action: stores.Update, Guard: stores.Guard{ID: d.Lookup("_id")}, Unset: []doc.Path{{"z"}}}
	for _, name := range []string{"c", "a", "b"} {
		op.Set = append(op.Set, stores.Field{Path: doc.Path{name}, Value: v})
	}
	if _, err := s.Write(t.Context(), ns, []stores.Op{op}); err != nil {
		t.Fatal(err)
	}
	if got, want := contents(t, s), `{"_id": 1, "a": 1, "b": 1, "c": 1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStructure(t *testing.T) {
	s, folder := open(t)
	ctx := t.Context()
	if err := s.CreateCollection(ctx, ns, nil); !stores.IsRefused(err) {
		t.Errorf("creating it again: %v", err)
	}
	for _, id := range []string{"1", "2"} {
		if _, err := s.Write(ctx, ns, []stores.Op{{Action: stores.Insert, Document: parse(t, `{"_id": `+id+`, "n": 1}`)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CreateIndexes(ctx, ns, []bson.Raw{parse(t, `{"key": {"n": 1}, "name": "n_1", "unique": true}`)}); !stores.IsRefused(err) {
		t.Errorf("a unique index over equal values: %v", err)
	}
	specs, err := s.Indexes(ctx, ns)
	if err != nil || len(specs) != 2 || stores.IndexName(specs[0]) != "_id_" || stores.IndexName(specs[1]) != "u_1" {
		t.Errorf("%v, %v", specs, err)
	}
	infos, err := s.Collections(ctx, "shop", []string{"none", "c"})
	if err != nil || len(infos) != 1 || infos[0].Name != "c" || infos[0].Type != "collection" {
		t.Errorf("%+v, %v", infos, err)
	}
	if n, err := s.Count(ctx, ns); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := s.Count(ctx, stores.Namespace{Database: "shop", Collection: "none"}); err == nil {
		t.Error("a collection that does not exist is counted")
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(folder, "file")); err == nil || !strings.Contains(err.Error(), "is no directory") {
		t.Errorf("%v", err)
	}
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), "dir:PATH") {
		t.Errorf("%v", err)
	}
}
