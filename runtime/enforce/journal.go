package enforce

// The journal's records: what undo needs of every write. In: planned writes,
// specs of indexes, options; out: documents for the collection `journal`, and
// from these the items again. The format is docs/state.md, journal.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// Actions of journal records.
const (
	journalInsert      = "insert"
	journalUpdate      = "update"
	journalReplace     = "replace"
	journalDelete      = "delete"
	journalCreate      = "create"
	journalCreateIndex = "create-index"
	journalDropIndex   = "drop-index"
	journalChangeIndex = "change-index"
	journalOptions     = "options"
)

// stateFormat is the format of every record of the state database.
const stateFormat = 1

const (
	journalBytes = 8 << 20 // of `data` in one record
	journalItems = 1000    // of one record
	// journalCommand is the bytes of records in one command, which is one BSON
	// document of at most 16 MiB.
	journalCommand = 15 << 20
)

// owning says what of a collection's documents the weave does not own.
type owning struct {
	keep  []doc.Path
	names []string // of fields at any depth
}

// owningOf is that of a collection: preserved, ignored and left out paths, by
// path, the names sorted.
func owningOf(c *desired.Collection) owning {
	o := owning{keep: slices.Concat(c.Preserve, c.Ignore)}
	for _, p := range slices.Concat(c.Redact, c.Omit) {
		if p.Leaf != "" {
			o.names = append(o.names, p.Leaf)
		} else {
			o.keep = append(o.keep, p.Path)
		}
	}
	slices.SortFunc(o.keep, doc.ComparePaths)
	o.keep = slices.CompactFunc(o.keep, func(a, b doc.Path) bool { return slices.Equal(a, b) })
	slices.Sort(o.names)
	o.names = slices.Compact(o.names)
	return o
}

// journalEntry is items of one action, in the order they are written.
type journalEntry struct {
	action string
	items  []bson.Raw
}

