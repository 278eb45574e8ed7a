package compiler

// The rules of one collection against the shape of its data, before any
// document is looked at: unknown fields, names that clash, comparisons that
// can never hold (docs/language.md, Paths).

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// static walks the statements of one sync in one environment.
type static struct {
	job       *job
	sync      *workspace.Target
	data      *workspace.Collection
	env       *eval.Env
	diags     diag.List
	extracted *view
	policy    *policy.Policy
	// others gives the extracted data of a collection that a lookup names.
	others func(workspace.Key) *workspace.Collection
	// now is the view at the statement that is being walked.
	now *view
	// targets has the view in which each written path was walked: what an
	// untyped constant becomes there.
	targets map[*ast.Path]*view
	// branchTypes are the numeric types that constants among the branches of an
	// `if` or `??` take; mixed are the parts of written values of which one
	// branch alone can have several.
	branchTypes map[ast.Expr]string
	mixed       map[source.Span][][]string
	// clashed are the names that were reported to have two meanings.
	clashed map[string]bool
	// secrets are the paths, through arrays, where secret(…) is written.
	secrets [][]string
	// checks are walked when the documents are finished.
	checks []pendingCheck
	// documents are judged then, too.
	documents []*ast.Document
}

type pendingCheck struct {
	check *ast.Check
	names *names
}

// names are the bindings that an expression sees, with what is known of their
// values: a view, or for an element that an `each` visits where it is in the document.
type names struct {
	outer *names
	name  string
	value *view
	at    []ast.Step
}

// find is what is known of a name's value; nil when it is no binding.
func (s *static) find(n *names, name string, document *view) *view {
	b := n.binding(name)
	switch {
	case b == nil:
		return nil
	case b.at == nil:
		return b.value
	}
	v := document
	for _, step := range b.at {
		if step.Kind == ast.FieldStep {
			v = v.field(step.Name)
		} else {
			v = v.element()
		}
		if v == nil {
			return anything
		}
	}
	return v
}

func (n *names) binding(name string) *names {
	for ; n != nil; n = n.outer {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (n *names) bind(name string, v *view) *names {
	return &names{outer: n, name: name, value: v}
}

// target is the path from the document's root that a written path means, and
// whether it is fields only, of the document or of elements that an `each` visits.
func (n *names) target(p *ast.Path) (steps []ast.Step, fields bool) {
	if b := n.binding(p.Head); b != nil && b.at != nil {
		steps = slices.Clone(b.at)
	} else if p.Head != "this" {
		steps = []ast.Step{{At: ast.At{Span: p.HeadSpan}, Kind: ast.FieldStep, Name: p.Head}}
	}
	return append(steps, p.Steps...), p.OnlyFields()
}

// run walks everything; final is then what is known of the finished documents.
func (s *static) run(p *policy.Policy) {
	top := s.constants()
	s.now, s.policy = s.extracted, p
	if !p.StructureOnly() {
		for _, f := range p.Filters {
			s.expr(f.Cond, s.extracted, top, !f.Expect.AllowsNone())
		}
		for _, block := range s.sync.Blocks {
			s.stmts(block, top, false)
		}
		for _, c := range s.checks {
			s.check(c)
		}
		s.documentFields()
		for _, by := range s.sync.By {
			if s.resolve(by, s.now, nil) == nil {
				s.unknownField(by, s.now, nil)
			}
		}
	}
	s.policies(p, top)
	s.bareFields()
}

// bareFields reports a bare name of the destination that is also a text field
// of the documents: who writes `into region` may mean the value of each document.
func (s *static) bareFields() {
	type bare struct {
		clause string
		name   *ast.Name
	}
	names := []bare{{"into ", s.sync.Into.Name}, {"as ", s.sync.As}}
	if p := s.sync.Into.PerEnv; p != nil {
		if x, ok := s.choose(p).(*ast.Path); ok && len(x.Steps) == 0 {
			names = append(names, bare{"", &ast.Name{At: x.At, Text: x.Head}})
		}
	}
	for _, b := range names {
		n := b.name
		if n == nil || check.Quoted(*n) || s.extracted.unknown() {
			continue
		}
		f := s.extracted.field(n.Text)
		if f == nil || len(f.types) != 1 || f.types[0] != "string" {
			continue
		}
		e := s.report(diag.BareName, n.Span, "%s is a field of %s too, and a bare word is the name of the destination itself", diag.Backquote(n.Text), s.data.Name)
		e.Label = fmt.Sprintf("for that name write `%s\"%s\"`", b.clause, diag.Safe(n.Text, 64))
		e.Fix = &diag.Fix{Span: n.Span, Text: `"` + n.Text + `"`}
		e.Notes = []string{"the field is " + f.evidence(), "all documents of a `sync` go to one collection: where the field decides, write a `sync` for each value, with `only where`"}
	}
}

// check walks a check over the finished documents.
func (s *static) check(c pendingCheck) {
	s.expr(c.check.Cond, s.now, c.names, false)
	for _, p := range c.check.Unique {
		s.path(p, s.now, nil)
	}
	s.expr(c.check.Else, s.now, c.names, false)
}

// constants are the inputs and top-level lets with the types of their values.
func (s *static) constants() *names {
	var n *names
	s.now = anything
	for _, in := range s.job.Weave.Module.Inputs {
		n = n.bind(in.Name.Text, &view{types: []string{in.Type.Text}, made: true})
	}
	for _, l := range s.job.Weave.Module.Lets {
		n = n.bind(l.Name.Text, s.viewOfExpr(l.Value, n))
	}
	return n
}

// report adds an error.
func (s *static) report(code diag.Code, at source.Span, format string, args ...any) *diag.Diagnostic {
	s.diags = append(s.diags, diag.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...)})
	return &s.diags[len(s.diags)-1]
}

