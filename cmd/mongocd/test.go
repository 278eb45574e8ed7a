package main

// The `test` command: the tests of the weaves run; what passed and failed, and
// on request which statements nothing exercised. It reads files only.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/explained"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/watch"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

type testOptions struct {
	compiled.Options
	run      string
	coverage bool
}

func (a *app) testCommand() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Run the tests of the weaves: given documents in, expected documents out",
		Long: `Runs the test blocks of the workspace, each in every environment that it is for, over the documents that it
gives; nothing needs to be extracted. Numbers without a type take the one that the extracted data has.
Exit code 1 when a test fails.`,
		Example: `  mongocd test
  mongocd test --run 'rolls out' --env prod
  mongocd test --coverage`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.test(cmd, o)
		},
	}
	o.DiagnosticOptions.Bind(cmd)
	cmd.Flags().StringArrayVar(&o.Environments, "env", nil, "an `environment` (repeatable; default: all)")
	cmd.Flags().StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	compiled.WithEditsFlag(cmd.Flags(), &o.WithEdits)
	cmd.Flags().StringVar(&o.run, "run", "", "run the tests whose name matches this regular `expression`")
	cmd.Flags().BoolVar(&o.coverage, "coverage", false, "list the statements that no test and no extracted document exercised")
	watch.Add(a.Console, cmd, nil)
	return cmd
}

