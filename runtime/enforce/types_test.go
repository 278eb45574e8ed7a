package enforce_test

import (
	"bytes"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// everyType is a document with values that careless code changes.
const everyType = `{"_id": %, "v": {
	"int": {"$numberInt": "1"}, "long": {"$numberLong": "1"}, "big": {"$numberLong": "9223372036854775807"}, "double": {"$numberDouble": "1.0"},
	"negativeZero": {"$numberDouble": "-0.0"}, "nan": {"$numberDouble": "NaN"}, "inf": {"$numberDouble": "-Infinity"},
	"d1": {"$numberDecimal": "1.10"}, "d2": {"$numberDecimal": "1.1"}, "dnan": {"$numberDecimal": "NaN"}, "tiny": {"$numberDecimal": "0E-6176"},
	"old": {"$date": {"$numberLong": "-62135596800000"}}, "late": {"$date": {"$numberLong": "253402300799999"}},
	"bin": {"$binary": {"base64": "AAEC", "subType": "80"}}, "uuid": {"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "04"}},
	"re": {"$regularExpression": {"pattern": "^a/b$", "options": "imsx"}}, "ts": {"$timestamp": {"t": 4294967295, "i": 1}},
	"min": {"$minKey": 1}, "max": {"$maxKey": 1}, "code": {"$code": "f()"}, "sym": {"$symbol": "s"},
	"10": 1, "2": 2, "": 3, "__proto__": {}, "l": [[], {}, null], "text": "a\u0000b\"'` + "`${x}" + `\u2028😀", "deep": {"a": {"b": {"c": [{"d": 1}]}}}}}`

// Every type arrives byte for byte by insert, update (set and whole document)
// and is in sync afterwards.
func TestTypesByteExact(t *testing.T) {
	text := func(id string) []byte { return bytes.Replace([]byte(everyType), []byte("%"), []byte(id), 1) }
	for storeName, open := range openers {
		t.Run(storeName, func(t *testing.T) {
			if storeName == "server" {
				engine.RequireExact(t, "it does not keep every type")
			}
			store := open(t)
			ns := stores.Namespace{Database: database(t), Collection: "c"}
			insert, update := parse(t, string(text("1"))), parse(t, string(text("2")))
			whole := doc.NewBuilder(2048).AppendInt32("_id", 3).Append("a.b", update.Lookup("v")).Append("$v", update.Lookup("v")).Raw()
			fillCollection(t, store, ns, nil, nil, []bson.Raw{parse(t, `{"_id": 2, "v": {"int": {"$numberLong": "1"}}}`), parse(t, `{"_id": 3, "a.b": 1}`)})
			c := &desired.Collection{Database: ns.Database, Name: "c", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}}
			for _, d := range []bson.Raw{insert, update, whole} {
				c.Documents = append(c.Documents, desired.Document{Raw: d})
			}
			state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}}
			report, err := enforce.Apply(testContext(t), store, state, enforce.Options{})
			if err != nil || report.Exit != 0 {
				t.Fatalf("%v\n%s", err, view.Text(report, true))
			}
			found := 0
			for d, err := range store.Find(testContext(t), ns, stores.Query{All: true}) {
				if err != nil {
					t.Fatal(err)
				}
				id, _ := d.Lookup("_id").Int32OK()
				if want := c.Documents[id-1].Raw; !bytes.Equal(d, want) {
					t.Errorf("document %d\ngot  %s\nwant %s", id, doc.AppendCanonical(nil, d), doc.AppendCanonical(nil, want))
				}
				found++
			}
			if found != 3 {
				t.Errorf("%d documents", found)
			}
			if report, err = enforce.Apply(testContext(t), store, state, enforce.Options{}); err != nil || report.Outcome != change.InSync {
				t.Errorf("again: %v\n%s", err, view.Text(report, true))
			}
		})
	}
}
