package enforce_test

// Undo on a server: what a run wrote is taken back, and nothing else.

import (
	"context"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
	"github.com/hayone1/mongocd/runtime/undo"
)

func TestUndo(t *testing.T) { engine.OnEach(t, testUndo) }

func testUndo(t *testing.T) {
	store := openServer(t, mongo.Options{})
	name := database(t)
	ns := stores.Namespace{Database: name, Collection: "c"}
	options := enforce.Options{StateDatabase: name + "_state"}
	drop(t, store, name, name+"_state")
	before := []bson.Raw{
		parse(t, `{"_id": 1, "a": 1, "b": {"x": 1, "y": 2}, "c": 3}`), parse(t, `{"_id": 2, "a": 1}`), parse(t, `{"_id": 3, "gone": true}`), parse(t, `{"_id": 4, "$odd": 1}`),
	}
	fillCollection(t, store, ns, nil, []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1"}`)}, before)
	was := contents(t, store, ns)
	state := &desired.State{Weave: "w", Environment: "e", Compiler: "mongocd test", Collections: []*desired.Collection{{
		Database: name, Name: "c", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
		Indexes: []bson.Raw{parse(t, `{"key": {"b": 1}, "name": "b_1"}`)},
		Prune:   &desired.Prune{Origin: "w.weave:2:1", AtMost: 5, Filter: parse(t, `{}`)},
		Documents: []desired.Document{
			{Raw: parse(t, `{"_id": 1, "a": 2, "c": 3, "d": 4}`)}, {Raw: parse(t, `{"_id": 2, "a": 1}`)}, {Raw: parse(t, `{"_id": 4, "$odd": 2}`)}, {Raw: parse(t, `{"_id": 5, "n": 1}`)},
		},
	}}}
	ctx := testContext(t)
	takeBack := func(which undo.Options) *change.Report {
		t.Helper()
		report, err := undo.Undo(ctx, store, state, which, options)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	apply := func() *change.Report {
		t.Helper()
		report, err := enforce.Apply(ctx, store, state, options)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if report := takeBack(undo.Options{}); report.Exit != change.ExitRefused || report.Conflicts[0].Code != change.NoSuchRun.Code {
		t.Fatal(view.Text(report, true))
	}
	if report := apply(); report.Outcome != change.Applied {
		t.Fatal(view.Text(report, true))
	}
	written := contents(t, store, ns)
	report := takeBack(undo.Options{Plan: true})
	if text := view.Text(report, true); text != `undo w for e: 1 to insert, 2 to update, 1 to delete, 1 index to drop

`+ns.String()+`
  - index b_1
  + {_id: 3}
  ~ {_id: 4}
      $odd: 2 → 1
  ~ {_id: 1}
      a: 2 → 1
      b.x: (missing) → 1
      b.y: (missing) → 2
      d: 4 → (missing)
  - {_id: 5}

result: changes, exit 0
` {
		t.Error(text)
	}
	if got := contents(t, store, ns); !slices.Equal(got, written) {
		t.Errorf("planning an undo changed something: %s", got)
	}
	report = takeBack(undo.Options{Run: "1"})
	if report.Outcome != change.Undone || report.Collections[0].Done.Updated != 2 || report.Collections[0].Done.DroppedIndexes != 1 {
		t.Error(view.Text(report, true))
	}
	if got := contents(t, store, ns); !slices.Equal(got, was) {
		t.Errorf("after undo\n%s\nwant\n%s", got, was)
	}
	if report = takeBack(undo.Options{Run: "w/e/1"}); report.Outcome != change.InSync {
		t.Error(view.Text(report, true))
	}
	if report = apply(); report.Exit != change.ExitRefused || report.Conflicts[0].Code != change.Held.Code {
		t.Error(view.Text(report, true))
	}
	release := func(plan bool, outcome string) {
		t.Helper()
		report, err := enforce.ReleaseHold(ctx, store, "w", "e", plan, options)
		if err != nil || report.Outcome != outcome {
			t.Fatalf("%v\n%s", err, view.Text(report, true))
		}
	}
	release(true, change.Changes)
	release(false, change.Applied)
	release(false, change.InSync)
	if report = apply(); report.Outcome != change.Applied {
		t.Error(view.Text(report, true))
	}
	if report = takeBack(undo.Options{}); report.Outcome != change.Undone || !slices.Equal(contents(t, store, ns), was) {
		t.Error(view.Text(report, true))
	}
	list, err := enforce.Runs(ctx, store, "w", "e", options)
	if err != nil || len(list.Runs) != 2 || list.Runs[0].N != 2 || list.Runs[0].Undone == "" || list.Runs[0].Counts.Updated != 2 {
		t.Errorf("%v: %+v", err, list)
	}
}

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
	if len(report.Control) != 2 || report.Control[1].Record != "collection "+name+".c" || string(report.Control[1].Before) != `{"weave":"a","environment":"test"}` {
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
