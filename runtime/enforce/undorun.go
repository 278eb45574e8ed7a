package enforce

// Undo of a run. In: a store, the name of a run; out: a report. It reads the
// journal, plans from its end (undo.go), and writes back in batches, guarded
// and under the lease. The rules are docs/state.md, undo.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// UndoOptions say what is undone.
type UndoOptions struct {
	// Run is N or WEAVE/ENVIRONMENT/N; empty: the newest one that is not undone.
	Run string
	// Plan only shows what would be done.
	Plan bool
	// Journal is the digest of the run's journal, from the run's own report; empty: any.
	Journal string
}

// Undo takes back what a run of a state's weave and environment wrote. Of the state
// it needs the names of its collections besides: nothing else is written to, unless
// the run is sealed with a key. The error is for a destination that keeps no runs, or
// options that do not fit; everything else is in the report.
func Undo(ctx context.Context, store stores.Store, state *desired.State, which UndoOptions, options Options) (*change.Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, control.ErrNoState
	}
	if err := options.Check(state); err != nil {
		return nil, err
	}
	at := map[stores.Namespace]bool{}
	for _, c := range state.Collections {
		at[options.Namespace(c)] = true
	}
	options.Databases = nil // the journal has them redirected
	r, err := newRun(store, &desired.State{Weave: state.Weave, Environment: state.Environment}, options, "undo")
	if err != nil {
		return nil, err
	}
	r.planOnly = which.Plan
	u := &undoRun{run: r, built: at, asked: which.Journal}
	switch err := u.noted(u.find(ctx, which.Run)); {
	case errors.Is(err, errConflict):
		return r.finish(), nil
	case err != nil:
		return r.failed("read", err), nil
	case u.undone.Undone != "":
		return r.finish(), nil
	}
	if err := u.look(ctx); err != nil {
		return r.failed("read", err), nil
	}
	u.fillReport()
	if which.Plan {
		r.differs = u.todo()
		return r.finish(), nil
	}
	if r.report.Conflicts = append(r.report.Conflicts, r.memory.db.Lacking(ctx, u.needed())...); len(r.report.Conflicts) > 0 {
		return r.finish(), nil
	}
	if options.Approve != nil && u.todo() && !options.Approve(r.planned()) {
		r.declined = true
		return r.finish(), nil
	}
	if err := u.noted(u.write(ctx)); err != nil && !errors.Is(err, errConflict) {
		r.report.Failure = &change.Failure{Stage: "write", Message: r.redactor.Replace(err.Error())}
	}
	r.noteLate()
	r.alsoFailed(r.memory.leases.Release(context.WithoutCancel(ctx)))
	u.fillReport()
	return r.finish(), nil
}

// undoRun is an undo in progress.
type undoRun struct {
	*run
	undone control.RunRecord
	built  map[stores.Namespace]bool // the collections of the build at hand
	asked  string                    // the digest that the journal must have; empty: any
	shown  []byte                    // SHA-256 of the journal's records at the first look
	steps  []*undoStep
	// postponed are documents that a unique index refused so far.
	postponed []postponed
}

