package cases

// The corpus on servers of other makes (cmd/testserver/profile), by both engines. In:
// every case. Out: for each profile the list of cases that end otherwise than on
// MongoDB, testdata/profiles/NAME.txt, which says how: a case's destination cannot be
// made there, or the run is refused before anything is written.
//
// On a real server of a profile's make the same list has to come out:
// MONGOCD_TEST_URI=… MONGOCD_TEST_PROFILE=documentdb go test ./codegen/cases -run TestProfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/profile"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	profileVariable = "MONGOCD_TEST_PROFILE"
	profileGoldens  = "../../testdata/profiles"
	// scriptsAtOnce is how many scripts one mongosh runs.
	scriptsAtOnce = 60
)

func TestProfiles(t *testing.T) {
	real := os.Getenv(engine.TestURIVariable) != ""
	cases, secrets := readCases(t), secretsDirectory(t)
	states := map[string]*desired.State{}
	cases = slices.DeleteFunc(cases, func(c *testCase) bool { return c.desiredOnly || c.directory != "" })
	for _, c := range cases {
		c.giveSecrets(t, secrets)
		dir := t.TempDir()
		c.writeWorkspace(t, dir)
		states[c.name], _ = compileWith(t, dir, c.options())
	}
	for _, p := range profile.All {
		if real && os.Getenv(profileVariable) != p.Name {
			continue // the server is of another make, or MongoDB
		}
		t.Run(p.Name, func(t *testing.T) {
			server := wire.Handler(nil) // the engine, or the real server, itself
			if !real && p.Handler != nil {
				server = p.Handler()
			}
			var lines []string
			for _, c := range cases { // a subtest each, so that its connections end with it
				t.Run(c.name, func(t *testing.T) { lines = append(lines, c.shownBy("go", c.byGo(t, server, states[c.name]))) })
			}
			for part := range slices.Chunk(cases, scriptsAtOnce) {
				t.Run("mongosh", func(t *testing.T) { lines = append(lines, byMongosh(t, server, part, states)...) })
			}
			checkProfile(t, p.Name, lines)
		})
	}
}

// shownBy is the line of a case, empty when it ends as on MongoDB.
func (c *testCase) shownBy(engine, ending string) string {
	if ending == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s: %s", c.name, engine, ending)
}

// checkProfile holds the lines against the profile's golden; the lines of both engines
// become one where they are the same.
func checkProfile(t *testing.T, name string, lines []string) {
	t.Helper()
	if t.Failed() {
		return // a case without an ending
	}
	slices.Sort(lines)
	var text strings.Builder
	for i, line := range lines {
		subject, ending, _ := strings.Cut(line, ": ")
		base, by, _ := strings.Cut(subject, ", ")
		switch {
		case line == "":
		case by == "go" && i+1 < len(lines) && lines[i+1] == base+", mongosh: "+ending:
			fmt.Fprintf(&text, "%s: %s\n", base, ending)
		case by == "mongosh" && i > 0 && lines[i-1] == base+", go: "+ending:
		default:
			fmt.Fprintf(&text, "%s\n", line)
		}
	}
	file := filepath.Join(profileGoldens, name+".txt")
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	switch {
	case string(want) == text.String():
	case os.Getenv("UPDATE_GOLDEN") != "":
		writeFile(t, file, []byte(text.String()))
	default:
		t.Errorf("%s differs; UPDATE_GOLDEN=1 writes it:\n%s", file, lineDiff(string(want), text.String()))
	}
}

