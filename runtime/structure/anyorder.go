package structure

// Parts of a validator of which the order says nothing. In: a place in an option; out:
// whether two values that differ there in their order alone are the same. Pure; the
// rules are docs/enforcement.md, Structure.

import (
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
)

// Keywords of a JSON schema (MongoDB manual: reference/operator/query/jsonSchema), by
// what they have.
//
//js:table
var (
	schemaOfNames = []string{"properties", "patternProperties", "dependencies"} // a schema, or names, by name
	schemaLists   = []string{"allOf", "anyOf", "oneOf"}
	schemaSchemas = []string{"items", "additionalItems", "additionalProperties", "not"}
	schemaSets    = []string{"required", "enum", "bsonType", "type"}
)

// InAnyOrder reports whether a change of an option is one of the order of fields in a
// JSON schema, or of the members of a set in it: of names, values, types or schemas.
func InAnyOrder(c change.Change) bool {
	if c.Kind != change.KindOrdered && c.Kind != change.KindMoved || len(c.At) < 2 || c.At[0].Field != "validator" || c.At[1].Field != "$jsonSchema" {
		return false
	}
	return anyOrder(c.At[2:])
}

// anyOrder is for a place in a schema.
func anyOrder(at []change.Step) bool {
	if len(at) == 0 {
		return true
	}
	element := func(n int) bool { return len(at) > n && at[n].Element != nil }
	switch name := at[0].Field; {
	case slices.Contains(schemaOfNames, name):
		return len(at) < 3 || element(2) && len(at) == 3 || at[2].Element == nil && anyOrder(at[2:])
	case slices.Contains(schemaLists, name):
		return len(at) == 1 || element(1) && anyOrder(at[2:])
	case slices.Contains(schemaSchemas, name):
		if element(1) { // the schemas of the first elements of an array: their order counts
			return len(at) > 2 && anyOrder(at[2:])
		}
		return len(at) > 1 && anyOrder(at[1:])
	case slices.Contains(schemaSets, name):
		return len(at) == 1 || element(1) && len(at) == 2
	}
	return false
}