// stmts walks statements in order. In a conditional block a write may or may
// not have happened afterwards.
func (s *static) stmts(stmts []ast.Stmt, n *names, conditional bool) {
	for _, stmt := range stmts {
		switch stmt := stmt.(type) {
		case *ast.Let:
			s.expr(stmt.Value, s.now, n, false)
			v := s.viewOfExpr(stmt.Value, n)
			n = n.bind(stmt.Name.Text, v)
		case *ast.Assign:
			s.expr(stmt.Value, s.now, n, false)
			s.assign(stmt, n, conditional)
		case *ast.Remove:
			for _, p := range stmt.Paths {
				s.remove(p, stmt, n, conditional)
			}
		case *ast.Rename:
			s.rename(stmt, n, conditional)
		case *ast.Add:
			s.expr(stmt.Value, s.now, n, false)
			s.add(stmt, n)
		case *ast.Where:
			s.expr(stmt.Cond, s.now, n, !stmt.Expect.AllowsNone())
			s.stmts(stmt.Body.Stmts, n, true)
		case *ast.Each:
			s.each(stmt, n)
		case *ast.Lookup:
			n = s.lookup(stmt, n)
		case *ast.Document:
			s.document(stmt, n)
		case *ast.For:
			if s.job.Weave.Module.Applies(stmt, s.job.Environment) {
				s.stmts(stmt.Body.Stmts, n, conditional)
			}
		case *ast.Check:
			s.checks = append(s.checks, pendingCheck{stmt, n})
		}
	}
}

// each walks the block of an `each`: its name stands for an element of the array.
func (s *static) each(e *ast.Each, n *names) {
	s.path(e.Path, s.now, n)
	steps, _ := n.target(e.Path)
	inner := &names{outer: n, name: e.Name.Text, at: append(steps, ast.Step{At: e.Name.At, Kind: ast.AllStep})}
	s.clash(e.Name.Text, e.Name, s.now, n)
	s.expr(e.Cond, s.now, inner, !e.Expect.AllowsNone())
	s.stmts(e.Body.Stmts, inner, true)
}

// lookup binds the name of a document of another collection, which the condition sees.
func (s *static) lookup(l *ast.Lookup, n *names) *names {
	other := s.others(workspace.LookedUp(l, s.sync.Source[s.job.Environment]))
	v := anything
	if other != nil {
		v = viewOf(other.Shape)
	}
	n = n.bind(l.Name.Text, v)
	s.expr(l.Cond, s.now, n, !l.Expect.AllowsNone())
	return n
}

// document checks the values of a `document`.
func (s *static) document(d *ast.Document, n *names) {
	for _, f := range d.Object.Fields {
		s.expr(f.Value, anything, n, false)
	}
	s.documents = append(s.documents, d)
}

// union is a and what only b has.
func union(a, b []string) []string {
	out := append([]string(nil), a...)
	for _, t := range b {
		found := false
		for _, o := range out {
			found = found || o == t
		}
		if !found {
			out = append(out, t)
		}
	}
	return out
}
