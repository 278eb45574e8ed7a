package enforce

// The report of a run. In: what it observed and wrote, and how it ended; out: a
// change.Report with outcome and exit code. And what is held of the writes of an observation. In:
// writes; out: planned ones. Pure.

import (
	"errors"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/parallel"
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
		forget(o)
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

// plan adds an insert or update; patch makes what is there of the desired document, nil: nobody has
// made it.
func (l *observation) plan(w *compare.Write, patch []byte) {
	w.Adapt(l.capabilities, l.transacts)
	l.checkSize(w, w.Wanted, func() string { return l.identity(w.Wanted) })
	// What the ledger says of drift, and moves, are in the write, and nowhere else.
	if w.Before == nil || l.drift != nil || w.Move != nil || w.Rekeyed {
		l.writes = append(l.writes, compare.Plan(w, l.after))
		return
	}
	if patch == nil {
		patch = l.after.Patch(w.Before, l.c.Raw(w.Wanted))
	}
	l.writes = append(l.writes, compare.PlanAgain(w, l.after, patch))
}

// insertsPart is how many inserts a goroutine plans at a time.
const insertsPart = 500

// plannedBefore are the writes of an observation, and the names of the fields that they hold.
type plannedBefore struct {
	writes []compare.Planned
	names  []string
}

func plannedOf(l *observation) *plannedBefore {
	if l.closed {
		return nil
	}
	return &plannedBefore{l.writes, l.after.Names()}
}

// with are those of which inserts are the same in an observation that begins: it holds the same fields,
// and no insert depends on other documents.
func (p *plannedBefore) with(l *observation) []compare.Planned {
	if p == nil || !compare.OneByOne(l.c) || !slices.Equal(p.names, l.after.Names()) {
		return nil
	}
	return p.writes
}

// insert adds the insert of a desired document, in the order of these.
func insert(l *observation, i int) {
	for len(l.earlier) > 0 && l.earlier[0].Wanted < i {
		l.earlier = l.earlier[1:]
	}
	if len(l.earlier) > 0 && l.earlier[0].Wanted == i && l.earlier[0].New() {
		l.writes = append(l.writes, l.earlier[0])
		return
	}
	l.writes = append(l.writes, compare.Unplanned(i))
}

// planInserts plans those that are not.
func planInserts(l *observation) {
	l.earlier = nil
	parallel.Parts(len(l.writes), insertsPart, func() func(from, to int) {
		fields := compare.NewFields(l.after.Names())
		return func(from, to int) {
			for n := from; n < to; n++ {
				if p := &l.writes[n]; !p.Planned() {
					w := l.c.Insertion(p.Wanted)
					*p = compare.Plan(&w, fields, false)
				}
			}
		}
	})
}

// forget lets go what was read and what is to be written, as it is observed again: what stays is
// for the report.
func forget(l *observation) {
	l.forgotten += len(l.writes) + len(l.deletes)
	l.in, l.twins, l.others, l.writes, l.deletes, l.stages, l.leaving = nil, nil, nil, nil, nil, nil, 0
	l.same = nil
}

// settled is what is needed of an observation when it was written, or is not to be: for the
// ledger, for the report, and for the bound of prune. It holds nothing of what it forgot.
func settled(l *observation) *observation {
	of := *l
	forget(&of)
	of.leaving = l.leaving
	return &of
}
