package doctor

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// TestExamine: a server is examined, tried once, and what a weave needs is held against it.
func TestExamine(t *testing.T) {
	uri := engine.ForTest(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	const memory = "f_doctor"
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := client.Database(memory).Drop(ctx); err != nil {
			t.Error(err)
		}
		if err := client.Disconnect(ctx); err != nil {
			t.Error(err)
		}
	})
	spec := document(t, `{"key": {"a": 1}, "name": "a_1", "hidden": true}`)
	ours, theirs := document(t, `{"_id": 1, "n": {"$numberDouble": "1.0"}, "$x": "new"}`), document(t, `{"_id": 1, "n": 1, "$x": "old"}`)
	typed, untyped := document(t, `{"_id": 2, "n": {"$numberDouble": "1.0"}}`), document(t, `{"_id": 2, "n": 1}`)
	documents := &desired.Collection{Database: "f_doctor_db", Name: "d", Origin: "w.weave:5:1", Mode: desired.Replace, Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: ours}, {Raw: typed}}}
	if _, err := client.Database("f_doctor_db").Collection("d").InsertMany(t.Context(), []any{theirs, untyped}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Database("f_doctor_db").Drop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{{Database: "shop", Name: "c", Origin: "w.weave:1:1", Mode: desired.Merge, Indexes: []bson.Raw{spec}}, documents}}
	examine := func(probe string) *Result {
		r, err := Examine(t.Context(), Options{URI: uri, StateDatabase: memory, Probe: probe, States: []State{{State: s}}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	stateOf := func(r *Result, name string) string {
		for _, f := range r.Features {
			if f.Name == name {
				return f.State
			}
		}
		return ""
	}
	if r := examine("never"); r.Exit != 0 || stateOf(r, "hidden-index") != "unknown" {
		t.Errorf("without a probe: %+v", r)
	}
	r := examine("auto")
	if r.Exit != 0 || len(r.Problems) > 0 || stateOf(r, "hidden-index") != "has" || r.Server.Version == "" || r.Server.Wire == 0 || r.Connection.LatencyMicros == 0 || r.Connection.TLS != "off" {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"user            none: without authentication\n", "yes             hidden indexes: needed by shop.c (w.weave:1:1)\n",
		"($set of 1.0 over 1): needed by f_doctor_db.d (w.weave:5:1, 1 document)\n", "by a pipeline ($replaceWith): needed by f_doctor_db.d (w.weave:5:1, 1 document)\n", "nothing is in the way\n"} {
		if text := Text(r); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// What is known is not tried again, until somebody asks for it.
	control := client.Database(memory).Collection("control")
	if _, err := control.UpdateByID(t.Context(), "server capabilities", bson.D{{Key: "$set", Value: bson.D{{Key: "lacks", Value: bson.A{"hidden-index"}}}}, {Key: "$pull", Value: bson.D{{Key: "has", Value: "hidden-index"}}}}); err != nil {
		t.Fatal(err)
	}
	r = examine("auto")
	if text := Text(r); r.Exit != 1 || !strings.Contains(text, "problem         the server lacks hidden indexes, which shop.c (w.weave:1:1) needs: ") {
		t.Errorf("exit %d\n%s", r.Exit, text)
	}
	if r := examine("always"); r.Exit != 0 || stateOf(r, "hidden-index") != "has" {
		t.Errorf("tried again: %+v", r)
	}
}

func document(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
