package main

// Extract as a whole: a copy through files is byte for byte the source, files
// depend on nothing but the data, a kill and a full disk leave the old or the
// new state, what a person has written stays.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
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
	if code != exitDone {
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

// TestCopyIsByteEqual: extract, compile without rules and apply give a copy of
// 50 collections, byte for byte: of 2,500 documents, in a soak of 20,000.
func TestCopyIsByteEqual(t *testing.T) {
	c := newCell(t)
	each := 50
	if os.Getenv("MONGOCD_SOAK") != "" {
		each = 400
	}
	c.fill(50, each, false)
	// Documents of capped collections cannot be updated: they go by a mode of their own.
	c.file("all.weave", strings.Replace(c.weave(), "sync all expect any", "sync all except /[27]$/ expect any\n  sync /[27]$/ expect any { mode insert }", 1))
	c.must("extract")
	first := c.tree()
	if out := c.must("extract"); strings.Contains(out, "written") {
		t.Errorf("a second extract writes:\n%s", out)
	}
	if d := differ(first, c.tree()); len(d) > 0 {
		t.Errorf("a second extract changes %q", d)
	}
	c.must("extract", "--check")
	c.must("compile", "--target", "go")
	c.must("apply", "--env", "prod", "--yes")
	want, got := c.dump(c.source), c.dump(c.to)
	if len(got) != 51 || len(want) != 51 {
		t.Errorf("%d collections of %d", len(got), len(want))
	}
	for name := range want {
		if !slices.Equal(want[name], got[name]) {
			t.Errorf("%s is no copy: %d lines of %d", name, len(got[name]), len(want[name]))
			for i := range min(len(want[name]), len(got[name])) {
				if want[name][i] != got[name][i] {
					t.Fatalf("%v\n%v", bson.Raw(want[name][i]), bson.Raw(got[name][i]))
				}
			}
		}
	}
	c.must("verify", "--env", "prod")
}

// TestOrderOfSourceLeavesNoTrace: the same data put in otherwise gives the same files.
func TestOrderOfSourceLeavesNoTrace(t *testing.T) {
	c := newCell(t)
	for _, form := range []string{"files", "lines", "shards"} {
		var trees []map[string]string
		for _, backwards := range []bool{false, true} {
			c.clean()
			if err := os.RemoveAll(filepath.Join(c.dir, "extracted")); err != nil {
				t.Fatal(err)
			}
			c.fill(5, 60, backwards)
			c.must("extract", "--layout", form)
			trees = append(trees, withoutSource(c.tree()))
		}
		if d := differ(trees[0], trees[1]); len(d) > 0 {
			t.Errorf("%s: the order of the source shows in %q", form, d)
		}
	}
}

// keys are `_id`s whose file names are hard: each is a document of its own.
func hardKeys() []any {
	keys := []any{"", "a", "A", "aa", "Aa", "aA", "AA", ".", "..", "../../etc/passwd", "a/b", `a\b`, "a.b", ".git", ".json", "nul", "NUL", "con", "com1", "COM1.txt", "lpt9", "aux.json",
		"a\x00b", "\x00", "a\n", "\x1b[31m", "~", "a~b", "-", "--help", "_", "😀", "é", "e\u0301", "ß", "SS", "İ", "i̇", "\u202egnp.exe", " a", "a ", "a.", "CON ", "$x", "%00", "*", "?", "a:b", "a|b", `"`, "'",
		strings.Repeat("x", 119), strings.Repeat("x", 120), strings.Repeat("x", 121), strings.Repeat("y", 10_000), strings.Repeat("y", 10_000) + "z", strings.Repeat("😀", 4000),
		int32(1), "1", "1.0", int64(2), 3.5, "3.5", true, "true", "null", bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: "1"}}, `{a: 1}`, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 2}}, bson.D{{Key: "b", Value: 2}, {Key: "a", Value: 1}},
		bson.ObjectID{0x65, 1}, bson.ObjectID{0x65, 1}.Hex(), bson.DateTime(0), "1970-01-01T00:00:00Z", bson.Binary{Subtype: 0, Data: []byte("a")}, bson.Binary{Subtype: 4, Data: make([]byte, 16)},
		bson.Timestamp{T: 1, I: 1}, bson.MinKey{}, bson.MaxKey{}, math(-0.5), bson.NewDecimal128(0x3040000000000000, 7)}
	for _, device := range []string{"prn", "com0", "com9", "lpt0", "conin$", "conout$", "clock$"} {
		keys = append(keys, device, strings.ToUpper(device))
	}
	return keys
}

