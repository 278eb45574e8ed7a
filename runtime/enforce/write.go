package enforce

// Writing. In: what was observed, and under which digest it may be written; out: what
// was written, and how the run ended. The order is docs/enforcement.md, Phases.

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/structure"
)

// writing is the writing of a run, and what came of it.
type writing struct {
	*enforcer
	seen     *observed // what is written: as it was found under the lease, where there is one
	approved string    // the digest of what may be written; empty: all of it
	stage    string
	tasks    []task
	stale    map[int]bool // collections whose tasks may have `_id`s in links that are others now
	verified []*observation

	done  change.Tally     // of each collection
	made  []structure.Made // of each collection
	hooks []hook           // that the run sends
	ran   []bool           // which of them were sent
	notes []string         // those of all observations
	sent  bool             // a write was sent that the destination may have done
	run   *change.RunItem  // the run's record, once it is complete
}

// task is what is still to be done of a collection, out of what was observed of it.
type task struct {
	*observation
	deletes []compare.Planned
	indexes structure.IndexPlan
}

func newTask(o *observation) task { return task{o, o.deletes, o.indexPlan} }

// write runs the stages that write, then verifies. Whatever happens, what was begun at
// the destination is ended.
func (e *enforcer) write(ctx context.Context, seen *observed, approved string) (*writing, ending) {
	w := &writing{enforcer: e, seen: seen, approved: approved, stale: map[int]bool{}, notes: seen.notes}
	err := w.stages(ctx)
	end := e.ended(w.stage, err)
	return w, w.close(context.WithoutCancel(ctx), end)
}

