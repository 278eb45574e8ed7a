package enforce

// Writing. In: the first looks, which found no conflict; out: the finished
// report. The order is docs/enforcement.md, Phases.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/stores"
)

// errConflict ends a phase: the conflicts are in the report.
var errConflict = errors.New("conflict")

// apply runs the phases that write, then verifies. Whatever happens, what was
// begun at the destination is ended.
func (r *run) apply(ctx context.Context, looks []*look) *change.Report {
	stage, err := r.phases(ctx, looks)
	if err = r.noted(err); err != nil && !errors.Is(err, errConflict) {
		r.report.Failure = &change.Failure{Stage: stage, Message: r.redactor.Replace(err.Error())}
	}
	r.close(context.WithoutCancel(ctx))
	return r.finish()
}

// phases are what a run does after its first look; they end at the first error.
func (r *run) phases(ctx context.Context, looks []*look) (stage string, err error) {
	for _, phase := range []struct {
		stage string
		do    func() error
	}{
		{"lease", func() (err error) { looks, err = r.lease(ctx, looks); return err }},
		{hookBefore, func() (err error) { looks, err = r.before(ctx, looks); return err }},
		{"write", func() error { return r.createCollections(ctx, looks) }},
		{"options", func() error { return r.alterOptions(ctx, looks) }},
		{"indexes", func() error { return r.clearWay(ctx, looks) }},
		{"write", func() error { return r.each(ctx, looks, false) }},
		{"prune", func() error { return r.each(ctx, looks, true) }},
		{"indexes", func() error { return r.alterIndexes(ctx, looks) }},
		{"verify", func() (err error) { looks, err = r.verify(ctx); return err }},
		{"record", func() error { return r.putLedger(ctx, looks) }},
		{hookAfter, func() error { _, err := r.runHooks(ctx, hookAfter); return err }},
	} {
		if !r.differs {
			break // the look under the lease found that another run has done it
		}
		r.phase = phase.stage
		if err := phase.do(); err != nil {
			return phase.stage, err
		}
	}
	return "", nil
}

// lease takes the leases, looks again, and writes down that this run writes.
func (r *run) lease(ctx context.Context, looks []*look) ([]*look, error) {
	if m := r.memory; m.db.Keeps() {
		if err := m.record.Number(ctx); err != nil {
			return nil, err
		}
		m.leases.Run = m.record.ID
		if err := m.leases.Take(ctx, r.options.Wait, r.options.ForceUnlock); err != nil {
			return nil, err
		}
		var err error
		if looks, err = r.secondLook(ctx, looks); err != nil || !r.differs {
			return nil, err
		}
		if err := r.begin(ctx); err != nil {
			return nil, err
		}
		if err := r.claim(ctx); err != nil {
			return nil, err
		}
	}
	for i, l := range looks {
		if l.differs() {
			r.report.Collections[i].Done = &change.Done{}
		}
	}
	return looks, nil
}

// secondLook looks again, under the lease, at the collections that differ and
// those they link to: what it finds is what is written.
func (r *run) secondLook(ctx context.Context, looks []*look) ([]*look, error) {
	if err := r.readControl(ctx); err != nil {
		return nil, err
	}
	if len(r.report.Conflicts) > 0 {
		return nil, errConflict
	}
	var differing []int
	for i, l := range looks {
		if l.differs() {
			differing = append(differing, i)
		}
	}
	r.first = nil // a bound of prune is found again
	again, err := r.lookAt(ctx, r.links.Concerned(differing))
	if err != nil {
		return nil, err
	}
	looks = slices.Clone(looks)
	for _, l := range again {
		looks[l.at] = l
	}
	r.found(looks)
	if len(r.report.Conflicts) > 0 {
		return nil, errConflict
	}
	if !r.differs {
		return looks, nil
	}
	return looks, r.approved(looks)
}

// before runs the hooks before the first write, and looks again when there were some.
func (r *run) before(ctx context.Context, looks []*look) ([]*look, error) {
	ran, err := r.runHooks(ctx, hookBefore)
	if err != nil || !ran {
		return looks, err
	}
	if looks, err = r.lookAtAll(ctx); err != nil {
		return nil, err
	}
	for i, l := range looks {
		if l.differs() && r.report.Collections[i].Done == nil {
			r.report.Collections[i].Done = &change.Done{}
		}
		r.report.Conflicts = append(r.report.Conflicts, l.conflicts...)
	}
	if len(r.report.Conflicts) > 0 {
		return nil, errConflict
	}
	return looks, nil
}

// createCollections creates missing collections with their indexes.
func (r *run) createCollections(ctx context.Context, looks []*look) error {
	for _, l := range looks {
		if !l.missing {
			continue
		}
		err := r.alter(ctx, step{look: l, create: true}, stores.CodeNamespaceExists, func(ctx context.Context) error {
			return r.store.CreateCollection(ctx, l.ns, l.c.Options)
		})
		if err != nil {
			return err
		}
		r.done(l.at).Created = true
		if err := r.rebuild(ctx, l, nil, l.indexPlan.Create); err != nil {
			return err
		}
	}
	return nil
}

