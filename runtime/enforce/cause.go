package enforce

// The ledger of a run (docs/state.md, ledger). In: observations, and the ledger's entries of
// what differs; out: `cause` and `since` in the report, and the entries of what
// was wanted.

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Causes of a difference.
//
//js:table
const (
	byRules       = "rules"       // what is wanted has changed
	byDestination = "destination" // the destination has changed
	byBoth        = "both"        // both have
)

// putLedger puts what was wanted into the ledger: when everything was written and
// verified, with the observations of the verification.
func (w *writing) putLedger(ctx context.Context) error {
	m := w.memory
	if !m.db.Keeps() {
		return nil
	}
	if err := m.leases.Renew(ctx); err != nil { // verifying may have taken its time
		return err
	}
	for i, l := range w.verified {
		if done := w.done[i]; done == nil || *done == (change.Done{}) || l.c.Mode == desired.Structure || l.c.IsView() {
			continue
		}
		of, _ := w.seen.memory.ledger(l.ns.String())
		if err := m.db.Ledger().Put(ctx, l.ns, m.record.ID, of, ledgerEntries(l.c, l.absent)); err != nil {
			return err
		}
	}
	return nil
}

// findCauses says of each difference whose doing it is, where the ledger knows
// the collection.
func (e *enforcer) findCauses(ctx context.Context, seen *observed) error {
	ledger := e.memory.db.Ledger()
	for _, l := range seen.all {
		of, ok := seen.memory.ledger(l.ns.String())
		keys := documentKeys(l)
		if !ok || len(keys) == 0 {
			continue
		}
		known, err := ledger.Read(ctx, l.ns, of, keys)
		if err != nil {
			if stores.Code(err) == stores.CodeUnauthorized { // plan and verify do without
				return nil
			}
			return err
		}
		undone := false
		if slices.ContainsFunc(keys, func(k control.LedgerKey) bool { return known[k] == nil }) {
			if undone, err = ledger.Undone(ctx, of); err != nil {
				return err
			}
		}
		addCauses(l, of.Run, undone, keys, known)
	}
	return nil
}

// documentKeys are the keys of the documents that would be written, in the order
// of its report's inserts, updates and deletes.
func documentKeys(l *observation) []control.LedgerKey {
	keys := make([]control.LedgerKey, 0, len(l.writes)+len(l.deletes))
	for i := range l.writes {
		p := &l.writes[i]
		identity := l.c.IdentityDocument(l.c.Raw(p.Wanted))
		if !p.New() && p.Write.Move != nil { // by which the run before knew it
			identity = l.c.IdentityFrom(p.Write.Move)
		}
		keys = append(keys, control.KeyOf(identity))
	}
	for _, w := range l.pruned() {
		keys = append(keys, control.KeyOf(l.c.IdentityDocument(w.Before)))
	}
	return keys
}

// addCauses puts the causes into the report of an observation; known are the entries of those
// of the keys that the ledger has. What undo took back is no longer in it: of a
// document that it has not when its run was undone, nobody can tell.
func addCauses(l *observation, run string, undone bool, keys []control.LedgerKey, known map[control.LedgerKey]*control.LedgerEntry) {
	items := l.report.Documents
	for n, i := range l.told {
		p, item, e := &l.writes[i], &items[n], known[keys[i]]
		if undone && e == nil {
			continue
		}
		if p.New() {
			item.Cause, item.Since = said(oneOf(e == nil), run)
			continue
		}
		if e == nil {
			e = &control.LedgerEntry{}
		}
		for n := range item.Changes {
			c := &item.Changes[n]
			cause := causeAt(l.c, e, p.Write.Leaves, c.Fields)
			if list := l.c.ListAt(c.Fields); list != nil && len(c.At) > len(c.Fields) {
				cause = elementCause(l.c, list, e, p.Write, c)
			}
			if c.Unknown == nil {
				c.Cause, c.Since = said(cause, run)
			}
		}
	}
	deletes := items[len(items)-len(l.pruned()):]
	for i := range deletes {
		e := known[keys[len(l.writes)+i]]
		if undone && e == nil {
			continue
		}
		deletes[i].Cause, deletes[i].Since = said(oneOf(e != nil), run)
	}
}

// said is a cause as a report has it: of what the destination did, since which run.
func said(cause, run string) (string, string) {
	if cause == byDestination || cause == byBoth {
		return cause, run
	}
	return cause, ""
}

// oneOf is the cause where it can be told whether the rules have changed, and only then.
func oneOf(rules bool) string {
	if rules {
		return byRules
	}
	return byDestination
}

