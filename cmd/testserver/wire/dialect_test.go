package wire_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

func TestDialect(t *testing.T) {
	for _, c := range []struct{ command, wrong string }{
		{`{"find": "c", "filter": {"_id": {"$in": [1, {"$x": 1}]}, "n": 1, "d": {"$eq": {"$expr": 1}}}, "sort": {"n": -1}, "projection": {"_id": 1}, "readConcern": {"level": "majority"}}`, ""},
		{`{"find": "c", "filter": {"$expr": {"$lt": ["$expires", "$$NOW"]}}}`, "a filter with $expr"},
		{`{"find": "c", "filter": {"$or": [{"n": 1}]}}`, "a filter with $or"},
		{`{"find": "c", "filter": {"n": {"$exists": true, "$regex": "x"}}}`, "a filter with $regex"},
		{`{"find": "c", "filter": {}, "projection": {"n": "$$NOW"}}`, "an expression in n"},
		{`{"find": "c", "filter": {}, "let": {"a": 1}}`, "find with let"},
		{`{"insert": "c", "documents": [{"_id": 1, "x": {"$expr": 1}}], "ordered": false, "writeConcern": {"w": "majority"}}`, ""},
		{`{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$set": {"a": {"$x": 1}}, "$currentDate": {"b": true}}, "upsert": true}]}`, ""},
		{`{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"_id": 1, "a": 2}}, {"q": {"_id": 1}, "u": {"$pull": {"held": {"run": {"$in": ["x"]}}}}}]}`, ""},
		{`{"update": "c", "updates": [{"q": {"_id": 1}, "u": [{"$set": {"a": "$$NOW"}}]}]}`, "an update of type array"},
		{`{"update": "c", "updates": [{"q": {"$expr": {"$eq": ["$a", 1]}}, "u": {"$set": {"a": 1}}}]}`, "a filter with $expr"},
		{`{"update": "c", "updates": [{"q": {}, "u": {"$inc": {"a": 1}}}]}`, "an update with $inc"},
		{`{"update": "c", "updates": [{"q": {}, "u": {"$pull": {"held": {"run": {"$gt": 1}}}}}]}`, "a filter with $gt"},
		{`{"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "arrayFilters": []}]}`, "update with arrayFilters"},
		{`{"delete": "c", "deletes": [{"q": {"held": {"$size": 0}}, "limit": 0}]}`, ""},
		{`{"delete": "c", "deletes": [{"q": {"$where": "1"}, "limit": 0}]}`, "a filter with $where"},
		{`{"findAndModify": "c", "query": {}, "update": {"$set": {"a": 1}}}`, "the command findAndModify"},
		{`{"aggregate": "c", "pipeline": [], "cursor": {}}`, "the command aggregate"},
	} {
		var body bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(c.command), true, &body); err != nil {
			t.Fatal(err)
		}
		first, err := body.IndexErr(0)
		if err != nil {
			t.Fatal(err)
		}
		err = wire.CheckDialect(wire.Command{Name: first.Key(), Body: body})
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", c.command, err, c.wrong)
		}
	}
}
