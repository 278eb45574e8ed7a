package rules

// How many documents statements matched, against what they say they expect.

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// counted are the collections of one `sync` statement in an environment: what
// it and its statements match is counted over all of them.
type counted struct {
	units []*Unit
	// outcomes are those of units. among: of a fan-out the units of all databases, so that
	// an expectation that is written out is not judged here; alone: of one of its databases,
	// so that no other is.
	outcomes     []*Outcome
	among, alone bool
	// filters and stats are in the order of the text.
	filters []filterCount
	stats   []stats.Stat
	// extracted and selected are numbers of documents; complete: every selected
	// document came through all statements.
	extracted, selected int
	complete            bool
}

type filterCount struct {
	stmt        *ast.Filter
	matched, of int
	// undecided: its condition failed for some document, so its count says nothing.
	undecided bool
}

// counted are the units by their statement, with what they counted.
func (d *Done) counted() []*counted {
	var out []*counted
	of := map[*check.Sync]*counted{}
	for _, u := range d.Units {
		o := d.Of(u)
		if o == nil {
			continue
		}
		g := of[u.Target.Sync]
		if g == nil {
			g = &counted{complete: true, among: u.Target.FanOut != nil}
			of[u.Target.Sync] = g
			out = append(out, g)
		}
		g.add(o)
	}
	return out
}

func (g *counted) add(o *Outcome) {
	g.units, g.outcomes = append(g.units, o.Unit), append(g.outcomes, o)
	g.extracted += o.Data.Count
	g.selected += o.Selected
	g.complete = g.complete && o.Selected == o.kept
	for i, f := range o.Filters {
		at := slices.IndexFunc(g.filters, func(c filterCount) bool { return c.stmt == f.Stmt })
		if at < 0 {
			at = len(g.filters)
			g.filters = append(g.filters, filterCount{stmt: f.Stmt})
		}
		g.filters[at].matched += o.Matched[i]
		g.filters[at].of += o.Data.Count
		if o.errors.within(f.Stmt.Cond.Place()) {
			g.filters[at].undecided = true
		}
	}
	for _, s := range o.Stats {
		at := slices.IndexFunc(g.stats, func(t stats.Stat) bool { return t.Stmt == s.Stmt })
		if at < 0 {
			g.stats = append(g.stats, s)
			continue
		}
		t := &g.stats[at]
		t.Reached += s.Reached
		t.Matched += s.Matched
		t.Overwritten += s.Overwritten
		t.Paths = slices.Clone(t.Paths)
		for i := range t.Paths {
			t.Paths[i] += s.Paths[i]
		}
		t.TypeChanges = maps.Clone(t.TypeChanges)
		for change, n := range s.TypeChanges {
			if t.TypeChanges == nil {
				t.TypeChanges = map[value.TypeChange]int{}
			}
			t.TypeChanges[change] += n
		}
	}
}

// counts judges everything that is counted.
func (g *counted) counts() diag.List {
	out := g.filterCounts()
	if g.complete { // else the counts of the statements are partial
		out = append(out, g.statementCounts()...)
	}
	return out
}

// closest says which known values are nearest to those of a condition.
func (g *counted) closest(cond ast.Expr) []string {
	if len(g.units) > 1 {
		return nil
	}
	return g.units[0].Inferred.Closest(cond)
}

// filterCounts judges the filters, each alone over all extracted documents,
// and how many documents they leave together.
func (g *counted) filterCounts() diag.List {
	var out diag.List
	empty := false
	for _, f := range g.filters {
		if f.undecided {
			empty = true
			continue
		}
		if !g.judges(f.stmt.Expect) {
			empty = empty || f.matched == 0
			continue
		}
		d, ok := expected(f.stmt.Expect, f.matched, f.stmt.Cond.Place(), "this filter", f.of)
		if !ok {
			d.Notes = append(g.closest(f.stmt.Cond), d.Notes...)
			out = append(out, d)
			empty = empty || f.matched == 0
		}
	}
	sync := g.units[0].Target
	if !g.judges(sync.Expect) {
		return out
	}
	if d, ok := expected(sync.Expect, g.selected, sync.Span, "this `sync`", g.extracted); !ok && !empty {
		if g.extracted == 0 {
			d.Notes[0] = g.units[0].Data.Name + " has no documents"
			if len(g.units) > 1 {
				d.Notes[0] = fmt.Sprintf("none of its %d collections has documents", len(g.units))
			}
		} else if g.selected == 0 {
			d.Notes[0] = fmt.Sprintf("the filters together leave none of %d document%s", g.extracted, words.Plural(g.extracted))
		}
		out = append(out, d)
	}
	return out
}

