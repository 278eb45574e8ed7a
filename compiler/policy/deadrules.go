package policy

// Rules that can do nothing in the mode of their collection.
//
// In: the statements of a collection in all environments of the weave. Out: errors
// about those that are dead in every environment that they are for.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// DeadRules finds rules about documents where no document is promoted, and
// policies about documents that are there where those are left alone. One
// message stands for all of a collection: the mode is the mistake, or the rules are.
func DeadRules(m *check.Module, t *workspace.Target) diag.List {
	policies := map[string]*Policy{}
	for _, env := range m.Environments {
		policies[env] = declaredPolicy(m, t, env)
	}
	dead := &deadRules{module: m, policies: policies}
	if t.Expect != nil {
		dead.judge(t.Expect, "expect", m.Environments, desired.Structure)
	}
	dead.walk(t.Sync.Stmts, m.Environments)
	for _, a := range m.Amends {
		if environments := Amended(m, a, t); len(environments) > 0 {
			dead.walk(a.Body.Stmts, environments)
		}
	}
	return dead.diags()
}

// declaredPolicy is the policy of a target in any environment, from what is written.
func declaredPolicy(m *check.Module, t *workspace.Target, env string) *Policy {
	p := &Policy{Mode: desired.Replace}
	p.defaults(m, t, env)
	p.layer(m, t.Sync.Stmts, env, 0)
	for _, a := range m.Amends {
		if slices.Contains(Amended(m, a, t), env) {
			p.layer(m, a.Body.Stmts, env, 0)
		}
	}
	return p
}

// Amended are the environments in which an amendment is about a target.
func Amended(m *check.Module, a *ast.AmendDecl, t *workspace.Target) []string {
	var out []string
	for _, env := range m.Environments {
		if a.Body != nil && a.Collection.Text == t.Collection && (a.Source == nil || a.Source.Text == t.Source[env]) && m.In(a.Environments, env) {
			out = append(out, env)
		}
	}
	return out
}

type deadRules struct {
	module   *check.Module
	policies map[string]*Policy
	found    []deadRule
}

type deadRule struct {
	at     source.Span
	word   string
	mode   desired.Mode
	modeAt *ast.Mode
}

func (d *deadRules) walk(stmts []ast.Stmt, environments []string) {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.For:
			var here []string
			for _, env := range environments {
				if d.module.Applies(s, env) {
					here = append(here, env)
				}
			}
			d.walk(s.Body.Stmts, here)
		case *ast.Filter, *ast.Assign, *ast.Remove, *ast.Rename, *ast.Add, *ast.Each, *ast.Where, *ast.Lookup, *ast.Document, *ast.Moved, *ast.Check, *ast.Link, *ast.Drift:
			d.judge(s, check.Word(s), environments, desired.Structure)
		case *ast.OwnedPart:
			d.judge(s, check.Word(s), environments, desired.Structure, desired.Insert)
		case *ast.PathPolicy:
			if s.Kind == ast.Preserve || s.Kind == ast.Ignore {
				d.judge(s, check.Word(s), environments, desired.Structure, desired.Insert)
			}
		}
	}
}

// judge notes a statement when all of its environments have one of the modes.
func (d *deadRules) judge(n ast.Node, word string, environments []string, modes ...desired.Mode) {
	if len(environments) == 0 {
		return
	}
	for _, env := range environments {
		if !slices.Contains(modes, d.policies[env].Mode) {
			return
		}
	}
	p := d.policies[environments[0]]
	d.found = append(d.found, deadRule{n.Place(), word, p.Mode, p.modeAt})
}

func (d *deadRules) diags() diag.List {
	var out diag.List
	for i, r := range d.found {
		if slices.ContainsFunc(d.found[:i], func(o deadRule) bool { return o.mode == r.mode }) {
			continue
		}
		more := 0
		for _, o := range d.found[i+1:] {
			if o.mode == r.mode {
				more++
			}
		}
		e := diag.Diagnostic{Code: diag.PolicyNotInMode, Span: r.at, Message: fmt.Sprintf("`%s` has no meaning in `mode %s`: no documents are promoted", r.word, r.mode),
			Notes: []string{"remove it, or choose another mode"}}
		if r.mode == desired.Insert {
			e.Message = fmt.Sprintf("`%s` has no meaning in `mode %s`: a document that is there is left as it is", r.word, r.mode)
		}
		if more > 0 {
			e.Notes = []string{fmt.Sprintf("so have %d more statements of this collection", more), "remove them, or choose another mode"}
			if more == 1 {
				e.Notes[0] = "so has one more statement of this collection"
			}
		}
		if r.modeAt != nil {
			e.Related = []diag.Related{{Span: r.modeAt.Span, Message: "the mode"}}
		}
		out = append(out, e)
	}
	return out
}