// journalStep writes what undo needs of a write into the journal.
func (r *run) journalStep(ctx context.Context, what step) error {
	if r.control.server == nil || what.look == nil {
		return nil
	}
	run := &r.control.run
	records := journalRecords(run.id, run.journal, what.look.ns, owningOf(what.look.c.Collection), what.journal())
	run.journal += len(records)
	if what.whole {
		records = together(records)
	}
	records, err := run.seal.encrypt(records)
	if err != nil {
		return fmt.Errorf("encrypt the journal: %w", err)
	}
	records, run.unsure = run.seal.link(records), len(records) > 0
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && (n == 0 || size+len(records[n]) <= journalCommand) {
			size += len(records[n])
			n++
		}
		if err := r.putJournal(ctx, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	run.unsure = false
	return nil
}

// putJournal inserts records in order, so that what is there after a kill has no
// gap. One that is there already is from an attempt whose answer was lost, or it is
// nobody's that this run knows: then the run ends.
func (r *run) putJournal(ctx context.Context, records []bson.Raw) error {
	for len(records) > 0 {
		reply, duplicate, err := r.control.write(ctx, bson.D{{Key: "insert", Value: journalCollection}, {Key: "documents", Value: records}, {Key: "ordered", Value: true}})
		if err != nil || !duplicate {
			return err
		}
		n, _ := reply.Lookup("n").AsInt64OK()
		if n < 0 || n >= int64(len(records)) {
			return fmt.Errorf("the server says that it has inserted %d of %d records of the journal, and not all", n, len(records))
		}
		records = records[n:]
		found, err := r.control.find(ctx, journalCollection, bson.D{{Key: "_id", Value: records[0].Lookup("_id")}}, bson.E{Key: "batchSize", Value: int32(2)})
		if err != nil {
			return err
		}
		if len(found) > 0 && !bytes.Equal(found[0], records[0]) {
			return damaged("journal", found[0], "it was there before the run came to it")
		}
		records = records[1:]
	}
	return nil
}

// journal is what undo needs of a write: nothing of a hook.
func (s step) journal() []journalEntry {
	one := func(name string, specs []bson.Raw) (items []bson.Raw) {
		for _, spec := range specs {
			items = append(items, doc.NewBuilder(len(spec)+16).AppendDocument(name, spec).Raw())
		}
		return items
	}
	switch {
	case s.create:
		return []journalEntry{{journalCreate, []bson.Raw{doc.Empty}}}
	case s.indexes != nil:
		return []journalEntry{{journalCreateIndex, one("after", s.indexes)}}
	case s.drop != nil:
		return []journalEntry{{journalDropIndex, one("before", s.drop)}}
	case s.change != nil:
		return []journalEntry{{journalChangeIndex, []bson.Raw{changeItem(s.change)}}}
	case s.options != nil:
		return []journalEntry{{journalOptions, []bson.Raw{changeItem(s.options)}}}
	case s.writes != nil:
		return s.look.journalWrites(s.writes)
	}
	return nil
}

// changeItem has both sides, each a document, empty where it is nil.
func changeItem(c *structure.Change) bson.Raw {
	item := doc.NewBuilder(256)
	for _, side := range []struct {
		name    string
		options bson.Raw
	}{{"before", c.Before}, {"after", c.After}} {
		if side.options == nil {
			side.options = doc.Empty
		}
		item.AppendDocument(side.name, side.options)
	}
	return item.Raw()
}

// journalWrites are the entries of a batch: inserts, updates, replacements, deletes.
func (l *look) journalWrites(writes []write) []journalEntry {
	owned := owningOf(l.c.Collection)
	var inserts, updates, replaces, deletes []bson.Raw
	for i := range writes {
		w := &writes[i]
		item := doc.NewBuilder(256).Append("_id", w.id()).Append("key", binaryValue(l.documentKey(w)))
		if identity := l.journalIdentity(w); identity != nil {
			item.AppendDocument("identity", identity)
		}
		if links := journalLinks(w.leaves, l.ns.Database); links != nil {
			item.AppendArray("links", links...)
		}
		switch w.op.Action {
		case stores.Insert:
			item.Append("digest", binaryValue(owned.digest(w.op.Document)))
		case stores.Update:
			item.AppendArray("fields", l.journalFields(w)...)
		case stores.Replace, stores.Delete:
			item.AppendDocument("before", w.before)
			if w.op.Action == stores.Replace {
				item.AppendDocument("after", w.op.Document)
			}
		}
		if m := l.journalMask(w); m != nil && w.op.Action != stores.Insert {
			item.AppendDocument("masked", m)
		}
		if l.hidesPath(w.wanted, doc.Path{"_id"}) {
			item.Append("secretId", trueValue)
		}
		switch w.op.Action {
		case stores.Insert:
			inserts = append(inserts, item.Raw())
		case stores.Update:
			updates = append(updates, item.Raw())
		case stores.Replace:
			replaces = append(replaces, item.Raw())
		case stores.Delete:
			deletes = append(deletes, item.Raw())
		}
	}
	return []journalEntry{{journalInsert, inserts}, {journalUpdate, updates}, {journalReplace, replaces}, {journalDelete, deletes}}
}

// journalMask is what undo may not show of a document, nil when it may show all:
// places of secrets, and what the patterns of redact and omit name.
func (l *look) journalMask(w *write) bson.Raw {
	mask := desired.Mask{LeftOut: slices.Concat(l.c.Redact, l.c.Omit)}
	for _, q := range l.c.secrets.of(w.wanted) {
		mask.Secrets = append(mask.Secrets, q.path)
	}
	if l.c.secrets != nil && w.wanted < 0 {
		mask.Secrets = l.c.secrets.all
	}
	if mask.Empty() {
		return nil
	}
	var secrets, paths, names []bson.RawValue
	for _, p := range mask.Secrets {
		secrets = append(secrets, pathValue(p))
	}
	for _, p := range mask.LeftOut {
		if p.Leaf != "" {
			names = append(names, doc.String(p.Leaf))
		} else {
			paths = append(paths, pathValue(p.Path))
		}
	}
	return doc.NewBuilder(128).AppendArray("secrets", secrets...).AppendArray("paths", paths...).AppendArray("names", names...).Raw()
}

// maskOf reads it again, and adds it to a mask.
func maskOf(item bson.Raw, mask *desired.Mask) {
	d, ok := item.Lookup("masked").DocumentOK()
	if !ok {
		return
	}
	for name, list := range doc.Fields(d) {
		for _, v := range doc.Fields(bson.Raw(list.Value)) {
			switch name {
			case "secrets":
				mask.Secrets = append(mask.Secrets, texts(v))
			case "paths":
				mask.LeftOut = append(mask.LeftOut, desired.Pattern{Path: texts(v)})
			default:
				mask.LeftOut = append(mask.LeftOut, desired.Pattern{Leaf: v.StringValue()})
			}
		}
	}
}

// hidesPath reports whether a value at p of a desired document (-1: of another
// document) is not to be shown.
func (l *look) hidesPath(wanted int, p doc.Path) bool {
	return wanted >= 0 && l.c.secrets.hides(wanted, p) || touched(l.c.Redact, p)
}

// documentKey is the document's key in the ledger.
func (l *look) documentKey(w *write) []byte {
	key := ledgerKey(l.identityWritten(w))
	return key[:]
}

// identityWritten is the identity of the document that a write is about.
func (l *look) identityWritten(w *write) bson.Raw {
	d := w.before
	if w.wanted >= 0 {
		d = l.c.Documents[w.wanted].Raw
	}
	return l.c.IdentityDocument(d)
}

// journalIdentity is by what undo names a document: nil where that is its `_id`,
// or may not be shown.
func (l *look) journalIdentity(w *write) bson.Raw {
	if l.c.IdentityIsID() || slices.ContainsFunc(l.c.Identity, func(p doc.Path) bool { return l.hidesPath(w.wanted, p) }) {
		return nil
	}
	return l.identityWritten(w)
}

// journalFields are the written paths of an update, in the order of $set, then $unset.
func (l *look) journalFields(w *write) []bson.RawValue {
	var fields []bson.RawValue
	add := func(p doc.Path, after bson.RawValue) {
		field := doc.NewBuilder(128).Append("path", pathValue(p))
		if before, ok := doc.Get(w.before, p); ok {
			field.Append("before", before)
			if after.Type == 0 {
				field.AppendInt32("place", int32(placeOf(w.before, p)))
			}
		}
		if after.Type != 0 {
			field.Append("after", after)
		}
		fields = append(fields, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: field.Raw()})
	}
	for _, f := range w.op.Set {
		add(f.Path, f.Value)
	}
	for _, p := range w.op.Unset {
		add(p, bson.RawValue{})
	}
	return fields
}

