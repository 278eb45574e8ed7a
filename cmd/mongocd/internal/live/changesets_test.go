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
	"github.com/hayone1/mongocd/runtime/desired"
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
	store := opened(t, uri)
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
			c := planned(t, store, "changes", name)
			if len(c.plan.Steps) == 0 {
				t.Fatal("no steps")
			}
			text, err := c.plan.In("mongosh")
			if err != nil {
				t.Fatal(err)
			}
			script := filepath.Join(t.TempDir(), "changes.js")
			if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, code := run(script); code != 0 || !strings.Contains(out, "steps done: sha256:00") {
				t.Fatalf("exit %d: %s", code, out)
			}
			got := dumped(t, store, c.database)
			writes := slices.ContainsFunc(c.plan.Steps, func(s changeset.Step) bool { return s.Writes >= 0 })
			if out, code := run(script); writes && (code != 3 && code != 1 || !strings.Contains(out, "not as planned") && !strings.Contains(out, "stopped at step 1 ")) {
				t.Errorf("run again it exits with %d: %s", code, out)
			}
			if again := dumped(t, store, c.database); again != got {
				t.Errorf("a second run made\n%s\nof\n%s", again, got)
			}
			if want := c.applied(t, store); got != want {
				t.Errorf("the script left\n%s\napply\n%s", got, want)
			}
			// Somebody was there first.
			c.fresh()
			touched := c.gone(t, store)
			if touched == "" {
				return // it inserts alone
			}
			before := dumped(t, store, c.database)
			if out, code := run(script); code != 3 || !strings.Contains(out, "not as planned: "+touched) || !strings.Contains(out, "nothing was written") {
				t.Errorf("a document is gone, and it exits with %d: %s", code, out)
			}
			if after := dumped(t, store, c.database); after != before {
				t.Errorf("a refused run made\n%s\nof\n%s", after, before)
			}
		})
	}
}

// plannedCase is a case of the corpus, and the plan of it.
type plannedCase struct {
	name, database string
	state          *desired.State
	options        enforce.Options
	plan           changeset.Plan
	fresh          func() // the destination is as the case begins
}

// planned is a case with a database of its own, as the case begins.
func planned(t *testing.T, store *mongo.Store, prefix, name string) plannedCase {
	t.Helper()
	c := plannedCase{name: name, database: prefix + "_" + strings.ReplaceAll(name, "-", "_")}
	state, seeds := caseState(t, name)
	c.state, c.options = state, enforce.Options{Databases: map[string]string{"dst": c.database}, StateDatabase: c.database + "_state", SameCluster: true}
	c.fresh = func() {
		t.Helper()
		for _, name := range []string{c.database, c.database + "_state"} {
			if err := store.Run(t.Context(), name, doc.NewBuilder(32).AppendInt32("dropDatabase", 1).Raw()); err != nil {
				t.Fatal(err)
			}
		}
		seed(t, store, c.database, seeds)
	}
	c.fresh()
	r := newRecorder(store, state, c.options.Databases)
	if report, err := enforce.Apply(t.Context(), r, state, c.options); err != nil || report.Outcome == change.Refused || r.changes.Refused != "" {
		t.Fatal(view.Text(report, true), r.changes.Refused, err)
	}
	c.plan = changeset.Plan{Weave: state.Weave, Environment: state.Environment, Digest: "sha256:00", Steps: r.changes.Steps}
	return c
}

// applied is what apply leaves.
func (c plannedCase) applied(t *testing.T, store *mongo.Store) string {
	t.Helper()
	c.fresh()
	if report, err := enforce.Apply(t.Context(), store, c.state, c.options); err != nil || report.Outcome != change.Applied {
		t.Fatal(view.Text(report, true), err)
	}
	return dumped(t, store, c.database)
}

// gone deletes a document that the plan is about, and says which step that is; none: it inserts alone.
func (c plannedCase) gone(t *testing.T, store *mongo.Store) (touched string) {
	t.Helper()
	for _, s := range c.plan.Steps {
		if id, ok := doc.Get(s.Look.Filter, doc.Path{"_id"}); ok && s.Found == 1 {
			ns := stores.Namespace{Database: c.database, Collection: s.Look.Collection}
			if v, is := id.DocumentOK(); is {
				id, _ = doc.Get(v, doc.Path{"$eq"})
			}
			if _, err := store.Write(t.Context(), ns, []stores.Op{{Action: stores.Delete, Guard: stores.Guard{ID: id}}}); err != nil {
				t.Fatal(err)
			}
			return s.Title
		}
	}
	return ""
}

func opened(t *testing.T, uri string) *mongo.Store {
	t.Helper()
	store, err := mongo.Open(t.Context(), uri, mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return store
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
