package enforce

// Whose doing a difference is (docs/state.md, ledger). In: the looks of a run
// and the ledger's entries of what differs; out: `cause` and `since` in the
// report. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Causes of a difference.
const (
	byRules       = "rules"       // what is wanted has changed
	byDestination = "destination" // the destination has changed
)

// ledgerOf is what `control` says of a collection's ledger.
type ledgerOf struct {
	run     string // that wrote it last
	buckets int
}

// differing are the keys of the documents that a look would write, in the order
// of its report's inserts, updates and deletes.
func (l *look) differing() [][ledgerKeySize]byte {
	keys := make([][ledgerKeySize]byte, 0, len(l.writes)+len(l.deletes))
	for i := range l.writes {
		keys = append(keys, ledgerKey(l.c.IdentityDocument(l.c.Documents[l.writes[i].wanted].Raw)))
	}
	for i := range l.deletes {
		keys = append(keys, ledgerKey(l.c.IdentityDocument(l.deletes[i].before)))
	}
	return keys
}

// causes puts the causes into the look's report; known are the entries of those
// of the keys that the ledger has. What undo took back is no longer in it: of a
// document that it has not when its run was undone, nobody can tell.
func (l *look) causes(run string, undone bool, keys [][ledgerKeySize]byte, known map[[ledgerKeySize]byte]*ledgerEntry) {
	items := l.report.Documents
	for i := range l.writes {
		w, item, e := &l.writes[i], &items[i], known[keys[i]]
		if undone && e == nil {
			continue
		}
		if w.before == nil {
			item.Cause, item.Since = cause(e == nil, run)
			continue
		}
		if e == nil {
			e = &ledgerEntry{}
		}
		for _, leaf := range w.leaves {
			changed, ok := causeOf(l.c.policy, e, leaf)
			for n := range item.Changes {
				if c := &item.Changes[n]; ok && c.Unknown == nil && c.Leaf == leaf.path.String() {
					c.Cause, c.Since = cause(changed, run)
				}
			}
		}
	}
	deletes := items[len(items)-len(l.deletes):]
	for i := range deletes {
		e := known[keys[len(l.writes)+i]]
		if undone && e == nil {
			continue
		}
		deletes[i].Cause, deletes[i].Since = cause(e != nil, run)
	}
}

// cause names whose doing it is; of the destination's, since which run.
func cause(rules bool, run string) (string, string) {
	if rules {
		return byRules, ""
	}
	return byDestination, run
}

// causeOf reports whether the destination's side of a changed leaf is the one in
// the ledger, so that the rules changed; ok is false when it cannot be told.
func causeOf(p *policy, e *ledgerEntry, l leaf) (rules, ok bool) {
	path := l.path.String()
	switch {
	case e.many || p.ignores(l.path):
		return false, false
	case l.before.Type == 0:
		return !e.hasPath(path), true
	case !doc.IsDocument(l.before) || doc.IsEmpty(l.before):
		return e.has(path, l.before), true
	}
	// A document that gives way to something else, or whose fields change places.
	rules = allKept(p, e, l.path, l.before.Document())
	return rules, !rules || !doc.IsDocument(l.after)
}

// allKept reports whether the ledger has all owned leaves of a document at a path.
func allKept(p *policy, e *ledgerEntry, at doc.Path, d bson.Raw) bool {
	for _, leaf := range ownedLeaves(p, at, d, map[string][8]byte{}) {
		if !slices.Contains(e.leaves, leaf) {
			return false
		}
	}
	return true
}
