package cases

// One case on a server of another make. In: a case, its state and what answers in the
// server's place. Out: what there is to see of its runs by either engine, and in a few
// words how they ended otherwise than on MongoDB.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// profiled is a destination on a server of a profile: it is loaded, and looked at, as
// clients of that server see it.
func profiled(t *testing.T, server wire.Handler, databases []string) *destination {
	t.Helper()
	d := anyDestination(t, databases)
	d.proxy.Between(server)
	through, err := mongo.Connect(options.Client().ApplyURI(d.proxy.URI()).SetTimeout(clientTimeout))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := through.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	d.direct, d.client = d.client, through
	return d
}

// prepared is the destination of a case as it is before; why says that it cannot be
// made on that server.
func (c *testCase) prepared(t *testing.T, server wire.Handler, state *desired.State) (d *destination, why string) {
	t.Helper()
	d = profiled(t, server, append(databasesOf(c.before, c.after), stateDatabases(state)...))
	if err := d.put(t.Context(), c.before); err != nil {
		return d, "its destination cannot be made: " + serverSays(err)
	}
	if got, want := normal(d, d.dump(t)), normal(d, c.before); got != want {
		return d, "its destination is kept otherwise: " + firstDifference(want, got)
	}
	return d, ""
}

// serverSays is an error without the names of a run.
func serverSays(err error) string {
	var command mongo.CommandError
	var write mongo.BulkWriteException
	switch {
	case errors.As(err, &command):
		return fmt.Sprintf("%d", command.Code)
	case errors.As(err, &write) && len(write.WriteErrors) > 0:
		return fmt.Sprintf("%d", write.WriteErrors[0].Code)
	}
	return err.Error()
}

// firstDifference is the kind of the first line that differs.
func firstDifference(want, got string) string {
	for line := range strings.Lines(lineDiff(want, got)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "-"); ok {
			switch kind, _, _ := strings.Cut(strings.TrimSpace(rest), " "); kind {
			case "options":
				return "options"
			case "index":
				return "an index"
			}
			return "a document" // or a collection
		}
	}
	return "more is there"
}

// normal is a world as text, options and fields of index specifications in order of their
// names: that order means nothing, and servers have their own.
func normal(d *destination, world []collection) string {
	var out []collection
	for _, c := range world {
		if c.options != nil {
			c.options = byName(c.options)
		}
		c.indexes = slices.Clone(c.indexes)
		for i, spec := range c.indexes {
			c.indexes[i] = byName(spec)
		}
		out = append(out, c)
	}
	sortWorld(out)
	return show(out, d.original)
}

