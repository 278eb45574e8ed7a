// Package live is the commands on destinations.
//
// In: the workspace, or a build folder, and a live destination; out: the reports of
// the same engine that the artefacts run (runtime/cli, runtime/enforce), saved plans,
// lists of runs, and the exit code of all.
package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/changeset"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/git"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Session is one command on destinations.
type Session struct {
	*console.Console
	// refusals are why apply, undo or claim wrote nothing that they could have written.
	refusals []string
	// asked: the plan was shown to whom was asked.
	asked bool
	// found are the reports of plan and verify, which are shown together in the end.
	found []*change.Report
}

// Run runs the command for each state, in order of the weaves' names.
func (l *Session) Run(cmd *cobra.Command, o *Options) error {
	ctx := cmd.Context()
	o.Quiet, o.Progress, o.Colors = l.Quiet, l.LiveProgress(), l.Colors(l.Stdout)
	for _, text := range o.Redirections {
		if err := o.Redirect(text); err != nil {
			return console.Usagef("--database %q: %s", text, err)
		}
	}
	for _, text := range o.canaries {
		if err := o.Canary(text); err != nil {
			return console.Usagef("--canary %q: %s", text, err)
		}
	}
	if o.waves != "" {
		if err := o.Flags.Waves(o.waves); err != nil {
			return console.Usagef("--waves %q: %s", o.waves, err)
		}
	}
	if err := o.readApprovals(); err != nil {
		return err
	}
	for _, text := range o.labels {
		if err := o.Label(text); err != nil {
			return console.Usagef("--label %q: %s", text, err)
		}
	}
	if o.Command == "plan" && slices.Contains(changeset.Forms, o.Output) {
		o.changeset = o.Output
	}
	if o.commands = o.changeset != "" || o.Command == "plan" && o.Output == "commands"; o.commands {
		o.Output = "text"
	}
	if err := o.Check(o.Command); err != nil {
		return console.Usagef("%s", err)
	}
	states, err := l.States(ctx, o)
	if err != nil {
		return err
	}
	if err := o.Redirectable(states); err != nil {
		return err
	}
	if o.Verbose {
		if err := compiled.ShowDefaults(l.Console, cmd, states, o.workspace, o.inputValues); err != nil {
			return err
		}
	}
	if o.changeset != "" && len(states) > 1 {
		return console.Usagef("--output %s writes the plan of one weave, and there are %d: name it with --weave", o.changeset, len(states))
	}
	if o.commands {
		return l.planCommands(ctx, o, states)
	}
	environments := compiled.EnvironmentsOf(states)
	if o.Command == "undo" && len(states) > len(environments) {
		return console.Usagef("undo undoes a run of one weave, and there are %d: name it with --weave", len(states)/len(environments))
	}
	if err := o.holdApprovals(states); err != nil {
		return err
	}
	reports, code, err := l.liveIn(ctx, o, states, environments)
	if len(l.found) > 0 && o.Output != "json" {
		err = errors.Join(err, l.Print(view.Reports(l.found, o.Form())))
	}
	if err != nil {
		return err
	}
	if err := l.writeReports(o, environments, reports, code); err != nil {
		return console.ExitError{Code: max(code, console.ExitFailed), Message: err.Error()}
	}
	if o.Metrics != "" {
		if err := cli.WriteMetrics(ctx, o.Metrics, states, reports, o.FlagsFor, l.LookupEnv); err != nil {
			return console.ExitError{Code: max(code, console.ExitFailed), Message: "write the metrics: " + view.Printable(err.Error())}
		}
	}
	if err := l.saved(ctx, o, states, reports); err != nil {
		return err
	}
	if code != console.ExitDone {
		return console.ExitError{Code: code}
	}
	return nil
}

