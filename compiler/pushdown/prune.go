package pushdown

// `prune`: the documents of the destination that are in its scope, beside those that are
// wanted; the counterpart of runtime/compare/cond.go.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Prune is what is deleted, as pipelines.
type Prune struct {
	Origin string
	// AtMost is the bound, Percent whether it is one of the documents in scope.
	AtMost  int64
	Percent bool
	// Scope finds the documents in scope in the destination, Candidates makes documents of
	// work of them, which are merged into those that are there.
	Scope, Candidates bson.A
	// Look is what is merged into a document of work while it is deleted: as it is now;
	// Changed is then whether it was changed since it was looked at first.
	Look    bson.D
	Changed any
}

func (m *merger) prune(p *desired.Prune) *Prune {
	out := &Prune{Origin: p.Origin, AtMost: p.AtMost, Percent: p.Percent, Scope: bson.A{of("match", bson.D{{Key: "$expr", Value: not(m.keyless("$$ROOT"))}})}}
	if len(p.Filter) > 5 {
		out.Scope = append(bson.A{of("match", p.Filter)}, out.Scope...)
	}
	var fault any
	if p.Where != nil {
		holds, unclear := m.holds(p.Where)
		if unclear != nil {
			holds = or(unclear, holds)
			fault = cond(unclear, literal(bson.D{{Key: "code", Value: limitMixed}, {Key: "at", Value: p.Origin}}), nil)
		}
		out.Scope = append(out.Scope, of("match", bson.D{{Key: "$expr", Value: holds}}))
	}
	candidate := bson.D{{Key: "_id", Value: m.key("$$ROOT")}, {Key: "x", Value: "$$ROOT"}, {Key: "f", Value: fault}, {Key: "done", Value: "prune"}}
	out.Candidates = append(append(bson.A{}, out.Scope...), of("replaceWith", candidate))
	out.Look = bson.D{{Key: "_id", Value: m.key("$$ROOT")}, {Key: "now", Value: "$$ROOT"}}
	out.Changed = or(ne("$x", "$now"), ne(m.types("$x", Depth), m.types("$now", Depth)))
	return out
}

// holds is whether a condition holds for the document at hand, and whether that is
// unclear, as a double is compared with a decimal; nil: never.
func (m *merger) holds(c *desired.Cond) (test, unclear any) {
	if len(c.Args) > 0 {
		var tests, unclears []any
		for _, a := range c.Args {
			t, u := m.holds(a)
			tests = append(tests, t)
			if u != nil {
				unclears = append(unclears, u)
			}
		}
		if len(unclears) > 0 {
			unclear = or(unclears...)
		}
		switch c.Op {
		case desired.CondNot:
			return not(tests[0]), unclear
		case desired.CondOr:
			return or(tests...), unclear
		}
		return and(tests...), unclear
	}
	test = m.valueAt("$$ROOT", c.Path, func(v any) any { return m.compared(c, v) })
	var mixed []any
	for _, w := range c.Values {
		other := map[string]string{"double": "decimal", "decimal": "double"}[kindOf(value.Of(w))]
		if other == "" {
			continue
		}
		mixed = append(mixed, m.valueAt("$$ROOT", c.Path, func(v any) any {
			if c.Op == desired.CondContains {
				return cond(of("isArray", bson.A{v}), op("in", other, types(v)), false)
			}
			return eq(typeOf(v), other)
		}))
	}
	if len(mixed) > 0 {
		unclear = or(mixed...)
	}
	return test, unclear
}

func (m *merger) compared(c *desired.Cond, v any) any {
	absent := among(typeOf(v), "missing", "undefined")
	same := func() any {
		var tests []any
		for _, w := range c.Values {
			tests = append(tests, eq(v, literal(w)))
		}
		if len(tests) == 0 {
			return false
		}
		return and(not(absent), or(tests...))
	}
	ordered := func(name string, w bson.RawValue) any {
		for _, f := range families {
			if kind := kindOf(value.Of(w)); slices.Contains(f, kind) {
				return and(among(typeOf(v), f...), op(name, v, literal(w)))
			}
		}
		return false
	}
	is := func() any {
		switch c.Word {
		case "missing":
			return absent
		case "present":
			return not(absent)
		case "number":
			return among(typeOf(v), numbers...)
		case "binary":
			return eq(typeOf(v), "binData")
		}
		return eq(typeOf(v), c.Word)
	}
	switch c.Op {
	case desired.CondEq, desired.CondIn:
		return same()
	case desired.CondNe, desired.CondNotIn:
		return not(same())
	case desired.CondLt:
		return ordered("lt", c.Values[0])
	case desired.CondLe:
		return ordered("lte", c.Values[0])
	case desired.CondGt:
		return ordered("gt", c.Values[0])
	case desired.CondGe:
		return ordered("gte", c.Values[0])
	case desired.CondBetween:
		return and(ordered("gte", c.Values[0]), ordered("lte", c.Values[1]))
	case desired.CondIs:
		return is()
	case desired.CondIsNot:
		return not(is())
	case desired.CondContains:
		return cond(of("isArray", bson.A{v}), op("in", literal(c.Values[0]), v), false)
	case desired.CondStartsWith:
		return cond(eq(typeOf(v), "string"), startsWith(v, literal(c.Values[0])), false)
	case desired.CondEndsWith:
		return cond(eq(typeOf(v), "string"), m.endsWith(v, literal(c.Values[0])), false)
	}
	return false // compiler/policy makes no others
}
