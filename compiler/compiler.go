// Package compiler turns a workspace into desired states.
//
// In: a directory with .weave files and extracted/. Out: one desired.State per
// environment and weave, and diagnostics. This file is the whole pipeline on
// one screen; workspace.go finds and parses files, sources.go says what to
// extract · inputs.go gives inputs their values · targets.go finds the
// collections, data.go reads them · job.go takes a weave through one
// environment, unit.go one collection, viewreads.go what views read · policy.go collects policies, deadrules.go finds what they leave nothing to do,
// structure.go indexes and options · static.go, types.go, inferexpr.go and
// view.go check rules against the shapes of their data · run.go selects, changes
// and checks documents, literal.go has those of `document`, newfields.go judges their fields, branches.go the types of choices, tally.go groups their
// errors, expect.go judges counts · unique.go sorts by identity and compares
// keys · validator.go judges by the destination's validator · collection.go checks collections as a whole, across.go one against
// another, link.go and linkneeded.go what links them · recover.go reports mistakes of this program · defaults.go says what
// nobody wrote · prune.go translates `prune where` · result.go puts together what is
// wanted · merge.go joins what the environments report · diff.go says what rules
// change, changes.go compares two documents, masks.go
// takes out what nobody may see. The same phases serve
// test.go, which runs tests (given.go has their documents, coverage.go what they
// exercised), and provenance.go, which follows one document. accept.go marks what
// the weaves accept.
package compiler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Workspace is the parsed and statically checked content of a directory.
type Workspace struct {
	// Dir is the directory; nothing outside of it is ever read.
	Dir string
	// Weaves by directory, in order of name.
	Weaves []*Weave
	// accepted is what loading found and the weaves accept.
	accepted diag.List
}

// Weave is the .weave files of one directory.
type Weave struct {
	// Dir is the directory within the workspace, with slashes; "." for the workspace itself.
	Dir    string
	Files  []*source.File
	Module *check.Module
}

// Options choose what is compiled.
type Options struct {
	// Environments to compile, or groups of them; empty: all.
	Environments []string
	// Weaves to compile by name; empty: all.
	Weaves []string
	// Inputs are the values of `input` declarations by name, as text.
	Inputs map[string]string
	// WithEdits takes extracted files that were changed by hand as they are, with
	// a warning; without it they are an error.
	WithEdits bool
	// Compiler is "mongocd VERSION", written into every state.
	Compiler string
}

// Result is what Compile made.
type Result struct {
	// States are sorted by environment and weave.
	States []*desired.State
	// Inputs are what took part, sorted by name.
	Inputs []Input
	// Workspace is what was compiled.
	Workspace *Workspace
}

// Input is a .weave file or the folder of an extracted collection, relative to
// the workspace, with the SHA-256 of its content in hex.
type Input struct {
	Name   string
	SHA256 string
}

// Compile makes the desired state of every environment and weave. The result
// is nil exactly when there are errors. Errors that the rules show against the
// shape of the data come alone; without any, those of the documents.
func (w *Workspace) Compile(ctx context.Context, o Options) (_ *Result, diags diag.List) {
	doing := "compiling"
	defer recovered(&doing, &diags)
	jobs, data, diags := w.run(ctx, o)
	if diags.HasErrors() {
		return nil, diags
	}
	result := &Result{Inputs: w.inputs(jobs, data), Workspace: w}
	for _, j := range jobs {
		state := j.state(o.Compiler)
		state.Sources = data.sources(j)
		result.States = append(result.States, state)
	}
	return result, diags
}

// run takes every job through all phases.
func (w *Workspace) run(ctx context.Context, o Options) (_ []*job, _ *snapshot, diags diag.List) {
	doing := "reading the extracted data"
	defer recovered(&doing, &diags)
	jobs, diags := w.jobs(o)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	if diags = append(diags, w.expand(jobs)...); diags.HasErrors() {
		return nil, nil, diags
	}
	data, found := w.snapshot(ctx, jobs, o)
	if diags = append(diags, found...); diags.HasErrors() {
		return nil, nil, diags
	}
	for n, phase := range []func(*job) diag.List{
		func(j *job) diag.List { return j.prepare(data) }, // rules against shapes
		func(j *job) diag.List { return j.run(ctx) },      // rules over documents
	} {
		found := make([]diag.List, len(jobs))
		for i, j := range jobs {
			doing = fmt.Sprintf("compiling %s for %s", diag.Safe(j.weave.Module.Name, 64), diag.Safe(j.environment, 64))
			found[i] = phase(j)
		}
		if diags = append(diags, merge(jobs, found)...); n == 0 {
			diags = append(diags, w.likelySecrets(jobs, data)...)
		}
		diags = w.Accept(settle(diags))
		if err := ctx.Err(); err != nil {
			return nil, nil, append(diags, diag.Diagnostic{Code: diag.Interrupted, Message: "stopped: " + err.Error()})
		}
		if diags.HasErrors() {
			return nil, nil, diags
		}
	}
	diags = append(diags, w.needless(jobs, diags)...)
	return jobs, data, diags
}

// Check finds every error that Compile would.
func (w *Workspace) Check(ctx context.Context, o Options) diag.List {
	_, diags := w.Compile(ctx, o)
	return diags
}

// jobs are the environments and weaves that the options choose, sorted.
func (w *Workspace) jobs(o Options) ([]*job, diag.List) {
	var diags diag.List
	names := make([]string, len(w.Weaves))
	for i, weave := range w.Weaves {
		names[i] = weave.Module.Name
	}
	for _, name := range o.Weaves {
		if !slices.Contains(names, name) {
			diags = append(diags, unknown(diag.UnknownWeave, "weave", name, names))
		}
	}
	all := w.Environments()
	var chosen []string
	for _, name := range o.Environments {
		members := w.Members(name)
		if len(members) == 0 {
			diags = append(diags, w.NoEnvironment(name))
		}
		chosen = append(chosen, members...)
	}
	var jobs []*job
	for _, env := range all {
		if len(o.Environments) > 0 && !slices.Contains(chosen, env) {
			continue
		}
		for _, weave := range w.Weaves {
			if slices.Contains(weave.Module.Environments, env) && (len(o.Weaves) == 0 || slices.Contains(o.Weaves, weave.Module.Name)) {
				jobs = append(jobs, &job{weave: weave, environment: env})
			}
		}
	}
	diags = append(diags, w.giveInputs(jobs, o.Inputs)...)
	slices.SortStableFunc(jobs, func(a, b *job) int {
		if a.environment != b.environment {
			return strings.Compare(a.environment, b.environment)
		}
		return strings.Compare(a.weave.Module.Name, b.weave.Module.Name)
	})
	return jobs, diags
}

// unknown is the error for a name from the command line.
func unknown(code diag.Code, what, name string, known []string) diag.Diagnostic {
	d := diag.Diagnostic{Code: code, Message: fmt.Sprintf("there is no %s %s", what, diag.Quote(name, 64)),
		Notes: []string{"there are " + strings.Join(known, ", ")}}
	if near := diag.Suggest(name, known); near != "" {
		d.Notes = append([]string{fmt.Sprintf("did you mean %s?", near)}, d.Notes...)
	}
	return d
}
