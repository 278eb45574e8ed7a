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
	p.Settle(change.Result{
		Differs: seen.differs(), Wrote: done != nil && done.sent, Declined: end.declined,
		DetailedExit: e.options.DetailedExit, AllowUnknown: e.options.AllowUnknown,
	})
	for _, o := range seen.all { // what is shown of it takes memory of its own
		o.forget()
	}
	return p
}

// unsettled is a report without outcome.
func (e *enforcer) unsettled(seen *observed, done *writing, end ending) *change.Report {
	p := change.NewReport(e.state.Weave, e.state.Environment, e.command)
	p.Notes, p.Digest, p.Failure, p.Leases = slices.Clone(seen.notes), seen.digest, end.failure, seen.memory.leases()
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
