package pushdown

// Logic, comparison, arithmetic, `is`: docs/language-values.md in terms of aggregation.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// operands are what comes of two values beside each other.
type operands struct{ *compiler }

// forms are the kinds of expressions, each compiled by the method of its name.
type forms struct{ operands }

func (c forms) unary(x *ast.Unary) *node {
	in := c.settled(c.expr(x.X, nil))
	if x.Op == ast.Not {
		return &node{at: x.Span, kinds: []string{"bool"}, fault: c.test(in), value: not(in.value)}
	}
	n := &node{at: x.Span, kinds: numbers}
	// The opposite of an integer is subtracted from zero, and wider where it does not fit;
	// that of zero with a sign is a product.
	n.value = c.use(in, func(v any) any {
		return cond(among(typeOf(v), "int", "long"), op("subtract", literal(int32(0)), v), op("multiply", v, literal(int32(-1))))
	})
	n.fault = c.first(c.number(in), c.use(in, func(v any) any {
		return choose(nil,
			branch{notFinite(v), limitNaN},
			branch{among(typeOf(v), "int", "long"), cond(eq(typeOf(op("subtract", literal(int32(0)), v)), typeOf(v)), nil, string(diag.NumberOverflow))})
	}))
	return n
}

// notFinite is whether a number is NaN or infinite.
func notFinite(v any) any { return op("in", v, notFiniteValues) }

var notFiniteValues = func() bson.D {
	var list bson.Raw
	err := bson.UnmarshalExtJSON([]byte(`{"v": [{"$numberDouble": "NaN"}, {"$numberDouble": "Infinity"}, {"$numberDouble": "-Infinity"}]}`), true, &list)
	if err != nil {
		panic(err)
	}
	return literal(list.Lookup("v"))
}()

func (c forms) binary(x *ast.Binary, to value.Target) *node {
	switch x.Op {
	case ast.Default:
		return c.given(x, to)
	case ast.In, ast.NotIn:
		return c.in(x)
	case ast.And, ast.Or:
		a, b := c.settled(c.expr(x.X, nil)), c.settled(c.expr(x.Y, nil))
		n := &node{at: x.Span, kinds: []string{"bool"}, fault: c.test(a)}
		second := c.test(b)
		if x.Op == ast.And {
			n.value, second = cond(a.value, b.value, false), onlyIf(a.value, second)
		} else {
			n.value, second = cond(a.value, true, b.value), onlyIf(not(a.value), second)
		}
		n.fault = c.first(n.fault, second)
		return n
	}
	a, b := c.expr(x.X, nil), c.expr(x.Y, nil)
	n := &node{at: x.Span, kinds: []string{"bool"}}
	switch x.Op {
	case ast.Eq, ast.Ne:
		n.fault = c.first(a.fault, b.fault)
		if a.may("array") {
			n.fault = c.first(n.fault, c.pair(a, b, func(v, w any) any {
				return onlyIf(and(of("isArray", bson.A{v}), not(among(typeOf(w), append([]string{"array"}, b.absent()...)...))), string(diag.ArrayCompared))
			}))
		}
		n.fault = c.first(n.fault, c.mixed(a, b))
		n.value = c.same(a, b)
		if x.Op == ast.Ne {
			n.value = not(n.value)
		}
	case ast.Lt, ast.Le, ast.Gt, ast.Ge:
		n.fault = c.first(a.fault, b.fault, c.noArray(a), c.mixed(a, b))
		n.value = c.ordered(x.Op, a, b)
	default:
		return c.arithmetic(x, a, b)
	}
	return n
}

// against is the value of a as it is compared with w: a constant with a fraction meets a
// double as the double that is nearest to it.
func (c operands) against(a *node, w any) any {
	v := a.constant
	if v == nil {
		return a.value
	}
	if !v.IsConstant() || v.FitsInteger() {
		return c.settled(a).value
	}
	double, decimal := v.As("double"), v.As("decimal")
	if double.Untyped() {
		return literal(decimal.BSON)
	}
	return cond(eq(typeOf(w), "double"), literal(double.BSON), literal(decimal.BSON))
}

// pair gives an expression the values of two nodes.
func (c operands) pair(a, b *node, in func(v, w any) any) any {
	if a.constant != nil && a.constant.IsConstant() {
		return c.use(b, func(w any) any { return in(c.against(a, w), w) })
	}
	return c.use(a, func(v any) any {
		if b.constant != nil && b.constant.IsConstant() {
			return in(v, c.against(b, v))
		}
		return c.use(b, func(w any) any { return in(v, w) })
	})
}

// mixed is the limit of a double beside a decimal.
func (c operands) mixed(a, b *node) any {
	loose := func(n *node) bool {
		return n.constant != nil && n.constant.IsConstant() && (n.constant.FitsInteger() || !n.constant.As("double").Untyped())
	}
	if loose(a) || loose(b) || !(a.may("double") && b.may("decimal") || a.may("decimal") && b.may("double")) {
		return nil
	}
	return c.pair(a, b, func(v, w any) any {
		return c.let(bson.A{typeOf(v), typeOf(w)}, func(t string) any {
			return onlyIf(op("in", t, bson.A{bson.A{"double", "decimal"}, bson.A{"decimal", "double"}}), limitMixed)
		})
	})
}

