package main

// The `diff` command: a workspace in, what differs out, as text, Markdown or
// JSON: between the extracted data and what the rules make of it, between two
// environments, two git revisions, or a copy of the destination and what is
// wanted of it. It reads files only.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/git"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/watch"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
)

type diffOptions struct {
	compiled.Options
	withEnvironment, from, to, destination string
	html                                   string
	detailedExit                           bool
	form                                   view.Form
}

func (a *app) diffCommand() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what the rules change, or what differs between environments or revisions, offline",
		Long: `Runs the rules over the extracted data and shows what differs, document by document and field by field. It reads files
only; what a destination would get is shown by plan.

  mongocd diff                        what was extracted -> what the rules make of it, for each environment
  mongocd diff --env A --with-env B   what is wanted in A -> what is wanted in B
  mongocd diff --from REV [--to REV]  what was wanted at a git revision -> what is wanted at another one, or by the
                                      files as they are; the work tree is not touched
  mongocd diff --destination DIR      a destination that was extracted into DIR -> what is wanted of it, by the rules
                                      of plan; --env names the environment. Secrets are not read: what
                                      may be one is unknown, and a difference to --detailed-exitcode

Elements of arrays are compared by their key where a field tells them apart, else by position (docs/report.md).
Types are shown where only the type differs. A change that three documents or more have in common is shown once. Mode, options,
indexes and policies are compared too. What the artefact fills in is shown as written: ${secret('TOKEN')}; what stood in its
place, and values of redacted fields, are masked. Colours are for terminals, unless NO_COLOR is set.

--output json is {"format": 2, "command": "diff", "environment", "exit", "reports": […]}: reports as plan has them (docs/report.md), with the
sides in "comparison"; inserted is what the second side has alone, deleted what the first has alone.`,
		Example: `  mongocd diff --env prod
  mongocd diff --env preprod --with-env prod
  mongocd diff --from origin/main --output markdown   # for a pull request
  mongocd diff --from origin/main --html diff.html    # to be reviewed in a browser
  mongocd diff --from v1.4.0 --to v1.5.0 --env prod
  mongocd diff --env prod --destination prod-copy/extracted
  mongocd diff --weave shop --detailed-exitcode`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.diff(cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Environments, "env", nil, "an `environment` (repeatable; default: all)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all)")
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	compiled.WithEditsFlag(flags, &o.WithEdits)
	flags.StringVar(&o.withEnvironment, "with-env", "", "compare with what is wanted in this `environment`")
	flags.StringVar(&o.from, "from", "", "compare with what was wanted at this git `revision`")
	flags.StringVar(&o.to, "to", "", "with --from: the `revision` to compare, instead of the files as they are")
	flags.StringVar(&o.destination, "destination", "", "compare with the destination's data in this `directory`, in the extracted layout")
	flags.StringVar(&o.Output, "output", "text", "`form`: text, markdown or json")
	review.BindFilter(flags, &o.form.Filter)
	review.BindSize(flags, &o.form.MaxSize)
	page.Bind(flags, &o.html)
	flags.BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when anything differs or is unknown")
	flags.BoolVarP(&o.Verbose, "verbose", "v", false, "leave nothing out: every document and change, whole values; and say on stderr what defaults supply")
	watch.Add(a.Console, cmd, func() []string {
		if o.destination == "" {
			return nil
		}
		return []string{o.destination}
	})
	return cmd
}

