package eval

// `each KEY, NAME in OBJECT` and `each NAME at any depth of PATH`: visits of the
// fields of an object, and of all that is inside of a value.
//
// Inside comes before around, in the order of the data: a value is visited when
// all that is in it has been, with what became of that. What a visit writes is
// not gone into again, so every value that is given is visited once, and what is
// removed takes nothing unseen with it. The document has the result when the
// visits are over: until then, a path to what is walked reads what was there.
// `_id` of the document is never visited.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// inside is a visit of what is inside of a value.
type inside struct {
	visit *visit
	body  *body
	key   int // the slot of the name of a field; -1: it has no name here
	deep  bool
	// at is where the value is; nil: it is the document.
	at *place
	// trace is told the document before and after the visits; nil: nobody is.
	trace func(before, after bson.Raw)
}

func (p *programmer) eachInside(s *ast.Each) operation {
	stat := p.stat(s)
	in := &inside{key: -1, deep: s.Deep}
	if trace := p.env.Trace; trace != nil {
		in.trace = func(before, after bson.Raw) { trace(s, before, after) }
	}
	full := documentSteps(s.Path)
	if s.Path.Head != "this" || len(s.Path.Steps) > 0 {
		at, ok := p.target(s.Path)
		if !ok {
			return nil
		}
		in.at, full = at, at.full
	}
	reads := p.readsOf(full)
	v := &visit{id: p.eaches, level: len(p.visits), name: s.Name.Text, array: full, at: s.Path.Span, deep: s.Deep}
	v.element = append(slices.Clone(full), ast.Step{At: s.Name.At, Kind: ast.AllStep})
	in.visit = v
	p.eaches++
	mark := len(p.bindings)
	if s.Key != nil {
		in.key = p.bind(s.Key.Text)
	}
	v.slot = p.bind(v.name)
	p.bindings[len(p.bindings)-1].visit = v
	p.visits = append(p.visits, v)
	in.body = p.body(s)
	p.visits = p.visits[:v.level]
	p.release(mark)

	return func(r *Run) *value.Error {
		r.reach(stat)
		a, err := in.value(r)
		if err != nil {
			return err
		}
		if err := in.suits(s, a); err != nil {
			return err
		}
		for _, i := range reads {
			r.frame.writes[i].read()
		}
		matched, err := in.walk(r, a)
		if err != nil {
			return err
		}
		if matched > 0 {
			r.match(stat)
		}
		if r.leave != nil {
			return nil
		}
		return expectElements(s, matched)
	}
}

// value is what is walked, as it is by now.
func (in *inside) value(r *Run) (bson.RawValue, *value.Error) {
	if in.at == nil {
		return r.root(), nil
	}
	return in.at.read(r)
}

// suits judges what is walked: any depth is of any value, fields are those of an object.
func (in *inside) suits(s *ast.Each, a bson.RawValue) *value.Error {
	if in.deep || a.Type == 0 || a.Type == bson.TypeEmbeddedDocument {
		return nil
	}
	v := value.Of(a)
	e := &value.Error{Code: diag.WrongType, Span: s.Path.Span, Message: "`" + showPath(s.Path) + "` is " + value.WithArticle(v.TypeName()) + ", not an object with fields to visit"}
	if a.Type != bson.TypeNull {
		e.Evidence = v.Evidence()
	}
	if a.Type == bson.TypeArray {
		e.Notes = []string{"the elements of an array have no names: write `each " + s.Name.Text + " in " + showPath(s.Path) + " { … }`"}
	}
	return e
}

// walk visits all that is inside of a value and writes back what became of it.
func (in *inside) walk(r *Run, a bson.RawValue) (matched int, err *value.Error) {
	if a.Type != bson.TypeEmbeddedDocument && a.Type != bson.TypeArray {
		return 0, nil
	}
	v := in.visit
	st := r.visiting[v.id]
	if st == nil {
		st = &visiting{}
		r.visiting[v.id] = st
	}
	st.slot, st.changed, st.stale = v.slot, false, false
	source := slices.Clone(a.Value) // the document's bytes are written over
	result, matched, err := in.level(r, st, source, a.Type == bson.TypeArray, in.at == nil)
	if err != nil || r.leave != nil || !st.changed {
		return matched, err
	}
	if whole := (bson.RawValue{Type: a.Type, Value: result}); len(v.array)+raw.Depth(whole, doc.MaxDepth) > doc.MaxDepth {
		return matched, &value.Error{Code: diag.ResultTooDeep, Span: v.at, Message: "the result is nested more than 100 levels deep"}
	}
	return matched, in.put(r, bson.RawValue{Type: a.Type, Value: result})
}

// put writes what became of the value.
func (in *inside) put(r *Run, v bson.RawValue) (err *value.Error) {
	if in.trace != nil { // an element that a block around visits is written back, to see the whole document
		if err := r.refresh(); err != nil {
			return err
		}
		before := slices.Clone(r.frame.doc)
		defer func() {
			if err == nil {
				err = r.refresh()
			}
			if err == nil {
				in.trace(before, slices.Clone(r.frame.doc))
			}
		}()
	}
	if in.at == nil {
		return r.become(append(r.spare(), v.Value...), in.visit.at)
	}
	_, err = in.at.write(r, v)
	return err
}

// level visits what is in one object or array, and gives what became of it.
func (in *inside) level(r *Run, st *visiting, source []byte, array, root bool) (out []byte, matched int, err *value.Error) {
	out = append(make([]byte, 0, len(source)), 0, 0, 0, 0)
	n := 0
	keep := func(name string, v bson.RawValue) {
		if array {
			out = raw.AppendNumbered(out, n, v)
		} else {
			out = raw.AppendElement(out, name, v)
		}
		n++
	}
	for e := range raw.Elements(source) {
		name, child := e.NameIn(source), e.Value(source)
		if root && name == "_id" {
			keep(name, child)
			continue
		}
		if in.deep && (child.Type == bson.TypeEmbeddedDocument || child.Type == bson.TypeArray) {
			var found int
			child.Value, found, err = in.level(r, st, child.Value, child.Type == bson.TypeArray, false)
			matched += found
			if err != nil || r.leave != nil {
				return nil, matched, err
			}
		}
		r.frame.vars[in.visit.slot] = value.Of(child)
		if in.key >= 0 {
			r.frame.vars[in.key] = value.Value{}
			if !array {
				r.frame.vars[in.key] = value.String(name)
			}
		}
		st.removed = false
		hit, err := in.body.visit(r, in.visit.at, in.visit.slot, st)
		if err != nil {
			return nil, matched, err
		}
		if hit {
			matched++
		}
		switch r.leave {
		case nil:
		case st:
			r.leave = nil
		default:
			return nil, matched, nil // an element around is gone
		}
		if !st.removed {
			keep(name, r.frame.vars[in.visit.slot].BSON)
		}
		if len(out) > value.MaxSize {
			return nil, matched, value.TooLarge(in.visit.at)
		}
	}
	return raw.Sized(append(out, 0), 0), matched, nil
}