// saved writes the reports into the files that plan was given, with where values
// come from, which the workspace knows.
func (l *Session) saved(ctx context.Context, o *Options, states []*desired.State, reports []*change.Report) error {
	if o.Out == "" && o.HTML == "" {
		return nil
	}
	if o.workspace != nil {
		options := workspace.Options{Environments: compiled.EnvironmentsOf(states), Weaves: o.Weaves, Inputs: o.inputValues, WithEdits: o.withEdits, Compiler: version.Program()}
		if found := describe.Sources(ctx, o.workspace, options, reports); found.HasErrors() {
			return l.Report(found, console.DiagnosticOptions{Output: "text"})
		}
		dir, err := l.Workspace()
		if err == nil {
			err = git.Commits(ctx, dir, reports)
		}
		if err != nil {
			return err
		}
	}
	if err := page.Save(l.Console, o.HTML, reports, o.Filter, o.diagnostics); err != nil || o.Out == "" {
		return err
	}
	return l.savePlan(o, states, reports)
}

// writeReports writes the reports as JSON, where that is asked for.
func (l *Session) writeReports(o *Options, environments []string, reports []*change.Report, code int) error {
	if o.Output != "json" && o.Report == "" {
		return nil
	}
	named := environments[0]
	if len(environments) > 1 {
		named = o.Environment
	}
	all := liveJSON{Format: change.ReportFormat, Command: o.Command, Environment: named, Exit: code, Reports: reports, Refusal: strings.Join(l.refusals, "\n")}
	var err error
	switch {
	case view.AsLines(o.Report):
		if err = cli.WriteLines(o.Report, reports, all.Refusal); err != nil {
			err = console.Failf("write the report: %s", view.Printable(err.Error()))
		}
	case o.Report != "":
		err = console.WriteReport(o.Report, all)
	}
	if err != nil {
		return err
	}
	if o.Output == "json" {
		return l.WriteJSON(all)
	}
	return nil
}

// liveIn runs the command in one environment after the other, in order; those
// behind one that fails are not begun. code is the exit code of all.
func (l *Session) liveIn(ctx context.Context, o *Options, states []*desired.State, environments []string) (reports []*change.Report, code int, err error) {
	for i, environment := range environments {
		of, found, exit := ofEnvironment(states, environment), []*change.Report(nil), 0
		if o.Command == "apply" && (len(states) > 1 || o.saved != nil) {
			found, exit, err = l.applyAll(ctx, o, of)
		} else {
			if len(o.approvals) > 0 { // there is one for one state
				o.Approved = o.approvals[0].digest
			}
			found, err = l.runEach(ctx, o, of)
			exit = severest(found)
		}
		reports, o.another = append(reports, found...), true
		if err != nil {
			return nil, 0, err
		}
		if code = worse(code, exit); code != console.ExitDone && wrote(reports) {
			code = change.ExitStopped
		}
		if rest := environments[i+1:]; len(rest) > 0 && exit != console.ExitDone && exit != change.ExitDifferences {
			if err := l.Log(console.LevelWarning, fmt.Sprintf("not begun, since %s ended with %d: %s", diag.Safe(environment, 80), exit, strings.Join(rest, ", "))); err != nil {
				return nil, 0, console.ExitError{Code: max(code, console.ExitFailed), Message: err.Error()}
			}
			break
		}
	}
	return reports, code, nil
}

