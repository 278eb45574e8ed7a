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
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/codegen/mongosh"
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
	for i := range soak(t, 150) {
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
		case enforce.Applied, enforce.InSync:
			server.proxy.Reset()
			if again := applyOnServer(t, server, state); again.Outcome != enforce.InSync {
				t.Fatalf("seed %d: the second run is %s\n%s\n%s", first+uint64(i), again.Outcome, indented(t, *again), describe(t, state, world))
			}
			server.wantNoWrites(t, "the second run")
		case enforce.Refused:
			wantWorld(t, "refused", server.dump(t), world)
		default:
			t.Fatalf("seed %d: %s\n%s\n%s", first+uint64(i), onServer.Outcome, a, describe(t, state, world))
		}
	}
	t.Logf("outcomes: %v", outcomes)
}

func TestRandomStatesInMongosh(t *testing.T) {
	first := seed(t)
	for i := range soak(t, 40) {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			g := newGenerator(t, first+uint64(i))
			state, world := g.world()
			files, err := mongosh.Generate(state)
			if err != nil {
				t.Fatalf("seed %d: %v", first+uint64(i), err)
			}
			folder := t.TempDir()
			writeArtefact(t, folder, files)
			program, script := newDestination(t, []string{"db"}), newDestination(t, []string{"db"})
			program.load(t, world)
			script.load(t, world)
			byGo := applyOnServer(t, program, state)
			run := scriptArtefact(folder+"/mongosh.js").run(t, "apply", script.proxy.URI(), script.redirects(), true)
			byScript := run.report(t, script.original)
			a, b := program.original(indented(t, *byGo)), indented(t, byScript)
			if a != b {
				t.Fatalf("seed %d: the reports differ, + by mongosh\n%s\n%s", first+uint64(i), lineDiff(a, b), describe(t, state, world))
			}
			x, y := show(program.dump(t), itself), show(script.dump(t), itself)
			if x != y {
				t.Fatalf("seed %d: the destinations differ, + by mongosh\n%s\n%s", first+uint64(i), lineDiff(x, y), describe(t, state, world))
			}
		})
	}
}

func applyOnServer(t *testing.T, d *destination, state *desired.State) *enforce.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	store, err := mongostore.Open(ctx, d.proxy.URI(), mongostore.Options{Comment: "mongocd random/prod"})
	if err != nil {
		t.Fatal(err)
	}
	return apply(t, store, state, map[string]string{"db": d.prefix + "db"})
}

func applyOnDirectory(t *testing.T, root string, state *desired.State) *enforce.Report {
	t.Helper()
	store, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return apply(t, store, state, nil)
}

func apply(t *testing.T, store stores.Store, state *desired.State, databases map[string]string) *enforce.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	report, err := enforce.Apply(ctx, store, state, enforce.Options{Databases: databases})
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
		fmt.Fprintf(&b, "wanted: mode %s by %v preserve %v ignore %v absent %v\nknown: %v\n", c.Mode, c.Identity, c.Preserve, c.Ignore, c.Absent, c.Known)
		if c.Prune != nil {
			where, err := json.Marshal(c.Prune.Where)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "prune where %s at most %d, percent %v\n", where, c.Prune.AtMost, c.Prune.Percent)
		}
		for _, index := range c.Indexes {
			fmt.Fprintf(&b, "  index %s\n", doc.AppendCanonical(nil, index))
		}
		for _, d := range c.Documents {
			fmt.Fprintf(&b, "  %s\n", doc.Line(d.Raw))
		}
	}
	return b.String() + "before: " + show(world, itself)
}
