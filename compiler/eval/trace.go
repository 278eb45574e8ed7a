package eval

// Telling what each statement did to one document: provenance.
//
// A Program that is compiled with Env.Trace reports every statement that
// changed a document; one without it has no code for that.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

// traced is an operation that reports what it changes.
func (p *programmer) traced(s ast.Stmt, op operation) operation {
	switch s.(type) {
	case *ast.Assign, *ast.Remove, *ast.Rename, *ast.Add:
	default:
		return op // what is inside is reported
	}
	trace := p.env.Trace
	return func(r *Run) *value.Error {
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
func Changes(before, after bson.Raw, at []ast.Step) []value.Change {
	path := ""
	if len(at) > 0 {
		path = showSteps(at)
	}
	return value.Changes(path, ValueAt(before, at), ValueAt(after, at))
}

// ValueAt gives the value at a path of fields and positions; missing where there is none.
func ValueAt(d bson.Raw, at []ast.Step) value.Value {
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for i := range at {
		if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
			return value.Value{}
		}
		e, ok := find(v.Value, &at[i])
		if !ok {
			return value.Value{}
		}
		v = e.Value(v.Value)
	}
	return value.Of(v)
}

// ShowAt is the value at a path for people, "missing" where there is none; the
// secrets of the document are named.
func ShowAt(d bson.Raw, secrets []value.Secret, at []ast.Step, max int) string {
	v := ValueAt(value.WithSecretNames(d, secrets), at)
	if v.Missing() {
		return "missing"
	}
	return doc.Show(v.BSON, max)
}

// ShowPath is a path of steps as the language writes it.
func ShowPath(steps []ast.Step) string { return showSteps(steps) }
