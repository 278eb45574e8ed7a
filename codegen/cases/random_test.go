package cases

// The two engines against each other, and the two stores: random states and
// destinations, the Go engine on the test engine and on the directory store, the
// generated script in real mongosh. All must agree on the report and leave the
// same bytes, and a second run must find nothing to do.

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/dir"
	mongostore "github.com/hayone1/mongocd/runtime/stores/mongo"
)

// soak returns the number of random cases: MONGOCD_SOAK, else the sample of every test run.
func soak(t *testing.T, sample int) int {
	t.Helper()
	text := os.Getenv("MONGOCD_SOAK")
	if text == "" {
		return sample
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("MONGOCD_SOAK is %q, want a number of cases", text)
	}
	return n
}

// seed returns MONGOCD_SEED, or one from the clock, and prints it.
func seed(t *testing.T) uint64 {
	t.Helper()
	s := uint64(time.Now().UnixNano())
	if text := os.Getenv("MONGOCD_SEED"); text != "" {
		var err error
		if s, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("MONGOCD_SEED=%d", s)
	return s
}

func TestRandomStatesOnBothStores(t *testing.T) {
	first := seed(t)
	outcomes := map[string]int{}
	for i := range soak(t, 75) {
		g := newGenerator(t, first+uint64(i))
		state, world := g.world()
		server := newDestination(t, []string{"db"})
		server.load(t, world)
		root := t.TempDir()
		writeDirectory(t, root, world)

		onServer := applyOnServer(t, server, state)
		onDirectory := applyOnDirectory(t, root, state)
		a, b := server.original(indented(t, *onServer)), indented(t, *onDirectory)
		if a != b {
			t.Fatalf("seed %d: the reports differ, + on the directory\n%s\n%s", first+uint64(i), lineDiff(a, b), describe(t, state, world))
		}
		outcomes[onServer.Outcome]++
		x, y := show(server.dump(t), itself), show(readDirectory(t, root), itself)
		if x != y {
			t.Fatalf("seed %d: the destinations differ, + on the directory\n%s\n%s\n%s", first+uint64(i), lineDiff(x, y), a, describe(t, state, world))
		}
		switch onServer.Outcome {
		case change.Applied, change.InSync:
			server.proxy.Reset()
			if again := applyOnServer(t, server, state); again.Outcome != change.InSync {
				t.Fatalf("seed %d: the second run is %s\n%s\n%s", first+uint64(i), again.Outcome, indented(t, *again), describe(t, state, world))
			}
			server.wantNoWrites(t, "the second run")
		case change.Refused:
			wantWorld(t, "refused", server.dump(t), world)
		default:
			t.Fatalf("seed %d: %s\n%s\n%s", first+uint64(i), onServer.Outcome, a, describe(t, state, world))
		}
	}
	t.Logf("outcomes: %v", outcomes)
}

// batch is how many random cases one mongosh process runs: starting it takes a second.
const batch = 50

func TestRandomStatesInMongosh(t *testing.T) {
	first := seed(t)
	n := soak(t, batch)
	for start := 0; start < n; start += batch {
		t.Run(strconv.Itoa(start), func(t *testing.T) {
			t.Parallel()
			runRandomBatch(t, first+uint64(start), min(batch, n-start))
		})
	}
}

// runRandomBatch runs n random cases with the Go engine, and their scripts in one
// mongosh process. The process's script is put together from generated ones: the engine
// once, then every state with its call.
func runRandomBatch(t *testing.T, first uint64, n int) {
	type random struct {
		state   *desired.State
		world   []collection
		program *destination
		script  *destination
		byGo    *change.Report
	}
	cases := make([]random, n)
	var script strings.Builder
	for i := range cases {
		g := newGenerator(t, first+uint64(i))
		state, world := g.world()
		g.hooks(state)
		c := random{state: state, world: world, program: newDestination(t, []string{"db"}), script: newDestination(t, []string{"db"})}
		c.program.load(t, world)
		c.script.load(t, world)
		c.byGo = applyOnServer(t, c.program, state)
		cases[i] = c

		files, err := mongosh.Generate(render(t, state))
		if err != nil {
			t.Fatalf("seed %d: %v", first+uint64(i), err)
		}
		before, after, ok := strings.Cut(string(files[0].Data), "const mongocdState = ")
		data, _, found := strings.Cut(after, "\nquit(")
		if !ok || !found {
			t.Fatal("the script is not engine, state and call any more")
		}
		if i == 0 {
			script.WriteString(before)
		}
		fmt.Fprintf(&script, "process.env.MONGOCD_DATABASE = %q;\n{\nconst mongocdState = %s\nmongocdMain(mongocdSource, mongocdState);\n}\n",
			c.script.redirects()[0], data)
	}
	file := filepath.Join(t.TempDir(), "batch.js")
	writeFile(t, file, []byte(script.String()))
	run := engine.Mongosh(t, engine.ForTest(t), file, append(randomEnvironment(), "MONGOCD_MODE=apply", "MONGOCD_OUTPUT=json")...)
	if run.Code != 0 {
		t.Fatalf("mongosh: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	decoder := json.NewDecoder(strings.NewReader(run.Stdout))
	for i, c := range cases {
		var byScript change.Report
		if err := decoder.Decode(&byScript); err != nil {
			t.Fatalf("seed %d: no report: %v\n%s", first+uint64(i), err, run.Stderr)
		}
		a, b := c.program.original(indented(t, *c.byGo)), c.script.original(indented(t, byScript))
		if a != b {
			t.Fatalf("seed %d: the reports differ, + by mongosh\n%s\n%s", first+uint64(i), lineDiff(a, b), describe(t, c.state, c.world))
		}
		x, y := show(c.program.dump(t), itself), show(c.script.dump(t), itself)
		if x != y {
			t.Fatalf("seed %d: the destinations differ, + by mongosh\n%s\n%s", first+uint64(i), lineDiff(x, y), describe(t, c.state, c.world))
		}
	}
}

func randomEnvironment() []string {
	var out []string
	for name, text := range randomSecrets {
		out = append(out, name+"="+text)
	}
	return out
}

func applyOnServer(t *testing.T, d *destination, state *desired.State) *change.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	store, err := mongostore.Open(ctx, d.proxy.URI(), mongostore.Options{Comment: "mongocd random/prod"})
	if err != nil {
		t.Fatal(err)
	}
	redirects := map[string]string{}
	for _, c := range state.Collections {
		redirects[c.Database] = d.prefix + c.Database
	}
	return apply(t, store, state, redirects)
}

func applyOnDirectory(t *testing.T, root string, state *desired.State) *change.Report {
	t.Helper()
	store, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return apply(t, store, state, nil)
}

func apply(t *testing.T, store stores.Store, state *desired.State, databases map[string]string) *change.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	report, err := enforce.Apply(ctx, store, state, enforce.Options{Databases: databases, Secrets: randomSecrets})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return report
}

// describe shows a random case for people to make a case of the corpus from.
func describe(t *testing.T, state *desired.State, world []collection) string {
	t.Helper()
	var b strings.Builder
	for _, c := range state.Collections {
		fmt.Fprintf(&b, "wanted of %s: mode %s by %v preserve %v ignore %v absent %v redact %v omit %v\nknown: %v\n",
			c.Name, c.Mode, c.Identity, c.Preserve, c.Ignore, c.Absent, c.Redact, c.Omit, c.Known)
		if c.Prune != nil {
			where, err := json.Marshal(c.Prune.Where)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "prune where %s at most %d, percent %v\n", where, c.Prune.AtMost, c.Prune.Percent)
		}
		for _, l := range c.Lists {
			fmt.Fprintf(&b, "list %v by %v only %v has %v without %v\n", l.Path, l.By, l.Only, l.Has, l.Without)
		}
		for _, m := range c.Moves {
			fmt.Fprintf(&b, "moved %v to %v\n", m.From, m.To)
		}
		fmt.Fprintf(&b, "indexes exact %v declared %v drop %v options %s set %v\n", c.IndexesExact, c.Declared, c.DropIndexes, doc.AppendCanonical(nil, c.Options), c.SetOptions)
		for _, index := range c.Indexes {
			fmt.Fprintf(&b, "  index %s\n", doc.AppendCanonical(nil, index))
		}
		for _, d := range c.Documents {
			fmt.Fprintf(&b, "  %s\n", doc.Line(d.Raw))
			for _, l := range d.Links {
				fmt.Fprintf(&b, "    %q links to %s %v\n", l.Path, l.Collection, l.Identity)
			}
			for _, s := range d.Secrets {
				fmt.Fprintf(&b, "    %q is a secret: %v\n", s.Path, s.Parts)
			}
		}
	}
	return b.String() + "before: " + show(world, itself)
}
