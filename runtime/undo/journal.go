package undo

// The journal of the run, without its items. In: the run; out: what each record is about,
// which documents have something in several, and the records once more, from the end.

import (
	"context"
	"crypto/sha256"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// provenJournal is the journal of a run that is undone. It holds of each document a digest, and of
// those alone that have several items these items.
type provenJournal struct {
	proof   *control.Proof
	records []record
	keys    map[stores.Namespace][]control.LedgerKey
	last    map[docKey]int // the record of a document's last item
	several map[docKey]*past
}

// record is what is held of a record with whole items.
type record struct {
	ns       stores.Namespace
	action   string
	together string
}

// docKey is that of a document: half of SHA-256 of its collection and `_id`.
type docKey [16]byte

func docKeyOf(ns stores.Namespace, id bson.RawValue) docKey {
	sum := sha256.Sum256([]byte(ns.String() + "\x00" + doc.Key(id)))
	return docKey(sum[:16])
}

// aboutDocuments reports whether the items are about documents.
func aboutDocuments(action string) bool {
	return slices.Contains([]string{control.JournalInsert, control.JournalUpdate, control.JournalReplace, control.JournalDelete}, action)
}

// journal reads the run's journal when all of it is the run's and as it was shown, and
// writes to nothing but the run's collections.
func (u *run) journal(ctx context.Context) (*provenJournal, error) {
	var j *provenJournal
	var again map[int]bool // records with items of documents that have several
	var outside error
	proof, err := u.db.Prove(ctx, &u.undone, u.options.JournalKey, u.which.Journal, u.shown, func() {
		j, again, outside = &provenJournal{keys: map[stores.Namespace][]control.LedgerKey{}, last: map[docKey]int{}, several: map[docKey]*past{}}, map[int]bool{}, nil
	}, func(r *control.JournalRecord) {
		n := len(j.records)
		j.records = append(j.records, record{r.Namespace, r.Action, r.Together})
		if outside == nil {
			outside = u.outside(r.Namespace)
		}
		if !aboutDocuments(r.Action) {
			return
		}
		for _, item := range r.Items {
			key := docKeyOf(r.Namespace, item.Lookup("_id"))
			if before, there := j.last[key]; there {
				j.several[key], again[before], again[n] = &past{}, true, true
			} else if _, ledger, ok := item.Lookup("key").BinaryOK(); ok && len(ledger) == len(control.LedgerKey{}) {
				j.keys[r.Namespace] = append(j.keys[r.Namespace], control.LedgerKey(ledger))
			}
			j.last[key] = n
		}
	})
	if err != nil {
		return nil, err
	}
	if outside != nil {
		return nil, outside
	}
	u.shown, j.proof = proof, proof
	for n := range j.records {
		if again[n] {
			if err := j.gather(ctx, n); err != nil {
				return nil, err
			}
		}
	}
	err = j.forgettable(ctx, u.db.Ledger())
	j.keys = nil // there may be many
	return j, err
}

// outside refuses a collection that the run cannot have written to.
func (u *run) outside(ns stores.Namespace) error {
	sealed, keyed := u.undone.Sealed()
	if ns.Writable() && ns.Database != u.db.Name && slices.Contains(u.undone.Databases, ns.Database) &&
		(!sealed || slices.Contains(u.undone.Collections, ns.String())) && (keyed || u.built[ns]) {
		return nil
	}
	refused := &control.Refused{Conflict: change.UndoOutside.Conflict("run", change.Clean(u.undone.ID), "namespace", change.Clean(ns.String()), "artefact", change.Clean(u.undone.Artefact), "database", change.Clean(u.db.Name))}
	refused.Database, refused.Collection = ns.Database, ns.Collection
	return refused
}

// gather takes the items out of a record that are of documents with several.
func (j *provenJournal) gather(ctx context.Context, n int) error {
	records, err := j.proof.Read(ctx, n, n+1)
	if err != nil {
		return err
	}
	r := &records[0]
	for _, item := range r.Items {
		id := item.Lookup("_id")
		if p := j.several[docKeyOf(r.Namespace, id)]; p != nil {
			item = slices.Clone(item) // the record is let go
			p.id = item.Lookup("_id")
			p.items = append(p.items, pastItem{r.Namespace.Database, r.Action, r.Owning, item})
		}
	}
	return nil
}

// ending are the documents of a record that have nothing in later ones.
func (j *provenJournal) ending(n int, r *control.JournalRecord) (ending []*past) {
	seen := map[*past]bool{}
	for _, item := range r.Items {
		id := item.Lookup("_id")
		key := docKeyOf(r.Namespace, id)
		p := j.several[key]
		switch {
		case j.last[key] != n || seen[p]:
		case p != nil:
			seen[p] = true
			ending = append(ending, p)
		default:
			ending = append(ending, &past{id: id, items: []pastItem{{r.Namespace.Database, r.Action, r.Owning, item}}})
		}
	}
	return ending
}
