package enforce

// What becomes of drift in a collection whose weave says `drift keep` or `drift stop`
// (docs/enforcement.md, Drift). In: an observation, and the ledger's entries of its
// documents; out: the documents compared without what is kept, items of that, and
// conflicts. And the ledger of a run. In: what was verified, and differences; out: the entries
// of what was wanted, and causes in the report. runtime/cause says whose doing a difference is.

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/cause"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Why a document is kept as a whole.
//
//js:table
const (
	keptDeleted  = "deleted at the destination, not inserted"
	keptInserted = "inserted at the destination, not deleted"
)

// driftShown is how many fields a conflict names.
//
//js:table
const driftShown = 10

// drift is what the ledger has of the documents of a collection that may have drifted.
type drift struct {
	keep   bool   // else it stops the run
	run    string // that wrote the ledger last
	undone bool   // it was undone: of a document that is not known nobody can tell
	known  map[control.LedgerKey]*control.LedgerEntry
	moves  map[int]*desired.Move // desired documents that the ledger knows by another identity
}

// readDrift reads what the ledger has of the documents of a collection that are not in
// sync; nothing where drift is repaired, or where no run has written the collection.
func (o *observing) readDrift(ctx context.Context, l *observation) error {
	of, ok := o.earlier.ledger(l.ns.String())
	if !ok || l.closed || l.c.Drift == "" || l.c.Mode == desired.Structure || o.options.RepairDrift {
		return nil
	}
	l.drift = &drift{keep: l.c.Drift == desired.DriftKeep, run: of.Run, moves: maps.Clone(l.moved)}
	if l.drift.moves == nil {
		l.drift.moves = map[int]*desired.Move{}
	}
	if o.since != nil { // those that this run has moved already
		maps.Copy(l.drift.moves, o.since.seen.all[l.at].moved)
	}
	var keys []control.LedgerKey
	for i := range l.c.Documents {
		if !l.same[i] {
			keys = append(keys, l.drift.key(l, i))
		}
	}
	for i := range l.c.Collection.Moves {
		keys = append(keys, control.KeyOf(l.c.IdentityFrom(&l.c.Collection.Moves[i])))
	}
	if l.c.Prune != nil {
		for _, d := range l.others {
			keys = append(keys, control.KeyOf(l.c.IdentityDocument(d)))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	known, err := o.memory.db.Ledger().Read(ctx, l.ns, of, keys)
	l.drift.known = known
	if err == nil && slices.ContainsFunc(keys, func(k control.LedgerKey) bool { return known[k] == nil }) {
		l.drift.undone, err = o.memory.db.Ledger().Undone(ctx, of)
	}
	for n := range l.c.Collection.Moves { // those that a run has moved that ended before it wrote the ledger
		m := &l.c.Collection.Moves[n]
		if i, ok := l.keys.Find(m.To...); ok && l.drift.moves[i] == nil && known[l.drift.key(l, i)] == nil {
			l.drift.moves[i] = m
		}
	}
	return err
}

// key is that by which the ledger knows desired document i.
func (d *drift) key(l *observation, i int) control.LedgerKey {
	if m := d.moves[i]; m != nil {
		return control.KeyOf(l.c.IdentityFrom(m))
	}
	return control.KeyOf(l.c.IdentityAt(i))
}

// entry is what the ledger has of desired document i; nil: it does not know it.
func (d *drift) entry(l *observation, i int) *control.LedgerEntry { return d.known[d.key(l, i)] }

// deleted reports whether somebody deleted desired document i at the destination, where that
// is not to be repaired.
func (d *drift) deleted(l *observation, i int) bool {
	return d != nil && len(l.twins.Of(i)) == 0 && l.c.Mode != desired.Update && !l.stuck[i] && d.entry(l, i) != nil
}

// gone are the desired documents that were deleted, and stay so.
func (d *drift) gone(l *observation) map[int]bool {
	out := map[int]bool{}
	if d == nil {
		return out
	}
	for i := range l.c.Documents {
		if d.deleted(l, i) && d.keep {
			out[i] = true
		}
	}
	return out
}

// withoutDeleted leaves out, or refuses, a document that was deleted at the destination.
func withoutDeleted(l *observation, i int) {
	t := change.DriftDeletedBoth
	if cause.OfInsert(l.c, l.drift.entry(l, i), i) == cause.ByDestination {
		if l.drift.keep {
			keep(l, compare.KeptItem(l.c, i, nil), keptDeleted)
			return
		}
		t = change.DriftDeleted
	}
	drifted(l, t, i)
}

// keep notes what stays as it is at the destination: as a whole, with a reason.
func keep(l *observation, item change.DocumentItem, reason string) {
	if reason != "" {
		item.Reason, item.Cause, item.Since = reason, cause.ByDestination, l.drift.run
	}
	for n := range item.Changes {
		item.Changes[n].Cause, item.Changes[n].Since = cause.ByDestination, l.drift.run
	}
	l.kept = append(l.kept, item)
	l.report.Counts.Kept++
}

func drifted(l *observation, t change.ConflictText, i int) {
	l.conflict(t, i, nil, "identity", l.identity(i), "run", change.Clean(l.drift.run))
	l.causedBy(desired.DriftRule)
}

// comparison compares desired document i by the rules of c.
func comparison(l *observation, c *compare.Collection, i int, live bson.Raw) compare.Comparison {
	if m := l.moved[i]; m != nil {
		return compare.Moves{Collection: c}.Compare(i, live, m)
	}
	return c.Compare(i, live)
}

// withoutKept compares desired document i with the destination's, without what is kept of it.
// kept: some of it is, and is noted.
func withoutKept(l *observation, i int, live bson.Raw) (found compare.Comparison, kept bool) {
	found = comparison(l, l.c, i, live)
	d := l.drift
	if d == nil {
		return found, false
	}
	e := d.entry(l, i)
	if e == nil && d.undone || e != nil && !e.Known() {
		if found.Write == nil {
			return found, false
		}
		drifted(l, change.DriftUntold, i)
		return compare.Comparison{Refused: true}, false
	}
	if e == nil {
		e = &control.LedgerEntry{}
	}
	var keeps []doc.Path
	if only := found.OnlyAt; len(only) > 0 && d.keep {
		keeps = slices.DeleteFunc(slices.Clone(only), func(p doc.Path) bool {
			v, _ := doc.Get(live, p)
			return cause.HadUnder(e, p, v)
		})
		found = comparison(l, compare.Keeping(l.c, keeps), i, live)
	}
	if found.Refused {
		return found, false
	}
	var set []stores.Field
	unset, stops := slices.Clone(keeps), []cause.Place(nil)
	if found.Write != nil {
		for _, p := range cause.Places(l.c, e, found.Write) {
			switch {
			case p.Cause == cause.ByBoth || p.Cause == cause.ByDestination && !d.keep:
				stops = append(stops, p)
			case p.Cause == cause.ByDestination:
				keeps = append(keeps, p.Path)
				if v, ok := doc.Get(found.Write.After, p.Path); ok {
					set = append(set, stores.Field{Path: p.Path, Value: v})
				} else {
					unset = append(unset, p.Path)
				}
			}
		}
	}
	if len(stops) > 0 {
		driftedFields(l, i, found.Write, stops)
		return compare.Comparison{Refused: true}, false
	}
	if len(keeps) == 0 {
		return found, false
	}
	w := compare.Updating(live, i, set, unset)
	keep(l, compare.KeptItem(l.c, i, &w), "")
	return comparison(l, compare.Keeping(l.c, keeps), i, live), true
}

// driftedFields refuses what the destination changed in desired document i.
func driftedFields(l *observation, i int, w *compare.Write, stops []cause.Place) {
	t, texts, paths := change.DriftFound, []string{}, []doc.Path{}
	value := func(p doc.Path, d bson.Raw, wanted bool) string {
		if v, ok := doc.Get(d, p); ok {
			return l.c.ShowValue(i, wanted, p, v)
		}
		return change.MissingText
	}
	for _, p := range stops {
		text := change.DriftField
		if p.Cause == cause.ByBoth {
			text, t = change.DriftFieldBoth, change.DriftFoundBoth
		}
		texts = append(texts, change.Fill(text, "path", p.Path.String(), "found", value(p.Path, w.Before, false), "wanted", value(p.Path, w.After, true)))
		paths = append(paths, p.Path)
	}
	if len(texts) > driftShown {
		texts = append(texts[:driftShown], "…")
	}
	l.conflict(t, i, paths, "identity", l.identity(i), "run", change.Clean(l.drift.run), "changes", strings.Join(texts, "; "), "paths", change.PathTexts(paths, driftShown))
	l.causedBy(desired.DriftRule)
}

// withoutInserted are those documents of prune that may go: not those that somebody inserted
// at the destination, nor those that somebody changed there.
func withoutInserted(l *observation, going []bson.Raw) []bson.Raw {
	if l.drift == nil {
		return going
	}
	return slices.DeleteFunc(going, func(d bson.Raw) bool {
		identity := l.c.IdentityDocument(d)
		e, t := l.drift.known[control.KeyOf(identity)], change.DriftInserted
		switch of := cause.OfDelete(l.c, e, d); {
		case e == nil && l.drift.undone:
			t = change.DriftUntold
		case of == cause.ByRules:
			return false
		case of == cause.ByBoth:
			t = change.DriftGone
		case l.drift.keep:
			keep(l, compare.KeptDocument(l.c, d), keptInserted)
			return true
		}
		l.conflict(t, -1, nil, "identity", change.ShowDocument(identity), "run", change.Clean(l.drift.run))
		l.conflicts[len(l.conflicts)-1].Identity = change.DocumentValue(identity)
		l.causedBy(desired.DriftRule)
		return true
	})
}

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
		done := w.done[i]
		if l.c.Drift == "" && (done == nil || *done == (change.Done{})) || l.c.Mode == desired.Structure || l.c.IsView() {
			continue
		}
		of, _ := w.seen.memory.ledger(l.ns.String())
		if err := m.db.Ledger().Put(ctx, l.ns, m.record.ID, of, cause.Entries(l.c, l.absent)); err != nil {
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
		identity := l.c.IdentityAt(p.Wanted)
		if m := p.Move(); m != nil { // by which the run before knew it
			identity = l.c.IdentityFrom(m)
		}
		keys = append(keys, control.KeyOf(identity))
	}
	for i := range l.pruned() {
		keys = append(keys, control.KeyOf(l.c.IdentityDocument(l.pruned()[i].Live(l.c))))
	}
	return keys
}
