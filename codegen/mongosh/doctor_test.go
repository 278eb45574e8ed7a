package mongosh

// A script examines its destination as `mongocd doctor` and the Go program do.

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doctor"
)

// measured are what is measured anew each time, who can be reached, which scripts do not try,
// and what replies in the VM do not have as mongosh gives it.
var measured = regexp.MustCompile(`(?m)^(latency|clock|                feature) .*\n|: (not )?reachable.*|, wire version .*`)

func TestDoctor(t *testing.T) {
	w := watch(t)
	const memory, name = "f_doctor_twin", "f_doctor_twin_db"
	typed := collection(t, name, "d", desired.Replace, `{"_id": 1, "n": {"$numberDouble": "1.0"}, "$x": "new"}`, `{"_id": 2, "n": {"$numberDouble": "1.0"}}`)
	indexed := collection(t, name, "i", desired.Merge)
	indexed.Indexes = []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1", "hidden": true}`)}
	s := state(typed, indexed)
	if _, err := w.client.Database(name).Collection("d").InsertMany(t.Context(), []any{bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: 1}, {Key: "$x", Value: "old"}}, bson.D{{Key: "_id", Value: 2}, {Key: "n", Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, database := range []string{memory, name} {
			if err := w.client.Database(database).Drop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		}
	})
	run := func(settings map[string]string) string {
		settings["MONGOCD_STATE_DATABASE"] = memory
		return w.js.RunState(stateText(t, s), "doctor", settings).Text
	}
	examine := func() *doctor.Result {
		r, err := doctor.Examine(t.Context(), doctor.Options{URI: w.proxy.URI(), StateDatabase: memory, Probe: "auto", States: []doctor.State{{State: s}}})
		if err != nil {
			t.Fatal(err)
		}
		r.Environment = s.Environment
		return r
	}
	same := func(when, script, program string) {
		t.Helper()
		if a, b := measured.ReplaceAllString(script, ""), measured.ReplaceAllString(program, ""); a != b {
			t.Errorf("%s: the script says\n%s\nthe program says\n%s", when, a, b)
		}
	}
	if text := run(map[string]string{"MONGOCD_PROBE": "never"}); !strings.Contains(text, "unknown         hidden indexes: needed by f_doctor_twin_db.i (") {
		t.Errorf("without a probe:\n%s", text)
	}
	text := run(map[string]string{}) // it probes
	for _, want := range []string{"needed by f_doctor_twin_db.d (w.weave:1:1, 1 document)", "yes             hidden indexes: needed by f_doctor_twin_db.i (", "nothing is in the way"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	same("probed", text, doctor.Text(examine()))
	var ours map[string]any
	if err := json.Unmarshal([]byte(w.js.RunState(stateText(t, s), "doctor", map[string]string{"MONGOCD_STATE_DATABASE": memory}).JSON), &ours); err != nil || ours["command"] != "doctor" || ours["environment"] != s.Environment {
		t.Errorf("%v: %v", err, ours)
	}
	if _, err := w.client.Database(memory).Collection("control").UpdateByID(t.Context(), "server capabilities",
		bson.D{{Key: "$set", Value: bson.D{{Key: "lacks", Value: bson.A{"hidden-index"}}}}, {Key: "$pull", Value: bson.D{{Key: "has", Value: "hidden-index"}}}}); err != nil {
		t.Fatal(err)
	}
	text = run(map[string]string{})
	if !strings.Contains(text, "problem         the server lacks hidden indexes, which f_doctor_twin_db.i (") {
		t.Errorf("of what it lacks:\n%s", text)
	}
	same("lacking", text, doctor.Text(examine()))
}
