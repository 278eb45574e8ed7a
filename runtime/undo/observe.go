package undo

// What the destination has of all that a run wrote. In: the run's journal; out: the steps
// of the undoing, from the journal's end, planned on what is there now. places.go has
// the collections.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// step is one thing to do; steps are in the order of the undoing. What it
// is about is in exactly one of the fields after ns.
type step struct {
	ns        stores.Namespace
	documents []*reversal
	whole     bool // the documents go in one transaction
	index     *indexStep
	options   *optionsStep
	created   bool // the collection, which stays
	done      change.Done
}

// indexStep is an index to be made as it was. action: create, drop, change, or
// left, for a reason; empty when it is as it was.
type indexStep struct {
	action, reason string
	before, after  bson.Raw // before and after the run; nil: there was none
}

// optionsStep are options to be set back.
type optionsStep struct {
	before, after bson.Raw
	names, left   []string
	commands      []bson.Raw // fields of collMod
	reason        string
}

// observe reads the journal and what the destination has of all that is in it, and
// plans the steps.
func (u *run) observe(ctx context.Context) (steps []*step, err error) {
	records, err := u.journal(ctx)
	if err != nil {
		return steps, err
	}
	places, err := u.at.places(ctx, records)
	if err != nil {
		return steps, err
	}
	pasts, last := pastsOf(records)
	for n := len(records) - 1; n >= 0; n-- {
		r := &records[n]
		place := places[r.Namespace]
		switch r.Action {
		case control.JournalCreate:
			if place.info != nil {
				steps = append(steps, &step{ns: r.Namespace, created: true})
			}
		case control.JournalCreateIndex, control.JournalDropIndex, control.JournalChangeIndex:
			for _, item := range slices.Backward(r.Items) {
				s := place.index(item)
				steps = append(steps, &step{ns: r.Namespace, index: s})
			}
		case control.JournalOptions:
			for _, item := range slices.Backward(r.Items) {
				s := &optionsStep{before: item.Lookup("before").Document(), after: item.Lookup("after").Document()}
				place.setBack(s)
				steps = append(steps, &step{ns: r.Namespace, options: s})
			}
		default:
			s := &step{ns: r.Namespace, whole: r.Together != ""}
			for ; ; n-- {
				if err := u.reverseRecord(ctx, s, place, pasts[n], func(p *past) bool { return last[p] == n }); err != nil {
					return steps, err
				}
				if !s.whole || n == 0 || records[n-1].Together != r.Together {
					break
				}
			}
			steps = append(steps, s)
		}
	}
	return steps, u.forgettable(ctx, steps)
}

// forgettable finds, before anything is written, whether the documents can be taken out of
// the ledger. A user who may not read it is told of that with the other rights.
func (u *run) forgettable(ctx context.Context, steps []*step) error {
	for _, some := range known(steps, func(*reversal) bool { return true }) {
		if err := u.db.Ledger().Forgettable(ctx, some); err != nil && stores.Code(err) != stores.CodeUnauthorized {
			return err
		}
	}
	return nil
}

// reverseRecord plans the undoing of those documents of a record that have
// nothing in later ones.
func (u *run) reverseRecord(ctx context.Context, s *step, at *place, pasts []*past, ends func(*past) bool) error {
	var ending []*past
	for _, p := range pasts {
		if ends(p) {
			ending = append(ending, p)
		}
	}
	live, err := u.at.documents(ctx, s.ns, at, ending)
	if err != nil {
		return err
	}
	for i, p := range ending {
		s.documents = append(s.documents, u.reverse(p, live[i], at))
	}
	return nil
}

// reverse is what is done with a document in its place.
func (u *run) reverse(p *past, live bson.Raw, in *place) *reversal {
	v := p.reverse(live)
	switch {
	case v.op == nil:
	case in.info == nil:
		v.leave(leftNoCollection)
	case v.alone != "" && !u.transacts(in):
		v.leave(v.alone)
	}
	return v
}

// transacts reports whether a collection can be written to in a transaction.
func (u *run) transacts(in *place) bool {
	return u.transactions && in.info != nil && !structure.HasOption(in.info.Options, "capped")
}

// journal reads the run's journal when all of it is the run's and as it was shown, and
// writes to nothing but the run's collections.
func (u *run) journal(ctx context.Context) ([]control.JournalRecord, error) {
	raw, err := u.db.Journal(ctx, u.undone.ID)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, r := range raw {
		h.Write(r)
	}
	sum := h.Sum(nil)
	if u.shown == nil {
		u.shown = sum
	} else if !bytes.Equal(u.shown, sum) {
		return nil, u.refuse(change.JournalChanged, "run", change.Clean(u.undone.ID), "database", change.Clean(u.db.Name))
	}
	records, err := u.db.Proven(raw, &u.undone, u.options.JournalKey, u.which.Journal)
	if err != nil {
		return nil, err
	}
	sealed, keyed := u.undone.Sealed()
	for _, r := range records {
		ns := r.Namespace
		switch {
		case !ns.Writable(), ns.Database == u.db.Name, !slices.Contains(u.undone.Databases, ns.Database), sealed && !slices.Contains(u.undone.Collections, ns.String()), !keyed && !u.built[ns]:
			refused := &control.Refused{Conflict: change.UndoOutside.Conflict("run", change.Clean(u.undone.ID), "namespace", change.Clean(ns.String()), "artefact", change.Clean(u.undone.Artefact), "database", change.Clean(u.db.Name))}
			refused.Database, refused.Collection = ns.Database, ns.Collection
			return nil, refused
		}
	}
	return records, nil
}

// pastsOf collects what the records have of each document, and by record and
// item, whose past it is; last is the record of a past's last item.
func pastsOf(records []control.JournalRecord) (byItem [][]*past, last map[*past]int) {
	type key struct {
		ns stores.Namespace
		id string
	}
	byKey := map[key]*past{}
	byItem, last = make([][]*past, len(records)), map[*past]int{}
	for n, r := range records {
		if !slices.Contains([]string{control.JournalInsert, control.JournalUpdate, control.JournalReplace, control.JournalDelete}, r.Action) {
			continue
		}
		for _, item := range r.Items {
			id := item.Lookup("_id")
			k := key{r.Namespace, doc.Key(id)}
			p := byKey[k]
			if p == nil {
				p = &past{id: id}
				byKey[k] = p
			}
			p.items = append(p.items, pastItem{r.Namespace.Database, r.Action, r.Owning, item})
			byItem[n] = append(byItem[n], p)
			last[p] = n
		}
	}
	return byItem, last
}