// byName is a document with its fields in order of their names.
func byName(d bson.Raw) bson.Raw {
	fields := bson.D{}
	for name, v := range doc.Fields(d) {
		fields = append(fields, bson.E{Key: name, Value: v})
	}
	slices.SortFunc(fields, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
	return marshal(fields)
}

// profileRuns are the runs of a case by one engine: apply twice, and, where all of it is
// asked for, plan before and undo after. Steps that were not taken are nil.
type profileRuns struct{ plan, first, second, undo *step }

// written are the names of commands that write to the destination, not to what runs remember.
func (d *destination) written(commands []wire.Command) []string {
	return wire.Names(wire.Writes(slices.DeleteFunc(slices.Clone(commands), func(c wire.Command) bool {
		return !strings.HasPrefix(c.Database, d.prefix) || c.Database == d.prefix+remembering
	})))
}

// ending says how the runs ended, empty when it was as on MongoDB.
func (c *testCase) ending(t *testing.T, d *destination, state *desired.State, exit int, conflicts []string, runs profileRuns) string {
	t.Helper()
	before, after := normal(d, c.before), normal(d, c.after)
	if exit != change.ExitDone {
		after = before
	}
	report := runs.first.report(t, d.original)
	found, first, second := codes(report.Conflicts), normal(d, runs.first.world), runs.second
	also := c.planned(d, runs) + c.tookBack(t, d, state, runs)
	switch {
	case runs.first.code == exit && slices.Equal(found, conflicts) && first == after && (exit != change.ExitDone || second.code == change.ExitDone && len(second.writes) == 0):
		return strings.TrimPrefix(also, "; ")
	case runs.first.code == change.ExitRefused && first == before && len(runs.first.writes) == 0:
		return "refused: " + strings.Join(found, ", ") + also
	}
	place := "as wanted"
	if first != after {
		place = "not as wanted: " + firstDifference(after, first)
	}
	return fmt.Sprintf("otherwise: exit %d%s, the destination is %s; again: exit %d%s", runs.first.code, strings.Join(append([]string{""}, found...), " "), place, second.code, also)
}

// planned says what was wrong with the plan: it writes nothing, and ends as apply does,
// or before that has tried what the server can do.
func (c *testCase) planned(d *destination, runs profileRuns) string {
	plan := runs.plan
	switch {
	case plan == nil:
	case len(plan.writes) > 0 || normal(d, plan.world) != normal(d, c.before):
		return "; the plan wrote"
	case plan.code != change.ExitDone && plan.code != runs.first.code:
		return fmt.Sprintf("; the plan ended with %d", plan.code)
	}
	return ""
}

// tookBack says what was wrong with undo: it brings back what was there.
func (c *testCase) tookBack(t *testing.T, d *destination, state *desired.State, runs profileRuns) string {
	t.Helper()
	if runs.undo == nil || runs.undo.unsendable() {
		return ""
	}
	report := runs.undo.report(t, d.original)
	if got, want := normal(d, withoutCreated(runs.undo.world, c.before)), normal(d, undoneWorld(report, c.before, runs.undo.world)); got != want {
		return fmt.Sprintf("; undo, exit %d %s: %s is not as before", runs.undo.code, report.Outcome, firstDifference(want, got))
	}
	if runs.undo.code != change.ExitDone {
		return fmt.Sprintf("; undo, exit %d %s", runs.undo.code, report.Outcome)
	}
	return ""
}

// undoes: the run has written, and nothing but the run.
func (c *testCase) undoes(state *desired.State, applied *step) bool {
	return applied.code == change.ExitDone && len(applied.writes) > 0 && !hasHooks(state) && c.notUndone == ""
}

// goProgram is the Go program of a case, in this process: its main is the call.
func goProgram(t *testing.T, state *desired.State) artefact {
	t.Helper()
	files := fstest.MapFS{}
	for _, f := range render(t, state).Files {
		files[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return artefact{name: "go", run: func(t *testing.T, mode, uri string, redirects []string, asJSON bool) result {
		args := append(strings.Fields(mode), "--state-database", stateDatabase(redirects))
		if asJSON {
			args = append(args, "--output", "json")
		}
		for _, r := range redirects {
			args = append(args, "--database", r)
		}
		lookup := func(name string) (string, bool) {
			if name == "MONGOCD_DESTINATION_URI" {
				return uri, true
			}
			return os.LookupEnv(name)
		}
		var stdout, stderr bytes.Buffer
		code := cli.Main(args, nil, &stdout, &stderr, lookup, files, cli.Info{Weave: state.Weave, Environment: state.Environment, Compiler: "mongocd test"})
		return result{code, stdout.String(), stderr.String()}
	}}
}

// profileStep is step, with what was written to the destination alone.
func (d *destination) profileStep(t *testing.T, a artefact, mode string, asJSON bool) *step {
	t.Helper()
	d.proxy.Reset()
	r := a.run(t, mode, d.proxy.URI(), d.redirects(), asJSON)
	return &step{what: a.name + " " + mode, result: r, writes: d.written(d.proxy.Commands()), world: d.dump(t), remembered: d.remembered(t)}
}

// byGo runs the Go program of a case; all: plan and undo, too.
func (c *testCase) byGo(t *testing.T, server wire.Handler, state *desired.State, all bool) string {
	t.Helper()
	d, why := c.prepared(t, server, state)
	if why != "" {
		return why
	}
	program, runs := goProgram(t, state), profileRuns{}
	if all {
		runs.plan = d.profileStep(t, program, "plan", true)
	}
	runs.first = d.profileStep(t, program, "apply", true)
	runs.second = d.profileStep(t, program, "apply", true)
	if all && c.undoes(state, runs.first) {
		runs.undo = d.profileStep(t, program, lastRun, true)
	}
	return c.ending(t, d, state, c.exit, c.conflicts, runs)
}

// scripted is a case's script, its destination, and what was seen of its runs.
type scripted struct {
	*testCase
	d    *destination
	call call
	all  bool // plan and undo, too
	runs profileRuns
}

// byMongosh runs the scripts of cases, in one process for each step; all says of which
// cases plan and undo are run, too.
func byMongosh(t *testing.T, server wire.Handler, cases []*testCase, states map[string]*desired.State, all func(c *testCase) bool) (lines []string) {
	t.Helper()
	var ran []*scripted
	for _, c := range cases {
		if c.cannotHold {
			continue
		}
		d, why := c.prepared(t, server, states[c.name])
		if why != "" {
			lines = append(lines, c.shownBy("mongosh", why))
			continue
		}
		files, err := mongosh.Generate(render(t, states[c.name]))
		if err != nil {
			t.Fatalf("mongosh: %v", err)
		}
		ran = append(ran, &scripted{testCase: c, d: d, call: call{name: c.name, script: files[0].Data, redirects: d.redirects()}, all: all(c)})
	}
	whole := func(s *scripted) bool { return s.all }
	inOneProcess(t, ran, "plan", whole, func(s *scripted) **step { return &s.runs.plan })
	inOneProcess(t, ran, "apply", nil, func(s *scripted) **step { return &s.runs.first })
	inOneProcess(t, ran, "apply", nil, func(s *scripted) **step { return &s.runs.second })
	inOneProcess(t, ran, lastRun, func(s *scripted) bool { return s.all && s.undoes(states[s.name], s.runs.first) }, func(s *scripted) **step { return &s.runs.undo })
	for _, s := range ran {
		lines = append(lines, s.shownBy("mongosh", s.ending(t, s.d, states[s.name], s.mongoshExit, s.mongoshConflicts, s.runs)))
	}
	return lines
}

// inOneProcess runs the scripts of some cases; which nil: of all. at is where a step goes.
func inOneProcess(t *testing.T, all []*scripted, mode string, which func(s *scripted) bool, at func(s *scripted) **step) {
	t.Helper()
	var some []*scripted
	var calls []call
	for _, s := range all {
		if which == nil || which(s) {
			some, calls = append(some, s), append(calls, s.call)
		}
	}
	if len(some) == 0 {
		return
	}
	proxy := some[0].d.proxy
	proxy.Reset()
	mode, last, _ := strings.Cut(mode, " --")
	results := together(t, proxy.URI(), calls, "MONGOCD_MODE="+mode, "MONGOCD_OUTPUT=json", "MONGOCD_RUN="+last)
	commands := proxy.Commands()
	for i, s := range some {
		*at(s) = &step{what: "mongosh " + mode, result: results[i], writes: s.d.written(commands), world: s.d.dump(t), remembered: s.d.remembered(t)}
	}
}
