package compiler

// One collection in one environment before any document is looked at: its
// rules checked against the shape of its data, and compiled.

import (
	"fmt"
	"runtime"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// analyse checks the unit's rules against its data's shape.
func (u *unit) analyse(lets map[string]value.Value) diag.List {
	u.env = u.job.Env(lets)
	u.env.Trace = u.job.trace
	u.inferred = infer.Rules{Job: u.job.Job, Target: u.sync, Data: u.data, Policy: u.policy, Env: u.env, Others: u.snapshot}.Analyse()
	diags := u.inferred.Diags
	if u.data.Count == 0 && !u.policy.StructureOnly() {
		diags = append(diags, diag.Diagnostic{Severity: diag.Warning, Code: diag.NoDocuments, Span: u.sync.NameSpan,
			Message: fmt.Sprintf("%s has no documents, so the fields of its rules are not checked", u.data.Name),
			Notes:   []string{"extract again when the source has some"}})
	}
	return diags
}

// leaveOut takes the fields of `redact` and `omit` out of documents that were
// extracted before the statement was written: the rules must not see them, and
// nobody may own them. A value that is a secret should not be in git at all.
func (u *unit) leaveOut() diag.List {
	all := slices.Concat(u.policy.LeftOutPatterns())
	if len(all) == 0 || len(u.data.Documents) == 0 {
		return nil
	}
	less := *u.data
	less.Documents = slices.Clone(u.data.Documents)
	var held tally
	for i, d := range u.data.Documents {
		less.Documents[i] = redact.LeaveOut(d, all)
		if len(less.Documents[i]) == len(d) {
			continue
		}
		for _, l := range u.policy.LeftOut {
			if len(redact.LeaveOut(d, []desired.Pattern{l.Desired()})) == len(d) {
				continue
			}
			e := &value.Error{Code: diag.RedactedValue, Span: l.Pattern.Span, Message: fmt.Sprintf("%s is in `%s`, and the extracted file still has a value of it", diag.Backquote(l.Pattern.Span.Text()), l.Kind),
				Notes: []string{"run `mongocd extract` again: it leaves the field out"}}
			if l.Kind == ast.Redact {
				e.Notes = append(e.Notes, "what was committed stays in git's history: if it is a secret, give it another value at the source")
			}
			held.add(e, i, &less.Count)
		}
	}
	if len(held.groups) == 0 {
		return nil
	}
	less.Shape = shape.Infer(less.Documents, runtime.GOMAXPROCS(0))
	u.data = &less // messages must not show such values either
	return held.diagnostics(u.documentName)
}

// other is the extracted data of another collection; nil when there is none.
func (u *unit) other(k workspace.Key) *workspace.Collection {
	return u.snapshot.Collection(k.Source, k.Name)
}

// compile compiles the unit's rules.
func (u *unit) compile() diag.List {
	env := u.env
	env.NumericTypes, env.BranchType = u.inferred.NumericTypes, u.inferred.BranchType
	env.Documents = func(l *ast.Lookup) ([]bson.Raw, string) {
		c := u.other(workspace.LookedUp(l, u.sync.Source[u.job.Environment]))
		return c.Documents, c.Name
	}
	structure, diags := u.policy.Structure(u.job.Job, u.sync, u.data, env)
	u.structure = structure
	if u.policy.StructureOnly() {
		return diags
	}
	for _, f := range u.policy.Filters {
		cond, errs := env.Condition(f.Cond)
		diags = append(diags, value.Diagnostics(errs)...)
		u.filters = append(u.filters, filter{f, cond})
	}
	program, errs := env.Program(u.sync.Blocks[0], u.sync.Blocks[1:]...)
	diags = append(diags, value.Diagnostics(errs)...)
	u.program = program
	diags = append(diags, u.literals()...)
	if u.policy.Prune != nil {
		diags = append(diags, u.compilePrune(env)...)
	}
	return diags
}

// compilePrune compiles `prune`: as data for the engines, and as a condition
// for the warning of documents outside of their own scope.
func (u *unit) compilePrune(env *eval.Env) diag.List {
	if stmt := u.policy.Prune; stmt.Cond != nil {
		cond, errs := env.Condition(stmt.Cond)
		if len(errs) > 0 {
			return value.Diagnostics(errs)
		}
		u.prune = cond
	}
	wanted, diags := u.policy.WantedPrune(env, u.inferred.FinalTypes)
	u.wantedPrune = wanted
	return diags
}
