// Package weavetest runs the tests of the language: for each test and environment the
// weave is compiled over the given documents in place of the extracted ones, by the very
// phases that compiling has, and what comes out is compared with what is expected.
//
// In: a workspace. Out: a Report. given.go makes the documents of a test,
// compare.go compares what is expected, coverage.go tells which statements
// were exercised.
package weavetest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Options choose what Test runs.
type Options struct {
	workspace.Options
	// Named chooses tests by name; nil: all.
	Named *regexp.Regexp
	// Coverage asks for the statements that nothing exercised.
	Coverage bool
}

// Report is what the tests of a workspace gave.
type Report struct {
	// Results in order of weave, place and environment.
	Results []Result
	// Coverage is nil unless asked for.
	Coverage *Coverage
}

// Result is one test in one environment.
type Result struct {
	Weave, Name, Environment string
	// Span is the head of the test.
	Span source.Span
	// Failures say at which expectation the test failed and how; none: it passed.
	Failures diag.List
	// NotJudged are the rules about other collections that the test gives and
	// expects nothing of, in order of place.
	NotJudged []rules.NotJudged
}

// Passed reports whether all tests passed.
func (r *Report) Passed() bool {
	return !slices.ContainsFunc(r.Results, func(t Result) bool { return len(t.Failures) > 0 })
}

// run is one test in one environment.
type run struct {
	*workspace.Job
	test *check.Test
	// collections are those that the test gives or expects something of.
	collections map[workspace.Key]bool
	// finished is what its rules gave; nil: they were not run.
	finished *job.Finished
}

// Prepare prepares a job, and reports what is wrong with its tests themselves.
func Prepare(j *workspace.Job, data *workspace.Snapshot, trace func(s ast.Stmt, before, after bson.Raw)) (*job.Prepared, diag.List) {
	p, diags := job.Prepare(j, data, trace)
	if p.Known != nil {
		diags = append(diags, checkTests(p, data)...)
	}
	return p, diags
}

// Run runs the tests that the options choose. The diagnostics keep them from
// running, or are warnings; errors of the extracted data do not matter here,
// and no data needs to be extracted.
func Run(ctx context.Context, w *workspace.Workspace, o Options) (_ *Report, diags diag.List) {
	doing := "testing"
	defer mistake.Recovered(&doing, &diags)
	jobs, diags := w.Jobs(o.Options)
	if diags = withoutData(diags); diags.HasErrors() {
		return nil, diags
	}
	data, found := w.Read(ctx, jobs, o.Options)
	if diags = append(diags, withoutData(found)...); diags.HasErrors() {
		return nil, diags
	}
	var cover *coverage
	if o.Coverage {
		cover = &coverage{statements: map[ast.Stmt]bool{}}
	}
	// Errors of the rules themselves, and of the tests, are said once.
	wrong := make([]diag.List, len(jobs))
	reals := make([]*job.Prepared, len(jobs))
	for i, j := range jobs {
		real, found := Prepare(j, known(data.For(j.Environment), j), nil)
		reals[i], wrong[i] = real, found.Errors()
		if cover != nil && len(wrong[i]) == 0 {
			finished, _ := real.Run(ctx, nil, nil) // what it finds in the extracted data is not the tests' business
			cover.add(finished)
		}
	}
	diags = append(diags, workspace.Merge(jobs, wrong)...)
	written := make([][]job.Written, len(reals))
	for i, real := range reals {
		written[i] = real.SecretsWritten()
	}
	secrets, _ := sources.LikelySecrets(w, jobs, data, job.SecretsWritten(written), nil)
	if diags = workspace.Settle(append(diags, secrets...)); diags.HasErrors() {
		return nil, diags
	}
	report := &Report{}
	faults := make([]diag.List, len(jobs))
	for i, j := range jobs {
		for _, t := range j.Weave.Module.Tests {
			if !slices.Contains(t.Environments, j.Environment) || o.Named != nil && !o.Named.MatchString(t.Name) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, append(diags, diag.Diagnostic{Code: diag.Interrupted, Message: "stopped: " + err.Error()})
			}
			r, wrong := runTest(ctx, j, data.For(j.Environment), t, cover)
			faults[i] = append(faults[i], wrong...)
			report.Results = append(report.Results, r)
		}
	}
	diags = w.Accept(workspace.Settle(append(diags, workspace.Merge(jobs, faults)...)))
	if diags.HasErrors() {
		return nil, diags
	}
	slices.SortStableFunc(report.Results, compareResults)
	if cover != nil {
		report.Coverage = cover.report()
	}
	return report, diags
}

func compareResults(a, b Result) int {
	if c := strings.Compare(a.Weave, b.Weave); c != 0 {
		return c
	}
	if c := strings.Compare(a.Span.File.Name, b.Span.File.Name); c != 0 {
		return c
	}
	return a.Span.Start - b.Span.Start
}

// withoutData drops the errors about collections that were not extracted or promoted.
func withoutData(found diag.List) diag.List {
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Code == diag.NotExtracted || d.Code == diag.NotPinned })
}

