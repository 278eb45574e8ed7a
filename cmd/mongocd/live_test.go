package main

import (
	"testing"

	"github.com/hayone1/mongocd/runtime/enforce"
)

func TestSeverest(t *testing.T) {
	report := func(outcome string, exit int) *enforce.Report {
		return &enforce.Report{Outcome: outcome, Exit: exit}
	}
	inSync, applied := report(enforce.InSync, 0), report(enforce.Applied, 0)
	changes, failed := report(enforce.Changes, 2), report(enforce.Failed, 1)
	refused, stopped := report(enforce.Refused, 3), report(enforce.Stopped, 4)
	tests := []struct {
		name    string
		reports []*enforce.Report
		want    int
	}{
		{"all in sync", []*enforce.Report{inSync, inSync}, 0},
		{"applied", []*enforce.Report{applied, inSync}, 0},
		{"differences", []*enforce.Report{inSync, changes, inSync}, 2},
		{"a failure before differences", []*enforce.Report{failed, changes}, 1},
		{"a refusal before a failure", []*enforce.Report{failed, refused, changes}, 3},
		{"stopped before all", []*enforce.Report{inSync, stopped}, 4},
		{"refused after a weave was written", []*enforce.Report{applied, refused}, 4},
		{"failed after a weave was written", []*enforce.Report{applied, failed}, 4},
		{"refused after one in sync", []*enforce.Report{inSync, refused}, 3},
	}
	for _, test := range tests {
		if got := severest(test.reports); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
