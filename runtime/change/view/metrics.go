package view

// Reports of verify for monitoring. In: the reports, with the runs of each; out: the text
// format of OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/),
// which a node exporter's textfile collector reads, too.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hayone1/mongocd/runtime/change"
)

// Watched is what verify found of a weave in an environment, and its runs, newest first.
type Watched struct {
	Report *change.Report
	// Held: this artefact was undone; apply would refuse it.
	Held bool
	Runs []change.RunRecord
}

// Metrics are gauges by the names of `mongocd status`. Of a destination that could not be
// compared there is only mongocd_status_up, which is 0, and the last run where it is known.
// The error is a date of a run that is none.
func Metrics(all []Watched) (string, error) {
	var failed error
	compared := func(r *change.Report) bool { return r.Outcome != change.Failed && r.Outcome != change.Stopped }
	var b strings.Builder
	for _, g := range []struct {
		name, help string
		value      func(w Watched) (value int64, has bool)
	}{
		{"mongocd_status_up", "whether the destination could be looked at", func(w Watched) (int64, bool) { return one(compared(w.Report)), true }},
		{"mongocd_differences", "documents, indexes, options and collections that are not as wanted", func(w Watched) (int64, bool) { return differences(w.Report), compared(w.Report) }},
		{"mongocd_unknown", "documents that differ in nothing but, perhaps, secrets that are not given", func(w Watched) (int64, bool) { return uncompared(w.Report), compared(w.Report) }},
		{"mongocd_kept", "documents in which something stays as the destination changed it by itself", func(w Watched) (int64, bool) { return kept(w.Report), compared(w.Report) }},
		{"mongocd_refused", "whether apply would write nothing because of conflicts", func(w Watched) (int64, bool) { return one(w.Held || len(w.Report.Conflicts) > 0), compared(w.Report) }},
		{"mongocd_held", "whether this artefact was undone and is held back", func(w Watched) (int64, bool) { return one(w.Held), compared(w.Report) }},
		{"mongocd_last_run_timestamp_seconds", "when the run began that last changed the destination", func(w Watched) (int64, bool) {
			at := slices.IndexFunc(w.Runs, func(run change.RunRecord) bool { return run.Undone == "" })
			if at < 0 {
				return 0, false
			}
			began, err := time.Parse(time.RFC3339, w.Runs[at].Started)
			if err != nil {
				failed = fmt.Errorf("the date of run %s: %w", w.Runs[at].ID, err)
			}
			return began.Unix(), true
		}},
	} {
		fmt.Fprintf(&b, "# TYPE %s gauge\n# HELP %s %s\n", g.name, g.name, g.help)
		for _, w := range all {
			if value, has := g.value(w); has {
				fmt.Fprintf(&b, "%s{environment=%s,weave=%s} %d\n", g.name, labelValue(w.Report.Environment), labelValue(w.Report.Weave), value)
			}
		}
	}
	b.WriteString("# EOF\n")
	return b.String(), failed
}

// differences counts what is not as wanted.
func differences(r *change.Report) (n int64) {
	for _, c := range r.Collections {
		n += int64(c.Counts.Insert+c.Counts.Update+c.Counts.Delete+len(c.Options)) + one(c.Missing)
		for _, index := range c.Indexes { // what is left or kept is no difference
			n += one(slices.Contains([]string{"create", "change", "drop"}, index.Action))
		}
	}
	return n
}

func uncompared(r *change.Report) (n int64) {
	for _, c := range r.Collections {
		n += int64(c.Counts.Unknown)
	}
	return n
}

func kept(r *change.Report) (n int64) {
	for _, c := range r.Collections {
		n += int64(c.Counts.Kept)
	}
	return n
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// labelValue is the value of a label, with its quotes.
func labelValue(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(change.Clean(text)) + `"`
}
