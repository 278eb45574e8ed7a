package live

import (
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
)

func TestSeverest(t *testing.T) {
	report := func(outcome string, exit int) *change.Report {
		return &change.Report{Outcome: outcome, Exit: exit}
	}
	inSync, applied := report(change.InSync, 0), report(change.Applied, 0)
	changes, failed := report(change.Changes, 2), report(change.Failed, 1)
	refused, stopped := report(change.Refused, 3), report(change.Stopped, 4)
	tests := []struct {
		name    string
		reports []*change.Report
		want    int
	}{
		{"all in sync", []*change.Report{inSync, inSync}, 0},
		{"applied", []*change.Report{applied, inSync}, 0},
		{"differences", []*change.Report{inSync, changes, inSync}, 2},
		{"a failure before differences", []*change.Report{failed, changes}, 1},
		{"a refusal before a failure", []*change.Report{failed, refused, changes}, 3},
		{"stopped before all", []*change.Report{inSync, stopped}, 4},
		{"refused after a weave was written", []*change.Report{applied, refused}, 4},
		{"failed after a weave was written", []*change.Report{applied, failed}, 4},
		{"refused after one in sync", []*change.Report{inSync, refused}, 3},
	}
	for _, test := range tests {
		if got := severest(test.reports); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
