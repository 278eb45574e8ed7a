package eval

// Telling what each statement did to one document: provenance.
//
// A Program that is compiled with Env.Trace reports every statement that
// changed a document; one without it has no code for that.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Change is what a statement did at one place of a document.
type Change struct {
	// Path is written as the language writes it: limits.users, items[2].sku.
	Path string
	// Before and After are short, for people, safe for terminals; "missing" when
	// there is no value.
	Before, After string
}

// traced is an operation that reports what it changes.
func (p *programmer) traced(s ast.Stmt, op operation) operation {
	switch s.(type) {
	case *ast.Assign, *ast.Remove, *ast.Rename, *ast.Add:
	default:
		return op // what is inside is reported
	}
	trace := p.env.Trace
	return func(r *Run) *Error {
		// An element that `each` visits is written back, to see the whole document.
		if err := r.refresh(); err != nil {
			return err
		}
		before := slices.Clone(r.frame.doc)
		if err := op(r); err != nil {
			return err
		}
		if err := r.refresh(); err != nil {
			return err
		}
		trace(s, before, slices.Clone(r.frame.doc))
		return nil
	}
}

// Changes compares a document before and after a statement. With a path, only
// what is there counts; the path's steps are fields and positions.
func Changes(before, after bson.Raw, at []ast.Step) []Change {
	c := changes{}
	a, b := ValueAt(before, at), ValueAt(after, at)
	path := showSteps(at)
	if len(at) == 0 {
		path = ""
	}
	c.value(path, a, b)
	return c.found
}

// ValueAt gives the value at a path of fields and positions; missing where there is none.
func ValueAt(d bson.Raw, at []ast.Step) Value {
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for i := range at {
		if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
			return Value{}
		}
		e, ok := find(v.Value, &at[i])
		if !ok {
			return Value{}
		}
		v = e.value(v.Value)
	}
	return Value{raw: v}
}

// ShowAt is the value at a path for people, "missing" where there is none; the
// secrets of the document are named.
func ShowAt(d bson.Raw, secrets []Secret, at []ast.Step, max int) string {
	named := withValues(d, secrets, func(s Secret) bson.RawValue {
		text := ""
		for _, p := range s.Parts {
			if p.Name != "" {
				text += "${secret(" + p.Name + ")}"
			} else {
				text += p.Text
			}
		}
		return doc.String(text)
	})
	v := ValueAt(named, at)
	if v.Missing() {
		return "missing"
	}
	return doc.Show(v.raw, max)
}

type changes struct{ found []Change }

func (c *changes) value(path string, a, b Value) {
	switch {
	case a.raw.Type == b.raw.Type && string(a.raw.Value) == string(b.raw.Value):
	case a.raw.Type == bson.TypeEmbeddedDocument && b.raw.Type == bson.TypeEmbeddedDocument:
		c.fields(path, a.raw.Value, b.raw.Value)
	case a.raw.Type == bson.TypeArray && b.raw.Type == bson.TypeArray && count(a) == count(b):
		i := 0
		others := slices.Collect(b.elements)
		for e := range a.elements {
			c.value(path+"["+strconv.Itoa(i)+"]", e, others[i])
			i++
		}
	default:
		before, after := shown(a), shown(b)
		if before == after {
			before, after = before+" ("+a.typeName()+")", after+" ("+b.typeName()+")"
		}
		c.found = append(c.found, Change{Path: path, Before: before, After: after})
	}
}

func count(v Value) int {
	n := 0
	for range v.elements {
		n++
	}
	return n
}

func (c *changes) fields(path string, a, b []byte) {
	for e := range elementsOf(a) {
		name := string(a[e.name : e.data-1])
		other := Value{}
		if o, ok := member(b, name); ok {
			other.raw = o.value(b)
		}
		c.value(within(path, name), Value{raw: e.value(a)}, other)
	}
	for e := range elementsOf(b) {
		name := string(b[e.name : e.data-1])
		if _, ok := member(a, name); !ok {
			c.value(within(path, name), Value{}, Value{raw: e.value(b)})
		}
	}
}

// ShowPath is a path of steps as the language writes it.
func ShowPath(steps []ast.Step) string { return showSteps(steps) }

// BSON is the value without untyped constants; Type 0 when it is missing or holds one.
func (v Value) BSON() bson.RawValue {
	if v.loose != nil {
		return bson.RawValue{}
	}
	return v.raw
}
