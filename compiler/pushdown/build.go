package pushdown

// Aggregation expressions as BSON.

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// op is an operator with its arguments in a list.
func op(name string, args ...any) bson.D { return bson.D{{Key: "$" + name, Value: bson.A(args)}} }

// of is an operator with one argument, which may not be a list.
func of(name string, arg any) bson.D { return bson.D{{Key: "$" + name, Value: arg}} }

func literal(v any) bson.D         { return of("literal", v) }
func typeOf(x any) bson.D          { return of("type", x) }
func eq(a, b any) bson.D           { return op("eq", a, b) }
func ne(a, b any) bson.D           { return op("ne", a, b) }
func cond(test, then, els any) any { return op("cond", test, then, els) }

// among is whether x is one of some texts that need no $literal.
func among(x any, texts ...string) bson.D {
	if len(texts) == 1 {
		return eq(x, texts[0])
	}
	list := bson.A{}
	for _, t := range texts {
		list = append(list, t)
	}
	return op("in", x, list)
}

func and(tests ...any) any { return joined("and", tests) }
func or(tests ...any) any  { return joined("or", tests) }
func not(test any) any     { return op("not", test) }

func joined(name string, tests []any) any {
	var list bson.A
	for _, t := range tests {
		if t != nil {
			list = append(list, t)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return bson.D{{Key: "$" + name, Value: list}}
}

// branch is one of a choice: the first whose test holds is taken.
type branch struct{ test, then any }

// choose is `$switch`; branches without a test are left out.
func choose(otherwise any, branches ...branch) any {
	list := bson.A{}
	for _, b := range branches {
		if b.test != nil {
			list = append(list, bson.D{{Key: "case", Value: b.test}, {Key: "then", Value: b.then}})
		}
	}
	if len(list) == 0 {
		return otherwise
	}
	return of("switch", bson.D{{Key: "branches", Value: list}, {Key: "default", Value: otherwise}})
}

// let gives an expression a name, which in stands for.
func (c *compiler) let(x any, in func(ref string) any) any {
	v := c.fresh()
	return of("let", bson.D{{Key: "vars", Value: bson.D{{Key: v, Value: x}}}, {Key: "in", Value: in("$$" + v)}})
}

// fresh is a name of a variable that is not used yet.
func (c *compiler) fresh() string {
	c.vars++
	return "v" + decimalText(c.vars)
}

func decimalText(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimalText(n/10) + string(rune('0'+n%10))
}

// first is the first fault of several that is not null, nil where there is none; the
// later ones are evaluated only where the earlier ones are null.
func (c *compiler) first(faults ...any) any {
	var list []any
	for _, f := range faults {
		if f != nil {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return nil
	}
	out := list[len(list)-1]
	for i := len(list) - 2; i >= 0; i-- {
		rest := out
		out = c.let(list[i], func(f string) any { return cond(eq(f, nil), rest, f) })
	}
	return out
}

// onlyIf is a fault where a test holds, else null.
func onlyIf(test, fault any) any {
	if fault == nil {
		return nil
	}
	return cond(test, fault, nil)
}
