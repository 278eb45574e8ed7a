package control

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

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
	back, err := ReadJournal("w/e/1", true, records)
	if err != nil || len(back) != 3 || !slices.Equal(back[1].Items[0], large) || len(back[1].Items) != 3 || len(back[0].Items) != 1 || back[2].Action != JournalOptions {
		t.Fatalf("%v: %d records", err, len(back))
	}
	if back, err = ReadJournal("w/e/1", false, records[:2]); err != nil || len(back) != 1 {
		t.Errorf("%v: %d records, want the one before the cut", err, len(back))
	}
	damaged := doc.NewBuilder(0).Append("format", doc.NewBuilder(0).AppendInt32("", 1).Raw().Lookup("")).Append("data", doc.Binary([]byte{9, 0, 0, 0, 0})).Raw()
	if _, err = ReadJournal("w/e/1", true, []bson.Raw{damaged}); err == nil {
		t.Error("a damaged record was read")
	}
}
