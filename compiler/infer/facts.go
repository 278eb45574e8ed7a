package infer

// What the rules and the data say before anything is walked.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
)

// choose is the value of `per environment` in this environment.
func (f *facts) choose(p *ast.PerEnv) ast.Expr {
	var other ast.Expr
	for _, e := range p.Entries {
		if e.Else {
			other = e.Value
		} else if f.Job.Weave.Module.In(ast.Environments{Names: []ast.Name{e.Env}}, f.Job.Environment) {
			return e.Value
		}
	}
	return other
}

// Nearest is the known text closest to a constant text, as shown; empty when none is near.
func Nearest(constant bson.RawValue, known []bson.RawValue) string {
	text, ok := constant.StringValueOK()
	if !ok {
		return ""
	}
	var texts []string
	for _, k := range known {
		if t, ok := k.StringValueOK(); ok {
			texts = append(texts, t)
		}
	}
	slices.Sort(texts)
	if near := diag.Suggest(text, texts); near != "" {
		return diag.Quote(near, 60)
	}
	return ""
}

// constant is the value of an expression that reads no document.
func (f *facts) constant(x ast.Expr) (bson.RawValue, bool) {
	for p := range check.Paths(x) {
		if _, ok := f.Env.Lets[p.Head]; !ok {
			return bson.RawValue{}, false
		}
	}
	v, errs := f.Env.Constant(x)
	if len(errs) > 0 {
		return bson.RawValue{}, false
	}
	raw, err := v.Raw()
	return raw, err == nil && raw.Type != 0
}

// Closest says, for each field that a condition compares with a text, which known value is nearest.
func (r *Result) Closest(cond ast.Expr) []string {
	var out []string
	var walk func(x ast.Expr)
	walk = func(x ast.Expr) {
		if b, ok := x.(*ast.Binary); ok && b.Op == ast.Eq {
			if note := r.facts.closestValue(ast.PathOf(b.X), b.Y); note != "" && !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
		for _, sub := range ast.Subexpressions(x) {
			walk(sub)
		}
	}
	walk(cond)
	return out
}

// closestValue is the note for one comparison: all values of the extracted data are looked at.
func (f *facts) closestValue(p *ast.Path, x ast.Expr) string {
	if p == nil || !p.OnlyFields() {
		return ""
	}
	if _, bound := f.Env.Lets[p.Head]; bound {
		return ""
	}
	constant, ok := f.constant(x)
	if !ok {
		return ""
	}
	if near := Nearest(constant, f.Data.ValuesAt(p)); near != "" {
		return fmt.Sprintf("the closest value of %s is %s", diag.Backquote(p.Span.Text()), near)
	}
	return ""
}

// boundLater is the `lookup` or `let` that gives the first word of a path its value,
// wherever in the path's block of the sync it stands; nil: there is none.
func (f *facts) boundLater(p *ast.Path) ast.Stmt {
	name := p.Head
	for _, block := range f.Target.Blocks {
		if !slices.ContainsFunc(block, func(stmt ast.Stmt) bool { return p.Span.Within(stmt.Place()) }) {
			continue // an amendment sees no names of the sync
		}
		for _, stmt := range block {
			switch b := stmt.(type) {
			case *ast.Lookup:
				if b.Name.Text == name {
					return b
				}
			case *ast.Let:
				if b.Name.Text == name {
					return b
				}
			}
		}
	}
	return nil
}
