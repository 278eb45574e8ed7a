package control

// A journal that is too large to be held. In: the record of a run; out: the records of its
// journal, first in order, until all of them are proven to be the run's, then from the
// end, a few at a time, each still the one that was proven. What is held between is a
// digest and a size of each. The rules are docs/state.md, Seal.

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// journalRead is about how many bytes of records are read at once from the end; an item
// that goes over several records is read as a whole.
//
//js:table
const journalRead = 4 << 20

// Proof is a journal that was read to its end, and all of it is the run's.
type Proof struct {
	db     *Database
	run    string
	seal   *seal // nil: there is none
	stored []storedRecord
	starts []int // of the records with whole items: how many are stored before each
}

// storedRecord is what is known of a record as it is in the state database.
type storedRecord struct {
	sum  [sha256.Size]byte
	size int
}

// Prove reads a run's journal in order and gives keep its records, with whole items: they
// count when there is no error, as all of them are the run's then, as its seal says. begin
// is called before each attempt to read them, and drops what keep was given. key is that
// of the journal, asked the digest that it must have; empty: none, any. A journal that
// is another one than that of shown, when there is one, is a conflict.
func (d *Database) Prove(ctx context.Context, run *RunRecord, key, asked string, shown *Proof, begin func(), keep func(*JournalRecord)) (*Proof, error) {
	var p *proving
	err := stores.FindEach(ctx, d.store, d.journal(), stores.Query{Filter: idsBetween(run.ID+"/", run.ID+"0")}, // `0` is the character after `/`
		func() {
			p = &proving{proof: Proof{db: d, run: run.ID}, shown: shown, keep: keep, items: journalItemsOf{run: run.ID}, early: map[string]bson.Raw{}}
			p.proof.seal, p.failed = checkSeal(run, d.Name, key)
			begin()
		},
		func(raw bson.Raw) { p.found(raw) })
	if err == nil {
		err = p.end(run, asked)
	}
	if err != nil {
		return nil, err
	}
	return &p.proof, nil
}

func (d *Database) journal() stores.Namespace {
	return stores.Namespace{Database: d.Name, Collection: JournalCollection}
}

// idsBetween matches what has an `_id` from one text to before another.
func idsBetween(from, before string) bson.Raw {
	return doc.NewBuilder(64).AppendDocument("_id", doc.NewBuilder(64).AppendString("$gte", from).AppendString("$lt", before).Raw()).Raw()
}

// proving is a journal that is being read.
type proving struct {
	proof  Proof
	shown  *Proof
	keep   func(*JournalRecord)
	items  journalItemsOf
	early  map[string]bson.Raw // found before its turn, by `_id`
	failed error               // the first one
}

// found takes a record in its turn. They come in the order of the index on `_id`, and one
// that does not waits for its turn.
func (p *proving) found(raw bson.Raw) {
	if p.failed != nil {
		return
	}
	if id := recordID(raw); id != journalID(p.proof.run, len(p.proof.stored)+1) && p.early[id] == nil {
		p.early[id] = raw
		return
	}
	p.take(raw)
	for len(p.early) > 0 && p.failed == nil {
		id := journalID(p.proof.run, len(p.proof.stored)+1)
		next, there := p.early[id]
		if !there {
			return
		}
		delete(p.early, id)
		p.take(next)
	}
}

// take proves the record that is next.
func (p *proving) take(raw bson.Raw) {
	n := len(p.proof.stored)
	stored := storedRecord{sha256.Sum256(raw), len(raw)}
	p.proof.stored = append(p.proof.stored, stored)
	if p.shown != nil && (n >= len(p.shown.stored) || p.shown.stored[n] != stored) {
		p.failed = p.proof.changed()
		return
	}
	plain, err := p.proof.seal.decrypted(raw)
	if err != nil {
		p.failed = err
		return
	}
	from := n - p.items.parts
	r, err := p.items.next(plain)
	switch {
	case err != nil:
	case p.proof.seal != nil:
		err = p.proof.seal.check(raw)
	case raw.Lookup("chain").Type != 0:
		err = damaged("journal", raw, "it has a chain, and its run has none")
	}
	if p.failed = err; err == nil && r != nil {
		p.proof.starts = append(p.proof.starts, from)
		p.keep(r)
	}
}

// end holds what was read against the run's record.
func (p *proving) end(run *RunRecord, asked string) error {
	for _, id := range slices.Sorted(maps.Keys(p.early)) { // their turn never came
		if p.failed == nil {
			p.take(p.early[id])
		}
	}
	switch {
	case p.failed != nil:
		return p.failed
	case p.shown != nil && len(p.shown.stored) != len(p.proof.stored):
		return p.proof.changed()
	}
	if err := p.items.end(run.journal != nil || p.proof.seal == nil && run.Outcome == change.Applied); err != nil {
		return err
	}
	return checkEnd(run, p.proof.db.Name, p.proof.seal, asked)
}

// changed is the conflict of a journal that is no longer the one that was shown.
func (p *Proof) changed() error {
	return refuse(change.JournalChanged, "run", change.Clean(p.run), "database", change.Clean(p.db.Name))
}

// Records are how many records with whole items there are.
func (p *Proof) Records() int { return len(p.starts) }

// Backward reads the records with whole items once more, from the last one, and gives them
// to do with their positions. One that is no longer as it was proven is a conflict.
func (p *Proof) Backward(ctx context.Context, do func(n int, r *JournalRecord) error) error {
	for to := len(p.starts); to > 0; {
		from, size := to, 0
		for from > 0 {
			more := p.sizeOf(from - 1)
			if from < to && size+more > journalRead {
				break
			}
			from, size = from-1, size+more
		}
		records, err := p.Read(ctx, from, to)
		if err != nil {
			return err
		}
		for ; to > from; to-- {
			r := records[to-1-from]
			records[to-1-from] = JournalRecord{} // it is not needed any more
			if err := do(to-1, &r); err != nil {
				return err
			}
		}
	}
	return nil
}

// before is how many records are stored before the one at a position, or at all.
func (p *Proof) before(n int) int {
	if n < len(p.starts) {
		return p.starts[n]
	}
	return len(p.stored)
}

func (p *Proof) sizeOf(n int) (size int) {
	for _, s := range p.stored[p.before(n):p.before(n+1)] {
		size += s.size
	}
	return size
}

// Read reads the records at the positions from one to before another once more.
func (p *Proof) Read(ctx context.Context, from, to int) ([]JournalRecord, error) {
	first, end := p.before(from), p.before(to)
	raw := make([]bson.Raw, end-first)
	at := map[string]int{}
	for n := range raw {
		at[journalID(p.run, first+n+1)] = n
	}
	for r, err := range p.db.store.Find(ctx, p.db.journal(), stores.Query{Filter: idsBetween(journalID(p.run, first+1), journalID(p.run, end+1))}) {
		if err != nil {
			return nil, err
		}
		if n, ok := at[recordID(r)]; ok {
			raw[n] = r
		}
	}
	for n, r := range raw {
		if r == nil || p.stored[first+n] != (storedRecord{sha256.Sum256(r), len(r)}) {
			return nil, p.changed()
		}
		var err error
		if raw[n], err = p.seal.decrypted(r); err != nil {
			return nil, err
		}
	}
	return ReadJournal(p.run, first, true, raw)
}
