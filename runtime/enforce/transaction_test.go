package enforce_test

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/stores"
)

// A transaction is done as a whole when all guards hold, values of a unique
// index move in it in any way, and it is not done at all otherwise.
func TestTransact(t *testing.T) {
	before := []string{`{"_id": 1, "u": "a"}`, `{"_id": 2, "u": "b"}`, `{"_id": 3, "u": "c"}`}
	whole := func(text string) stores.Guard { return stores.Guard{ID: parse(t, text).Lookup("_id"), Whole: parse(t, text)} }
	replace := func(from, to string) stores.Op {
		return stores.Op{Action: stores.Replace, Document: parse(t, to), Guard: whole(from)}
	}
	tests := []struct {
		name      string
		ops       []stores.Op
		done      int
		duplicate bool
		after     []string
	}{
		{"a swap, and a value of a deleted document", []stores.Op{
			replace(before[0], `{"_id": 1, "u": "b"}`), replace(before[1], `{"_id": 2, "u": "a"}`),
			{Action: stores.Delete, Guard: whole(before[2])}, {Action: stores.Insert, Document: parse(t, `{"_id": 4, "u": "c"}`)},
		}, 4, false, []string{`{"_id": 1, "u": "b"}`, `{"_id": 2, "u": "a"}`, `{"_id": 4, "u": "c"}`}},
		{"an update by _id", []stores.Op{{Action: stores.Update, Set: []stores.Field{{Path: []string{"u"}, Value: parse(t, `{"u": "x"}`).Lookup("u")}},
			Guard: stores.Guard{ID: parse(t, before[0]).Lookup("_id"), Present: []stores.Field{{Path: []string{"u"}, Value: parse(t, before[0]).Lookup("u")}}}}},
			1, false, []string{`{"_id": 1, "u": "x"}`, before[1], before[2]}},
		{"a guard that does not hold", []stores.Op{replace(before[0], `{"_id": 1, "u": "b"}`), replace(`{"_id": 2, "u": "other"}`, `{"_id": 2, "u": "a"}`)}, 0, false, before},
		{"a document that is gone", []stores.Op{replace(before[0], `{"_id": 1, "u": "x"}`), replace(`{"_id": 9, "u": "z"}`, `{"_id": 9, "u": "a"}`)}, 0, false, before},
		{"a duplicate", []stores.Op{replace(before[0], `{"_id": 1, "u": "c"}`), replace(before[1], `{"_id": 2, "u": "a"}`)}, 0, true, before},
	}
	for storeName, open := range openers {
		for _, test := range tests {
			t.Run(storeName+"/"+test.name, func(t *testing.T) {
				store := open(t)
				ns := stores.Namespace{Database: database(t), Collection: "c"}
				fillCollection(t, store, ns, nil, []bson.Raw{parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true}`)}, raws(t, before))
				result, err := store.Transact(testContext(t), ns, test.ops)
				if err != nil {
					t.Fatal(err)
				}
				if result.Done() != test.done || test.duplicate != (len(result.Refused) == 1 && result.Refused[0].Duplicate) {
					t.Errorf("%+v", result)
				}
				if got := contents(t, store, ns); !slices.Equal(got, test.after) {
					t.Errorf("got %q\nwant %q", got, test.after)
				}
			})
		}
	}
}
