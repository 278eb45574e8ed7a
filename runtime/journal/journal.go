// Package journal is what undo needs of a run's writes. In: planned writes, specs of
// indexes, options; out: items of the journal (docs/state.md, journal), which
// runtime/control keeps, and what of a document may be shown when they are read again.
// Pure.
package journal

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// Owning is what of a collection's documents the weave does not own: preserved, ignored and left out paths.
func Owning(c *desired.Collection) control.Owning {
	keep, names := slices.Concat(c.Preserve, c.Ignore), []string(nil)
	for _, p := range slices.Concat(c.Redact, c.Omit) {
		if p.Leaf != "" {
			names = append(names, p.Leaf)
		} else {
			keep = append(keep, p.Path)
		}
	}
	return control.NewOwning(keep, names)
}

// Create is the entry of a collection that is created.
func Create() []control.JournalEntry { return one(control.JournalCreate, doc.Empty) }

// CreateIndexes is the entry of indexes that are created, as they are sent.
func CreateIndexes(specs []bson.Raw) []control.JournalEntry {
	return one(control.JournalCreateIndex, each("after", specs)...)
}

// DropIndexes is the entry of indexes that are dropped, as listIndexes gave them.
func DropIndexes(specs []bson.Raw) []control.JournalEntry {
	return one(control.JournalDropIndex, each("before", specs)...)
}

// ChangeIndex is the entry of an index that a collMod changes.
func ChangeIndex(c *structure.Change) []control.JournalEntry {
	return one(control.JournalChangeIndex, changeItem(c))
}

// ChangeOptions is the entry of options that a collMod changes.
func ChangeOptions(c *structure.Change) []control.JournalEntry {
	return one(control.JournalOptions, changeItem(c))
}

func one(action string, items ...bson.Raw) []control.JournalEntry {
	return []control.JournalEntry{{Action: action, Items: items}}
}

