package value

// What a write changes of the types that a field had, in lists and objects as well.
//
// In: the values at one place before and after; elements of a list are one place.
// Out: a TypeChange for each type that none of the values before had. Null is no type.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/runtime/doc"
)

// TypeChange is a place in what is written, `[].price` say or empty for all of it,
// with the names of the types that it had and of the one that it gets.
type TypeChange struct{ At, From, To string }

// mostTypeChanges is how many changes of one write are counted.
const mostTypeChanges = 20

// TypeChanges are those between what was in a field, Type 0 for nothing, and what is written there.
func TypeChanges(old, to bson.RawValue) []TypeChange {
	return typeChanges(nil, []bson.RawValue{old}, []bson.RawValue{to}, "")
}

// ElementTypeChanges are those between the elements of an array and one that is added to them.
func ElementTypeChanges(array, added bson.RawValue) []TypeChange {
	return typeChanges(nil, elementsOf([]bson.RawValue{array}), []bson.RawValue{added}, "[]")
}

// typeChanges compares what was at a place with what comes there.
func typeChanges(found []TypeChange, old, to []bson.RawValue, at string) []TypeChange {
	had := heldTypes(old)
	if len(had) == 0 || len(found) >= mostTypeChanges {
		return found
	}
	for _, t := range heldTypes(to) {
		if !slices.Contains(had, t) {
			found = append(found, TypeChange{at, strings.Join(had, " or "), t})
		}
	}
	if elements := elementsOf(to); len(elements) > 0 {
		found = typeChanges(found, elementsOf(old), elements, at+"[]")
	}
	fields, names := fieldsOf(to)
	if len(names) == 0 {
		return found
	}
	before, _ := fieldsOf(old)
	for _, name := range names {
		found = typeChanges(found, before[name], fields[name], at+"."+doc.Path{name}.String())
	}
	return found
}

// heldTypes are the types of values, sorted.
func heldTypes(values []bson.RawValue) []string {
	var out []string
	for _, v := range values {
		if v.Type == bson.TypeNull {
			continue
		}
		if t := HeldType(v); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// elementsOf are the elements of all arrays among values.
func elementsOf(values []bson.RawValue) (out []bson.RawValue) {
	for _, v := range values {
		if v.Type != bson.TypeArray {
			continue
		}
		for e := range raw.Elements(v.Value) {
			out = append(out, e.Value(v.Value))
		}
	}
	return out
}

// fieldsOf are the values of the fields of all objects among values, and the names in
// the order in which they come.
func fieldsOf(values []bson.RawValue) (fields map[string][]bson.RawValue, names []string) {
	for _, v := range values {
		if v.Type != bson.TypeEmbeddedDocument {
			continue
		}
		for e := range raw.Elements(v.Value) {
			if fields == nil {
				fields = map[string][]bson.RawValue{}
			}
			name := e.NameIn(v.Value)
			if fields[name] == nil {
				names = append(names, name)
			}
			fields[name] = append(fields[name], e.Value(v.Value))
		}
	}
	return fields, names
}
