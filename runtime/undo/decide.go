package undo

// What undo does with one document, index or set of options: a value is put back where
// it is still the run's, that is as the run left it, and left to whom it is of else.
// In: the journal's items of it and what the destination has now; out: a guarded
// operation, and what is left with the reason. Pure; the rules are docs/state.md,
// undo.

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/journal"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// pastItem is one item of the journal about a document.
type pastItem struct {
	database string
	action   string
	owning   control.Owning
	item     bson.Raw
}

// past is what a run did to one document, oldest first.
type past struct {
	id    bson.RawValue
	items []pastItem
}

// reversal is what undo does with one document.
type reversal struct {
	id   bson.RawValue
	past *past
	// op is nil when nothing is written. It can only be done in a transaction when
	// alone says why else not.
	op            *stores.Op
	alone         string
	before, after bson.Raw // now and then; nil: missing
	// reason says why something is left; empty: nothing is.
	reason string
	// mask is what nobody may see. Journals of earlier versions say of whole fields
	// that they are hidden, or of all: hidesAll. hidesID: the `_id` is not shown.
	mask              desired.Mask
	hidden            []doc.Path
	hidesAll, hidesID bool
	key               []byte   // in the ledger
	identity          bson.Raw // nil: it is known by its `_id` alone
	links             []compare.Link
	done              bool // it was written
	postponed         bool // it is written when all else is
}

// transacted is the operation as a transaction carries it out.
func (v *reversal) transacted() stores.Op {
	op := *v.op
	if op.Action == stores.Insert {
		return op
	}
	op.Guard = stores.Guard{ID: op.Guard.ID, Whole: v.before}
	if op.Action == stores.Update {
		op = stores.Op{Action: stores.Replace, Document: v.after, Guard: op.Guard}
	}
	return op
}

// reverse goes through the items from the last one back, on live, which is nil
// when the destination has no such document.
func (p *past) reverse(live bson.Raw) *reversal {
	u := &undoing{to: &reversal{id: p.id, past: p, before: live}, now: live}
	for _, item := range slices.Backward(p.items) {
		u.undo(item)
	}
	if len(u.left) > 0 {
		u.to.reason = change.Fill(leftChanged, "paths", change.PathTexts(u.left, 10))
	}
	u.to.after = u.now
	u.operation(live)
	return u.to
}

// undoing is a document on its way back.
type undoing struct {
	to      *reversal
	now     bson.Raw   // nil: missing
	handled []doc.Path // by this or a later item
	whole   bool       // a whole document was put back
	changed []doc.Path // fields that were put back
	left    []doc.Path
}

// describe takes in what an item says of its document: how it is named, and what is hidden.
func (v *reversal) describe(p pastItem) {
	_, v.key, _ = p.item.Lookup("key").BinaryOK()
	if identity, ok := p.item.Lookup("identity").DocumentOK(); ok && v.identity == nil {
		v.identity = identity
	}
	v.links = append(v.links, journal.Links(p.item, p.database)...)
	if hidden, _ := p.item.Lookup("secretId").BooleanOK(); hidden {
		v.hidesID = true
	}
	if hidden, _ := p.item.Lookup("secret").BooleanOK(); hidden {
		v.hidesAll = true
	}
	journal.Mask(p.item, &v.mask)
}

func (u *undoing) undo(p pastItem) {
	u.to.describe(p)
	before, _ := p.item.Lookup("before").DocumentOK()
	after, _ := p.item.Lookup("after").DocumentOK()
	switch p.action {
	case control.JournalInsert:
		_, digest, _ := p.item.Lookup("digest").BinaryOK()
		switch {
		case u.now == nil:
		case bytes.Equal(digest, p.owning.Digest(u.now)):
			u.put(nil)
		default:
			u.leave(leftDocument)
		}
	case control.JournalDelete:
		switch {
		case u.now == nil:
			u.put(before)
		case !bytes.Equal(u.now, before):
			u.leave(leftTaken)
		}
	case control.JournalReplace:
		switch {
		case bytes.Equal(u.now, before): // restored already, or never written
		case bytes.Equal(u.now, after):
			u.put(before)
		case u.now == nil:
			u.leave(leftGone)
		case len(u.handled) == 0:
			u.leave(leftDocument)
		}
	case control.JournalUpdate:
		if u.now == nil {
			u.leave(leftGone)
		} else {
			u.update(p)
		}
	}
}

