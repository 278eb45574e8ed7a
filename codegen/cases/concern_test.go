package cases

// What a connection string says of write concern, read concern, read preference and
// retries, and what is sent then (docs/enforcement.md, Concerns): nothing is weaker than
// a majority, what is stronger is asked for, and nothing is read from a secondary.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
)

func TestConcernsOfTheConnectionString(t *testing.T) {
	state := subjectState(desired.Merge)
	script := buildScript(t, state)
	for _, test := range []struct {
		name, query string
		retried     bool // the driver numbers the writes of the Go engine
		// What is asked for beyond a majority.
		journal bool
		level   string
		last    any // of one write, behind all others but the release of the lease
	}{
		{"stronger", "&w=3&journal=true&readConcernLevel=linearizable&readPreference=primaryPreferred", true, true, "linearizable", int32(3)},
		{"of a mode", "&w=everywhere&readConcernLevel=snapshot", true, false, "majority", "everywhere"},
		{"a majority", "&w=majority&readConcernLevel=majority&journal=true", true, true, "majority", nil},
		{"nothing said", "", true, false, "majority", nil},
		{"weaker", "&w=1&journal=false&readConcernLevel=local&readPreference=secondary", true, false, "majority", nil},
		{"not acknowledged", "&w=0&readPreference=nearest&readConcernLevel=available", true, false, "majority", nil},
		{"without retries", "&retryWrites=false&retryReads=false&readPreference=secondaryPreferred", false, false, "majority", nil},
	} {
		run := map[string]func(t *testing.T, d *destination, uri string){
			"go": func(t *testing.T, d *destination, uri string) {
				report, err := d.applyInProcess(t, uri, state, enforce.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if test.last == nil && report.Outcome != change.Applied || test.last != nil && !unconfirmed(report.Exit, view.Text(report, false), test.last) {
					t.Fatal(view.Text(report, true))
				}
			},
			"mongosh": func(t *testing.T, d *destination, uri string) {
				run, err := d.mongosh(t.Context(), script, uri, "apply")
				if err != nil || test.last == nil && run.Code != change.ExitDone || test.last != nil && !unconfirmed(run.Code, run.Stdout, test.last) {
					t.Fatalf("exit %d, %v\n%s%s", run.Code, err, run.Stdout, run.Stderr)
				}
			},
		}
		for _, engine := range []string{"go", "mongosh"} {
			t.Run(test.name+"/"+engine, func(t *testing.T) {
				set, d := members(t), newSubject(t)
				run[engine](t, d, set.URI()+test.query)
				ofRun := func(c wire.Command) bool { _, ok := c.Body.Lookup("comment").StringValueOK(); return ok }
				if i := slices.IndexFunc(set.Commands(1), ofRun); i >= 0 {
					t.Errorf("a secondary was sent %s", set.Commands(1)[i].Body)
				}
				reads, writes, afterLast := 0, 0, -1
				for _, c := range set.Commands(0) {
					if !ofRun(c) {
						continue
					}
					switch {
					case c.Writes():
						writes++
						if afterLast >= 0 {
							afterLast++
						}
						var concern struct {
							W any  `bson:"w"`
							J bool `bson:"j"`
						}
						if err := c.Body.Lookup("writeConcern").Unmarshal(&concern); err != nil || concern.J != test.journal {
							t.Errorf("a write that waits for the journal: %v, want %v: %s", concern.J, test.journal, c.Body)
						}
						if concern.W != "majority" {
							if concern.W != test.last || afterLast >= 0 {
								t.Errorf("a write that waits for no majority: %s", c.Body)
							}
							afterLast = 0
						}
						numbered := c.Body.Lookup("txnNumber").Type != 0
						if documents := slices.Contains([]string{"insert", "update", "delete"}, c.Name); engine == "go" && documents && c.Database == d.prefix+"db" && numbered != test.retried {
							t.Errorf("a write is numbered, so that it can be sent again: %v, want %v: %s", numbered, test.retried, c.Body)
						}
					case c.Name == "find" || c.Name == "aggregate":
						reads++
						if level, _ := c.Body.Lookup("readConcern", "level").StringValueOK(); level != test.level {
							t.Errorf("a read at %q, want %q: %s", level, test.level, c.Body)
						}
					}
				}
				if (test.last != nil) != (afterLast >= 0) || afterLast > 1 {
					t.Errorf("%d writes after the one that waits for %v", afterLast, test.last)
				}
				if reads == 0 || writes < 10 {
					t.Errorf("%d reads and %d writes were seen", reads, writes)
				}
			})
		}
	}
}

// unconfirmed reports whether a run says that not as many members as the connection string
// asks for have what it wrote: the server behind the members of the tests is a single one.
func unconfirmed(exit int, text string, last any) bool {
	return exit == change.ExitStopped && strings.Contains(text, fmt.Sprintf("w=%v of the connection string: the destination wrote, but not as many of its members confirmed it as were asked to: ", last))
}
