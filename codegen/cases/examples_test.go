package cases

// The examples of the repository, each environment through both artefacts.

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const examples = "../../examples"

// TestExamples compiles every example without a warning, applies each
// environment with one artefact and finds it in sync with the other, both ways
// round; what somebody deletes then is found and brought back by both, of which
// each environment has another one begin.
func TestExamples(t *testing.T) {
	entries, err := os.ReadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		found++
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(examples, entry.Name())
			if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
				t.Error(err)
			}
			w, diagnostics := workspace.LoadDir(dir)
			if loud(diagnostics) {
				t.Fatal(rendered(t, diagnostics))
			}
			result, diagnostics := compiler.Compile(t.Context(), w, workspace.Options{Compiler: "mongocd test"})
			if loud(diagnostics) {
				t.Fatal(rendered(t, diagnostics))
			}
			if len(result.States) < 2 {
				t.Errorf("%d environments, want at least 2", len(result.States))
			}
			for i, state := range result.States {
				t.Run(state.Environment, func(t *testing.T) { runExample(t, state, i%2) })
			}
		})
	}
	if found < 3 {
		t.Errorf("%d examples, want at least 3", found)
	}
}

// runExample takes one environment through both artefacts. What is deleted is found and
// brought back once: drifts 0 has the program begin, 1 the script.
func runExample(t *testing.T, state *desired.State, drifts int) {
	for _, name := range state.SecretNames() { // all artefacts share the environment
		if err := os.Setenv(name, "value of "+name); err != nil {
			t.Fatal(err)
		}
	}
	both := []artefact{goArtefact(buildGo(t, state)), scriptArtefact(buildScript(t, state))}
	var worlds [2]string
	for i, a := range both {
		d := newDestination(t, stateDatabases(state))
		d.proxy.Answer(asRouter)
		for _, run := range []struct {
			artefact
			outcome string
		}{{a, change.Applied}, {both[1-i], change.InSync}} {
			d.proxy.Reset()
			r := run.run(t, "apply", d.proxy.URI(), d.redirects(), true)
			if report := r.report(t, d.original); report.Outcome != run.outcome {
				t.Fatalf("%s after %s: %s, want %s\n%s%s", run.name, a.name, report.Outcome, run.outcome, r.stdout, r.stderr)
			}
			if run.outcome == change.InSync {
				d.wantNoWrites(t, run.name+" after "+a.name)
			}
		}
		if i == drifts {
			d.drift(t, state, a, both[1-i])
		} else if report := a.run(t, "apply", d.proxy.URI(), d.redirects(), true).report(t, d.original); report.Outcome != change.InSync {
			t.Fatalf("%s after itself: %s", a.name, report.Outcome)
		}
		worlds[i] = show(d.dump(t), itself)
	}
	if worlds[0] != worlds[1] {
		t.Errorf("the two artefacts leave different databases, + by mongosh:\n%s", lineDiff(worlds[0], worlds[1]))
	}
}

// drift deletes a document of each collection: one artefact finds that, the other one brings it back.
func (d *destination) drift(t *testing.T, state *desired.State, a, other artefact) {
	t.Helper()
	for _, c := range state.Collections {
		if len(c.Documents) == 0 {
			continue
		}
		if _, err := d.client.Database(d.prefix+c.Database).Collection(c.Name).DeleteOne(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, run := range []struct {
		artefact
		mode, outcome string
	}{{a, "verify", change.Changes}, {other, "apply", change.Applied}, {a, "verify", change.InSync}} {
		r := run.run(t, run.mode, d.proxy.URI(), d.redirects(), true)
		if report := r.report(t, d.original); report.Outcome != run.outcome {
			t.Fatalf("%s of %s after a drift: %s, want %s\n%s%s", run.mode, run.name, report.Outcome, run.outcome, r.stdout, r.stderr)
		}
	}
}

// asRouter answers what only a router of a sharded cluster has.
func asRouter(c wire.Command) bson.Raw {
	if c.Name != "flushRouterConfig" {
		return nil
	}
	return doc.NewBuilder(16).AppendInt32("ok", 1).Raw()
}

// loud reports whether there is more than hints.
func loud(diagnostics diag.List) bool {
	return slices.ContainsFunc(diagnostics, func(d diag.Diagnostic) bool { return d.Severity != diag.Hint && d.Severity != diag.Accepted })
}
