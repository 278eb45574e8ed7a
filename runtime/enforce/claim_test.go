package enforce_test

// What runs remember stands in the way of others, and is handed over on purpose.

import (
	"context"
	"slices"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

func TestClaim(t *testing.T) { engine.OnEach(t, testClaim) }

func testClaim(t *testing.T) {
	store := openServer(t, mongo.Options{})
	name := database(t)
	options := enforce.Options{StateDatabase: name + "_state"}
	drop(t, store, name, name+"_state")
	state := func(weave, environment string) *desired.State {
		return &desired.State{Weave: weave, Environment: environment, Compiler: "mongocd test", Collections: []*desired.Collection{{
			Database: name, Name: "c", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
			Documents: []desired.Document{{Raw: parse(t, `{"_id": 1}`)}},
		}}}
	}
	ctx := testContext(t)
	expect := func(report *change.Report, err error, outcome string, codes ...string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, c := range report.Conflicts {
			found = append(found, c.Code)
		}
		if report.Outcome != outcome || !slices.Equal(found, codes) {
			t.Errorf("want %s %s\n%s", outcome, codes, view.Text(report, true))
		}
	}
	report, err := enforce.Apply(ctx, store, state("a", "test"), options)
	expect(report, err, change.Applied)
	other := state("b", "prod")
	report, err = enforce.Apply(ctx, store, other, options)
	expect(report, err, change.Refused, "claim-mismatch", change.ManagedElsewhere.Code)
	report, err = enforce.Claim(ctx, store, other, true, options)
	expect(report, err, change.Changes)
	report, err = enforce.Claim(ctx, store, other, false, options)
	expect(report, err, change.Applied)
	if len(report.Control) != 2 || report.Control[1].Record != "collection "+name+".c" || report.Control[1].Before.Text() != `{"weave":"a","environment":"test"}` {
		t.Errorf("%s", view.Text(report, true))
	}
	report, err = enforce.Claim(ctx, store, other, false, options)
	expect(report, err, change.InSync)
	report, err = enforce.Apply(ctx, store, other, options)
	expect(report, err, change.InSync)
	report, err = enforce.Apply(ctx, store, state("a", "test"), options)
	expect(report, err, change.Refused, "claim-mismatch", change.ManagedElsewhere.Code)
}

// drop drops databases after the test.
func drop(t testing.TB, store *mongo.Store, names ...string) {
	t.Cleanup(func() {
		for _, name := range names {
			if err := store.Client().Database(name).Drop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		}
	})
}
