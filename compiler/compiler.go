// Package compiler turns a workspace into desired states: this file is the whole
// pipeline on one screen.
//
// In: a workspace, and Options. Out: one desired.State per environment and weave,
// and diagnostics.
package compiler

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/paged"
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
	// Keys are, for each state, what it comes of: equal where the state is; empty where that
	// is not known.
	Keys []string
	// Bare: documents of some state have no BSON (Options.Bare).
	Bare bool
	// Cache and Space are those of the options.
	Cache *cache.Store
	Space *paged.Space
	// Pipelines are the collections of each of States as pipelines, of
	// CompilePipelines; nil otherwise.
	Pipelines [][]pushdown.Collection
}

// Compile makes the desired state of every environment and weave. The result
// is nil exactly when there are errors. Errors that the rules show against the
// shape of the data come alone; without any, those of the documents. Jobs that
// Options.Cache has are not run; what comes of them is the same.
func Compile(ctx context.Context, w *workspace.Workspace, o workspace.Options) (*Result, diag.List) {
	return compile(ctx, w, o, nil)
}

// CompilePipelines is Compile that also makes pipelines of the rules, for a cluster that
// runs them by itself; it runs every job. What never calls it (the page) does not have
// their code in it.
func CompilePipelines(ctx context.Context, w *workspace.Workspace, o workspace.Options) (*Result, diag.List) {
	o.Cache = nil
	return compile(ctx, w, o, job.Pipelines)
}

func compile(ctx context.Context, w *workspace.Workspace, o workspace.Options, pushed func(*job.Finished) ([]pushdown.Collection, diag.List)) (_ *Result, diags diag.List) {
	doing := "compiling"
	defer mistake.Recovered(&doing, &diags)
	chosen, diags := w.Jobs(o)
	if diags.HasErrors() {
		return nil, diags
	}
	m := recall(ctx, w, chosen, o)
	digests := inputs{}
	done, data, more, ok := run(ctx, m.workspace(w), o, chosen, m, nil, digests)
	if !ok { // what is kept does not do
		m = nil
		done, data, more, _ = run(ctx, w, o, chosen, nil, nil, digests)
	}
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, diags
	}
	o.Space.LetGo()
	result := &Result{Workspace: w, Cache: o.Cache, Space: o.Space}
	var read []workspace.Input
	found := make([]diag.List, len(done))
	for i, d := range done {
		if d.state == nil {
			d.state, d.inputs = d.State(o.Compiler), digests.of(d.Finished)
			sampled := d.Sampled() // kept, it would be taken for what is wanted
			if len(sampled) == 0 {
				m.keep(data, chosen[i], d)
			} else if pushed == nil && !o.Samples {
				found[i] = sampled
			}
		}
		of := chosen[i]
		if d.Finished != nil { // with the databases of its fan-outs
			of = d.Job
		}
		read = append(read, d.inputs...)
		d.state.Sources = data.Sources(of)
		result.States, result.Keys, result.Bare = append(result.States, d.state), append(result.Keys, d.key), result.Bare || d.bare
		if pushed != nil {
			doing = "making pipelines"
			var pipelines []pushdown.Collection
			pipelines, found[i] = pushed(d.Finished)
			result.Pipelines = append(result.Pipelines, pipelines)
		}
	}
	result.Inputs = workspace.Digests(chosen, read)
	if diags = append(diags, workspace.Settle(workspace.Merge(chosen, found))...); diags.HasErrors() {
		return nil, diags
	}
	return result, diags
}

// inputs are the digests of what is read, which are made while the rules run.
type inputs map[*workspace.Collection]func() workspace.Input

// begin begins with those of a job.
func (in inputs) begin(j *job.Prepared, space *paged.Space) {
	for _, u := range j.Units {
		if c := u.Data; in != nil && in[c] == nil {
			in[c] = sync.OnceValue(func() workspace.Input { return c.Input(space) })
			go in[c]()
		}
	}
}

