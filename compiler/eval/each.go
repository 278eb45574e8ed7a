package eval

// `each`: going through the elements of an array and editing them in place
// (docs/language-values.md, Paths).
//
// The elements are those that the array has when the block begins. Each is
// taken out, edited by its name, and the array is written back once, at the
// end; before a statement that reads the array by its path it is written as far
// as it is, so that every statement sees what those before it did. Removing an
// element ends its visit.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// visit is an `each` while its block is compiled.
type visit struct {
	id    int // among all of the Program
	level int // among those around it
	slot  int // of the element
	name  string
	// array is the path of the array from the root and element that of its elements.
	array, element []ast.Step
	at             source.Span
	deep           bool
}

// visiting is an `each` while it runs.
type visiting struct {
	array *place
	slot  int
	// source is the array as it was; what is after rest is still to be visited.
	source []byte
	rest   int
	// done is the new array so far, of n elements, without its end.
	done []byte
	n    int
	// The element at hand is in buffers[turn] once something was written into it.
	buffers [2][]byte
	turn    int
	removed bool
	// changed: the new array differs from source. stale: from the one in the document.
	changed, stale bool
}

func (p *programmer) each(s *ast.Each) operation {
	if b, let := p.binding(s.Path.Head), p.env.Lets[s.Path.Head]; b != nil && b.visit == nil || b == nil && !let.Missing() {
		return p.eachOf(s)
	}
	if s.Deep || s.Key != nil {
		return p.eachInside(s)
	}
	stat := p.stat(s)
	array, ok := p.target(s.Path)
	if !ok {
		return nil
	}
	reads := p.readsOf(array.full)
	v := &visit{id: p.eaches, level: len(p.visits), name: s.Name.Text, array: array.full}
	v.element = append(slices.Clone(array.full), ast.Step{At: s.Name.At, Kind: ast.AllStep})
	p.eaches++
	mark := len(p.bindings)
	v.slot = p.bind(v.name)
	p.bindings[mark].visit = v
	p.visits = append(p.visits, v)

	body := p.body(s)
	p.visits = p.visits[:v.level]
	p.release(mark)

	return func(r *Run) *value.Error {
		r.reach(stat)
		a, err := array.read(r)
		switch {
		case err != nil:
			return err
		case a.Type != 0 && a.Type != bson.TypeArray:
			e := &value.Error{Code: diag.NotAnArray, Span: s.Path.Span, Message: "`" + showPath(s.Path) + "` is " + value.WithArticle(value.Of(a).TypeName()) + ", not an array"}
			if a.Type == bson.TypeEmbeddedDocument {
				e.Notes = []string{"the fields of an object are visited with their names: `each name, " + s.Name.Text + " in " + showPath(s.Path) + " { … }`"}
			}
			if a.Type != bson.TypeNull {
				e.Evidence = value.Of(a).Evidence()
			}
			return e
		}
		for _, i := range reads {
			r.frame.writes[i].read()
		}
		matched, err := r.visit(v, array, a, body)
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

// body is what an `each` does with what it visits: asks its condition and runs its block.
type body struct {
	cond *node
	// reread: the condition reads what a block around writes.
	reread bool
	ops    []operation
	// sites are the first write site of the block, and the one behind its last.
	sites [2]int
}

// body compiles the condition and the block of an `each` whose names are bound.
func (p *programmer) body(s *ast.Each) *body {
	b := &body{}
	outer := p.reread
	p.reread = false
	if s.Cond != nil {
		b.cond = p.expr(s.Cond)
	}
	b.reread, p.reread = p.reread, outer
	b.sites[0] = len(p.writes)
	p.inner++
	b.ops = p.block(s.Body.Stmts)
	p.inner--
	b.sites[1] = len(p.writes)
	return b
}

// visit takes what stands in a slot; false where the condition does not hold. st is of
// the visits that may remove it; nil: nothing can.
func (b *body) visit(r *Run, at source.Span, slot int, st *visiting) (bool, *value.Error) {
	if err := r.frame.step(at); err != nil {
		return false, err
	}
	if b.cond != nil {
		if b.reread {
			if err := r.refresh(); err != nil {
				return false, err
			}
		}
		if ok, err := b.cond.test(&r.frame); !ok || err != nil {
			return false, err
		}
	}
	reached := len(r.reached)
	if err := r.all(b.ops); err != nil {
		return true, err
	}
	// What was written and is not overwritten by now stays.
	for i := b.sites[0]; i < b.sites[1]; i++ {
		r.frame.writes[i].read()
	}
	r.keepChecks(reached, slot, st != nil && st.removed)
	return true, nil
}

// expectElements judges `expect` with a number, for each visited document.
func expectElements(s *ast.Each, matched int) *value.Error {
	e := s.Expect
	if e == nil || e.Any || int64(matched) >= e.Min && (e.Max < 0 || int64(matched) <= e.Max) {
		return nil
	}
	return &value.Error{Code: diag.WrongCount, Span: s.Path.Span, Message: "`" + showPath(s.Path) + "` does not have " + expectation(e) + " to visit",
		Evidence: strconv.Itoa(matched) + " found", Notes: []string{"`expect` with a number counts the elements of each document; `expect any` allows any number"}}
}

// expectation words a range of elements: "1 element", "2 to 5 elements".
func expectation(e *ast.Expect) string {
	n := strconv.FormatInt(e.Min, 10)
	switch {
	case e.Max < 0:
		return n + " or more elements"
	case e.Min != e.Max:
		return n + " to " + strconv.FormatInt(e.Max, 10) + " elements"
	case e.Min == 1:
		return "1 element"
	}
	return n + " elements"
}

// visit goes through the elements of an array and writes the array back. matched
// counts those for which the condition holds.
func (r *Run) visit(v *visit, at *place, array bson.RawValue, body *body) (matched int, err *value.Error) {
	st := r.visiting[v.id]
	if st == nil {
		st = &visiting{}
		r.visiting[v.id] = st
	}
	st.array, st.slot = at, v.slot
	st.source = append(st.source[:0], array.Value...) // the document's bytes are written over
	st.done, st.n = append(st.done[:0], 0, 0, 0, 0), 0
	st.changed, st.stale = false, false
	r.open = append(r.open, st)
	defer func() { r.open = r.open[:len(r.open)-1] }()
	for e, ok := raw.Next(st.source, 4); ok; e, ok = raw.Next(st.source, st.rest) {
		st.rest, st.removed = e.End, false
		r.frame.vars[v.slot] = value.Of(e.Value(st.source))
		hit, err := body.visit(r, at.span, v.slot, st)
		if err != nil {
			return 0, err
		}
		if hit {
			matched++
		}
		switch r.leave {
		case nil:
		case st:
			r.leave = nil
		default:
			return matched, nil // an element around this array is gone
		}
		if !st.removed {
			st.done = raw.AppendNumbered(st.done, st.n, r.frame.vars[v.slot].BSON)
			st.n++
		}
		if len(st.done) > value.MaxSize {
			return 0, value.TooLarge(at.span)
		}
	}
	if !st.changed {
		return matched, nil
	}
	_, err = at.write(r, bson.RawValue{Type: bson.TypeArray, Value: raw.Sized(append(st.done, 0), 0)})
	return matched, err
}

// refresh writes what the blocks around have done so far into the document.
func (r *Run) refresh() *value.Error {
	for _, st := range slices.Backward(r.open) {
		if !st.stale {
			continue
		}
		r.frame.work.Spend(limit.Scanned(len(st.done) + len(st.source)))
		array, n := slices.Clone(st.done), st.n
		if !st.removed {
			array = raw.AppendNumbered(array, n, r.frame.vars[st.slot].BSON)
			n++
		}
		for e, ok := raw.Next(st.source, st.rest); ok; e, ok = raw.Next(st.source, e.End) {
			array = raw.AppendNumbered(array, n, e.Value(st.source))
			n++
		}
		if _, err := st.array.write(r, bson.RawValue{Type: bson.TypeArray, Value: raw.Sized(append(array, 0), 0)}); err != nil {
			return err
		}
		st.stale = false
	}
	return nil
}

// spare is the buffer that the element at hand is not in.
func (st *visiting) spare() []byte { return st.buffers[1-st.turn][:0] }

// become makes what was written into the spare buffer the element at hand.
func (st *visiting) become(r *Run, v bson.RawValue, span source.Span) *value.Error {
	if len(v.Value) > value.MaxSize {
		return value.TooLarge(span)
	}
	r.frame.work.Spend(limit.Scanned(len(v.Value)))
	st.turn = 1 - st.turn
	st.buffers[st.turn] = v.Value
	r.frame.vars[st.slot] = value.Of(v)
	st.changed, st.stale = true, true
	return nil
}

// keepChecks lets the checks that a visit came to see the element as the visit leaves it.
func (r *Run) keepChecks(from, slot int, removed bool) {
	if removed {
		r.reached = r.reached[:from]
	}
	if len(r.reached) == from {
		return
	}
	element := r.frame.vars[slot].Clone()
	for i := from; i < len(r.reached); i++ {
		c := &r.reached[i]
		if c.vars == nil {
			c.vars = slices.Clone(r.frame.vars)
		}
		c.vars[slot] = element
	}
}
