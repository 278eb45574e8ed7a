package enforce

// The journal's items again. In: records; out: items, put together where they
// were cut. Pure; the format is docs/state.md, journal.

import (
	"encoding/binary"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// journalRecord is a record with whole items: what was cut is put together.
type journalRecord struct {
	ns     stores.Namespace
	action string
	owning owning
	items  []bson.Raw
	// together is the same text in the records of one transaction; else empty.
	together string
}

// readJournal reads the records of a run, in order of `_id`. Those of a run that is
// not over may end with an item of which the last part is missing: it was never
// written for, and is left out.
func readJournal(run string, over bool, records []bson.Raw) ([]journalRecord, error) {
	var out []journalRecord
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
		data = append(data, binaryBytes(raw.Lookup("data"))...)
		if more, _ := raw.Lookup("more").BooleanOK(); more {
			continue
		}
		r := journalRecord{action: raw.Lookup("action").StringValue()}
		r.ns.Database, r.ns.Collection = raw.Lookup("database").StringValue(), raw.Lookup("collection").StringValue()
		r.together, _ = raw.Lookup("together").StringValueOK()
		for _, v := range doc.Fields(bson.Raw(raw.Lookup("keep").Array())) {
			r.owning.keep = append(r.owning.keep, texts(v))
		}
		r.owning.names = texts(raw.Lookup("keepNames"))
		for len(data) > 0 {
			size := 0
			if len(data) >= len(doc.Empty) {
				size = int(int32(binary.LittleEndian.Uint32(data)))
			}
			if size < len(doc.Empty) || size > len(data) || doc.ValidateStructure(data[:size]) != nil {
				return nil, damaged("journal", raw, "its data are no BSON documents")
			}
			item := bson.Raw(data[:size:size])
			if why := checkItem(r.action, item); why != "" {
				return nil, damaged("journal", raw, fmt.Sprintf("item %d: %s", len(r.items)+1, why))
			}
			r.items = append(r.items, item)
			data = data[size:]
		}
		if len(r.items) == 0 {
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
		if d, ok := doc.Get(item, doc.Path{name}); ok && (action == journalReplace || action == journalDelete) {
			if of, _ := doc.Get(d.Value, doc.Path{"_id"}); !doc.Identical(of, id) {
				return name + " has another _id than the item"
			}
		}
	}
	if action == journalUpdate {
		return checkChanges(item.Lookup("fields").Array())
	}
	if action == journalOptions && len(item) == len(doc.Empty) {
		return "it has neither before nor after"
	}
	return ""
}

// checkChanges says what is wrong with the fields of an update.
func checkChanges(list bson.RawArray) string {
	var paths []doc.Path
	for _, v := range doc.Fields(bson.Raw(list)) {
		path := doc.Path(texts(bson.Raw(v.Value).Lookup("path")))
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

// texts are the strings of an array.
func texts(v bson.RawValue) []string {
	array, ok := v.ArrayOK()
	if !ok {
		return nil
	}
	var out []string
	for _, e := range doc.Fields(bson.Raw(array)) {
		s, _ := e.StringValueOK()
		out = append(out, s)
	}
	return out
}