func math(f float64) float64 { return f }

// TestHardFileNames: keys of every kind go through files and come back.
func TestHardFileNames(t *testing.T) {
	c := newCell(t)
	var documents []any
	for i, key := range hardKeys() {
		documents = append(documents, bson.D{{Key: "_id", Value: key}, {Key: "n", Value: int32(i)}})
	}
	c.insert("keys", documents...)
	names := []string{"a b", "CON", "con", "Con", "a..", "x/y", "😀", "a.new", "hidden.", "mongocd.lock", "documents", strings.Repeat("long", 50)}
	for _, name := range names {
		c.insert(name, bson.D{{Key: "_id", Value: name}})
	}
	c.must("extract", "--layout", "files")
	tree := c.tree()
	folded := map[string]string{}
	for name := range tree {
		for part := range strings.SplitSeq(name, "/") {
			if strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_-~.") != "" || len(part) > 140 || strings.HasPrefix(part, ".") {
				t.Errorf("the file name %q is not safe everywhere", name)
			}
		}
		if other, ok := folded[strings.ToLower(name)]; ok {
			t.Errorf("%q and %q are one name on some file systems", name, other)
		}
		folded[strings.ToLower(name)] = name
	}
	if n := len(tree) - 2*(1+len(names)); n != len(documents)+len(names) {
		t.Errorf("%d files of documents, want %d", n, len(documents)+len(names))
	}
	if out := c.must("extract"); strings.Contains(out, "written") {
		t.Errorf("a second extract writes:\n%s", out)
	}
	c.must("apply", "--env", "prod", "--yes")
	want, got := c.dump(c.source), c.dump(c.to)
	for name := range want {
		if !slices.Equal(want[name], got[name]) {
			t.Errorf("%q is no copy: %d lines of %d", name, len(got[name]), len(want[name]))
		}
	}
}

