package control

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// TestJournalParts: items that are larger than a record, and one of which the
// last part was never written.
func TestJournalParts(t *testing.T) {
	before := func(name string) bson.Raw {
		return doc.NewBuilder(0).AppendDocument("before", doc.NewBuilder(0).AppendDocument("key", doc.NewBuilder(16).AppendInt32("a", 1).Raw()).AppendString("name", name).Raw()).Raw()
	}
	small, large := before("a_1"), before(strings.Repeat("x", 20<<20))
	entries := []JournalEntry{{JournalDropIndex, []bson.Raw{small, large, small, small}}, {JournalOptions, []bson.Raw{small}}}
	records := JournalRecords("w/e/1", 0, stores.Namespace{Database: "d", Collection: "c"}, Owning{}, entries)
	if got := records[0].Lookup("_id").StringValue(); got != "w/e/1/00000001" || len(records) != 5 {
		t.Fatalf("%d records, the first %s", len(records), got)
	}
	back, err := ReadJournal("w/e/1", 0, true, records)
	if err != nil || len(back) != 3 || !slices.Equal(back[1].Items[0], large) || len(back[1].Items) != 3 || len(back[0].Items) != 1 || back[2].Action != JournalOptions {
		t.Fatalf("%v: %d records", err, len(back))
	}
	if back, err = ReadJournal("w/e/1", 0, false, records[:2]); err != nil || len(back) != 1 {
		t.Errorf("%v: %d records, want the one before the cut", err, len(back))
	}
	damaged := doc.NewBuilder(0).Append("format", doc.NewBuilder(0).AppendInt32("", 1).Raw().Lookup("")).Append("data", doc.Binary([]byte{9, 0, 0, 0, 0})).Raw()
	if _, err = ReadJournal("w/e/1", 0, true, []bson.Raw{damaged}); err == nil {
		t.Error("a damaged record was read")
	}
}

// A journal that comes in another order, in parts, and is longer than what is read at
// once, is read in order, and from its end.
func TestJournalBackward(t *testing.T) {
	db := onServer(t, &timer{at: time.Now()})
	var entries []JournalEntry
	for n := range 9 {
		text := strings.Repeat("x", 1+n%3*(journalBytes-500_000))
		entries = append(entries, JournalEntry{JournalOptions, []bson.Raw{doc.NewBuilder(0).AppendDocument("after", doc.NewBuilder(16).AppendInt32("n", int32(n)).AppendString("text", text).Raw()).Raw()}})
	}
	records := JournalRecords("w/e/1", 0, stores.Namespace{Database: "d", Collection: "c"}, Owning{}, entries)
	for _, r := range slices.Backward(records) {
		if _, _, err := db.write(t.Context(), bson.D{{Key: "insert", Value: JournalCollection}, {Key: "documents", Value: bson.A{r}}}); err != nil {
			t.Fatal(err)
		}
	}
	n := func(r *JournalRecord) int { return int(r.Items[0].Lookup("after", "n").Int32()) }
	var got []int
	proof, err := db.Prove(t.Context(), &RunRecord{RunRecord: change.RunRecord{ID: "w/e/1", Outcome: change.Applied}}, "", "", nil, func() { got = nil }, func(r *JournalRecord) { got = append(got, n(r)) })
	if err != nil || !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}) || len(records) <= len(entries) {
		t.Fatalf("%v: %d of %d records", err, got, len(records))
	}
	got = nil
	if err := proof.Backward(t.Context(), func(at int, r *JournalRecord) error {
		if got = append(got, n(r)); at != n(r) {
			t.Errorf("%d stands at %d", n(r), at)
		}
		return nil
	}); err != nil || !slices.Equal(got, []int{8, 7, 6, 5, 4, 3, 2, 1, 0}) {
		t.Fatalf("%v: %d", err, got)
	}
	// In any order at all.
	p := &proving{proof: Proof{db: db, run: "w/e/1"}, keep: func(r *JournalRecord) { got = append(got, n(r)) }, items: journalItemsOf{run: "w/e/1"}, early: map[string]bson.Raw{}}
	got = nil
	for _, r := range slices.Backward(records) {
		p.found(r)
	}
	if err := p.end(&RunRecord{RunRecord: change.RunRecord{Outcome: change.Applied}}, ""); err != nil || !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Fatalf("%v: %d", err, got)
	}
}
