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
	spec, err := doc.ParseExtJSON([]byte(`{"key": {"a": 1}, "name": "a_1", "hidden": true}`))
	if err != nil {
		t.Fatal(err)
	}
	s := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{{Database: "shop", Name: "c", Origin: "w.weave:1:1", Mode: desired.Merge, Indexes: []bson.Raw{spec}}}}
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
	for _, want := range []string{"user            none: without authentication\n", "yes             hidden indexes: needed by shop.c (w.weave:1:1)\n", "nothing is in the way\n"} {
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
