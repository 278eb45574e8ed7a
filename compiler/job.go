package compiler

// One weave in one environment: prepare checks its rules against the data's
// shapes, run makes the documents, state puts everything together.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// job is one weave in one environment on its way through the phases.
type job struct {
	*workspace.Job
	units       []*unit
	collections []*desired.Collection
	// cluster, before and after are those of the state.
	cluster       *desired.Cluster
	before, after []desired.Command
	// test is set when the job is that of a test.
	test *testRun
	// trace is eval.Env.Trace for all rules.
	trace func(s ast.Stmt, before, after bson.Raw)
}

// prepare compiles the rules and checks them against the shapes of the data.
func (j *job) prepare(data *workspace.Snapshot) diag.List {
	var diags diag.List
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return value.Diagnostics(errs)
	}
	found := make([]diag.List, len(j.Targets))
	for i, t := range j.Targets {
		u := &unit{job: j, sync: t, snapshot: data, data: data.Collection(t.Source[j.Environment], t.Collection)}
		p, kind := policy.For(j.Weave.Module, t, j.Environment, u.data)
		u.policy = p
		for _, p := range workspace.Identity(t.Sync) {
			u.by = append(u.by, p)
		}
		j.units = append(j.units, u)
		diags = append(diags, u.leaveOut()...)
		diags = append(append(append(diags, kind...), u.policy.Conflicts()...), policy.DeadRules(j.Weave.Module, t)...)
		if !kind.HasErrors() {
			found[i] = u.analyse(lets)
		}
	}
	diags = append(append(diags, j.agreed(found)...), j.references()...)
	if !diags.HasErrors() {
		for _, u := range j.units {
			diags = append(diags, u.compile()...)
		}
		diags = append(diags, j.compileState(lets)...)
	}
	if j.test == nil {
		diags = append(diags, j.checkTests(data)...)
	}
	return diags
}

// agreed are the findings about rules. Of a `sync` of several collections, a
// finding counts when it holds for all of them that have documents: a path must
// exist in at least one.
func (j *job) agreed(found []diag.List) diag.List {
	var out diag.List
	j.slips(found)
	type key struct {
		code diag.Code
		at   source.Span
	}
	for i, u := range j.units {
		several, first := 0, true
		counts := map[key]int{}
		for k, other := range j.units {
			if other.sync.Sync != u.sync.Sync {
				continue
			}
			first = first && k >= i
			if other.data.Count > 0 {
				several++
			}
			seen := map[key]bool{}
			for _, d := range found[k] {
				if at := (key{d.Code, d.Span}); !seen[at] {
					seen[at] = true
					counts[at]++
				}
			}
		}
		for _, d := range found[i] {
			at := key{d.Code, d.Span}
			if several < 2 || d.Code == diag.NoDocuments || counts[at] >= several && counts[at] > 0 {
				if several >= 2 && d.Code == diag.UnknownField {
					d = j.unknownInAll(found, u, d)
				}
				out = append(out, d)
				if several >= 2 && d.Code != diag.NoDocuments {
					counts[at] = -1 // said once
					for k := range found {
						if k > i && j.units[k].sync.Sync == u.sync.Sync {
							found[k] = slices.DeleteFunc(slices.Clone(found[k]), func(o diag.Diagnostic) bool { return o.Code == d.Code && o.Span == d.Span })
						}
					}
				}
			}
		}
	}
	return out
}

// slips makes a path of a destination statement that is nearly known in one of
// several collections the error that it is there in the ones that have nothing
// like it, too. Where a pattern of `redact` or `omit` has no slip, nothing is
// said: extracted data that lacks the field is as it should be.
func (j *job) slips(found []diag.List) {
	for i, u := range j.units {
		for n, d := range found[i] {
			if d.Code != diag.DestinationOnlyField {
				continue
			}
			for k, other := range j.units {
				if other.sync.Sync != u.sync.Sync {
					continue
				}
				if near := slices.IndexFunc(found[k], func(o diag.Diagnostic) bool { return o.Code == diag.UnknownField && o.Span == d.Span }); near >= 0 {
					found[i][n] = found[k][near]
					found[i][n].Message = fmt.Sprintf("no document of %s has a field %s", u.data.Name, diag.Quote(d.Span.Text(), 64))
					break
				}
			}
		}
	}
	for i, u := range j.units {
		found[i] = slices.DeleteFunc(found[i], func(d diag.Diagnostic) bool {
			return d.Code == diag.DestinationOnlyField && slices.ContainsFunc(u.policy.LeftOut, func(l policy.LeftOut) bool { return l.Pattern.Path != nil && l.Pattern.Path.Span == d.Span })
		})
	}
}

