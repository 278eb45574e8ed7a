package main

// `diff --destination`: what is wanted beside a copy of the destination in a
// directory. In: the compiled states, the directory; out: what the engine of
// plan finds, as a comparison.

import (
	"context"
	"errors"
	"os"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

func compareDestination(ctx context.Context, a *console.Console, workspace string, options workspace.Options, o diffOptions) (*review.Comparison, error) {
	if info, err := os.Stat(o.destination); err != nil || !info.IsDir() {
		return nil, console.Usagef("--destination %q is no directory; extract the destination into one, or name a folder in the extracted layout", o.destination)
	}
	if len(o.Environments) > 1 {
		return nil, console.Usagef("--destination is of one environment: name it with --env")
	}
	if len(o.Environments) == 0 {
		var err error
		if options.Environments, err = compiled.OneEnvironment(a, ""); err != nil {
			return nil, err
		}
	}
	states, accepted, err := wanted(ctx, a, workspace, options, o.Output)
	if err != nil {
		return nil, err
	}
	if members := compiled.EnvironmentsOf(states); len(members) > 1 {
		return nil, compiled.GroupError(o.Environments[0], members, "--destination is of one environment")
	}
	c := &review.Comparison{Accepted: accepted}
	for _, state := range states {
		store, err := dir.Open(o.destination)
		if err != nil {
			return nil, console.Failf("%s", view.Printable(err.Error()))
		}
		// Without secrets: what may be one is unknown, and nothing of it can be shown.
		report, err := enforce.Plan(ctx, store, state, enforce.Options{RepairDrift: true})
		if err = errors.Join(err, store.Close(ctx)); err != nil {
			return nil, console.Failf("%s", view.Printable(err.Error()))
		}
		if report.Failure != nil {
			return nil, console.Failf("%s", view.Printable(report.Failure.Message))
		}
		report.Command, report.Comparison = "diff", &change.Comparison{Kind: "destination", From: "there", To: "wanted"}
		report.Digest, report.Engine = "", "" // nothing is approved
		c.Reports = append(c.Reports, report)
	}
	return c, nil
}
