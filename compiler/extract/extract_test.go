package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// newSource gives a client and an empty database of the test's own.
func newSource(t *testing.T) (context.Context, *mongo.Client, *mongo.Database) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	client, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)))
	if err != nil {
		t.Fatal(err)
	}
	db := client.Database("extract_" + strings.ToLower(strings.NewReplacer("/", "_").Replace(t.Name())))
	if err := db.Drop(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Drop(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
		if err := client.Disconnect(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	return ctx, client, db
}

func insert(t *testing.T, ctx context.Context, c *mongo.Collection, documents ...any) {
	t.Helper()
	if _, err := c.InsertMany(ctx, documents); err != nil {
		t.Fatal(err)
	}
}

// fixture is one source and how it is extracted.
type fixture struct {
	Options
	From
	dir string // extracted/
}

// read reads the folder of a result, or one below extracted/.
func (f fixture) read(t *testing.T, folder string) (*layout.Collection, error) {
	t.Helper()
	return layout.Read(t.Context(), f.Disk, folder)
}

func (f fixture) live(ctx context.Context) ([]Result, error) {
	return Live(ctx, []From{f.From}, f.Options)
}

func fixtureOf(client *mongo.Client, root, source string, collections ...Collection) fixture {
	base, rest, err := disk.Nearest(root)
	if err != nil {
		panic(err)
	}
	return fixture{Options{Disk: base, Root: rest}, From{Client: client, Source: source, Collections: collections}, root}
}

func TestLive(t *testing.T) {
	ctx, client, db := newSource(t)
	want := bson.D{
		{Key: "_id", Value: bson.ObjectID{1, 2}}, {Key: "name", Value: "new-checkout"}, {Key: "n", Value: int32(5)}, {Key: "l", Value: int64(5)},
		{Key: "f", Value: 5.0}, {Key: "at", Value: bson.DateTime(-1)}, {Key: "10", Value: "ten"}, {Key: "9", Value: "nine"}, {Key: "e", Value: bson.D{}}, {Key: "a", Value: bson.A{}},
	}
	insert(t, ctx, db.Collection("flags"), want, bson.D{{Key: "_id", Value: 2}, {Key: "name", Value: "../CON"}})
	insert(t, ctx, db.Collection("Price.Lists"), bson.D{{Key: "_id", Value: 1}, {Key: "k", Value: "a"}}, bson.D{{Key: "_id", Value: 2}, {Key: "k", Value: "a"}})
	if _, err := db.Collection("flags").Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "name", Value: 1}, {Key: "n", Value: -1}}, Options: options.Index().SetUnique(true)}); err != nil {
		t.Fatal(err)
	}
	o := fixtureOf(client, filepath.Join(t.TempDir(), "extracted"), "shop", Collection{Name: "flags", Key: []doc.Path{{"name"}}}, Collection{Name: "Price.Lists", Key: []doc.Path{{"k"}}})
	o.Database = db.Name()
	results, err := o.live(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || !results[0].Changed || results[0].Documents != 2 || results[0].Indexes != 1 || results[0].Note != "" || results[1].Note != "files are named by _id: two documents have the same k" {
		t.Errorf("%+v", results)
	}
	c, err := o.read(t, layout.Dir(o.Root, "shop", "flags"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := bson.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Documents) != 2 || !slices.ContainsFunc(c.Documents, func(d layout.Document) bool {
		return bytes.Equal(d.Raw, raw) && d.File == "documents/new-checkout.json"
	}) {
		t.Errorf("documents are not as they were: %+v", c.Documents)
	}
	if len(c.Indexes) != 1 || string(doc.AppendCanonical(nil, c.Indexes[0])) == "" {
		t.Fatalf("indexes %v", c.Indexes)
	}
	if v, ok := doc.Get(c.Indexes[0], doc.Path{"v"}); ok {
		t.Errorf("the index keeps its v: %s", doc.Show(v, 0))
	}
	if v, ok := doc.Get(c.Indexes[0], doc.Path{"unique"}); !ok || doc.Show(v, 0) != "true" {
		t.Errorf("the index is not unique: %s", doc.AppendCanonical(nil, c.Indexes[0]))
	}
	if names, err := layout.Collections(o.Disk, o.Root, "shop"); err != nil || !slices.Equal(names, []string{"Price.Lists", "flags"}) {
		t.Errorf("%q %v", names, err)
	}

	// The second time nothing is written.
	if results, err = o.live(ctx); err != nil || results[0].Changed || results[1].Changed {
		t.Errorf("again: %+v %v", results, err)
	}

	// A document that is gone takes its file with it.
	if _, err := db.Collection("flags").DeleteOne(ctx, bson.D{{Key: "_id", Value: 2}}); err != nil {
		t.Fatal(err)
	}
	if results, err = o.live(ctx); err != nil || !results[0].Changed || results[1].Changed {
		t.Errorf("after a deletion: %+v %v", results, err)
	}
	entries, err := os.ReadDir(filepath.Join(o.dir, "shop", "flags", "documents"))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}

	// What a person has changed stays until it is discarded.
	file := filepath.Join(o.dir, "shop", "flags", "documents", "new-checkout.json")
	if err := os.WriteFile(file, []byte(`{"_id": 1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var refusal *Error
	if _, err = o.live(ctx); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "extracted/shop/flags/documents/new-checkout.json") || !strings.Contains(err.Error(), "--discard-edits") {
		t.Errorf("edited: %v", err)
	}
	o.DiscardEdits = true
	if _, err = o.live(ctx); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(file); err != nil || !bytes.Contains(text, []byte("new-checkout")) {
		t.Errorf("%s %v", text, err)
	}
}

func TestMissingCollection(t *testing.T) {
	ctx, client, db := newSource(t)
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "flags"}, Collection{Name: "flgas"})
	if _, err := o.live(ctx); err == nil || !strings.Contains(err.Error(), "no collections at all") {
		t.Error(err)
	}
	insert(t, ctx, db.Collection("flags"), bson.D{{Key: "x", Value: 1}})
	if _, err := o.live(ctx); err == nil || !strings.Contains(err.Error(), `no collection "flgas"`) || !strings.Contains(err.Error(), `did you mean "flags"?`) {
		t.Error(err)
	}
	if names, err := layout.Databases(o.Disk, o.Root); err != nil || len(names) > 0 {
		t.Errorf("something was written: %q %v", names, err)
	}
}

func TestLayoutIsKept(t *testing.T) {
	ctx, client, db := newSource(t)
	var documents []any
	for i := range 1001 {
		documents = append(documents, bson.D{{Key: "_id", Value: fmt.Sprintf("d%04d", i)}, {Key: "x", Value: i}})
	}
	insert(t, ctx, db.Collection("c"), documents[:1000]...)
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c"})
	expect := func(want layout.Layout, documents int64) {
		t.Helper()
		results, err := o.live(ctx)
		if err != nil || results[0].Layout != want || results[0].Documents != documents {
			t.Fatalf("%+v %v", results, err)
		}
		c, err := o.read(t, results[0].Folder)
		if err != nil || c.Layout != want || int64(len(c.Documents)) != documents {
			t.Fatalf("%v", err)
		}
	}
	expect(layout.Files, 1000)
	insert(t, ctx, db.Collection("c"), documents[1000])
	expect(layout.Files, 1001)
	o.Layout = layout.Shards
	expect(layout.Shards, 1001)
	o.Layout = ""
	expect(layout.Shards, 1001)

	// A description of a newer format is not overwritten by accident.
	folder := layout.Dir(o.dir, o.Source, "c")
	newer := []byte(`{"format": 99}`)
	if err := os.WriteFile(filepath.Join(folder, "collection.json"), newer, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := o.live(ctx); err == nil {
		t.Error("a newer format was overwritten")
	}
}

func TestViewAndOptions(t *testing.T) {
	ctx, client, db := newSource(t)
	insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: 1}})
	if err := db.CreateView(ctx, "v", "c", bson.A{bson.D{{Key: "$match", Value: bson.D{{Key: "x", Value: 1}}}}}); err != nil {
		engine.RequireExact(t, "views: "+err.Error())
	}
	if err := db.CreateCollection(ctx, "capped", options.CreateCollection().SetCapped(true).SetSizeInBytes(4096)); err != nil {
		t.Fatal(err)
	}
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "v"}, Collection{Name: "capped"})
	results, err := o.live(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.read(t, results[0].Folder)
	if err != nil || c.Kind != layout.KindView || !strings.Contains(results[0].Note, "a view") {
		t.Errorf("%+v %v", c, err)
	}
	if v, ok := doc.Get(c.Options, doc.Path{"viewOn"}); !ok || doc.Show(v, 0) != `"c"` {
		t.Errorf("options of the view: %s", doc.AppendCanonical(nil, c.Options))
	}
	c, err = o.read(t, results[1].Folder)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := doc.Get(c.Options, doc.Path{"capped"}); !ok || doc.Show(v, 0) != "true" {
		t.Errorf("options: %s", doc.AppendCanonical(nil, c.Options))
	}
}

func TestTooLarge(t *testing.T) {
	ctx, client, db := newSource(t)
	for i := range 11 {
		insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: i}, {Key: "text", Value: strings.Repeat("x", 200_000)}})
	}
	root := t.TempDir()
	o := fixtureOf(client, root, db.Name(), Collection{Name: "c"})
	o.memory = 300_000 // there are temporary files
	leftOut := []desired.Pattern{{Leaf: "none"}}
	for _, c := range []struct {
		documents, bytes int64
		omit             []desired.Pattern
		want             string
	}{
		{10, 0, nil, ".c has 11 documents, more than the 10 that"},
		{0, 2 << 20, nil, ".c has 3 MiB, more than the 2 MiB that"},
		{0, 2 << 20, leftOut, ".c has more than the 2 MiB that"},
	} {
		o.MaxDocuments, o.MaxBytes, o.Collections[0].Omit = c.documents, c.bytes, c.omit
		_, err := o.live(ctx)
		var refusal *Error
		if !errors.As(err, &refusal) || !strings.Contains(refusal.Message, c.want) || !strings.Contains(err.Error(), "--max-size") {
			t.Errorf("%v, want …%s…", err, c.want)
		}
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) > 0 {
		t.Errorf("something was written: %v %v", entries, err)
	}
	o.MaxDocuments, o.MaxBytes = 11, 3<<20
	if _, err := o.live(ctx); err != nil {
		t.Error(err)
	}
}
