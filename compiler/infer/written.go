package infer

// Fields of documents that are written out: in `document`, and in `given` and
// `expect` of tests. One that no document has is an error, as it is in rules;
// `create NAME: …` says that it is new.
//
// In: objects, with what is known of the documents. Out: errors.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// written judges the fields of an object that stands for a document.
type written struct {
	name string // of the collection, for messages
	// left reports whether extracted documents lack a path on purpose.
	left func(steps []ast.Step) bool
	// creates: the object may say that a field is new.
	creates bool
	diags   diag.List
}

// object judges an object whose fields are at steps of the document: extracted is what the documents
// are known to have, more what else they may have.
func (w *written) object(o *ast.Object, extracted *view, more []*view, steps []ast.Step) {
	if extracted.unknown() || slices.ContainsFunc(more, (*view).unknown) {
		return
	}
	for _, f := range o.Fields {
		at := append(steps[:len(steps):len(steps)], ast.Step{Kind: ast.FieldStep, Name: f.Name.Text})
		known := extracted.field(f.Name.Text)
		var others []*view
		for _, m := range more {
			if v := m.field(f.Name.Text); v != nil {
				others = append(others, v)
			}
		}
		switch {
		case f.Create && known != nil:
			e := w.report(diag.FieldExists, f.Name.Span, "%s is a field already", diag.Backquote(f.Name.Text))
			e.Notes = []string{"it is " + known.evidence(), "`create` is for fields that no document has: leave the word out"}
		case f.Create, w.left(at):
		case known == nil && len(others) == 0:
			w.unknown(f.Name.Text, f.Name.Span, steps, extracted, more)
		default:
			w.value(f.Value, known, others, at)
		}
	}
}

// value judges the objects within a value.
func (w *written) value(x ast.Expr, known *view, others []*view, steps []ast.Step) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Object:
		all := append([]*view{known}, others...)
		all = slices.DeleteFunc(all, func(v *view) bool { return v == nil || !v.is("object") })
		if len(all) > 0 { // else another type is given on purpose
			w.object(x, all[0], all[1:], steps)
		}
	case *ast.List:
		var first *view
		var rest []*view
		for _, v := range append([]*view{known}, others...) {
			if v == nil || !v.is("array") {
				continue
			}
			switch e := v.element(); {
			case e == nil:
			case first == nil:
				first = e
			default:
				rest = append(rest, e)
			}
		}
		if first == nil {
			return
		}
		for _, e := range x.Elems {
			w.value(e, first, rest, append(steps[:len(steps):len(steps)], ast.Step{Kind: ast.AllStep}))
		}
	}
}

func (w *written) report(code diag.Code, at source.Span, format string, args ...any) *diag.Diagnostic {
	w.diags = append(w.diags, diag.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...)})
	return &w.diags[len(w.diags)-1]
}

// unknown reports a field that no document has there.
func (w *written) unknown(name string, at source.Span, steps []ast.Step, extracted *view, more []*view) {
	shown := doc.Path{name}.String()
	if prefix := namesOf(steps); len(prefix) > 0 {
		shown = prefix.String() + "." + shown
	}
	e := w.report(diag.UnknownField, at, "no document of %s has a field %s", w.name, diag.Quote(shown, 64))
	known := extracted.names()
	for _, m := range more {
		for _, n := range m.names() {
			if !slices.Contains(known, n) {
				known = append(known, n)
			}
		}
	}
	slices.Sort(known)
	if near := diag.Suggest(name, known); near != "" {
		e.Label = fmt.Sprintf("did you mean %s?", diag.Backquote(doc.Path{near}.String()))
		e.Fix = &diag.Fix{Span: at, Text: doc.Path{near}.String()}
	} else if len(known) > 0 {
		e.Notes = append(e.Notes, "the fields there are "+shownNames(known))
	}
	if w.creates {
		e.Notes = append(e.Notes, fmt.Sprintf("for a field that no document has yet, write `create %s: …`", diag.Safe(at.Text(), 64)))
	}
}

// namesOf are the names of a path's fields.
func namesOf(steps []ast.Step) doc.Path {
	var out doc.Path
	for _, s := range steps {
		if s.Kind == ast.FieldStep {
			out = append(out, s.Name)
		}
	}
	return out
}

// literalView is what a document that is written out has.
func literalView(x ast.Expr) *view {
	o, ok := ast.Unparen(x).(*ast.Object)
	if !ok {
		return anything
	}
	v := &view{types: []string{"object"}, made: true, fields: map[string]*view{}}
	for _, f := range o.Fields {
		v.fields[f.Name.Text] = literalView(f.Value)
	}
	return v
}

// documentFields judges the fields of each `document` when the rules were walked: it
// may have what they make.
func (w *walker) documentFields() {
	c := w.check
	for _, d := range w.documents {
		j := &written{name: c.Data.Name, left: func(steps []ast.Step) bool { return c.Policy.LeavesOut(steps) != nil }, creates: true}
		j.object(d.Object, c.extracted, []*view{c.now}, nil)
		c.diags = append(c.diags, j.diags...)
	}
}

// LiteralTypes warns of values of `document` that have a type which the field, or an
// element of the list, has in no other document. Numbers without a type take that of the field.
func (r *Result) LiteralTypes(o *ast.Object, d bson.Raw) diag.List {
	if r.extracted.unknown() || r.final.unknown() {
		return nil
	}
	var l literalTypes
	l.object(o, d, "", []*view{r.extracted, r.final})
	return l.diags
}