// put makes it another document as a whole.
func (u *undoing) put(d bson.Raw) {
	u.now, u.whole, u.handled = d, true, append(u.handled, doc.Path{})
}

func (u *undoing) leave(reason string) {
	if u.to.reason == "" {
		u.to.reason = reason
	}
}

// goneField is a removed field and the place it had among its siblings.
type goneField struct {
	path   doc.Path
	place  int
	before bson.RawValue
}

func (u *undoing) update(p pastItem) {
	fields, _ := p.item.Lookup("fields").ArrayOK()
	var set []stores.Field
	var unset, restored []doc.Path
	var gone []goneField
	for _, f := range doc.Fields(bson.Raw(fields)) {
		field := f.Document()
		path := doc.Path(doc.StringsOf(field.Lookup("path")))
		before, after := field.Lookup("before"), field.Lookup("after")
		if hidden, _ := field.Lookup("secret").BooleanOK(); hidden {
			u.to.hidden = append(u.to.hidden, path)
		}
		now, _ := doc.Get(u.now, path)
		switch {
		case doc.Identical(now, before): // restored already, or never written
			restored = append(restored, path)
		case doc.Identical(now, after) && (now.Type != 0 || u.hasParent(path)):
			restored, u.changed = append(restored, path), append(u.changed, path)
			switch place, isGone := field.Lookup("place").Int32OK(); {
			case before.Type == 0:
				unset = append(unset, path)
			case isGone:
				gone = append(gone, goneField{path, int(place), before})
			default:
				set = append(set, stores.Field{Path: path, Value: before})
			}
		case isList(field) && now.Type == bson.TypeArray && after.Type == bson.TypeArray:
			back := elementsBack(doc.StringsOf(field.Lookup("by")), before, after, now)
			if back.put {
				set, u.changed = append(set, stores.Field{Path: path, Value: back.list}), append(u.changed, path)
			}
			if back.left && !slices.ContainsFunc(u.handled, path.Overlaps) {
				u.left = append(u.left, path)
			}
			restored = append(restored, path)
		case !slices.ContainsFunc(u.handled, path.Overlaps):
			u.left = append(u.left, path)
		}
	}
	u.now = stores.Changed(u.now, set, unset)
	slices.SortStableFunc(gone, func(a, b goneField) int { return a.place - b.place })
	for _, g := range gone {
		u.now = inserted(u.now, g.path, g.place, g.before)
	}
	u.handled = append(u.handled, restored...)
}

// isList reports whether the run owned a part of the array of a field.
func isList(field bson.Raw) bool {
	_, ok := doc.Get(field, doc.Path{"by"})
	return ok
}

// hasParent reports whether a field of this path can be set without making or
// replacing what it lies in.
func (u *undoing) hasParent(p doc.Path) bool {
	if len(p) == 1 {
		return true
	}
	v, ok := doc.Get(u.now, p[:len(p)-1])
	return ok && doc.IsDocument(v)
}

// inserted is d with a field at a place among its siblings; the parent is there.
func inserted(d bson.Raw, p doc.Path, place int, v bson.RawValue) bson.Raw {
	out := doc.NewBuilder(len(d) + len(v.Value) + 32)
	n := 0
	for name, w := range doc.Fields(d) {
		if len(p) == 1 && n == place {
			out.Append(p[0], v)
		}
		if len(p) > 1 && name == p[0] {
			w.Value = inserted(bson.Raw(w.Value), p[1:], place, v)
		}
		out.Append(name, w)
		n++
	}
	if len(p) == 1 && n <= place {
		out.Append(p[0], v)
	}
	return out.Raw()
}

