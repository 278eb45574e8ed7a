package pushdown

// What an expression becomes, and what is asked of its value where it is used; the
// counterpart of compiler/eval/node.go.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

var numbers = []string{"int", "long", "double", "decimal"}

// node is a compiled expression.
type node struct {
	at source.Span
	// value is evaluated where fault is null.
	value any
	fault any
	// constant is the value where it is known before any document is seen. value is unset then.
	constant *value.Value
	// kinds are the types that value may have, as `$type` calls them; nil: any, or missing.
	kinds []string
	// simple: value is a path or a variable.
	simple bool
}

func (c *compiler) constantNode(at source.Span, v value.Value) *node {
	return &node{at: at, constant: &v, kinds: []string{kindOf(v)}}
}

// kindOf is the type of a constant as `$type` calls it; "number" where it has none yet.
func kindOf(v value.Value) string {
	switch {
	case v.Missing():
		return "missing"
	case v.IsConstant():
		return "number"
	}
	switch t := v.TypeName(); t {
	case "uuid", "binary":
		return "binData"
	default:
		return t
	}
}

// settled is a node whose value is written out; a constant takes its default type.
func (c *compiler) settled(n *node) *node {
	if n.constant == nil {
		return n
	}
	if n.constant.Missing() {
		return &node{at: n.at, value: "$$REMOVE", kinds: []string{"missing"}}
	}
	r, err := n.constant.Raw()
	if err != nil {
		return c.fail(err.At(n.at))
	}
	return &node{at: n.at, value: literal(r), kinds: []string{kindOf(value.Of(r))}}
}

// settledTo is a node whose value is written at a place, which decides the type of a constant.
func (c *compiler) settledTo(n *node, to value.Target) *node {
	if n.constant == nil || n.constant.Missing() || to == nil {
		return c.settled(n)
	}
	r, err := n.constant.Settle(to)
	if err != nil {
		return c.fail(err.At(n.at))
	}
	return &node{at: n.at, value: literal(r), kinds: []string{kindOf(value.Of(r))}}
}

// use builds an expression that has the value of a node several times.
func (c *compiler) use(n *node, in func(ref any) any) any {
	n = c.settled(n)
	if n.simple {
		return in(n.value)
	}
	return c.let(n.value, func(ref string) any { return in(ref) })
}

// may reports whether the value may have one of the types.
func (n *node) may(kinds ...string) bool {
	return n.kinds == nil || slices.ContainsFunc(n.kinds, func(k string) bool {
		return slices.Contains(kinds, k) || k == "number" && slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(numbers, k) })
	})
}

// absent are the types of a value that is missing. What a variable stands for is
// "undefined" for some servers; the outdated type of that name counts as missing there.
func (n *node) absent() []string {
	if path, ok := n.value.(string); ok && n.simple && !strings.HasPrefix(path, "$$") {
		return []string{"missing"}
	}
	return []string{"missing", "undefined"}
}

// present is the fault of a value that must not be missing.
func (c *compiler) present(n *node) any {
	if !n.may("missing") {
		return n.fault
	}
	return c.first(n.fault, c.use(n, func(v any) any { return onlyIf(among(typeOf(v), n.absent()...), string(diag.FieldMissing)) }))
}

// solid is the fault of a value that must be neither missing nor null, and of one of the
// types; code is that of a wrong one. Without types, any will do.
func (c *compiler) solid(n *node, code diag.Code, kinds ...string) any {
	if n.kinds != nil && !n.may("missing", "null") && (len(kinds) == 0 || !slices.ContainsFunc(n.kinds, func(k string) bool { return k != "number" && !slices.Contains(kinds, k) })) {
		return n.fault
	}
	return c.first(n.fault, c.use(n, func(v any) any {
		return c.let(typeOf(v), func(t string) any {
			b := []branch{{among(t, n.absent()...), string(diag.FieldMissing)}, {eq(t, "null"), string(diag.NullValue)}}
			if len(kinds) == 0 {
				return choose(nil, b...)
			}
			return choose(string(code), append([]branch{{among(t, kinds...), nil}}, b...)...)
		})
	}))
}

func (c *compiler) number(n *node) any { return c.solid(n, diag.WrongType, numbers...) }

// test is the fault of a condition that must be true or false.
func (c *compiler) test(n *node) any {
	if n.kinds != nil && !slices.ContainsFunc(n.kinds, func(k string) bool { return k != "bool" }) {
		return n.fault
	}
	return c.first(n.fault, c.use(n, func(v any) any { return onlyIf(ne(typeOf(v), "bool"), string(diag.NotBoolean)) }))
}