// literalTypes judges the types of values that are written out; known are the views of
// what stands at the place of one, at is what messages call it.
type literalTypes struct{ diags diag.List }

func (l *literalTypes) object(o *ast.Object, d bson.Raw, at string, known []*view) {
	for _, f := range o.Fields {
		v, there := doc.Get(d, doc.Path{f.Name.Text})
		if f.Create || !there {
			continue
		}
		inner := doc.Path{f.Name.Text}.String()
		if at != "" {
			inner = at + "." + inner
		}
		l.value(f.Value, v, inner, below(known, func(k *view) *view { return k.field(f.Name.Text) }))
	}
}

func (l *literalTypes) value(x ast.Expr, v bson.RawValue, at string, known []*view) {
	var types []string
	for _, k := range known {
		if k.unknown() {
			return
		}
		types = append(types, k.types...)
	}
	if v.Type == bson.TypeNull || len(types) == 0 {
		return
	}
	switch name := doc.TypeName(v); {
	case function.Numeric(name) && slices.Contains(types, "number"):
	case !slices.Contains(types, name):
		l.diags = append(l.diags, diag.Diagnostic{Severity: diag.Warning, Code: diag.TypeChanged, Span: x.Place(),
			Message: fmt.Sprintf("%s is %s here, and in no other document", diag.Backquote(at), name),
			Notes:   []string{"it is " + known[0].evidence() + "; programs that read the field may not expect another type"}})
	case v.Type == bson.TypeEmbeddedDocument:
		if o, ok := ast.Unparen(x).(*ast.Object); ok {
			l.object(o, v.Document(), at, known)
		}
	case v.Type == bson.TypeArray:
		list, ok := ast.Unparen(x).(*ast.List)
		elements, err := v.Array().Values()
		if !ok || err != nil || len(elements) != len(list.Elems) {
			return
		}
		for i, e := range elements {
			l.value(list.Elems[i], e, at+"[]", below(known, (*view).element))
		}
	}
}

// below are the views below some, of those that have one.
func below(known []*view, of func(*view) *view) []*view {
	var out []*view
	for _, k := range known {
		if v := of(k); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// Given judges the fields of a `given`; left reports which paths
// extracted documents lack on purpose.
func Given(g *ast.Given, c *workspace.Collection, left func(steps []ast.Step) bool) diag.List {
	w := &written{name: c.Name, left: left, creates: true}
	w.object(g.Document, viewOf(c.Shape), nil, nil)
	return w.diags
}

// Expected judges the fields of an `expect`: those of the data, of what
// the rules make of it, and of the documents that the test itself gives.
func (r *Result) Expected(e *ast.Expected, given []*ast.Given, left func(steps []ast.Step) bool) diag.List {
	if r.extracted.unknown() {
		return nil
	}
	more := []*view{r.final, madeAnywhere(r.facts.Job.Weave.Module, r.facts.Target)}
	for _, d := range r.documents {
		more = append(more, literalView(d.Object))
	}
	for _, g := range given {
		more = append(more, literalView(g.Document))
	}
	w := &written{name: r.facts.Data.Name, left: left}
	if e.Document != nil {
		w.object(e.Document, r.extracted, more, nil)
	}
	for _, p := range e.Without {
		w.path(p, r.extracted, more)
	}
	return w.diags
}

// madeAnywhere is what the rules of a collection make in any environment: that a
// field is not there in this one may be just what a test expects.
func madeAnywhere(m *check.Module, t *workspace.Target) *view {
	v := &view{types: []string{"object"}, made: true}
	make := func(p *ast.Path, made *view) { v = v.with(fieldsBefore(p), made) }
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			make(n.Path, literalView(n.Value))
		case *ast.Rename:
			make(n.To, anything)
		case *ast.Each: // what becomes of elements is not followed
			make(n.Path, anything)
		}
		return true
	}
	for _, s := range t.Sync.Stmts {
		ast.Walk(s, visit)
	}
	for _, a := range m.Amends {
		if len(policy.Amended(m, a, t)) > 0 {
			ast.Walk(a.Body, visit)
		}
	}
	return v
}

// fieldsBefore are the leading fields of a path, from the document's root.
func fieldsBefore(p *ast.Path) []ast.Step {
	var steps []ast.Step
	if p.Head != "this" {
		steps = append(steps, ast.Step{Kind: ast.FieldStep, Name: p.Head})
	}
	for _, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			break
		}
		steps = append(steps, s)
	}
	return steps
}

// path judges a path of `without`.
func (w *written) path(p *ast.Path, extracted *view, more []*view) {
	views := append([]*view{extracted}, more...)
	names := check.Fields(p)
	for i, name := range names {
		var next []*view
		for _, v := range views {
			if f := v.field(name); f != nil {
				next = append(next, f)
			}
		}
		steps := p.FromRoot()[:i+1]
		if w.left(steps) {
			return
		}
		if len(next) == 0 {
			at := p.HeadSpan
			if n := i - (len(names) - len(p.Steps)); n >= 0 {
				at = p.Steps[n].Span
				at.Start++ // without the dot
			}
			w.unknown(name, at, steps[:i], views[0], views[1:])
			return
		}
		views = next
	}
}
