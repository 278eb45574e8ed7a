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
	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// analyse checks the unit's rules against its data's shape.
func (u *unit) analyse(lets map[string]value.Value) diag.List {
	u.env = u.job.Env(lets)
	u.env.Trace = u.job.trace
	u.static = &static{
		job: u.job, sync: u.sync, data: u.data, env: u.env, extracted: viewOf(u.data.Shape), targets: map[*ast.Path]*view{},
		branchTypes: map[ast.Expr]string{}, mixed: map[source.Span][][]string{},
		clashed: map[string]bool{}, others: u.other,
	}
	u.static.run(u.policy)
	diags := u.static.diags
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
	env.NumericTypes, env.BranchType = u.static.numericTypes, func(x ast.Expr) string { return u.static.branchTypes[x] }
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
		diags = append(diags, u.compilePrune(env, u.static.now)...)
	}
	return diags
}

// compilePrune compiles `prune`: as data for the engines, and as a condition
// for the warning of documents outside of their own scope.
func (u *unit) compilePrune(env *eval.Env, final *view) diag.List {
	if stmt := u.policy.Prune; stmt.Cond != nil {
		cond, errs := env.Condition(stmt.Cond)
		if len(errs) > 0 {
			return value.Diagnostics(errs)
		}
		u.prune = cond
	}
	wanted, diags := u.policy.WantedPrune(env, func(path *ast.Path) []string {
		return u.static.resolve(path, final, nil).numericTypes()
	})
	u.wantedPrune = wanted
	return diags
}

// numericTypes is eval.Env.NumericTypes: the numeric types at a path as they
// are known where the statement stands.
func (s *static) numericTypes(at *ast.Path, steps []ast.Step) []string {
	v := s.targets[at]
	if at == nil { // of a `document`
		v = s.now
	}
	for _, step := range steps {
		if v == nil {
			return nil
		}
		if step.Kind == ast.FieldStep {
			v = v.field(step.Name)
		} else {
			v = v.element()
		}
	}
	return v.numericTypes()
}
