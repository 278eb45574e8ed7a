package rules

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Which documents are promoted: `only where` and `except where`. A filter sees a
// document as it was extracted, before anything changes it.

// Filter is a compiled `only where` or `except where`.
type Filter struct {
	Stmt *ast.Filter
	Cond *eval.Condition
}

// filters compiles those in force.
func (u *Unit) filters() diag.List {
	var diags diag.List
	for _, f := range u.Policy.Filters {
		cond, errs := u.Env.Condition(f.Cond)
		diags = append(diags, value.Diagnostics(errs)...)
		u.Filters = append(u.Filters, Filter{f, cond})
	}
	return diags
}

// selects evaluates every filter on the document as extracted.
func (u *Unit) selects(p *part, i int, d bson.Raw) bool {
	selected := true
	for f, filter := range u.Filters {
		holds, err := filter.Cond.Test(d)
		if err != nil {
			p.errors.add(err, i, &u.Data.Count)
			selected = false
			continue
		}
		if holds {
			p.Matched[f]++
		}
		if holds == filter.Stmt.Except {
			selected = false
		}
	}
	return selected
}
