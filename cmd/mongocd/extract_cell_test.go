package main

// A workspace and a source of its own for a test of `extract`.

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// cell is a workspace of a test, a source and a destination database.
type cell struct {
	t           *testing.T
	ctx         context.Context
	client      *mongo.Client
	uri         string
	dir         string
	source, to  *mongo.Database
	environment map[string]string
}

// newCell makes databases named after the test, and a workspace that brings
// the whole source to the destination.
func newCell(t *testing.T) *cell {
	t.Helper()
	uri := engine.ForTest(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.ToLower(t.Name())
	c := &cell{t: t, ctx: t.Context(), client: client, uri: uri, dir: t.TempDir(), source: client.Database(name), to: client.Database(name + "_copy"),
		environment: map[string]string{"MONGOCD_SOURCE_URI": uri, "MONGOCD_DESTINATION_URI": uri}}
	c.clean()
	t.Cleanup(func() {
		c.ctx = context.WithoutCancel(c.ctx)
		c.clean()
		if err := client.Disconnect(c.ctx); err != nil {
			t.Error(err)
		}
	})
	c.file("all.weave", c.weave())
	return c
}

// weave brings everything over as it is.
func (c *cell) weave() string {
	return "weave copy\nenvironments prod\nfrom " + c.source.Name() + " into " + c.to.Name() + " {\n  sync all expect any\n}\n"
}

func (c *cell) clean() {
	c.t.Helper()
	for _, db := range []*mongo.Database{c.source, c.to, c.client.Database("mongocd")} {
		if err := db.Drop(c.ctx); err != nil {
			c.t.Error(err)
		}
	}
}

func (c *cell) file(name, text string) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(c.dir, name)), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// run runs the program in process; the output is both streams.
func (c *cell) run(args ...string) (int, string) {
	var out bytes.Buffer
	code := run(append([]string{"--workspace", c.dir}, args...), strings.NewReader(""), &out, &out, func(name string) (string, bool) {
		v, ok := c.environment[name]
		return v, ok
	})
	return code, out.String()
}

func (c *cell) must(args ...string) string {
	c.t.Helper()
	code, out := c.run(args...)
	if code != console.ExitDone {
		c.t.Fatalf("%q ends with %d:\n%s", args, code, out)
	}
	return out
}

func (c *cell) insert(collection string, documents ...any) {
	c.t.Helper()
	if _, err := c.source.Collection(collection).InsertMany(c.ctx, documents); err != nil {
		c.t.Fatal(err)
	}
}

