package change

// How a command ended. In: a report, and what it does not say itself; out: outcome and
// exit code (docs/enforcement.md, Exit codes). Pure.

import "slices"

// Result is what the outcome of a report depends on beside what is in it.
type Result struct {
	Differs  bool // there was something to do
	Wrote    bool // a write was sent that the destination may have done
	Declined bool // who was asked said no
	PlanOnly bool // undo, claim, release-hold: only to show

	DetailedExit bool // differences that a plan shows have an exit code of their own
	AllowUnknown bool // secrets that could not be compared are no reason for it
}

// Settle sets outcome and exit code.
func (p *Report) Settle(r Result) {
	conflict := len(p.Conflicts) > 0
	writes := !r.PlanOnly && slices.Contains([]string{"apply", "undo", "claim", "release-hold"}, p.Command)
	switch {
	case r.Wrote && (conflict || p.Failure != nil):
		p.Outcome, p.Exit = Stopped, ExitStopped
	case p.Failure != nil:
		p.Outcome, p.Exit = Failed, ExitFailed
	case conflict, r.Declined:
		p.Outcome, p.Exit = Refused, ExitRefused
	case !r.Differs && slices.ContainsFunc(p.Collections, func(c CollectionReport) bool { return c.Counts.Unknown > 0 }):
		p.Outcome, p.Exit = Unknown, ExitDone
		if !r.AllowUnknown && (p.Command == "verify" || r.DetailedExit) {
			p.Exit = ExitDifferences
		}
	case !r.Differs && slices.ContainsFunc(p.Collections, func(c CollectionReport) bool { return c.Counts.Kept > 0 }):
		p.Outcome, p.Exit = Kept, ExitDone
		if p.Command == "verify" {
			p.Exit = ExitDifferences
		}
	case !r.Differs:
		p.Outcome, p.Exit = InSync, ExitDone
	case writes && p.Command == "undo":
		p.Outcome, p.Exit = Undone, ExitDone
	case writes:
		p.Outcome, p.Exit = Applied, ExitDone
	case p.Command == "verify" || r.DetailedExit:
		p.Outcome, p.Exit = Changes, ExitDifferences
	default:
		p.Outcome, p.Exit = Changes, ExitDone
	}
}
