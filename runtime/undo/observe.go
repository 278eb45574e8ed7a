package undo

// What the destination has of all that a run wrote. In: the run's journal; out: the steps
// of the undoing, from the journal's end, one at a time, planned on what is there now.
// places.go has the collections.

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
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

// each plans the steps from the journal's end on what is there, and gives them to do, one
// after the other.
func (u *run) each(ctx context.Context, j *provenJournal, do func(*step) error) error {
	places, err := u.at.places(ctx, j.records)
	if err != nil {
		return err
	}
	var whole *step // one that goes on with the record before
	return j.proof.Backward(ctx, func(n int, r *control.JournalRecord) error {
		place := places[r.Namespace]
		switch r.Action {
		case control.JournalCreate:
			if place.info != nil {
				return do(&step{ns: r.Namespace, created: true})
			}
		case control.JournalCreateIndex, control.JournalDropIndex, control.JournalChangeIndex:
			for _, item := range slices.Backward(r.Items) {
				if err := do(&step{ns: r.Namespace, index: place.index(item)}); err != nil {
					return err
				}
			}
		case control.JournalOptions:
			for _, item := range slices.Backward(r.Items) {
				s := &optionsStep{before: item.Lookup("before").Document(), after: item.Lookup("after").Document()}
				place.setBack(s)
				if err := do(&step{ns: r.Namespace, options: s}); err != nil {
					return err
				}
			}
		default:
			s := whole
			if s == nil {
				s = &step{ns: r.Namespace, whole: r.Together != ""}
			}
			if whole, err = nil, u.reverseAll(ctx, s, place, j.ending(n, r)); err != nil {
				return err
			}
			if s.whole && n > 0 && j.records[n-1].together == r.Together && j.records[n-1].ns == r.Namespace && aboutDocuments(j.records[n-1].action) {
				whole = s
				return nil
			}
			return do(s)
		}
		return nil
	})
}

// forgettable finds, before anything is written, whether the documents can be taken out of
// the ledger. A user who may not read it is told of that with the other rights.
func (j *provenJournal) forgettable(ctx context.Context, ledger control.Ledger) error {
	for _, some := range byName(j.keys) {
		if err := ledger.Forgettable(ctx, some); err != nil && stores.Code(err) != stores.CodeUnauthorized {
			return err
		}
	}
	return nil
}

// reverseAll plans the undoing of documents.
func (u *run) reverseAll(ctx context.Context, s *step, at *place, pasts []*past) error {
	live, err := u.at.documents(ctx, s.ns, at, pasts)
	if err != nil {
		return err
	}
	for i, p := range pasts {
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
