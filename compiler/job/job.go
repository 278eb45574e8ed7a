// Package job takes one weave in one environment through the phases: its rules
// are held against the shapes of the data, then compiled; then run over the documents.
//
// In: a workspace.Job and the extracted data. Out: Prepared, then Finished, of which the
// desired state is put together (state.go); findings.go joins what the
// collections of one `sync` report.
package job

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

// Prepared is one weave in one environment with its rules held against the shapes of
// the data, and compiled. Nothing changes it once it is made.
type Prepared struct {
	*workspace.Job
	// Known and Inferred are what is known of each target before its rules are
	// compiled; Inferred is nil where its kind is wrong. Both are nil when the
	// constants of the weave are in error.
	Known    []infer.Rules
	Inferred []*infer.Result
	// Units are the compiled rules of each target; none when there are errors.
	Units []*rules.Unit
	// state is what concerns the whole run: cluster and commands.
	state desired.State
}

// Finished is a Prepared whose rules were run.
type Finished struct {
	*Prepared
	Done *rules.Done
}

// Prepare checks the rules against the shapes of the data, and compiles them.
// trace is eval.Env.Trace for all of them; it may be nil.
func Prepare(of *workspace.Job, data *workspace.Snapshot, trace func(s ast.Stmt, before, after bson.Raw)) (*Prepared, diag.List) {
	j := &Prepared{Job: of}
	data = data.For(of.Environment)
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return j, value.Diagnostics(errs)
	}
	of, diags := fannedOut(of, data, lets)
	if j.Job = of; diags.HasErrors() {
		return j, diags
	}
	found, kinds := make([]diag.List, len(j.Targets)), make([]diag.List, len(j.Targets))
	j.Known, j.Inferred = make([]infer.Rules, len(j.Targets)), make([]*infer.Result, len(j.Targets))
	for i, t := range j.Targets {
		r, wrong, kind := knownOf(of, t, data, lets)
		r.Env.Trace = trace
		j.Known[i], kinds[i] = r, wrong
		if kind {
			j.Inferred[i] = r.Analyse()
			found[i] = append(slices.Clone(j.Inferred[i].Diags), withoutDocuments(r)...)
		}
	}
	diags = append(diags, rules.PerDatabase(j.Targets, kinds)...)
	diags = append(append(diags, agreed(j.Known, found)...), references(j.Known, j.Inferred)...)
	if !diags.HasErrors() {
		wrong := make([]diag.List, len(j.Known))
		for i, r := range j.Known {
			var u *rules.Unit
			u, wrong[i] = rules.Compile(r, j.Inferred[i])
			j.Units = append(j.Units, u)
		}
		diags = append(diags, rules.PerDatabase(j.Targets, wrong)...)
		diags = append(diags, j.compileState(lets)...)
	}
	return j, diags
}

// knownOf is what is known of a target without looking at its rules; kind is
// false when its collection is of a kind that its mode does not go with.
func knownOf(j *workspace.Job, t *workspace.Target, data *workspace.Snapshot, lets map[string]value.Value) (r infer.Rules, diags diag.List, kind bool) {
	r = infer.Rules{Job: j, Target: t, Data: data.Collection(t.Source[j.Environment], t.Collection), Env: j.Env(given(t, lets)), Others: data}
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

// Run makes the documents of every collection and reports what they show. about
// is nil unless it is for a test, cache where nothing is kept for another run.
func (j *Prepared) Run(ctx context.Context, about *rules.About, cache *rules.Cache) (*Finished, diag.List) {
	done, diags := rules.Run(ctx, j.Units, about, cache)
	return &Finished{j, done}, diags
}

// Written are the paths where the rules of a job write a secret in place of what a
// collection has.
type Written struct {
	Of    workspace.Key
	Paths [][]string
}

// SecretsWritten are those of the job's collections.
func (j *Prepared) SecretsWritten() []Written {
	var out []Written
	for i, inferred := range j.Inferred {
		if inferred != nil {
			out = append(out, Written{j.Known[i].Target.Key(j.Environment), inferred.Secrets})
		}
	}
	return out
}

// SecretsWritten are the paths where the rules of every job that promotes a
// collection write a secret in place of what it has.
func SecretsWritten(jobs [][]Written) map[workspace.Key][][]string {
	out := map[workspace.Key][][]string{}
	for _, w := range slices.Concat(jobs...) {
		paths, more := out[w.Of]
		if !more {
			out[w.Of] = slices.Clone(w.Paths)
			continue
		}
		out[w.Of] = slices.DeleteFunc(paths, func(path []string) bool {
			return !slices.ContainsFunc(w.Paths, func(q []string) bool { return slices.Equal(path, q) })
		})
	}
	return out
}
