package weavetest

// Coverage: the statements that neither a test nor an extracted document
// exercised.

import (
	"cmp"
	"slices"

	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// Coverage is how many statements were exercised: by some test or extracted
// document, in some environment. A filter or `where` is exercised where its
// condition held, a change where it changed or wrote something, everything else
// where a document came to it. Policies of the destination do not count.
type Coverage struct {
	Statements, Exercised int
	// Missed are the statements that were not, by file and place.
	Missed []source.Span
}

// coverage collects the statements of all jobs.
type coverage struct{ statements map[ast.Stmt]bool }

func (c *coverage) mark(s ast.Stmt, exercised bool) {
	c.statements[s] = c.statements[s] || exercised
}

// add takes up what a job that was run did.
func (c *coverage) add(j *job.Finished) {
	for _, u := range j.Units {
		stats := map[ast.Stmt]stats.Stat{}
		matched := map[ast.Stmt]bool{}
		o := j.Done.Of(u)
		if o != nil {
			for _, s := range o.Stats {
				stats[s.Stmt] = s
			}
			for i, f := range u.Filters {
				matched[f.Stmt] = o.Matched[i] > 0
			}
		}
		for _, block := range u.Target.Blocks {
			c.block(j.Job, block, o != nil && o.Selected > 0, stats, matched)
		}
	}
}

// block takes up statements; reached says whether a document came to them.
func (c *coverage) block(j *workspace.Job, stmts []ast.Stmt, reached bool, stats map[ast.Stmt]stats.Stat, matched map[ast.Stmt]bool) {
	for _, s := range stmts {
		hit := stats[s].Matched > 0
		switch s := s.(type) {
		case *ast.Filter:
			c.mark(s, matched[s])
		case *ast.Assign, *ast.Remove, *ast.Rename, *ast.Add, *ast.Lookup:
			c.mark(s, hit)
		case *ast.Where:
			c.mark(s, hit)
			c.block(j, s.Body.Stmts, hit, stats, matched)
			if s.Else != nil {
				c.block(j, s.Else.Stmts(), stats[s.Else].Matched > 0, stats, matched)
			}
		case *ast.Each:
			c.mark(s, hit)
			c.block(j, s.Body.Stmts, hit, stats, matched)
		case *ast.For:
			if j.Weave.Module.Applies(s, j.Environment) {
				c.mark(s, reached)
				c.block(j, s.Body.Stmts, reached, stats, matched)
			}
		case *ast.Let, *ast.Check, *ast.Document:
			c.mark(s, reached)
		}
	}
}

func (c *coverage) report() *Coverage {
	out := &Coverage{Statements: len(c.statements)}
	for s, exercised := range c.statements {
		if exercised {
			out.Exercised++
		} else {
			out.Missed = append(out.Missed, s.Place())
		}
	}
	slices.SortFunc(out.Missed, func(a, b source.Span) int {
		return cmp.Or(cmp.Compare(a.File.Name, b.File.Name), cmp.Compare(a.Start, b.Start))
	})
	return out
}
