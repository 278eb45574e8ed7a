package cases

// Limits of managed services: Atlas's by its profile with small numbers, and requests
// beyond a rate that are refused with a hint when to come again. Both engines say what
// the service said and what to do, or try again until it is well, and running again goes
// on where it stopped.

import (
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/profile"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// limited is a state of some documents of 1 KiB in one collection.
func limited(database string, documents int) *desired.State {
	c := &desired.Collection{Database: database, Name: "items", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}}
	text := strings.Repeat("x", 1000)
	for i := range documents {
		c.Documents = append(c.Documents, desired.Document{Raw: marshal(bson.D{{Key: "_id", Value: int32(i)}, {Key: "text", Value: text}})})
	}
	return &desired.State{Weave: "wire", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c}}
}

func TestAtlasLimits(t *testing.T) {
	for _, test := range []struct {
		name      string
		database  string
		documents int
		limits    profile.AtlasLimits
		exit      int
		want      []string
	}{
		{"a long name", strings.Repeat("n", 40), 2, profile.AtlasFree, change.ExitFailed,
			[]string{"is too long. Max database name length is 38 bytes.", "Atlas refuses this"}},
		{"a collection too many", "db", 2, profile.AtlasLimits{Collections: 1}, change.ExitFailed,
			[]string{"cannot create a new collection -- already using 1 collections of 1", "Atlas refuses this"}},
		{"over the quota", "db", 4000, profile.AtlasLimits{Bytes: 2 << 20}, change.ExitStopped,
			[]string{"you are over your space quota", "Atlas refuses this", "512 MB"}},
		{"operations beyond the rate", "db", 2, profile.AtlasLimits{PerSecond: 5, Pause: 200 * time.Millisecond}, change.ExitDone, nil},
	} {
		state := limited(test.database, test.documents)
		for _, a := range []artefact{goProgram(t, state), scriptArtefact(buildScript(t, state))} {
			t.Run(a.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				d := profiled(t, profile.Atlas(test.limits), []string{test.database})
				r := a.run(t, "apply", d.proxy.URI(), d.redirects(), true)
				report := r.report(t, d.original)
				text := d.original(view.Text(&report, false))
				if report.Exit != test.exit {
					t.Errorf("exit %d, want %d\n%s", report.Exit, test.exit, text)
				}
				for _, want := range test.want {
					if !strings.Contains(text, want) {
						t.Errorf("no %q in\n%s", want, text)
					}
				}
				if sent := len(d.proxy.Commands()); test.limits.PerSecond > 0 && sent < 2*test.limits.PerSecond {
					t.Errorf("%d commands do not go beyond %d a second", sent, test.limits.PerSecond)
				}
				// A tier that has more: what is there already stays.
				again := a.run(t, "apply", d.uri, d.redirects(), true)
				if again.code != change.ExitDone {
					t.Errorf("again: exit %d\n%s%s", again.code, again.stdout, again.stderr)
				}
			})
		}
	}
}

// TestRateLimits: Azure Cosmos DB refuses single documents, or a command, with 16500 and
// RetryAfterMs (its documentation: error-codes-solutions, prevent-rate-limiting-errors).
func TestRateLimits(t *testing.T) {
	const said = "Error=16500, RetryAfterMs=34, Details='Request rate is large. Please retry this request later.'"
	command := ejson(`{"ok": 0, "code": 16500, "errmsg": "` + said + `"}`)
	one := ejson(`{"ok": 1, "n": 0, "writeErrors": [{"index": 0, "code": 16500, "errmsg": "` + said + `"}]}`)
	state := limited("db", 1)
	artefacts := []artefact{goProgram(t, state), scriptArtefact(buildScript(t, state))}
	for _, test := range []struct {
		name    string
		reply   bson.Raw
		refused int // so often
		exit    int
		inserts int // that were sent
	}{
		{"a command", command, 2, change.ExitDone, 3},
		{"a document", one, 2, change.ExitDone, 3},
		{"a command, always", command, 1000, change.ExitStopped, 6},
		{"a document, always", one, 1000, change.ExitStopped, 6},
	} {
		for _, a := range artefacts {
			t.Run(a.name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				d := newDestination(t, []string{"db"})
				inserts := 0
				d.proxy.Answer(func(c wire.Command) bson.Raw {
					if c.Name != "insert" || c.Database != d.prefix+"db" {
						return nil
					}
					if inserts++; inserts > test.refused {
						return nil
					}
					return test.reply
				})
				report := a.run(t, "apply", d.proxy.URI(), d.redirects(), true).report(t, d.original)
				text := d.original(view.Text(&report, false))
				if report.Exit != test.exit || inserts != test.inserts {
					t.Errorf("exit %d after %d inserts, want %d after %d\n%s", report.Exit, inserts, test.exit, test.inserts, text)
				}
				if test.exit != change.ExitDone && (!strings.Contains(text, "RetryAfterMs=34") || !strings.Contains(text, "Raise the throughput")) {
					t.Errorf("the hint of the service is not said:\n%s", text)
				}
				d.proxy.Answer(nil)
				if again := a.run(t, "apply", d.proxy.URI(), d.redirects(), true); again.code != change.ExitDone {
					t.Errorf("again: exit %d\n%s%s", again.code, again.stdout, again.stderr)
				}
			})
		}
	}
}
