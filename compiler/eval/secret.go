package eval

// Secrets: strings whose value only the running artefact knows.
//
// While a document is changed, a secret stands in it as a value of a type that
// BSON does not have, so no data can pose as one and it goes wherever values
// go: through fields, arrays, objects and lets. When the document is finished,
// null takes its place, and a list says what goes where. Whatever needs the
// value of a secret refuses it.

import (
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// plain is the node that refuses secrets.
func (c *compiler) plain(n *node) *node {
	if !c.secrets {
		return n
	}
	refusing := *n
	refusing.eval = func(f *frame) (value.Value, *value.Error) {
		v, err := n.eval(f)
		if err == nil && v.HoldsSecret() {
			return value.Value{}, value.SecretUsed(n.shown, n.span)
		}
		return v, err
	}
	return &refusing
}

// callsSecret reports whether secret(…) or link(…) is called anywhere in a tree.
func callsSecret(n ast.Node) bool {
	return ast.Any(n, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		return ok && (call.Func.Text == "secret" || call.Func.Text == "link")
	})
}

// MisplacedLinks are the calls of link(…) in an expected document that are not
// themselves the value of a field or an element.
func MisplacedLinks(o *ast.Object) []*value.Error {
	var out []*value.Error
	var visit func(x ast.Expr)
	visit = func(x ast.Expr) {
		switch x := x.(type) {
		case *ast.Object:
			for _, f := range x.Fields {
				visit(f.Value)
			}
			return
		case *ast.List:
			for _, e := range x.Elems {
				visit(e)
			}
			return
		case *ast.Call:
			if x.Func.Text == "link" {
				return
			}
		}
		ast.Walk(x, func(n ast.Node) bool {
			if call, ok := n.(*ast.Call); ok && call.Func.Text == "link" {
				out = append(out, &value.Error{Code: diag.BadConstant, Span: call.Span, Message: "`link(…)` stands for a value that only a run knows", Notes: []string{"write it as the value of a field or an element of a list, by itself"}})
			}
			return true
		})
	}
	visit(o)
	return out
}
