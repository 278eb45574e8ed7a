package mongosh

// What becomes of what somebody changed at the destination: both engines keep it, stop, or
// write over it alike, and a second run does as the first.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/undo"
)

// driftCase is a release, what somebody made of it at the destination, and the next release.
type driftCase struct {
	name          string
	set           func(c *desired.Collection) // what both releases say of the collection
	before, there []string
	now           []string
	keep, stop    string // what is there after apply with `drift keep`; part of the conflict with `drift stop`
	kept          int
	refused       string // part of the conflict with `drift keep`
}

func driftCases() []driftCase {
	prune := func(c *desired.Collection) {
		c.Prune = &desired.Prune{Origin: "w.weave:9:1", AtMost: 1, Filter: doc.Empty}
	}
	mode := func(m desired.Mode) func(c *desired.Collection) { return func(c *desired.Collection) { c.Mode = m } }
	list := func(c *desired.Collection) { c.Lists = []desired.List{{Path: doc.Path{"l"}, By: []string{"k"}}} }
	return []driftCase{
		{
			name: "a value", before: []string{`{"_id": 1, "a": 1, "b": 1}`}, there: []string{`{"_id": 1, "a": 5, "b": 1}`}, now: []string{`{"_id": 1, "a": 1, "b": 2}`},
			keep: `{"_id":1,"a":5,"b":2}`, kept: 1, stop: `{_id: 1} was changed at the destination since w/e/1: a is 5, and 1 was applied and is wanted`,
		},
		{
			name: "nothing but drift", before: []string{`{"_id": 1, "a": 1}`}, there: []string{`{"_id": 1, "a": "x"}`}, now: []string{`{"_id": 1, "a": 1}`},
			keep: `{"_id":1,"a":"x"}`, kept: 1, stop: `a is "x", and 1 was applied`,
		},
		{
			name: "both", before: []string{`{"_id": 1, "a": 1}`}, there: []string{`{"_id": 1, "a": 5}`}, now: []string{`{"_id": 1, "a": 2}`},
			refused: `the rules want another value now: a is 5, 2 is wanted, and neither is what was applied`, stop: `a is 5, 2 is wanted`,
		},
		{
			name: "fields that came and went", before: []string{`{"_id": 1, "a": 1, "d": {"x": 1, "y": 1}}`}, there: []string{`{"_id": 1, "d": {"x": 1, "z": 7}}`}, now: []string{`{"_id": 1, "a": 1, "d": {"x": 2, "y": 1}}`},
			keep: `{"_id":1,"d":{"x":2,"z":7}}`, kept: 1, stop: `a is (missing), and 1 was applied and is wanted; d.y is (missing), and 1 was applied and is wanted; d.z is 7, and (missing) was applied and is wanted`,
		},
		{
			name: "a field that neither the data nor a rule knows", set: mode(desired.Replace), before: []string{`{"_id": 1, "a": 1}`}, there: []string{`{"_id": 1, "a": 1, "mine": {"x": 1}}`}, now: []string{`{"_id": 1, "a": 2}`},
			keep: `{"_id":1,"a":2,"mine":{"x":1}}`, kept: 1, stop: "destination-only-fields",
		},
		{
			name: "a deleted document", before: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`}, there: []string{`{"_id": 1, "a": 1}`}, now: []string{`{"_id": 1, "a": 3}`, `{"_id": 2, "a": 1}`},
			keep: `{"_id":1,"a":3}`, kept: 1, stop: `{_id: 2} was deleted at the destination since w/e/1`,
		},
		{
			name: "a deleted document that the rules changed", before: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`}, there: []string{`{"_id": 1, "a": 1}`}, now: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1, "b": 1}`},
			refused: `{_id: 2} was deleted at the destination since w/e/1, and the rules want it otherwise now`, stop: "drift-conflict",
		},
		{
			name: "a deleted document in mode insert", set: mode(desired.Insert), before: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`}, there: []string{`{"_id": 1, "a": 9}`}, now: []string{`{"_id": 1, "a": 3}`, `{"_id": 2, "a": 2}`, `{"_id": 3, "a": 2}`},
			keep: `{"_id":1,"a":9} {"_id":3,"a":2}`, kept: 1, stop: `{_id: 2} was deleted`,
		},
		{
			name: "prune, an inserted document", set: prune, before: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`}, there: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`, `{"_id": 3, "a": 1}`}, now: []string{`{"_id": 1, "a": 1}`},
			keep: `{"_id":1,"a":1} {"_id":3,"a":1}`, kept: 1, stop: "{_id: 3} was inserted at the destination, and `prune` would delete it",
		},
		{
			name: "prune, a changed document", set: prune, before: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`}, there: []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 5}`}, now: []string{`{"_id": 1, "a": 1}`},
			refused: "{_id: 2} was changed at the destination since w/e/1, and `prune` would delete it", stop: "drift-conflict",
		},
		{
			name: "a list owned in part", set: list, before: []string{`{"_id": 1, "l": [{"k": 1, "n": 1}, {"k": 2, "n": 1}], "a": 1}`}, there: []string{`{"_id": 1, "l": [{"k": 9}, {"k": 1, "n": 5}], "a": 1}`},
			now:  []string{`{"_id": 1, "l": [{"k": 1, "n": 1}, {"k": 2, "n": 1}], "a": 2}`},
			keep: `{"_id":1,"l":[{"k":9},{"k":1,"n":5}],"a":2}`, kept: 1, stop: "l is [{k: 9}, {k: 1, n: 5}]",
		},
		{
			name: "a list owned in part, both", set: list, before: []string{`{"_id": 1, "l": [{"k": 1, "n": 1}, {"k": 2, "n": 1}]}`}, there: []string{`{"_id": 1, "l": [{"k": 1, "n": 5}, {"k": 2, "n": 1}]}`},
			now:     []string{`{"_id": 1, "l": [{"k": 1, "n": 1}, {"k": 2, "n": 2}]}`},
			refused: "neither is what was applied", stop: "drift-conflict",
		},
		{
			name: "a moved document", set: func(c *desired.Collection) {
				c.Identity = []doc.Path{{"k"}}
			}, before: []string{`{"_id": 1, "k": "old", "a": 1, "b": 1}`}, there: []string{`{"_id": 1, "k": "old", "a": 5, "b": 1}`}, now: []string{`{"_id": 1, "k": "new", "a": 1, "b": 2}`},
			keep: `{"_id":1,"k":"new","a":5,"b":2}`, kept: 1, stop: `{k: "new"} was changed at the destination since w/e/1: a is 5`,
		},
		{
			name: "a document that a value replaced", before: []string{`{"_id": 1, "a": {"x": 1, "y": 1}, "b": 1}`}, there: []string{`{"_id": 1, "a": 5, "b": 1}`}, now: []string{`{"_id": 1, "a": {"x": 1, "y": 1}, "b": 2}`},
			keep: `{"_id":1,"a":5,"b":2}`, kept: 1, stop: "a is 5, and {x: 1, y: 1} was applied",
		},
	}
}

