package compare

// Conditions of `prune where`. In: a condition and a document; out: whether it
// holds, by the language's rules: no array is entered in secret, missing and
// null are apart, numbers are compared across types. Pure.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// holds evaluates a condition; nil holds for every document.
func holds(c *desired.Cond, d bson.Raw) bool {
	if c == nil {
		return true
	}
	each := func(arg *desired.Cond) bool { return holds(arg, d) }
	switch c.Op {
	case desired.CondAnd:
		return !slices.ContainsFunc(c.Args, func(arg *desired.Cond) bool { return !each(arg) })
	case desired.CondOr:
		return slices.ContainsFunc(c.Args, each)
	case desired.CondNot:
		return !each(c.Args[0])
	}
	v, ok := doc.Get(d, c.Path)
	among := func() bool {
		return ok && slices.ContainsFunc(c.Values, func(w bson.RawValue) bool { return doc.Same(v, w) })
	}
	ordered := func(w bson.RawValue, test func(int) bool) bool {
		if !ok {
			return false
		}
		n, comparable := doc.CompareFamily(v, w)
		return comparable && test(n)
	}
	switch c.Op {
	case desired.CondEq, desired.CondIn:
		return among()
	case desired.CondNe, desired.CondNotIn:
		return !among()
	case desired.CondLt:
		return ordered(c.Values[0], func(n int) bool { return n < 0 })
	case desired.CondLe:
		return ordered(c.Values[0], func(n int) bool { return n <= 0 })
	case desired.CondGt:
		return ordered(c.Values[0], func(n int) bool { return n > 0 })
	case desired.CondGe:
		return ordered(c.Values[0], func(n int) bool { return n >= 0 })
	case desired.CondBetween:
		return ordered(c.Values[0], func(n int) bool { return n >= 0 }) && ordered(c.Values[1], func(n int) bool { return n <= 0 })
	case desired.CondIs:
		return is(v, ok, c.Word)
	case desired.CondIsNot:
		return !is(v, ok, c.Word)
	case desired.CondContains:
		return ok && contains(v, c.Values[0])
	case desired.CondStartsWith:
		s, isString := v.StringValueOK()
		return ok && isString && strings.HasPrefix(s, c.Values[0].StringValue())
	case desired.CondEndsWith:
		s, isString := v.StringValueOK()
		return ok && isString && strings.HasSuffix(s, c.Values[0].StringValue())
	}
	return false // desired's reader refuses other operators
}

func is(v bson.RawValue, ok bool, word string) bool {
	switch {
	case word == "missing":
		return !ok
	case !ok:
		return false
	case word == "present":
		return true
	case word == "number":
		return v.IsNumber() || v.Type == bson.TypeDecimal128
	}
	name := doc.TypeName(v)
	return name == word || word == "binary" && name == "uuid"
}

func contains(array, w bson.RawValue) bool {
	if array.Type != bson.TypeArray {
		return false
	}
	for _, v := range doc.Fields(bson.Raw(array.Value)) {
		if doc.Same(v, w) {
			return true
		}
	}
	return false
}
