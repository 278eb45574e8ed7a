package eval

// Expressions with parts: lists, objects, loops over lists, choices.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

func (c *compiler) list(x *ast.List) *node {
	elems := c.exprs(x.Elems)
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		values := make([]value.Value, len(elems))
		for i, e := range elems {
			var err *value.Error
			if values[i], err = e.present(f); err != nil {
				return value.Value{}, err
			}
		}
		return value.List(values), nil
	}}, elems...)
}

func (c *compiler) exprs(xs []ast.Expr) []*node {
	nodes := make([]*node, len(xs))
	for i, x := range xs {
		nodes[i] = c.expr(x)
	}
	return nodes
}

func (c *compiler) object(x *ast.Object) *node {
	if slices.ContainsFunc(x.Fields, func(f ast.ObjectField) bool { return f.Key != nil }) {
		return computedObject(c, x)
	}
	values := make([]*node, len(x.Fields))
	seen := map[string]bool{}
	for i, f := range x.Fields {
		switch {
		case seen[f.Name.Text]:
			c.fail(&value.Error{Code: diag.RepeatedField, Span: f.Name.Span, Message: "the field `" + doc.Path{f.Name.Text}.String() + "` is given twice in one object"})
		case strings.ContainsRune(f.Name.Text, 0):
			c.fail(&value.Error{Code: diag.BadPath, Span: f.Name.Span, Message: "a field name cannot contain the character NUL"})
		}
		seen[f.Name.Text] = true
		values[i] = c.expr(f.Value)
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		fields := make([]value.Field, len(values))
		for i, n := range values {
			v, err := n.present(f)
			if err != nil {
				return value.Value{}, err
			}
			fields[i] = value.Field{Name: x.Fields[i].Name.Text, Value: v}
		}
		return value.Object(fields), nil
	}}, values...)
}

func (c *compiler) ifThenElse(x *ast.If) *node {
	cond, then, els := c.expr(x.Cond), c.branch(x, c.expr(x.Then)), c.branch(x, c.expr(x.Else))
	if cond.constant {
		ok, err := cond.test(nil)
		switch {
		case err != nil:
			return c.fail(err)
		case ok:
			return then
		}
		return els
	}
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		ok, err := cond.test(f)
		if err != nil {
			return value.Value{}, err
		}
		if ok {
			return then.eval(f)
		}
		return els.eval(f)
	}}
	n.strict = func(f *frame) (value.Value, *value.Error) {
		ok, err := cond.test(f)
		if err != nil {
			return value.Value{}, err
		}
		if ok {
			return then.present(f)
		}
		return els.present(f)
	}
	return n
}

func (c *compiler) perEnvironment(x *ast.PerEnv) *node {
	var chosen ast.Expr
	for _, e := range x.Entries {
		// The environment's own entry wins over one of its group, a group's over `else`.
		switch {
		case !e.Else && e.Env.Text == c.env.Name:
			return c.expr(e.Value)
		case e.Else && chosen == nil, !e.Else && c.env.Is(e.Env.Text):
			chosen = e.Value
		}
	}
	if chosen == nil {
		return c.fail(&value.Error{Code: diag.NotExhaustive, Span: x.Span, Message: "there is no value for the environment " + diag.Quote(c.env.Name, 60),
			Notes: []string{"add an entry for it, or `else: …`"}})
	}
	return c.expr(chosen)
}