// TestEditsSurvive: a file that a person has changed stays through every
// command that was not told to discard it.
func TestEditsSurvive(t *testing.T) {
	c := newCell(t)
	c.insert("flags", bson.D{{Key: "_id", Value: "a"}, {Key: "n", Value: int32(1)}}, bson.D{{Key: "_id", Value: "b"}, {Key: "n", Value: int32(2)}})
	c.insert("other", bson.D{{Key: "_id", Value: "a"}})
	c.must("extract")
	folder := filepath.ToSlash(filepath.Join("extracted", layout.FolderName(c.source.Name()), "flags"))
	mine := map[string]string{
		folder + "/documents/a.json":    "{\"_id\": \"a\", \"n\": 7}\n",
		folder + "/documents/mine.json": "{\"_id\": \"mine\", \"n\": 8}\n",
		folder + "/README.md":           "mine\n",
	}
	for name, text := range mine {
		c.file(name, text)
	}
	gone := filepath.Join(c.dir, folder, "documents", "b.json")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	c.insert("flags", bson.D{{Key: "_id", Value: "new"}})
	before := c.tree()
	for _, args := range [][]string{
		{"extract"}, {"extract", "--layout", "lines"}, {"extract", "--check"}, {"extract", "--collection", "flags"}, {"check"}, {"test"}, {"diff", "--env", "prod"}, {"compile"}, {"compile", "--check"}, {"fmt"},
		{"plan", "--env", "prod"}, {"apply", "--env", "prod", "--yes"}, {"verify", "--env", "prod"}, {"extract", "--max-documents", "1"}, {"init"},
	} {
		code, out := c.run(args...)
		if d := differ(before, c.tree()); len(d) > 0 {
			t.Fatalf("%q changed %q", args, d)
		}
		if args[0] == "extract" && code == exitDone {
			t.Errorf("%q did not stop:\n%s", args, out)
		}
	}
	if _, out := c.run("extract"); !strings.Contains(out, folder+"/documents/b.json") || !strings.Contains(out, folder+"/documents/mine.json") || !strings.Contains(out, "3 files were changed") {
		t.Errorf("the files are not named:\n%s", out)
	}
	if code, out := c.run("extract", "--check"); code != exitDifferences || !strings.Contains(out, "edited   "+folder+"/documents/a.json") || !strings.Contains(out, "missing  "+folder+"/documents/new.json") {
		t.Errorf("--check ends with %d:\n%s", code, out)
	}
	c.must("extract", "--discard-edits")
	after := c.tree()
	relative := strings.TrimPrefix(folder, "extracted/")
	if after[relative+"/README.md"] != "mine\n" || after[relative+"/documents/mine.json"] != "" || !strings.Contains(after[relative+"/documents/a.json"], `"n": 1`) {
		t.Errorf("%q", after)
	}
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

// TestKilledExtract kills the program at random moments: what is there is the
// old state or the new one, and the next command works.
func TestKilledExtract(t *testing.T) {
	c := newCell(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const collections, each = 6, 60
	for n := range collections {
		var documents []any
		for i := range each {
			documents = append(documents, bson.D{{Key: "_id", Value: fmt.Sprintf("d%03d", i)}, {Key: "version", Value: int32(0)}, {Key: "text", Value: strings.Repeat("x", 200)}})
		}
		c.insert(fmt.Sprintf("c%d", n), documents...)
	}
	forms := []string{"files", "lines", "shards"}
	c.must("extract")
	started := time.Now()
	if out, err := c.program("extract", "--layout", "lines").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	full := time.Since(started)
	killed, old := 0, 0
	for i := range soak(t, 6) {
		version := int32(i + 1)
		for n := range collections {
			name := fmt.Sprintf("c%d", n)
			if _, err := c.source.Collection(name).UpdateMany(c.ctx, bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: version}}}}); err != nil {
				t.Fatal(err)
			}
		}
		before := c.tree()
		form := forms[random.IntN(3)]
		cmd := c.program("extract", "--layout", form)
		started := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Every other run is killed while it replaces the folders.
		moment := time.After(full/4 + time.Duration(random.Int64N(int64(full))))
		if i%2 == 1 {
			moment = c.committing(time.Duration(random.Int64N(int64(3 * time.Millisecond))))
		}
		var err error
		select {
		case err = <-ended:
			full = (full + time.Since(started)) / 2
		case <-moment:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			err = <-ended
		}
		if err != nil {
			killed++
		}
		// Any command finishes what was committed; one that only reads will do.
		c.must("check")
		now := c.tree()
		for name := range now {
			if strings.HasPrefix(name, replace.Area) {
				delete(now, name)
			}
		}
		if len(differ(before, now)) == 0 {
			old++
		} else {
			c.must("extract", "--check")
		}
		c.must("extract", "--layout", form)
		if d := differ(now, c.tree()); len(differ(before, now)) > 0 && len(d) > 0 {
			t.Fatalf("after %d kills: neither the old nor the new state: %q", i, d)
		}
		for name := range c.tree() {
			if strings.HasPrefix(name, ".") {
				t.Fatalf("left over: %s", name)
			}
		}
	}
	t.Logf("%d killed of runs of %s, %d left the old state", killed, full.Round(time.Millisecond), old)
}

