// Package cause says whose doing a difference is: the rules', the destination's, or both's.
//
// In: what is wanted of a collection, and the ledger's entry of a document
// (docs/state.md, ledger); out: causes of changes, and the entries of what is wanted.
// Pure.
//
//	cause.go    of fields and documents
//	entries.go  what is wanted, as entries of the ledger; lists owned in part
package cause

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Causes of a difference.
//
//js:table
const (
	ByRules       = "rules"       // what is wanted has changed
	ByDestination = "destination" // the destination has changed
	ByBoth        = "both"        // both have
)

// OfInsert is the cause of the insert of desired document i; e is nil where no run wanted it.
// It went at the destination; both: and the rules want another one now. Which document a
// link stands for and which secret goes somewhere does not count.
func OfInsert(c *compare.Collection, e *control.LedgerEntry, i int) string {
	if e == nil {
		return ByRules
	}
	if !e.Known() || c.Mode == desired.Insert {
		return ByDestination
	}
	d, filled := c.Documents[i], []doc.Path(nil)
	for _, s := range d.Secrets {
		filled = append(filled, s.Path)
	}
	for _, l := range d.Links {
		filled = append(filled, l.Path)
	}
	raw, count := c.Raw(i), 0
	same := true
	c.Owned(&compare.Place{}, raw, func(p *compare.Place, v bson.RawValue) {
		count++
		has := e.Has(p.Text, v)
		if slices.ContainsFunc(filled, func(q doc.Path) bool { return q.HasPrefix(p.Path) }) {
			has = e.HasPath(p.Text)
		}
		same = same && has
	})
	for _, leaf := range listLeaves(c, raw) {
		count++
		same = same && e.HasLeaf(leaf)
	}
	return wantedAgain(same && count == e.Count())
}

// OfDelete is the cause of the delete of a document; e is nil where no run wanted it: it
// came at the destination. Both: what the last run wanted was changed there as well.
func OfDelete(c *compare.Collection, e *control.LedgerEntry, d bson.Raw) string {
	if e == nil {
		return ByDestination
	}
	has := map[control.LedgerLeaf]bool{}
	everyLeaf(nil, d, func(p doc.Path, v bson.RawValue) { has[control.PathOf(p.String()).Leaf(v)] = true })
	for _, leaf := range listLeaves(c, d) {
		has[leaf] = true
	}
	if e.Known() && !e.Within(has) {
		return ByBoth
	}
	return ByRules
}

// everyLeaf calls each for the leaves of a document, whoever owns them.
func everyLeaf(at doc.Path, d bson.Raw, each func(doc.Path, bson.RawValue)) {
	for name, v := range doc.Fields(d) {
		if p := at.Child(name); doc.IsDocument(v) && !doc.IsEmpty(v) {
			everyLeaf(p, v.Document(), each)
		} else {
			each(p, v)
		}
	}
}

// HadUnder reports whether the ledger has a value at or below the path of one.
func HadUnder(e *control.LedgerEntry, at doc.Path, v bson.RawValue) bool {
	if !doc.IsDocument(v) || doc.IsEmpty(v) {
		return e.HasPath(at.String())
	}
	had := false
	everyLeaf(at, v.Document(), func(p doc.Path, _ bson.RawValue) { had = had || e.HasPath(p.String()) })
	return had
}

// wantedAgain is the cause where the destination has changed, and maybe the rules.
func wantedAgain(same bool) string {
	if same {
		return ByDestination
	}
	return ByBoth
}

// Said is a cause as a report has it: of what the destination did, since which run.
func Said(of, run string) (string, string) {
	if of == ByDestination || of == ByBoth {
		return of, run
	}
	return of, ""
}

// OfUpdate are the causes of the changes of an update, in their order; empty: nobody can tell, as
// secrets are not given.
func OfUpdate(c *compare.Collection, e *control.LedgerEntry, w *compare.Write) []string {
	changes := c.Item(w).Changes
	out := make([]string, len(changes))
	for n := range changes {
		if changes[n].Unknown == nil {
			out[n] = OfChange(c, e, w, &changes[n])
		}
	}
	return out
}

// OfChange is the cause of a change of an update.
func OfChange(c *compare.Collection, e *control.LedgerEntry, w *compare.Write, ch *change.Change) string {
	if list := c.ListAt(ch.Fields); list != nil && len(ch.At) > len(ch.Fields) {
		return elementCause(c, list, e, w, ch)
	}
	return causeAt(c, e, w.Leaves, ch.Fields)
}

// Place is a place that an update would write, and whose doing the difference is.
type Place struct {
	Path  doc.Path
	Cause string
}

// Places are those of an update in order; a list owned in part is one, which both have
// changed where some elements are the rules' doing and some the destination's.
func Places(c *compare.Collection, e *control.LedgerEntry, w *compare.Write) (out []Place) {
	var changes []change.Change
	for _, leaf := range w.Leaves {
		if leaf.Path[0] == "_id" {
			continue
		}
		if c.ListAt(leaf.Path) == nil || leaf.Before.Type != bson.TypeArray {
			out = append(out, Place{leaf.Path, causeOf(c, e, leaf)})
			continue
		}
		if changes == nil {
			changes = c.Item(w).Changes
		}
		out = append(out, Place{leaf.Path, listCause(c, e, w, leaf.Path, changes)})
	}
	return out
}

// listCause is the cause of the changes in a list owned in part, as a whole.
func listCause(c *compare.Collection, e *control.LedgerEntry, w *compare.Write, at doc.Path, changes []change.Change) (cause string) {
	for n := range changes {
		switch of := OfChange(c, e, w, &changes[n]); {
		case !slices.Equal(changes[n].Fields, at) || of == "" || of == cause:
		case cause == "":
			cause = of
		default:
			return ByBoth
		}
	}
	return cause
}

// oneOf is the cause where it can be told whether the rules have changed, and only then.
func oneOf(rules bool) string {
	if rules {
		return ByRules
	}
	return ByDestination
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
		case of == "" || of == ByRules || cause == "" || cause == ByRules:
			return ""
		default: // the destination's doing, and of some leaves the rules', too
			cause = ByBoth
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
			return ByRules
		}
	case !doc.IsDocument(l.Before) || doc.IsEmpty(l.Before):
		if e.Has(path, l.Before) {
			return ByRules
		}
	case allKept(c, e, l.Path, l.Before.Document()):
		// A document that gives way to something else, or whose fields change places.
		if doc.IsDocument(l.After) {
			return ""
		}
		return ByRules
	}
	if wantedBefore(c, e, l) {
		return ByDestination
	}
	return ByBoth
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
	all := true
	c.Owned(compare.PlaceAt(at), d, func(p *compare.Place, v bson.RawValue) { all = all && e.Has(p.Text, v) })
	return all
}
