package change

// What `status` says: which run changed a destination last, and how the destination
// differs now, the same from both engines. In: the reports of plan and runs; out: plain data.

import "slices"

// Status is what was found, by environment and weave.
type Status struct {
	Format  int          `json:"format"` // 1
	Command string       `json:"command"`
	Exit    int          `json:"exit"`
	States  []StatusItem `json:"states"`
}

// StatusItem is a weave in an environment.
type StatusItem struct {
	Environment string `json:"environment"`
	Weave       string `json:"weave"`
	// Build says what a build is to the workspace; empty: it is the build that says all this.
	Build string `json:"build,omitempty"`
	// Artefact is the digest of the state.
	Artefact string `json:"artefact"`
	// Looked: the destination was looked at. Reason says why it was not.
	Looked bool   `json:"looked"`
	Reason string `json:"reason,omitempty"`
	// Last is the newest run that changed the destination and was not undone; nil: none is remembered.
	Last *RunRecord `json:"last,omitempty"`
	// Applied: that run was of this very state.
	Applied bool `json:"applied"`
	// Outcome is that of plan: in-sync, unknown, kept, changes, refused or failed.
	Outcome string `json:"outcome,omitempty"`
	// Differences are how many documents, indexes, options and collections differ; Drifted how many documents of them
	// the destination changed by itself since a run, where the ledger can tell.
	Differences int `json:"differences"`
	Drifted     int `json:"drifted"`
	// Kept are the documents in which something stays as the destination changed it by itself.
	Kept int `json:"kept,omitempty"`
	// Leases are those that runs have at the destination now: an apply or undo is writing, or was broken off.
	Leases []Lease `json:"leases,omitempty"`
	// Conflicts are why apply would write nothing.
	Conflicts []Conflict `json:"conflicts,omitempty"`
}

// Lease is the right of a run to write to a database for a weave (docs/state.md, Lease). Dates are in UTC, by the
// server's clock; Taken is empty where the record does not say it.
type Lease struct {
	Database string `json:"database"`
	Run      string `json:"run,omitempty"` // WEAVE/ENVIRONMENT/N; empty: the record was written by no run
	Taken    string `json:"taken,omitempty"`
	Expires  string `json:"expires"`
	// Ended: it is not held any more. Its run was interrupted, or what it sent may still be carried out.
	Ended bool `json:"ended"`
	// Engine and Labels are those of the run, once it has written its record.
	Engine string  `json:"engine,omitempty"`
	Labels []Label `json:"labels,omitempty"`
}

// Locked: a run is writing, so that apply waits or refuses.
func (i *StatusItem) Locked() bool {
	return slices.ContainsFunc(i.Leases, func(l Lease) bool { return !l.Ended })
}

// Failed: the destination was to be looked at, and could not be.
func (i *StatusItem) Failed() bool { return i.Looked && (i.Outcome == Failed || i.Reason != "") }

// Differs: the destination is not as it is wanted, or may not be written to.
func (i *StatusItem) Differs() bool { return i.Looked && i.Outcome != InSync }

// Plan takes in the report of plan.
func (i *StatusItem) Plan(r *Report) {
	i.Looked, i.Outcome, i.Conflicts, i.Leases = true, r.Outcome, r.Conflicts, slices.Clone(r.Leases)
	if r.Failure != nil {
		i.Reason = r.Failure.Message
	}
	for _, c := range r.Collections {
		i.Kept += c.Counts.Kept
		i.Differences += c.Counts.Insert + c.Counts.Update + c.Counts.Delete + len(c.Options)
		if c.Missing {
			i.Differences++
		}
		for _, index := range c.Indexes {
			if slices.Contains([]string{"create", "change", "drop"}, index.Action) { // the others are no difference
				i.Differences++
			}
		}
		for _, d := range c.Documents {
			if d.Action == "keep" {
				continue
			}
			if isDrift(d.Cause) || slices.ContainsFunc(d.Changes, func(at Change) bool { return isDrift(at.Cause) }) {
				i.Drifted++
			}
		}
	}
}

// isDrift: a cause says that the destination changed, whatever the rules did.
func isDrift(cause string) bool { return cause == "destination" || cause == "both" }

// Ran takes in the list of runs, and says of leases who has them.
func (i *StatusItem) Ran(l *RunList) {
	for n := range i.Leases {
		if at := slices.IndexFunc(l.Runs, func(r RunRecord) bool { return r.ID == i.Leases[n].Run }); at >= 0 {
			i.Leases[n].Engine, i.Leases[n].Labels = l.Runs[at].Engine, l.Runs[at].Labels
		}
	}
	if l.Failure != nil {
		i.Reason = l.Failure.Message
	}
	for n := range l.Runs {
		if run := &l.Runs[n]; run.Undone == "" {
			i.Last, i.Applied = run, run.Outcome == Applied && run.Artefact == i.Artefact
			return
		}
	}
}
