package cases

// A script examines its destination in mongosh itself: what it tries there ends as in the
// Go program, whose words it has (codegen/mongosh, TestDoctor).

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doctor"
)

func TestDoctorInMongosh(t *testing.T) {
	state := subjectState(desired.Merge)
	uri, d := engine.ForTest(t), newSubject(t)
	run, err := d.mongosh(t.Context(), buildScript(t, state), uri, "doctor")
	if err != nil || run.Code != change.ExitDone {
		t.Fatalf("exit %d, %v\n%s%s", run.Code, err, run.Stdout, run.Stderr)
	}
	r, err := doctor.Examine(t.Context(), doctor.Options{URI: uri, StateDatabase: d.prefix + "other_state", Probe: "always"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.client.Database(d.prefix + "other_state").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, f := range capability.Features {
		want := `"state": "` + r.Features[i].State + `"`
		_, at, ok := strings.Cut(run.Stdout, `"name": "`+f.Name+`"`)
		if head, _, _ := strings.Cut(at, "neededBy"); !ok || !strings.Contains(head, want) {
			t.Errorf("%s: no %s in\n%s", f.Name, want, run.Stdout)
		}
	}
}