// placeOf is the position of an existing field among its siblings.
func placeOf(d bson.Raw, p doc.Path) int {
	parent, _ := doc.Get(d, p[:len(p)-1])
	if len(p) > 1 {
		d = bson.Raw(parent.Value)
	}
	n := 0
	for name := range doc.Fields(d) {
		if name == p[len(p)-1] {
			break
		}
		n++
	}
	return n
}

// digest is SHA-256 of a document without what the weave does not own, `_id`
// first, the other fields sorted by name.
func (o owning) digest(d bson.Raw) []byte {
	stripped := doc.NewBuilder(len(d))
	type field struct {
		name  string
		value bson.RawValue
	}
	var rest []field
	for name, v := range doc.Fields(o.strip(d, o.keep, true)) {
		if name == "_id" {
			stripped.Append(name, v)
		} else {
			rest = append(rest, field{name, v})
		}
	}
	slices.SortStableFunc(rest, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for _, f := range rest {
		stripped.Append(f.name, f.value)
	}
	sum := sha256.Sum256(stripped.Raw())
	return sum[:]
}

// strip takes the kept paths and names out; an embedded document that may hold
// kept parts and has nothing left is left out too, so that it makes no
// difference who made it.
func (o owning) strip(d bson.Raw, keep []doc.Path, top bool) bson.Raw {
	out := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		if top && name == "_id" {
			out.Append(name, v)
			continue
		}
		if slices.Contains(o.names, name) || slices.ContainsFunc(keep, func(p doc.Path) bool { return len(p) == 1 && p[0] == name }) {
			continue
		}
		var below []doc.Path
		for _, p := range keep {
			if p[0] == name {
				below = append(below, p[1:])
			}
		}
		switch {
		case doc.IsDocument(v) && len(below)+len(o.names) > 0:
			v.Value = o.strip(v.Document(), below, false)
			if len(v.Value) == len(doc.Empty) {
				continue
			}
		case v.Type == bson.TypeArray && len(o.names) > 0:
			v.Value = o.elements(v.Value)
		}
		out.Append(name, v)
	}
	return out.Raw()
}