func (a *app) test(cmd *cobra.Command, o testOptions) error {
	if err := o.Validate(); err != nil {
		return err
	}
	var run *regexp.Regexp
	if o.run != "" {
		var err error
		if run, err = regexp.Compile(o.run); err != nil {
			return console.Usagef("--run is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
	}
	dir, err := a.Workspace()
	if err != nil {
		return err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if diagnostics.HasErrors() {
		return a.Report(diagnostics, o.DiagnosticOptions)
	}
	inputs, err := o.InputValues()
	if err != nil {
		return err
	}
	report, more := weavetest.Run(cmd.Context(), w, weavetest.Options{
		Options: workspace.Options{Environments: o.Environments, Inputs: inputs, WithEdits: o.WithEdits, Compiler: version.Program()}, Named: run, Coverage: o.coverage,
	})
	diagnostics = append(diagnostics, more...)
	if report == nil {
		return a.Report(diagnostics, o.DiagnosticOptions)
	}
	if o.Output == "json" {
		err = writeTests(a.Console, report, diagnostics)
	} else if err = a.Report(diagnostics, o.DiagnosticOptions); err == nil {
		err = printTests(a.Console, report, run)
	}
	if err == nil && !report.Passed() {
		err = console.ExitError{Code: console.ExitFailed}
	}
	return err
}

// printTests prints a line for each test and, below it, how it failed.
func printTests(a *console.Console, r *weavetest.Report, run *regexp.Regexp) error {
	var b strings.Builder
	failed := 0
	for _, group := range groupResults(r.Results) {
		word := "ok  "
		if len(group.failures) > 0 {
			word = "FAIL"
			failed += group.failed
		}
		fmt.Fprintf(&b, "%s  %s: %s (%s)\n", word, group.weave, diag.Safe(group.name, 200), strings.Join(group.environments, ", "))
		for _, n := range group.notJudged {
			fmt.Fprintf(&b, "      not judged: %s  %s (the test gives no %s)\n", explained.LineOf(n.Span), explained.FirstLine(n.Span), diag.Safe(n.Collection, 64))
		}
		if len(group.failures) > 0 {
			b.WriteByte('\n')
			if err := diag.Render(&b, group.failures, diag.RenderOptions{Color: a.Colored(), Bare: true}); err != nil {
				return console.Failf("write the messages: %s", err)
			}
		}
	}
	switch n := len(r.Results); {
	case n == 0 && run != nil:
		b.WriteString("no test has a name like that\n")
	case n == 0:
		b.WriteString("there are no tests; write one beside the rules: test \"NAME\" { given … expect … }\n")
	default:
		fmt.Fprintf(&b, "%s: %d passed, %d failed\n", console.Plural(n, "test"), n-failed, failed)
	}
	if c := r.Coverage; c != nil {
		b.WriteByte('\n')
		for _, s := range c.Missed {
			fmt.Fprintf(&b, "%s  %s\n", explained.LineOf(s), explained.FirstLine(s))
		}
		percent := 100.0
		if c.Statements > 0 {
			percent = 100 * float64(c.Exercised) / float64(c.Statements)
		}
		fmt.Fprintf(&b, "coverage: %.1f%%, %d of %s", percent, c.Exercised, console.Plural(c.Statements, "statement"))
		if len(c.Missed) > 0 {
			fmt.Fprintf(&b, "; no test and no extracted document exercised the %d above", len(c.Missed))
		}
		b.WriteByte('\n')
	}
	return a.Print(b.String())
}

// testGroup is a test with its environments that all passed, or that failed.
type testGroup struct {
	weave, name  string
	span         source.Span
	environments []string
	failures     diag.List
	failed       int
	notJudged    []rules.NotJudged
}

// groupResults joins the environments of a test, those in which it fails apart.
func groupResults(results []weavetest.Result) []*testGroup {
	var out []*testGroup
	for _, r := range results {
		var g *testGroup
		for _, other := range out {
			if other.span == r.Span && (len(other.failures) > 0) == (len(r.Failures) > 0) {
				g = other
			}
		}
		if g == nil {
			g = &testGroup{weave: r.Weave, name: r.Name, span: r.Span}
			out = append(out, g)
		}
		g.environments = append(g.environments, r.Environment)
		for _, n := range r.NotJudged {
			if !slices.Contains(g.notJudged, n) {
				g.notJudged = append(g.notJudged, n)
			}
		}
		if len(r.Failures) > 0 {
			g.failures = append(g.failures, r.Failures...)
			g.failed++
		}
	}
	return out
}

// testsJSON is what `test --output json` writes.
type testsJSON struct {
	Tests       []testJSON    `json:"tests"`
	Passed      int           `json:"passed"`
	Failed      int           `json:"failed"`
	Coverage    *coverageJSON `json:"coverage,omitempty"`
	Diagnostics []diag.JSON   `json:"diagnostics"`
}

type testJSON struct {
	Weave       string      `json:"weave"`
	Name        string      `json:"name"`
	Environment string      `json:"environment"`
	File        string      `json:"file"`
	Line        int         `json:"line"`
	Passed      bool        `json:"passed"`
	Failures    []diag.JSON `json:"failures,omitempty"`
	// NotJudged are rules about collections that the test says nothing of.
	NotJudged []statementPlace `json:"notJudged,omitempty"`
}

type coverageJSON struct {
	Statements int              `json:"statements"`
	Exercised  int              `json:"exercised"`
	Missed     []statementPlace `json:"missed"`
}

// statementPlace is a statement with its place.
type statementPlace struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Statement string `json:"statement"`
}

func placeOf(s source.Span) statementPlace {
	return statementPlace{File: s.File.Name, Line: s.Position().Line, Statement: explained.FirstLine(s)}
}

func writeTests(a *console.Console, r *weavetest.Report, diagnostics diag.List) error {
	out := testsJSON{Tests: []testJSON{}, Diagnostics: diag.ToJSON(diagnostics)}
	for _, t := range r.Results {
		j := testJSON{Weave: t.Weave, Name: t.Name, Environment: t.Environment, File: t.Span.File.Name, Line: t.Span.Position().Line, Passed: len(t.Failures) == 0}
		if j.Passed {
			out.Passed++
		} else {
			out.Failed++
			j.Failures = diag.ToJSON(t.Failures)
		}
		for _, n := range t.NotJudged {
			j.NotJudged = append(j.NotJudged, placeOf(n.Span))
		}
		out.Tests = append(out.Tests, j)
	}
	if c := r.Coverage; c != nil {
		out.Coverage = &coverageJSON{Statements: c.Statements, Exercised: c.Exercised, Missed: []statementPlace{}}
		for _, s := range c.Missed {
			out.Coverage.Missed = append(out.Coverage.Missed, placeOf(s))
		}
	}
	return a.WriteJSON(out)
}
