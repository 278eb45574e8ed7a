package infer

// The condition and the databases of a fan-out, held against the shape of its documents.

import (
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// FanOut checks what stands behind `into` and `for each`; Data of the rules is the
// collection that its documents are of.
func (r Rules) FanOut() diag.List {
	f := &facts{&r, anything}
	w := &walker{check: &checker{facts: f, now: anything, clashed: map[string]bool{}, branchTypes: map[ast.Expr]string{}}}
	names := w.constants()
	w.check.expr(r.Target.FanOut.Cond, w.at(names), true)
	if p := r.Target.Into.PerEnv; p != nil {
		w.check.expr(p, w.at(names), false)
	}
	w.check.expr(r.Target.Into.Computed, w.at(names), false)
	return w.check.diags
}
