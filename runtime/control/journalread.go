package control

// The journal as undo reads it. In: the records of a run's journal; out: its items,
// put together where they were cut, when all of them are the run's, as its seal says.
// The format is docs/state.md, journal.

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// JournalRecord is a record with whole items: what was cut is put together.
type JournalRecord struct {
	Namespace stores.Namespace
	Action    string
	Owning    Owning
	Items     []bson.Raw
	// Together is the same text in the records of one transaction; else empty.
	Together string
}

// Journal reads the records of a run's journal as they are, in order.
func (d *Database) Journal(ctx context.Context, run string) ([]bson.Raw, error) {
	// `0` is the character after `/`.
	ids := doc.NewBuilder(64).AppendString("$gte", run+"/").AppendString("$lt", run+"0").Raw()
	filter := doc.NewBuilder(64).AppendDocument("_id", ids).Raw()
	var records []bson.Raw
	for r, err := range d.store.Find(ctx, stores.Namespace{Database: d.Name, Collection: JournalCollection}, stores.Query{Filter: filter}) {
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b bson.Raw) int { return strings.Compare(recordID(a), recordID(b)) })
	return records, nil
}

// Proven reads the records of a run's journal when all of them are the run's, as its
// seal says. key is that of the journal, asked the digest that it must have; empty:
// none, any.
func (d *Database) Proven(raw []bson.Raw, run *RunRecord, key, asked string) ([]JournalRecord, error) {
	sealed, err := checkSeal(run, d.Name, key)
	if err != nil {
		return nil, err
	}
	plain, err := sealed.decrypt(raw)
	if err != nil {
		return nil, err
	}
	records, err := ReadJournal(run.ID, run.journal != nil || sealed == nil && run.Outcome == change.Applied, plain)
	if err != nil {
		return nil, err
	}
	if sealed != nil {
		if err := sealed.check(raw); err != nil {
			return nil, err
		}
	} else if n := slices.IndexFunc(raw, func(r bson.Raw) bool { return r.Lookup("chain").Type != 0 }); n >= 0 {
		return nil, damaged("journal", raw[n], "it has a chain, and its run has none")
	}
	return records, checkEnd(run, d.Name, sealed, asked)
}

// Sealed reports whether the run has a seal, which runs of earlier versions have not;
// keyed: with a key.
func (r *RunRecord) Sealed() (sealed, keyed bool) { return r.seal != "", r.seal == sealKeyed }

// ReadJournal reads the records of a run, in order of `_id`. Those of a run that is
// not over may end with an item of which the last part is missing: it was never
// written for, and is left out.
func ReadJournal(run string, over bool, records []bson.Raw) ([]JournalRecord, error) {
	var out []JournalRecord
	var data []byte
	var first bson.Raw // of those that an item goes over
	for n, raw := range records {
		if err := checkRecord("journal", raw); err != nil {
			return nil, err
		}
		if id := recordID(raw); raw.Lookup("run").StringValue() != run || id != journalID(run, n+1) {
			return nil, damaged("journal", raw, "the one that comes here is "+change.Clean(journalID(run, n+1)))
		}
		if data == nil {
			first = raw
		} else if why := differentPart(first, raw); why != "" {
			return nil, damaged("journal", raw, why)
		}
		data = append(data, doc.BinaryBytes(raw.Lookup("data"))...)
		if more, _ := raw.Lookup("more").BooleanOK(); more {
			continue
		}
		r := JournalRecord{Action: raw.Lookup("action").StringValue()}
		r.Namespace.Database, r.Namespace.Collection = raw.Lookup("database").StringValue(), raw.Lookup("collection").StringValue()
		r.Together, _ = raw.Lookup("together").StringValueOK()
		for _, v := range doc.Fields(bson.Raw(raw.Lookup("keep").Array())) {
			r.Owning.keep = append(r.Owning.keep, doc.StringsOf(v))
		}
		r.Owning.names = doc.StringsOf(raw.Lookup("keepNames"))
		for len(data) > 0 {
			size := 0
			if len(data) >= len(doc.Empty) {
				size = int(int32(binary.LittleEndian.Uint32(data)))
			}
			if size < len(doc.Empty) || size > len(data) || doc.ValidateStructure(data[:size]) != nil {
				return nil, damaged("journal", raw, "its data are no BSON documents")
			}
			item := bson.Raw(data[:size:size])
			if why := checkItem(r.Action, item); why != "" {
				return nil, damaged("journal", raw, fmt.Sprintf("item %d: %s", len(r.Items)+1, why))
			}
			r.Items = append(r.Items, item)
			data = data[size:]
		}
		if len(r.Items) == 0 {
			return nil, damaged("journal", raw, "it has no item")
		}
		data = nil
		out = append(out, r)
	}
	if data != nil && over {
		return nil, damaged("journal", first, "its last part is missing, and the run is over")
	}
	return out, nil
}

