package enforce

// The commands that change what runs remember on purpose: `claim` takes over
// databases and collections, `release-hold` lifts the hold that an undo left.
// In: a store; out: a report that lists the records (docs/state.md, control).

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Claim hands the databases of a state over to its environment and to the
// cluster that the destination is, and the collections to its weave. plan only
// shows; Options.Approve is asked before the first record is changed. The error is for options that do not fit, or a destination that
// remembers nothing.
func Claim(ctx context.Context, store stores.Store, state *desired.State, plan bool, options Options) (*change.Report, error) {
	return changeControl(ctx, store, state, "claim", plan, options, control.ClaimChanges)
}

// ReleaseHold lifts the hold of a weave and environment. It is otherwise as Claim.
func ReleaseHold(ctx context.Context, store stores.Store, weave, environment string, plan bool, options Options) (*change.Report, error) {
	return changeControl(ctx, store, &desired.State{Weave: weave, Environment: environment}, "release-hold", plan, options, func(records map[string]bson.Raw, about *control.Subject, _ control.Cluster) []control.Change {
		return control.HoldChanges(records, about)
	})
}

func changeControl(ctx context.Context, store stores.Store, state *desired.State, command string, plan bool, options Options,
	find func(map[string]bson.Raw, *control.Subject, control.Cluster) []control.Change) (*change.Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, control.ErrNoState
	}
	r, err := newRun(store, state, options, command)
	if err != nil {
		return nil, err
	}
	r.planOnly = plan
	records, err := r.controlRecords(ctx)
	switch {
	case errors.Is(err, errConflict):
		return r.finish(), nil
	case err != nil:
		return r.failed("read", err), nil
	}
	changes := find(records, r.memory.about, r.memory.hello.Cluster)
	r.differs = len(changes) > 0
	for _, c := range changes {
		item := change.ControlItem{Record: c.ID}
		if c.Before != nil {
			item.Before = doc.Canonical(c.Before)
		}
		if c.After != nil {
			item.After = doc.Canonical(c.After)
		}
		r.report.Control = append(r.report.Control, item)
	}
	if plan {
		return r.finish(), nil
	}
	if len(changes) > 0 && options.Approve != nil {
		shown := *r.report
		shown.Outcome, shown.Exit = change.Changes, change.ExitDone
		if !options.Approve(&shown) {
			r.declined = true
			return r.finish(), nil
		}
	}
	for _, c := range changes {
		if err := r.memory.db.Write(ctx, c); err != nil {
			return r.failed("write", err), nil
		}
		r.wrote = true
	}
	return r.finish(), nil
}

// controlRecords reads the records that concern the state, by `_id`. One that a
// newer version wrote, or another cluster than the state's, is a conflict.
func (r *run) controlRecords(ctx context.Context) (map[string]bson.Raw, error) {
	m := r.memory
	var err error
	if m.hello, err = m.db.Hello(ctx); err != nil {
		return nil, err
	}
	if err := r.wrongCluster(); err != nil {
		return nil, err
	}
	records, conflicts, err := m.db.Records(ctx, m.about)
	if err != nil {
		return nil, err
	}
	r.report.Conflicts = append(r.report.Conflicts, conflicts...)
	if len(r.report.Conflicts) > 0 {
		return nil, errConflict
	}
	return records, nil
}
