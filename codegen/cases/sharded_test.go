package cases

// A sharded cluster, as far as it can be shown without one: the proxy answers the
// run's hello and the reading of config.collections as a router does (MongoDB
// manual: reference/command/hello, reference/config-database), and what both
// engines send to the collection is held against core/sharding-shard-key and
// reference/method/db.collection.updateOne, Sharded Collections.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// router answers as one for a collection that is sharded by region and at.k;
// denied: the user may not read config.
func router(denied bool) func(wire.Command) bson.Raw {
	return func(c wire.Command) bson.Raw {
		_, ofRun := c.Body.Lookup("comment").StringValueOK()
		switch {
		case c.Name == "hello" && ofRun:
			return marshal(bson.D{
				{Key: "isWritablePrimary", Value: true}, {Key: "msg", Value: "isdbgrid"}, {Key: "maxWireVersion", Value: 21},
				{Key: "localTime", Value: bson.NewDateTimeFromTime(time.Now())}, {Key: "ok", Value: 1.0},
			})
		case c.Database == "config" && c.Collection() == "collections" && denied:
			return ejson(`{"ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized on config"}`)
		case c.Database == "config" && c.Collection() == "collections":
			found := bson.A{}
			for _, id := range must(c.Body.Lookup("filter", "_id", "$in").Array().Values()) {
				found = append(found, bson.D{{Key: "_id", Value: id}, {Key: "key", Value: bson.D{{Key: "region", Value: int32(1)}, {Key: "at.k", Value: "hashed"}}}})
			}
			return marshal(bson.D{{Key: "cursor", Value: bson.D{{Key: "id", Value: int64(0)}, {Key: "ns", Value: "config.collections"}, {Key: "firstBatch", Value: found}}}, {Key: "ok", Value: 1.0}})
		}
		return nil
	}
}

func TestShardedCluster(t *testing.T) {
	before := []collection{{database: "db", name: "items", documents: raws(
		`{"_id": 1, "region": "eu", "at": {"k": 1, "x": 1}, "n": 1}`, `{"_id": 2, "region": "eu", "at": {"k": 2}, "$odd": 1}`, `{"_id": 3, "at": {"k": 5}}`, `{"_id": 4, "$gone": 1, "region": "us"}`,
	)}}
	replaced := `"u": [{"$replaceWith": {"$literal": {"region": "eu", "at": {"k": 2}, "$odd": 2}}}]}`
	tests := []struct {
		name   string
		denied bool
		wanted string // document 1
		exit   int
		text   string
		want   []string
	}{
		{"guards carry the shard key", false, `{"_id": 1, "region": "eu", "at": {"k": 1, "x": 1}, "n": 2}`, 0, "written: 2 updated, 2 deleted", []string{
			`{"update": "items", "updates": [{"q": {"_id": {"$eq": 1}, "region": {"$eq": "eu"}, "at.k": {"$eq": 1}, "n": {"$eq": 1, "$not": {"$type": "array"}}}, "u": {"$set": {"n": 2}}}, ` +
				`{"q": {"_id": {"$eq": 2}, "region": {"$eq": "eu"}, "at.k": {"$eq": 2}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 2, "region": "eu", "at": {"k": 2}, "$odd": 1}}]}}, ` + replaced + `], "ordered": false` + majority,
			`{"delete": "items", "deletes": [{"q": {"_id": {"$eq": 3}, "at.k": {"$eq": 5}, "at": {"$eq": {"k": 5}, "$not": {"$type": "array"}}}, "limit": 1}, ` +
				`{"q": {"_id": {"$eq": 4}, "region": {"$eq": "us"}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 4, "$gone": 1, "region": "us"}}]}}, "limit": 1}], "ordered": false` + majority,
		}},
		{"a shard key is not changed", false, `{"_id": 1, "region": "eu", "at": {"x": 1}, "n": 2}`, 3,
			"conflict shard-key-change in db.items, w.weave:1:1\n  at.k of {_id: 1} is to change from 1 to (missing), and it is part of the shard key", nil},
		{"a user who may not read it", true, `{"_id": 1, "region": "eu", "at": {"k": 1, "x": 1}, "n": 2}`, 0, "this user may not read the shard keys of the destination", []string{
			`{"update": "items", "updates": [{"q": {"_id": {"$eq": 1}, "n": {"$eq": 1, "$not": {"$type": "array"}}}, "u": {"$set": {"n": 2}}}, ` +
				`{"q": {"_id": {"$eq": 2}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 2, "region": "eu", "at": {"k": 2}, "$odd": 1}}]}}, ` + replaced + `], "ordered": false` + majority,
			`{"delete": "items", "deletes": [{"q": {"_id": {"$eq": 3}, "at": {"$eq": {"k": 5}, "$not": {"$type": "array"}}}, "limit": 1}, ` +
				`{"q": {"_id": {"$eq": 4}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 4, "$gone": 1, "region": "us"}}]}}, "limit": 1}], "ordered": false` + majority,
		}},
	}
	for _, test := range tests {
		c := &desired.Collection{Database: "db", Name: "items", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
			Prune: &desired.Prune{Origin: "w.weave:2:1", AtMost: 2, Filter: ejson(`{}`)}}
		for _, text := range []string{test.wanted, `{"_id": 2, "region": "eu", "at": {"k": 2}, "$odd": 2}`} {
			c.Documents = append(c.Documents, desired.Document{Raw: ejson(text)})
		}
		state := &desired.State{Weave: "wire", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c}}
		run := map[string]func(t *testing.T, d *destination) *change.Report{
			"go": func(t *testing.T, d *destination) *change.Report {
				report, err := d.applyInProcess(t, d.proxy.URI(), state, enforce.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return report
			},
			"mongosh": func(t *testing.T, d *destination) *change.Report {
				r := scriptArtefact(buildScript(t, state)).run(t, "apply", d.proxy.URI(), d.redirects()[:1], true)
				report := r.report(t, d.original)
				return &report
			},
		}
		for _, engine := range []string{"go", "mongosh"} {
			t.Run(engine+"/"+test.name, func(t *testing.T) {
				d := newDestination(t, []string{"db", "state"})
				d.load(t, before)
				d.proxy.Answer(router(test.denied))
				report := run[engine](t, d)
				text := d.original(view.Text(report, true))
				if report.Exit != test.exit || !strings.Contains(text, test.text) {
					t.Errorf("exit %d, want %d with %q\n%s", report.Exit, test.exit, test.text, text)
				}
				commands := slices.DeleteFunc(d.proxy.Commands(), func(c wire.Command) bool { return c.Database != d.prefix+"db" })
				(&wireCase{pages: "core/sharding-shard-key reference/method/db.collection.updateOne"}).check(t, test.want, d, commands)
			})
		}
	}
}
