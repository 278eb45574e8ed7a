package undo

// Undo on a server: what a run wrote is taken back, and nothing else.

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// onServer opens a server, and names a database that goes after the test, as does the
// one with _state behind the name.
func onServer(t *testing.T) (store *mongo.Store, database string) {
	t.Helper()
	store, err := mongo.Open(t.Context(), engine.ForTest(t), mongo.Options{Comment: "mongocd test/test"})
	if err != nil {
		t.Fatal(err)
	}
	database = fmt.Sprintf("undo_%d", time.Now().UnixNano())
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, name := range []string{database, database + "_state"} {
			if err := store.Client().Database(name).Drop(ctx); err != nil {
				t.Error(err)
			}
		}
		if err := store.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return store, database
}

func fill(t *testing.T, store stores.Store, ns stores.Namespace, indexes, documents []bson.Raw) {
	t.Helper()
	if err := store.CreateCollection(t.Context(), ns, nil); err != nil {
		t.Fatal(err)
	}
	if err := store.CreateIndexes(t.Context(), ns, indexes); err != nil {
		t.Fatal(err)
	}
	var ops []stores.Op
	for _, d := range documents {
		ops = append(ops, stores.Op{Action: stores.Insert, Document: d})
	}
	if result, err := store.Write(t.Context(), ns, ops); err != nil || result.Inserted != len(ops) {
		t.Fatalf("filling: %+v, %v", result, err)
	}
}

// contents are the documents of a collection by their `_id`.
func contents(t *testing.T, store stores.Store, ns stores.Namespace) (out []string) {
	t.Helper()
	var all []bson.Raw
	for d, err := range store.Find(t.Context(), ns, stores.Query{All: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
	for _, d := range all {
		out = append(out, string(doc.AppendReview(nil, d, false)))
	}
	return out
}

func TestUndo(t *testing.T) { engine.OnEach(t, testUndo) }

func testUndo(t *testing.T) {
	store, name := onServer(t)
	ns := stores.Namespace{Database: name, Collection: "c"}
	options := enforce.Options{StateDatabase: name + "_state"}
	before := []bson.Raw{
		parse(t, `{"_id": 1, "a": 1, "b": {"x": 1, "y": 2}, "c": 3}`), parse(t, `{"_id": 2, "a": 1}`), parse(t, `{"_id": 3, "gone": true}`), parse(t, `{"_id": 4, "$odd": 1}`),
	}
	fill(t, store, ns, []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1"}`)}, before)
	was := contents(t, store, ns)
	state := &desired.State{Weave: "w", Environment: "e", Compiler: "mongocd test", Collections: []*desired.Collection{{
		Database: name, Name: "c", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
		Indexes: []bson.Raw{parse(t, `{"key": {"b": 1}, "name": "b_1"}`)},
		Prune:   &desired.Prune{Origin: "w.weave:2:1", AtMost: 5, Filter: parse(t, `{}`)},
		Documents: []desired.Document{
			{Raw: parse(t, `{"_id": 1, "a": 2, "c": 3, "d": 4}`)}, {Raw: parse(t, `{"_id": 2, "a": 1}`)}, {Raw: parse(t, `{"_id": 4, "$odd": 2}`)}, {Raw: parse(t, `{"_id": 5, "n": 1}`)},
		},
	}}}
	ctx := t.Context()
	takeBack := func(which Options) *change.Report {
		t.Helper()
		report, err := Undo(ctx, store, state, which, options)
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
	if report := takeBack(Options{}); report.Exit != change.ExitRefused || report.Conflicts[0].Code != change.NoSuchRun.Code {
		t.Fatal(view.Text(report, true))
	}
	if report := apply(); report.Outcome != change.Applied {
		t.Fatal(view.Text(report, true))
	}
	written := contents(t, store, ns)
	report := takeBack(Options{Plan: true})
	if text := view.Text(report, true); text != `undo w for e: 1 to insert, 2 to update, 1 to delete, 1 index to drop

`+ns.String()+`
  - index b_1: {key: {b: 1}, name: "b_1"}
  + {_id: 3}
      gone: true
  ~ {_id: 4}
      $odd: 2 → 1
  ~ {_id: 1}
      a: 2 → 1
      + b: {x: 1, y: 2}
      - d: 4
  - {_id: 5}

result: changes, exit 0
` {
		t.Error(text)
	}
	if got := contents(t, store, ns); !slices.Equal(got, written) {
		t.Errorf("planning an undo changed something: %s", got)
	}
	report = takeBack(Options{Run: "1"})
	if report.Outcome != change.Undone || report.Collections[0].Done.Updated != 2 || report.Collections[0].Done.DroppedIndexes != 1 {
		t.Error(view.Text(report, true))
	}
	if got := contents(t, store, ns); !slices.Equal(got, was) {
		t.Errorf("after undo\n%s\nwant\n%s", got, was)
	}
	if report = takeBack(Options{Run: "w/e/1"}); report.Outcome != change.InSync {
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
	if report = takeBack(Options{}); report.Outcome != change.Undone || !slices.Equal(contents(t, store, ns), was) {
		t.Error(view.Text(report, true))
	}
	list, err := enforce.Runs(ctx, store, "w", "e", options)
	if err != nil || len(list.Runs) != 2 || list.Runs[0].N != 2 || list.Runs[0].Undone == "" || list.Runs[0].Counts.Updated != 2 {
		t.Errorf("%v: %+v", err, list)
	}
}
