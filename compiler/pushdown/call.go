package pushdown

// The functions as aggregation expressions.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
)

// pushed is what a function becomes; args are judged by the parameters already.
type pushed func(c *compiler, x *ast.Call, args []*node) *node

// passing are the functions whose arguments are written where the result is: a constant
// among them takes its type from there.
var passing = map[string]bool{"concat": true, "reverse": true, "merge": true, "slice": true}

func (c forms) call(x *ast.Call, to value.Target) *node {
	f := function.Find(x.Func.Text)
	build, ok := functions[x.Func.Text]
	if !ok {
		why := "its arguments are no constants"
		for _, m := range marks {
			if m.Function == x.Func.Text && m.Refused != "" {
				why = m.Refused
			}
		}
		return c.refuse(x.Func.Span, "`"+x.Func.Text+"`", why)
	}
	args := make([]*node, len(x.Args))
	var faults []any
	for i, a := range x.Args {
		p := f.Param(i)
		if re, ok := ast.Unparen(a).(*ast.Regex); ok {
			return c.refuse(re.Span, "a regular expression in `"+f.Name+"`", "PCRE chooses another match than RE2 among several")
		}
		var inner value.Target
		if passing[f.Name] {
			inner = to
		}
		n := c.expr(a, inner)
		if n.constant != nil && n.constant.Untyped() && !(n.constant.FitsInteger() && p.Takes("number")) {
			if n.constant.IsConstant() || inner == nil {
				return c.refuse(a.Place(), "a number without a type", "its type depends on where the result is written; write `int(…)`, `decimal(…)` or the like")
			}
			n = c.settledTo(n, inner)
		}
		args[i] = n
		faults = append(faults, c.argument(n, p))
	}
	n := build(c.compiler, x, args)
	n.at = x.Span
	n.fault = c.first(append(faults, n.fault)...)
	return n
}

// argument is the fault of an argument: missing, null, or of a type that is not taken.
func (c forms) argument(n *node, p function.Param) any {
	if n.constant != nil {
		return nil // judged by eval.Env
	}
	var kinds []string
	for _, t := range p.Types {
		switch t {
		case "any":
			return c.solid(n, diag.WrongType)
		case "number":
			kinds = append(kinds, numbers...)
		case "integer":
			kinds = append(kinds, "int", "long")
		case "uuid", "binary":
			kinds = append(kinds, "binData")
		default:
			kinds = append(kinds, t)
		}
	}
	return c.solid(n, diag.WrongType, kinds...)
}

// own is a node of one type whose value is built of the settled values of arguments.
func own(kind string, build func(c *compiler, v []any) any) pushed {
	return func(c *compiler, _ *ast.Call, args []*node) *node {
		values := make([]any, len(args))
		for i, a := range args {
			values[i] = c.settled(a).value
		}
		n := &node{value: build(c, values)}
		if kind != "" {
			n.kinds = []string{kind}
		}
		return n
	}
}

// under is a function with a fault of its own.
func under(f pushed, fault func(c *compiler, x *ast.Call, args []*node) any) pushed {
	return func(c *compiler, x *ast.Call, args []*node) *node {
		n := f(c, x, args)
		n.fault = fault(c, x, args)
		return n
	}
}

// ofASCII is the limit of texts that have characters beyond ASCII.
func ofASCII(c *compiler, _ *ast.Call, args []*node) any {
	return c.limitedTo(args[0], limitASCII, func(v any) any { return eq(of("strLenBytes", v), of("strLenCP", v)) })
}

// fixed refuses arguments from i on that depend on a document.
func fixed(from int, f pushed) pushed {
	return func(c *compiler, x *ast.Call, args []*node) *node {
		for i := from; i < len(args); i++ {
			if args[i].constant == nil {
				return c.refuse(x.Args[i].Place(), "an argument of `"+x.Func.Text+"` that depends on the document", "the pipeline is exact for constants only")
			}
		}
		return f(c, x, args)
	}
}

// inUTC refuses another zone than UTC, which is the last argument where it is given.
func inUTC(at int, f pushed) pushed {
	return func(c *compiler, x *ast.Call, args []*node) *node {
		if len(args) > at {
			if z := args[at]; z.constant == nil || value.Text(z.constant.BSON) != "UTC" {
				return c.refuse(x.Args[at].Place(), "a time zone", "the server's release of the time zone database is another one")
			}
			args = args[:at]
		}
		return f(c, x, args)
	}
}

