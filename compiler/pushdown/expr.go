package pushdown

// Expressions: names, parts, choices and what goes through lists.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
)

// expr compiles an expression; to is where its value is written, nil elsewhere.
func (c *compiler) expr(x ast.Expr, to value.Target) *node {
	if p, ok := x.(*ast.Paren); ok {
		return c.expr(p.X, to)
	}
	failed := len(c.errs)
	if v, ok := c.constant(x); ok {
		if v.HoldsSecret() {
			return c.refuse(x.Place(), "a secret", "no command of a pipeline may hold one")
		}
		return c.constantNode(x.Place(), v)
	}
	if len(c.errs) > failed {
		return &node{at: x.Place(), kinds: []string{"null"}}
	}
	of := forms{operands{c}}
	switch x := x.(type) {
	case *ast.Text:
		return of.text(x)
	case *ast.Path:
		return of.path(x)
	case *ast.Select:
		return c.field(x.Span, c.settled(c.expr(x.X, nil)), x.Steps)
	case *ast.List:
		return of.list(x, to)
	case *ast.Object:
		return of.object(x, to)
	case *ast.Comprehension:
		return of.comprehension(x, to)
	case *ast.Quantified:
		return of.quantified(x)
	case *ast.If:
		return of.ifThenElse(x, to)
	case *ast.PerEnv:
		return of.perEnvironment(x, to)
	case *ast.Unary:
		return of.unary(x)
	case *ast.Binary:
		return of.binary(x, to)
	case *ast.Is:
		return of.is(x)
	case *ast.Matches:
		return of.matches(x)
	case *ast.Between:
		return of.between(x)
	case *ast.Call:
		return of.call(x, to)
	}
	return c.refuse(x.Place(), "this expression", "it is not known to pipelines")
}

func (c forms) path(p *ast.Path) *node {
	if n := c.bound(p.Head); n != nil {
		return c.field(p.Span, c.settled(n), p.Steps)
	}
	if v, ok := c.env.Lets[p.Head]; ok {
		return c.field(p.Span, c.settled(c.constantNode(p.HeadSpan, v)), p.Steps)
	}
	root := &node{at: p.Span, value: c.root, simple: true, kinds: []string{"object"}}
	return c.field(p.Span, root, p.FromRoot())
}

func (c forms) list(x *ast.List, to value.Target) *node {
	values, faults := bson.A{}, []any{}
	for _, e := range x.Elems {
		n := c.expr(e, elementOf(to))
		n = c.settledTo(n, elementOf(to))
		faults, values = append(faults, c.present(n)), append(values, n.value)
	}
	return &node{at: x.Span, value: values, fault: c.first(faults...), kinds: []string{"array"}}
}

func elementOf(to value.Target) value.Target {
	if to == nil {
		return nil
	}
	return to.Element()
}

func (c forms) object(x *ast.Object, to value.Target) *node {
	fields, faults := bson.D{}, []any{}
	for _, f := range x.Fields {
		if f.Key != nil {
			return c.refuse(f.Span, "a field whose name is computed", "a pipeline does not find two fields of one name")
		}
		if !plainName(f.Name.Text) {
			return c.refuse(f.Name.Span, "a field name with a dot or a dollar sign", "an object of a pipeline cannot spell it")
		}
		var inner value.Target
		if to != nil {
			inner = to.Field(f.Name.Text)
		}
		n := c.settledTo(c.expr(f.Value, inner), inner)
		faults, fields = append(faults, c.present(n)), append(fields, bson.E{Key: f.Name.Text, Value: n.value})
	}
	return &node{at: x.Span, value: fields, fault: c.first(faults...), kinds: []string{"object"}}
}

// branch is one of several values: a constant takes the type of the others, or of where it is written.
func (c forms) branch(of, x ast.Expr, to value.Target) *node {
	n := c.expr(x, to)
	if n.constant == nil || !n.constant.Untyped() {
		return c.settled(n)
	}
	if c.env.BranchType != nil {
		if v := n.constant.As(c.env.BranchType(of)); !v.Untyped() {
			return c.settled(c.constantNode(n.at, v))
		}
	}
	if to == nil {
		return c.refuse(x.Place(), "a number without a type as one of several values", "its type depends on what it meets; write `int(…)`, `decimal(…)` or the like")
	}
	return c.settledTo(n, to)
}

func (c forms) ifThenElse(x *ast.If, to value.Target) *node {
	test := c.settled(c.expr(x.Cond, nil))
	then, els := c.branch(x, x.Then, to), c.branch(x, x.Else, to)
	n := &node{at: x.Span, fault: c.test(test), value: cond(test.value, then.value, els.value)}
	if then.fault != nil || els.fault != nil {
		n.fault = c.first(n.fault, cond(test.value, then.fault, els.fault))
	}
	if then.kinds != nil && els.kinds != nil {
		n.kinds = append(append([]string{}, then.kinds...), els.kinds...)
	}
	return n
}

