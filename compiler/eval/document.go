package eval

// The documents that a weave writes out: `document { … }`, and those of tests.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Document gives the document of `document { … }`: constants, inputs and
// functions of them, no fields. Untyped numbers take the types of NumericTypes
// (at is nil there), `_id` comes first, and null stands for secrets, which are listed.
func (e *Env) Document(s *ast.Document) (bson.Raw, []value.Secret, []*value.Error) {
	d, errs := e.Literal(s.Object)
	if len(errs) > 0 {
		return nil, nil, errs
	}
	var b doc.Builder
	if id, ok := raw.Member(d, "_id"); ok {
		b.Append("_id", id.Value(d))
	}
	for f := range raw.Elements(d) {
		if name := f.NameIn(d); name != "_id" {
			b.Append(name, f.Value(d))
		}
	}
	plain, secrets := value.WithoutSecrets(b.Raw())
	return plain, secrets, nil
}

// Literal gives the document that an object of constants stands for; untyped
// numbers take the types of NumericTypes, as in `document { … }`.
func (e *Env) Literal(o *ast.Object) (bson.Raw, []*value.Error) {
	v, errs := e.Constant(o)
	if len(errs) > 0 {
		return nil, errs
	}
	raw, err := v.Settle(&target{env: e})
	if err != nil {
		return nil, []*value.Error{err.At(o.Span)}
	}
	return raw.Value, nil
}