// checkTests reports what is wrong with the tests of a job themselves.
func checkTests(p *job.Prepared, data *workspace.Snapshot) diag.List {
	var diags diag.List
	for _, t := range p.Weave.Module.Tests {
		if slices.Contains(t.Environments, p.Environment) {
			r, _, found := runOf(p.Job, data, t)
			diags = append(diags, found...)
			for _, e := range t.Expected {
				if e.Message == nil {
					diags = append(diags, r.expectedFields(e, p.Inferred)...)
				}
			}
		}
	}
	return diags
}

// runOf is a test with the documents that the test gives; the
// diagnostics are about the test itself.
func runOf(j *workspace.Job, data *workspace.Snapshot, t *check.Test) (*run, *workspace.Snapshot, diag.List) {
	r := &run{Job: j, test: t, collections: map[workspace.Key]bool{}}
	given, diags := r.given(data)
	for _, e := range t.Expected {
		if e.Message != nil {
			continue
		}
		target, found := r.expectedTarget(e)
		diags = append(diags, found...)
		if target == nil {
			continue
		}
		r.collections[target.Key(j.Environment)] = true
		diags = append(diags, r.identified(e, target)...)
	}
	return r, given, diags
}

// runTest runs one test. The diagnostics are about the test itself.
func runTest(ctx context.Context, j *workspace.Job, data *workspace.Snapshot, t *check.Test, cover *coverage) (Result, diag.List) {
	result := Result{Weave: j.Weave.Module.Name, Name: t.Name, Environment: j.Environment, Span: t.Span}
	tj, given, diags := runOf(j, data, t)
	if diags.HasErrors() {
		return result, diags
	}
	prepared, found := job.Prepare(j, given, nil)
	if !found.HasErrors() {
		finished, more := prepared.Run(ctx, &rules.About{Collections: tj.collections, Expects: t.Expects}, nil)
		tj.finished, found = finished, append(found, more...)
		if cover != nil {
			cover.add(finished)
		}
	}
	found = slices.DeleteFunc(workspace.Settle(found), func(d diag.Diagnostic) bool { return d.Code == diag.NoDocuments }) // as the test wants it
	result.NotJudged = tj.notJudged()
	slices.SortFunc(result.NotJudged, func(a, b rules.NotJudged) int {
		return cmp.Or(strings.Compare(a.Span.File.Name, b.Span.File.Name), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	result.Failures = tj.unexpected(found)
	if len(result.Failures) == 0 && !found.HasErrors() {
		for _, e := range t.Expected {
			if e.Message == nil {
				result.Failures = append(result.Failures, tj.compare(e)...)
			}
		}
	}
	return result, diags
}

// failure is a failed expectation.
func (j *run) failure(at source.Span, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: diag.TestFailed, Span: at, Message: fmt.Sprintf("in %s: ", j.Environment) + fmt.Sprintf(format, args...)}
}

// unexpected compares the messages of a test's run with those it expects.
func (j *run) unexpected(found diag.List) diag.List {
	var out diag.List
	var errs diag.List
	for _, d := range found {
		if d.Severity == diag.Error && !j.test.Expects(d.Code) {
			errs = append(errs, d)
		}
	}
	if len(errs) > 0 {
		word := "an error"
		if len(errs) > 1 {
			word = fmt.Sprintf("%d errors", len(errs))
		}
		d := j.failure(j.test.Span, "the rules give %s that the test does not expect", word)
		for _, e := range errs {
			d.Related = append(d.Related, diag.Related{Span: e.Span, Message: fmt.Sprintf("%s: %s", e.Code, e.Message)})
			d.Notes = append(d.Notes, e.Notes...)
		}
		out = append(out, d)
	}
	for _, e := range j.test.Expected {
		if e.Message == nil {
			continue
		}
		severity := diag.Error
		if e.Message.Warning {
			severity = diag.Warning
		}
		if slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return string(d.Code) == e.Message.Code.Text && d.Severity == severity }) {
			continue
		}
		d := j.failure(e.Span, "the rules do not give this %s", severity)
		for _, other := range found {
			if other.Severity == diag.Warning && severity == diag.Warning {
				d.Related = append(d.Related, diag.Related{Span: other.Span, Message: fmt.Sprintf("%s: %s", other.Code, other.Message)})
			}
		}
		if !found.HasErrors() && severity == diag.Error {
			d.Notes = append(d.Notes, "there is no error: "+j.outcome())
		}
		if e.Message.Code.Text == string(diag.DanglingReference) {
			for _, n := range j.notJudged() {
				d.Notes = append(d.Notes, fmt.Sprintf("%s is not judged: the test gives no %s", words.Line(n.Span), diag.Safe(n.Collection, 64)))
			}
		}
		out = append(out, d)
	}
	return out
}

// outcome says in words how many documents came out.
func (j *run) outcome() string {
	var parts []string
	for _, u := range j.units() {
		if j.collections[u.Key()] {
			n := len(j.documents(u.Key()))
			parts = append(parts, fmt.Sprintf("%d document%s of %s", n, words.Plural(n), u.Data.Name))
		}
	}
	if len(parts) == 0 {
		return "no rules were run"
	}
	return strings.Join(parts, " and ") + " came out"
}

// notJudged are the rules that refer to collections that the test is not about.
func (j *run) notJudged() []rules.NotJudged {
	if j.finished == nil {
		return nil
	}
	return j.finished.Done.NotJudged
}