// same is `==`: missing equals nothing.
func (c operands) same(a, b *node) any {
	return c.pair(a, b, func(v, w any) any {
		var tests []any
		if a.may("missing") {
			tests = append(tests, not(among(typeOf(v), a.absent()...)))
		}
		return and(append(tests, eq(v, w))...)
	})
}

// families are the types that `<` orders, each among its own.
var families = [][]string{numbers, {"string"}, {"date"}, {"timestamp"}, {"bool"}, {"objectId"}}

// ordered is a comparison, false where the values are not of one family.
func (c operands) ordered(o ast.Op, a, b *node) any {
	name := map[ast.Op]string{ast.Lt: "lt", ast.Le: "lte", ast.Gt: "gt", ast.Ge: "gte"}[o]
	return c.pair(a, b, func(v, w any) any { return and(c.family(v, w, a, b), op(name, v, w)) })
}

// family is whether two values are of one family.
func (c operands) family(v, w any, a, b *node) any {
	var tests []any
	for _, f := range families {
		if a.may(f...) && b.may(f...) {
			tests = append(tests, and(among(typeOf(v), f...), among(typeOf(w), f...)))
		}
	}
	if len(tests) == 0 {
		return false
	}
	return or(tests...)
}

func (c forms) between(x *ast.Between) *node {
	v, low, high := c.expr(x.X, nil), c.expr(x.Low, nil), c.expr(x.High, nil)
	return &node{at: x.Span, kinds: []string{"bool"}, fault: c.first(v.fault, low.fault, high.fault, c.noArray(v), c.mixed(v, low), c.mixed(v, high)),
		value: and(c.ordered(ast.Ge, v, low), c.ordered(ast.Le, v, high))}
}

func (c forms) in(x *ast.Binary) *node {
	a := c.settled(c.expr(x.X, nil))
	n := &node{at: x.Span, kinds: []string{"bool"}}
	list, written := ast.Unparen(x.Y).(*ast.List)
	if written {
		// Elements are looked at until one is the same; later ones cannot be at fault.
		n.fault = c.first(a.fault, c.noArray(a))
		var state, value any = false, false
		fails := false
		for i := len(list.Elems) - 1; i >= 0; i-- {
			e := c.expr(list.Elems[i], nil)
			same := c.same(a, e)
			state, value = cond(same, true, state), or(same, value)
			if f := c.first(c.present(e), c.mixed(a, e)); f != nil {
				state, fails = c.first(f, state), true
			}
		}
		n.value = value
		if fails {
			n.fault = c.first(n.fault, c.let(state, func(s string) any { return cond(eq(typeOf(s), "string"), s, nil) }))
		}
		if fails {
			n.value = eq(state, true)
		}
	} else {
		b := c.settled(c.expr(x.Y, nil))
		n.fault = c.first(a.fault, b.fault, c.noArray(a), c.wantArray(b, false))
		n.fault = c.first(n.fault, c.use(a, func(v any) any {
			return c.elements(b, func(l any) any {
				return onlyIf(or(and(eq(typeOf(v), "double"), op("in", "decimal", types(l))), and(eq(typeOf(v), "decimal"), op("in", "double", types(l)))), limitMixed)
			})
		}))
		n.value = c.use(a, func(v any) any {
			return c.elements(b, func(l any) any { return and(not(among(typeOf(v), a.absent()...)), op("in", v, l)) })
		})
	}
	if x.Op == ast.NotIn {
		n.value = not(n.value)
	}
	return n
}

// types are the types of the elements of a list.
func types(list any) any {
	return of("map", bson.D{{Key: "input", Value: list}, {Key: "as", Value: "e"}, {Key: "in", Value: typeOf("$$e")}})
}

func (c forms) is(x *ast.Is) *node {
	in := c.settled(c.expr(x.X, nil))
	n := &node{at: x.Span, kinds: []string{"bool"}, fault: in.fault}
	n.value = c.use(in, func(v any) any {
		switch word := x.Word.Text; word {
		case "missing":
			return among(typeOf(v), in.absent()...)
		case "present":
			return not(among(typeOf(v), in.absent()...))
		case "number":
			return among(typeOf(v), numbers...)
		case "empty":
			return or(eq(v, ""), eq(v, literal(bson.A{})), eq(v, literal(bson.D{})))
		case "uuid", "binary":
			c.refuse(x.Word.Span, "`is "+word+"`", "`$type` does not tell the kinds of binary values apart")
			return false
		case "code":
			return eq(typeOf(v), "javascript")
		default:
			return eq(typeOf(v), word)
		}
	})
	if x.Not {
		n.value = not(n.value)
	}
	return n
}

