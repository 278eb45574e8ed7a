package enforce

// The commands that change what runs remember on purpose: `claim` takes over
// databases and collections, `release-hold` lifts the hold that an undo left.
// In: a store; out: a report that lists the records (docs/state.md, control).

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Claim hands the databases of a state over to its environment and to the
// cluster that the destination is, and the collections to its weave. plan only
// shows; Options.Approve is asked before the first record is changed. The error is for
// options that do not fit, or a destination that remembers nothing.
func Claim(ctx context.Context, store stores.Store, state *desired.State, plan bool, options Options) (*change.Report, error) {
	return changeControl(ctx, store, state, "claim", plan, options, control.ClaimChanges)
}

// ReleaseHold lifts the hold of a weave and environment. It is otherwise as Claim.
func ReleaseHold(ctx context.Context, store stores.Store, weave, environment string, plan bool, options Options) (*change.Report, error) {
	state := &desired.State{Weave: weave, Environment: environment}
	return changeControl(ctx, store, state, "release-hold", plan, options, func(records map[string]bson.Raw, about *control.Subject, _ control.Cluster) []control.Change {
		return control.HoldChanges(records, about)
	})
}

// findChanges are the records to be changed, out of those that there are.
type findChanges func(map[string]bson.Raw, *control.Subject, control.Cluster) []control.Change

func changeControl(ctx context.Context, store stores.Store, state *desired.State, command string, plan bool, options Options, find findChanges) (*change.Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, control.ErrNoState
	}
	e, err := newEnforcer(store, state, options, command)
	if err != nil {
		return nil, err
	}
	changes, err := e.controlChanges(ctx, find)
	report := func(end ending, wrote bool) *change.Report {
		p := e.unsettled(&observed{}, nil, end)
		p.Control = controlItems(changes)
		p.Settle(change.Result{Differs: len(changes) > 0, Wrote: wrote, Declined: end.declined, PlanOnly: plan, DetailedExit: options.DetailedExit, AllowUnknown: options.AllowUnknown})
		return p
	}
	if err != nil || plan || len(changes) == 0 {
		return report(e.ended("read", err), false), nil
	}
	if options.Approve != nil {
		shown := report(ending{}, false)
		shown.Outcome, shown.Exit = change.Changes, change.ExitDone
		if !options.Approve(shown) {
			return report(ending{declined: true}, false), nil
		}
	}
	for i, c := range changes {
		if err := e.memory.db.Write(ctx, c); err != nil {
			return report(e.ended("write", err), i > 0), nil
		}
	}
	return report(ending{}, true), nil
}

// controlChanges reads the records that concern the state, and finds those to be
// changed. One that a newer version wrote, or another cluster than the state's, is a
// conflict.
func (e *enforcer) controlChanges(ctx context.Context, find findChanges) ([]control.Change, error) {
	hello, err := e.memory.db.Hello(ctx)
	if err != nil {
		return nil, err
	}
	wrong, err := hello.Cluster.Wrong(e.state.Cluster)
	if err != nil {
		return nil, err
	}
	records, conflicts, err := e.memory.db.Records(ctx, e.memory.about)
	if wrong != nil {
		conflicts = append([]change.Conflict{*wrong}, conflicts...)
	}
	if err == nil && len(conflicts) > 0 {
		err = &refusal{conflicts}
	}
	if err != nil {
		return nil, err
	}
	return find(records, e.memory.about, hello.Cluster), nil
}

// controlItems are the items of a report.
func controlItems(changes []control.Change) []change.ControlItem {
	var items []change.ControlItem
	for _, c := range changes {
		item := change.ControlItem{Record: c.ID}
		if c.Before != nil {
			item.Before = change.DocumentValue(c.Before)
		}
		if c.After != nil {
			item.After = change.DocumentValue(c.After)
		}
		items = append(items, item)
	}
	return items
}
