package validator_test

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/validator"
)

func parsed(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func show(v bson.RawValue) string { return doc.Show(v, 60) }

// said is the verdict, and the rules that are broken.
func said(v *validator.Validator, d bson.Raw, holes *validator.Holes, open bool) string {
	var parts []string
	for _, b := range v.Breaches(d, holes, open, show) {
		parts = append(parts, b.Words(show(b.Value)))
	}
	switch v.Judge(d, holes, open) {
	case validator.Holds:
		return "holds"
	case validator.Unknown:
		return "unknown"
	}
	return strings.Join(parts, "; ")
}

// TestWords has what the test engine does otherwise than the manual, and what is
// said of each rule.
func TestWords(t *testing.T) {
	const decimal = `{"$numberDecimal": "0.07"}`
	for _, c := range []struct{ schema, document, want string }{
		{`{"bsonType": "object", "required": ["a", "b"]}`, `{"a": 1}`, "b is missing, must be there (required)"},
		{`{"properties": {"a": {"bsonType": ["int", "null"], "description": "a count"}}}`, `{"a": "x"}`, `a is "x", must be int or null (bsonType): "a count"`},
		{`{"properties": {"a": {"multipleOf": 0.01}}}`, `{"a": 0.07}`, "holds"},
		{`{"properties": {"a": {"multipleOf": 0.01}}}`, `{"a": 1}`, "holds"},
		{`{"properties": {"a": {"multipleOf": 0.5}}}`, `{"a": ` + decimal + `}`, "a is 0.07, must be a multiple of 0.5 (multipleOf)"},
		{`{"properties": {"a": {"multipleOf": {"$numberDecimal": "0.010"}}}}`, `{"a": ` + decimal + `}`, "holds"},
		{`{"properties": {"a": {"minimum": 3}}}`, `{"a": ` + decimal + `}`, "a is 0.07, must be at least 3 (minimum)"},
		{`{"properties": {"a": {"minimum": 3, "exclusiveMinimum": true}}}`, `{"a": 3}`, "a is 3, must be more than 3 (minimum)"},
		{`{"properties": {"a": {"minimum": 3}}}`, `{"a": {"$numberDouble": "NaN"}}`, "a is NaN, must be at least 3 (minimum)"},
		{`{"properties": {"a": {"maxLength": 2}}}`, `{"a": "é😀x"}`, `a is "é😀x", must have at most 2 characters (maxLength)`},
		{`{"properties": {"a": {"minItems": 1}}}`, `{"a": []}`, "a is [], must have at least 1 element (minItems)"},
		{`{"properties": {"a": {"uniqueItems": true}}}`, `{"a": [{"x": 1, "y": 2}, 1, {"y": 2, "x": 1.0}]}`, "a is [{x: 1, y: 2}, 1, {y: 2, x: 1.0}], must have no element twice, and [2] is there before (uniqueItems)"},
		{`{"properties": {"a": {"enum": [{"x": 1, "y": 2}]}}}`, `{"a": {"y": 2, "x": 1}}`, "holds"},
		{`{"properties": {"a": {"enum": ["on"]}}}`, `{"a": "off"}`, `a is "off", must be "on" (enum)`},
		{`{"properties": {"a": {"items": {"properties": {"n": {"maximum": 9}}}}}}`, `{"a": [{"n": 1}, {"n": 10}, {"n": 11}]}`, "a[1].n is 10, must be at most 9 (maximum); a[2].n is 11, must be at most 9 (maximum)"},
		{`{"properties": {"_id": {}, "a": {}}, "additionalProperties": false}`, `{"_id": 1, "b": 2}`, "b is 2, must not be there (additionalProperties)"},
		{`{"dependencies": {"a": ["b"]}}`, `{"a": 1}`, `b is missing, must be there because "a" is (dependencies)`},
		{`{"minProperties": 2}`, `{"a": 1}`, "the document must have at least 2 fields (minProperties)"},
		{`{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}`, `{"a": 1, "b": 1}`, "the document must fit exactly one of 2 schemas, and fits 2 (oneOf)"},
		{`{"properties": {"a": {"not": {"bsonType": "null"}}}}`, `{"a": null}`, `a is null, must not fit {bsonType: "null"} (not)`},
		{`{"properties": {"a": {"pattern": "^[a-z]+$"}}}`, `{"a": "a\n"}`, "holds"}, // `$` stands before a last newline
		{`{"properties": {"a": {"pattern": "(?=x)"}}}`, `{"a": "x"}`, "unknown"},
		{`{"properties": {"a": {"encrypt": {}}}}`, `{"b": "x"}`, "holds"},
	} {
		v := validator.Settings{Validator: parsed(t, `{"$jsonSchema": `+c.schema+`}`)}.Parse()
		if got := said(v, parsed(t, c.document), nil, false); got != c.want {
			t.Errorf("%s of %s\ngot  %s\nwant %s", c.schema, c.document, got, c.want)
		}
	}
}

func TestQueryWords(t *testing.T) {
	for _, c := range []struct{ filter, document, want string }{
		{`{"a": {"$gt": 5}}`, `{"a": 3}`, "a is 3, must match {$gt: 5}"},
		{`{"a": {"$all": [null]}}`, `{}`, "holds"},
		{`{"a.b": "x"}`, `{"a": {}}`, `a.b is missing, must be "x"`},
		{`{"a.b": null}`, `{"a": []}`, "unknown"},
		{`{"a.0": 1}`, `{"a": [1]}`, "unknown"},
		{`{"$or": [{"a": 1}, {"b": 1}]}`, `{"a": 2}`, "the document must match {$or: [{a: 1}, {b: 1}]}"},
		{`{"$expr": {"$gt": ["$a", 1]}, "b": 1}`, `{"b": 1}`, "unknown"},
		{`{"$expr": {"$gt": ["$a", 1]}, "b": 1}`, `{"b": 2}`, "b is 2, must be 1"},
	} {
		v := validator.Settings{Validator: parsed(t, c.filter)}.Parse()
		if got := said(v, parsed(t, c.document), nil, false); got != c.want {
			t.Errorf("%s of %s\ngot  %s\nwant %s", c.filter, c.document, got, c.want)
		}
	}
}

// TestUnjudged names what is left to the server by its place.
func TestUnjudged(t *testing.T) {
	v := validator.Settings{Validator: parsed(t, `{"$jsonSchema": {"properties": {"a": {"pattern": "\\p{L}"}, "b.c": {}}, "default": 1, "not": {"enum": ["x"]}}, "$where": "1", "n": {"$bitsAllSet": 1}, "t": "x"}`), Collated: true}.Parse()
	want := "$jsonSchema.default $jsonSchema.not.enum $jsonSchema.properties.a.pattern $jsonSchema.properties.b.c $where n.$bitsAllSet t"
	if got := strings.Join(v.Unjudged, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestHoles: what a part of a document that is not known leaves open.
func TestHoles(t *testing.T) {
	v := validator.Settings{Validator: parsed(t, `{"$jsonSchema": {"required": ["a", "b"], "properties": {"a": {"bsonType": "int"}, "n": {"required": ["x"]}}, "additionalProperties": false, "maxProperties": 3}}`)}.Parse()
	for _, c := range []struct {
		document string
		kind     validator.Kind
		open     bool
		want     string
	}{
		{`{"a": 1, "b": 1}`, validator.Known, false, "b is 1, must not be there (additionalProperties)"},
		{`{"a": 1}`, validator.Known, true, "unknown"},
		{`{"a": "x"}`, validator.Known, true, `a is "x", must be int (bsonType)`},
		{`{"n": {}}`, validator.Any, true, "unknown"},
		{`{"n": {}}`, validator.Any, false, "b is missing, must be there (required); n.x is missing, must be there (required)"},
		{`{"n": {"x": 1}}`, validator.Text, true, "a must be int (bsonType)"},
		{`{"a": 1}`, validator.Gone, true, "a is missing, must be there (required)"},
		{`{"a": "x", "n": {"x": 1}}`, validator.Maybe, true, "unknown"},
	} {
		holes := &validator.Holes{}
		holes.Add([]string{"a"}, c.kind)
		if got := said(v, parsed(t, c.document), holes, c.open); got != c.want {
			t.Errorf("%s (%d, open %v)\ngot  %s\nwant %s", c.document, c.kind, c.open, got, c.want)
		}
	}
}

// TestRefused reads what the manual shows of a server's errInfo
// (core/schema-validation/handle-invalid-documents).
func TestRefused(t *testing.T) {
	info := parsed(t, `{"failingDocumentId": 1, "details": {"operatorName": "$jsonSchema", "title": "Student", "schemaRulesNotSatisfied": [
	  {"operatorName": "properties", "propertiesNotSatisfied": [
	    {"propertyName": "gpa", "description": "a double", "details": [{"operatorName": "bsonType", "specifiedAs": {"bsonType": ["double"]}, "reason": "type did not match", "consideredValue": 3, "consideredType": "int"}]},
	    {"propertyName": "items", "details": [{"operatorName": "items", "reason": "At least one item did not match the sub-schema", "itemIndex": 1, "details": [{"operatorName": "minimum", "specifiedAs": {"minimum": 2}, "reason": "comparison failed", "consideredValue": 1}]}]}]},
	  {"operatorName": "required", "specifiedAs": {"required": ["name"]}, "missingProperties": ["name"]},
	  {"operatorName": "additionalProperties", "specifiedAs": {"additionalProperties": false}, "additionalProperties": ["x", "y"]}]}}`)
	got := validator.Refused(info, func(path doc.Path, v bson.RawValue) string { return fmt.Sprint(len(path), show(v)) })
	want := []string{
		`gpa does not satisfy 0{bsonType: ["double"]}: type did not match; the value is 13`,
		`items[1] does not satisfy 0{minimum: 2}: comparison failed; the value is 21`,
		`the document does not satisfy 0{required: ["name"]}: missing: name`,
		`the document does not satisfy 0{additionalProperties: false}: not allowed: x, y`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