// spaces are what trim takes away: unicode.IsSpace.
const spaces = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

func trimmed(name string) pushed {
	return own("string", func(_ *compiler, v []any) any {
		return of(name, bson.D{{Key: "input", Value: v[0]}, {Key: "chars", Value: literal(spaces)}})
	})
}

// converted is a conversion of the kinds that it is exact for.
func converted(to string, test func(c *compiler, v, t any) any) pushed {
	operator := map[string]string{"int": "toInt", "long": "toLong", "double": "toDouble", "decimal": "toDecimal"}[to]
	return func(c *compiler, _ *ast.Call, args []*node) *node {
		a := c.settled(args[0])
		return &node{kinds: []string{to}, value: of(operator, a.value), fault: c.use(a, func(v any) any {
			return c.let(typeOf(v), func(t string) any { return cond(test(c, v, t), nil, limitConvert) })
		})}
	}
}

func within(v any, bound int64) any {
	return and(op("lte", v, literal(bound)), op("gte", v, literal(-bound)))
}

const exactDoubles = int64(1) << 53

// whole is floor or ceil.
func whole(name string) pushed {
	return func(c *compiler, _ *ast.Call, args []*node) *node {
		a := c.settled(args[0])
		return &node{kinds: numbers, value: c.use(a, func(v any) any { return cond(eq(typeOf(v), "double"), of(name, v), v) }), fault: c.use(a, func(v any) any {
			return choose(nil, branch{eq(typeOf(v), "decimal"), limitDecimal},
				branch{and(eq(typeOf(v), "double"), or(notFinite(v), not(within(v, exactDoubles)))), limitNumber},
				// the sign of a zero that comes out is the server's own
				branch{and(eq(typeOf(v), "double"), eq(of(name, v), literal(int32(0)))), limitNumber})
		})}
	}
}

// later is a date so many units later.
func later(unit string, most int64) pushed {
	return fixed(1, func(c *compiler, x *ast.Call, args []*node) *node {
		if n := args[1].constant.Integer(); n > most || n < -most {
			return c.refuse(x.Args[1].Place(), "so large a number of "+unit+"s", "the server's dates end before")
		}
		a := c.settled(args[0])
		return &node{kinds: []string{"date"}, value: of("dateAdd", bson.D{{Key: "startDate", Value: a.value}, {Key: "unit", Value: unit}, {Key: "amount", Value: literal(args[1].constant.Integer())}}),
			fault: c.calendar(a)}
	})
}

// calendar is the limit of dates that servers calculate with.
func (c *compiler) calendar(n *node) any {
	return c.limitedTo(n, limitText, func(v any) any {
		return and(op("gte", v, bson.DateTime(-62135596800000)), op("lte", v, bson.DateTime(221845392000000))) // the years 1 to 8999
	})
}

func part(operator string) pushed {
	return inUTC(1, func(c *compiler, _ *ast.Call, args []*node) *node {
		a := c.settled(args[0])
		return &node{kinds: []string{"int"}, value: of(operator, a.value), fault: c.calendar(a)}
	})
}

var zero = literal(int32(0))

