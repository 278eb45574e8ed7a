// Package compiler turns a workspace into desired states: this file is the whole
// pipeline on one screen.
//
// In: a workspace, and Options. Out: one desired.State per environment and weave,
// and diagnostics.
package compiler

import (
	"context"
	"fmt"

	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/weavetest"
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
	// Pipelines are the collections of each of States as pipelines, with
	// Options.Pipelines; nil otherwise.
	Pipelines [][]pushdown.Collection
}

// Compile makes the desired state of every environment and weave. The result
// is nil exactly when there are errors. Errors that the rules show against the
// shape of the data come alone; without any, those of the documents.
func Compile(ctx context.Context, w *workspace.Workspace, o workspace.Options) (_ *Result, diags diag.List) {
	doing := "compiling"
	defer mistake.Recovered(&doing, &diags)
	jobs, data, diags := Run(ctx, w, o)
	if diags.HasErrors() {
		return nil, diags
	}
	plain := make([]*workspace.Job, len(jobs))
	var read []*workspace.Collection
	for i, j := range jobs {
		plain[i] = j.Job
		for _, u := range j.Units {
			read = append(read, u.Data)
		}
	}
	result := &Result{Inputs: workspace.Digests(plain, read), Workspace: w}
	found := make([]diag.List, len(jobs))
	for i, j := range jobs {
		state := j.State(o.Compiler)
		state.Sources = data.Sources(j.Job)
		result.States = append(result.States, state)
		if o.Pipelines {
			doing = "making pipelines"
			var pipelines []pushdown.Collection
			pipelines, found[i] = j.Pipelines()
			result.Pipelines = append(result.Pipelines, pipelines)
		}
	}
	if diags = append(diags, workspace.Settle(workspace.Merge(plain, found))...); diags.HasErrors() {
		return nil, diags
	}
	return result, diags
}

// Run takes every job through all phases. There are jobs exactly when there are no errors.
func Run(ctx context.Context, w *workspace.Workspace, o workspace.Options) ([]*job.Finished, *workspace.Snapshot, diag.List) {
	return RunAgain(ctx, w, o, nil)
}

// RunAgain is Run where the workspace was run before, with what the cache has of that.
func RunAgain(ctx context.Context, w *workspace.Workspace, o workspace.Options, cache *rules.Cache) (_ []*job.Finished, _ *workspace.Snapshot, diags diag.List) {
	doing := "reading the extracted data"
	defer mistake.Recovered(&doing, &diags)
	chosen, diags := w.Jobs(o)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	budget := o.Budget
	if budget == nil {
		budget = &limit.Budget{}
	}
	for _, j := range chosen {
		j.Budget = budget
	}
	data, found := w.Read(ctx, chosen, o)
	if diags = append(diags, found...); diags.HasErrors() {
		return nil, nil, diags
	}
	prepared, finished := make([]*job.Prepared, len(chosen)), make([]*job.Finished, len(chosen))
	for n, phase := range []func(i int) diag.List{
		func(i int) (found diag.List) { // rules against shapes
			prepared[i], found = weavetest.Prepare(chosen[i], data.For(chosen[i].Environment), nil)
			return found
		},
		func(i int) (found diag.List) { // rules over documents
			finished[i], found = prepared[i].Run(ctx, nil, cache)
			return found
		},
	} {
		found := make([]diag.List, len(chosen))
		for i, j := range chosen {
			doing = fmt.Sprintf("compiling %s for %s", diag.Safe(j.Weave.Module.Name, 64), diag.Safe(j.Environment, 64))
			if found[i] = phase(i); budget.Spent() { // it is spent for the jobs after it, too
				return nil, nil, append(diags, workspace.Merge(chosen, found)...)
			}
		}
		if diags = append(diags, workspace.Merge(chosen, found)...); n == 0 {
			diags = append(diags, sources.LikelySecrets(w, chosen, data, job.SecretsWritten(prepared))...)
			whole := make([]*workspace.Job, len(prepared))
			for i, p := range prepared {
				whole[i] = p.Job
			}
			diags = append(diags, workspace.Collisions(whole)...)
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
	return finished, data, diags
}

// Check finds every error that Compile would.
func Check(ctx context.Context, w *workspace.Workspace, o workspace.Options) diag.List {
	_, diags := Compile(ctx, w, o)
	return diags
}
