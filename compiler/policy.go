package compiler

// Policies of one sync in one environment. `mode` and `prune`: the narrowest
// layer wins, a `for` block over the sync, the sync over its `from` block.
// Filters and `preserve` add up.

import (
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/runtime/desired"
)

type policy struct {
	filters  []*ast.Filter
	mode     desired.Mode
	preserve []*ast.Path
	prune    *ast.Prune // nil: nothing is deleted
	// inherited is how many of preserve come from the `from` block, and
	// ownPrune whether prune does not: what a `from` block names need not be
	// close to what each of its collections has.
	inherited int
	ownPrune  bool
}

// policyOf collects the policies of a sync in an environment.
func policyOf(m *check.Module, s *check.Sync, environment string) *policy {
	p := &policy{mode: desired.Replace}
	p.layer(m, s.Defaults, environment)
	p.inherited = len(p.preserve)
	defaultPrune := p.prune
	p.layer(m, s.Stmts, environment)
	p.ownPrune = p.prune != defaultPrune
	return p
}

// layer takes in the statements of a block, then those of its `for` blocks.
func (p *policy) layer(m *check.Module, stmts []ast.Stmt, environment string) {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.Filter:
			p.filters = append(p.filters, s)
		case *ast.Mode:
			p.mode = desired.Mode(s.Name.Text)
		case *ast.PathPolicy:
			for _, pattern := range s.Paths {
				p.preserve = append(p.preserve, pattern.Path)
			}
		case *ast.Prune:
			p.prune = s
		}
	}
	for _, s := range stmts {
		if f, ok := s.(*ast.For); ok && m.Applies(f, environment) {
			p.layer(m, f.Body.Stmts, environment)
		}
	}
}
