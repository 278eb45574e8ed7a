package check

// `for each` behind `into`: a database for each document of a collection. Which
// documents and databases there are, only the data shows (compiler/job).

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// fanOut checks the fan-out of a `from`, and gives the scope of its block, which
// sees the document.
func (c *checker) fanOut(d *ast.FromDecl) *scope {
	f := d.FanOut
	c.collectionName(f.Collection)
	c.topScope().bareName(f.Collection, place{what: "a collection", clause: "in"})
	c.topScope().bareSource(f.Source)
	if f.Source != nil {
		c.databaseName(*f.Source)
	}
	c.expect(f.Expect)
	top := c.topScope().inner()
	top.bind(f.Name, "the document")
	alone := top.inner()
	alone.constant = true
	alone.expr(f.Cond)
	values := []ast.Expr{d.Into.Computed}
	if d.Into.PerEnv != nil {
		c.perEnv(d.Into.PerEnv.At, d.Into.PerEnv.Entries)
		values = nil
		for _, e := range d.Into.PerEnv.Entries {
			values = append(values, e.Value)
		}
	}
	for _, x := range values {
		at := d.Into.Span
		if x != nil {
			at = x.Place()
		}
		if x != nil && reads(x, f.Name.Text) {
			alone.expr(x)
		} else {
			e := c.report(diag.DuplicateDatabase, at, "all documents would give this one database")
			e.Label = "write what tells them apart: `\"" + diag.Safe(shortName(at.Text()), 40) + "_${" + diag.Safe(f.Name.Text, 40) + ".…}\"`"
			e.Related = []diag.Related{{Span: f.Span, Message: "a database for each of these"}}
		}
	}
	return top
}

// shortName is a bare name or text without its quotes.
func shortName(text string) string {
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') {
		return text[1 : n-1]
	}
	return text
}

// reads reports whether an expression reads a name.
func reads(x ast.Expr, name string) bool {
	for p := range Paths(x) {
		if p.Head == name && len(p.Steps) > 0 {
			return true
		}
	}
	return false
}

// fanOutAmended is the fan-out whose collection an `amend` is about; nil: of none.
func (c *checker) fanOutAmended(d *ast.AmendDecl) *ast.FanOut {
	for _, s := range c.module.Syncs {
		if s.FanOut == nil {
			continue
		}
		targets, _ := s.Targets([]string{d.Collection.Text})
		if slices.ContainsFunc(targets, func(t *Target) bool { return t.Collection == d.Collection.Text }) {
			return s.FanOut
		}
	}
	return nil
}
