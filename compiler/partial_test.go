package compiler

import "testing"

func TestPartialIndex(t *testing.T) {
	document := extJSON(t, `{"a": 5, "s": "x", "n": null, "list": [1, {"$numberLong": "7"}], "o": {"p": 1.5}}`)
	for _, test := range []struct {
		filter       string
		holds, known bool
	}{
		{`{}`, true, true},
		{`{"a": 5}`, true, true},
		{`{"a": {"$numberLong": "5"}}`, true, true}, // numbers are equal across types
		{`{"a": 6}`, false, true},
		{`{"a": {"$gt": 4}, "s": "x"}`, true, true},
		{`{"a": {"$gt": 4, "$lt": 5}}`, false, true},
		{`{"a": {"$gte": 5, "$lte": 5}}`, true, true},
		{`{"s": {"$gt": 1}}`, false, true}, // another family is not ordered
		{`{"o.p": {"$exists": true}}`, true, true},
		{`{"o.q": {"$exists": true}}`, false, true},
		{`{"o.q": null}`, true, true}, // null is met by a missing field
		{`{"n": null}`, true, true},
		{`{"list": 7}`, true, true}, // an element
		{`{"list": {"$in": [3, 7]}}`, true, true},
		{`{"s": {"$type": "string"}}`, true, true},
		{`{"s": {"$type": "int"}}`, false, true},
		{`{"$and": [{"a": 5}, {"s": "y"}]}`, false, true},
		{`{"$or": [{"a": 6}, {"s": "x"}]}`, true, true},
		{`{"a": {"$mod": [2, 1]}}`, false, false},
		{`{"a": {"$exists": false}}`, false, false},
		{`{"$or": [{"a": {"$regex": "x"}}, {"s": "x"}]}`, false, false},
		{`{"secret": 1}`, false, false},
	} {
		holds, known := inPartialIndex(extJSON(t, test.filter), document, func(field string) bool { return field == "secret" })
		if holds != test.holds || known != test.known {
			t.Errorf("%s: %t, known %t; want %t, %t", test.filter, holds, known, test.holds, test.known)
		}
	}
}