// tree is every file below extracted/ with its text.
func (c *cell) tree() map[string]string {
	c.t.Helper()
	out := map[string]string{}
	root := os.DirFS(filepath.Join(c.dir, "extracted"))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		out[name] = string(text)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// differ names up to five files that two trees do not share.
func differ(a, b map[string]string) []string {
	var out []string
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			out = append(out, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out[:min(5, len(out))]
}

// dump is a database as bytes: of each collection its options, indexes and
// documents by `_id`, and what the server makes up by itself (UUIDs) left out.
func (c *cell) dump(db *mongo.Database) map[string][]string {
	c.t.Helper()
	out := map[string][]string{}
	cursor, err := db.ListCollections(c.ctx, bson.D{})
	if err != nil {
		c.t.Fatal(err)
	}
	var infos []struct {
		Name, Type string
		Options    bson.Raw
	}
	if err := cursor.All(c.ctx, &infos); err != nil {
		c.t.Fatal(err)
	}
	for _, i := range infos {
		if strings.HasPrefix(i.Name, "system.") {
			continue
		}
		lines := []string{i.Type + " " + string(i.Options)}
		var indexes, documents []bson.Raw
		if i.Type != "view" {
			cursor, err := db.Collection(i.Name).Indexes().List(c.ctx)
			if err == nil {
				err = cursor.All(c.ctx, &indexes)
			}
			if err != nil {
				c.t.Fatal(err)
			}
			cursor, err = db.Collection(i.Name).Find(c.ctx, bson.D{})
			if err == nil {
				err = cursor.All(c.ctx, &documents)
			}
			if err != nil {
				c.t.Fatal(err)
			}
		}
		for _, list := range [][]bson.Raw{indexes, documents} {
			var texts []string
			for _, d := range list {
				texts = append(texts, string(d))
			}
			slices.Sort(texts)
			lines = append(lines, texts...)
		}
		out[i.Name] = lines
	}
	return out
}

// everyType is one value of each BSON type that the engine keeps in an insert.
func everyType(i int) bson.D {
	return bson.D{
		{Key: "double", Value: float64(i) / 3}, {Key: "whole", Value: float64(i)}, {Key: "nan", Value: bson.NewDecimal128(0x7c00000000000000, 0)},
		{Key: "string", Value: fmt.Sprintf("tåg %d \x00 \u2028", i)}, {Key: "document", Value: bson.D{{Key: "10", Value: 1}, {Key: "9", Value: bson.D{}}}},
		{Key: "array", Value: bson.A{int32(i), bson.A{}, nil, bson.D{{Key: "x", Value: 1}}}}, {Key: "binary", Value: bson.Binary{Subtype: 0, Data: []byte{0, 1, byte(i)}}},
		{Key: "uuid", Value: bson.Binary{Subtype: 4, Data: bytes.Repeat([]byte{byte(i)}, 16)}}, {Key: "custom", Value: bson.Binary{Subtype: 0x80, Data: []byte{}}},
		{Key: "objectId", Value: bson.ObjectID{byte(i), 1}}, {Key: "false", Value: false}, {Key: "date", Value: bson.DateTime(int64(i) * 1e9)},
		{Key: "before", Value: bson.DateTime(-1)}, {Key: "far", Value: bson.DateTime(1 << 60)}, {Key: "null", Value: nil}, {Key: "regex", Value: bson.Regex{Pattern: "^a/b", Options: "im"}},
		{Key: "code", Value: bson.JavaScript("return 1")}, {Key: "scoped", Value: bson.CodeWithScope{Code: "x", Scope: bson.D{{Key: "x", Value: i}}}},
		{Key: "int", Value: int32(i)}, {Key: "timestamp", Value: bson.Timestamp{T: uint32(i), I: 7}}, {Key: "long", Value: int64(i) << 40},
		{Key: "decimal", Value: bson.NewDecimal128(0x303e000000000000, uint64(i))}, {Key: "min", Value: bson.MinKey{}}, {Key: "max", Value: bson.MaxKey{}},
		{Key: "symbol", Value: bson.Symbol("s")}, {Key: "wrapper", Value: bson.D{{Key: "$oid", Value: "no id"}}}, {Key: "a.b", Value: 1}, {Key: "$c", Value: 2}, {Key: "", Value: 3},
	}
}

// fill makes collections with documents of every type, indexes and options.
func (c *cell) fill(collections, each int, backwards bool) {
	c.t.Helper()
	for n := range collections {
		name := fmt.Sprintf("Coll.%02d", n)
		create := options.CreateCollection()
		switch n % 5 {
		case 1:
			create.SetValidator(bson.D{{Key: "int", Value: bson.D{{Key: "$exists", Value: true}}}}).SetValidationLevel("moderate")
		case 2:
			create.SetCapped(true).SetSizeInBytes(1 << 24)
		case 3:
			create.SetCollation(&options.Collation{Locale: "sv", Strength: 2})
		}
		if err := c.source.CreateCollection(c.ctx, name, create); err != nil {
			c.t.Fatal(err)
		}
		var documents []any
		for i := range each {
			var id any = fmt.Sprintf("Doc %d/%d", n, i)
			switch i % 4 {
			case 1:
				id = int32(i)
			case 2:
				id = bson.D{{Key: "n", Value: int64(i)}, {Key: "m", Value: "x"}}
			case 3:
				id = bson.ObjectID{byte(i >> 8), byte(i), byte(n)}
			}
			documents = append(documents, append(bson.D{{Key: "_id", Value: id}}, everyType(i)...))
		}
		if backwards {
			slices.Reverse(documents)
		}
		c.insert(name, documents...)
		indexes := []mongo.IndexModel{
			{Keys: bson.D{{Key: "string", Value: 1}, {Key: "int", Value: -1}}, Options: options.Index().SetUnique(true)},
			{Keys: bson.D{{Key: "date", Value: 1}}, Options: options.Index().SetSparse(true).SetName("Späte Daten")},
			{Keys: bson.D{{Key: "long", Value: 1}}, Options: options.Index().SetPartialFilterExpression(bson.D{{Key: "int", Value: bson.D{{Key: "$gt", Value: 5}}}})},
		}
		if backwards {
			slices.Reverse(indexes)
		}
		if _, err := c.source.Collection(name).Indexes().CreateMany(c.ctx, indexes); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := c.source.CreateView(c.ctx, "seen", "Coll.00", bson.A{bson.D{{Key: "$match", Value: bson.D{{Key: "int", Value: 1}}}}}); err != nil {
		engine.RequireExact(c.t, "views: "+err.Error())
	}
}

// withoutSource takes out of the locks whose copy the files are: that is the
// one thing that is another one for the same data.
func withoutSource(tree map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range tree {
		if strings.HasSuffix(name, layout.LockName) {
			first, rest, _ := strings.Cut(text, "\n")
			if strings.HasPrefix(first, "# source ") {
				text = rest
			}
		}
		out[name] = text
	}
	return out
}

// program is the command as a process of its own: this test binary under the
// name that TestMain knows.
func (c *cell) program(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"mongocd", "--workspace", c.dir}, args...)
	for name, value := range c.environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// committing is ready some time after a commit marker was seen, or a second
// has gone by.
func (c *cell) committing(after time.Duration) <-chan time.Time {
	seen := make(chan time.Time, 1)
	marker := filepath.Join(c.dir, "extracted", replace.Area, "commit.json")
	go func() {
		for range 10_000 {
			if _, err := os.Lstat(marker); err == nil {
				time.Sleep(after)
				break
			}
			time.Sleep(100 * time.Microsecond)
		}
		seen <- time.Time{}
	}()
	return seen
}

// soak is the number of random cases: MONGOCD_SOAK, else the sample.
func soak(t *testing.T, sample int) int {
	t.Helper()
	text := os.Getenv("MONGOCD_SOAK")
	if text == "" {
		return sample
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("MONGOCD_SOAK is %q, want a number of cases", text)
	}
	return n
}
