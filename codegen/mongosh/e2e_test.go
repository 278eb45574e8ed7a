package mongosh

// The script in real mongosh against a real server.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/prelude"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
)

var parse = doctest.Parse

func state(collections ...*desired.Collection) *desired.State {
	return &desired.State{Weave: "w", Environment: "e", Compiler: "mongocd test", Collections: collections}
}

func collection(t testing.TB, database, name string, mode desired.Mode, documents ...string) *desired.Collection {
	c := &desired.Collection{
		Database: database, Name: name, Origin: "w.weave:1:1", Mode: mode, Identity: []doc.Path{{"_id"}},
	}
	for _, text := range documents {
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, text)})
	}
	return c
}

// rendered is a state with its files.
func rendered(t testing.TB, s *desired.State) *desired.Rendered {
	t.Helper()
	r, err := desired.Render(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// script writes the script of a state and returns its path.
func script(t testing.TB, s *desired.State, tail string) string {
	t.Helper()
	files, err := Generate(rendered(t, s))
	if err != nil {
		t.Fatal(err)
	}
	data := files[0].Data
	if tail != "" {
		call := []byte("quit(mongocdMain(")
		i := bytes.LastIndex(data, call)
		data = slices.Concat(data[:i], []byte(tail), []byte("\n"), data[i:])
	}
	path := filepath.Join(t.TempDir(), files[0].Path)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func connect(t testing.TB) (*mongo.Client, string) {
	t.Helper()
	uri := engine.ForTest(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := client.Disconnect(ctx); err != nil {
			t.Error(err)
		}
	})
	return client, uri
}

func freshDatabase(t testing.TB, client *mongo.Client, name string) *mongo.Database {
	t.Helper()
	db := client.Database(name)
	if err := db.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func stored(t testing.TB, c *mongo.Collection) []bson.Raw {
	t.Helper()
	cursor, err := c.Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	var found []bson.Raw
	if err := cursor.All(t.Context(), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestScriptTwice(t *testing.T) {
	client, uri := connect(t)
	db := freshDatabase(t, client, "f_twice")
	if _, err := db.Collection("c").InsertMany(t.Context(), []any{
		parse(t, `{"_id": 1, "a": 1, "10": {"$numberLong": "5"}, "n": {"x": 1, "y": 2}}`),
		parse(t, `{"_id": 2, "gone": true}`),
		parse(t, `{"_id": 9, "kind": "old"}`),
	}); err != nil {
		t.Fatal(err)
	}
	c := collection(t, "f_twice", "c", desired.Exact,
		`{"_id": 1, "a": {"$numberDouble": "1.0"}, "10": {"$numberLong": "5"}, "n": {"y": 2, "x": 1}}`,
		`{"_id": 2, "a.b": 1, "$x": "</script>${x}'\\"}`,
		`{"_id": 3, "m": {"b": 1, "10": 2, "2": {"__proto__": 1}}}`)
	c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 1}
	path := script(t, state(c), "")
	for _, step := range []struct {
		mode, outcome string
		code          int
	}{{"plan", "changes", 0}, {"verify", "changes", 2}, {"apply", "applied", 0}, {"apply", "in-sync", 0}, {"verify", "in-sync", 0}} {
		lines := filepath.Join(t.TempDir(), "report.jsonl")
		run := engine.Mongosh(t, uri, path, "MONGOCD_MODE="+step.mode, "MONGOCD_OUTPUT=json", "MONGOCD_REPORT="+lines)
		if written, err := os.ReadFile(lines); err != nil || !bytes.Contains(written, []byte(`"outcome":"`+step.outcome+`"`)) {
			t.Errorf("%s: %v, the report as lines is\n%s", step.mode, err, written)
		} else {
			schema.Lines(t, written)
		}
		var report struct{ Outcome string }
		if err := json.Unmarshal([]byte(run.Stdout), &report); err != nil {
			t.Fatalf("%s: %v\n%s\n%s", step.mode, err, run.Stdout, run.Stderr)
		}
		if report.Outcome != step.outcome || run.Code != step.code {
			t.Fatalf("%s: %s, exit %d; want %s, exit %d\n%s", step.mode, report.Outcome, run.Code, step.outcome, step.code, run.Stdout)
		}
	}
	found := stored(t, db.Collection("c"))
	for i, d := range c.Documents {
		if i >= len(found) || !sameFields(found[i], d.Raw) {
			t.Errorf("document %d\ngot  %s\nwant %s", i, doc.AppendCanonical(nil, found[i]), doc.AppendCanonical(nil, d.Raw))
		}
	}
	if len(found) != len(c.Documents) {
		t.Errorf("%d documents are there", len(found))
	}
}

// sameFields: the same top-level fields with identical values, in any order.
func sameFields(a, b bson.Raw) bool {
	n := 0
	for name, v := range doc.Fields(a) {
		w, ok := doc.Get(b, doc.Path{name})
		if !ok || !doc.Identical(v, w) {
			return false
		}
		n++
	}
	m := 0
	for range doc.Fields(b) {
		m++
	}
	return n == m
}

func TestNodeCheck(t *testing.T) {
	files, err := Generate(rendered(t, state(collection(t, "d", "c", desired.Replace, `{"_id": 1}`))))
	if err != nil {
		t.Fatal(err)
	}
	top, rest, _ := bytes.Cut(files[0].Data, []byte("\n\n"))
	if sum := sha256.Sum256(rest); !bytes.HasSuffix(top, hex.AppendEncode(nil, sum[:])) {
		t.Errorf("the header's digest is not that of the rest: %s", top)
	}
	path := script(t, state(collection(t, "d", "c", desired.Replace, `{"_id": 1}`)), "")
	if out, err := exec.CommandContext(t.Context(), "node", "--check", path).CombinedOutput(); err != nil {
		t.Fatalf("node --check: %v\n%s", err, out)
	}
}

// TestScriptAsGo compares the script's reports with the Go engine's, byte for byte.
func TestScriptAsGo(t *testing.T) {
	client, uri := connect(t)
	db := freshDatabase(t, client, "f_as_go")
	store, err := storemongo.Open(t.Context(), uri, storemongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	g := gen{rand.New(rand.NewPCG(9, 10))}
	for i, name := range []string{"c", "__proto__", "constructor", "a.b", `a"b'c`, "é\u2028\U0001f600"} {
		s, live, indexes := g.world(t, "f_as_go")
		s.Collections[0].Name = name
		seed(t, db.Collection(s.Collections[0].Name), live, indexes)
		report, err := enforce.Plan(t.Context(), store, s, enforce.Options{Engine: prelude.Digest()})
		if err != nil {
			t.Fatal(err)
		}
		want, err := view.JSON(report)
		if err != nil {
			t.Fatal(err)
		}
		env, output := "MONGOCD_OUTPUT=json", string(want)
		switch i % 4 {
		case 1:
			env, output = "MONGOCD_VERBOSE=1", view.Text(report, true)
		case 2:
			env, output = "MONGOCD_OUTPUT=markdown", view.Report(report, view.Form{Markdown: true})
		case 3:
			env, output = "MONGOCD_QUIET=1", view.Report(report, view.Form{Quiet: true})
		}
		run := engine.Mongosh(t, uri, script(t, s, ""), env)
		if run.Stdout != output || run.Code != report.Exit {
			t.Fatalf("case %d: exit %d\n%s%s\nwant exit %d\n%s", i, run.Code, run.Stdout, run.Stderr, report.Exit, output)
		}
	}
}

// TestTypes sends values of every type with mongosh and reads the stored bytes
// back: exact is what CannotHold lets through.
func TestTypes(t *testing.T) {
	engine.RequireExact(t, "it does not keep every type")
	client, uri := connect(t)
	db := freshDatabase(t, client, "f_types")
	g := gen{rand.New(rand.NewPCG(11, 12))}
	c := collection(t, "f_types", "c", desired.Exact)
	add := func(d bson.Raw) bool {
		if _, bad := CannotHold(d); bad {
			return false
		}
		c.Documents = append(c.Documents, desired.Document{Raw: d})
		return true
	}
	withID := func(v bson.RawValue) bson.Raw {
		inner := doc.NewBuilder(64).Append("10", v).Append("2", v).Raw()
		b := doc.NewBuilder(64).Append("_id", int32Raw(len(c.Documents))).AppendDocument("n", inner).AppendArray("a", v, v)
		if v.Type != bson.TypeTimestamp { // servers replace Timestamp(0, 0) at the top
			b.Append("v", v)
		}
		return b.Raw()
	}
	refused := 0
	for len(c.Documents) < 1500 {
		if !add(withID(g.value(1))) {
			refused++
		}
	}
	nan := bson.RawValue{Type: bson.TypeDouble, Value: binary.LittleEndian.AppendUint64(nil, 0xfff8000000001234)}
	add(withID(nan))
	path := script(t, state(c), "")
	if run := engine.Mongosh(t, uri, path, "MONGOCD_MODE=apply"); run.Code != 0 {
		t.Fatalf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	for i, d := range stored(t, db.Collection("c")) {
		if !bytes.Equal(d, c.Documents[i].Raw) {
			t.Errorf("sent %s\nstored %s", doc.Line(c.Documents[i].Raw), doc.Line(d))
		}
	}
	t.Logf("%d documents sent, %d refused", len(c.Documents), refused)
	if run := engine.Mongosh(t, uri, path, "MONGOCD_MODE=verify"); run.Code != 0 {
		t.Fatalf("verify: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
}

// TestConcurrentField has an application add a field and change another
// document between reading and writing.
func TestConcurrentField(t *testing.T) {
	client, uri := connect(t)
	c := freshDatabase(t, client, "f_race").Collection("c")
	if _, err := c.InsertMany(t.Context(), []any{parse(t, `{"_id": 1, "a": 1, "m": {"x": 1}}`), parse(t, `{"_id": 2, "a": 1}`)}); err != nil {
		t.Fatal(err)
	}
	s := state(collection(t, "f_race", "c", desired.Merge, `{"_id": 1, "a": 2, "m": {"y": 2}}`, `{"_id": 2, "a": 2}`))
	proxy, err := wire.Start(t.Context(), strings.TrimSuffix(strings.Split(strings.TrimPrefix(uri, "mongodb://"), "/")[0], "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	}()
	var once sync.Once
	proxy.OnCommand(func(command wire.Command) {
		if command.Name != "update" {
			return
		}
		once.Do(func() {
			for _, change := range []struct {
				id     int
				update string
			}{{1, `{"$set": {"app": true, "m.z": 3}}`}, {2, `{"$set": {"a": 7}}`}} {
				if _, err := c.UpdateByID(context.Background(), change.id, parse(t, change.update)); err != nil {
					t.Error(err)
				}
			}
		})
	})
	path := script(t, s, "")
	run := engine.Mongosh(t, proxy.URI(), path, "MONGOCD_MODE=apply")
	if run.Code != 0 {
		t.Fatalf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	found := stored(t, c)
	if want := parse(t, `{"_id": 1, "a": 2, "m": {"x": 1, "y": 2, "z": 3}, "app": true}`); !jsonEqual(t, found[0], want) {
		t.Errorf("got %s", found[0])
	}
	if want := parse(t, `{"_id": 2, "a": 2}`); !jsonEqual(t, found[1], want) {
		t.Errorf("got %s", found[1])
	}
	proxy.Reset()
	if run := engine.Mongosh(t, proxy.URI(), path, "MONGOCD_MODE=apply"); run.Code != 0 || !strings.Contains(run.Stdout, "result: in-sync") {
		t.Fatalf("second run: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	for _, command := range proxy.Commands() {
		if slices.Contains([]string{"insert", "update", "delete", "create", "createIndexes", "findAndModify", "drop"}, command.Name) {
			t.Errorf("the second run sent %s", command.Name)
		}
	}
}

// jsonEqual ignores the order of fields.
func jsonEqual(t testing.TB, a, b bson.Raw) bool {
	t.Helper()
	var x, y any
	for _, side := range []struct {
		d  bson.Raw
		to *any
	}{{a, &x}, {b, &y}} {
		if err := json.Unmarshal(doc.AppendCanonical(nil, side.d), side.to); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(x, y)
}

// TestCannotGuard: a transaction reads and compares what mongosh cannot send; an
// _id that it cannot send stops the run.
func TestCannotGuard(t *testing.T) {
	engine.RequireExact(t, "it does not keep dates beyond the years that JavaScript has")
	client, uri := connect(t)
	c := freshDatabase(t, client, "f_guard").Collection("c")
	if _, err := c.InsertOne(t.Context(), parse(t, `{"_id": 1, "a": {"x": [{"$date": {"$numberLong": "8640000000000001"}}]}}`)); err != nil {
		t.Fatal(err)
	}
	run := engine.Mongosh(t, uri, script(t, state(collection(t, "f_guard", "c", desired.Exact, `{"_id": 1, "a": 1}`)), ""), "MONGOCD_MODE=apply")
	if run.Code != 0 || !strings.Contains(run.Stdout, "written: 1 updated") {
		t.Fatalf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	if _, err := c.InsertOne(t.Context(), parse(t, `{"_id": {"$date": {"$numberLong": "8640000000000001"}}, "k": 2}`)); err != nil {
		t.Fatal(err)
	}
	byKey := collection(t, "f_guard", "c", desired.Exact, `{"k": 2, "a": 1}`)
	byKey.Identity = []doc.Path{{"k"}}
	run = engine.Mongosh(t, uri, script(t, state(byKey), ""), "MONGOCD_MODE=apply")
	if run.Code != 3 || !strings.Contains(run.Stdout, "conflict cannot-guard in f_guard.c") || !strings.Contains(run.Stdout, "_id of {k: 2}") {
		t.Fatalf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	// Nor does a guard that does not fit beside its write.
	large := func(letter string) string {
		return `{"_id": 3, "k": 3, "big": "` + strings.Repeat(letter, 9<<20) + `"}`
	}
	if _, err := c.InsertOne(t.Context(), parse(t, large("x"))); err != nil {
		t.Fatal(err)
	}
	byKey = collection(t, "f_guard", "c", desired.Exact, large("y"))
	run = engine.Mongosh(t, uri, script(t, state(byKey), ""), "MONGOCD_MODE=apply")
	if run.Code != 0 || !strings.Contains(run.Stdout, "written: 1 updated") {
		t.Fatalf("exit %d\n%.2000s%s", run.Code, run.Stdout, run.Stderr)
	}
	want := "mongosh cannot send a document: v is undefined"
	if _, err := Generate(rendered(t, state(collection(t, "d", "c", desired.Exact, `{"_id": 1, "v": {"$undefined": true}}`)))); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
