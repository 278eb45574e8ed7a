package live

// `apply` of several weaves, and of a saved plan: all are looked at before
// anything is written; then each is held to what was found, by its digest. And
// the question that apply asks.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// candidate is one weave before anything is written.
type candidate struct {
	state *desired.State
	// found is the report of a run that was not approved: final when it is in sync
	// or says why nothing may be written.
	found *change.Report
	// plan is what would be written; nil when nothing would.
	plan *change.Report
}

// applyAll looks at all states, and applies them one after the other when none
// of them stands in the way. code is the exit code.
func (l *Session) applyAll(ctx context.Context, o *Options, states []*desired.State) (reports []*change.Report, code int, err error) {
	if o.saved != nil {
		uri, err := cli.Destination(l.LookupEnv, o.saved.Environment)
		if err != nil {
			return nil, 0, console.Usagef("%s", view.Printable(err.Error()))
		}
		if addressDigest(uri) != o.saved.Destination {
			return nil, 0, console.ExitError{Code: change.ExitRefused, Message: "nothing was written: the plan was made for another destination than the one that is given now\nPlan again: mongocd plan --out FILE"}
		}
	}
	var candidates []candidate
	var found, standing []*change.Report
	var differ []against
	stands := ""
	for _, state := range states {
		c := candidate{state: state}
		report, closing, err := cli.Run(ctx, "apply", state, o.FlagsFor(state), func(plan *change.Report) bool { c.plan = plan; return false }, l.LookupEnv)
		if err != nil {
			return nil, 0, console.Usagef("%s", view.Printable(err.Error()))
		}
		if closing != nil {
			if err := l.Log(console.LevelWarning, view.Printable(closing.Error())); err != nil {
				return nil, 0, console.Failf("%s", err)
			}
		}
		c.found = report
		candidates, found = append(candidates, c), append(found, report)
		if c.plan == nil && report.Exit != change.ExitDone {
			standing = append(standing, report)
		}
	}
	if len(standing) > 0 {
		stands = "nothing was written: " + diag.Safe(standing[0].Weave, 80) + " cannot be applied"
		if len(states) > 1 {
			stands += "\nMend that, or name the others with --weave: they can be applied alone."
		}
		code = severest(standing)
	} else if stands, differ = l.approval(ctx, o, candidates); stands != "" {
		code = change.ExitRefused
	}
	if stands == "" {
		reports, err = l.carryOut(ctx, o, candidates)
		return reports, severest(reports), err
	}
	if len(differ) > 0 { // two pages have the room of one
		o.MaxSize /= 2
	}
	for i, report := range found {
		if err := l.show(o, report, nil, "", o.another || i > 0); err != nil {
			return nil, 0, err
		}
	}
	if err := l.refused(o, stands, differ...); err != nil {
		return nil, 0, console.ExitError{Code: code, Message: err.Error()}
	}
	return found, code, nil
}

// refused says why nothing was written, and how plans differ from the approved ones:
// beside the reports, and in what a machine or a later reader gets of them.
func (l *Session) refused(o *Options, why string, differ ...against) error {
	whole, shown := why, ""
	if o.Output == "markdown" { // Indented, since nothing in the text can end such a block.
		shown = "\n    " + strings.ReplaceAll(why, "\n", "\n    ") + "\n"
	}
	for _, a := range differ {
		whole += "\n\n" + a.text(view.Form{Verbose: true})
		if o.Output != "json" {
			shown += "\n" + a.text(o.Form())
		}
	}
	l.refusals = append(l.refusals, strings.TrimSuffix(whole, "\n"))
	if shown != "" {
		if err := l.Print(shown); err != nil {
			return err
		}
	}
	return l.Log(console.LevelError, why)
}

// approval returns why nothing is to be written, or nothing; and how plans differ from
// the approved ones.
func (l *Session) approval(ctx context.Context, o *Options, candidates []candidate) (string, []against) {
	if o.saved != nil {
		return o.saved.changed(candidates)
	}
	var plans []*change.Report
	var lines []string
	var differ []against
	for _, c := range candidates {
		if c.plan == nil {
			continue
		}
		plans = append(plans, c.plan)
		if len(o.approvals) > 0 && !slices.ContainsFunc(o.approvals, func(a approval) bool { return a.digest == c.plan.Digest }) {
			lines = append(lines, fmt.Sprintf("nothing was written: the plan of %s is %s, which is not among those approved", diag.Safe(c.state.Weave, 80), c.plan.Digest))
			differ = append(differ, o.differing(c.plan)...)
		}
	}
	switch {
	case len(lines) > 0:
		return strings.Join(lines, "\n"), differ
	case o.Yes || len(plans) == 0:
		return "", nil
	}
	return l.ask(ctx, o, plans...), nil
}

// carryOut applies what was approved; those behind one that stops are not begun.
func (l *Session) carryOut(ctx context.Context, o *Options, candidates []candidate) ([]*change.Report, error) {
	held := *o
	held.Yes = true
	var reports []*change.Report
	for i, c := range candidates {
		report, err := c.found, error(nil)
		if c.plan == nil {
			err = l.show(o, report, nil, "", o.another || i > 0)
		} else {
			held.Approved = c.plan.Digest
			report, err = l.runLive(ctx, &held, c.state, o.another || i > 0)
		}
		if err != nil {
			return nil, err
		}
		if reports = append(reports, report); report.Exit == change.ExitDone {
			continue
		}
		var left []string
		for _, c := range candidates[i+1:] {
			left = append(left, diag.Safe(c.state.Weave, 80))
		}
		if len(left) > 0 {
			if err := l.Log(console.LevelWarning, fmt.Sprintf("not begun, since %s was not applied: %s", diag.Safe(c.state.Weave, 80), strings.Join(left, ", "))); err != nil {
				return nil, console.ExitError{Code: max(severest(reports), console.ExitFailed), Message: err.Error()}
			}
		}
		break
	}
	return reports, nil
}

// ask shows plans and waits for an answer; it returns why it was no yes, or nothing.
func (l *Session) ask(ctx context.Context, o *Options, plans ...*change.Report) string {
	if !l.Terminal(l.Stdin) {
		return "nothing was written: there is no terminal to ask for approval on; review the plan, then add --yes"
	}
	var shown strings.Builder
	form := o.Form()
	form.Markdown, form.Colors, form.Quiet = false, l.Colors(l.Stderr), false
	l.asked = true
	shown.WriteString(view.Reports(plans, form) + "\n")
	what := "this"
	if len(plans) > 1 {
		what = "all of this"
	}
	fmt.Fprintf(l.Stderr, "%sWrite %s to %s? Only `yes` is taken for one: ", shown.String(), what, diag.Safe(plans[0].Environment, 80))
	answers := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(l.Stdin, 1024)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			line = ""
		}
		answers <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done(): // the reading ends with the program
		fmt.Fprintln(l.Stderr)
		return "nothing was written: interrupted"
	case answer := <-answers:
		if answer == "yes" {
			return ""
		}
		return fmt.Sprintf("nothing was written: the answer was %q, not yes", answer)
	}
}