// statementCounts judges the statements that change documents.
func (g *counted) statementCounts() diag.List {
	var out diag.List
	nothing := func(at source.Span, what string, of int, remedy ...string) {
		out = append(out, diag.Diagnostic{Code: diag.MatchesNothing, Span: at, Message: what, Notes: append([]string{lookedAt(of)}, remedy...)})
	}
	for _, stat := range g.stats {
		if stat.Reached == 0 || !g.judges(expectOf(stat.Stmt)) {
			continue // what is not reached is not judged: the block around it says whether that is fine
		}
		switch stmt := stat.Stmt.(type) {
		case *ast.Where:
			if d, ok := expected(stmt.Expect, stat.Matched, stmt.Cond.Place(), "this condition", stat.Reached); !ok {
				d.Notes = append(g.closest(stmt.Cond), d.Notes...)
				out = append(out, d)
			}
		case *ast.Else:
			out = append(out, elseCounts(stmt, stat)...)
		case *ast.Each: // a number is of the elements of each document, and judged there
			if stat.Matched == 0 && !stmt.Expect.AllowsNone() {
				if stmt.Cond != nil {
					nothing(stmt.Cond.Place(), "no element matches this condition", stat.Reached, "if that is fine, write `expect any` after it")
				} else {
					nothing(stmt.Path.Span, fmt.Sprintf("%s has no element in any document that comes here", diag.Backquote(stmt.Path.Span.Text())), stat.Reached, "if that is fine, write `expect any` after it")
				}
			}
		case *ast.Remove:
			if stmt.Expect != nil {
				if d, ok := expected(stmt.Expect, stat.Matched, stmt.Span, "this statement", stat.Reached); !ok {
					out = append(out, d)
				}
				continue
			}
			for i, p := range stmt.Paths {
				if stat.Paths[i] == 0 {
					nothing(p.Span, fmt.Sprintf("no document that comes here has %s", diag.Backquote(p.Span.Text())), stat.Reached, "if that is fine, write `expect any` after the statement")
				}
			}
		case *ast.Rename:
			if stat.Matched == 0 {
				nothing(stmt.From.Span, fmt.Sprintf("no document that comes here has %s", diag.Backquote(stmt.From.Span.Text())), stat.Reached)
			}
		}
	}
	return out
}

// elseCounts judges how many documents come to an `else`.
func elseCounts(e *ast.Else, stat stats.Stat) diag.List {
	at := e.Span
	at.End = at.Start + len("else")
	if e.Where != nil {
		if stat.Matched > 0 || e.AllowsNone() {
			return nil
		}
		return diag.List{{Code: diag.MatchesNothing, Span: at, Message: "no document comes to this `else where`: the condition before it holds for all",
			Notes: []string{lookedAt(stat.Reached), "if that is fine, write `expect any` after its condition"}}}
	}
	d, ok := expected(e.Expect, stat.Matched, at, "this `else`", stat.Reached)
	if ok {
		return nil
	}
	if stat.Matched == 0 {
		d.Message = "no document comes to this `else`: the condition before it holds for all"
	}
	return diag.List{d}
}