// each are items with one field.
func each(name string, specs []bson.Raw) (items []bson.Raw) {
	for _, spec := range specs {
		items = append(items, doc.NewBuilder(len(spec)+16).AppendDocument(name, spec).Raw())
	}
	return items
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

// Writes are the entries of a batch: inserts, updates, replacements, deletes. Of a
// transaction, which may insert what it has deleted by another `_id`, inserts come last.
func Writes(c *compare.Collection, ns stores.Namespace, writes []compare.Write, whole bool) []control.JournalEntry {
	owned := Owning(c.Collection)
	var inserts, updates, replaces, deletes []bson.Raw
	for i := range writes {
		w := &writes[i]
		item := doc.NewBuilder(256).Append("_id", w.ID()).Append("key", doc.Binary(documentKey(c, w)))
		if identity := identityOf(c, w); identity != nil {
			item.AppendDocument("identity", identity)
		}
		if links := linksOf(w.Leaves, ns.Database); links != nil {
			item.AppendArray("links", links...)
		}
		switch w.Op.Action {
		case stores.Insert:
			item.Append("digest", doc.Binary(owned.Digest(w.Op.Document)))
		case stores.Update:
			item.AppendArray("fields", fieldsOf(c, w)...)
		case stores.Replace, stores.Delete:
			item.AppendDocument("before", w.Before)
			if w.Op.Action == stores.Replace {
				item.AppendDocument("after", w.Op.Document)
			}
		}
		if m := maskOf(c, w); m != nil && w.Op.Action != stores.Insert {
			item.AppendDocument("masked", m)
		}
		if c.Hides(w.Wanted, doc.Path{"_id"}) {
			item.Append("secretId", doc.Bool(true))
		}
		switch w.Op.Action {
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
	entries := []control.JournalEntry{{Action: control.JournalInsert, Items: inserts}, {Action: control.JournalUpdate, Items: updates}, {Action: control.JournalReplace, Items: replaces}, {Action: control.JournalDelete, Items: deletes}}
	if whole {
		entries = append(entries[1:], entries[0])
	}
	return entries
}

// maskOf is what undo may not show of a document, nil when it may show all:
// places of secrets, and what the patterns of redact and omit name.
func maskOf(c *compare.Collection, w *compare.Write) bson.Raw {
	mask := c.WrittenMask(w.Wanted)
	if mask.Empty() {
		return nil
	}
	var secrets, paths, names []bson.RawValue
	for _, p := range mask.Secrets {
		secrets = append(secrets, doc.Strings(p))
	}
	for _, p := range mask.LeftOut {
		if p.Leaf != "" {
			names = append(names, doc.String(p.Leaf))
		} else {
			paths = append(paths, doc.Strings(p.Path))
		}
	}
	return doc.NewBuilder(128).AppendArray("secrets", secrets...).AppendArray("paths", paths...).AppendArray("names", names...).Raw()
}

// documentKey is the document's key in the ledger.
func documentKey(c *compare.Collection, w *compare.Write) []byte {
	key := control.KeyOf(identityWritten(c, w))
	return key[:]
}

// identityWritten is the identity of the document that a write is about.
func identityWritten(c *compare.Collection, w *compare.Write) bson.Raw {
	if w.Wanted >= 0 {
		return c.IdentityAt(w.Wanted)
	}
	return c.IdentityDocument(w.Before)
}

// identityOf is by what undo names a document: nil where that is its `_id`,
// or may not be shown.
func identityOf(c *compare.Collection, w *compare.Write) bson.Raw {
	if c.IdentityIsID() || slices.ContainsFunc(c.Identity, func(p doc.Path) bool { return c.Hides(w.Wanted, p) }) {
		return nil
	}
	return identityWritten(c, w)
}

// fieldsOf are the written paths of an update, in the order of $set, then $unset.
func fieldsOf(c *compare.Collection, w *compare.Write) []bson.RawValue {
	var fields []bson.RawValue
	add := func(p doc.Path, after bson.RawValue) {
		field := doc.NewBuilder(128).Append("path", doc.Strings(p))
		if before, ok := doc.Get(w.Before, p); ok {
			field.Append("before", before)
			if after.Type == 0 {
				field.AppendInt32("place", int32(placeOf(w.Before, p)))
			}
		}
		if after.Type != 0 {
			field.Append("after", after)
		}
		if l := c.ListAt(p); l != nil {
			field.Append("by", doc.Strings(l.By))
		}
		fields = append(fields, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: field.Raw()})
	}
	for _, f := range w.Op.Set {
		add(f.Path, f.Value)
	}
	for _, p := range w.Op.Unset {
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

// linksOf is how an item of the journal keeps the links of its changes:
// the database only where it is another one.
func linksOf(leaves []compare.Leaf, database string) []bson.RawValue {
	var out []bson.RawValue
	for _, l := range leaves {
		for _, k := range l.Links {
			link := doc.NewBuilder(128).Append("path", doc.Strings(k.Path)).Append("_id", k.ID)
			if k.NS.Database != database {
				link.AppendString("database", k.NS.Database)
			}
			link.AppendString("collection", k.NS.Collection).AppendDocument("identity", k.Identity)
			out = append(out, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: link.Raw()})
		}
	}
	return out
}

// Mask reads what may not be shown of the document of an item, and adds it to a mask.
func Mask(item bson.Raw, mask *desired.Mask) {
	d, ok := item.Lookup("masked").DocumentOK()
	if !ok {
		return
	}
	for name, list := range doc.Fields(d) {
		for _, v := range doc.Fields(bson.Raw(list.Value)) {
			switch name {
			case "secrets":
				mask.Secrets = append(mask.Secrets, doc.StringsOf(v))
			case "paths":
				mask.LeftOut = append(mask.LeftOut, desired.Pattern{Path: doc.StringsOf(v)})
			default:
				mask.LeftOut = append(mask.LeftOut, desired.Pattern{Leaf: v.StringValue()})
			}
		}
	}
}

// Links reads the links of an item; database is that of its record.
func Links(item bson.Raw, database string) (out []compare.Link) {
	list, _ := item.Lookup("links").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		d, ok := v.DocumentOK()
		if !ok {
			continue
		}
		l := compare.Link{Path: doc.StringsOf(d.Lookup("path")), ID: d.Lookup("_id")}
		if l.NS.Database, ok = d.Lookup("database").StringValueOK(); !ok {
			l.NS.Database = database
		}
		l.NS.Collection, _ = d.Lookup("collection").StringValueOK()
		if l.Identity, ok = d.Lookup("identity").DocumentOK(); ok {
			out = append(out, l)
		}
	}
	return out
}
