package rules

// The documents that `document { … }` writes out: changes do not concern them,
// checks do.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Literal is a document of a `document` statement.
type Literal struct {
	Stmt    *ast.Document
	Raw     bson.Raw
	Secrets []value.Secret
}

// literals evaluates the `document` statements of a unit, and compiles the
// checks that apply to what they make.
func (u *Unit) literals() diag.List {
	var diags diag.List
	var checks [][]ast.Stmt
	for _, block := range u.Target.Blocks {
		for s := range workspace.Statements(u.Job.Weave.Module, block, u.Job.Environment) {
			d, ok := s.(*ast.Document)
			if !ok {
				continue
			}
			raw, secrets, errs := u.Env.Document(d)
			diags = append(diags, value.Diagnostics(errs)...)
			u.Literals = append(u.Literals, Literal{d, raw, secrets})
		}
		checks = append(checks, checksOf(block))
	}
	if len(u.Literals) == 0 || len(diags) > 0 {
		return diags
	}
	env := *u.Env
	env.Trace = nil
	judge, errs := env.Program(checks[0], checks[1:]...)
	u.judge = judge
	return append(diags, value.Diagnostics(errs)...)
}

// checksOf are the checks of a block with what they need: the blocks around
// them, and the lets and lookups whose names they use.
func checksOf(stmts []ast.Stmt) []ast.Stmt {
	var kept []ast.Stmt
	used := map[string]bool{}
	use := func(n ast.Node) {
		ast.Walk(n, func(n ast.Node) bool {
			if p, ok := n.(*ast.Path); ok {
				used[p.Head] = true
			}
			return true
		})
	}
	for _, s := range slices.Backward(stmts) {
		keep := false
		switch stmt := s.(type) {
		case *ast.Check:
			keep = true
		case *ast.Let:
			keep = used[stmt.Name.Text]
		case *ast.Lookup:
			keep = used[stmt.Name.Text]
		case *ast.For:
			if inner := checksOf(stmt.Body.Stmts); len(inner) > 0 {
				s, keep = &ast.For{At: stmt.At, Environments: stmt.Environments, Body: &ast.Block{At: stmt.Body.At, Stmts: inner}}, true
			}
		case *ast.Where:
			inner, others := checksOf(stmt.Body.Stmts), checksOf(stmt.Else.Stmts())
			if len(inner) > 0 || len(others) > 0 {
				where := &ast.Where{At: stmt.At, Cond: stmt.Cond, Expect: stmt.Expect, Body: &ast.Block{At: stmt.Body.At, Stmts: inner}}
				if len(others) > 0 {
					where.Else = &ast.Else{At: stmt.Else.At, Body: &ast.Block{At: stmt.Else.At, Stmts: others}}
				}
				s, keep = where, true
			}
		case *ast.Each:
			if inner := checksOf(stmt.Body.Stmts); len(inner) > 0 {
				s, keep = &ast.Each{At: stmt.At, Key: stmt.Key, Name: stmt.Name, Deep: stmt.Deep, Path: stmt.Path, Cond: stmt.Cond, Body: &ast.Block{At: stmt.Body.At, Stmts: inner}}, true
			}
		}
		if keep {
			use(s)
			kept = append(kept, s)
		}
	}
	slices.Reverse(kept)
	return kept
}

// workLiterals takes the literals through checks and identity.
func (u *Unit) workLiterals(out *Outcome) {
	if len(u.Literals) == 0 {
		return
	}
	run := u.judge.NewRun()
	total := len(u.Literals)
	for n, l := range u.Literals {
		i := len(u.Data.Documents) + n
		result, err := run.Apply(l.Raw)
		if err != nil {
			out.errors.add(err, i, &total)
			continue
		}
		result, secrets, ok := u.ownLists(out, i, result, l.Secrets, &total)
		if !ok || !u.checked(out, run, i, result, &total) || !u.sound(out, i, l.Raw, result, secrets, &total) {
			continue
		}
		out.Results[i], out.Secrets[i] = result, secrets
		names := &shape.Names{}
		names.Add(result)
		out.names = append(out.names, names)
	}
}

// uniqueChecks are the checks of a unit that are about the collection as a whole
// and apply in the environment.
func (u *Unit) uniqueChecks() []*ast.Check {
	var out []*ast.Check
	for _, block := range u.Target.Blocks {
		for s := range workspace.Statements(u.Job.Weave.Module, block, u.Job.Environment) {
			if c, ok := s.(*ast.Check); ok && c.Unique != nil {
				out = append(out, c)
			}
		}
	}
	return out
}