// undoStep is one thing to do; steps are in the order of the undoing. What it
// is about is in exactly one of the fields after ns.
type undoStep struct {
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

// find finds the run, and that it may be undone.
func (u *undoRun) find(ctx context.Context, name string) error {
	runs, err := u.memory.db.Runs(ctx, u.state.Weave, u.state.Environment)
	if err != nil {
		return err
	}
	at := control.FindRun(runs, name)
	if at < 0 {
		t := change.NoSuchRun
		if name == "" {
			t = change.NoRun
		}
		u.conflict(t, "run", change.Clean(name), "weave", change.Clean(u.state.Weave), "environment", change.Clean(u.state.Environment))
		return errConflict
	}
	u.undone = runs[at]
	newer := slices.IndexFunc(runs[:at], func(r control.RunRecord) bool {
		return r.Undone == "" && control.Sharing(r.Databases, u.undone.Databases)
	})
	if u.undone.Undone == "" && newer >= 0 {
		u.conflict(change.UndoNewerFirst, "run", change.Clean(u.undone.ID), "newer", change.Clean(runs[newer].ID))
		return errConflict
	}
	u.memory.about.Databases = u.undone.Databases
	u.memory.leases.Run = "undo " + u.undone.ID
	if err := u.remembered(ctx); err != nil {
		return err
	}
	if len(u.report.Conflicts) > 0 {
		return errConflict
	}
	return nil
}

// look reads the journal and what the destination has of all that is in it, and
// plans the steps.
func (u *undoRun) look(ctx context.Context) error {
	u.steps = nil
	records, err := u.journal(ctx)
	if err != nil {
		return err
	}
	places, err := u.places(ctx, records)
	if err != nil {
		return err
	}
	pasts, last := pastsOf(records)
	for n := len(records) - 1; n >= 0; n-- {
		r := &records[n]
		place := places[r.Namespace]
		switch r.Action {
		case control.JournalCreate:
			if place.info != nil {
				u.steps = append(u.steps, &undoStep{ns: r.Namespace, created: true})
			}
		case control.JournalCreateIndex, control.JournalDropIndex, control.JournalChangeIndex:
			for _, item := range slices.Backward(r.Items) {
				s := place.index(item)
				u.steps = append(u.steps, &undoStep{ns: r.Namespace, index: s})
			}
		case control.JournalOptions:
			for _, item := range slices.Backward(r.Items) {
				s := &optionsStep{before: item.Lookup("before").Document(), after: item.Lookup("after").Document()}
				place.setBack(s)
				u.steps = append(u.steps, &undoStep{ns: r.Namespace, options: s})
			}
		default:
			s := &undoStep{ns: r.Namespace, whole: r.Together != ""}
			for ; ; n-- {
				if err := u.reverseRecord(ctx, s, place, pasts[n], func(p *past) bool { return last[p] == n }); err != nil {
					return err
				}
				if !s.whole || n == 0 || records[n-1].Together != r.Together {
					break
				}
			}
			u.steps = append(u.steps, s)
		}
	}
	return nil
}

// reverseRecord plans the undoing of those documents of a record that have
// nothing in later ones.
func (u *undoRun) reverseRecord(ctx context.Context, s *undoStep, at *place, pasts []*past, ends func(*past) bool) error {
	var ending []*past
	for _, p := range pasts {
		if ends(p) {
			ending = append(ending, p)
		}
	}
	live, err := u.documents(ctx, s.ns, at, ending)
	if err != nil {
		return err
	}
	for i, p := range ending {
		s.documents = append(s.documents, u.reverse(p, live[i], at))
	}
	return nil
}

// reverse is what is done with a document in its place.
func (u *undoRun) reverse(p *past, live bson.Raw, in *place) *reversal {
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
func (u *undoRun) transacts(in *place) bool {
	return u.transactions() && in.info != nil && !structure.HasOption(in.info.Options, "capped")
}

// journal reads the run's journal when all of it is the run's and as it was shown, and
// writes to nothing but the run's collections.
func (u *undoRun) journal(ctx context.Context) ([]control.JournalRecord, error) {
	raw, err := u.memory.db.Journal(ctx, u.undone.ID)
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
		u.conflict(change.JournalChanged, "run", change.Clean(u.undone.ID), "database", change.Clean(u.memory.db.Name))
		return nil, errConflict
	}
	records, err := u.memory.db.Proven(raw, &u.undone, u.options.JournalKey, u.asked)
	if err != nil {
		return nil, err
	}
	sealed, keyed := u.undone.Sealed()
	for _, r := range records {
		ns := r.Namespace
		switch {
		case !ns.Writable(), ns.Database == u.options.StateName(), !slices.Contains(u.undone.Databases, ns.Database), sealed && !slices.Contains(u.undone.Collections, ns.String()), !keyed && !u.built[ns]:
			c := u.conflict(change.UndoOutside, "run", change.Clean(u.undone.ID), "namespace", change.Clean(ns.String()), "artefact", change.Clean(u.undone.Artefact), "database", change.Clean(u.memory.db.Name))
			c.Database, c.Collection = ns.Database, ns.Collection
			return nil, errConflict
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

// todo reports whether something is to be written, or the run to be marked.
func (u *undoRun) todo() bool { return u.undone.Undone == "" }

// write plans again, now that no other run writes, carries the steps out, and
// marks the run.
func (u *undoRun) write(ctx context.Context) error {
	if err := u.memory.leases.Take(ctx, u.options.Wait, u.options.ForceUnlock); err != nil {
		return err
	}
	u.differs = true
	if err := u.look(ctx); err != nil {
		return err
	}
	u.phase = "undo"
	for n, s := range u.steps {
		u.progress(s.ns, n+1, len(u.steps), "steps")
		var err error
		switch {
		case s.index != nil:
			err = u.writeIndex(ctx, s)
		case s.options != nil:
			err = u.writeOptions(ctx, s)
		default:
			err = u.writeDocuments(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	if err := u.writePostponed(ctx); err != nil {
		return err
	}
	if err := u.memory.leases.Renew(ctx); err != nil {
		return err
	}
	return u.mark(ctx)
}

// needed are the privileges with which the steps can be written.
func (u *undoRun) needed() []control.Privilege {
	all := control.Privileges{}
	for _, s := range u.steps {
		add := func(needed bool, action string) {
			if needed {
				all.Add(s.ns.Database, s.ns.Collection, action)
			}
		}
		for _, v := range s.documents {
			if v.op != nil {
				add(v.op.Action == stores.Insert, "insert")
				add(v.op.Action == stores.Update || v.op.Action == stores.Replace, "update")
				add(v.op.Action == stores.Delete, "remove")
			}
		}
		if x := s.index; x != nil {
			add(x.action == "create" || x.action == "change", "createIndex")
			add(x.action == "drop" || x.action == "change", "dropIndex")
		}
		add(s.options != nil && len(s.options.names) > 0, "collMod")
	}
	return append(all.List(), u.memory.db.Remembering()...)
}

// mark takes the documents out of the ledger, leaves the hold and marks the
// run as undone. All of it may be done again after a kill.
func (u *undoRun) mark(ctx context.Context) error {
	var documents []control.Documents
	for _, s := range u.steps {
		var keys []control.LedgerKey
		for _, v := range s.documents {
			if v.reason == "" || v.done {
				var key control.LedgerKey
				copy(key[:], v.key)
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			documents = append(documents, control.Documents{Namespace: s.ns, Keys: keys})
		}
	}
	keys := map[stores.Namespace][]control.LedgerKey{}
	for _, s := range u.steps {
		for _, v := range s.documents {
			if len(v.key) == len(control.LedgerKey{}) {
				keys[s.ns] = append(keys[s.ns], control.LedgerKey(v.key))
			}
		}
	}
	for _, ns := range slices.SortedFunc(maps.Keys(keys), func(a, b stores.Namespace) int { return strings.Compare(a.String(), b.String()) }) {
		documents = append(documents, control.Documents{Namespace: ns, Keys: keys[ns]})
	}
	return u.memory.db.MarkUndone(ctx, u.memory.about, &u.undone, u.memory.leases.Run, documents)
}
