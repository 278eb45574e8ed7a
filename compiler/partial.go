package compiler

// Which documents a partial index has entries for. In: a partialFilterExpression
// and a document; out: whether the document is in the index. The operators are
// those that the MongoDB manual allows there (core/index-partial): equality,
// $exists: true, $gt, $gte, $lt, $lte, $type, $and, $or, $in.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// inPartialIndex reports whether the filter holds for a document; known is
// false for a filter that is not understood here, which the server decides on.
// What a secret will be is not known either.
func inPartialIndex(filter, d bson.Raw, secret func(field string) bool) (holds, known bool) {
	holds, known = true, true
	for field, condition := range doc.Fields(filter) {
		var one, understood bool
		switch {
		case field == "$and" || field == "$or":
			one, understood = combined(field == "$and", condition, d, secret)
		case strings.HasPrefix(field, "$") || secret(field):
			return false, false
		default:
			one, understood = fieldHolds(indexed(d, strings.Split(field, ".")), condition)
		}
		holds, known = holds && one, known && understood
	}
	return holds, known
}

// combined is $and (all) or $or.
func combined(all bool, list bson.RawValue, d bson.Raw, secret func(string) bool) (holds, known bool) {
	if list.Type != bson.TypeArray {
		return false, false
	}
	holds = all
	for _, element := range doc.Fields(bson.Raw(list.Value)) {
		if element.Type != bson.TypeEmbeddedDocument {
			return false, false
		}
		one, understood := inPartialIndex(bson.Raw(element.Value), d, secret)
		if !understood {
			return false, false
		}
		if all {
			holds = holds && one
		} else {
			holds = holds || one
		}
	}
	return holds, true
}

// fieldHolds judges the values that a field has: one, or those of an array.
func fieldHolds(values []bson.RawValue, condition bson.RawValue) (holds, known bool) {
	operators := false
	if condition.Type == bson.TypeEmbeddedDocument {
		for name := range doc.Fields(bson.Raw(condition.Value)) {
			operators = operators || strings.HasPrefix(name, "$")
		}
	}
	if !operators {
		return equals(values, condition), true
	}
	for operator, operand := range doc.Fields(bson.Raw(condition.Value)) {
		one := false
		switch operator {
		case "$eq":
			one = equals(values, operand)
		case "$exists":
			if !truthy(operand) {
				return false, false
			}
			one = len(values) > 0
		case "$in":
			if operand.Type != bson.TypeArray {
				return false, false
			}
			for _, v := range doc.Fields(bson.Raw(operand.Value)) {
				one = one || equals(values, v)
			}
		case "$gt", "$gte", "$lt", "$lte":
			one = slices.ContainsFunc(values, func(v bson.RawValue) bool { return ordered(operator, v, operand) })
		case "$type":
			name, ok := operand.StringValueOK()
			if !ok || typeNames[name] == 0 {
				return false, false
			}
			one = slices.ContainsFunc(values, func(v bson.RawValue) bool { return v.Type == typeNames[name] })
		default:
			return false, false
		}
		if !one {
			return false, true
		}
	}
	return true, true
}

// equals is a query's equality: null is met by a missing field too.
func equals(values []bson.RawValue, wanted bson.RawValue) bool {
	if wanted.Type == bson.TypeNull && len(values) == 0 {
		return true
	}
	return slices.ContainsFunc(values, func(v bson.RawValue) bool { return doc.Same(v, wanted) })
}

func ordered(operator string, v, operand bson.RawValue) bool {
	c, ok := doc.CompareFamily(v, operand)
	switch {
	case !ok:
		return false
	case operator == "$gt":
		return c > 0
	case operator == "$gte":
		return c >= 0
	case operator == "$lt":
		return c < 0
	}
	return c <= 0
}

// typeNames are the aliases of $type for single types (MongoDB manual,
// reference/operator/query/type); "array" is left out: elements were entered.
var typeNames = map[string]bson.Type{
	"double": bson.TypeDouble, "string": bson.TypeString, "object": bson.TypeEmbeddedDocument,
	"binData": bson.TypeBinary, "objectId": bson.TypeObjectID, "bool": bson.TypeBoolean, "date": bson.TypeDateTime,
	"null": bson.TypeNull, "regex": bson.TypeRegex, "int": bson.TypeInt32, "timestamp": bson.TypeTimestamp,
	"long": bson.TypeInt64, "decimal": bson.TypeDecimal128,
}