// TestFullDisk: where files cannot grow, nothing is replaced.
func TestFullDisk(t *testing.T) {
	c := newCell(t)
	c.insert("small", bson.D{{Key: "_id", Value: 1}})
	c.must("extract")
	var documents []any
	for i := range 40 {
		documents = append(documents, bson.D{{Key: "_id", Value: i}, {Key: "text", Value: strings.Repeat("x", 100_000)}})
	}
	c.insert("small", bson.D{{Key: "_id", Value: 2}})
	c.insert("large", documents...)
	before := c.tree()
	for _, form := range []string{"files", "lines"} {
		cmd := c.program("extract", "--layout", form)
		limited := exec.Command("sh", "-c", `ulimit -f 60; exec -a mongocd "$0" "$@"`)
		limited.Args = append(limited.Args, cmd.Path)
		limited.Args = append(limited.Args, cmd.Args[1:]...)
		if bash, err := exec.LookPath("bash"); err == nil {
			limited.Path, limited.Args[0] = bash, "bash" // exec -a is none of sh
		} else {
			t.Fatal(err)
		}
		limited.Env = cmd.Env
		out, err := limited.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "file too large") || !strings.Contains(string(out), "large") {
			t.Errorf("%s: %v\n%s", form, err, out)
		}
		if d := differ(before, c.tree()); len(d) > 0 {
			t.Errorf("%s: %q", form, d)
		}
	}
	c.must("extract")
}

// TestCollectionThatIsGone: what a pattern brought in goes when the source has
// it no longer, but for a user's own files; edited files stop it.
func TestCollectionThatIsGone(t *testing.T) {
	c := newCell(t)
	for _, name := range []string{"a", "b", "c"} {
		c.insert(name, bson.D{{Key: "_id", Value: name}})
	}
	c.must("extract")
	folder := "extracted/" + layout.FolderName(c.source.Name()) + "/"
	c.file(folder+"c/NOTES", "mine")
	for _, name := range []string{"b", "c"} {
		if err := c.source.Collection(name).Drop(c.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := c.run("extract", "--check"); code != exitDifferences || !strings.Contains(out, "extra    "+folder+"b/: the source has the collection no longer") {
		t.Errorf("--check ends with %d:\n%s", code, out)
	}
	c.must("extract", "--collection", "a")
	if len(c.tree()) != 10 {
		t.Errorf("one collection was asked for: %q", c.tree())
	}
	c.file(folder+"b/documents/b.json", `{"_id": "b", "mine": 1}`)
	if code, out := c.run("extract"); code != exitFailed || !strings.Contains(out, "b.json") {
		t.Errorf("an edited file: %d\n%s", code, out)
	}
	if out := c.must("extract", "--discard-edits"); !strings.Contains(out, ".b: removed (the source has it no longer)") {
		t.Errorf("%s", out)
	}
	tree := c.tree()
	if _, err := os.Stat(filepath.Join(c.dir, folder, "b")); !os.IsNotExist(err) || len(tree) != 4 || tree[strings.TrimPrefix(folder, "extracted/")+"c/NOTES"] != "mine" {
		t.Errorf("%q %v", tree, err)
	}
	c.must("extract", "--check")
}

// TestOwnSource: what was extracted knows where it came from, and is not
// applied to it.
func TestOwnSource(t *testing.T) {
	c := newCell(t)
	c.insert("flags", bson.D{{Key: "_id", Value: "a"}, {Key: "n", Value: int32(1)}})
	name := c.source.Name()
	c.file("all.weave", "weave own\nenvironments prod\nfrom "+name+" into "+name+" {\n  sync flags {\n    set n = 2\n  }\n}\n")
	c.must("extract")
	if code, out := c.run("apply", "--env", "prod", "--yes"); code != 3 || !strings.Contains(out, "own-source") {
		t.Errorf("apply to the source ends with %d:\n%s", code, out)
	}
	if got := c.dump(c.source)["flags"]; !strings.Contains(strings.Join(got, ""), "n\x00\x01\x00\x00\x00") {
		t.Errorf("the source was written to: %q", got)
	}
}
