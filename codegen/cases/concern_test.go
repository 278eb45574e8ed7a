package cases

// What a connection string says of write concern, read concern, read preference and
// retries, and what is sent then (docs/enforcement.md, Concerns): nothing is weaker than
// a majority, and nothing is read from a secondary.

import (
	"slices"
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
	}{
		{"nothing said", "", true},
		{"weaker", "&w=1&journal=false&readConcernLevel=local&readPreference=secondary", true},
		{"not acknowledged", "&w=0&readPreference=nearest&readConcernLevel=available", true},
		{"without retries", "&retryWrites=false&retryReads=false&readPreference=secondaryPreferred", false},
	} {
		run := map[string]func(t *testing.T, d *destination, uri string){
			"go": func(t *testing.T, d *destination, uri string) {
				report, err := d.applyInProcess(t, uri, state, enforce.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if report.Outcome != change.Applied {
					t.Fatal(view.Text(report, true))
				}
			},
			"mongosh": func(t *testing.T, d *destination, uri string) {
				run, err := d.mongosh(t.Context(), script, uri, "apply")
				if err != nil || run.Code != change.ExitDone {
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
				reads, writes := 0, 0
				for _, c := range set.Commands(0) {
					if !ofRun(c) {
						continue
					}
					switch {
					case c.Writes():
						writes++
						if w, _ := c.Body.Lookup("writeConcern", "w").StringValueOK(); w != "majority" {
							t.Errorf("a write that waits for no majority: %s", c.Body)
						}
						numbered := c.Body.Lookup("txnNumber").Type != 0
						if documents := slices.Contains([]string{"insert", "update", "delete"}, c.Name); engine == "go" && documents && c.Database == d.prefix+"db" && numbered != test.retried {
							t.Errorf("a write is numbered, so that it can be sent again: %v, want %v: %s", numbered, test.retried, c.Body)
						}
					case c.Name == "find" || c.Name == "aggregate":
						reads++
						if level, _ := c.Body.Lookup("readConcern", "level").StringValueOK(); level != "majority" {
							t.Errorf("a read that a majority need not have: %s", c.Body)
						}
					}
				}
				if reads == 0 || writes < 10 {
					t.Errorf("%d reads and %d writes were seen", reads, writes)
				}
			})
		}
	}
}
