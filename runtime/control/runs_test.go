package control

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// A run has a number, a record and a journal that proves itself; a changed journal is
// damage, and the oldest runs go.
func TestRuns(t *testing.T) {
	db := onServer(t, &timer{at: time.Now()})
	ns := stores.Namespace{Database: "a", Collection: "c"}
	subject := &Subject{Weave: "w", Environment: "e", Databases: []string{"a"}, Collections: []Collection{{Namespace: ns}}}
	const key = "a key of sixteen bytes or more"
	item := doc.NewBuilder(0).AppendDocument("after", doc.NewBuilder(0).AppendString("x", "y").Raw()).Raw()
	var last *change.RunItem
	for _, token := range []string{"1", "2", "3"} {
		r := NewRecord(newLeases(db, subject, token), key)
		if err := r.Number(t.Context()); err != nil {
			t.Fatal(err)
		}
		if renumbered, err := r.Begin(t.Context(), Compiled{Artefact: "sha256:x", Labels: []change.Label{{Name: "n", Value: "v"}}}); err != nil || renumbered {
			t.Fatalf("%v, %v", renumbered, err)
		}
		if err := r.Journal.Put(t.Context(), ns, Owning{}, []JournalEntry{{JournalOptions, []bson.Raw{item}}}, false); err != nil {
			t.Fatal(err)
		}
		var err error
		if last, err = r.End(t.Context(), token != "2", change.Applied, change.RunCounts{Options: 1}); err != nil || (last == nil) != (token == "2") {
			t.Fatalf("%+v, %v", last, err)
		}
	}
	runs, err := db.Runs(t.Context(), "w", "e")
	if err != nil || len(runs) != 2 || runs[0].ID != "w/e/2" || runs[0].Counts.Options != 1 || runs[1].ID != "w/e/1" {
		t.Fatalf("%v: %+v; what wrote nothing leaves no number", err, runs)
	}
	stored := func(run string) []bson.Raw {
		t.Helper()
		found, err := db.find(t.Context(), JournalCollection, bson.D{{Key: "run", Value: run}})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	raw := stored(last.ID)
	if len(raw) != 1 || slices.Equal(doc.BinaryBytes(raw[0].Lookup("data")), item) {
		t.Fatalf("%s is not encrypted", raw)
	}
	prove := func(run *RunRecord, key, asked string, shown *Proof) (*Proof, []JournalRecord, error) {
		var records []JournalRecord
		p, err := db.Prove(t.Context(), run, key, asked, shown, func() { records = nil }, func(r *JournalRecord) { records = append(records, *r) })
		return p, records, err
	}
	shown, records, err := prove(&runs[0], key, last.Journal, nil)
	if err != nil || len(records) != 1 || records[0].Namespace != ns || !slices.Equal(records[0].Items[0], item) {
		t.Fatalf("%v: %+v", err, records)
	}
	if again, _, err := prove(&runs[0], key, last.Journal, shown); err != nil || again.Records() != 1 {
		t.Fatalf("proven once more: %v", err)
	}
	of := func(run *RunRecord, key, asked string) func() error {
		return func() error { _, _, err := prove(run, key, asked, nil); return err }
	}
	refused := func(what string, prove func() error) {
		t.Helper()
		if err := prove(); err == nil {
			t.Errorf("%s: it was proven", what)
		} else if _, ok := db.Conflict(err); !ok {
			t.Errorf("%s: %v is no conflict", what, err)
		}
	}
	refused("another key", of(&runs[0], key+"!", ""))
	refused("no key", of(&runs[0], "", ""))
	refused("another digest", of(&runs[0], key, "sha256:y"))
	otherRun := runs[1]
	otherRun.ID = runs[0].ID
	refused("another run's own", of(&otherRun, key, ""))
	instead := func(record bson.Raw) {
		t.Helper()
		if err := db.delete(t.Context(), JournalCollection, bson.D{{Key: "_id", Value: raw[0].Lookup("_id")}}); err != nil {
			t.Fatal(err)
		}
		if record != nil {
			if _, _, err := db.write(t.Context(), bson.D{{Key: "insert", Value: JournalCollection}, {Key: "documents", Value: bson.A{record}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	backward := func() error { return shown.Backward(t.Context(), func(int, *JournalRecord) error { return nil }) }
	for what, record := range map[string]bson.Raw{"another record": doc.With(raw[0], "collection", doc.String("other")), "no record": nil} {
		instead(record)
		refused(what, of(&runs[0], key, ""))
		refused(what+" after it was shown", func() error { _, _, err := prove(&runs[0], key, "", shown); return err })
		refused(what+" from the end", backward)
	}
	instead(raw[0])
	if err := backward(); err != nil {
		t.Error(err)
	}
	if err := NewRecord(newLeases(db, subject, "9"), "").Trim(t.Context(), 1, false); err != nil {
		t.Fatal(err)
	}
	if runs, err = db.Runs(t.Context(), "w", "e"); err != nil || len(runs) != 1 || runs[0].ID != "w/e/2" {
		t.Errorf("%v: %+v", err, runs)
	}
	if len(stored("w/e/1")) > 0 {
		t.Error("the journal of a run that went is there")
	}
}

// Claims, managed collections and holds stand in the way of others, and are handed over.
func TestClaims(t *testing.T) {
	db := onServer(t, &timer{at: time.Now()})
	collection := Collection{Namespace: stores.Namespace{Database: "a", Collection: "c"}, Origin: "f.weave:1:1"}
	mine := &Subject{Weave: "w", Environment: "e", Databases: []string{"a"}, Collections: []Collection{collection}}
	other := &Subject{Weave: "v", Environment: "f", Databases: []string{"a"}, Collections: []Collection{collection}}
	hello, err := db.Hello(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := func(s *Subject) (found *Found, codes []string) {
		t.Helper()
		found, _, err := db.Read(t.Context(), s, "1", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range db.Conflicts(found, s, hello.Cluster) {
			codes = append(codes, c.Code)
		}
		return found, codes
	}
	found, codes := read(mine)
	if len(codes) > 0 {
		t.Fatalf("%q", codes)
	}
	if again, err := db.Claim(t.Context(), found, mine, hello.Cluster, "w/e/1"); err != nil || again {
		t.Fatalf("%v, %v", again, err)
	}
	if again, err := db.Claim(t.Context(), found, mine, hello.Cluster, "w/e/1"); err != nil || !again {
		t.Errorf("%v, %v: another run was faster", again, err)
	}
	if _, codes := read(mine); len(codes) > 0 {
		t.Errorf("%q", codes)
	}
	if _, codes := read(other); !slices.Equal(codes, []string{change.ClaimEnvironment.Code, change.ManagedElsewhere.Code}) {
		t.Errorf("%q", codes)
	}

	hold := &RunRecord{RunRecord: change.RunRecord{ID: "w/e/1", Artefact: "sha256:x", Databases: []string{"a"}}}
	if err := db.hold(t.Context(), mine, hold); err != nil {
		t.Fatal(err)
	}
	found, _ = read(mine)
	if run, _ := found.HeldBack(mine, "sha256:x"); run != "w/e/1" || !found.HasHold() {
		t.Errorf("run %q", run)
	}
	run, lifts := found.HeldBack(mine, "sha256:y")
	if run != "" || !slices.Equal(lifts, []string{"w/e/1"}) {
		t.Errorf("%q, %q", run, lifts)
	}
	if err := db.Lift(t.Context(), mine, lifts); err != nil {
		t.Fatal(err)
	}
	if found, _ = read(mine); found.HasHold() {
		t.Error("the hold is there still")
	}

	records, conflicts, err := db.Records(t.Context(), other)
	if err != nil || len(conflicts) > 0 {
		t.Fatalf("%v, %+v", err, conflicts)
	}
	changes := ClaimChanges(records, other, hello.Cluster)
	for _, c := range changes {
		err = errors.Join(err, db.Write(t.Context(), c))
	}
	if _, codes := read(other); err != nil || len(changes) != 2 || len(codes) > 0 {
		t.Errorf("%v: %d changes, %q", err, len(changes), codes)
	}
}