// runEach runs the command for one state after the other.
func (l *Session) runEach(ctx context.Context, o *Options, states []*desired.State) ([]*change.Report, error) {
	var reports []*change.Report
	for i, state := range states {
		report, err := l.runLive(ctx, o, state, o.another || i > 0)
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// liveJSON is what plan, apply and verify write with --output json: the report
// of each weave, as its artefact writes it.
type liveJSON struct {
	Format      int              `json:"format"` // change.ReportFormat
	Command     string           `json:"command"`
	Environment string           `json:"environment"`
	Exit        int              `json:"exit"`
	Reports     []*change.Report `json:"reports"`
	// Refusal is why nothing was written that could have been.
	Refusal string `json:"refusal,omitempty"`
}

// severest is the exit code of a run over several weaves.
func severest(reports []*change.Report) int {
	code := change.ExitDone
	for _, r := range reports {
		code = worse(code, r.Exit)
	}
	if code != change.ExitDone && wrote(reports) {
		return change.ExitStopped // something was written, whatever the others say
	}
	return code
}

// worse is the more severe one of two exit codes.
func worse(a, b int) int {
	order := []int{change.ExitDone, change.ExitDifferences, change.ExitFailed, change.ExitRefused, change.ExitStopped}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// wrote reports whether one of the runs has written something.
func wrote(reports []*change.Report) bool {
	return slices.ContainsFunc(reports, func(r *change.Report) bool { return r.Outcome == change.Applied || r.Outcome == change.Undone })
}

// Redirectable reports a --database that no state has; with several weaves, a
// state may lack one that another has.
func (o *Options) Redirectable(states []*desired.State) error {
	var all []string
	for _, s := range states {
		for _, c := range s.Collections {
			all = append(all, c.Database)
		}
	}
	slices.Sort(all)
	for _, text := range o.Redirections {
		if name, _, _ := strings.Cut(text, "="); !slices.Contains(all, name) {
			return console.Usagef("--database %q: nothing is written to a database %q; there are %s", text, name, strings.Join(slices.Compact(all), ", "))
		}
	}
	return nil
}

// FlagsFor are the flags for one of several states: with the redirections of
// its own databases.
func (o *Options) FlagsFor(state *desired.State) *cli.Flags {
	f := o.Flags
	f.Databases = map[string]string{}
	for _, c := range state.Collections {
		if to, ok := o.Databases[c.Database]; ok {
			f.Databases[c.Database] = to
		}
	}
	return &f
}

// show prints a report as text, and what there is to say beside it.
func (l *Session) show(o *Options, report *change.Report, closing error, refusal string, another bool) error {
	var said error
	switch {
	case o.Command == "plan" || o.Command == "verify":
		l.found = append(l.found, report)
	case o.Output != "json":
		form := o.Form()
		form.Brief = l.asked && o.Output == "text" && len(report.Conflicts) == 0 // it was shown when it was asked for
		text := view.Report(report, form)
		if another {
			text = "\n" + text
		}
		said = l.Print(text)
	}
	if closing != nil {
		said = errors.Join(said, l.Log(console.LevelWarning, view.Printable(closing.Error())))
	}
	if report.Failure != nil {
		said = errors.Join(said, l.Log(console.LevelError, view.Printable(report.Failure.Message)))
	}
	if refusal != "" {
		said = errors.Join(said, l.refused(o, refusal))
	}
	if said != nil {
		return console.ExitError{Code: max(report.Exit, console.ExitFailed), Message: said.Error()}
	}
	return nil
}

// runLive runs the command for one state and prints its report as text;
// another: one was printed before.
func (l *Session) runLive(ctx context.Context, o *Options, state *desired.State, another bool) (*change.Report, error) {
	var refusal string
	var approve func(*change.Report) bool
	if !o.Yes && (o.Command == "apply" || o.Command == "undo" || o.Command == "claim") {
		approve = func(plan *change.Report) bool {
			refusal = l.ask(ctx, o, plan)
			return refusal == ""
		}
	}
	l.Changing = o.Command == "apply" || o.Command == "undo"
	report, closing, err := cli.Run(ctx, o.Command, state, o.FlagsFor(state), approve, l.LookupEnv)
	l.Changing = false
	if err != nil {
		return nil, console.Usagef("%s", view.Printable(err.Error()))
	}
	var differ []against
	if slices.ContainsFunc(report.Conflicts, func(c change.Conflict) bool { return c.Code == "not-approved" }) {
		differ = o.differing(report)
	}
	if len(differ) > 0 { // two pages have the room of one
		o.MaxSize /= 2
	}
	if err = l.show(o, report, closing, refusal, another); err != nil || len(differ) == 0 {
		return report, err
	}
	if err = l.refused(o, "nothing was written: the plan is not the one that was approved", differ...); err != nil {
		return nil, console.ExitError{Code: max(report.Exit, console.ExitFailed), Message: err.Error()}
	}
	return report, nil
}
