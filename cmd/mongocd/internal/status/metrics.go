package status

// A Result for monitoring. In: what was found; out: the text format of OpenMetrics 1.0
// (https://prometheus.io/docs/specs/om/open_metrics_spec/).

import (
	"fmt"
	"strings"
	"time"

	"github.com/hayone1/mongocd/runtime/change"
)

// Metrics are gauges for each environment and weave. Those about a destination that was
// not looked at are left out. The error is a date of a run that is none.
func (r *Result) Metrics() (string, error) {
	number := func(is bool) int64 {
		if is {
			return 1
		}
		return 0
	}
	var failed error
	ended := func(i change.StatusItem) (int64, bool) {
		if i.Last == nil {
			return 0, false
		}
		at, err := time.Parse(time.RFC3339, i.Last.Started)
		if err != nil && failed == nil {
			failed = fmt.Errorf("the date of run %s: %w", i.Last.ID, err)
		}
		return at.Unix(), err == nil
	}
	var b strings.Builder
	for _, g := range []struct {
		name, help string
		value      func(i change.StatusItem) (int64, bool)
	}{
		{"mongocd_status_up", "whether the destination could be looked at", func(i change.StatusItem) (int64, bool) {
			return number(i.Outcome != change.Failed && i.Reason == ""), i.Looked
		}},
		{"mongocd_differences", "documents, indexes, options and collections that are not as wanted", func(i change.StatusItem) (int64, bool) {
			return int64(i.Differences), compared(i)
		}},
		{"mongocd_drifted", "documents that the destination changed by itself since a run", func(i change.StatusItem) (int64, bool) {
			return int64(i.Drifted), compared(i)
		}},
		{"mongocd_refused", "whether apply would write nothing because of conflicts", func(i change.StatusItem) (int64, bool) {
			return number(len(i.Conflicts) > 0), compared(i)
		}},
		{"mongocd_lease_held", "whether a run is writing to the destination", func(i change.StatusItem) (int64, bool) {
			return number(i.Locked()), compared(i)
		}},
		{"mongocd_build_stale", "whether the build is not what the workspace compiles to", func(i change.StatusItem) (int64, bool) {
			return number(i.Build != Current), true
		}},
		{"mongocd_last_run_timestamp_seconds", "when the run began that last changed the destination", ended},
	} {
		fmt.Fprintf(&b, "# TYPE %s gauge\n# HELP %s %s\n", g.name, g.name, g.help)
		for _, i := range r.States {
			if v, has := g.value(i); has {
				fmt.Fprintf(&b, "%s{environment=%s,weave=%s} %d\n", g.name, quoted(i.Environment), quoted(i.Weave), v)
			}
		}
	}
	b.WriteString("# EOF\n")
	return b.String(), failed
}

// compared: the destination was held against the state.
func compared(i change.StatusItem) bool { return i.Looked && i.Outcome != change.Failed }

// quoted is a label's value.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(change.Clean(text)) + `"`
}