func (c forms) perEnvironment(x *ast.PerEnv, to value.Target) *node {
	var chosen ast.Expr
	for _, e := range x.Entries {
		switch {
		case !e.Else && e.Env.Text == c.env.Name:
			return c.expr(e.Value, to)
		case e.Else && chosen == nil, !e.Else && c.env.Is(e.Env.Text):
			chosen = e.Value
		}
	}
	return c.expr(chosen, to) // eval.Env has found that there is one
}

// given is `a ?? b`.
func (c forms) given(x *ast.Binary, to value.Target) *node {
	a, b := c.branch(x, x.X, to), c.branch(x, x.Y, to)
	if !a.may("missing", "null") {
		return a
	}
	none := func(v any) any { return among(typeOf(v), append([]string{"null"}, a.absent()...)...) }
	n := &node{at: x.Span, fault: a.fault, value: c.use(a, func(v any) any { return cond(none(v), b.value, v) })}
	if b.fault != nil {
		n.fault = c.first(a.fault, c.use(a, func(v any) any { return onlyIf(none(v), b.fault) }))
	}
	return n
}

// each compiles what is evaluated for the elements of a list: in sees the name of the
// element, v the variable behind it.
func (c forms) each(nm ast.Name, list ast.Expr, in func(v string)) *node {
	n := c.settled(c.expr(list, nil))
	v := c.fresh()
	c.with(nm.Text, &node{at: nm.Span, value: "$$" + v, simple: true}, func() { in(v) })
	return n
}

// elements is a list, empty where it is missing.
func (c *compiler) elements(n *node, in func(list any) any) any {
	if n.kinds != nil && !n.may("missing") {
		return c.use(n, in)
	}
	return c.use(n, func(v any) any {
		return c.let(cond(of("isArray", bson.A{v}), v, bson.A{}), func(l string) any { return in(l) })
	})
}

func (c forms) comprehension(x *ast.Comprehension, to value.Target) *node {
	switch {
	case x.Key != nil:
		return c.refuse(x.Span, "an object made from a list", "a pipeline does not find two fields of one name")
	case len(x.Sort) > 0:
		return c.refuse(x.Sort[0].Span, "`sort by`", "servers before 5.2 cannot sort a list within a document")
	}
	var test, elem *node
	var at string
	list := c.each(x.Name, x.In, func(v string) {
		at = v
		if x.Cond != nil {
			test = c.settled(c.expr(x.Cond, nil))
		}
		elem = c.settledTo(c.expr(x.Elem, elementOf(to)), elementOf(to))
	})
	fault := c.present(elem)
	if test != nil {
		fault = c.first(c.test(test), onlyIf(test.value, fault))
	}
	n := &node{at: x.Span, kinds: []string{"array"}, fault: c.wantArray(list, false)}
	if fault != nil {
		n.fault = c.first(n.fault, c.elements(list, func(l any) any { return c.eachFault(l, at, fault) }))
	}
	n.value = c.elements(list, func(l any) any {
		if test != nil {
			l = of("filter", bson.D{{Key: "input", Value: l}, {Key: "as", Value: at}, {Key: "cond", Value: test.value}})
		}
		return of("map", bson.D{{Key: "input", Value: l}, {Key: "as", Value: at}, {Key: "in", Value: elem.value}})
	})
	return n
}

// quantified is `any` and `every`: elements are looked at until one decides, and later
// ones cannot be at fault.
func (c forms) quantified(x *ast.Quantified) *node {
	var test, has *node
	var at string
	list := c.each(x.Name, x.In, func(v string) {
		at = v
		if x.Cond != nil {
			test = c.settled(c.expr(x.Cond, nil))
		}
		has = c.settled(c.expr(x.Has, nil))
	})
	// What an element says: null to go on, true when it decides, or a fault.
	says := cond(has.value, true, nil)
	if x.Every {
		says = cond(has.value, nil, true)
	}
	if f := c.test(has); f != nil {
		says = c.first(f, says)
	}
	if test != nil {
		says = cond(test.value, says, nil)
		if f := c.test(test); f != nil {
			says = c.first(f, says)
		}
	}
	state := func() any { return c.elements(list, func(l any) any { return c.eachFault(l, at, says) }) }
	n := &node{at: x.Span, kinds: []string{"bool"}, fault: c.wantArray(list, false)}
	if x.Every {
		n.value = ne(state(), true)
	} else {
		n.value = eq(state(), true)
	}
	fails := c.test(has) != nil || test != nil && c.test(test) != nil
	if fails {
		n.fault = c.first(n.fault, c.let(state(), func(s string) any { return cond(eq(typeOf(s), "string"), s, nil) }))
	}
	return n
}

// limitedTo is a fault where a value does not pass a test.
func (c *compiler) limitedTo(n *node, limit string, test func(v any) any) any {
	return c.use(n, func(v any) any { return cond(test(v), nil, limit) })
}
