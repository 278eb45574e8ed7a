package compiler

// How many documents statements matched, against what they say they expect.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// filterCounts judges the filters, each alone over all extracted documents,
// and how many documents they leave together.
func (u *unit) filterCounts(o *outcome) diag.List {
	var out diag.List
	empty := false
	for i, f := range u.filters {
		if o.errors.within(f.stmt.Cond.Place()) {
			empty = true // it was not decided for every document
			continue
		}
		d, ok := expected(f.stmt.Expect, o.matched[i], f.stmt.Cond.Place(), "this filter", u.data.count)
		if !ok {
			d.Notes = append(closest(u.static, f.stmt.Cond), d.Notes...)
			out = append(out, d)
			empty = empty || o.matched[i] == 0
		}
	}
	if d, ok := expected(u.sync.Expect, o.selected, u.sync.Span, "this `sync`", u.data.count); !ok && !empty {
		if u.data.count == 0 {
			d.Notes[0] = u.data.name + " has no documents"
		} else if o.selected == 0 {
			d.Notes[0] = fmt.Sprintf("the filters together leave none of %d document%s", u.data.count, plural(u.data.count))
		}
		out = append(out, d)
	}
	return out
}

// statementCounts judges the statements that change documents.
func (u *unit) statementCounts(o *outcome) diag.List {
	var out diag.List
	for _, stat := range o.stats {
		if stat.Reached == 0 {
			continue // what is not reached is not judged: the block around it says whether that is fine
		}
		switch stmt := stat.Stmt.(type) {
		case *ast.Where:
			if d, ok := expected(stmt.Expect, stat.Matched, stmt.Cond.Place(), "this condition", stat.Reached); !ok {
				d.Notes = append(closest(u.static, stmt.Cond), d.Notes...)
				out = append(out, d)
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
					out = append(out, diag.Diagnostic{Code: diag.MatchesNothing, Span: p.Span,
						Message: fmt.Sprintf("no document that comes here has %s", backquote(p.Span.Text())),
						Notes:   []string{lookedAt(stat.Reached), "if that is fine, write `expect any` after the statement"}})
				}
			}
		case *ast.Rename:
			if stat.Matched == 0 {
				out = append(out, diag.Diagnostic{Code: diag.MatchesNothing, Span: stmt.From.Span,
					Message: fmt.Sprintf("no document that comes here has %s", backquote(stmt.From.Span.Text())),
					Notes:   []string{lookedAt(stat.Reached)}})
			}
		}
	}
	return out
}

func lookedAt(n int) string { return fmt.Sprintf("%d document%s looked at", n, plural(n)) }

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
	d := diag.Diagnostic{Code: diag.WrongCount, Span: at, Message: fmt.Sprintf("%s matches %d document%s, not %s", what, n, plural(n), expectation(least, most)),
		Notes: []string{lookedAt(of)}}
	if e != nil {
		d.Related = []diag.Related{{Span: e.Span, Message: "expected here"}}
	}
	if n == 0 {
		d.Code, d.Message = diag.MatchesNothing, what+" matches no document"
		if e == nil {
			d.Notes = append(d.Notes, "if that is fine, write `expect any` after it")
		} else {
			d.Notes = append(d.Notes, fmt.Sprintf("if that is fine, write `expect any` in place of %s", backquote(e.Span.Text())))
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

// closest says, for each field that a condition compares with a text, which known value is nearest.
func closest(s *static, cond ast.Expr) []string {
	var out []string
	var walk func(x ast.Expr)
	walk = func(x ast.Expr) {
		if b, ok := x.(*ast.Binary); ok && b.Op == ast.Eq {
			if note := s.closestValue(fieldOf(b.X), b.Y); note != "" && !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
		for _, sub := range check.Children(x) {
			walk(sub)
		}
	}
	walk(cond)
	return out
}

// closestValue is the note for one comparison: all values of the extracted data are looked at.
func (s *static) closestValue(p *ast.Path, x ast.Expr) string {
	if p == nil || !isFields(p) {
		return ""
	}
	if _, bound := s.env.Lets[p.Head]; bound {
		return ""
	}
	constant, ok := s.constant(x)
	if !ok {
		return ""
	}
	if near := nearest(constant, s.data.valuesAt(p)); near != "" {
		return fmt.Sprintf("the closest value of %s is %s", backquote(p.Span.Text()), near)
	}
	return ""
}
