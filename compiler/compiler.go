// Package compiler turns a workspace into desired states: this file is the whole
// pipeline on one screen.
//
// In: a workspace, and Options. Out: one desired.State per environment and weave,
// and diagnostics.
package compiler

import (
	"context"
	"fmt"

	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Result is what Compile made.
type Result struct {
	// States are sorted by environment and weave.
	States []*desired.State
	// Inputs are what took part, sorted by name.
	Inputs []workspace.Input
	// Workspace is what was compiled.
	Workspace *workspace.Workspace
}

// Compile makes the desired state of every environment and weave. The result
// is nil exactly when there are errors. Errors that the rules show against the
// shape of the data come alone; without any, those of the documents.
func Compile(ctx context.Context, w *workspace.Workspace, o workspace.Options) (_ *Result, diags diag.List) {
	doing := "compiling"
	defer mistake.Recovered(&doing, &diags)
	jobs, data, diags := run(ctx, w, o)
	if diags.HasErrors() {
		return nil, diags
	}
	var read []*workspace.Collection
	for _, j := range jobs {
		for _, u := range j.units {
			read = append(read, u.Data)
		}
	}
	result := &Result{Inputs: workspace.Digests(plain(jobs), read), Workspace: w}
	for _, j := range jobs {
		state := j.desired(o.Compiler)
		state.Sources = data.Sources(j.Job)
		result.States = append(result.States, state)
	}
	return result, diags
}

// run takes every job through all phases.
func run(ctx context.Context, w *workspace.Workspace, o workspace.Options) (_ []*job, _ *workspace.Snapshot, diags diag.List) {
	doing := "reading the extracted data"
	defer mistake.Recovered(&doing, &diags)
	chosen, diags := w.Jobs(o)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	data, found := w.Read(ctx, chosen, o)
	if diags = append(diags, found...); diags.HasErrors() {
		return nil, nil, diags
	}
	jobs := make([]*job, len(chosen))
	for i, j := range chosen {
		jobs[i] = &job{Job: j}
	}
	for n, phase := range []func(*job) diag.List{
		func(j *job) diag.List { return j.prepare(data) }, // rules against shapes
		func(j *job) diag.List { return j.run(ctx) },      // rules over documents
	} {
		found := make([]diag.List, len(jobs))
		for i, j := range jobs {
			doing = fmt.Sprintf("compiling %s for %s", diag.Safe(j.Weave.Module.Name, 64), diag.Safe(j.Environment, 64))
			found[i] = phase(j)
		}
		if diags = append(diags, workspace.Merge(chosen, found)...); n == 0 {
			diags = append(diags, sources.LikelySecrets(w, chosen, data, secretsWritten(jobs))...)
		}
		diags = w.Accept(workspace.Settle(diags))
		if err := ctx.Err(); err != nil {
			return nil, nil, append(diags, diag.Diagnostic{Code: diag.Interrupted, Message: "stopped: " + err.Error()})
		}
		if diags.HasErrors() {
			return nil, nil, diags
		}
	}
	diags = append(diags, w.Needless(chosen, diags)...)
	return jobs, data, diags
}

// plain are the jobs as they were chosen.
func plain(jobs []*job) []*workspace.Job {
	out := make([]*workspace.Job, len(jobs))
	for i, j := range jobs {
		out[i] = j.Job
	}
	return out
}

// Check finds every error that Compile would.
func Check(ctx context.Context, w *workspace.Workspace, o workspace.Options) diag.List {
	_, diags := Compile(ctx, w, o)
	return diags
}
