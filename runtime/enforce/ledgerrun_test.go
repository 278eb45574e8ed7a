package enforce_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
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

// ledgerRecords are the runs that changed the ledger's records of a state database, by `_id`.
func ledgerRecords(t *testing.T, store stores.Store, database string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for d, err := range store.Find(testContext(t), stores.Namespace{Database: database, Collection: "ledger"}, stores.Query{All: true}) {
		if err != nil {
			t.Fatal(err)
		}
		out[d.Lookup("_id").StringValue()] = d.Lookup("run").StringValue()
	}
	return out
}

// TestCauses: a whole life, in which rules and destination change.
func TestCauses(t *testing.T) { engine.OnEach(t, testCauses) }

func testCauses(t *testing.T) {
	store, ns := openServer(t, mongo.Options{}), stores.Namespace{Database: database(t), Collection: "c"}
	o := enforce.Options{StateDatabase: ns.Database + "_state"}
	state := func(documents ...string) *desired.State {
		c := &desired.Collection{Database: ns.Database, Name: "c", Origin: "f.weave:3:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
			Prune: &desired.Prune{Origin: "f.weave:4:1", AtMost: 9, Filter: parse(t, `{}`)}}
		for _, d := range documents {
			c.Documents = append(c.Documents, desired.Document{Raw: parse(t, d)})
		}
		return &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}}
	}
	do := func(f func(context.Context, stores.Store, *desired.State, enforce.Options) (*change.Report, error), s *desired.State) *change.Report {
		t.Helper()
		r, err := f(testContext(t), store, s, o)
		if err != nil || r.Failure != nil || len(r.Conflicts) > 0 {
			t.Fatalf("%v\n%s", err, view.Text(r, true))
		}
		return r
	}
	first := state(`{"_id": 1, "n": 1, "d": {"x": 1, "y": 1}}`, `{"_id": 2, "n": 1}`, `{"_id": 3, "n": 1}`, `{"_id": 4, "n": 1}`)
	if text := view.Text(do(enforce.Plan, first), true); strings.Contains(text, "(rules)") {
		t.Errorf("there is no ledger yet, and\n%s", text)
	}
	do(enforce.Apply, first)

	// An application, and a release.
	write := func(ops ...stores.Op) {
		t.Helper()
		if result, err := store.Write(testContext(t), ns, ops); err != nil || result.Inserted+result.Matched+result.Deleted != len(ops) {
			t.Fatalf("%+v, %v", result, err)
		}
	}
	id := func(n int32) bson.RawValue { return doc.NewBuilder(16).AppendInt32("", n).Raw().Lookup("") }
	set := func(n int32, path string, v int32) stores.Op {
		return stores.Op{Action: stores.Update, Set: []stores.Field{{Path: strings.Split(path, "."), Value: id(v)}}, Guard: stores.Guard{ID: id(n)}}
	}
	write(set(1, "d.x", 7), set(1, "extra", 1), stores.Op{Action: stores.Delete, Guard: stores.Guard{ID: id(2)}}, stores.Op{Action: stores.Insert, Document: parse(t, `{"_id": 8, "n": 1}`)})
	second := state(`{"_id": 1, "n": 2, "d": {"x": 1}}`, `{"_id": 2, "n": 1}`, `{"_id": 3, "n": 1}`, `{"_id": 5, "n": 1}`)
	want := `
  + {_id: 2} (destination, since w/e/1)
      n: 1
  + {_id: 5} (rules)
      n: 1
  ~ {_id: 1}
      d.x: 7 → 1 (destination, since w/e/1)
      - d.y: 1 (rules)
      - extra: 1 (destination, since w/e/1)
      n: 1 → 2 (rules)
  - {_id: 4} (rules)
      n: 1
  - {_id: 8} (destination, since w/e/1)
      n: 1
`
	for _, report := range []*change.Report{do(enforce.Plan, second), do(enforce.Verify, second)} {
		text := strings.ReplaceAll(view.Text(report, true), " f.weave:4:1", "")
		if !strings.Contains(text, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", report.Command, text, want)
		}
	}
	linesOf := func(r *change.Report) string {
		t.Helper()
		var out bytes.Buffer
		if err := view.Lines(&out, []*change.Report{r}, ""); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	write(set(3, "n", 9))
	all := linesOf(do(enforce.Plan, second))
	o.Items = 1
	some := do(enforce.Plan, second)
	if few := linesOf(some); few != all || len(some.Collections[0].Documents) != strings.Count(all, `"line":"document"`)-3 || some.Collections[0].Untold != (change.Untold{Inserts: 1, Updates: 1, Deletes: 1}) {
		t.Errorf("the lines of a report that has an item of one insert, update and delete\n%s\nof one that has all\n%s", few, all)
	}
	for _, action := range []string{"insert", "update", "delete"} { // what is not asked for is not made
		c, made, items := &some.Collections[0], 0, 0
		for range c.All(func(a string) bool { return a == action }) {
			made++
		}
		for range c.Items(action) {
			items++
		}
		if made -= len(c.Documents); made != 1 || items != 2 {
			t.Errorf("%s: %d items, %d of them made, want 2 and 1", action, items, made)
		}
	}
	write(set(3, "n", 1))
	o.Items = 0
	var shown string
	o.Approve = func(p *change.Report) bool { shown = view.Text(p, true); return true }
	do(enforce.Apply, second)
	o.Approve = nil
	if !strings.Contains(shown, "n: 1 → 2 (rules)") {
		t.Errorf("who is asked is not told whose doing it is:\n%s", shown)
	}
	write(set(5, "n", 3))
	if text := view.Text(do(enforce.Plan, second), true); !strings.Contains(text, "n: 3 → 1 (destination, since w/e/2)") {
		t.Errorf("after the second run:\n%s", text)
	}

	// Undo takes the documents that it restores out of the ledger, and no other.
	size := func() (n int) {
		for d, err := range store.Find(testContext(t), stores.Namespace{Database: o.StateDatabase, Collection: "ledger"}, stores.Query{All: true}) {
			if err != nil {
				t.Fatal(err)
			}
			_, data := d.Lookup("data").Binary()
			n += len(data)
		}
		return n
	}
	before := size()
	r, err := undo.Undo(testContext(t), store, second, undo.Options{}, o)
	if err != nil || r.Failure != nil || len(r.Conflicts) > 0 {
		t.Fatalf("%v\n%s", err, view.Text(r, true))
	}
	// Those of _id 1 (two leaves) and 2 (one): 4, 8 were not in it any more, 3 stays, and 5, which was changed since, is left.
	if after := size(); before-after != 2*20+3*16 {
		t.Errorf("the ledger had %d bytes and has %d after undo", before, after)
	}
}

