package enforce

// How far a run is. In: phases, collections and counts as they come; out: calls
// of Options.Progress.

import (
	"time"

	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Progress is how far a run is: in a phase (the stages of a Failure), at a
// collection, Done of Total of what Unit names.
type Progress struct {
	Phase, Collection string
	Done, Total       int
	Unit              string
}

// Waiting says how much of the time is left that a run waits for what others have sent
// to a database.
func (o Options) Waiting(database string, left time.Duration) {
	if o.Progress != nil {
		o.Progress(Progress{Phase: "lease", Collection: database, Done: int(control.SettleSeconds - left.Seconds()), Total: control.SettleSeconds, Unit: "seconds"})
	}
}

// progress says how far a run is with a collection.
func (r *run) progress(ns stores.Namespace, done, total int, unit string) {
	if r.options.Progress != nil {
		r.options.Progress(Progress{Phase: r.phase, Collection: ns.String(), Done: done, Total: total, Unit: unit})
	}
}

// written says how many documents of a collection are written.
func (r *run) written(i int, ns stores.Namespace, prune bool) {
	c := &r.report.Collections[i]
	switch {
	case c.Done == nil:
	case prune:
		r.progress(ns, c.Done.Deleted, c.Counts.Delete, "documents")
	default:
		r.progress(ns, c.Done.Inserted+c.Done.Updated, c.Counts.Insert+c.Counts.Update, "documents")
	}
}
