package live

// What runs remember at a destination (docs/state.md), listed. In: weave and
// environment, of the workspace or a build folder; out: the list of runs.

import (
	"context"
	"errors"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Runs lists the runs of each weave.
func (l *Session) Runs(ctx context.Context, o *Options) error {
	o.Quiet = l.Quiet
	if err := o.Check(o.Command); err != nil {
		return console.Usagef("%s", err)
	}
	states, err := l.States(ctx, o)
	if err != nil {
		return err
	}
	if o.Show != "" {
		return l.shownRun(ctx, o, states)
	}
	lists, code := []*change.RunList{}, console.ExitDone
	for i, state := range states {
		if code != console.ExitDone && state.Environment != states[i-1].Environment {
			break // as the others do with a group
		}
		list, closing, err := cli.Runs(ctx, state, &o.Flags, l.LookupEnv)
		if err != nil {
			return console.Usagef("%s", view.Printable(err.Error()))
		}
		var said error
		if closing != nil {
			said = l.Log(console.LevelWarning, view.Printable(closing.Error()))
		}
		if list.Failure != nil {
			said = errors.Join(said, l.Log(console.LevelError, view.Printable(list.Failure.Message)))
		}
		if said != nil {
			return console.ExitError{Code: console.ExitFailed, Message: said.Error()}
		}
		lists, code = append(lists, list), max(code, list.Exit)
		if o.Output == "json" {
			continue
		}
		text := view.Runs(list, o.Form())
		if i > 0 {
			text = "\n" + text
		}
		if err := l.Print(text); err != nil {
			return err
		}
	}
	if o.Output == "json" {
		named := states[0].Environment
		if len(compiled.EnvironmentsOf(states)) > 1 {
			named = o.Environment
		}
		if err := l.WriteJSON(runsJSON{Format: 1, Command: o.Command, Environment: named, Exit: code, Reports: lists}); err != nil {
			return err
		}
	}
	if code != console.ExitDone {
		return console.ExitError{Code: code}
	}
	return nil
}

// shownRun shows one run of one weave.
func (l *Session) shownRun(ctx context.Context, o *Options, states []*desired.State) error {
	if len(states) > 1 {
		return console.Usagef("runs show shows a run of one weave in one environment, and there are %d: name it with --weave and --env", len(states))
	}
	report, closing, err := cli.Show(ctx, states[0], &o.Flags, l.LookupEnv)
	if err != nil {
		return console.Usagef("%s", view.Printable(err.Error()))
	}
	if err := l.show(o, report, closing, "", false); err != nil {
		return err
	}
	if err := page.Save(l.Console, o.HTML, []*change.Report{report}, o.Filter, nil); err != nil {
		return err
	}
	if err := l.writeReports(o, []string{states[0].Environment}, []*change.Report{report}, report.Exit); err != nil {
		return console.ExitError{Code: max(report.Exit, console.ExitFailed), Message: err.Error()}
	}
	if report.Exit != console.ExitDone {
		return console.ExitError{Code: report.Exit}
	}
	return nil
}

// runsJSON is what runs writes with --output json: the list of each weave, as its
// artefact writes it.
type runsJSON struct {
	Format      int               `json:"format"` // 1
	Command     string            `json:"command"`
	Environment string            `json:"environment"`
	Exit        int               `json:"exit"`
	Reports     []*change.RunList `json:"reports"`
}
