package model

// The conditions of `prune where` (docs/enforcement.md, Prune).

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

func holds(c *desired.Cond, d Value) bool {
	switch c.Op {
	case desired.CondAnd:
		return !slices.ContainsFunc(c.Args, func(a *desired.Cond) bool { return !holds(a, d) })
	case desired.CondOr:
		return slices.ContainsFunc(c.Args, func(a *desired.Cond) bool { return holds(a, d) })
	case desired.CondNot:
		return !holds(c.Args[0], d)
	}
	v, there := d.get(c.Path...)
	isOneOf := func() bool {
		return there && slices.ContainsFunc(c.Values, func(w bson.RawValue) bool { return same(v, decode(w)) })
	}
	ordered := func(w bson.RawValue, fits func(int) bool) bool {
		n, ok := compareFamily(v, decode(w))
		return there && ok && fits(n)
	}
	switch c.Op {
	case desired.CondEq, desired.CondIn:
		return isOneOf()
	case desired.CondNe, desired.CondNotIn:
		return !isOneOf()
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
		return is(v, there, c.Word)
	case desired.CondIsNot:
		return !is(v, there, c.Word)
	case desired.CondContains:
		return there && v.Type == bson.TypeArray && slices.ContainsFunc(v.Fields, func(f Field) bool { return same(f.Value, decode(c.Values[0])) })
	case desired.CondStartsWith:
		return there && v.Type == bson.TypeString && strings.HasPrefix(v.text(), decode(c.Values[0]).text())
	case desired.CondEndsWith:
		return there && v.Type == bson.TypeString && strings.HasSuffix(v.text(), decode(c.Values[0]).text())
	}
	panic("no condition " + c.Op)
}

// words are the language's names of types.
var words = map[string][]bson.Type{
	"null": {bson.TypeNull}, "int": {bson.TypeInt32}, "long": {bson.TypeInt64}, "double": {bson.TypeDouble}, "decimal": {bson.TypeDecimal128},
	"number": {bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128},
	"string": {bson.TypeString}, "bool": {bson.TypeBoolean}, "date": {bson.TypeDateTime}, "object": {bson.TypeEmbeddedDocument},
	"array": {bson.TypeArray}, "binary": {bson.TypeBinary}, "uuid": {bson.TypeBinary}, "timestamp": {bson.TypeTimestamp},
	"objectId": {bson.TypeObjectID}, "regex": {bson.TypeRegex}, "minKey": {bson.TypeMinKey}, "maxKey": {bson.TypeMaxKey},
}

func is(v Value, there bool, word string) bool {
	switch {
	case word == "missing":
		return !there
	case word == "present":
		return there
	case word == "uuid" && there && v.Type == bson.TypeBinary:
		return len(v.Bytes) == 5+16 && v.Bytes[4] == bson.TypeBinaryUUID
	}
	return there && slices.Contains(words[word], v.Type)
}
