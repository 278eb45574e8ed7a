package infer

// The statements in order, each with what is known of the documents there.

import (
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// walker goes through the statements in order.
type walker struct {
	check     *checker
	targets   map[*ast.Path]*view
	mixed     map[source.Span][][]string
	secrets   [][]string
	checks    []Check // walked when the documents are finished
	documents []*ast.Document
}

// at is what an expression sees at the statement that is being walked.
func (w *walker) at(n *names) scope { return scope{w.check.facts, w.check.now, n} }

// run walks everything.
func (w *walker) run() {
	p := w.check.Policy
	top := w.constants()
	w.check.now = w.check.extracted
	if !p.StructureOnly() {
		for _, f := range p.Filters {
			w.check.expr(f.Cond, w.at(top), !f.Expect.AllowsNone())
		}
		for _, block := range w.check.Target.Blocks {
			w.stmts(block, top, false)
		}
		for _, c := range w.checks {
			w.finished(c)
		}
		w.documentFields()
		for _, by := range w.check.Target.By {
			if w.at(nil).resolve(by) == nil {
				w.check.unknownField(by, w.at(nil))
			}
		}
	}
	w.check.policies(top)
	w.check.bareFields()
}

// finished walks a check over the finished documents.
func (w *walker) finished(c Check) {
	w.check.expr(c.Check.Cond, w.at(c.names), false)
	for _, p := range c.Check.Unique {
		w.check.path(p, w.at(nil))
	}
	w.check.expr(c.Check.Else, w.at(c.names), false)
}

// constants are the inputs and top-level lets with the types of their values.
func (w *walker) constants() *names {
	var n *names
	w.check.now = anything
	for _, in := range w.check.Job.Weave.Module.Inputs {
		n = n.bind(in.Name.Text, &view{types: []string{in.Type.Text}, made: true})
	}
	for _, l := range w.check.Job.Weave.Module.Lets {
		n = n.bind(l.Name.Text, w.at(n).view(l.Value))
	}
	if f := w.check.Target.FanOut; f != nil {
		n = w.fanOut(f, n)
	}
	return n
}

// fanOut binds the name of the documents of a fan-out.
func (w *walker) fanOut(f *ast.FanOut, n *names) *names {
	v := anything
	if c := w.check.Others.Collections[workspace.FannedOut(f, w.check.Target.Source[w.check.Job.Environment])]; c != nil {
		v = viewOf(c.Shape)
	}
	return n.bind(f.Name.Text, v)
}

// stmts walks statements in order. In a conditional block a write may or may
// not have happened afterwards.
func (w *walker) stmts(stmts []ast.Stmt, n *names, conditional bool) {
	for _, stmt := range stmts {
		switch stmt := stmt.(type) {
		case *ast.Let:
			w.check.expr(stmt.Value, w.at(n), false)
			v := w.at(n).view(stmt.Value)
			n = n.bind(stmt.Name.Text, v)
		case *ast.Assign:
			w.check.expr(stmt.Value, w.at(n), false)
			w.assign(stmt, n, conditional)
		case *ast.Remove:
			for _, p := range stmt.Paths {
				w.remove(p, stmt, n, conditional)
			}
		case *ast.Rename:
			w.rename(stmt, n, conditional)
		case *ast.Add:
			w.check.expr(stmt.Value, w.at(n), false)
			w.add(stmt, n)
		case *ast.Where:
			w.check.expr(stmt.Cond, w.at(n), !stmt.Expect.AllowsNone())
			w.stmts(stmt.Body.Stmts, n, true)
			w.stmts(stmt.Else.Stmts(), n, true)
		case *ast.Each:
			w.each(stmt, n)
		case *ast.Lookup:
			n = w.lookup(stmt, n)
		case *ast.Document:
			w.document(stmt, n)
		case *ast.For:
			if w.check.Job.Weave.Module.Applies(stmt, w.check.Job.Environment) {
				w.stmts(stmt.Body.Stmts, n, conditional)
			}
		case *ast.Check:
			w.checks = append(w.checks, Check{stmt, n})
		}
	}
}

// each walks the block of an `each`: its name stands for an element of the array.
func (w *walker) each(e *ast.Each, n *names) {
	if b := n.binding(e.Path.Head); b != nil && b.at == nil {
		w.eachOf(e, n)
		return
	}
	if e.Deep || e.Key != nil {
		w.eachInside(e, n)
		return
	}
	w.check.path(e.Path, w.at(n))
	steps, _ := n.target(e.Path)
	inner := &names{outer: n, name: e.Name.Text, at: append(steps, ast.Step{At: e.Name.At, Kind: ast.AllStep})}
	w.check.clash(e.Name.Text, e.Name, w.at(n))
	w.check.expr(e.Cond, w.at(inner), !e.Expect.AllowsNone())
	w.stmts(e.Body.Stmts, inner, true)
}

// lookup binds the name of a document of another collection, which the condition sees.
func (w *walker) lookup(l *ast.Lookup, n *names) *names {
	other := w.check.Others.Collections[workspace.LookedUp(l, w.check.Target.Source[w.check.Job.Environment])]
	v := anything
	if other != nil {
		v = viewOf(other.Shape)
	}
	n = n.bind(l.Name.Text, v)
	w.check.expr(l.Cond, w.at(n), !l.Expect.AllowsNone())
	return n
}

// document checks the values of a `document`.
func (w *walker) document(d *ast.Document, n *names) {
	for _, f := range d.Object.Fields {
		w.check.expr(f.Value, scope{w.check.facts, anything, n}, false)
	}
	w.documents = append(w.documents, d)
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
