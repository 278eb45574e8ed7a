package mongosh

// The script in real mongosh against a real server.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// field makes a document of names and Extended JSON values, for short tests.
func parse(t testing.TB, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

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

// script writes the script of a state and returns its path.
func script(t testing.TB, s *desired.State, tail string) string {
	t.Helper()
	files, err := Generate(s)
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
		run := engine.Mongosh(t, uri, path, "MONGOCD_MODE="+step.mode, "MONGOCD_OUTPUT=json")
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
	path := script(t, state(collection(t, "d", "c", desired.Replace, `{"_id": 1}`)), "")
	if out, err := exec.CommandContext(t.Context(), "node", "--check", path).CombinedOutput(); err != nil {
		t.Fatalf("node --check: %v\n%s", err, out)
	}
}

var _ = fmt.Sprint
