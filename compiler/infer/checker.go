package infer

// Expressions: every path must exist and every name have one meaning.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// checker checks expressions and paths over documents as they are known.
type checker struct {
	*facts
	// now is what is known of the documents at the statement that is being walked.
	now   *view
	diags diag.List
	// clashed are the names that were reported to have two meanings.
	clashed     map[string]bool
	branchTypes map[ast.Expr]string
}

// report adds an error.
func (c *checker) report(code diag.Code, at source.Span, format string, args ...any) *diag.Diagnostic {
	c.diags = append(c.diags, diag.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...)})
	return &c.diags[len(c.diags)-1]
}

// expr checks an expression over documents that look like document. filter is
// set where a literal that no document has is worth a warning.
func (c *checker) expr(x ast.Expr, in scope, filter bool) {
	switch x := x.(type) {
	case nil:
		return
	case *ast.Path:
		c.path(x, in)
		return
	case *ast.Comprehension:
		c.comprehension(x, in, filter)
		return
	case *ast.Object:
		for _, f := range x.Fields {
			c.key(f.Key, in)
			c.expr(f.Value, in, filter)
		}
		return
	case *ast.Quantified:
		c.expr(x.In, in, false)
		inner := in.bind(x.Name.Text, in.elementOf(x.In))
		c.clash(x.Name.Text, x.Name, in)
		c.expr(x.Cond, inner, filter)
		c.expr(x.Has, inner, filter)
		return
	case *ast.PerEnv:
		c.expr(c.choose(x), in, filter)
		return
	case *ast.Binary:
		if c.meantComparison(x, in) {
			return
		}
	case *ast.Text:
		c.meantInterpolation(x, in)
	}
	for _, sub := range ast.Subexpressions(x) {
		c.expr(sub, in, filter)
	}
	switch x := x.(type) {
	case *ast.Select:
		c.selection(x, in)
	case *ast.If:
		c.branches(x, in)
	case *ast.Binary:
		c.branches(x, in)
		c.binary(x, in, filter)
		c.dateArithmetic(x, in)
	case *ast.Between:
		c.ordered(x.X, x.Low, in)
		c.ordered(x.X, x.High, in)
		c.swapped(x)
	case *ast.Is:
		if p, types := in.known(x.X); p != nil && x.Word.Text == "empty" && !slices.ContainsFunc(types, func(t string) bool { return t == "string" || t == "array" || t == "object" }) {
			e := c.report(diag.NeverEqual, x.Span, "%s is never empty", diag.Backquote(p.Span.Text()))
			e.Notes = []string{in.isHere(p) + ", and only a text, a list and an object can be empty", fmt.Sprintf("a field that is not there: `%[1]s is missing`; one that is null: `%[1]s is null`", diag.Safe(p.Span.Text(), 64))}
		}
	case *ast.Matches:
		if p, types := in.known(x.X); p != nil && !slices.Contains(types, "string") {
			if !c.arrayLeft(p, types, "matches", in) {
				c.neverOrdered(p, "is text", in)
			}
		}
	}
}

// path checks that a path exists and that its first word has one meaning.
func (c *checker) path(p *ast.Path, in scope) {
	if p.Head != "this" && in.find(p.Head) != nil {
		c.clash(p.Head, p, in)
	}
	if c.meantProperty(p, in) || c.throughArray(p, in, false) || in.resolve(p) != nil {
		return
	}
	if p.Head != "this" && in.find(p.Head) != nil && in.find(p.Head).types == nil {
		return
	}
	c.unknownField(p, in)
}

// clash reports a name that is a binding and a field at once.
func (c *checker) clash(name string, at ast.Node, in scope) {
	if in.document.unknown() {
		return
	}
	f := in.document.field(name)
	if f == nil {
		return
	}
	if c.clashed[name] {
		return // said once
	}
	c.clashed[name] = true
	e := c.report(diag.NameClash, at.Place(), "%s is a name given here and a field of %s", diag.Backquote(name), c.Data.Name)
	e.Notes = []string{"the field is " + f.evidence(), fmt.Sprintf("the field can be written `this.%s`; give the other one another name", diag.Safe(name, 64))}
}
