package control

// The journal as undo reads it. In: the records of a run's journal; out: its items,
// put together where they were cut, when all of them are the run's, as its seal says.
// The format is docs/state.md, journal.

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"slices"

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

// Sealed reports whether the run has a seal, which runs of earlier versions have not;
// keyed: with a key.
func (r *RunRecord) Sealed() (sealed, keyed bool) { return r.seal != "", r.seal == sealKeyed }

// ReadJournal reads records of a run in order of `_id`, before which it has others. Those
// of a run that is not over may end with an item of which the last part is missing: it was
// never written for, and is left out.
func ReadJournal(run string, before int, over bool, records []bson.Raw) (out []JournalRecord, err error) {
	items := journalItemsOf{run: run, n: before}
	for _, raw := range records {
		r, err := items.next(raw)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, items.end(over)
}

// journalItemsOf reads the items of a run's records, one record after the other.
type journalItemsOf struct {
	run   string
	n     int      // records before the next one
	parts int      // of them, those that an item goes over which is not at its end
	data  []byte   // of these
	first bson.Raw // of these
}

// next reads one record; nil when an item goes on in the next.
func (j *journalItemsOf) next(raw bson.Raw) (*JournalRecord, error) {
	if err := checkRecord("journal", raw); err != nil {
		return nil, err
	}
	j.n++
	if id := recordID(raw); raw.Lookup("run").StringValue() != j.run || id != journalID(j.run, j.n) {
		return nil, damaged("journal", raw, "the one that comes here is "+change.Clean(journalID(j.run, j.n)))
	}
	if j.parts == 0 {
		j.first = raw
	} else if why := differentPart(j.first, raw); why != "" {
		return nil, damaged("journal", raw, why)
	}
	j.data = append(j.data, doc.BinaryBytes(raw.Lookup("data"))...)
	if more, _ := raw.Lookup("more").BooleanOK(); more {
		j.parts++
		return nil, nil
	}
	data := j.data
	j.parts, j.data, j.first = 0, nil, nil
	r := &JournalRecord{Action: raw.Lookup("action").StringValue()}
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
	return r, nil
}

// end says what is wrong when there are no more records; over: the run is.
func (j *journalItemsOf) end(over bool) error {
	if j.parts > 0 && over {
		return damaged("journal", j.first, "its last part is missing, and the run is over")
	}
	return nil
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
