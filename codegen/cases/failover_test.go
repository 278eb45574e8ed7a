package cases

// Failover: the primary goes with one command of a run, the other member takes over
// and lacks what no majority had confirmed. Whatever the run makes of that, running
// again ends in sync, undoing brings back what was there, and nothing else is touched.

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
)

var endings = []wire.Ending{wire.NotPrimary, wire.SteppedDown, wire.Unconfirmed, wire.Lost, wire.Kept}

// members is a replica set in front of the test engine.
func members(t *testing.T) *wire.Members {
	t.Helper()
	target, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	set, err := wire.StartMembers(context.Background(), target.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	return set
}

// at makes the set fail over with the n-th write of a run, or with its n-th command of
// any kind, counted from 0; it returns what that one was. A command without a write
// concern of its own cannot be unconfirmed.
func at(set *wire.Members, n int, any bool, ending wire.Ending) func() (commands int, at string) {
	var mu sync.Mutex
	count, what := 0, ""
	set.OnCommand(func(c wire.Command) wire.Ending {
		if !any && !c.Writes() && c.Name != "commitTransaction" {
			return wire.Passed
		}
		mu.Lock()
		defer mu.Unlock()
		count++
		if count-1 != n {
			return wire.Passed
		}
		what = fmt.Sprintf("%s of %s", c.Name, c.Collection())
		if _, concern := c.Body.Lookup("writeConcern").DocumentOK(); ending == wire.Unconfirmed && (!concern || c.Name == "commitTransaction") {
			return wire.SteppedDown
		}
		return ending
	})
	return func() (int, string) {
		mu.Lock()
		defer mu.Unlock()
		return count, what
	}
}

// TestFailover: every write of a run of the Go engine, and every third one of mongosh's,
// each time with one of the ways in which it can end; MONGOCD_SOAK=n for n/60 rounds over
// every command, with the next way each time.
func TestFailover(t *testing.T) {
	rounds := max(1, soak(t, 60)/60)
	set := members(t)
	uri := set.URI() + "&serverSelectionTimeoutMS=10000"
	modes := []desired.Mode{desired.Merge, desired.Exact}
	t.Run("go", func(t *testing.T) {
		tally := map[string]int{}
		for round := range rounds {
			for n := 0; ; n++ {
				ending, state := endings[(n+round)%len(endings)], subjectState(modes[(n/len(endings)+round)%len(modes)])
				d := newSubject(t)
				d.uri = uri
				seen := at(set, n, rounds > 1, ending)
				report, err := d.applyInProcess(t, uri, state, hurried(enforce.Options{}))
				if err != nil {
					t.Fatal(err)
				}
				writes, where := seen()
				what := fmt.Sprintf("write %d, the %s, %s\n%s", n, where, ending, view.Report(report, view.Form{Quiet: true}))
				if set.TookOver() != (writes > n) {
					t.Fatalf("%s: %d writes, and the second member is the primary: %v", what, writes, set.TookOver())
				}
				if writes <= n {
					if report.Exit != change.ExitDone || n < 10 {
						t.Fatalf("%s\nundisturbed: exit %d after %d writes", what, report.Exit, writes)
					}
					break
				}
				tally[fmt.Sprintf("%s: exit %d", ending, report.Exit)]++
				d.heal(t, state, expectedSubject(t, state), nil, what)
				if t.Failed() {
					t.FailNow()
				}
			}
		}
		t.Log(tally)
	})
	t.Run("mongosh", func(t *testing.T) {
		state := subjectState(desired.Merge)
		script, expected := buildScript(t, state), expectedSubject(t, state)
		tally := map[string]int{}
		step := 3 // a process each
		if rounds > 1 {
			step = 1
		}
		for round := range rounds {
			for n := round % step; ; n += step {
				ending := endings[(n/step+round)%len(endings)]
				d := newSubject(t)
				d.uri = uri
				seen := at(set, n, rounds > 1, ending)
				ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
				run, err := d.mongosh(ctx, script, uri, "apply")
				cancel()
				if err != nil {
					t.Fatal(err)
				}
				writes, where := seen()
				what := fmt.Sprintf("write %d, the %s, %s\nmongosh: exit %d\n%s%s", n, where, ending, run.Code, head(run.Stdout), head(run.Stderr))
				if set.TookOver() != (writes > n) {
					t.Fatalf("%s: %d writes, and the second member is the primary: %v", what, writes, set.TookOver())
				}
				if writes <= n {
					if run.Code != change.ExitDone || n < 10 {
						t.Fatalf("%s\nundisturbed: after %d writes", what, writes)
					}
					break
				}
				if !slices.Contains([]int{change.ExitDone, change.ExitFailed, change.ExitStopped}, run.Code) {
					t.Errorf("%s: a code that says something else", what)
				}
				tally[fmt.Sprintf("%s: exit %d", ending, run.Code)]++
				d.heal(t, state, expected, nil, what)
				if t.Failed() {
					t.FailNow()
				}
			}
		}
		t.Log(tally)
	})
}
