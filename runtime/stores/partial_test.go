package stores

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func extJSON(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPartialIndex(t *testing.T) {
	document := extJSON(t, `{"a": 5, "s": "x", "n": null, "list": [1, {"$numberLong": "7"}], "o": {"p": 1.5}, "nan": {"$numberDouble": "NaN"}}`)
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
		{`{"q": null}`, true, true}, // null is met by a missing field
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
		{`{"list": {"$gt": 6, "$lt": 2}}`, true, true}, // each by an element of its own
		{`{"s": {"$gt": {"$numberDouble": "NaN"}}}`, false, true},
		{`{"nan": {"$lt": 5}}`, false, true},
		{`{"nan": {"$lte": {"$numberDecimal": "NaN"}}}`, true, true},
		{`{"a": {"$type": "number"}}`, true, true},
		{`{"list": [1, 7]}`, false, false},
		{`{"o.q": null}`, false, false}, // of elements in arrays, only the server knows
		{`{"o": {"p": 1.5}}`, true, true},
		{`{"a": {"$gt": {"p": 1}}}`, false, false},
	} {
		filter, known := ParsePartial(extJSON(t, test.filter))
		holds := known && filter.Holds(document)
		if holds != test.holds || known != test.known {
			t.Errorf("%s: %t, known %t; want %t, %t", test.filter, holds, known, test.holds, test.known)
		}
	}
}