// elements is an array without kept names in the documents of it.
func (o owning) elements(d bson.Raw) bson.Raw {
	out := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		switch {
		case doc.IsDocument(v):
			v.Value = o.strip(v.Document(), nil, false)
		case v.Type == bson.TypeArray:
			v.Value = o.elements(v.Value)
		}
		out.Append(name, v)
	}
	return out.Raw()
}

// journalRecords makes the records of a batch: numbered from n+1, at most
// journalItems items and journalBytes bytes in one. An item that has more bytes
// goes over several, of which all but the last have `more: true`.
func journalRecords(run string, n int, ns stores.Namespace, o owning, entries []journalEntry) []bson.Raw {
	var records []bson.Raw
	add := func(action string, data []byte, more bool) {
		n++
		r := doc.NewBuilder(len(data)+256).AppendString("_id", journalID(run, n)).AppendInt32("format", stateFormat).AppendString("run", run).
			AppendString("database", ns.Database).AppendString("collection", ns.Collection).AppendString("action", action)
		keep := make([]bson.RawValue, len(o.keep))
		for i, p := range o.keep {
			keep[i] = pathValue(p)
		}
		r.AppendArray("keep", keep...).Append("keepNames", pathValue(o.names)).Append("data", binaryValue(data))
		if more {
			r.Append("more", trueValue)
		}
		records = append(records, r.Raw())
	}
	for _, e := range entries {
		var data []byte
		count := 0
		for _, item := range e.items {
			if count > 0 && (count == journalItems || len(data)+len(item) > journalBytes) {
				add(e.action, data, false)
				data, count = nil, 0
			}
			for len(item) > journalBytes {
				add(e.action, item[:journalBytes], true)
				item = item[journalBytes:]
			}
			data = append(data, item...)
			count++
		}
		if count > 0 {
			add(e.action, data, false)
		}
	}
	return records
}

// together marks the records of one transaction with the `_id` of the first one.
func together(records []bson.Raw) []bson.Raw {
	out := make([]bson.Raw, len(records))
	for i, r := range records {
		marked := doc.NewBuilder(len(r) + 64)
		for name, v := range doc.Fields(r) {
			marked.Append(name, v)
		}
		out[i] = marked.Append("together", records[0].Lookup("_id")).Raw()
	}
	return out
}

// journalID is the `_id` of the nth record of a run; they sort as they count.
func journalID(run string, n int) string { return fmt.Sprintf("%s/%08d", run, n) }

func pathValue(p []string) bson.RawValue {
	names := make([]bson.RawValue, len(p))
	for i, name := range p {
		names[i] = doc.String(name)
	}
	return doc.Array(names...)
}

var (
	trueValue  = bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}
	falseValue = bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}}
)

// binaryValue is binary data of subtype 0.
func binaryValue(data []byte) bson.RawValue {
	v := binary.LittleEndian.AppendUint32(make([]byte, 0, len(data)+5), uint32(len(data)))
	return bson.RawValue{Type: bson.TypeBinary, Value: append(append(v, 0), data...)}
}