func TestDrift(t *testing.T) {
	const database, records = "f_drift", "f_drift_state"
	e := newEngines(t, database)
	options := enforce.Options{StateDatabase: records}
	variables := map[string]string{"MONGOCD_STATE_DATABASE": records}
	for _, test := range driftCases() {
		t.Run(test.name, func(t *testing.T) {
			release := func(drift desired.Drift, documents []string) *desired.State {
				c := collection(t, database, "c", desired.Exact, documents...)
				c.Drift, c.Rules = drift, []desired.Rule{{Name: desired.DriftRule, Origin: "w.weave:8:5"}}
				if test.set != nil {
					test.set(c)
				}
				if test.name == "a moved document" && documents[0] == test.now[0] {
					c.Moves = []desired.Move{{Origin: "w.weave:7:5", From: []bson.RawValue{doc.String("old")}, To: []bson.RawValue{doc.String("new")}}}
				}
				c.Known = []doc.Path{{"a"}, {"b"}}
				return state(c)
			}
			// drifted makes the first release, and then what somebody made of it.
			drifted := func(drift desired.Drift) {
				freshDatabase(t, e.database.Client(), database)
				freshDatabase(t, e.database.Client(), records)
				report, err := enforce.Apply(t.Context(), e.store, release(drift, test.before), options)
				if err != nil || report.Exit != 0 {
					t.Fatalf("%v\n%s", err, view.Text(report, true))
				}
				var there []bson.Raw
				for _, d := range test.there {
					there = append(there, parse(t, d))
				}
				seed(t, e.database.Collection("c"), there, nil)
			}
			// both runs a command with both engines, from equal destinations.
			both := func(drift desired.Drift, command string, more map[string]string) (*change.Report, string) {
				s, with := release(drift, test.now), maps.Clone(variables)
				maps.Copy(with, more)
				o := options
				o.RepairDrift = more != nil
				run := map[string]func() (*change.Report, error){
					"plan":   func() (*change.Report, error) { return enforce.Plan(t.Context(), e.store, s, o) },
					"verify": func() (*change.Report, error) { return enforce.Verify(t.Context(), e.store, s, o) },
					"apply":  func() (*change.Report, error) { return enforce.Apply(t.Context(), e.store, s, o) },
				}[command]
				report, err := run()
				if err != nil {
					t.Fatal(err)
				}
				raw, err := view.JSON(report)
				if err != nil {
					t.Fatal(err)
				}
				schema.Report(t, raw)
				there := documents(t, e.database.Collection("c"))
				if command == "apply" && report.Outcome == change.Applied {
					drifted(drift)
				}
				got := runState(t, e.js, s, command, with)
				if g, w := withoutRun(withoutEngine(got.JSON)), withoutRun(withoutEngine(string(raw))); g != w {
					t.Errorf("drift %s, %s: the JavaScript engine's\n%s\nthe Go engine's\n%s", drift, command, g, w)
				}
				if g := documents(t, e.database.Collection("c")); g != there {
					t.Errorf("drift %s, %s: the JavaScript engine leaves\n%s\nthe Go engine\n%s", drift, command, g, there)
				}
				return report, got.Text
			}
			said := func(text, part string) {
				t.Helper()
				if !strings.Contains(text, part) {
					t.Errorf("there is no %q in\n%s", part, text)
				}
			}

			drifted(desired.DriftStop)
			for _, command := range []string{"plan", "apply"} {
				report, text := both(desired.DriftStop, command, nil)
				if report.Exit != change.ExitRefused {
					t.Errorf("drift stop, %s: exit %d", command, report.Exit)
				}
				said(text, test.stop)
			}

			drifted(desired.DriftKeep)
			plan, text := both(desired.DriftKeep, "plan", nil)
			if test.refused != "" {
				if plan.Exit != change.ExitRefused {
					t.Errorf("drift keep: exit %d\n%s", plan.Exit, text)
				}
				said(text, test.refused)
			} else {
				if n := plan.Collections[0].Counts.Kept; n != test.kept {
					t.Errorf("%d kept, want %d\n%s", n, test.kept, text)
				}
				said(text, "destination, since w/e/1)")
				// Twice: the ledger still knows what was applied.
				for i := range 2 {
					report, text := both(desired.DriftKeep, "apply", nil)
					if report.Exit != 0 || !slices.Contains([]string{change.Applied, change.Kept}, report.Outcome) || i == 1 && report.Outcome != change.Kept {
						t.Errorf("apply %d: %s, exit %d\n%s", i, report.Outcome, report.Exit, text)
					}
					if got := documents(t, e.database.Collection("c")); got != test.keep {
						t.Errorf("apply %d leaves\n%s\nwant\n%s", i, got, test.keep)
					}
				}
				verify, text := both(desired.DriftKeep, "verify", nil)
				if verify.Outcome != change.Kept || verify.Exit != change.ExitDifferences {
					t.Errorf("verify: %s, exit %d\n%s", verify.Outcome, verify.Exit, text)
				}
			}

			// Undo of a run that kept something: what it wrote is taken back, what it kept was never its own.
			if plan.Outcome == change.Changes {
				for _, by := range []string{"go", "js"} {
					drifted(desired.DriftKeep)
					s, there := release(desired.DriftKeep, test.now), stored(t, e.database.Collection("c"))
					run := func(engine, command string) string {
						if engine == "js" {
							with := maps.Clone(variables)
							if command == "undo" {
								with["MONGOCD_RUN"] = "last"
							}
							return runState(t, e.js, s, command, with).JSON
						}
						do := enforce.Apply
						if command == "undo" {
							do = func(ctx context.Context, store stores.Store, s *desired.State, o enforce.Options) (*change.Report, error) {
								return undo.Undo(ctx, store, s, undo.Options{}, o)
							}
						}
						report, err := do(t.Context(), e.store, s, options)
						if err != nil {
							t.Fatal(err)
						}
						raw, err := view.JSON(report)
						if err != nil {
							t.Fatal(err)
						}
						return string(raw)
					}
					other := map[string]string{"go": "js", "js": "go"}[by]
					if text := run(by, "apply"); !strings.Contains(text, `"outcome": "applied"`) || documents(t, e.database.Collection("c")) != test.keep {
						t.Errorf("%s, apply:\n%s", by, text)
					}
					if text := run(other, "undo"); !strings.Contains(text, `"outcome": "undone"`) {
						t.Errorf("%s, undo:\n%s", other, text)
					}
					if got := stored(t, e.database.Collection("c")); !slices.EqualFunc(got, there, func(a, b bson.Raw) bool { return string(a) == string(b) }) {
						t.Errorf("applied by %s, undone by %s:\n%v\nthere was\n%v", by, other, got, there)
					}
				}
			}

			// --repair-drift writes over it, and `drift repair` does what is done without the statement.
			drifted(desired.DriftKeep)
			if report, text := both(desired.DriftKeep, "plan", map[string]string{"MONGOCD_REPAIR_DRIFT": "1"}); report.Collections[0].Counts.Kept != 0 || strings.Contains(text, "drift-") {
				t.Errorf("--repair-drift:\n%s", text)
			}
		})
	}
}

// documents are those of a collection, as they are.
func documents(t *testing.T, c *mongo.Collection) string {
	t.Helper()
	var texts []string
	for _, d := range stored(t, c) {
		text, err := bson.MarshalExtJSON(d, false, false)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return strings.Join(texts, " ")
}

// journalDigest is that of a run's journal, which has the server's dates.
var journalDigest = regexp.MustCompile(`"journal": "[^"]*"`)

func withoutRun(text string) string { return journalDigest.ReplaceAllString(text, "") }
