package eval

// The documents that a weave writes out: `document { … }`.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Document gives the document of `document { … }`: constants, inputs and
// functions of them, no fields. Untyped numbers take the types of NumericTypes
// (at is nil there), `_id` comes first, and null stands for secrets, which are listed.
func (e *Env) Document(s *ast.Document) (bson.Raw, []Secret, []*Error) {
	v, errs := e.Constant(s.Object)
	if len(errs) > 0 {
		return nil, nil, errs
	}
	raw, err := v.settle(&target{env: e}, nil)
	if err != nil {
		return nil, nil, []*Error{err.at(s.Object.Span)}
	}
	var b doc.Builder
	if id, ok := member(raw.Value, "_id"); ok {
		b.Append("_id", id.value(raw.Value))
	}
	for f := range elementsOf(raw.Value) {
		if name := string(raw.Value[f.name : f.data-1]); name != "_id" {
			b.Append(name, f.value(raw.Value))
		}
	}
	plain, secrets := extractSecrets(b.Raw())
	return plain, secrets, nil
}
