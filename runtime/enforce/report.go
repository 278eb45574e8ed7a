package enforce

// The report of a run. In: what it observed and wrote, and how it ended; out: a
// change.Report with outcome and exit code. Pure.

import (
	"errors"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
)

// ending is how a run ended; the zero value is: well.
type ending struct {
	conflicts []change.Conflict
	failure   *change.Failure
	declined  bool // Options.Approve said no
	refused   bool // a conflict, here or in what was observed
}

func (e ending) well() bool {
	return !e.refused && !e.declined && e.failure == nil && len(e.conflicts) == 0
}

// refusal is the error of a phase that ends with conflicts. Those that are in what was
// observed are not in it.
type refusal struct{ conflicts []change.Conflict }

func (r *refusal) Error() string { return "conflict" }

// ended is how a run ends with an error of a stage; nil: well.
func (e *enforcer) ended(stage string, err error) ending {
	var refused *refusal
	if err == nil {
		return ending{}
	}
	if errors.As(err, &refused) {
		return ending{conflicts: refused.conflicts, refused: true}
	}
	if conflict, ok := e.memory.db.Conflict(err); ok {
		return ending{conflicts: []change.Conflict{conflict}, refused: true}
	}
	return ending{failure: &change.Failure{Stage: stage, Message: e.redactor.Replace(err.Error())}}
}

// also is an ending with an error of the last steps besides.
func (e ending) also(message string) ending {
	failure := change.Failure{Stage: "record", Message: message}
	if e.failure != nil {
		failure = change.Failure{Stage: e.failure.Stage, Message: e.failure.Message + "\n" + message}
	}
	e.failure = &failure
	return e
}

// report says what a run observed, what it wrote (nil: it did not come to that), and
// how it ended.
func (e *enforcer) report(seen *observed, done *writing, end ending) *change.Report {
	p := e.unsettled(seen, done, end)
	if end.well() && !seen.refused() && (!seen.differs() || e.command != "apply") {
		p.Notes = append(p.Notes, seen.memory.others()...)
	}
	settle(p, result{differs: seen.differs(), wrote: done != nil && done.sent, declined: end.declined}, e.options)
	return p
}

// unsettled is a report without outcome.
func (e *enforcer) unsettled(seen *observed, done *writing, end ending) *change.Report {
	p := change.NewReport(e.state.Weave, e.state.Environment, e.command)
	p.Notes, p.Digest, p.Failure = slices.Clone(seen.notes), seen.digest, end.failure
	if seen.digest != "" {
		p.Engine = e.options.Engine
	}
	p.Conflicts = append(append(p.Conflicts, seen.conflicts()...), end.conflicts...)
	for _, o := range seen.all {
		p.Collections = append(p.Collections, o.report)
	}
	for _, h := range e.hooksOf(seen) {
		p.Hooks = append(p.Hooks, h.item)
	}
	if done == nil {
		return p
	}
	p.Notes, p.Run = slices.Clone(done.notes), done.run
	for i, d := range done.done {
		p.Collections[i].Done = d
	}
	for i, ran := range done.ran {
		p.Hooks[i].Done = ran
	}
	return p
}

// result is what the outcome of a report depends on besides.
type result struct {
	differs  bool // there was something to do
	wrote    bool // a write was sent that the destination may have done
	declined bool // Options.Approve said no
	planOnly bool // claim, release-hold: only to show
}

// settle sets outcome and exit code of a report.
func settle(p *change.Report, r result, options Options) {
	conflict := len(p.Conflicts) > 0
	isControl := p.Command == "claim" || p.Command == "release-hold"
	switch {
	case r.wrote && (conflict || p.Failure != nil):
		p.Outcome, p.Exit = change.Stopped, change.ExitStopped
	case p.Failure != nil:
		p.Outcome, p.Exit = change.Failed, change.ExitFailed
	case conflict, r.declined:
		p.Outcome, p.Exit = change.Refused, change.ExitRefused
	case !r.differs && slices.ContainsFunc(p.Collections, func(c change.CollectionReport) bool { return c.Counts.Unknown > 0 }):
		p.Outcome, p.Exit = change.Unknown, change.ExitDone
		if !options.AllowUnknown && (p.Command == "verify" || options.DetailedExit) {
			p.Exit = change.ExitDifferences
		}
	case !r.differs:
		p.Outcome, p.Exit = change.InSync, change.ExitDone
	case p.Command == "apply", isControl && !r.planOnly:
		p.Outcome, p.Exit = change.Applied, change.ExitDone
	case p.Command == "verify" || options.DetailedExit:
		p.Outcome, p.Exit = change.Changes, change.ExitDifferences
	default:
		p.Outcome, p.Exit = change.Changes, change.ExitDone
	}
}
