package rules

// What the databases of a fan-out share. In: what is found for each of them; out: each
// finding once, with the databases that it is about.

import (
	"fmt"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

func targetsOf(outcomes []*Outcome) []*workspace.Target {
	out := make([]*workspace.Target, len(outcomes))
	for i, o := range outcomes {
		out[i] = o.Target
	}
	return out
}

// PerDatabase joins what was found of each target: of those of a fan-out the first
// finding of a kind at a place stands for all, and names their databases.
func PerDatabase(targets []*workspace.Target, found []diag.List) diag.List {
	type key struct {
		sync *check.Sync
		code diag.Code
		at   source.Span
	}
	type entry struct{ at, count, last int }
	var out diag.List
	seen, all := map[key]*entry{}, map[*check.Sync]int{}
	for i, t := range targets {
		all[t.Sync]++
		for _, d := range found[i] {
			k := key{t.Sync, d.Code, d.Span}
			e := seen[k]
			switch {
			case t.Member == nil:
				out = append(out, d)
			case e == nil:
				seen[k] = &entry{len(out), 1, i}
				d.Notes = append([]string{"in the database " + diag.Quote(t.Member.Database, 64)}, d.Notes...)
				out = append(out, d)
			case e.last != i:
				e.count, e.last = e.count+1, i
			}
		}
	}
	for k, e := range seen {
		switch d := &out[e.at]; {
		case e.count == all[k.sync] && e.count > 1:
			d.Notes[0] += fmt.Sprintf(", and so in all %d", e.count)
		case e.count > 1:
			d.Notes[0] += fmt.Sprintf(" and %d more of %d", e.count-1, all[k.sync])
		}
	}
	return out
}

// inEachDatabase judges the expectations that are written out, of each database of a fan-out.
func inEachDatabase(groups []*counted) diag.List {
	var targets []*workspace.Target
	var found []diag.List
	for _, all := range groups {
		if !all.among {
			continue
		}
		of := map[string]*counted{}
		var order []*counted
		for _, o := range all.outcomes {
			g := of[o.Target.Member.Database]
			if g == nil {
				g = &counted{complete: true, alone: true}
				of[o.Target.Member.Database], order = g, append(order, g)
			}
			g.add(o)
		}
		for _, g := range order {
			targets, found = append(targets, g.units[0].Target), append(found, g.counts())
		}
	}
	return PerDatabase(targets, found)
}

// judges reports whether an expectation is judged over these units.
func (g *counted) judges(e *ast.Expect) bool {
	return !g.among && !g.alone || g.alone == (e != nil)
}

// expectOf is the expectation that a statement has.
func expectOf(s ast.Stmt) *ast.Expect {
	switch s := s.(type) {
	case *ast.Where:
		return s.Expect
	case *ast.Else:
		return s.Expect
	case *ast.Each:
		return s.Expect
	case *ast.Remove:
		return s.Expect
	}
	return nil
}
