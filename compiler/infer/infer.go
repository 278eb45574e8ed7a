// Package infer holds the rules of one collection against the shape of its
// data, before any document is looked at: unknown fields, names that clash,
// comparisons that can never hold (docs/language-values.md, Paths).
//
// In: a collection of a job, its policies and its extracted data (Rules). Out: a
// Result: what is wrong, and what is known of the finished documents. view.go
// is what documents look like at one point, scope.go what an expression sees
// there and types.go what it can give; checker.go, compare.go and path.go report, walk.go
// and write.go go through the statements, destination.go through the policies ·
// written.go judges documents that are written out, branches.go the types of choices.
package infer

import (
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Rules are those of one collection in one environment.
type Rules struct {
	Job    *workspace.Job
	Target *workspace.Target
	Data   *workspace.Collection
	Policy *policy.Policy
	// Env evaluates constants.
	Env *eval.Env
	// Others are the collections that lookups name.
	Others *workspace.Snapshot
}

// Result is what the shape of the data says of rules.
type Result struct {
	Diags diag.List
	// extracted and final are what is known of the documents before and after the rules.
	extracted, final *view
	// Secrets are the paths, through arrays, where secret(…) is written.
	Secrets [][]string
	// Checks see the finished documents.
	Checks []Check
	// documents are those of `document`.
	documents []*ast.Document

	facts *facts
	// targets has the view in which each written path was walked: what an
	// untyped constant becomes there.
	targets map[*ast.Path]*view
	// branchTypes are the numeric types that constants among the branches of an
	// `if` or `??` take; mixed are the parts of written values of which one
	// branch alone can have several.
	branchTypes map[ast.Expr]string
	mixed       map[source.Span][][]string
}

// Check is a check with the names that it sees.
type Check struct {
	Check *ast.Check
	names *names
}

// facts are what is known before the rules are walked.
type facts struct {
	*Rules
	extracted *view
}

// Analyse walks the rules.
func (r Rules) Analyse() *Result {
	f := &facts{&r, viewOf(r.Data.Shape)}
	w := &walker{check: &checker{facts: f, now: f.extracted, clashed: map[string]bool{}, branchTypes: map[ast.Expr]string{}},
		targets: map[*ast.Path]*view{}, mixed: map[source.Span][][]string{}}
	w.run()
	return &Result{Diags: w.check.diags, extracted: f.extracted, final: w.check.now, Secrets: w.secrets, Checks: w.checks, documents: w.documents,
		facts: f, targets: w.targets, branchTypes: w.check.branchTypes, mixed: w.mixed}
}

// NumericTypes is eval.Env.NumericTypes: the numeric types at a path as they
// are known where the statement stands.
func (r *Result) NumericTypes(at *ast.Path, steps []ast.Step) []string {
	v := r.targets[at]
	if at == nil { // of a `document`
		v = r.final
	}
	return v.along(steps).numericTypes()
}

// BranchType is eval.Env.BranchType.
func (r *Result) BranchType(x ast.Expr) string { return r.branchTypes[x] }

// FinalTypes are the numeric types at a path of the finished documents.
func (r *Result) FinalTypes(path *ast.Path) []string {
	return r.facts.at(r.final).resolve(path).numericTypes()
}

// UnknownPath is the error for a path that the finished documents do not have; none where
// they may have it.
func (r *Result) UnknownPath(path *ast.Path) diag.List {
	c := checker{facts: r.facts, now: r.final}
	if r.final.unknown() || c.at(r.final).resolve(path) != nil {
		return nil
	}
	c.unknownField(path, c.at(r.final))
	return c.diags
}

// Arrays reports whether what a check looks at is always an array.
func (r *Result) Arrays(c Check, p *ast.Path) bool {
	v := scope{r.facts, r.final, c.names}.resolve(p)
	return v != nil && onlyArrays(v.types)
}