var functions = map[string]pushed{
	"lower":     under(own("string", func(_ *compiler, v []any) any { return of("toLower", v[0]) }), ofASCII),
	"upper":     under(own("string", func(_ *compiler, v []any) any { return of("toUpper", v[0]) }), ofASCII),
	"trim":      trimmed("trim"),
	"trimStart": trimmed("ltrim"),
	"trimEnd":   trimmed("rtrim"),
	"replace": func(c *compiler, x *ast.Call, args []*node) *node {
		if what := args[1].constant; what == nil || value.Text(what.BSON) == "" {
			return c.refuse(x.Args[1].Place(), "what `replace` replaces, when it is no constant text", "an empty one is an error here")
		}
		return own("string", func(_ *compiler, v []any) any {
			return of("replaceAll", bson.D{{Key: "input", Value: v[0]}, {Key: "find", Value: v[1]}, {Key: "replacement", Value: v[2]}})
		})(c, x, args)
	},
	"split": func(c *compiler, x *ast.Call, args []*node) *node {
		if sep := args[1].constant; sep == nil || value.Text(sep.BSON) == "" {
			return c.refuse(x.Args[1].Place(), "what `split` splits at, when it is no constant text", "an empty one is an error here")
		}
		return own("array", func(_ *compiler, v []any) any { return op("split", v...) })(c, x, args)
	},
	"join": func(c *compiler, _ *ast.Call, args []*node) *node {
		list, sep := c.settled(args[0]), c.settled(args[1])
		n := &node{kinds: []string{"string"}}
		n.value = c.use(sep, func(s any) any {
			return of("reduce", bson.D{{Key: "input", Value: list.value}, {Key: "initialValue", Value: nil},
				{Key: "in", Value: cond(eq("$$value", nil), "$$this", op("concat", "$$value", s, "$$this"))}})
		})
		n.value = op("ifNull", n.value, "")
		n.fault = c.use(list, func(l any) any { return cond(of("allElementsTrue", bson.A{allStrings(l)}), nil, limitText) })
		return n
	},
	"slice": fixed(1, func(c *compiler, x *ast.Call, args []*node) *node {
		start, length := args[1].constant.Integer(), int64(1<<30)
		if len(args) > 2 {
			length = args[2].constant.Integer() - start
		}
		if start < 0 || start > 1<<30 || length < 0 {
			return c.refuse(x.Span, "these positions", "they are none")
		}
		length = min(length, 1<<30)
		a := c.settled(args[0])
		return &node{kinds: []string{"string", "array"}, value: c.use(a, func(v any) any {
			var list any = bson.A{}
			if length > 0 {
				list = op("slice", v, literal(int32(start)), literal(int32(length)))
			}
			return cond(of("isArray", bson.A{v}), list, of("substrCP", bson.A{v, literal(int32(start)), literal(int32(length))}))
		})}
	}),
	"startsWith": own("bool", func(_ *compiler, v []any) any { return startsWith(v[0], v[1]) }),
	"contains":   own("bool", func(_ *compiler, v []any) any { return op("gte", op("indexOfBytes", v[0], v[1]), zero) }),
	"endsWith":   own("bool", func(c *compiler, v []any) any { return c.endsWith(v[0], v[1]) }),
	"length": func(c *compiler, _ *ast.Call, args []*node) *node {
		return &node{kinds: []string{"int"}, value: c.use(args[0], func(v any) any {
			return cond(of("isArray", bson.A{v}), of("size", v), of("strLenCP", v))
		})}
	},
	"string": func(c *compiler, _ *ast.Call, args []*node) *node {
		text, fault := c.written(c.settled(args[0]))
		return &node{kinds: []string{"string"}, value: text, fault: fault}
	},
	"int": converted("int", func(c *compiler, v, t any) any {
		return and(among(t, "int", "long"), op("lte", v, literal(int64(1<<31-1))), op("gte", v, literal(int64(-1<<31))))
	}),
	"long": converted("long", func(_ *compiler, _, t any) any { return among(t, "int", "long") }),
	"double": converted("double", func(_ *compiler, v, t any) any {
		return or(eq(t, "double"), and(among(t, "int", "long"), within(v, exactDoubles)))
	}),
	"decimal": converted("decimal", func(_ *compiler, _, t any) any { return among(t, "int", "long", "decimal") }),
	"floor":   whole("floor"),
	"ceil":    whole("ceil"),
	"abs": func(c *compiler, _ *ast.Call, args []*node) *node {
		a := c.settled(args[0])
		return &node{kinds: numbers, value: of("abs", a.value), fault: c.use(a, func(v any) any {
			return choose(nil, branch{notFinite(v), limitNaN}, branch{eq(v, literal(int64(-1<<63))), string(diag.NumberOverflow)},
				branch{and(eq(typeOf(v), "int"), eq(v, literal(int32(-1<<31)))), string(diag.NumberOverflow)})
		})}
	},
	"div": func(c *compiler, x *ast.Call, args []*node) *node {
		for i, a := range args {
			if a.constant != nil && a.constant.Untyped() {
				other := args[1-i]
				if v := a.constant.As("int"); !v.Untyped() {
					args[i] = c.constantNode(a.at, v)
					continue
				}
				return c.refuse(other.at, "so large a constant in `div`", "the server divides as doubles")
			}
		}
		a, b := c.settled(args[0]), c.settled(args[1])
		whole := func(v, w any) any { return op("divide", op("subtract", v, op("mod", v, w)), w) }
		n := &node{kinds: []string{"int", "long"}}
		n.value = operands{c}.pair(a, b, func(v, w any) any {
			return cond(or(eq(typeOf(v), "long"), eq(typeOf(w), "long")), of("toLong", whole(v, w)), of("toInt", whole(v, w)))
		})
		n.fault = operands{c}.pair(a, b, func(v, w any) any {
			return choose(nil, branch{eq(w, zero), string(diag.DivisionByZero)},
				branch{not(and(within(v, exactDoubles), within(w, exactDoubles))), limitNumber},
				branch{and(eq(typeOf(v), "int"), eq(typeOf(w), "int"), eq(v, literal(int32(-1<<31))), eq(w, literal(int32(-1)))), string(diag.NumberOverflow)})
		})
		return n
	},
	"first": own("", func(c *compiler, v []any) any {
		return c.let(v[0], func(l string) any { return cond(eq(l, literal(bson.A{})), "$$REMOVE", op("arrayElemAt", l, zero)) })
	}),
	"last": own("", func(c *compiler, v []any) any {
		return c.let(v[0], func(l string) any {
			return cond(eq(l, literal(bson.A{})), "$$REMOVE", op("arrayElemAt", l, literal(int32(-1))))
		})
	}),
	"reverse": own("array", func(_ *compiler, v []any) any { return of("reverseArray", bson.A{v[0]}) }),
	"concat":  own("array", func(_ *compiler, v []any) any { return op("concatArrays", v...) }),
	"distinct": func(c *compiler, _ *ast.Call, args []*node) *node {
		a := c.settled(args[0])
		return &node{kinds: []string{"array"}, value: of("reduce", bson.D{{Key: "input", Value: a.value}, {Key: "initialValue", Value: bson.A{}},
			{Key: "in", Value: cond(op("in", "$$this", "$$value"), "$$value", op("concatArrays", "$$value", bson.A{"$$this"}))}}),
			fault: c.use(a, func(l any) any {
				return onlyIf(and(op("in", "double", types(l)), op("in", "decimal", types(l))), limitMixed)
			})}
	},
	"flatten": own("array", func(_ *compiler, v []any) any {
		return of("reduce", bson.D{{Key: "input", Value: v[0]}, {Key: "initialValue", Value: bson.A{}},
			{Key: "in", Value: op("concatArrays", "$$value", cond(of("isArray", bson.A{"$$this"}), "$$this", bson.A{"$$this"}))}})
	}),
	"keys":   own("array", func(c *compiler, v []any) any { return mapped(v[0], "$$e.k") }),
	"values": own("array", func(c *compiler, v []any) any { return mapped(v[0], "$$e.v") }),
	"entries": own("array", func(c *compiler, v []any) any {
		return mapped(v[0], bson.D{{Key: "key", Value: "$$e.k"}, {Key: "value", Value: "$$e.v"}})
	}),
	"merge": func(c *compiler, x *ast.Call, args []*node) *node {
		n := own("object", func(_ *compiler, v []any) any { return op("mergeObjects", v...) })(c, x, args)
		for _, a := range args {
			if a.may("array") {
				f := c.use(a, func(v any) any {
					if len(args) > 1 {
						return onlyIf(of("isArray", bson.A{v}), string(diag.WrongType))
					}
					return onlyIf(of("isArray", bson.A{v}), limitConvert)
				})
				n.fault = c.first(n.fault, f)
			}
		}
		return n
	},
	"addDays":    inUTC(2, later("day", 3_000_000)),
	"addHours":   later("hour", 3_000_000),
	"addMonths":  inUTC(2, later("month", 3_000)),
	"year":       part("year"),
	"month":      part("month"),
	"dayOfMonth": part("dayOfMonth"),
}

func mapped(object, in any) any {
	return of("map", bson.D{{Key: "input", Value: of("objectToArray", object)}, {Key: "as", Value: "e"}, {Key: "in", Value: in}})
}

func allStrings(list any) any {
	return of("map", bson.D{{Key: "input", Value: list}, {Key: "as", Value: "e"}, {Key: "in", Value: eq(typeOf("$$e"), "string")}})
}

func startsWith(text, start any) any { return eq(op("indexOfBytes", text, start), zero) }

func (c *compiler) endsWith(text, end any) any {
	return c.let(text, func(s string) any {
		return c.let(end, func(end string) any {
			return c.let(op("subtract", of("strLenBytes", s), of("strLenBytes", end)), func(at string) any {
				// from a place on where characters begin: the end, if it is one, begins there
				return cond(op("lt", at, zero), false, op("gte", op("indexOfBytes", s, end, at), zero))
			})
		})
	})
}