// noArray is the fault of an array where one of its elements is meant.
func (c *compiler) noArray(n *node) any {
	if !n.may("array") {
		return nil
	}
	return c.use(n, func(v any) any { return onlyIf(of("isArray", bson.A{v}), string(diag.ArrayCompared)) })
}

// field is the node of a path: the steps taken into what head stands for.
func (c *compiler) field(at source.Span, head *node, steps []ast.Step) *node {
	if len(steps) == 0 {
		return head
	}
	n := *head
	n.at = at
	for i, s := range steps {
		switch s.Kind {
		case ast.FieldStep:
			n = c.member(&n, s.Name)
		case ast.PositionStep:
			n = c.element(&n, s.Position)
		case ast.AllStep:
			return c.all(&n, steps[i+1:])
		}
	}
	return &n
}

// member is a field of a value; an array has none, which is a fault, and other values none at all.
func (c *compiler) member(n *node, name string) node {
	out := node{at: n.at, fault: n.fault}
	if n.may("array") && n.kinds == nil {
		out.fault = c.first(n.fault, c.use(n, func(v any) any { return onlyIf(of("isArray", bson.A{v}), string(diag.PathThroughArray)) }))
	}
	// A path of the document is its text; servers differ in what `$$v.name` is where v has no such field.
	if path, ok := n.value.(string); ok && n.simple && plainName(name) && (path == "$$ROOT" || !strings.HasPrefix(path, "$$")) {
		out.simple = true
		out.value = path + "." + name
		if path == "$$ROOT" {
			out.value = "$" + name
		}
		return out
	}
	out.value = c.use(n, func(v any) any {
		return cond(eq(typeOf(v), "object"), of("getField", bson.D{{Key: "field", Value: literal(name)}, {Key: "input", Value: v}}), "$$REMOVE")
	})
	return out
}

// wantArray is the fault of a value that is neither an array nor missing; null is as
// missing where orNull is set.
func (c *compiler) wantArray(n *node, orNull bool) any {
	if n.kinds != nil && !slices.ContainsFunc(n.kinds, func(k string) bool { return k != "array" }) {
		return n.fault
	}
	fine := append([]string{"array"}, n.absent()...)
	if orNull {
		fine = append(fine, "null")
	}
	return c.first(n.fault, c.use(n, func(v any) any { return cond(among(typeOf(v), fine...), nil, string(diag.NotAnArray)) }))
}

func (c *compiler) element(n *node, position int) node {
	return node{at: n.at, fault: c.wantArray(n, true), value: c.use(n, func(v any) any {
		return cond(of("isArray", bson.A{v}), op("arrayElemAt", v, position), "$$REMOVE")
	})}
}

// all is `list[].a.b`: the values that are there.
func (c *compiler) all(n *node, steps []ast.Step) *node {
	if slices.ContainsFunc(steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
		return c.refuse(n.at, "`[]` twice in one path", "lists within lists are not gone through by one expression")
	}
	v := c.fresh()
	item := c.field(n.at, &node{at: n.at, value: "$$" + v, simple: true}, steps)
	fault := c.wantArray(n, true)
	if item.fault != nil {
		fault = c.first(fault, c.use(n, func(list any) any {
			return cond(of("isArray", bson.A{list}), c.eachFault(list, v, item.fault), nil)
		}))
	}
	value := c.use(n, func(list any) any {
		inner := list
		if len(steps) > 0 {
			there := of("filter", bson.D{{Key: "input", Value: list}, {Key: "as", Value: v}, {Key: "cond", Value: c.use(item, func(v any) any { return not(among(typeOf(v), item.absent()...)) })}})
			inner = of("map", bson.D{{Key: "input", Value: there}, {Key: "as", Value: v}, {Key: "in", Value: item.value}})
		}
		return cond(of("isArray", bson.A{list}), inner, "$$REMOVE")
	})
	return &node{at: n.at, value: value, fault: fault}
}

// eachFault is the first fault of the elements of a list, which v stands for in turn.
func (c *compiler) eachFault(list any, v string, fault any) any {
	return of("reduce", bson.D{{Key: "input", Value: list}, {Key: "initialValue", Value: nil}, {Key: "in", Value: cond(eq("$$value", nil),
		of("let", bson.D{{Key: "vars", Value: bson.D{{Key: v, Value: "$$this"}}}, {Key: "in", Value: fault}}), "$$value")}})
}
