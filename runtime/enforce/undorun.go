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
		return nil, ErrNoState
	}
	if err := options.Check(state); err != nil {
		return nil, err
	}
	at := map[stores.Namespace]bool{}
	for _, c := range state.Collections {
		at[options.namespace(c)] = true
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
	if r.lacking(ctx, u.needed()); len(r.report.Conflicts) > 0 {
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
	r.alsoFailed(r.giveBack(context.WithoutCancel(ctx)))
	u.fillReport()
	return r.finish(), nil
}

// undoRun is an undo in progress.
type undoRun struct {
	*run
	undone runRecord
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
	runs, err := readRuns(ctx, u.store, u.options.stateDatabase(), u.state.Weave, u.state.Environment)
	if err != nil {
		return err
	}
	at := findRun(runs, name)
	if at < 0 {
		t := change.NoSuchRun
		if name == "" {
			t = change.NoRun
		}
		u.conflict(t, "run", change.Clean(name), "weave", change.Clean(u.state.Weave), "environment", change.Clean(u.state.Environment))
		return errConflict
	}
	u.undone = runs[at]
	newer := slices.IndexFunc(runs[:at], func(r runRecord) bool { return r.Undone == "" && sharing(r.Databases, u.undone.Databases) })
	if u.undone.Undone == "" && newer >= 0 {
		u.conflict(change.UndoNewerFirst, "run", change.Clean(u.undone.ID), "newer", change.Clean(runs[newer].ID))
		return errConflict
	}
	u.names = u.undone.Databases
	u.control.run.id = "undo " + u.undone.ID // in the leases
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
		place := places[r.ns]
		switch r.action {
		case journalCreate:
			if place.info != nil {
				u.steps = append(u.steps, &undoStep{ns: r.ns, created: true})
			}
		case journalCreateIndex, journalDropIndex, journalChangeIndex:
			for _, item := range slices.Backward(r.items) {
				s := place.index(item)
				u.steps = append(u.steps, &undoStep{ns: r.ns, index: s})
			}
		case journalOptions:
			for _, item := range slices.Backward(r.items) {
				s := &optionsStep{before: item.Lookup("before").Document(), after: item.Lookup("after").Document()}
				place.setBack(s)
				u.steps = append(u.steps, &undoStep{ns: r.ns, options: s})
			}
		default:
			s := &undoStep{ns: r.ns, whole: r.together != ""}
			for ; ; n-- {
				if err := u.reverseRecord(ctx, s, place, pasts[n], func(p *past) bool { return last[p] == n }); err != nil {
					return err
				}
				if !s.whole || n == 0 || records[n-1].together != r.together {
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

// journal reads the run's journal, in order.
func (u *undoRun) journal(ctx context.Context) ([]journalRecord, error) {
	// `0` is the character after `/`.
	ids := doc.NewBuilder(64).AppendString("$gte", u.undone.ID+"/").AppendString("$lt", u.undone.ID+"0").Raw()
	filter := doc.NewBuilder(64).AppendDocument("_id", ids).Raw()
	var raw []bson.Raw
	for d, err := range u.store.Find(ctx, stores.Namespace{Database: u.options.stateDatabase(), Collection: journalCollection}, stores.Query{Filter: filter}) {
		if err != nil {
			return nil, err
		}
		raw = append(raw, d)
	}
	slices.SortFunc(raw, func(a, b bson.Raw) int { return strings.Compare(recordID(a), recordID(b)) })
	return u.proven(raw)
}

// proven reads the records of a journal when all of them are the run's, as its seal
// says, are as they were shown, and write to nothing but the run's collections.
func (u *undoRun) proven(raw []bson.Raw) ([]journalRecord, error) {
	h := sha256.New()
	for _, r := range raw {
		h.Write(r)
	}
	sum := h.Sum(nil)
	if u.shown == nil {
		u.shown = sum
	} else if !bytes.Equal(u.shown, sum) {
		u.conflict(change.JournalChanged, "run", change.Clean(u.undone.ID), "database", change.Clean(u.control.database))
		return nil, errConflict
	}
	sealed, err := u.checkSeal(&u.undone)
	if err != nil {
		return nil, err
	}
	plain, err := sealed.decrypt(raw)
	if err != nil {
		return nil, err
	}
	records, err := readJournal(u.undone.ID, u.undone.journal != nil || sealed == nil && u.undone.Outcome == change.Applied, plain)
	if err != nil {
		return nil, err
	}
	if sealed != nil {
		if err := sealed.check(raw); err != nil {
			return nil, err
		}
	} else if n := slices.IndexFunc(raw, func(r bson.Raw) bool { return r.Lookup("chain").Type != 0 }); n >= 0 {
		return nil, damaged("journal", raw[n], "it has a chain, and its run has none")
	}
	if err := u.checkEnd(&u.undone, sealed, u.asked); err != nil {
		return nil, err
	}
	byKey := sealed != nil && sealed.key != nil
	for _, r := range records {
		switch {
		case !u.writable(r.ns), !slices.Contains(u.undone.Databases, r.ns.Database), sealed != nil && !slices.Contains(u.undone.collections, r.ns.String()),
			!byKey && !u.built[r.ns]:
			c := u.conflict(change.UndoOutside, "run", change.Clean(u.undone.ID), "namespace", change.Clean(r.ns.String()), "artefact", change.Clean(u.undone.Artefact), "database", change.Clean(u.control.database))
			c.Database, c.Collection = r.ns.Database, r.ns.Collection
			return nil, errConflict
		}
	}
	return records, nil
}

// pastsOf collects what the records have of each document, and by record and
// item, whose past it is; last is the record of a past's last item.
func pastsOf(records []journalRecord) (byItem [][]*past, last map[*past]int) {
	type key struct {
		ns stores.Namespace
		id string
	}
	byKey := map[key]*past{}
	byItem, last = make([][]*past, len(records)), map[*past]int{}
	for n, r := range records {
		if !slices.Contains([]string{journalInsert, journalUpdate, journalReplace, journalDelete}, r.action) {
			continue
		}
		for _, item := range r.items {
			id := item.Lookup("_id")
			k := key{r.ns, doc.Key(id)}
			p := byKey[k]
			if p == nil {
				p = &past{id: id}
				byKey[k] = p
			}
			p.items = append(p.items, pastItem{r.ns.Database, r.action, r.owning, item})
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
	if err := u.take(ctx); err != nil {
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
	if err := u.renew(ctx, false); err != nil {
		return err
	}
	return u.mark(ctx)
}

// needed are the privileges with which the steps can be written.
func (u *undoRun) needed() []Privilege {
	all := privileges{}
	for _, s := range u.steps {
		add := func(needed bool, action string) {
			if needed {
				all.add(s.ns.Database, s.ns.Collection, action)
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
	return append(all.sorted(), u.remembering()...)
}

// mark takes the documents out of the ledger, leaves the hold and marks the
// run as undone. All of it may be done again after a kill.
func (u *undoRun) mark(ctx context.Context) error {
	for _, s := range u.steps {
		var keys [][ledgerKeySize]byte
		for _, v := range s.documents {
			if v.reason == "" || v.done {
				var key [ledgerKeySize]byte
				copy(key[:], v.key)
				keys = append(keys, key)
			}
		}
		if len(keys) == 0 {
			continue
		}
		if err := u.control.forget(ctx, s.ns, keys); err != nil {
			return err
		}
	}
	update := func(collection string, filter bson.D, change any, upsert bool) error {
		_, _, err := u.control.write(ctx, bson.D{{Key: "update", Value: collection}, {Key: "updates", Value: bson.A{bson.D{
			{Key: "q", Value: filter}, {Key: "u", Value: change}, {Key: "upsert", Value: upsert},
		}}}})
		return err
	}
	keys := map[stores.Namespace][][ledgerKeySize]byte{}
	for _, s := range u.steps {
		for _, v := range s.documents {
			if len(v.key) == ledgerKeySize {
				keys[s.ns] = append(keys[s.ns], [ledgerKeySize]byte(v.key))
			}
		}
	}
	for _, ns := range slices.SortedFunc(maps.Keys(keys), func(a, b stores.Namespace) int { return strings.Compare(a.String(), b.String()) }) {
		if err := u.control.forget(ctx, ns, keys[ns]); err != nil {
			return err
		}
	}
	held := bson.D{{Key: "artefact", Value: u.undone.Artefact}, {Key: "run", Value: u.undone.ID}, {Key: "databases", Value: u.undone.Databases}}
	hold := bson.D{{Key: "$set", Value: bson.D{{Key: "format", Value: int32(stateFormat)}}}, {Key: "$addToSet", Value: bson.D{{Key: "held", Value: held}}}}
	if err := update(controlCollection, bson.D{{Key: "_id", Value: u.holdID()}}, hold, true); err != nil {
		return err
	}
	return update(runsCollection, bson.D{{Key: "_id", Value: u.undone.ID}}, bson.D{{Key: "$currentDate", Value: bson.D{{Key: "undone", Value: true}}}}, false)
}
