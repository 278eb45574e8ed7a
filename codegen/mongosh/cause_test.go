package mongosh

// Whose doing each difference is: both engines say the same of a release and of what
// somebody changed at the destination since the last one.

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

func TestCausesAgree(t *testing.T) {
	const database, records = "f_causes", "f_causes_state"
	e := newEngines(t, database)
	defer freshDatabase(t, e.database.Client(), records)
	freshDatabase(t, e.database.Client(), records)
	wanted := func(documents ...string) *desired.State {
		c := collection(t, database, "c", desired.Exact, documents...)
		c.Lists = []desired.List{{Path: doc.Path{"l"}, By: []string{"k"}}}
		return state(c)
	}
	seed(t, e.database.Collection("c"), nil, nil)
	options := enforce.Options{StateDatabase: records}
	before := wanted(`{"_id": 1, "a": 1, "b": 1, "c": 1, "d": {"x": 1, "y": 1}, "g": 1, "l": [{"k": 1, "n": 1, "m": 1}]}`, `{"_id": 2, "a": 1}`)
	if report, err := enforce.Apply(t.Context(), e.store, before, options); err != nil || report.Exit != 0 {
		t.Fatalf("%v\n%s", err, view.Text(report, true))
	}
	there := parse(t, `{"_id": 1, "a": 1, "b": 7, "c": 7, "d": {"x": 7, "y": 7}, "l": [{"k": 1, "n": 7, "m": 7}]}`) // g is gone
	if _, err := e.database.Collection("c").ReplaceOne(t.Context(), bson.D{{Key: "_id", Value: int32(1)}}, there); err != nil {
		t.Fatal(err)
	}
	now := wanted(`{"_id": 1, "a": 2, "b": 1, "c": 2, "d": {"x": 2, "y": 1}, "g": 2, "l": [{"k": 1, "n": 2, "m": 1}]}`, `{"_id": 2, "a": 1}`)
	report, err := enforce.Plan(t.Context(), e.store, now, options)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := view.JSON(report)
	if err != nil {
		t.Fatal(err)
	}
	schema.Report(t, raw)
	got := runState(t, e.js, now, "plan", map[string]string{"MONGOCD_STATE_DATABASE": records})
	if want := string(raw); !strings.Contains(got.JSON, `"cause": "both"`) || withoutEngine(got.JSON) != withoutEngine(want) {
		t.Errorf("the JavaScript engine's\n%s\nthe Go engine's\n%s", got.JSON, want)
	}
	for _, line := range []string{"a: 1 → 2 (rules)", "b: 7 → 1 (destination, since w/e/1)", "c: 7 → 2 (both, since w/e/1)", "d.x: 7 → 2 (both, since w/e/1)",
		"d.y: 7 → 1 (destination, since w/e/1)", "g: 2 (both, since w/e/1)", "l[k=1].n: 7 → 2 (both, since w/e/1)", "l[k=1].m: 7 → 1 (destination, since w/e/1)"} {
		if !strings.Contains(got.Text, line) {
			t.Errorf("there is no %q in\n%s", line, got.Text)
		}
	}
}

// withoutEngine is a report without the digest of the engine's code, which Go in a test has none of.
func withoutEngine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, `  "engine": `) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
