package enforce_test

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// A state with what the engines do not carry out is refused before anything is
// read: the store is nil.
func TestRefusesWhatIsNotImplemented(t *testing.T) {
	state := &desired.State{Weave: "w", Environment: "prod",
		Collections: []*desired.Collection{{Database: "shop", Name: "flags", Origin: "f.weave:3:1", Mode: desired.Merge, Identity: []doc.Path{{"_id"}}, BackupKeep: 5,
			Rules: []desired.Rule{{Name: "backup keep", Origin: "f.weave:4:5"}}}}}
	o := enforce.Options{Databases: map[string]string{"shop": "shop2"}}
	run := []func() (*enforce.Report, error){
		func() (*enforce.Report, error) { return enforce.Plan(testContext(t), nil, state, o) },
		func() (*enforce.Report, error) { return enforce.Apply(testContext(t), nil, state, o) },
		func() (*enforce.Report, error) { return enforce.Verify(testContext(t), nil, state, o) },
	}
	for _, f := range run {
		r, err := f()
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome != enforce.Refused || r.Exit != enforce.ExitRefused || len(r.Collections) != 0 {
			t.Errorf("%+v", r)
		}
		text := r.Text(false)
		for _, want := range []string{"conflict not-implemented in shop2.flags, f.weave:4:5", "`backup keep`", "result: refused, exit 3"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
	}
}
