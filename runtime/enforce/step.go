package enforce

// One write of a run. In: what is written, and the sending of it; out: sent under the
// leases and in the journal (runtime/control), which is told what it is in words and
// as items.

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/journal"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// lateNames is how many documents are named of a batch without an answer.
//
//js:table
const lateNames = 5

// step is one write to the destination, as the journal records it before it is
// sent: exactly one of the fields after about is set.
type step struct {
	of      *observation           // the collection; nil for a hook
	about   string                 // what is written where of is nil
	writes  []compare.Write        // one batch of documents
	entries []control.JournalEntry // what undo needs of writes
	whole   bool                   // in one transaction: the journal's records of the batch belong together
	create  bool                   // the collection itself
	indexes []bson.Raw             // to create, as sent
	drop    []bson.Raw             // indexes to drop, as listIndexes gave them
	// change is an index that a collMod changes: as listIndexes gave it, and as it
	// gives it then.
	change *structure.Change
	// options that a collMod changes, before and after; an absent one is in neither.
	options *structure.Change
}

// step sends one write. Every write of a run but those of what it remembers
// passes here. Once begun, it is not interrupted.
func (w *writing) step(ctx context.Context, what step, send func(context.Context) error) error {
	put := func(ctx context.Context) error {
		if !w.memory.db.Keeps() || what.of == nil {
			return nil
		}
		return w.memory.record.Journal.Put(ctx, what.of.ns, journal.Owning(what.of.c.Collection), what.recorded(), what.whole)
	}
	return w.memory.leases.Send(ctx, w.redactor.Replace(what.text()), put, send)
}

// noteWrite records that a write was sent. An error that says that the
// destination refused the command as a whole means that nothing was written.
func (w *writing) noteWrite(err error) {
	w.sent = w.sent || !stores.IsRefused(err)
	if err != nil && !stores.IsRefused(err) {
		w.memory.leases.Late.Unanswered()
	}
}

// text says what a step writes.
func (s step) text() string {
	if s.of == nil {
		return s.about
	}
	ns := change.Clean(s.of.ns.String())
	names := func(specs []bson.Raw) string {
		var list []string
		for _, spec := range specs {
			list = append(list, change.Clean(stores.IndexName(spec)))
		}
		return strings.Join(list, ", ")
	}
	switch {
	case s.create:
		return "creating " + ns
	case len(s.indexes) > 0:
		return "creating the indexes " + names(s.indexes) + " of " + ns
	case len(s.drop) > 0:
		return "dropping the indexes " + names(s.drop) + " of " + ns
	case s.change != nil:
		return "changing the index " + names([]bson.Raw{s.change.After}) + " of " + ns
	case s.options != nil:
		return "changing the options of " + ns
	}
	var documents []string
	for n := range s.writes[:min(len(s.writes), lateNames)] {
		identity := s.of.c.IdentityDocument(s.writes[n].Before)
		if w := s.writes[n].Wanted; w >= 0 {
			identity = s.of.c.IdentityAt(w)
		}
		documents = append(documents, change.Clean(change.ShowDocument(identity)))
	}
	if more := len(s.writes) - len(documents); more > 0 {
		documents = append(documents, fmt.Sprintf("and %d more", more))
	}
	return "writing " + strings.Join(documents, ", ") + " in " + ns
}

// recorded are what undo needs of a write: nothing of a hook.
func (s step) recorded() []control.JournalEntry {
	switch {
	case s.create:
		return journal.Create()
	case s.indexes != nil:
		return journal.CreateIndexes(s.indexes)
	case s.drop != nil:
		return journal.DropIndexes(s.drop)
	case s.change != nil:
		return journal.ChangeIndex(s.change)
	case s.options != nil:
		return journal.ChangeOptions(s.options)
	}
	return s.entries
}
