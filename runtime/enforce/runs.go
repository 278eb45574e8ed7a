package enforce

// The list of runs. In: a store that keeps them; out: their records, newest first, as
// plain data.

import (
	"context"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Runs lists the runs that have changed something. It only reads. The error is
// for a destination that keeps none, or options that do not fit; everything else
// is in the list.
func Runs(ctx context.Context, store stores.Store, weave, environment string, options Options) (*change.RunList, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, control.ErrNoState
	}
	if err := options.Check(&desired.State{}); err != nil {
		return nil, err
	}
	list := &change.RunList{Format: 1, Command: "runs", Weave: weave, Environment: environment, Runs: []change.RunRecord{}}
	db := control.NewDatabase(store, stores.NewClock(options.Now, options.Sleep), options.StateName(), "")
	runs, err := db.Runs(ctx, weave, environment)
	if err != nil {
		return failedList(list, "read", err), nil
	}
	for _, r := range runs {
		list.Runs = append(list.Runs, r.RunRecord)
	}
	return list, nil
}

// RunsNotConnected is the list of a destination that could not be reached.
func RunsNotConnected(weave, environment string, err error) *change.RunList {
	list := &change.RunList{Format: 1, Command: "runs", Weave: weave, Environment: environment, Runs: []change.RunRecord{}}
	return failedList(list, "connect", err)
}

func failedList(l *change.RunList, stage string, err error) *change.RunList {
	l.Exit, l.Failure = change.ExitFailed, &change.Failure{Stage: stage, Message: err.Error()}
	return l
}
