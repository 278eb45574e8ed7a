package profile_test

// Each rule of a profile by one command, as it was seen on the server itself.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/profile"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// on is a database of its own on a server of a profile.
func on(t *testing.T, name string) *mongo.Database {
	t.Helper()
	p, err := profile.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := wire.Start(context.Background(), target.Host)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv(engine.TestURIVariable) == "" { // else it is the server itself
		proxy.Between(p.Handler())
	}
	client, err := mongo.Connect(options.Client().ApplyURI(proxy.URI()).SetTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	db := client.Database(fmt.Sprintf("profile_%d", os.Getpid()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := errors.Join(db.Drop(ctx), client.Disconnect(ctx), proxy.Close()); err != nil {
			t.Error(err)
		}
	})
	return db
}

// do runs a command, in Extended JSON, and gives the reply, or "error CODE".
func do(t *testing.T, db *mongo.Database, command string) string {
	t.Helper()
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(command), true, &d); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	reply, err := db.RunCommand(t.Context(), d).Raw()
	var said mongo.CommandError
	var write mongo.WriteException
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("error %d", said.Code)
	case errors.As(err, &write) && len(write.WriteErrors) > 0:
		return fmt.Sprintf("write error %d", write.WriteErrors[0].Code)
	case err != nil:
		t.Fatalf("%s: %v", command, err)
	}
	text, err := bson.MarshalExtJSON(reply, true, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// realVariable names the profile that the server of MONGOCD_TEST_URI is held to.
const realVariable = "MONGOCD_TEST_PROFILE"

func TestProfiles(t *testing.T) {
	if os.Getenv(engine.TestURIVariable) != "" && os.Getenv(realVariable) == "" {
		return // a MongoDB: profiles are in front of the test engine
	}
	databases := map[string]*mongo.Database{}
	for _, test := range []struct{ profile, command, want string }{
		{"documentdb", `{"hello": 1}`, `"maxWireVersion":{"$numberInt":"21"}`},
		{"documentdb", `{"create": "v", "validator": {"a": {"$gt": 1}}, "capped": true, "size": 4096}`, `"ok":`},
		{"documentdb", `{"create": "v", "viewOn": "other"}`, `"ok":`},
		{"documentdb", `{"listCollections": 1, "filter": {"name": "v"}}`, `"type":"collection","options":{}`},
		{"documentdb", `{"insert": "v", "documents": [{"_id": 1, "a": 0}]}`, `"n":{"$numberInt":"1"}`},
		{"documentdb", `{"collMod": "v", "validator": {"a": {"$gt": 1}}}`, `"ok":`},
		{"documentdb", `{"insert": "v", "documents": [{"_id": 2, "a": 0}]}`, `write error 525074461`},
		{"documentdb", `{"collMod": "v", "validator": {"$jsonSchema": {"properties": {"required": {"bsonType": "int"}}}}}`, `"ok":`},
		{"documentdb", `{"collMod": "v", "validator": {"$jsonSchema": {"properties": {"a": {"required": ["b"]}}}}}`, `error 9`},
		{"documentdb", `{"collMod": "v", "viewOn": "b", "pipeline": []}`, `error 72`},
		{"documentdb", `{"collMod": "v", "changeStreamPreAndPostImages": {"enabled": true}}`, `error 40415`},
		{"documentdb", `{"createIndexes": "v", "indexes": [{"key": {"b": 1}, "name": "b", "hidden": true}]}`, `error 1`},
		{"documentdb", `{"createIndexes": "v", "indexes": [{"key": {"b": 1}, "name": "b", "collation": {"locale": "en"}}]}`, `error 115`},
		{"documentdb", `{"createIndexes": "v", "indexes": [{"key": {"b": 1}, "name": "b", "unique": true, "partialFilterExpression": {"b": {"$gt": 1}}}]}`, `"ok":`},
		{"documentdb", `{"listIndexes": "v"}`, `"unique":true}`},
		{"documentdb", `{"collMod": "v", "index": {"name": "b", "hidden": true}}`, `error 1`},
		{"documentdb", `{"collMod": "v", "index": {"name": "b", "prepareUnique": true}}`, `error 40415`},
		{"documentdb", `{"insert": "d", "documents": [{"_id": 1, "n": {"$numberInt": "1"}, "d": {"$numberDecimal": "9.90"}, "in": {"x": {"$numberInt": "1"}}, "z": {"$numberDouble": "0.0"}, "c": {"$code": "x", "$scope": {"y": {"$numberInt": "1"}}}}]}`, `"n":`},
		{"documentdb", `{"update": "d", "updates": [{"q": {"_id": 1}, "u": {"$set": {"d": {"$numberDecimal": "9.9"}, "in": {"x": {"$numberLong": "1"}}, "z": {"$numberDouble": "-0.0"}, "c": {"$code": "x", "$scope": {"y": {"$numberLong": "1"}}}}}}]}`, `"nModified":{"$numberInt":"0"}`},
		{"documentdb", `{"update": "d", "updates": [{"q": {"_id": 1}, "u": {"$set": {"n": {"$numberLong": "1"}}}}]}`, `"nModified":{"$numberInt":"1"}`},
		{"documentdb", `{"find": "d", "filter": {}}`, `"n":{"$numberLong":"1"},"d":{"$numberDecimal":"9.90"},"in":{"x":{"$numberInt":"1"}},"z":{"$numberDouble":"0.0"}`},
		{"documentdb", `{"update": "d", "updates": [{"q": {"_id": 1}, "u": {"$set": {"y": 1, "b": 2, "m": 3}, "$unset": {"n": "", "d": "", "in": "", "z": "", "c": ""}}}]}`, `"nModified":{"$numberInt":"1"}`},
		{"documentdb", `{"find": "d", "filter": {}}`, `{"_id":{"$numberInt":"1"},"y":{"$numberInt":"1"},"b":{"$numberInt":"2"},"m":{"$numberInt":"3"}}`},
		{"documentdb", `{"update": "d", "updates": [{"q": {"_id": 1}, "u": [{"$replaceWith": {"$literal": {"_id": 1, "w": 1}}}]}]}`, `"nModified":{"$numberInt":"1"}`},
		{"documentdb", `{"find": "d", "filter": {}}`, `{"_id":{"$numberInt":"1"},"_id":{"$numberInt":"1"},"w":{"$numberInt":"1"}}`},
		{"documentdb", `{"update": "d", "updates": [{"q": {"_id": 1}, "u": [{"$replaceWith": {"$literal": {"w": 2}}}]}]}`, `"nModified":{"$numberInt":"1"}`},
		{"documentdb", `{"find": "d", "filter": {}}`, `[{"_id":{"$numberInt":"1"},"w":{"$numberInt":"2"}}]`},
		{"documentdb", `{"update": "d", "updates": [{"q": {"$expr": {"$lt": ["$w", "$$NOW"]}}, "u": {"$set": {"x": 1}}}]}`, `write error 9`},
		{"documentdb", `{"insert": "d", "documents": [{"_id": 1}]}`, `write error 11000`},
		{"documentdb", `{"commitTransaction": 1}`, `error 59`},
		{"atlas-shared", `{"mapReduce": "c"}`, `error 8000`},
		{"atlas-shared", `{"find": "c", "filter": {"$where": "1"}}`, `error 8000`},
		{"atlas-shared", `{"find": "c", "filter": {}, "maxTimeMS": 300001}`, `error 8000`},
		{"atlas-shared", `{"find": "c", "filter": {}, "maxTimeMS": 300000}`, `"ok":`},
		{"atlas-shared", `{"insert": "c", "documents": [{"$where": "a field"}]}`, `"ok":`},
		{"mongodb-5.0", `{"hello": 1}`, `"maxWireVersion":{"$numberInt":"13"}`},
		{"mongodb-5.0", `{"create": "c", "clusteredIndex": {"key": {"_id": 1}, "unique": true}}`, `error 40415`},
		{"mongodb-5.0", `{"create": "c"}`, `"ok":`},
		{"mongodb-5.0", `{"collMod": "c", "index": {"name": "a_1", "unique": true}}`, `error 40415`},
	} {
		db := databases[test.profile]
		if db == nil {
			if real := os.Getenv(realVariable); real != "" && real != test.profile {
				continue // the server is of another make
			}
			db = on(t, test.profile)
			databases[test.profile] = db
		}
		if got := do(t, db, test.command); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s: %s, want %s", test.profile, test.command, got, test.want)
		}
	}
}
