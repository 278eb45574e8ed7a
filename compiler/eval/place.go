package eval

// Where a statement writes: a path in the document, or in the element that an
// `each` around it visits.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// place is a target. Inside an element its first step stands for the element itself.
type place struct {
	walker
	span source.Span
	// visit is nil for a path of the document.
	visit *visit
	// full is the path from the document's root; elements that are visited are AllSteps.
	full []ast.Step
}

// target checks that a path can be written.
func (p *programmer) target(path *ast.Path) (*place, bool) { return p.place(path, false) }

// place checks that a path can be written or, where removing is set, removed.
func (p *programmer) place(path *ast.Path, removing bool) (*place, bool) {
	bad := func(span source.Span, message string, notes ...string) (*place, bool) {
		p.fail(&value.Error{Code: diag.BadPath, Span: span, Message: message, Notes: notes})
		return nil, false
	}
	t := &place{span: path.Span}
	b := p.binding(path.Head)
	_, let := p.env.Lets[path.Head]
	switch {
	case b != nil && b.visit != nil:
		t.visit = b.visit
		t.steps = append([]ast.Step{{At: ast.At{Span: path.HeadSpan}, Kind: ast.PositionStep}}, path.Steps...)
		t.full = slices.Concat(b.visit.element, path.Steps)
		t.shown = func(n int) string { return doc.Path{path.Head}.String() + suffixes(path.Steps[:max(0, n-1)]) }
	case b != nil || let:
		return bad(path.HeadSpan, "`"+doc.Path{path.Head}.String()+"` is a value, not a field", "the field of that name is `this."+doc.Path{path.Head}.String()+"`")
	default:
		t.steps = documentSteps(path)
		t.full = t.steps
		t.shown = func(n int) string { return showSteps(t.steps[:n]) }
	}
	if len(t.steps) == 0 {
		return bad(path.Span, "the whole document cannot be written", "write its fields one by one")
	}
	for _, s := range t.steps {
		switch {
		case s.Kind == ast.AllStep:
			array := t.shown(slices.IndexFunc(t.steps, isAll))
			return bad(s.Span, "`[]` is for reading only", "change elements one by one: `each item in "+array+" { … }`")
		case strings.ContainsRune(s.Name, 0):
			return bad(s.Span, "a field name cannot contain the character NUL")
		}
	}
	for i, v := range p.visits {
		if t.visit != nil && t.visit.level >= i {
			continue // the element, or what is in it
		}
		if removing && t.element() {
			continue // the visits of all that is in it end too
		}
		if related(t.full, v.array) {
			return bad(path.Span, "`"+showPath(path)+"` is part of what `each "+doc.Path{v.name}.String()+"` goes through",
				"change the elements by their name, `"+doc.Path{v.name}.String()+"`, or write the array after the block")
		}
	}
	return t, true
}

func isAll(s ast.Step) bool { return s.Kind == ast.AllStep }

// element reports whether the place is the visited element itself.
func (t *place) element() bool { return t.visit != nil && len(t.steps) == 1 }

// sibling reports whether two places are fields of one object.
func (t *place) sibling(o *place) bool {
	n := len(t.steps)
	return t.visit == o.visit && n == len(o.steps) && slices.EqualFunc(t.steps[:n-1], o.steps[:n-1], sameStep)
}

func sameStep(a, b ast.Step) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Position == b.Position
}

// symbolic is the path for NumericTypes: every position is an AllStep.
func (t *place) symbolic() []ast.Step {
	steps := slices.Clone(t.full)
	for i := range steps {
		if steps[i].Kind == ast.PositionStep {
			steps[i].Kind, steps[i].Position = ast.AllStep, 0
		}
	}
	return steps
}

// read gives what is at the place; missing is the zero value.
func (t *place) read(r *Run) (bson.RawValue, *value.Error) {
	root, from := r.root(), 0
	if t.visit != nil {
		root, from = r.frame.vars[t.visit.slot].BSON, 1
	}
	v, err := t.get(root, from)
	return v, err.At(t.span)
}

// write puts v at the place; old is what was there before.
func (t *place) write(r *Run, v bson.RawValue) (old bson.RawValue, err *value.Error) {
	var buf []byte
	if t.visit == nil {
		if buf, old, err = t.put(r.spare(), r.frame.doc, 0, v); err != nil {
			return old, err.At(t.span)
		}
		return old, r.become(buf, t.span)
	}
	e := r.frame.vars[t.visit.slot].BSON
	state := r.visiting[t.visit.id]
	if t.element() {
		return e, state.become(r, bson.RawValue{Type: v.Type, Value: append(state.spare(), v.Value...)}, t.span)
	}
	if err = t.enter(e, 1); err == nil {
		buf, old, err = t.put(state.spare(), e.Value, 1, v)
	}
	if err != nil {
		return old, err.At(t.span)
	}
	return old, state.become(r, bson.RawValue{Type: e.Type, Value: buf}, t.span)
}

// remove takes away what is at the place; false when there is nothing. The
// element itself is dropped when its visit ends.
func (t *place) remove(r *Run) (bool, *value.Error) {
	if t.visit == nil {
		buf, ok, err := t.cut(r.spare(), r.frame.doc, 0)
		if !ok || err != nil {
			return false, err.At(t.span)
		}
		return true, r.become(buf, t.span)
	}
	state := r.visiting[t.visit.id]
	if t.element() {
		state.removed, state.changed, state.stale = true, true, true
		r.leave = state
		return true, nil
	}
	e := r.frame.vars[t.visit.slot].BSON
	if inside, err := t.inside(e, 1); !inside || err != nil {
		return false, err.At(t.span)
	}
	buf, ok, err := t.cut(state.spare(), e.Value, 1)
	if !ok || err != nil {
		return false, err.At(t.span)
	}
	return true, state.become(r, bson.RawValue{Type: e.Type, Value: buf}, t.span)
}

// retitled gives the last field of the path another name, which is known to be free.
func (t *place) retitled(r *Run, name string) *value.Error {
	if t.visit == nil {
		return r.become(t.retitle(r.spare(), r.frame.doc, 0, name), t.span)
	}
	state := r.visiting[t.visit.id]
	e := r.frame.vars[t.visit.slot].BSON
	return state.become(r, bson.RawValue{Type: e.Type, Value: t.retitle(state.spare(), e.Value, 1, name)}, t.span)
}

// target is where a value is written: it decides the types of untyped constants.
type target struct {
	at    *ast.Path
	env   *Env
	steps []ast.Step // from the document's root
}

// Target is where a statement writes: at as it stands there, steps from the document's root.
func (e *Env) Target(at *ast.Path, steps []ast.Step) value.Target { return &target{at, e, steps} }

func (t *target) inner(s ast.Step) *target {
	return &target{t.at, t.env, append(t.steps[:len(t.steps):len(t.steps)], s)}
}

// Field is a field of what is written.
func (t *target) Field(name string) value.Target {
	return t.inner(ast.Step{Kind: ast.FieldStep, Name: name})
}

// Element is an element of what is written.
func (t *target) Element() value.Target { return t.inner(ast.Step{Kind: ast.AllStep}) }

// Types gives the numeric types at the place.
func (t *target) Types() []string {
	if t.env.NumericTypes == nil {
		return nil
	}
	return t.env.NumericTypes(t.at, t.steps)
}

func (t *target) Place() string { return showSteps(t.steps) }