// each writes the documents of every collection, or prunes them in reverse order.
func (r *run) each(ctx context.Context, looks []*look, prune bool) error {
	if prune {
		for i := len(looks) - 1; i >= 0; i-- {
			if err := r.writeCollection(ctx, i, looks[i], true); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range looks {
		if err := r.writeFresh(ctx, i, looks); err != nil {
			return err
		}
	}
	for i := range looks { // those that link to what was looked at again after they were written
		if r.stale[i] {
			if err := r.writeFresh(ctx, i, looks); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeFresh writes the documents of a collection. Where what it links to was
// looked at again, it is looked at again first, as there may be other `_id`s now.
func (r *run) writeFresh(ctx context.Context, i int, looks []*look) error {
	if r.stale[i] {
		delete(r.stale, i)
		again, err := r.lookAt(ctx, []int{i})
		if err != nil {
			return err
		}
		looks[i] = again[0]
		if len(again[0].conflicts) > 0 {
			r.report.Conflicts = append(r.report.Conflicts, again[0].conflicts...)
			return errConflict
		}
	}
	return r.writeCollection(ctx, i, looks[i], false)
}

// writeCollection sends the writes (or deletes) of a collection; where a guard
// was missed or a batch failed retryably, it looks again and sends what is still
// to do.
func (r *run) writeCollection(ctx context.Context, i int, l *look, prune bool) error {
	first := l
	failures := 0
	for attempt := 1; ; {
		missed, err := r.send(ctx, i, l, prune)
		first.deletes = l.deletes // without those that a transaction has done
		if missed.sent > 0 {
			failures = 0
		}
		failed := stores.Retryable(err) && failures < len(stores.RetryWaits)
		switch {
		case failed:
			r.clock.Sleep(ctx, stores.RetryWaits[failures])
			failures++
		case err != nil || !missed.any:
			return err
		}
		again, err := r.lookAt(ctx, []int{i})
		if err != nil {
			return err
		}
		l = again[0]
		r.outdated(i)
		if err := r.settle(ctx, i, l, missed); err != nil {
			return err
		}
		first.deletes = l.deletes
		if len(l.conflicts) > 0 {
			r.report.Conflicts = append(r.report.Conflicts, l.conflicts...)
			return errConflict
		}
		left := len(l.writes)
		if prune {
			left = len(l.deletes)
		}
		if left == 0 {
			return nil
		}
		if l.missing {
			return fmt.Errorf("%s was dropped while this run was writing to it: run again", change.Clean(l.ns.String()))
		}
		if failed {
			continue
		}
		if attempt < maxAttempts {
			if err := r.clearWay(ctx, again); err != nil {
				return err
			}
			first.indexPlan = l.indexPlan
		} else {
			t := change.ChangedWhileRunning
			if missed.duplicate != "" {
				t = change.ChangedDuplicate
			}
			l.conflict(t, -1, nil, "count", strconv.Itoa(left), "server", change.Clean(missed.duplicate))
			r.report.Conflicts = append(r.report.Conflicts, l.conflicts...)
			return errConflict
		}
		attempt++
	}
}

// settle counts those of the operations of a batch with an unknown outcome that
// are no longer to be done.
func (r *run) settle(ctx context.Context, i int, l *look, missed missed) error {
	unsure := missed.unsure
	if len(unsure) == 0 {
		return nil
	}
	left := map[string]bool{}
	for _, writes := range [][]compare.Write{l.writes, l.deletes} {
		for n := range writes {
			left[writes[n].Key()] = true
		}
	}
	done := r.done(i)
	var undone []compare.Write
	for n := range unsure {
		w := &unsure[n]
		switch {
		case left[w.Key()]:
			undone = append(undone, *w)
		case w.Op.Action == stores.Insert:
			done.Inserted++
		case w.Op.Action == stores.Delete:
			done.Deleted++
		default:
			done.Updated++
		}
	}
	return r.arrived(ctx, l, missed.number, undone)
}

// done counts what is written of a collection; a second look may find work where
// the first had none.
func (r *run) done(i int) *change.Done {
	if r.report.Collections[i].Done == nil {
		r.report.Collections[i].Done = &change.Done{}
	}
	return r.report.Collections[i].Done
}

// verify reads and compares everything again, and returns these looks.
func (r *run) verify(ctx context.Context) ([]*look, error) {
	again, err := r.lookAtAll(ctx)
	if err != nil {
		return nil, err
	}
	conflicts := len(r.report.Conflicts)
	for _, l := range again {
		if len(l.conflicts) == 0 && l.differs() {
			l.conflict(change.VerifyFailed, -1, nil, "count", strconv.Itoa(l.left()))
		}
		r.report.Conflicts = append(r.report.Conflicts, l.conflicts...)
	}
	if len(r.report.Conflicts) > conflicts {
		return nil, errConflict // nothing comes after it
	}
	return again, nil
}
