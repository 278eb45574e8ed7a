package live

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// TestCommandsOnTheWire: what `plan --output commands` prints is what apply sends to
// the destination, in order, for a sample of the corpus.
func TestCommandsOnTheWire(t *testing.T) {
	uri := engine.ForTest(t)
	for _, name := range []string{"unique-chain", "unique-positions", "unique-needs-delete", "unique-partial", "mode-merge-parents", "set-parents", "type-symbol"} {
		t.Run(name, func(t *testing.T) {
			database := "commands_" + strings.ReplaceAll(name, "-", "_")
			state, seeds := caseState(t, name)
			options := enforce.Options{Databases: map[string]string{"dst": database}, StateDatabase: database + "_state", SameCluster: true}

			var sent []bson.Raw
			store, err := mongo.Open(t.Context(), uri, mongo.Options{Comment: "mongocd " + state.Weave + "/" + state.Environment, Monitor: &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
				if e.DatabaseName == database && slices.Contains([]string{"create", "createIndexes", "dropIndexes", "collMod", "insert", "update", "delete"}, e.CommandName) {
					sent = append(sent, bytes.Clone(e.Command))
				}
			}}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			}()
			for _, name := range []string{database, database + "_state"} {
				if err := store.Run(t.Context(), name, doc.NewBuilder(32).AppendInt32("dropDatabase", 1).Raw()); err != nil {
					t.Fatal(err)
				}
			}
			seed(t, store, database, seeds)
			sent = nil

			hello, err := store.Command(t.Context(), "admin", doc.NewBuilder(32).AppendInt32("hello", 1).Raw())
			if err != nil {
				t.Fatal(err)
			}
			r := newRecorder(store, state, options.Databases)
			told := options
			told.Hello = hello
			if _, err := enforce.Apply(t.Context(), r, state, told); err != nil {
				t.Fatal(err)
			}
			if len(sent) > 0 {
				t.Fatalf("the plan sent %s", sent)
			}
			if report, err := enforce.Apply(t.Context(), store, state, options); err != nil || report.Outcome != change.Applied {
				t.Fatal(view.Text(report, true), err)
			}
			var printed, wire []string
			for _, c := range r.commands {
				printed = append(printed, essence(c.command))
			}
			for _, c := range sent {
				wire = append(wire, essence(c))
			}
			if !slices.Equal(printed, wire) || len(wire) == 0 {
				t.Errorf("printed\n%s\nsent\n%s", strings.Join(printed, "\n"), strings.Join(wire, "\n"))
			}
		})
	}
}

// caseState is what a case of the corpus wants, and the files of its `before`.
func caseState(t *testing.T, name string) (*desired.State, []txtar.File) {
	t.Helper()
	archive, err := txtar.ParseFile("../../../../testdata/cases/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	var seeds []txtar.File
	for _, f := range archive.Files {
		at := filepath.Join(root, filepath.FromSlash(f.Name))
		switch {
		case strings.HasPrefix(f.Name, "before/"):
			seeds = append(seeds, f)
		case strings.HasPrefix(f.Name, "extracted/") || strings.HasSuffix(f.Name, ".weave"):
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	w, diagnostics := workspace.LoadDir(root)
	result, more := compiler.Compile(t.Context(), w, workspace.Options{})
	if result == nil {
		t.Fatal(diagnostics, more)
	}
	return result.States[0], seeds
}

// seed makes the collections of a case's `before`.
func seed(t *testing.T, store *mongo.Store, database string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		name := strings.TrimPrefix(f.Name, "before/dst/")
		ns := stores.Namespace{Database: database}
		var documents []bson.Raw
		if collection, ok := strings.CutSuffix(name, ".indexes.json"); ok {
			ns.Collection = collection
			d, err := doc.ParseExtJSON([]byte(`{"v": ` + string(f.Data) + `}`))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range doc.Fields(bson.Raw(d.Lookup("v").Value)) {
				documents = append(documents, v.Document())
			}
			if err := store.CreateIndexes(t.Context(), ns, documents); err != nil {
				t.Fatal(err)
			}
			continue
		}
		ns.Collection = strings.TrimSuffix(name, ".jsonl")
		var ops []stores.Op
		for line := range strings.Lines(string(f.Data)) {
			d, err := doc.ParseExtJSON([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, stores.Op{Action: stores.Insert, Document: d})
		}
		if _, err := store.Write(t.Context(), ns, ops); err != nil {
			t.Fatal(err)
		}
	}
}

// essence is a command without what a session adds, its fields sorted.
func essence(command bson.Raw) string {
	var lines []string
	for name, v := range doc.Fields(command) {
		if !slices.Contains([]string{"lsid", "$db", "$clusterTime", "txnNumber", "$readPreference", "maxTimeMS", "startTransaction", "autocommit", "readConcern"}, name) {
			lines = append(lines, name+": "+string(doc.AppendCanonicalValue(nil, v)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}
