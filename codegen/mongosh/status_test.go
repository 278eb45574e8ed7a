package mongosh

// The status of a build: both engines say the same, before the first run, after it, where
// it drifts, and where apply would refuse.

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/undo"
)

func TestStatusAgrees(t *testing.T) {
	const database, records = "f_status", "f_status_state"
	e := newEngines(t, database)
	defer freshDatabase(t, e.database.Client(), records)
	freshDatabase(t, e.database.Client(), records)
	s := state(collection(t, database, "c", desired.Exact, `{"_id": 1, "a": 1}`, `{"_id": 2, "a": 1}`))
	seed(t, e.database.Collection("c"), nil, nil)
	options := enforce.Options{StateDatabase: records, Labels: []change.Label{{Name: "release", Value: "v1\u202e"}}}
	look := func(exit int, differs bool) change.StatusItem {
		t.Helper()
		item := change.StatusItem{Environment: s.Environment, Weave: s.Weave, Artefact: rendered(t, s).Digest}
		report, err := enforce.Plan(t.Context(), e.store, s, options)
		if err != nil {
			t.Fatal(err)
		}
		list, err := enforce.Runs(t.Context(), e.store, s.Weave, s.Environment, options)
		if err != nil {
			t.Fatal(err)
		}
		item.Plan(report)
		item.Ran(list)
		raw, err := view.JSON(&change.Status{Format: 1, Command: "status", Exit: exit, States: []change.StatusItem{item}})
		if err != nil {
			t.Fatal(err)
		}
		got := runState(t, e.js, s, "status", map[string]string{"MONGOCD_STATE_DATABASE": records, "MONGOCD_DETAILED_EXITCODE": "1"})
		if text := view.Status(&item); got.JSON != string(raw) || got.Text != text || item.Differs() != differs {
			t.Errorf("differs: %t\nthe JavaScript engine's\n%s\n%s\nthe Go engine's\n%s\n%s", item.Differs(), got.Text, got.JSON, text, raw)
		}
		return item
	}
	if i := look(2, true); i.Last != nil || i.Differences != 3 { // the collection, too
		t.Errorf("before the first run: %+v", i)
	}
	if report, err := enforce.Apply(t.Context(), e.store, s, options); err != nil || report.Exit != 0 {
		t.Fatalf("%v\n%s", err, view.Text(report, true))
	}
	if i := look(0, false); i.Last == nil || !i.Applied || i.Outcome != change.InSync {
		t.Errorf("after it: %+v", i)
	}
	if _, err := e.database.Collection("c").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: int32(1)}}, parse(t, `{"$set": {"a": 7}}`)); err != nil {
		t.Fatal(err)
	}
	if i := look(2, true); i.Drifted != 1 || i.Differences != 1 {
		t.Errorf("with drift: %+v", i)
	}
	// A run is writing to it, one was broken off, and a record says of neither whose it is.
	control := e.database.Client().Database(records).Collection("control")
	now, id := time.Now().UTC().Truncate(time.Millisecond), "lease "+database+"/"+s.Weave
	for _, l := range []struct {
		record bson.D
		want   change.Lease
	}{
		{bson.D{{Key: "run", Value: s.Weave + "/" + s.Environment + "/1"}, {Key: "token", Value: "t"}, {Key: "taken", Value: now}, {Key: "expires", Value: now.Add(time.Hour)}},
			change.Lease{Run: s.Weave + "/" + s.Environment + "/1", Taken: now.Format("2006-01-02T15:04:05.000Z"), Engine: "go"}},
		{bson.D{{Key: "run", Value: s.Weave + "/staging/7\u202e"}, {Key: "token", Value: "t"}, {Key: "expires", Value: now.Add(-time.Hour)}},
			change.Lease{Run: s.Weave + "/staging/7\u202e", Ended: true}},
		{bson.D{{Key: "expires", Value: now.Add(time.Hour)}}, change.Lease{}},
	} {
		record := append(bson.D{{Key: "_id", Value: id}, {Key: "format", Value: int32(1)}}, l.record...)
		if _, err := control.ReplaceOne(t.Context(), bson.D{{Key: "_id", Value: id}}, record, mongooptions.Replace().SetUpsert(true)); err != nil {
			t.Fatal(err)
		}
		i := look(2, true)
		if len(i.Leases) != 1 || i.Locked() == l.want.Ended {
			t.Fatalf("leases: %+v", i.Leases)
		}
		if got := i.Leases[0]; got.Run != l.want.Run || got.Database != database || got.Taken != l.want.Taken || got.Ended != l.want.Ended || got.Engine != l.want.Engine || got.Engine != "" && len(got.Labels) != 1 {
			t.Errorf("the lease is %+v, want %+v", got, l.want)
		}
	}
	if _, err := control.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: id}}); err != nil {
		t.Fatal(err)
	}
	if report, err := undo.Undo(t.Context(), e.store, s, undo.Options{}, options); err != nil || report.Outcome != change.Undone {
		t.Fatalf("%v\n%s", err, view.Text(report, true))
	}
	if i := look(2, true); len(i.Conflicts) != 1 || i.Conflicts[0].Code != "held" || i.Last != nil {
		t.Errorf("undone: %+v", i)
	}
}