// unknownInAll is the finding about a field that none of several collections
// has: with the suggestion of the first that has one, and the other collections.
func (j *job) unknownInAll(found []diag.List, u *unit, d diag.Diagnostic) diag.Diagnostic {
	var others []string
	for k, other := range j.units {
		if other.sync.Sync != u.sync.Sync || other == u {
			continue
		}
		for _, o := range found[k] {
			if o.Code != d.Code || o.Span != d.Span {
				continue
			}
			others = append(others, other.data.Name)
			if d.Label == "" && o.Label != "" {
				d.Label, d.Fix, d.Notes = o.Label, o.Fix, slices.Clone(o.Notes)
			}
		}
	}
	if len(others) > 0 {
		d.Notes = append([]string{"no document of " + strings.Join(others, ", ") + " has it either"}, d.Notes...)
	}
	return d
}

// run makes the documents of every collection and reports what they show.
func (j *job) run(ctx context.Context) diag.List {
	var diags diag.List
	for _, u := range j.units {
		if !j.runs(u) || u.policy.StructureOnly() {
			continue
		}
		o, err := u.execute(ctx)
		if err != nil {
			return nil // the caller looks at the context
		}
		u.done = o
		diags = append(diags, o.errors.diagnostics(u.documentName)...)
		diags = append(diags, o.checks.diagnostics(u.documentName)...)
	}
	for _, c := range j.counted() {
		diags = append(diags, j.judged(c.counts())...)
		if c.complete {
			diags = append(diags, c.writes()...)
		}
	}
	for _, u := range j.units {
		if u.done == nil {
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		diags = append(diags, u.inferred.UnlikeBranches(u.done.stats)...)
		found := u.freeze()
		if !found.HasErrors() {
			found = append(found, u.duplicates(u.frozen)...)
		}
		diags = append(append(diags, found...), u.warnings()...)
	}
	if !diags.HasErrors() {
		for _, u := range j.units {
			if ctx.Err() != nil {
				return nil
			}
			if u.done != nil {
				diags = append(diags, u.checkCollection(ctx)...)
				diags = append(diags, j.Weave.Accept(u.link())...)
			}
		}
	}
	if diags.HasErrors() {
		return diags
	}
	for _, u := range j.units {
		if ctx.Err() != nil {
			return nil
		}
		if u.done != nil {
			diags = append(diags, u.validated(ctx)...)
		}
	}
	if diags.HasErrors() {
		return diags
	}
	for _, u := range j.units {
		if ctx.Err() != nil {
			return nil
		}
		if j.runs(u) {
			j.collections = append(j.collections, u.collection())
		}
	}
	return diags
}

// compileState evaluates what concerns the whole run: cluster and commands.
func (j *job) compileState(lets map[string]value.Value) diag.List {
	m := j.Weave.Module
	if d := m.Clusters[j.Environment]; d != nil {
		j.cluster = &desired.Cluster{Origin: d.Span.String(), Pattern: d.Matches.Pattern, Options: d.Matches.Options}
	}
	var diags diag.List
	for _, h := range m.Hooks {
		commands, found := policy.Commands(j.Env(lets), h.Stmt, h.Database[j.Environment])
		diags = append(diags, found...)
		if h.Stmt.After {
			j.after = append(j.after, commands...)
		} else {
			j.before = append(j.before, commands...)
		}
	}
	return diags
}

// state is the desired state. Its collections are sorted by database and name,
// but those that others refer or link to come before them.
func (j *job) state(compiler string) *desired.State {
	slices.SortFunc(j.collections, func(a, b *desired.Collection) int {
		return cmp.Or(cmp.Compare(a.Database, b.Database), cmp.Compare(a.Name, b.Name))
	})
	j.collections = referencedFirst(j.collections, j.referenced())
	return &desired.State{
		Weave: j.Weave.Module.Name, Environment: j.Environment, Compiler: compiler, TimeZones: j.timeZones(), Inputs: j.Inputs, Cluster: j.cluster,
		Before: j.before, After: j.after, Collections: j.collections,
	}
}

// timeZones is the release of the time zone database if a rule needs it.
func (j *job) timeZones() string {
	m := j.Weave.Module
	uses := slices.ContainsFunc(m.Lets, func(l *ast.Let) bool { return eval.UsesZones(l) }) ||
		slices.ContainsFunc(m.Amends, func(a *ast.AmendDecl) bool { return eval.UsesZones(a) })
	for _, s := range m.Syncs {
		uses = uses || slices.ContainsFunc(s.Stmts, func(s ast.Stmt) bool { return eval.UsesZones(s) })
	}
	if !uses {
		return ""
	}
	return builtin.ZoneDatabase
}

// secretsWritten are the paths where the rules of every job that promotes a
// collection write a secret in place of what it has. The jobs are prepared.
func secretsWritten(jobs []*job) map[workspace.Key][][]string {
	out := map[workspace.Key][][]string{}
	for _, j := range jobs {
		for _, u := range j.units {
			if u.inferred == nil {
				continue
			}
			paths, more := out[u.key()]
			if !more {
				out[u.key()] = slices.Clone(u.inferred.Secrets)
				continue
			}
			out[u.key()] = slices.DeleteFunc(paths, func(path []string) bool {
				return !slices.ContainsFunc(u.inferred.Secrets, func(q []string) bool { return slices.Equal(path, q) })
			})
		}
	}
	return out
}
