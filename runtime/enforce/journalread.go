package enforce

// The journal's items again. In: records; out: items, put together where they
// were cut. Pure; the format is docs/state.md, journal.

import (
	"encoding/binary"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

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

// readJournal reads the records of a run, in order of `_id`. An item at the end
// of which the last part is missing was never written for: it is left out.
func readJournal(records []bson.Raw) ([]journalRecord, error) {
	var out []journalRecord
	var data []byte
	for _, raw := range records {
		id, _ := raw.Lookup("_id").StringValueOK()
		if format, ok := raw.Lookup("format").Int32OK(); !ok || format != stateFormat {
			return nil, fmt.Errorf("the journal record %s has another format: use a newer mongocd", clean(id))
		}
		_, part, ok := raw.Lookup("data").BinaryOK()
		if !ok {
			return nil, fmt.Errorf("the journal record %s has no data", clean(id))
		}
		data = append(data, part...)
		if more, _ := raw.Lookup("more").BooleanOK(); more {
			continue
		}
		r := journalRecord{}
		r.ns.Database, _ = raw.Lookup("database").StringValueOK()
		r.ns.Collection, _ = raw.Lookup("collection").StringValueOK()
		r.action, _ = raw.Lookup("action").StringValueOK()
		r.together, _ = raw.Lookup("together").StringValueOK()
		if keep, ok := raw.Lookup("keep").ArrayOK(); ok {
			for _, v := range doc.Fields(bson.Raw(keep)) {
				r.owning.keep = append(r.owning.keep, texts(v))
			}
		}
		r.owning.names = texts(raw.Lookup("keepNames"))
		for len(data) > 0 {
			size := 0
			if len(data) >= len(emptyDocument) {
				size = int(binary.LittleEndian.Uint32(data))
			}
			if size < len(emptyDocument) || size > len(data) || bson.Raw(data[:size]).Validate() != nil {
				return nil, fmt.Errorf("the journal record %s is damaged", clean(id))
			}
			r.items = append(r.items, data[:size:size])
			data = data[size:]
		}
		data = nil
		out = append(out, r)
	}
	return out, nil
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
