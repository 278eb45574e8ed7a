package cases

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// TestCases takes every case through compiler, formatter and both artefacts, on
// the directory store and on the test engine. All runs have to agree on the plan
// as text, the reports and every byte that is there afterwards.
//
// Subtests first hand in their artefacts, one after the other; when all have, they
// go on in parallel, and the first one of them builds the programs.
func TestCases(t *testing.T) {
	programs := &programs{folder: t.TempDir()}
	batches := [2]scripts{} // at once: mongosh is single-threaded
	cases, secrets := readCases(t), secretsDirectory(t)
	for _, c := range cases {
		c.giveSecrets(t, secrets)
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Cleanup(func() { asked.wantShown(t, c.name) })
			dir := t.TempDir()
			c.writeWorkspace(t, dir)
			state, said := compileWith(t, dir, c.options())
			c.checkFormat(t, state)
			c.checkSaid(t, rendered(t, said))
			c.checkDesired(t, state)
			if c.server != "" {
				c.runOnServer(t, state)
			}
			if c.desiredOnly || c.server != "" {
				return
			}
			programs.add(t, c.name, state)
			program := func(t *testing.T) artefact { return programs.artefact(t, c.name) }
			batch := &batches[i%len(batches)]
			var script *member
			switch {
			case c.cannotHold:
				c.checkCannotHold(t, state)
			case c.directory == "" || c.mongoshExit != c.exit: // a refusal writes nothing that the engine could not keep
				script = batch.add(t, c, state, program)
			}
			t.Parallel()

			var runs []outcome
			byGo := "" // what its runs remember
			if c.notOnDirectory == "" {
				runs = append(runs, c.runOnDirectory(t, state, program(t)))
			}
			if c.directory == "" {
				run := c.runOnEngine(t, state, program(t))
				byGo = run.remembered
				runs = append(runs, run)
			}
			if script != nil {
				run := c.judge(t, script.destination, batch.run(t, script), c.mongoshExit, c.mongoshConflicts)
				c.checkUndone(t, state, script.undone)
				if c.mongoshExit == c.exit { // else it refuses, as expected, and the reports differ
					runs = append(runs, run)
				}
			}
			c.checkReport(t, runs[0].text)
			for _, run := range runs[1:] {
				if run.text != runs[0].text {
					t.Errorf("the plans as text differ:\n%s", lineDiff(runs[0].text, run.text))
				}
				if one, other := sameNeeds(byGo, run.remembered); one != other && byGo != "" {
					t.Errorf("what the runs remember differs, - by Go, + by mongosh:\n%s", lineDiff(one, other))
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

// sameNeeds are what two runs remember, without what the server can where one of them
// alone had to know: mongosh compares in transactions what it cannot send.
func sameNeeds(a, b string) (string, string) {
	const record = `control {"_id":"server capabilities"`
	if strings.Contains(a, record) == strings.Contains(b, record) {
		return a, b
	}
	drop := func(text string) string {
		return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasPrefix(line, record) }), "\n")
	}
	return drop(a), drop(b)
}

func (c *testCase) options() workspace.Options {
	return workspace.Options{Environments: []string{c.env}, Inputs: c.inputs, Weaves: c.onlyWeaves}
}

// checkSaid: the warnings are those of said.txt, where the case has it.
func (c *testCase) checkSaid(t *testing.T, text string) {
	t.Helper()
	if c.said != "" {
		c.checkGolden(t, "said.txt", c.said, text)
	}
}

// checkDesired: the documents that are wanted are those of desired/, byte for byte, and
// what the state says besides them is what manifest.json says, where the case has it.
func (c *testCase) checkDesired(t *testing.T, state *desired.State) {
	t.Helper()
	if len(c.desired) == 0 {
		return
	}
	files := render(t, state).Files
	for _, f := range files {
		if f.Path == desired.ManifestName {
			if c.manifest != "" {
				c.checkGolden(t, f.Path, c.manifest, string(f.Data))
			}
			continue
		}
		want, ok := c.desired[f.Path]
		if !ok {
			t.Errorf("the case has no %s; the state has\n%s", f.Path, f.Data)
		} else if want != string(f.Data) {
			t.Errorf("%s differs:\n%s", f.Path, lineDiff(want, string(f.Data)))
		}
	}
	if len(files)-1 != len(c.desired) {
		t.Errorf("the state has documents of %d collections, the case of %d", len(files)-1, len(c.desired))
	}
}

func (c *testCase) checkReport(t *testing.T, text string) {
	t.Helper()
	c.checkGolden(t, "report.txt", c.report, text)
}

// checkGolden compares a text with a file of the case, or writes it there.
func (c *testCase) checkGolden(t *testing.T, name, want, got string) {
	t.Helper()
	switch {
	case want == got:
	case os.Getenv("UPDATE_GOLDEN") != "":
		c.update(t, name, got)
	default:
		t.Errorf("%s differs; UPDATE_GOLDEN=1 writes it:\n%s", name, lineDiff(want, got))
	}
}

// checkCannotHold: the script is refused when it is generated, in words.
func (c *testCase) checkCannotHold(t *testing.T, state *desired.State) {
	t.Helper()
	if _, err := mongosh.Generate(render(t, state)); err == nil {
		t.Error("the mongosh script was generated, though mongosh cannot hold the data")
	}
}

// outcome is what a user sees of one artefact's runs; database names as in the state.
type outcome struct {
	text    string    // the plan
	reports [2]string // of apply, and of apply again, as indented JSON
	// remembered is what the runs have left; empty for a directory.
	remembered string
}

// step is what there is to see of one run and after it.
type step struct {
	what string
	result
	commands int      // that were sent
	writes   []string // names of the write commands among them
	world    []collection
	// remembered is what runs have left by then.
	remembered string
}

// steps are plan, apply and, unless these refuse, the other artefact's apply and apply again.
type steps []step

// step runs an artefact once.
func (d *destination) step(t *testing.T, a artefact, mode string, asJSON bool) step {
	t.Helper()
	d.proxy.Reset()
	r := a.run(t, mode, d.proxy.URI(), d.redirects(), asJSON)
	commands := d.proxy.Commands()
	return step{what: a.name + " " + mode, result: r, commands: len(commands), writes: wire.Names(wire.Writes(commands)), world: d.dump(t), remembered: d.remembered(t)}
}

// runOnEngine takes the Go program through all steps on a fresh destination.
func (c *testCase) runOnEngine(t *testing.T, state *desired.State, program artefact) outcome {
	t.Helper()
	d := newDestination(t, append(databasesOf(c.before, c.after), stateDatabases(state)...))
	d.load(t, c.before)
	did := steps{d.step(t, program, "plan", false), d.step(t, program, "apply", true)}
	if c.exit == 0 {
		did = append(did, d.step(t, program, "apply", true))
	}
	out := c.judge(t, d, did, c.exit, c.conflicts)
	if c.exit == 0 && len(did[1].writes) > 0 && !hasHooks(state) && c.notUndone == "" {
		c.checkUndone(t, state, []undone{{d.step(t, program, lastRun, true), d}})
	}
	return out
}

// judge holds what the steps did against the case.
func (c *testCase) judge(t *testing.T, d *destination, did steps, wantExit int, wantConflicts []string) outcome {
	t.Helper()
	var out outcome

	// The plan: reads only, and says what apply will do.
	plan := did[0]
	if plan.code != wantExit {
		t.Fatalf("%s: exit %d, want %d\n%s%s", plan.what, plan.code, wantExit, plan.stdout, plan.stderr)
	}
	plan.wantNoWrites(t)
	wantWorld(t, plan.what, plan.world, c.before)
	if plan.remembered != "" {
		t.Errorf("%s left records:\n%s", plan.what, plan.remembered)
	}
	out.text = undigested(d.original(plan.stdout))

	// Apply.
	want := c.after
	if wantExit != 0 {
		want = c.before
	}
	applied := did[1]
	report := applied.report(t, d.original)
	if applied.code != wantExit {
		t.Fatalf("%s: exit %d, want %d\n%s%s", applied.what, applied.code, wantExit, applied.stdout, applied.stderr)
	}
	if got := codes(report.Conflicts); !slices.Equal(got, wantConflicts) {
		t.Errorf("%s: conflicts %q, want %q", applied.what, got, wantConflicts)
	}
	if wantExit != 0 {
		applied.wantNoWrites(t)
	}
	wantWorld(t, applied.what, applied.world, want)
	out.reports[0] = indented(t, report)
	out.remembered = applied.remembered
	if wrote := report.Outcome == change.Applied; wrote != (applied.remembered != "") {
		t.Errorf("%s is %s and left the records\n%s", applied.what, report.Outcome, applied.remembered)
	}

	// Again, the other one first: nothing to do, and nothing is sent.
	for _, again := range did[2:] {
		report := again.report(t, d.original)
		if again.code != change.ExitDone || report.Outcome != change.InSync {
			t.Errorf("%s after %s: exit %d, %s; want 0, %s\n%s%s", again.what, applied.what, again.code, report.Outcome, change.InSync, again.stdout, again.stderr)
		}
		again.wantNoWrites(t)
		wantWorld(t, again.what+" again", again.world, want)
		if again.remembered != applied.remembered {
			t.Errorf("%s changed the records of %s:\n%s", again.what, applied.what, lineDiff(applied.remembered, again.remembered))
		}
		out.reports[1] = indented(t, report)
	}
	return out
}

var planDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// undigested is a text without the digest of a plan, in which the destination's
// names are, and without that of the artefact's code.
func undigested(text string) string {
	return planDigest.ReplaceAllString(withoutEngine(text), "sha256:…")
}

// withoutEngine is a text of a plan without the digest of the artefact's code, which
// is another one in scripts and in programs.
func withoutEngine(text string) string { return engineLine.ReplaceAllString(text, "") }

var engineLine = regexp.MustCompile("(?m)^engine: sha256:[0-9a-f]{64}\n")

// wantNoWrites: only reads were sent, and some.
func (s step) wantNoWrites(t *testing.T) {
	t.Helper()
	if len(s.writes) > 0 {
		t.Errorf("%s sent %v", s.what, s.writes)
	}
	if s.commands == 0 {
		t.Errorf("%s sent nothing at all: the proxy was gone round", s.what)
	}
}

func (d *destination) wantNoWrites(t *testing.T, what string) {
	t.Helper()
	commands := d.proxy.Commands()
	step{what: what, commands: len(commands), writes: wire.Names(wire.Writes(commands))}.wantNoWrites(t)
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
	formatted, _ := compileWith(t, dir, c.options())
	if got, want := meaning(t, formatted), meaning(t, want); got != want {
		t.Errorf("the formatted weave means something else:\n%s", lineDiff(want, got))
	}
}

func codes(conflicts []change.Conflict) []string {
	var out []string
	for _, c := range conflicts {
		out = append(out, c.Code)
	}
	return slices.Compact(out)
}

// indented is a report without its run: the names that the destination has are in
// the chain, and a directory has none.
func indented(t *testing.T, report change.Report) string {
	t.Helper()
	report.Run = nil
	for i := range report.Databases {
		report.Databases[i].Run = nil
	}
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
		plain.Documents = nil
		copied.Collections = append(copied.Collections, &plain)
		for _, d := range c.Documents {
			fmt.Fprintf(&documents, "%s %s\n", c.Namespace(), doc.Line(d.Raw))
		}
	}
	text, err := json.MarshalIndent(copied, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return origins.ReplaceAllString(string(text), "") + "\n" + documents.String()
}

// origins are the places of statements, which move when a file is formatted.
var origins = regexp.MustCompile(`"Origin": "[^"]*"`)

func stateDatabases(state *desired.State) []string {
	var out []string
	for _, c := range state.Collections {
		out = append(out, c.Database)
	}
	return out
}