var operators = map[ast.Op]string{ast.Plus: "add", ast.Minus: "subtract", ast.Times: "multiply", ast.Divide: "divide", ast.Modulo: "mod"}

// arithmetic is exact or at fault. Integers whose result does not fit come out of a wider
// type ("$add": long, then double), which is the overflow.
func (c forms) arithmetic(x *ast.Binary, a, b *node) *node {
	n := &node{at: x.Span, kinds: numbers}
	result := func(v, w any) any { return op(operators[x.Op], v, w) }
	n.value = c.typed(a, b, result)
	n.fault = c.first(c.number(a), c.number(b), c.unlike(a, b), c.typed(a, b, func(v, w any) any {
		return c.let(typeOf(v), func(t string) any {
			return c.let(typeOf(w), func(u string) any {
				double, decimal := or(eq(t, "double"), eq(u, "double")), or(eq(t, "decimal"), eq(u, "decimal"))
				integers := and(among(t, "int", "long"), among(u, "int", "long"))
				steps := []branch{{and(double, decimal), string(diag.MixedNumbers)}}
				if x.Op == ast.Divide {
					steps = append(steps, branch{integers, string(diag.IntegerDivision)})
				}
				steps = append(steps, branch{and(double, or(c.beyond(v, t), c.beyond(w, u))), string(diag.NotRepresentable)})
				if x.Op == ast.Modulo {
					steps = append(steps, branch{double, string(diag.WrongType)})
				}
				if x.Op == ast.Modulo || x.Op == ast.Divide {
					steps = append(steps, branch{eq(w, literal(int32(0))), string(diag.DivisionByZero)})
				}
				steps = append(steps, branch{and(decimal, or(c.long(v), c.long(w))), limitDecimal},
					branch{decimal, nil},
					branch{integers, c.let(typeOf(result(v, w)), func(r string) any {
						return cond(eq(r, cond(or(eq(t, "long"), eq(u, "long")), "long", "int")), nil, string(diag.NumberOverflow))
					})},
					branch{c.zeros(x.Op, v, w), limitZero},
					branch{notFinite(result(v, w)), string(diag.NotFinite)})
				return choose(nil, steps...)
			})
		})
	}))
	return n
}

// zeros is whether two doubles are zero and one of them has a sign: servers differ in the
// sign of the sum.
func (c operands) zeros(o ast.Op, v, w any) any {
	if o != ast.Plus && o != ast.Minus {
		return nil
	}
	signed := func(v any) any { return among(of("toString", v), "-0", "-0.0") }
	return and(eq(v, zero), eq(w, zero), or(signed(v), signed(w)))
}

// beyond is whether an integer of type t is one that a double may not hold.
func (c operands) beyond(v, t any) any {
	bound := int64(1) << 53
	return and(eq(t, "long"), or(op("gt", v, literal(bound)), op("lt", v, literal(-bound))))
}

// long is whether a number has more digits than are safe: two of at most 17 characters
// have a sum and a product of at most 34 digits. An exponent, NaN and infinity are out.
func (c operands) long(v any) any {
	return c.let(of("toString", v), func(s string) any {
		tests := []any{op("gt", of("strLenBytes", s), literal(int32(17)))}
		for _, letter := range []string{"E", "N", "I"} {
			tests = append(tests, op("gte", op("indexOfBytes", s, letter), literal(int32(0))))
		}
		return or(tests...)
	})
}

// typed gives an expression two operands, a constant in the type of the other one.
func (c operands) typed(a, b *node, in func(v, w any) any) any {
	loose := func(n *node) bool { return n.constant != nil && n.constant.IsConstant() }
	switch {
	case loose(a) && !loose(b):
		return c.use(b, func(w any) any { return c.let(like(*a.constant, w), func(v string) any { return in(v, w) }) })
	case loose(b) && !loose(a):
		return c.use(a, func(v any) any { return c.let(like(*b.constant, v), func(w string) any { return in(v, w) }) })
	}
	return c.pair(a, b, in)
}

// like is a constant in the type of a number; where it has none there is a fault before.
func like(v value.Value, other any) any {
	var steps []branch
	for _, t := range numbers {
		if typed := v.As(t); !typed.Untyped() {
			steps = append(steps, branch{eq(typeOf(other), t), literal(typed.BSON)})
		}
	}
	return choose(nil, steps...)
}

// unlike is the fault of a constant that has no form in the type of the other operand.
func (c operands) unlike(a, b *node) any {
	constant, other := a.constant, b
	if constant == nil || !constant.IsConstant() {
		constant, other = b.constant, a
	}
	if constant == nil || !constant.IsConstant() {
		return nil
	}
	var bad []string
	for _, t := range numbers {
		if constant.As(t).Untyped() {
			bad = append(bad, t)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return c.use(other, func(v any) any { return onlyIf(among(typeOf(v), bad...), string(diag.NotRepresentable)) })
}
