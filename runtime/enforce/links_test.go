package enforce_test

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Somebody else inserts a document that others link to, right before the run
// does: the links get the `_id` that is there now, in collections that are written
// later, and in those that were written before, as two link to each other.
func TestLinkToRacedInsert(t *testing.T) {
	server := openServer(t, mongo.Options{})
	for _, first := range []string{"teams", "tenants"} {
		t.Run(first+" first", func(t *testing.T) {
			name := database(t)
			collection := func(c, text, path, to, identity string) *desired.Collection {
				fillCollection(t, server, stores.Namespace{Database: name, Collection: c}, nil, []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1", "unique": true}`)}, nil)
				return &desired.Collection{Database: name, Name: c, Origin: "w.weave:6:3", Mode: desired.Exact, Identity: []doc.Path{{"k"}}, Documents: []desired.Document{{
					Raw: parse(t, text), Links: []desired.LinkedID{{Path: []string{path}, Database: name, Collection: to, Identity: []bson.RawValue{doc.String(identity)}}}}}}
			}
			state := &desired.State{Weave: "w", Environment: "test", Collections: []*desired.Collection{
				collection("teams", `{"k": "web", "lead": null}`, "lead", "tenants", "acme"), collection("tenants", `{"_id": 7, "k": "acme", "owner": null}`, "owner", "teams", "web"),
			}}
			if first == "tenants" {
				slices.Reverse(state.Collections)
			}
			m := &meddler{Store: server, meddle: func(batch int, ops []stores.Op) error {
				if ops[0].Action != stores.Insert || ops[0].Document.Lookup("k").StringValue() != "web" || batch > 2 {
					return nil
				}
				_, err := server.Write(testContext(t), stores.Namespace{Database: name, Collection: "teams"}, []stores.Op{{Action: stores.Insert, Document: parse(t, `{"_id": 99, "k": "web"}`)}})
				return err
			}}
			report, err := enforce.Apply(testContext(t), m, state, enforce.Options{})
			if err != nil || report.Exit != 0 {
				t.Fatalf("%v\n%s", err, view.Text(report, true))
			}
			got := append(contents(t, server, stores.Namespace{Database: name, Collection: "teams"}), contents(t, server, stores.Namespace{Database: name, Collection: "tenants"})...)
			if want := []string{`{"_id": 99, "k": "web", "lead": 7}`, `{"_id": 7, "k": "acme", "owner": 99}`}; !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}
