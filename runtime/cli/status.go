package cli

// Where a release stands. In: a state, and its destination; out: which run changed the
// destination last, and how it differs now.

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Status looks at the destination of a state, and only reads. The error is wrong usage;
// every other failure is the item's reason. A directory remembers no runs: git does. The
// report is plan's.
func Status(ctx context.Context, state *desired.State, f *Flags, lookup func(string) (string, bool)) (item change.StatusItem, report *change.Report, err error) {
	item = change.StatusItem{Environment: state.Environment, Weave: state.Weave}
	if item.Artefact, err = state.Digest(); err != nil {
		return item, nil, fmt.Errorf("write the state of %s: %w", state.Weave, err)
	}
	report, closing, err := Run(ctx, "plan", state, f, nil, lookup)
	if err != nil {
		return item, nil, err
	}
	item.Plan(report)
	if item.Reason != "" {
		return item, report, nil
	}
	if uri, err := Destination(lookup, state.Environment); err == nil && strings.HasPrefix(uri, "dir:") {
		return item, report, nil
	}
	list, closed, err := Runs(ctx, state, f, lookup)
	if err != nil {
		return item, nil, err
	}
	item.Ran(list)
	if closing := errors.Join(closing, closed); closing != nil && item.Reason == "" {
		item.Reason = closing.Error()
	}
	return item, report, nil
}

// status prints it.
func (p *program) status(ctx context.Context, state *desired.State, f *Flags) int {
	detailed := f.DetailedExit
	f.DetailedExit = false // of plan
	item, _, err := Status(ctx, state, f, p.lookup)
	if err != nil {
		return p.usageError(err)
	}
	r := &change.Status{Format: 1, Command: "status", States: []change.StatusItem{item}}
	switch {
	case item.Failed():
		r.Exit = change.ExitFailed
	case detailed && item.Differs():
		r.Exit = change.ExitDifferences
	}
	return p.result(view.Status(&item), r, r.Exit, nil, f)
}