// differentPart says which field of two records of one item differs; empty: none.
func differentPart(a, b bson.Raw) string {
	for _, name := range []string{"database", "collection", "action", "keep", "keepNames", "together"} {
		v, _ := doc.Get(a, doc.Path{name})
		w, _ := doc.Get(b, doc.Path{name})
		if !doc.Identical(v, w) {
			return "it goes on with an item, and its " + name + " is another one"
		}
	}
	return ""
}

// checkItem says what is wrong with an item of an action; empty: nothing.
func checkItem(action string, item bson.Raw) string {
	if why := checkFields(action, item, ""); why != "" {
		return why
	}
	id, _ := doc.Get(item, doc.Path{"_id"})
	for _, name := range []string{"before", "after"} {
		if d, ok := doc.Get(item, doc.Path{name}); ok && (action == JournalReplace || action == JournalDelete) {
			if of, _ := doc.Get(d.Value, doc.Path{"_id"}); !doc.Identical(of, id) {
				return name + " has another _id than the item"
			}
		}
	}
	if action == JournalUpdate {
		return checkChanges(item.Lookup("fields").Array())
	}
	if action == JournalOptions && len(item) == len(doc.Empty) {
		return "it has neither before nor after"
	}
	return ""
}

// checkChanges says what is wrong with the fields of an update.
func checkChanges(list bson.RawArray) string {
	var paths []doc.Path
	for _, v := range doc.Fields(bson.Raw(list)) {
		path := doc.Path(doc.StringsOf(bson.Raw(v.Value).Lookup("path")))
		_, before := doc.Get(v.Value, doc.Path{"before"})
		_, after := doc.Get(v.Value, doc.Path{"after"})
		_, place := doc.Get(v.Value, doc.Path{"place"})
		switch {
		case path[0] == "_id":
			return "a path is in _id"
		case !before && !after:
			return fieldName(path.String()) + " has neither before nor after"
		case place != (before && !after):
			return fieldName(path.String()) + " has a place and is not removed, or the other way round"
		}
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		return "it changes no field"
	}
	slices.SortFunc(paths, doc.ComparePaths)
	for i, p := range paths[1:] {
		if p.HasPrefix(paths[i]) {
			return fieldName(p.String()) + " is there twice, or lies in another path"
		}
	}
	return ""
}

// checkSeal begins the chain of a run that is to be undone, as its record in the state
// database says it.
func checkSeal(run *RunRecord, database, key string) (*seal, error) {
	pairs := []string{"run", change.Clean(run.ID), "database", change.Clean(database)}
	s := &seal{}
	switch {
	case run.seal == sealKeyed && key == "":
		return nil, refuse(change.JournalKeyMissing, pairs...)
	case run.seal != sealKeyed && key != "":
		return nil, refuse(change.JournalKeyOther, pairs...)
	case run.seal == "":
		return nil, nil // of an earlier version
	case key != "":
		s.key = []byte(key)
	}
	if !bytes.Equal(s.begin(run.ID, run.Artefact, run.Databases, run.Collections), run.chain) {
		if s.key != nil {
			return nil, refuse(change.JournalKeyOther, pairs...)
		}
		return nil, &damagedError{runsCollection, run.ID, "its chain does not follow from what it says", wayRun}
	}
	return s, nil
}

// checkEnd holds a journal that was read to its end against the run's record, which
// has no digest while the run is not over, and against the one that was asked for.
func checkEnd(run *RunRecord, database string, s *seal, asked string) error {
	pairs := []string{"run", change.Clean(run.ID), "database", change.Clean(database)}
	switch {
	case s == nil && asked != "":
		return refuse(change.JournalUnsealed, pairs...)
	case s == nil:
		return nil
	case run.journal != nil && (run.records != s.records || !hmac.Equal(run.journal, s.end())):
		why := fmt.Sprintf("its journal has %d records, and these are not the %d that the run wrote", s.records, run.records)
		return &damagedError{runsCollection, run.ID, why, wayJournal}
	case asked != "" && asked != s.endText():
		return refuse(change.JournalOther, append(pairs, "found", s.endText(), "asked", change.Clean(asked))...)
	}
	return nil
}