// TestLedgerRecords: only records that change are written, and none of a
// number of buckets that is not used any more is left.
func TestLedgerRecords(t *testing.T) { engine.OnEach(t, testLedgerRecords) }

func testLedgerRecords(t *testing.T) {
	store, ns := openServer(t, mongo.Options{}), stores.Namespace{Database: database(t), Collection: "a/0"}
	o := enforce.Options{StateDatabase: ns.Database + "_state"}
	c := &desired.Collection{Database: ns.Database, Name: ns.Collection, Origin: "f.weave:3:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
		Prune: &desired.Prune{Origin: "f.weave:4:1", AtMost: 1000, Filter: parse(t, `{}`)}}
	// A collection whose records' names begin alike.
	other := &desired.Collection{Database: ns.Database, Name: "a", Origin: "f.weave:5:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: many(2, 64)}
	state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c, other}}
	for _, step := range []struct {
		documents, changed int
		buckets            string
		records, written   int // in the last run
	}{
		{600, 0, "/64", 64, 64},
		{600, 1, "/64", 64, 1},
		{3, 1, "/1", 1, 1},
		{3, 1, "/1", 1, 0}, // nothing to do
		{600, 1, "/64", 64, 64},
	} {
		c.Documents = many(step.documents, 64)
		if step.changed > 0 {
			c.Documents[0].Raw = doc.NewBuilder(64).AppendInt32("_id", 0).AppendInt32("changed", int32(step.changed)).Raw()
		}
		report, err := enforce.Apply(testContext(t), store, state, o)
		if err != nil || report.Exit != 0 {
			t.Fatalf("%v\n%s", err, view.Text(report, true))
		}
		records, written, last := 0, 0, lastRun(t, store, o.StateDatabase)
		for id, run := range ledgerRecords(t, store, o.StateDatabase) {
			if id == ns.Database+".a/0/1" { // the other collection's
				continue
			}
			records++
			if !strings.HasPrefix(id, ns.String()+"/") || !strings.HasSuffix(id, step.buckets) {
				t.Errorf("%+v: the record %s is left", step, id)
			}
			if run == last && report.Outcome == change.Applied {
				written++
			}
		}
		if records != step.records || written != step.written {
			t.Errorf("%+v: %d records, %d written", step, records, written)
		}
	}
}

// lastRun is the greatest `_id` of the records of runs.
func lastRun(t *testing.T, store stores.Store, database string) string {
	t.Helper()
	var n []int64
	for d, err := range store.Find(testContext(t), stores.Namespace{Database: database, Collection: "runs"}, stores.Query{All: true}) {
		if err != nil {
			t.Fatal(err)
		}
		v, _ := d.Lookup("n").AsInt64OK()
		n = append(n, v)
	}
	return fmt.Sprintf("w/e/%d", slices.Max(n))
}