// writes warns of `set` and `create` that change nothing, and of these and `add`
// where they change types.
func (g *counted) writes() diag.List {
	var out diag.List
	for _, stat := range g.stats {
		switch s := stat.Stmt.(type) {
		case *ast.Assign:
			if stat.Overwritten > 0 && stat.Overwritten == stat.Matched {
				d := diag.Diagnostic{Severity: diag.Warning, Code: diag.NoEffect, Span: s.Path.Span, Message: "this has no effect: it is overwritten before anything reads it"}
				if stat.By != nil {
					d.Related = []diag.Related{{Span: stat.By.Place(), Message: "overwritten here"}}
				}
				out = append(out, d)
			}
			out = append(out, g.typeChanges(s.Path, stat.TypeChanges)...)
		case *ast.Add:
			out = append(out, g.typeChanges(s.Path, stat.TypeChanges)...)
		}
	}
	return out
}

// mostTypes is how many places of one value, whose types it changes, are worth reading.
const mostTypes = 3

// typeChanges warns of the types that writes of a path change there and below.
func (g *counted) typeChanges(p *ast.Path, counts map[value.TypeChange]int) diag.List {
	var out diag.List
	changes := slices.SortedFunc(maps.Keys(counts), func(a, b value.TypeChange) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, c := range changes[:min(len(changes), mostTypes)] {
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.TypeChanged, Span: p.Span,
			Message: fmt.Sprintf("this changes the type of %s from %s to %s in %s", diag.Backquote(p.Span.Text()+c.At), c.From, c.To, words.OfDocuments(counts[c], g.selected)),
			Notes:   []string{"programs that read the field may not expect that; to keep the type, write " + words.Article(strings.Split(c.From, " or "))}})
	}
	if more := len(changes) - mostTypes; more > 0 {
		last := &out[mostTypes-1]
		last.Notes = append(last.Notes, fmt.Sprintf("it changes types in %d more place%s", more, words.Plural(more)))
	}
	return out
}

func lookedAt(n int) string { return fmt.Sprintf("%d document%s looked at", n, words.Plural(n)) }

// environmentAsked is a condition that is about the environment alone.
var environmentAsked = regexp.MustCompile(`^environment\(\)\s*==\s*["']([^"'$]+)["']$`)

// expected compares a number of documents with an expectation; none means at least one.
func expected(e *ast.Expect, n int, at source.Span, what string, of int) (diag.Diagnostic, bool) {
	least, most := int64(1), int64(-1)
	if e != nil {
		if e.Any {
			return diag.Diagnostic{}, true
		}
		least, most = e.Min, e.Max
	}
	if int64(n) >= least && (most < 0 || int64(n) <= most) {
		return diag.Diagnostic{}, true
	}
	d := diag.Diagnostic{Code: diag.WrongCount, Span: at, Message: fmt.Sprintf("%s matches %d document%s, not %s", what, n, words.Plural(n), expectation(least, most)),
		Notes: []string{lookedAt(of)}}
	if e != nil {
		d.Related = []diag.Related{{Span: e.Span, Message: "expected here"}}
	}
	if n == 0 {
		d.Code, d.Message = diag.MatchesNothing, what+" matches no document"
		if e == nil {
			if m := environmentAsked.FindStringSubmatch(at.Text()); m != nil {
				d.Notes = append(d.Notes, fmt.Sprintf("statements for one environment stand in `for %s { … }`", diag.Safe(m[1], 40)))
				return d, false
			}
			d.Notes = append(d.Notes, "if that is fine, write `expect any` after it")
		} else {
			d.Notes = append(d.Notes, fmt.Sprintf("if that is fine, write `expect any` in place of %s", diag.Backquote(e.Span.Text())))
			d.Fix = &diag.Fix{Span: e.Span, Text: "expect any"}
		}
		return d, false
	}
	if e != nil {
		text := fmt.Sprintf("expect %d", n)
		d.Notes = append(d.Notes, fmt.Sprintf("if that is right, write `%s`", text))
		d.Fix = &diag.Fix{Span: e.Span, Text: text}
	}
	return d, false
}

// expectation words a range: "5", "2 to 5", "2 or more".
func expectation(least, most int64) string {
	switch {
	case most < 0:
		return fmt.Sprintf("%d or more", least)
	case least == most:
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