// stages are what a run does after it was guarded; they end at the first error.
func (w *writing) stages(ctx context.Context) error {
	for _, stage := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"lease", w.lease},
		{hookBefore, w.before},
		{"write", w.createCollections},
		{"options", w.alterOptions},
		{"indexes", w.clearWays},
		{"write", w.writeDocuments},
		{"prune", w.prune},
		{"indexes", w.alterIndexes},
		{"verify", w.verify},
		{"record", w.putLedger},
		{hookAfter, func(ctx context.Context) error { _, err := w.runHooks(ctx, hookAfter); return err }},
	} {
		if !w.seen.differs() {
			break // another run has done it meanwhile
		}
		w.stage = stage.name
		if err := stage.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lease takes the leases, observes again, and writes down that this run writes.
func (w *writing) lease(ctx context.Context) error {
	m := w.memory
	if m.db.Keeps() {
		if err := m.record.Number(ctx); err != nil {
			return err
		}
		m.leases.Run = m.record.ID
		if err := m.leases.Take(ctx, w.options.Wait, w.options.ForceUnlock); err != nil {
			return err
		}
		if err := probe(ctx, w); err != nil {
			return err
		}
		seen, err := w.observeAgain(ctx, w.seen)
		w.seen, w.notes = seen, seen.notes
		if err != nil || !seen.differs() {
			return err
		}
		if err := w.checkApproved(seen, w.approved); err != nil {
			return err
		}
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	w.todo(w.seen.all)
	w.hooks = w.hooksOf(w.seen)
	w.ran = make([]bool, len(w.hooks))
	return nil
}

// commitLabel is the label that names the commit of the workspace.
//
//js:table
const commitLabel = "commit"

// labelled are the labels of a run, with the commit where none of them says another one.
func labelled(labels []change.Label, commit string) []change.Label {
	if commit == "" || slices.ContainsFunc(labels, func(l change.Label) bool { return l.Name == commitLabel }) {
		return labels
	}
	return append(slices.Clone(labels), change.Label{Name: commitLabel, Value: commit})
}

// begin writes down that this run writes: its record, whose number the leases name, and
// the claims and managers that are missing. Another run may have been faster with
// these: then they are read again.
func (w *writing) begin(ctx context.Context) error {
	artefact, err := w.artefact()
	if err != nil {
		return err
	}
	m := w.memory
	renumbered, err := m.record.Begin(ctx, control.Compiled{Artefact: artefact, Compiler: w.state.Compiler, Labels: labelled(w.options.Labels, w.state.Commit), Group: w.options.Group})
	if err == nil && renumbered {
		err = m.leases.Rename(ctx, m.record.ID)
	}
	if err != nil {
		return err
	}
	cluster := w.seen.memory.hello.Cluster
	again, err := m.db.Claim(ctx, w.seen.memory.found, m.about, cluster, m.record.ID)
	if err != nil || !again {
		return err
	}
	memory, err := w.recall(ctx, w.seen.memory.hello)
	if err == nil && len(memory.conflicts) > 0 {
		err = &refusal{memory.conflicts}
	}
	if err == nil {
		seen := *w.seen
		seen.memory = memory
		w.seen = &seen
	}
	return err
}

// todo makes the tasks of what was observed of all collections.
func (w *writing) todo(all []*observation) {
	w.tasks = make([]task, len(all))
	if w.made == nil {
		w.made = make([]structure.Made, len(all))
	}
	if w.done == nil {
		w.done = make(change.Tally, len(all))
	}
	for i, o := range all {
		w.tasks[i] = newTask(o)
		if o.differs() {
			w.done.Of(i)
		}
	}
}

// again observes collections in the course of writing: nil is all of them. Conflicts
// are the caller's.
func (w *writing) again(ctx context.Context, which []int) ([]*observation, error) {
	o := &observing{enforcer: w.enforcer, earlier: w.seen.memory, hello: w.seen.memory.hello, capabilities: w.seen.memory.capabilities(), stage: w.stage, since: w, notes: w.notes}
	found, err := []*observation(nil), error(nil)
	if which == nil {
		found, err = o.everything(ctx)
	} else {
		found, err = o.at(ctx, which)
	}
	w.notes = o.notes
	return found, err
}

// before runs the hooks before the first write, and observes again when there were some.
func (w *writing) before(ctx context.Context) error {
	ran, err := w.runHooks(ctx, hookBefore)
	if err != nil || !ran {
		return err
	}
	all, err := w.again(ctx, nil)
	if err != nil {
		return err
	}
	w.todo(all)
	return refused(all)
}

// refused is the error of observations with conflicts.
func refused(all []*observation) error {
	var conflicts []change.Conflict
	for _, o := range all {
		conflicts = append(conflicts, o.conflicts...)
	}
	if len(conflicts) == 0 {
		return nil
	}
	return &refusal{conflicts}
}

// verify observes and compares everything again, and holds what is listed of structure
// against what was sent.
func (w *writing) verify(ctx context.Context) error {
	w.seen, w.tasks = w.seen.settled(), nil // there is memory for one of both
	all, err := w.again(ctx, nil)
	if err != nil {
		return err
	}
	for _, o := range all {
		if len(o.conflicts) > 0 {
			continue
		}
		left := o.left()
		if lost := w.made[o.at].NotKept(o.listed, o.existing); len(lost) > 0 && !o.missing {
			o.conflict(change.NotKept, -1, nil, "parts", strings.Join(lost, "; "))
			left = len(o.writes) + len(o.deletes)
		}
		if left > 0 {
			o.conflict(change.VerifyFailed, -1, nil, "count", strconv.Itoa(left))
		}
	}
	for _, o := range all {
		w.verified = append(w.verified, settled(o))
	}
	return refused(all)
}

// close ends what the run began: its record, old records, a hold on what was undone
// before, its leases. The context is one that no signal ends.
func (w *writing) close(ctx context.Context, end ending) ending {
	m := w.memory
	if !m.db.Keeps() {
		return end
	}
	also := func(err error) {
		if err != nil {
			end = end.also(w.redactor.Replace(err.Error()))
		}
	}
	if m.record.Inserted && w.sent {
		keep := int64(0)
		for _, c := range w.state.Collections {
			keep = max(keep, c.BackupKeep)
		}
		also(m.record.Trim(ctx, keep, w.options.Group != ""))
	}
	outcome := change.Applied
	if !end.well() {
		outcome = change.Stopped
	}
	if lifts := w.seen.memory.lifts; outcome == change.Applied && w.sent && len(lifts) > 0 {
		also(m.db.Lift(ctx, m.about, lifts))
	}
	item, err := m.record.End(ctx, w.sent, outcome, w.done.Counts())
	w.run = item
	also(err)
	lost := slices.ContainsFunc(end.conflicts, func(c change.Conflict) bool { return c.Code == change.LeaseLost.Code })
	if note := m.leases.Late.Note(); note != "" && !lost {
		w.notes = append(slices.Clone(w.notes), note)
	}
	also(m.leases.Release(ctx))
	return end
}