// causeAt is causeOf the leaves at and below a path; empty where some are of the rules and
// some are not.
func causeAt(c *compare.Collection, e *control.LedgerEntry, leaves []compare.Leaf, at doc.Path) (cause string) {
	first := true
	for _, leaf := range leaves {
		if !leaf.Path.HasPrefix(at) {
			continue
		}
		of := causeOf(c, e, leaf)
		switch {
		case first || of == cause:
			cause, first = of, false
		case of == "" || of == byRules || cause == "" || cause == byRules:
			return ""
		default: // the destination's doing, and of some leaves the rules', too
			cause = byBoth
		}
	}
	return cause
}

// causeOf holds both sides of a changed leaf against the ledger; empty when it cannot be told.
func causeOf(c *compare.Collection, e *control.LedgerEntry, l compare.Leaf) string {
	path := l.Path.String()
	switch {
	case !e.Known() || c.Ignores(l.Path):
		return ""
	case c.Shares(l.Path): // as a whole
		if l.Before.Type == bson.TypeArray {
			return ""
		}
		return oneOf(!e.HasPath(path + "[]"))
	case l.Before.Type == 0:
		if !e.HasPath(path) {
			return byRules
		}
	case !doc.IsDocument(l.Before) || doc.IsEmpty(l.Before):
		if e.Has(path, l.Before) {
			return byRules
		}
	case allKept(c, e, l.Path, l.Before.Document()):
		// A document that gives way to something else, or whose fields change places.
		if doc.IsDocument(l.After) {
			return ""
		}
		return byRules
	}
	if wantedBefore(c, e, l) {
		return byDestination
	}
	return byBoth
}

// wantedBefore reports whether what is wanted of a leaf is what the ledger has. Of a document
// that is not wanted any more it cannot be told: it counts as the destination's.
func wantedBefore(c *compare.Collection, e *control.LedgerEntry, l compare.Leaf) bool {
	path := l.Path.String()
	switch {
	case l.After.Type == 0:
		return l.Before.Type == bson.TypeEmbeddedDocument || !e.HasPath(path)
	case doc.IsDocument(l.After) && !doc.IsEmpty(l.After):
		return allKept(c, e, l.Path, l.After.Document())
	}
	return e.Has(path, l.After)
}

// allKept reports whether the ledger has all owned leaves of a document at a path.
func allKept(c *compare.Collection, e *control.LedgerEntry, at doc.Path, d bson.Raw) bool {
	for _, leaf := range ownedLeaves(c, at, d, map[string]control.LedgerPath{}) {
		if !e.HasLeaf(leaf) {
			return false
		}
	}
	return true
}

// ledgerEntries are those of all desired documents of a collection but the
// absent ones.
func ledgerEntries(c *compare.Collection, absent []int) control.LedgerEntries {
	at, paths := make([]int, 0, len(c.Documents)), map[string]control.LedgerPath{}
	for i := range c.Documents {
		if len(absent) > 0 && absent[0] == i { // they are ascending
			absent = absent[1:]
			continue
		}
		at = append(at, i)
	}
	key := func(d bson.Raw) control.LedgerKey { return control.KeyOf(c.IdentityDocument(d)) }
	return control.LedgerEntries{
		Count: len(at),
		About: func(i int) (control.LedgerKey, int) {
			d, leaves := c.Raw(at[i]), 0
			if c.Mode != desired.Insert {
				leaves = len(listLeaves(c, d))
				c.Owned(nil, d, func(doc.Path, bson.RawValue) { leaves++ })
			}
			return key(d), leaves
		},
		Entry: func(i int) control.LedgerEntry {
			d := c.Raw(at[i])
			var leaves []control.LedgerLeaf
			if c.Mode != desired.Insert {
				leaves = append(ownedLeaves(c, nil, d, paths), listLeaves(c, d)...)
			}
			return control.NewLedgerEntry(key(d), leaves)
		},
	}
}

// ownedLeaves are the leaves of a document at a path that the weave owns. paths
// keeps the digests of paths, which documents have in common.
func ownedLeaves(c *compare.Collection, at doc.Path, d bson.Raw, paths map[string]control.LedgerPath) (out []control.LedgerLeaf) {
	c.Owned(at, d, func(q doc.Path, v bson.RawValue) {
		text := q.String()
		path, ok := paths[text]
		if !ok {
			path = control.PathOf(text)
			paths[text] = path
		}
		out = append(out, path.Leaf(v))
	})
	return out
}

// What the ledger has at the place of an element.
//
//js:table
const (
	elementWanted = "wanted" // it was to be there
	elementAbsent = "absent" // it was not to be there
)