// profiled is a destination on a server of a profile: it is loaded, and looked at, as
// clients of that server see it.
func profiled(t *testing.T, server wire.Handler, databases []string) *destination {
	t.Helper()
	d := anyDestination(t, databases)
	d.proxy.Between(server)
	through, err := mongo.Connect(options.Client().ApplyURI(d.proxy.URI()).SetTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := through.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	d.client = through
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

// normal is a world as text, fields of index specifications in order of their names:
// that order means nothing, and servers have their own.
func normal(d *destination, world []collection) string {
	var out []collection
	for _, c := range world {
		c.indexes = slices.Clone(c.indexes)
		for i, spec := range c.indexes {
			var fields bson.D
			for name, v := range doc.Fields(spec) {
				fields = append(fields, bson.E{Key: name, Value: v})
			}
			slices.SortFunc(fields, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
			c.indexes[i] = marshal(fields)
		}
		out = append(out, c)
	}
	sortWorld(out)
	return show(out, d.original)
}

// run is what there is to see of a run and after it.
type profileRun struct {
	result
	writes []string
	world  string
}

// ending says how two applies ended, empty when it was as on MongoDB.
func (c *testCase) ending(t *testing.T, d *destination, exit int, conflicts []string, first, second profileRun) string {
	t.Helper()
	before, after := normal(d, c.before), normal(d, c.after)
	if exit != change.ExitDone {
		after = before
	}
	report := first.report(t, d.original)
	found := codes(report.Conflicts)
	asWanted := first.code == exit && slices.Equal(found, conflicts) && first.world == after
	switch {
	case asWanted && (exit != change.ExitDone || second.code == change.ExitDone && len(second.writes) == 0):
		return ""
	case first.code == change.ExitRefused && first.world == before:
		return "refused: " + strings.Join(found, ", ")
	}
	place := "as wanted"
	if first.world != after {
		place = "not as wanted: " + firstDifference(after, first.world)
	}
	return fmt.Sprintf("otherwise: exit %d%s, the destination is %s; again: exit %d", first.code, strings.Join(append([]string{""}, found...), " "), place, second.code)
}

// byGo runs the Go program of a case, in this process: its main is this call.
func (c *testCase) byGo(t *testing.T, server wire.Handler, state *desired.State) string {
	t.Helper()
	d, why := c.prepared(t, server, state)
	if why != "" {
		return why
	}
	files := fstest.MapFS{}
	for _, f := range render(t, state).Files {
		files[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	lookup := func(name string) (string, bool) {
		if name == "MONGOCD_DESTINATION_URI" {
			return d.proxy.URI(), true
		}
		return os.LookupEnv(name)
	}
	args := []string{"apply", "--output", "json", "--state-database", stateDatabase(d.redirects())}
	for _, r := range d.redirects() {
		args = append(args, "--database", r)
	}
	apply := func() profileRun {
		d.proxy.Reset()
		var stdout, stderr bytes.Buffer
		code := cli.Main(args, nil, &stdout, &stderr, lookup, files, cli.Info{Weave: state.Weave, Environment: state.Environment, Compiler: "mongocd test"})
		return profileRun{result{code, stdout.String(), stderr.String()}, wire.Names(wire.Writes(d.proxy.Commands())), normal(d, d.dump(t))}
	}
	first := apply()
	return c.ending(t, d, c.exit, c.conflicts, first, apply())
}

// byMongosh runs the scripts of cases, in one process for each of the two applies.
func byMongosh(t *testing.T, server wire.Handler, cases []*testCase, states map[string]*desired.State) (lines []string) {
	t.Helper()
	var calls []call
	var ran []*testCase
	var at []*destination
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
		calls, ran, at = append(calls, call{name: c.name, script: files[0].Data, redirects: d.redirects()}), append(ran, c), append(at, d)
	}
	if len(calls) == 0 {
		return lines
	}
	var applies [2][]profileRun
	for i := range applies {
		at[0].proxy.Reset()
		results := together(t, at[0].proxy.URI(), calls, "MONGOCD_MODE=apply", "MONGOCD_OUTPUT=json")
		commands := at[0].proxy.Commands()
		for j, d := range at {
			mine := slices.DeleteFunc(slices.Clone(commands), func(c wire.Command) bool { return !strings.HasPrefix(c.Database, d.prefix) })
			applies[i] = append(applies[i], profileRun{results[j], wire.Names(wire.Writes(mine)), normal(d, d.dump(t))})
		}
	}
	for j, c := range ran {
		lines = append(lines, c.shownBy("mongosh", c.ending(t, at[j], c.mongoshExit, c.mongoshConflicts, applies[0][j], applies[1][j])))
	}
	return lines
}
