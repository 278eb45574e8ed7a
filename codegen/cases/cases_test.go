package cases

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// TestCases takes every case through compiler, formatter and both artefacts, on
// the directory store and on the test engine. All runs have to agree on the plan
// as text, the reports and every byte that is there afterwards.
func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c.writeWorkspace(t, dir)
			state := compile(t, dir, c.env)
			c.checkFormat(t, state)
			program := goArtefact(buildGo(t, state))

			var runs []outcome
			if c.notOnDirectory == "" {
				runs = append(runs, c.runOnDirectory(t, state, program))
			}
			if c.directory == "" {
				runs = append(runs, c.runOnEngine(t, state, program, program, c.exit, c.conflicts))
			}
			switch {
			case c.cannotHold:
				c.checkCannotHold(t, state)
			case c.directory == "" || c.mongoshExit != c.exit: // a refusal writes nothing that the engine could not keep
				script := scriptArtefact(buildScript(t, state))
				run := c.runOnEngine(t, state, script, program, c.mongoshExit, c.mongoshConflicts)
				if c.mongoshExit == c.exit { // else it refuses, as expected, and the reports differ
					runs = append(runs, run)
				}
			}
			c.checkReport(t, runs[0].text)
			for _, run := range runs[1:] {
				if run.text != runs[0].text {
					t.Errorf("the plans as text differ:\n%s", lineDiff(runs[0].text, run.text))
				}
				for i, what := range []string{"apply", "the second apply"} {
					if run.reports[i] != runs[0].reports[i] {
						t.Errorf("the reports of %s differ:\n%s", what, lineDiff(runs[0].reports[i], run.reports[i]))
					}
				}
			}
		})
	}
}

func (c *testCase) checkReport(t *testing.T, text string) {
	t.Helper()
	switch {
	case c.report == text:
	case os.Getenv("UPDATE_GOLDEN") != "":
		c.updateReport(t, text)
	default:
		t.Errorf("report.txt differs; UPDATE_GOLDEN=1 writes it:\n%s", lineDiff(c.report, text))
	}
}

// checkCannotHold: the script is refused when it is generated, in words.
func (c *testCase) checkCannotHold(t *testing.T, state *desired.State) {
	t.Helper()
	if _, err := mongosh.Generate(state); err == nil {
		t.Error("the mongosh script was generated, though mongosh cannot hold the data")
	}
}

// outcome is what a user sees of one artefact's runs; database names as in the state.
type outcome struct {
	text    string    // the plan
	reports [2]string // of apply, and of apply again, as indented JSON
}

// runOnEngine runs plan, apply, apply with an artefact on a fresh destination,
// the other artefact's apply between the last two, and looks at what is there and
// what was sent.
func (c *testCase) runOnEngine(t *testing.T, state *desired.State, a, other artefact, wantExit int, wantConflicts []string) outcome {
	t.Helper()
	d := newDestination(t, append(databasesOf(c.before, c.after), stateDatabases(state)...))
	d.load(t, c.before)
	var out outcome

	// The plan: reads only, and says what apply will do.
	plan := a.run(t, "plan", d.proxy.URI(), d.redirects(), false)
	if plan.code != wantExit {
		t.Fatalf("%s plan: exit %d, want %d\n%s%s", a.name, plan.code, wantExit, plan.stdout, plan.stderr)
	}
	d.wantNoWrites(t, a.name+" plan")
	wantWorld(t, a.name+" plan", d.dump(t), c.before)
	out.text = d.original(plan.stdout)

	// Apply.
	want := c.after
	if wantExit != 0 {
		want = c.before
	}
	applied := a.run(t, "apply", d.proxy.URI(), d.redirects(), true)
	report := applied.report(t, d.original)
	if applied.code != wantExit {
		t.Fatalf("%s apply: exit %d, want %d\n%s%s", a.name, applied.code, wantExit, applied.stdout, applied.stderr)
	}
	if got := codes(report.Conflicts); !slices.Equal(got, wantConflicts) {
		t.Errorf("%s apply: conflicts %q, want %q", a.name, got, wantConflicts)
	}
	if wantExit != 0 {
		d.wantNoWrites(t, a.name+" apply, refused")
	}
	wantWorld(t, a.name+" apply", d.dump(t), want)
	out.reports[0] = indented(t, report)

	// Again, the other one first: nothing to do, and nothing is sent.
	if wantExit != 0 {
		return out
	}
	d.proxy.Reset()
	for _, again := range []artefact{other, a} {
		second := again.run(t, "apply", d.proxy.URI(), d.redirects(), true)
		report := second.report(t, d.original)
		if second.code != enforce.ExitDone || report.Outcome != enforce.InSync {
			t.Errorf("%s apply after %s: exit %d, %s; want 0, %s\n%s%s", again.name, a.name, second.code, report.Outcome, enforce.InSync, second.stdout, second.stderr)
		}
		out.reports[1] = indented(t, report)
	}
	d.wantNoWrites(t, "second runs after "+a.name)
	wantWorld(t, "second runs after "+a.name, d.dump(t), want)
	return out
}

func (d *destination) wantNoWrites(t *testing.T, what string) {
	t.Helper()
	commands := d.proxy.Commands()
	if writes := wire.Writes(commands); len(writes) > 0 {
		t.Errorf("%s sent %v", what, wire.Names(writes))
	}
	if len(commands) == 0 {
		t.Errorf("%s sent nothing at all: the proxy was gone round", what)
	}
}

// checkFormat: formatted weaves mean the same, and what the formatter wrote it
// leaves alone.
func (c *testCase) checkFormat(t *testing.T, want *desired.State) {
	t.Helper()
	dir := t.TempDir()
	c.writeWorkspace(t, dir)
	for _, f := range c.weaves {
		once, diagnostics := format.Format(source.NewFile(f.Name, string(f.Data)))
		if diagnostics.HasErrors() {
			t.Fatalf("%s:\n%s", f.Name, rendered(t, diagnostics))
		}
		twice, diagnostics := format.Format(source.NewFile(f.Name, once))
		if diagnostics.HasErrors() || once != twice {
			t.Errorf("%s: formatting twice differs:\n%s%s", f.Name, rendered(t, diagnostics), lineDiff(once, twice))
		}
		writeFile(t, filepath.Join(dir, f.Name), []byte(once))
	}
	if got, want := meaning(t, compile(t, dir, c.env)), meaning(t, want); got != want {
		t.Errorf("the formatted weave means something else:\n%s", lineDiff(want, got))
	}
}

func codes(conflicts []enforce.Conflict) []string {
	var out []string
	for _, c := range conflicts {
		out = append(out, c.Code)
	}
	return slices.Compact(out)
}

func indented(t *testing.T, report enforce.Report) string {
	t.Helper()
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// meaning is a state as text, without the places of rules.
func meaning(t *testing.T, state *desired.State) string {
	t.Helper()
	copied := *state
	copied.Collections = nil
	var documents strings.Builder
	for _, c := range state.Collections {
		plain := *c
		plain.Origin, plain.Documents = "", nil
		if c.Prune != nil {
			prune := *c.Prune
			prune.Origin = ""
			plain.Prune = &prune
		}
		copied.Collections = append(copied.Collections, &plain)
		for _, d := range c.Documents {
			fmt.Fprintf(&documents, "%s %s\n", c.Namespace(), doc.Line(d.Raw))
		}
	}
	text, err := json.MarshalIndent(copied, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n" + documents.String()
}

func stateDatabases(state *desired.State) []string {
	var out []string
	for _, c := range state.Collections {
		out = append(out, c.Database)
	}
	return out
}