func (a *app) diff(cmd *cobra.Command, o diffOptions) error {
	if !slices.Contains([]string{"text", "markdown", "json"}, o.Output) {
		return console.Usagef("--output is %q; it takes text, markdown or json", o.Output)
	}
	c, err := a.compare(cmd, o)
	if err != nil {
		return err
	}
	exit := change.ExitDone
	if o.detailedExit && c.Differs() {
		exit = change.ExitDifferences
	}
	if o.Output == "json" {
		err = a.WriteJSON(c.JSON(strings.Join(o.Environments, ", "), exit))
	} else {
		o.form.Verbose, o.form.Markdown, o.form.Colors = o.Verbose, o.Output == "markdown", o.Output == "text" && a.Colors(a.Stdout)
		err = a.Print(c.Text(o.form))
	}
	if err == nil && o.html != "" {
		err = savePage(cmd.Context(), a.Console, o, c)
	}
	if err == nil && exit != change.ExitDone {
		err = console.ExitError{Code: exit}
	}
	return err
}

// savePage writes the page, with where values come from when the second side is the
// workspace as it is.
func savePage(ctx context.Context, a *console.Console, o diffOptions, c *review.Comparison) error {
	if o.to == "" && o.withEnvironment == "" {
		dir, err := a.Workspace()
		if err != nil {
			return err
		}
		options, err := o.CompilerOptions()
		if err != nil {
			return err
		}
		w, found := workspace.LoadDir(dir)
		if !found.HasErrors() {
			found = describe.Sources(ctx, w, options, c.Reports)
		}
		if found.HasErrors() {
			return a.ReportBeside(found, o.Output)
		}
		if err := git.Commits(ctx, dir, c.Reports); err != nil {
			return err
		}
	}
	return page.Save(a, o.html, c.Reports, o.form.Filter, c.Accepted)
}

// compare finds what differs between the two sides that the flags name.
func (a *app) compare(cmd *cobra.Command, o diffOptions) (*review.Comparison, error) {
	ctx := cmd.Context()
	asked := 0
	for _, name := range []string{o.withEnvironment, o.from, o.destination} {
		if name != "" {
			asked++
		}
	}
	switch {
	case asked > 1:
		return nil, console.Usagef("--with-env, --from and --destination are three comparisons: give one of them")
	case o.to != "" && o.from == "":
		return nil, console.Usagef("--to goes with --from: it names the second revision")
	case o.withEnvironment != "" && len(o.Environments) != 1:
		return nil, console.Usagef("--with-env compares two environments: name the first one with --env")
	}
	options, err := o.CompilerOptions()
	if err != nil {
		return nil, err
	}
	dir, err := a.Workspace()
	if err != nil {
		return nil, err
	}
	options.Cache, _ = compiled.Cache(a.Console, dir) // where there is none, diff takes longer: it has no --verbose to say why
	switch {
	case o.withEnvironment != "":
		return compareEnvironments(ctx, a.Console, dir, options, o)
	case o.from != "":
		return compareRevisions(ctx, a.Console, dir, options, o)
	case o.destination != "":
		return compareDestination(ctx, a.Console, dir, options, o)
	}
	w, diagnostics := workspace.LoadDir(dir)
	c := &review.Comparison{}
	if !diagnostics.HasErrors() {
		var more diag.List
		c.Reports, more = describe.Diff(ctx, w, options)
		diagnostics = append(diagnostics, more...)
	}
	c.Accepted = compiled.Accepted(diagnostics)
	if err := a.ReportBeside(diagnostics, o.Output); err != nil || !o.Verbose {
		return c, err
	}
	result, diagnostics := compiler.Compile(ctx, w, options) // once more, for the defaults
	if result == nil {
		return nil, a.ReportBeside(diagnostics, o.Output)
	}
	return c, compiled.SayDefaults(a.Console, cmd, o.Options, result)
}

// wanted compiles a workspace.
func wanted(ctx context.Context, a *console.Console, dir string, options workspace.Options, output string) ([]*desired.State, diag.List, error) {
	w, diagnostics := workspace.LoadDir(dir)
	var result *compiler.Result
	if !diagnostics.HasErrors() {
		var more diag.List
		result, more = compiler.Compile(ctx, w, options)
		diagnostics = append(diagnostics, more...)
	}
	if err := a.ReportBeside(diagnostics, output); err != nil {
		return nil, nil, err
	}
	return result.States, compiled.Accepted(diagnostics), nil
}

