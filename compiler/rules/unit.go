// Package rules makes the documents of a collection: it selects, changes and
// checks them, one by one and as a whole.
//
// In: a collection of a job, its policies, its extracted data and what is known of
// it (infer.Rules, infer.Result). Out: a Unit, its rules compiled; for each, an
// Outcome: the finished documents and what was counted; and diagnostics. select.go
// selects (`only where`), run.go goes through the documents, compiler/eval changes
// one (`set`, and what stands in `where { }`); sound.go and collection.go check,
// unique.go and validator.go as the server would, across.go and link.go against
// other collections; expect.go judges how many each `where` matched. job.go has all
// of that for the collections of a job.
package rules

// One collection before any document is looked at: its rules compiled.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Unit is one collection of a job with its rules compiled. Nothing changes it once
// it is made.
type Unit struct {
	infer.Rules
	Inferred  *infer.Result
	Structure *policy.Structure
	// Prune is `prune`; nil: nothing is deleted.
	Prune *desired.Prune
	// By are the paths that identify the documents.
	By []doc.Path
	// Lists are those owned in part.
	Lists []ownedList
	// Filters are `only where` and `except where`.
	Filters []Filter
	// Literals are the documents of `document`.
	Literals []Literal

	program *eval.Program
	judge   *eval.Program   // the checks over literals
	scope   *eval.Condition // of `prune where`, to warn of documents outside of it
}

// Compile compiles the rules.
func Compile(known infer.Rules, inferred *infer.Result) (*Unit, diag.List) {
	u := &Unit{Rules: known, Inferred: inferred, By: identity(known.Target)}
	u.Env.NumericTypes, u.Env.BranchType = inferred.NumericTypes, inferred.BranchType
	u.Env.Documents = func(l *ast.Lookup) ([]bson.Raw, string) {
		k := workspace.LookedUp(l, u.Target.Source[u.Job.Environment])
		c := u.Others.Collection(k.Source, k.Name)
		return c.Documents, c.Name
	}
	structure, diags := u.Policy.Structure(u.Job, u.Target, u.Data, u.Env)
	u.Structure = structure
	if u.Policy.StructureOnly() {
		return u, diags
	}
	diags = append(diags, u.filters()...)
	program, errs := u.Env.Program(u.Target.Blocks[0], u.Target.Blocks[1:]...)
	diags = append(diags, value.Diagnostics(errs)...)
	u.program = program
	diags = append(diags, u.literals()...)
	lists, found := u.Policy.Lists(u.Env)
	for _, l := range lists {
		u.Lists = append(u.Lists, ownedList{l})
	}
	diags = append(diags, found...)
	if u.Policy.Prune != nil {
		diags = append(diags, u.prune()...)
	}
	return u, diags
}

// prune compiles `prune`: as data for the engines, and as a condition for the
// warning of documents outside of their own scope.
func (u *Unit) prune() diag.List {
	if stmt := u.Policy.Prune; stmt.Cond != nil {
		cond, errs := u.Env.Condition(stmt.Cond)
		if len(errs) > 0 {
			return value.Diagnostics(errs)
		}
		u.scope = cond
	}
	wanted, diags := u.Policy.WantedPrune(u.Env, u.Inferred.FinalTypes)
	u.Prune = wanted
	return diags
}

// identity are the paths that identify the documents of a target.
func identity(t *workspace.Target) []doc.Path {
	var by []doc.Path
	for _, p := range workspace.Identity(t.Sync) {
		by = append(by, p)
	}
	return by
}

// Key is the collection at its source.
func (u *Unit) Key() workspace.Key { return u.Target.Key(u.Job.Environment) }

// One is the unit with one of its extracted documents alone.
func (u *Unit) One(position int) *Unit {
	one, data := *u, *u.Data
	data.Documents, data.Count, data.Parts = u.Data.Documents[position:position+1], 1, nil
	if position < len(u.Data.Read) {
		data.Read = u.Data.Read[position : position+1]
	}
	one.Data, one.Literals = &data, nil
	return &one
}

// byID reports whether documents are identified by `_id`.
func (u *Unit) byID() bool { return len(u.By) == 1 && len(u.By[0]) == 1 && u.By[0][0] == "_id" }
