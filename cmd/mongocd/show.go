package main

// The `show` command: a saved plan or a report in, the same for people out.

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

type showOptions struct {
	output, html string
	environments []string
	form         view.Form
}

func (a *app) showCommand() *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show a saved plan or a report as text, Markdown or an HTML page, offline",
		Long: `Reads what plan --out saved, or what --report or --output json of plan, apply, verify or undo wrote, mongocd or an artefact, as JSON
or as JSON lines, and shows it. It reads that file only. With - it reads stdin.

With --html it writes one page to be read in a browser: without network and without anything beside it, so that it can be attached to
a pull request or kept as an artefact of a pipeline. In it documents and what changes in them can be searched, filtered and put
together; what differs in a text is shown line by line, and what HTML in it looks like.`,
		Example: `  mongocd show prod.plan
  mongocd show prod.plan --html prod.html
  ./shop plan --output json | mongocd show - --html plan.html`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return show(a.Console, args[0], o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.output, "output", "text", "`form` on stdout: text or markdown; with --html nothing, unless it is given")
	flags.BoolVarP(&o.form.Verbose, "verbose", "v", false, "leave nothing out: every document, change and conflict, whole values")
	flags.StringArrayVar(&o.environments, "env", nil, "show this `environment` only (repeatable)")
	review.BindFilter(flags, &o.form.Filter)
	review.BindSize(flags, &o.form.MaxSize)
	page.Bind(flags, &o.html)
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		if o.html != "" && !cmd.Flags().Changed("output") {
			o.output = ""
		}
	}
	return cmd
}

// show shows what a file has.
func show(a *console.Console, name string, o showOptions) error {
	if !slices.Contains([]string{"", "text", "markdown"}, o.output) {
		return console.Usagef("--output is %q; it takes text or markdown", o.output)
	}
	data, err := readFile(a, name)
	if err != nil {
		return console.Failf("%s", err)
	}
	reports, err := live.ReadReports(data)
	if err != nil {
		return console.Failf("%s: %s", diag.Quote(filepath.ToSlash(name), 200), err)
	}
	if len(o.environments) > 0 {
		reports = slices.DeleteFunc(reports, func(r *change.Report) bool { return !slices.Contains(o.environments, r.Environment) })
		if len(reports) == 0 {
			return console.Usagef("no report in it is of %s", strings.Join(o.environments, ", "))
		}
	}
	if o.output != "" {
		o.form.Markdown, o.form.Quiet, o.form.Colors = o.output == "markdown", a.Quiet, a.Colors(a.Stdout)
		if err := a.Print(view.Reports(reports, o.form)); err != nil {
			return err
		}
	}
	return page.Save(a, o.html, reports, o.form.Filter, nil)
}

// readFile reads a file, or stdin for -.
func readFile(a *console.Console, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.Stdin)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", diag.Quote(filepath.ToSlash(name), 200), err)
	}
	return data, nil
}