// listLeaves are the leaves of the lists of a document of which the weave owns a part.
func listLeaves(c *compare.Collection, d bson.Raw) (out []control.LedgerLeaf) {
	add := func(place string, v bson.RawValue) { out = append(out, control.PathOf(place).Leaf(v)) }
	for n := range c.Lists {
		l := &c.Lists[n]
		add(listPlace(l), doc.Strings(l.By))
		array, _ := doc.Get(d, l.Path)
		for _, e := range l.Wanted(array) {
			key, ok := l.Key(e)
			if !ok {
				continue
			}
			place := elementPlace(l, key)
			add(place, doc.String(elementWanted))
			if len(l.By) > 0 {
				leavesWithin(place, e.Document(), add)
			}
		}
		for _, key := range l.Without {
			add(elementPlace(l, key), doc.String(elementAbsent))
		}
	}
	return out
}

// leavesWithin are those of an element: documents are entered, arrays not.
func leavesWithin(place string, d bson.Raw, add func(string, bson.RawValue)) {
	for name, v := range doc.Fields(d) {
		at := place + "." + doc.Path{name}.String()
		if doc.IsDocument(v) && !doc.IsEmpty(v) {
			leavesWithin(at, v.Document(), add)
		} else {
			add(at, v)
		}
	}
}

func listPlace(l *desired.List) string { return l.Path.String() + "[]" }

func elementPlace(l *desired.List, key []bson.RawValue) string {
	return l.Path.String() + "[" + string(doc.CanonicalValue(doc.Array(key...))) + "]"
}

// elementCause is the cause where an element of a list owned in part is not as wanted;
// empty when it cannot be told.
func elementCause(c *compare.Collection, l *desired.List, e *control.LedgerEntry, w *compare.Write, ch *change.Change) string {
	element := ch.At[len(ch.Fields)].Element
	if element == nil || !e.Known() || !e.Has(listPlace(l), doc.Strings(l.By)) || ch.Kind == change.KindMoved || ch.Kind == change.KindOrdered {
		return ""
	}
	was, is := elementAt(w.Before, l.Path, element.Before), elementAt(w.After, l.Path, element.After)
	wanted, _ := doc.Get(c.Raw(w.Wanted), l.Path)
	place, ok := placeOf(l, wanted, was, is)
	if !ok {
		return ""
	}
	switch {
	case was.Type == 0:
		return oneOf(!e.Has(place, doc.String(elementWanted)))
	case is.Type == 0:
		return oneOf(!e.Has(place, doc.String(elementAbsent)))
	case len(l.By) == 0:
		return ""
	}
	var path doc.Path
	for _, step := range ch.At[len(ch.Fields)+1:] {
		if step.Element != nil {
			break
		}
		path = append(path, step.Field)
	}
	at := place
	for _, name := range path {
		at += "." + doc.Path{name}.String()
	}
	inLedger := func(v bson.RawValue) bool {
		switch {
		case v.Type == 0:
			return !e.HasPath(at)
		case !doc.IsDocument(v) || doc.IsEmpty(v):
			return e.Has(at, v)
		}
		all := true
		leavesWithin(at, v.Document(), func(place string, v bson.RawValue) { all = all && e.Has(place, v) })
		return all
	}
	before, _ := doc.Get(was.Document(), path)
	after, _ := doc.Get(is.Document(), path)
	switch {
	case inLedger(before):
		return byRules
	case inLedger(after) || after.Type == 0 && doc.IsDocument(before): // as of a field
		return byDestination
	}
	return byBoth
}

// elementAt is the element at a position; zero: there is none.
func elementAt(d bson.Raw, path doc.Path, position *int) (out bson.RawValue) {
	array, _ := doc.Get(d, path)
	if position == nil || array.Type != bson.TypeArray {
		return out
	}
	n := 0
	for _, e := range doc.Fields(array.Value) {
		if n == *position {
			return e
		}
		n++
	}
	return out
}

// placeOf is the place of an element in the ledger: by the key that is wanted, if some
// element is that has it; the same number may be of another type at the destination.
func placeOf(l *desired.List, wanted, was, is bson.RawValue) (string, bool) {
	e := was
	if e.Type == 0 {
		e = is
	}
	key, ok := l.Key(e)
	if !ok {
		return "", false
	}
	for _, w := range l.Wanted(wanted) {
		if k, ok := l.Key(w); ok && doc.Key(k...) == doc.Key(key...) {
			return elementPlace(l, k), true
		}
	}
	for _, k := range l.Without {
		if doc.Key(k...) == doc.Key(key...) {
			return elementPlace(l, k), true
		}
	}
	return elementPlace(l, key), true
}
