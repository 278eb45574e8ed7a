package live

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/changeset"
	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// TestChangesets: the script of `plan --output mongosh`, run by mongosh, leaves what
// apply leaves, byte for byte; run once more it writes nothing; and what it looks at
// refuses it when somebody has changed a document meanwhile.
func TestChangesets(t *testing.T) {
	uri, mongosh := engine.ForTest(t), engine.MongoshPath(t)
	store, err := mongo.Open(t.Context(), uri, mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	run := func(script string) (string, int) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, mongosh, uri, "--quiet", "--norc", script)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	for _, name := range changesetCases {
		t.Run(name, func(t *testing.T) {
			database := "changes_" + strings.ReplaceAll(name, "-", "_")
			state, seeds := caseState(t, name)
			options := enforce.Options{Databases: map[string]string{"dst": database}, StateDatabase: database + "_state", SameCluster: true}
			fresh := func() {
				t.Helper()
				for _, name := range []string{database, database + "_state"} {
					if err := store.Run(t.Context(), name, doc.NewBuilder(32).AppendInt32("dropDatabase", 1).Raw()); err != nil {
						t.Fatal(err)
					}
				}
				seed(t, store, database, seeds)
			}
			fresh()
			r := newRecorder(store, state, options.Databases)
			if report, err := enforce.Apply(t.Context(), r, state, options); err != nil || report.Outcome == change.Refused {
				t.Fatal(view.Text(report, true), err)
			}
			if r.changes.Refused != "" || len(r.changes.Steps) == 0 {
				t.Fatalf("%d steps, refused: %s", len(r.changes.Steps), r.changes.Refused)
			}
			script := filepath.Join(t.TempDir(), "changes.js")
			if err := os.WriteFile(script, []byte(changeset.Mongosh(changeset.Plan{Weave: state.Weave, Environment: state.Environment, Digest: "sha256:00", Steps: r.changes.Steps})), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, code := run(script); code != 0 || !strings.Contains(out, "steps done: sha256:00") {
				t.Fatalf("exit %d: %s", code, out)
			}
			got := dumped(t, store, database)
			writes := slices.ContainsFunc(r.changes.Steps, func(s changeset.Step) bool { return s.Writes >= 0 })
			if out, code := run(script); writes && (code != 3 && code != 1 || !strings.Contains(out, "not as planned") && !strings.Contains(out, "stopped at step 1 ")) {
				t.Errorf("run again it exits with %d: %s", code, out)
			}
			if again := dumped(t, store, database); again != got {
				t.Errorf("a second run made\n%s\nof\n%s", again, got)
			}
			fresh()
			if report, err := enforce.Apply(t.Context(), store, state, options); err != nil || report.Outcome != change.Applied {
				t.Fatal(view.Text(report, true), err)
			}
			if want := dumped(t, store, database); got != want {
				t.Errorf("the script left\n%s\napply\n%s", got, want)
			}
			// Somebody was there first.
			fresh()
			touched := ""
			for _, s := range r.changes.Steps {
				if id, ok := doc.Get(s.Look.Filter, doc.Path{"_id"}); ok && s.Found == 1 {
					ns := stores.Namespace{Database: database, Collection: s.Look.Collection}
					if v, is := id.DocumentOK(); is {
						id, _ = doc.Get(v, doc.Path{"$eq"})
					}
					if _, err := store.Write(t.Context(), ns, []stores.Op{{Action: stores.Delete, Guard: stores.Guard{ID: id}}}); err != nil {
						t.Fatal(err)
					}
					touched = s.Title
					break
				}
			}
			if touched == "" {
				return // it inserts alone
			}
			before := dumped(t, store, database)
			if out, code := run(script); code != 3 || !strings.Contains(out, "not as planned: "+touched) || !strings.Contains(out, "nothing was written") {
				t.Errorf("a document is gone, and it exits with %d: %s", code, out)
			}
			if after := dumped(t, store, database); after != before {
				t.Errorf("a refused run made\n%s\nof\n%s", after, before)
			}
		})
	}
}

// changesetCases are cases of the corpus whose documents have their `_id`s from the data.
var changesetCases = []string{"mode-merge-parents", "set-parents", "type-symbol", "mode-exact", "prune-where", "string-hostile", "name-dots-dollars", "identity-hostile", "type-decimal", "type-regex", "structure-index-create", "mode-replace"}

// dumped is a database as text: collections, indexes and documents.
func dumped(t *testing.T, store *mongo.Store, database string) string {
	t.Helper()
	infos, err := store.Collections(t.Context(), database, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, info := range infos {
		ns := stores.Namespace{Database: database, Collection: info.Name}
		b.WriteString(info.Name + " " + string(doc.AppendCanonical(nil, info.Options)) + "\n")
		indexes, err := store.Indexes(t.Context(), ns)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range indexes {
			b.WriteString("  index " + string(doc.AppendCanonical(nil, index)) + "\n")
		}
		for d, err := range store.Find(t.Context(), ns, stores.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString("  " + string(doc.AppendCanonical(nil, bson.Raw(d))) + "\n")
		}
	}
	return b.String()
}