// operation finds the one that makes now of live: none when there is nothing
// to do, or when it cannot be done.
func (u *undoing) operation(live bson.Raw) {
	var w compare.Write
	switch {
	case bytes.Equal(live, u.now):
		return
	case live == nil:
		w.Op = stores.Op{Action: stores.Insert, Document: u.now}
	case u.now == nil:
		w = compare.Deletion(live)
	default:
		w = u.writeBack(live)
	}
	if w.Op.Action != stores.Insert && w.Size() > stores.OperationBytes {
		u.to.alone = leftTooLarge
	}
	u.to.op = &w.Op
}

// writeBack is an update of the fields that were put back. An update appends a
// field that is not there: where that is not the place it had, the document is
// written as a whole, guarded as a whole.
func (u *undoing) writeBack(live bson.Raw) compare.Write {
	whole := compare.Write{Before: live, After: u.now, Op: stores.Op{
		Action: stores.Replace, Document: u.now, Guard: stores.Guard{ID: live.Lookup("_id"), Whole: live},
	}}
	if u.whole {
		var ok bool
		if u.changed, ok = compare.DifferingFields(live, u.now); !ok {
			return whole
		}
	}
	var set []stores.Field
	var unset []doc.Path
	slices.SortFunc(u.changed, doc.ComparePaths)
	appended := map[string]int{} // fields by parent
	most, alike := 0, false
	for i, p := range u.changed {
		if i > 0 && p.HasPrefix(u.changed[i-1]) {
			continue
		}
		v, ok := doc.Get(u.now, p)
		if !ok {
			unset = append(unset, p)
			continue
		}
		before, there := doc.Get(live, p)
		alike = alike || there && compare.NoChange(before, v)
		if !there {
			parent := strings.Join(p[:len(p)-1], "\x00")
			appended[parent]++
			most = max(most, appended[parent])
		}
		set = append(set, stores.Field{Path: p, Value: v})
	}
	w := compare.Updating(live, -1, set, unset)
	// Two names that are appended at once come in an order of the server's, and a value
	// that is another one by its type alone is no change to some.
	if (most > 1 || alike || !bytes.Equal(w.After, u.now)) && whole.Size() <= stores.OperationBytes {
		return whole
	}
	return w
}

// leave takes back that something is written.
func (v *reversal) leave(reason string) { v.op, v.after, v.reason = nil, v.before, reason }

// reverseIndex says what undo does with an index that a run created (no
// before), dropped (no after) or changed: create, drop, change (drop and
// create), left for a reason, or nothing.
func reverseIndex(before, after bson.Raw, existing []bson.Raw) (action, reason string) {
	named := func(spec bson.Raw) bson.Raw {
		for _, e := range existing {
			if stores.IndexName(e) == stores.IndexName(spec) {
				return e
			}
		}
		return nil
	}
	if before == nil {
		switch now := named(after); {
		case now == nil:
			return "", ""
		case structure.SameIndex(after, now):
			return "drop", ""
		}
		return "left", leftIndexChanged
	}
	now := named(before)
	switch {
	case now != nil && structure.SameIndex(before, now):
		return "", ""
	case now != nil && after != nil && structure.SameIndex(after, now):
		return "change", ""
	case after != nil && now == nil:
		return "left", leftGone
	case now != nil || slices.ContainsFunc(existing, func(e bson.Raw) bool { return structure.SameIndexKey(before, e) }):
		return "left", leftIndexTaken
	}
	return "create", ""
}

// reverseOptions finds those of the options that a collMod changed which are
// still as it left them (names), and those that are not (left).
func reverseOptions(before, after, now bson.Raw) (names []string, left []string) {
	var all []string
	for _, d := range []bson.Raw{before, after} {
		for name := range doc.Fields(d) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	for _, name := range all {
		p := doc.Path{name}
		b, _ := doc.Get(before, p)
		a, _ := doc.Get(after, p)
		switch v, _ := doc.Get(now, p); {
		case structure.SameOption(name, v, b):
		case structure.SameOption(name, v, a):
			names = append(names, name)
		default:
			left = append(left, name)
		}
	}
	return names, left
}
