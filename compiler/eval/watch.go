package eval

// Telling what one expression gives where it stands, with the names of its blocks and
// what the statements before it have written. In: an expression of what is compiled;
// out: a call for each time that it is evaluated. What is compiled without has no code for that.

import (
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
)

// Watch is an expression whose values are told.
type Watch struct {
	Of ast.Expr
	// Compiled: it stands where it has a value. Constant: that is the same for every
	// document, and was told once, while it was compiled.
	Compiled, Constant bool
	// Tell takes a value, which is of the document's memory, or why there is none.
	Tell func(v value.Value, err *value.Error)
}

// over is a node that tells what it gives.
func (w *Watch) over(n *node) *node {
	w.Compiled = true
	if n.constant {
		if !w.Constant { // the same in every place where the statement is compiled
			w.Tell(n.eval(nil))
		}
		w.Constant = true
		return n
	}
	told := *n
	telling := func(eval func(f *frame) (value.Value, *value.Error)) func(f *frame) (value.Value, *value.Error) {
		return func(f *frame) (value.Value, *value.Error) {
			v, err := eval(f)
			w.Tell(v, err)
			return v, err
		}
	}
	told.eval = telling(n.eval)
	if n.strict != nil {
		told.strict = telling(n.strict)
	}
	return &told
}
