package compiler

// One weave in one environment: its rules held against the shapes of the data,
// then compiled; then run over the documents.

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// job is one weave in one environment on its way through the phases.
type job struct {
	*workspace.Job
	// known and inferred are what is known of each target before its rules are
	// compiled; inferred is nil where its kind is wrong.
	known    []infer.Rules
	inferred []*infer.Result
	units    []*rules.Unit
	done     *rules.Done
	// state is what concerns the whole run: cluster and commands.
	state desired.State
	// test is set when the job is that of a test.
	test *testRun
	// trace is eval.Env.Trace for all rules.
	trace func(s ast.Stmt, before, after bson.Raw)
}

// prepare checks the rules against the shapes of the data, and compiles them.
func (j *job) prepare(data *workspace.Snapshot) diag.List {
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return value.Diagnostics(errs)
	}
	var diags diag.List
	found := make([]diag.List, len(j.Targets))
	j.known, j.inferred = make([]infer.Rules, len(j.Targets)), make([]*infer.Result, len(j.Targets))
	for i, t := range j.Targets {
		r, wrong, kind := j.knownOf(t, data, lets)
		j.known[i], diags = r, append(diags, wrong...)
		if kind {
			j.inferred[i] = r.Analyse()
			found[i] = append(slices.Clone(j.inferred[i].Diags), withoutDocuments(r)...)
		}
	}
	diags = append(append(diags, agreed(j.known, found)...), references(j.known, j.inferred)...)
	if !diags.HasErrors() {
		for i, r := range j.known {
			u, wrong := rules.Compile(r, j.inferred[i])
			j.units, diags = append(j.units, u), append(diags, wrong...)
		}
		diags = append(diags, j.compileState(lets)...)
	}
	if j.test == nil {
		diags = append(diags, j.checkTests(data)...)
	}
	return diags
}

// knownOf is what is known of a target without looking at its rules; kind is
// false when its collection is of a kind that its mode does not go with.
func (j *job) knownOf(t *workspace.Target, data *workspace.Snapshot, lets map[string]value.Value) (r infer.Rules, diags diag.List, kind bool) {
	r = infer.Rules{Job: j.Job, Target: t, Data: data.Collection(t.Source[j.Environment], t.Collection), Env: j.Env(lets), Others: data}
	r.Env.Trace = j.trace
	p, wrong := policy.For(j.Weave.Module, t, j.Environment, r.Data)
	r.Policy = p
	less, left := rules.LeaveOut(r)
	r.Data = less
	return r, slices.Concat(left, wrong, p.Conflicts(), policy.DeadRules(j.Weave.Module, t)), !wrong.HasErrors()
}

// withoutDocuments warns of rules whose fields nothing shows.
func withoutDocuments(r infer.Rules) diag.List {
	if r.Data.Count > 0 || r.Policy.StructureOnly() {
		return nil
	}
	return diag.List{{Severity: diag.Warning, Code: diag.NoDocuments, Span: r.Target.NameSpan,
		Message: fmt.Sprintf("%s has no documents, so the fields of its rules are not checked", r.Data.Name),
		Notes:   []string{"extract again when the source has some"}}}
}

// run makes the documents of every collection and reports what they show.
func (j *job) run(ctx context.Context) diag.List {
	var about *rules.About
	if j.test != nil {
		about = &rules.About{Collections: j.test.collections, Expects: j.test.test.Expects}
	}
	done, diags := rules.Run(ctx, j.units, about)
	j.done = done
	return diags
}

// secretsWritten are the paths where the rules of every job that promotes a
// collection write a secret in place of what it has. The jobs are prepared.
func secretsWritten(jobs []*job) map[workspace.Key][][]string {
	out := map[workspace.Key][][]string{}
	for _, j := range jobs {
		for i, inferred := range j.inferred {
			if inferred == nil {
				continue
			}
			k := j.known[i].Target.Key(j.Environment)
			paths, more := out[k]
			if !more {
				out[k] = slices.Clone(inferred.Secrets)
				continue
			}
			out[k] = slices.DeleteFunc(paths, func(path []string) bool {
				return !slices.ContainsFunc(inferred.Secrets, func(q []string) bool { return slices.Equal(path, q) })
			})
		}
	}
	return out
}