func compareEnvironments(ctx context.Context, a *console.Console, dir string, options workspace.Options, o diffOptions) (*review.Comparison, error) {
	first := o.Environments[0]
	c := &review.Comparison{}
	var sides [2][]*desired.State
	for i, name := range []string{first, o.withEnvironment} {
		options.Environments = []string{name}
		states, accepted, err := wanted(ctx, a, dir, options, o.Output)
		if err != nil {
			return nil, err
		}
		c.Accepted = accepted
		if members := compiled.EnvironmentsOf(states); len(members) > 1 {
			return nil, compiled.GroupError(name, members, "two environments are compared")
		}
		sides[i] = states
	}
	c.Reports = describe.DiffStates(sides[0], sides[1], change.Comparison{Kind: "environments", From: first, To: o.withEnvironment})
	return c, nil
}

// compareRevisions compiles the workspace as it was at a revision in a
// directory of its own, which is removed afterwards.
func compareRevisions(ctx context.Context, a *console.Console, dir string, options workspace.Options, o diffOptions) (_ *review.Comparison, err error) {
	c, to := &review.Comparison{}, "the workspace"
	repository, err := git.Open(ctx, dir)
	if err != nil {
		return nil, console.Failf("%s", err)
	}
	var sides [2][]*desired.State
	for i, revision := range []string{o.from, o.to} {
		if revision == "" {
			if sides[i], c.Accepted, err = wanted(ctx, a, dir, options, o.Output); err != nil {
				return nil, err
			}
			continue
		}
		if i == 1 {
			to = revision
		}
		of := options
		of.WithEdits = of.WithEdits || i == 0 // what was edited then need not be now
		if sides[i], c.Accepted, err = wantedAt(ctx, a, repository, revision, of, o.Output); err != nil {
			return nil, err
		}
	}
	c.Reports = describe.DiffStates(sides[0], sides[1], change.Comparison{Kind: "revisions", From: o.from, To: to})
	if len(o.Environments)+len(o.Weaves) > 0 && len(sides[0])+len(sides[1]) == 0 {
		return nil, console.Usagef("neither side has such an environment and weave")
	}
	return c, nil
}

// wantedAt compiles a revision. What it does not know yet (environments,
// weaves, inputs) it wants nothing of.
func wantedAt(ctx context.Context, a *console.Console, repository *git.Repository, revision string, options workspace.Options, output string) (_ []*desired.State, _ diag.List, err error) {
	copied, err := os.MkdirTemp("", "mongocd-diff-")
	if err != nil {
		return nil, nil, console.Failf("make a directory for revision %s: %s", diag.Quote(revision, 80), err)
	}
	defer func() {
		if removing := os.RemoveAll(copied); removing != nil && err == nil {
			err = console.Failf("remove the copy of revision %s: %s", diag.Quote(revision, 80), removing)
		}
	}()
	if err := repository.CopyWorkspace(ctx, revision, copied); err != nil {
		return nil, nil, console.Failf("%s", err)
	}
	w, diagnostics := workspace.LoadDir(copied)
	if slices.ContainsFunc(diagnostics, func(d diag.Diagnostic) bool { return d.Code == diag.NoWeave }) {
		return nil, nil, nil
	}
	var result *compiler.Result
	if !diagnostics.HasErrors() {
		known, any := w.Known(options)
		if !any {
			return nil, nil, nil
		}
		var more diag.List
		result, more = compiler.Compile(ctx, w, known)
		diagnostics = append(diagnostics, more...)
	}
	if diagnostics.HasErrors() {
		return nil, nil, errors.Join(a.Log(console.LevelError, fmt.Sprintf("the workspace at revision %s does not compile:", diag.Safe(revision, 80))), a.ReportBeside(diagnostics, output))
	}
	return result.States, compiled.Accepted(diagnostics), nil // its warnings are not news
}
