// Package enforce brings a destination to a desired state, by the rules of
// docs/enforcement.md: observe, guard, write, verify.
//
// In: a stores.Store and a desired.State. Out: a change.Report. Each phase gives the
// next one a value: what earlier runs left (remembered), what was observed of every
// collection (observed), what was written (writing), and how it ended (ending); report
// makes the report of them. What is compared and how is in runtime/compare, structure
// and order, what runs remember in runtime/control.
package enforce

import (
	"context"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Plan finds what Apply would do. It only reads. The error is for options that
// do not fit the state; everything else is in the report.
func Plan(ctx context.Context, store stores.Store, state *desired.State, options Options) (*change.Report, error) {
	return examine(ctx, store, state, options, "plan")
}

// Verify finds whether the destination is in the state. It only reads. The
// error is as Plan's.
func Verify(ctx context.Context, store stores.Store, state *desired.State, options Options) (*change.Report, error) {
	return examine(ctx, store, state, options, "verify")
}

func examine(ctx context.Context, store stores.Store, state *desired.State, options Options, command string) (*change.Report, error) {
	e, err := newEnforcer(store, state, options, command)
	if err != nil {
		return nil, err
	}
	seen, err := e.observe(ctx)
	if err == nil {
		seen, err = e.explained(ctx, seen)
	}
	return e.report(seen, nil, e.ended("read", err)), nil
}

// Apply brings the destination to the state and verifies it. The error is as
// Plan's.
func Apply(ctx context.Context, store stores.Store, state *desired.State, options Options) (*change.Report, error) {
	e, err := newEnforcer(store, state, options, "apply")
	if err != nil {
		return nil, err
	}
	if missing := e.secretsMissing(); missing != nil {
		return e.report(&observed{}, nil, ending{conflicts: missing}), nil
	}
	seen, err := e.observe(ctx)
	if err != nil || seen.refused() || !seen.differs() {
		return e.report(seen, nil, e.ended("read", err)), nil
	}
	approved, end := e.guard(ctx, seen)
	if !end.well() {
		return e.report(seen, nil, end), nil
	}
	done, end := e.write(ctx, seen, approved)
	return e.report(done.seen, done, end), nil
}

// FailedToConnect is the report of a run that could not reach the destination.
func FailedToConnect(state *desired.State, command string, err error) *change.Report {
	e := &enforcer{command: command, state: state}
	message := desired.NewRedactor(state, nil).Replace(err.Error())
	return e.report(&observed{}, nil, ending{failure: &change.Failure{Stage: "connect", Message: message}})
}
