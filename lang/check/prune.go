package check

// The condition of `prune where` is evaluated by the artefact, so only part of
// the language may stand in it (docs/language.md, prune).

import (
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// prune checks `prune all|where E at most N[%]`.
func (b *block) prune(s *ast.Prune) {
	var entries []ast.EnvEntry
	for _, bound := range s.Bounds.Entries {
		if bound.Percent && bound.AtMost > 100 {
			b.report(diag.BadNumber, bound.Span, "%d%% is more than all documents", bound.AtMost).Notes = []string{"write at most 100%"}
		}
		entries = append(entries, ast.EnvEntry{At: bound.At, Env: bound.Env, Else: bound.Else})
	}
	if s.Bounds.PerEnv {
		b.perEnv(s.Bounds.At, entries)
	}
	if s.Cond != nil {
		before := len(b.diags)
		b.selection.expr(s.Cond)
		if len(b.diags) == before {
			b.pruneCond(s.Cond)
		}
	}
}

// pruneCond checks that a condition is made of fields compared with constants.
func (b *block) pruneCond(x ast.Expr) {
	switch x := x.(type) {
	case *ast.BadExpr:
		return
	case *ast.Paren:
		b.pruneCond(x.X)
		return
	case *ast.Unary:
		if x.Op == ast.Not {
			b.pruneCond(x.X)
			return
		}
	case *ast.Binary:
		switch x.Op {
		case ast.And, ast.Or:
			b.pruneCond(x.X)
			b.pruneCond(x.Y)
			return
		case ast.Eq, ast.Ne, ast.Lt, ast.Le, ast.Gt, ast.Ge:
			if b.isField(x.X) && b.isConstant(x.Y) || b.isConstant(x.X) && b.isField(x.Y) {
				return
			}
		case ast.In, ast.NotIn:
			if b.isField(x.X) && b.isConstant(x.Y) || b.isConstant(x.X) && b.isField(x.Y) {
				return
			}
		}
	case *ast.Between:
		if b.isField(x.X) && b.isConstant(x.Low) && b.isConstant(x.High) {
			return
		}
	case *ast.Is:
		if b.isField(x.X) {
			return
		}
	case *ast.Call:
		if (x.Func.Text == "startsWith" || x.Func.Text == "endsWith") && len(x.Args) == 2 && b.isField(x.Args[0]) && b.isConstant(x.Args[1]) {
			return
		}
	case *ast.Path:
		if b.isField(x) {
			b.report(diag.PruneCondition, x.Span, "a field alone is no condition of `prune`").Notes =
				[]string{"write `" + diag.Safe(x.Span.Text(), 64) + " == true`"}
			return
		}
	}
	e := b.report(diag.PruneCondition, x.Place(), "this cannot stand in `prune where`: the condition is evaluated at the destination")
	e.Notes = []string{"it may compare fields with constants by ==, !=, <, <=, >, >=, in, between, is, startsWith and endsWith, joined by and, or, not"}
}

// isField: a field of the destination's document, arrays not entered.
func (b *block) isField(x ast.Expr) bool {
	if p, ok := x.(*ast.Paren); ok {
		return b.isField(p.X)
	}
	p, ok := x.(*ast.Path)
	if !ok || p.Head == "this" && len(p.Steps) == 0 {
		return false
	}
	if _, bound := b.selection.lookup(p.Head); bound {
		return false
	}
	for _, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			return false
		}
	}
	return true
}

// isConstant: nothing in the expression is read from a document.
func (b *block) isConstant(x ast.Expr) bool {
	for p := range Paths(x) {
		if _, bound := b.selection.lookup(p.Head); !bound {
			return false
		}
	}
	return true
}