// of are the folders that a job read.
func (in inputs) of(j *job.Finished) []workspace.Input {
	var out []workspace.Input
	seen := map[string]bool{}
	for _, u := range j.Units {
		if !seen[u.Data.Folder] {
			seen[u.Data.Folder] = true
			out = append(out, in[u.Data]())
		}
	}
	return out
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
	done, data, more, _ := run(ctx, w, o, chosen, nil, cache, nil)
	if diags = append(diags, more...); diags.HasErrors() {
		return nil, nil, diags
	}
	finished := make([]*job.Finished, len(done))
	for i, d := range done {
		finished[i] = d.Finished
	}
	return finished, data, diags
}

// run takes jobs through all phases but those that are kept. false: these do not do. digests
// may be nil.
func run(ctx context.Context, w *workspace.Workspace, o workspace.Options, chosen []*workspace.Job, m *memory, cache *rules.Cache, digests inputs) (_ []*done, _ *workspace.Snapshot, diags diag.List, ok bool) {
	doing := "reading the extracted data"
	defer mistake.Recovered(&doing, &diags)
	ok = true
	budget := o.Budget
	if budget == nil {
		budget = &limit.Budget{}
	}
	for _, j := range chosen {
		j.Budget, j.Space, j.Cache = budget, o.Space, m.in()
	}
	data, diags := w.Read(ctx, chosen, o)
	if diags.HasErrors() {
		return nil, nil, diags, ok
	}
	prepared, all := make([]*job.Prepared, len(chosen)), make([]*done, len(chosen))
	for i := range chosen {
		if all[i] = m.of(i); all[i] == nil {
			all[i] = &done{}
		} else if budget.Add(all[i].used); budget.Spent() {
			return nil, nil, nil, false // where that shows depends on what is run
		}
	}
	for n, phase := range []func(i int) diag.List{
		func(i int) (found diag.List) { // rules against shapes
			prepared[i], found = weavetest.Prepare(chosen[i], data.For(chosen[i].Environment), nil)
			all[i].written = prepared[i].SecretsWritten()
			return found
		},
		func(i int) (found diag.List) { // rules over documents
			digests.begin(prepared[i], o.Space)
			all[i].Finished, found = prepared[i].Run(ctx, nil, cache)
			return found
		},
	} {
		found := make([]diag.List, len(chosen))
		for i, j := range chosen {
			if all[i].state != nil {
				found[i] = all[i].found[n]
				continue
			}
			doing = fmt.Sprintf("compiling %s for %s", diag.Safe(j.Weave.Module.Name, 64), diag.Safe(j.Environment, 64))
			before := budget.Used()
			if found[i] = phase(i); budget.Spent() { // it is spent for the jobs after it, too
				return nil, nil, append(diags, workspace.Merge(chosen, found)...), m == nil
			}
			all[i].used.Add(budget.Since(before))
			all[i].found[n] = cloned(found[i])
		}
		if diags = append(diags, workspace.Merge(chosen, found)...); n == 0 {
			written, whole := make([][]job.Written, len(chosen)), slices.Clone(chosen)
			for i, p := range prepared {
				if written[i] = all[i].written; p != nil {
					whole[i] = p.Job
				}
			}
			secrets, known := sources.LikelySecrets(w, chosen, data, job.SecretsWritten(written), m.in())
			if !known {
				return nil, nil, nil, false
			}
			diags = append(append(diags, secrets...), workspace.Collisions(whole)...)
		}
		diags = w.Accept(workspace.Settle(diags))
		o.Space.LetGo()
		if err := ctx.Err(); err != nil {
			return nil, nil, append(diags, diag.Diagnostic{Code: diag.Interrupted, Message: "stopped: " + err.Error()}), ok
		}
		if diags.HasErrors() {
			return nil, nil, diags, ok
		}
	}
	return all, data, append(diags, w.Needless(chosen, diags)...), ok
}

// Check finds every error that Compile would.
func Check(ctx context.Context, w *workspace.Workspace, o workspace.Options) diag.List {
	_, diags := Compile(ctx, w, o)
	return diags
}
