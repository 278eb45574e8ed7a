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

func notArray(n *node, v value.Value) *value.Error {
	if v.IsNull() {
		return &value.Error{Code: diag.NotAnArray, Span: n.span, Message: n.shown + " is null, not an array",
			Notes: []string{"give a default, `… ?? []`, or take only the other documents, `where … is array { … }`"}}
	}
	return &value.Error{Code: diag.NotAnArray, Span: n.span, Message: n.shown + " is " + value.WithArticle(v.TypeName()) + ", not an array", Evidence: v.Evidence(),
		Notes: []string{"take only the documents that have one, `where … is array { … }`"}}
}

// loop compiles `for NAME in LIST if COND`, and with inner what is evaluated for
// the elements. all calls do for those for which the condition holds, none
// when a field is missing in this document, until do is false: then it is false, too.
func (c *compiler) loop(name ast.Name, list, condition, body ast.Expr) (inner *node, inputs []*node, all func(f *frame, do func(f *frame) (bool, *value.Error)) (bool, *value.Error)) {
	in := c.expr(list)
	mark := len(c.bindings)
	slot := c.bind(name.Text)
	var cond *node
	if condition != nil {
		cond = c.expr(condition)
	}
	inner = c.expr(body)
	c.release(mark)
	inputs = slices.DeleteFunc([]*node{in, cond, inner}, func(n *node) bool { return n == nil })
	return inner, inputs, func(f *frame, do func(f *frame) (bool, *value.Error)) (bool, *value.Error) {
		v, err := in.eval(f)
		switch {
		case err != nil, v.Missing():
			return true, err
		case !v.IsArray():
			return false, notArray(in, v)
		}
		for e := range v.Elements {
			f.vars[slot] = e
			if cond != nil {
				if ok, err := cond.test(f); err != nil {
					return false, err
				} else if !ok {
					continue
				}
			}
			if ok, err := do(f); err != nil || !ok {
				return false, err
			}
		}
		return true, nil
	}
}

func (c *compiler) comprehension(x *ast.Comprehension) *node {
	elem, inputs, all := c.loop(x.Name, x.In, x.Cond, x.Elem)
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		var values []value.Value
		_, err := all(f, func(f *frame) (bool, *value.Error) {
			v, err := elem.present(f)
			values = append(values, v)
			return true, err
		})
		if err != nil {
			return value.Value{}, err
		}
		return value.CheckSize(value.List(values), x.Span)
	}}
	return c.fold(n, inputs...)
}

func (c *compiler) quantified(x *ast.Quantified) *node {
	has, inputs, all := c.loop(x.Name, x.In, x.Cond, x.Has)
	goOn := func(f *frame) (bool, *value.Error) {
		ok, err := has.test(f)
		return ok == x.Every, err
	}
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		undecided, err := all(f, goOn)
		if err != nil {
			return value.Value{}, err
		}
		return value.Bool(undecided == x.Every), nil
	}}
	return c.fold(n, inputs...)
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
