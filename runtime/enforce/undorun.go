package enforce

// Undo of a run. In: a store, the name of a run; out: a report. It reads the
// journal, plans from its end (undo.go), and writes back in batches, guarded
// and under the lease. The rules are docs/state.md, undo.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// UndoOptions say what is undone.
type UndoOptions struct {
	// Run is N or WEAVE/ENVIRONMENT/N; empty: the newest one that is not undone.
	Run string
	// Plan only shows what would be done.
	Plan bool
}

// Undo takes back what a run of a weave and environment wrote. The error is for
// a destination that keeps no runs; everything else is in the report.
func Undo(ctx context.Context, store stores.Store, weave, environment string, which UndoOptions, options Options) (*Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, ErrNoState
	}
	r, err := newRun(store, &desired.State{Weave: weave, Environment: environment}, options, "undo")
	if err != nil {
		return nil, err
	}
	r.planOnly = which.Plan
	u := &undoRun{run: r}
	switch err := u.find(ctx, which.Run); {
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
	if err := u.write(ctx); err != nil && !errors.Is(err, errConflict) {
		r.report.Failure = &Failure{Stage: "write", Message: r.redactor.Replace(err.Error())}
	}
	r.alsoFailed(r.giveBack(context.WithoutCancel(ctx)))
	u.fillReport()
	return r.finish(), nil
}

// undoRun is an undo in progress.
type undoRun struct {
	*run
	undone RunRecord
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
	done      Done
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
		t := textNoSuchRun
		if name == "" {
			t = textNoRun
		}
		u.conflict(NoSuchRun, t, "run", clean(name), "weave", clean(u.state.Weave), "environment", clean(u.state.Environment))
		return errConflict
	}
	u.undone = runs[at]
	newer := slices.IndexFunc(runs[:at], func(r RunRecord) bool { return r.Undone == "" })
	if u.undone.Undone == "" && newer >= 0 {
		u.conflict(UndoNewerFirst, textUndoNewerFirst, "run", clean(u.undone.ID), "newer", clean(runs[newer].ID))
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
	return u.transactions() && in.info != nil && !hasOption(in.info.Options, "capped")
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
	slices.SortFunc(raw, func(a, b bson.Raw) int {
		return strings.Compare(a.Lookup("_id").StringValue(), b.Lookup("_id").StringValue())
	})
	return readJournal(raw)
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
			p.items = append(p.items, pastItem{r.action, r.owning, item})
			byItem[n] = append(byItem[n], p)
			last[p] = n
		}
	}
	return byItem, last
}

// place is what the destination has of a collection, as the steps planned so
// far leave it.
type place struct {
	info    *stores.CollectionInfo // nil: it is missing
	indexes []bson.Raw
	options bson.Raw
}

// places describes the collections that the records are about.
func (u *undoRun) places(ctx context.Context, records []journalRecord) (map[stores.Namespace]*place, error) {
	places := map[stores.Namespace]*place{}
	names := map[string][]string{}
	var databases []string
	for _, r := range records {
		if places[r.ns] != nil {
			continue
		}
		places[r.ns] = &place{}
		if names[r.ns.Database] == nil {
			databases = append(databases, r.ns.Database)
		}
		names[r.ns.Database] = append(names[r.ns.Database], r.ns.Collection)
	}
	for _, database := range databases {
		infos, err := u.store.Collections(ctx, database, names[database])
		if err != nil {
			return nil, err
		}
		for i := range infos {
			p := places[stores.Namespace{Database: database, Collection: infos[i].Name}]
			p.info, p.options = &infos[i], infos[i].Options
		}
	}
	for _, r := range records {
		p := places[r.ns]
		if p.info == nil || p.indexes != nil || !slices.Contains([]string{journalCreateIndex, journalDropIndex, journalChangeIndex}, r.action) {
			continue
		}
		var err error
		if p.indexes, err = u.store.Indexes(ctx, r.ns); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// index plans one index, and leaves the place as it will be.
func (p *place) index(item bson.Raw) *indexStep {
	s := &indexStep{}
	s.before, _ = item.Lookup("before").DocumentOK()
	s.after, _ = item.Lookup("after").DocumentOK()
	if p.info == nil {
		return s // with the collection, its indexes are gone
	}
	s.action, s.reason = reverseIndex(s.before, s.after, p.indexes)
	name := func(spec bson.Raw) func(bson.Raw) bool {
		return func(e bson.Raw) bool { return stores.IndexName(e) == stores.IndexName(spec) }
	}
	if s.action == "drop" || s.action == "change" {
		p.indexes = slices.DeleteFunc(slices.Clone(p.indexes), name(s.after))
	}
	if s.action == "create" || s.action == "change" {
		p.indexes = append(slices.Clip(p.indexes), s.before)
	}
	return s
}

// setBack plans options, and leaves the place as it will be.
func (p *place) setBack(s *optionsStep) {
	if p.info == nil {
		return
	}
	s.names, s.left = reverseOptions(s.before, s.after, p.options)
	info := stores.CollectionInfo{Type: p.info.Type, Options: p.options}
	plan := compareOptions(info, p.with(s), s.names, 0)
	for _, o := range plan.fixed { // what only grows, such as a granularity
		s.names = slices.DeleteFunc(s.names, func(name string) bool { return name == o.Name })
		s.left = append(s.left, o.Name)
	}
	s.commands, p.options = plan.commands, p.with(s)
}

// with are the options with those of a step set back.
func (p *place) with(s *optionsStep) bson.Raw {
	var set []stores.Field
	var unset []doc.Path
	for _, name := range s.names {
		if v, ok := doc.Get(s.before, doc.Path{name}); ok {
			set = append(set, stores.Field{Path: doc.Path{name}, Value: v})
		} else {
			unset = append(unset, doc.Path{name})
		}
	}
	return stores.Changed(p.options, set, unset)
}

// documents reads the documents of pasts; nil for one that is missing.
func (u *undoRun) documents(ctx context.Context, ns stores.Namespace, place *place, pasts []*past) ([]bson.Raw, error) {
	out := make([]bson.Raw, len(pasts))
	if place.info == nil || len(pasts) == 0 {
		return out, nil
	}
	in := &reader{store: u.store, ns: ns, simple: hasCollation(place.info.Options)}
	keys, at := make([][]bson.RawValue, len(pasts)), map[string]int{}
	for i, p := range pasts {
		keys[i], at[doc.Key(p.id)] = []bson.RawValue{p.id}, i
	}
	if err := in.findKeys(ctx, []doc.Path{{"_id"}}, keys, maxKeys); err != nil {
		return nil, err
	}
	for _, d := range in.live {
		if i, ok := at[doc.Key(d.Lookup("_id"))]; ok {
			out[i] = d
		}
	}
	return out, nil
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
	return u.mark(ctx)
}

// writeDocuments writes a step's documents back; where a guard was missed, they
// are read again, and what is still to do is sent again.
func (u *undoRun) writeDocuments(ctx context.Context, s *undoStep) error {
	var pending []*reversal
	for _, v := range s.documents {
		if v.op != nil {
			pending = append(pending, v)
		}
	}
	for attempt, failures := 1, 0; len(pending) > 0; {
		missed, duplicate, err := u.sendBack(ctx, s, pending)
		switch {
		case stores.Retryable(err) && failures < len(retryWaits):
			u.clock.sleep(ctx, retryWaits[failures])
			failures++
		case err != nil:
			return err
		default:
			attempt++
		}
		if pending, err = u.stillToDo(ctx, s.ns, missed); err != nil {
			return err
		}
		switch {
		case duplicate != "": // another document gives the value up, perhaps in a later step
			u.postponed = append(u.postponed, postponed{s.ns, pending, duplicate})
			return nil
		case attempt > maxAttempts:
			leaveAll(pending, leftBusy)
			return nil
		}
	}
	return nil
}

func leaveAll(pending []*reversal, reason string) {
	for _, v := range pending {
		v.leave(reason)
	}
}

// postponed are documents that a unique index refused.
type postponed struct {
	ns        stores.Namespace
	documents []*reversal
	reason    string // what the server said
}

// writePostponed writes what a unique index has refused, when all else is
// written: once more as it is, then, for values that change places, all of a
// collection in one transaction.
func (u *undoRun) writePostponed(ctx context.Context) error {
	byPlace := map[stores.Namespace][]postponed{}
	var places []stores.Namespace
	for _, p := range u.postponed {
		if byPlace[p.ns] == nil {
			places = append(places, p.ns)
		}
		byPlace[p.ns] = append(byPlace[p.ns], p)
	}
	for _, ns := range places {
		var all []*reversal
		reason := ""
		for _, p := range byPlace[ns] {
			pending, duplicate, err := u.once(ctx, ns, p.documents, u.store.Write)
			if err != nil {
				return err
			}
			all, reason = append(all, pending...), cmp.Or(duplicate, p.reason)
		}
		place, err := u.placeOf(ctx, ns)
		if err != nil {
			return err
		}
		if size := 0; len(all) > 0 && u.transacts(place) {
			for _, v := range all {
				op := v.transacted()
				w := write{op: op}
				v.op, size = &op, size+w.size()
			}
			if len(all) <= transactionDocuments && size <= transactionBytes {
				if all, _, err = u.once(ctx, ns, all, u.store.Transact); err != nil {
					return err
				}
			}
		}
		leaveAll(all, reason)
	}
	return nil
}

// once sends operations and returns those that are still to be done.
func (u *undoRun) once(ctx context.Context, ns stores.Namespace, documents []*reversal, send sender) (left []*reversal, duplicate string, err error) {
	missed, duplicate, err := u.sendAll(ctx, ns, documents, send)
	if err != nil && !stores.Retryable(err) {
		return nil, "", err
	}
	left, err = u.stillToDo(ctx, ns, missed)
	return left, duplicate, err
}

// sender is stores.Store.Write or Transact.
type sender func(context.Context, stores.Namespace, []stores.Op) (stores.Result, error)

// stillToDo reads the documents of operations again that may not have been
// carried out, and returns those that are to be sent again.
func (u *undoRun) stillToDo(ctx context.Context, ns stores.Namespace, missed []*reversal) (again []*reversal, err error) {
	if len(missed) == 0 {
		return nil, nil
	}
	place, err := u.placeOf(ctx, ns)
	if err != nil {
		return nil, err
	}
	pasts := make([]*past, len(missed))
	for i, v := range missed {
		pasts[i] = v.past
	}
	live, err := u.documents(ctx, ns, place, pasts)
	if err != nil {
		return nil, err
	}
	for i, v := range missed {
		switch now := u.reverse(v.past, live[i], place); {
		case now.op == nil && (now.reason == "" || now.reason == v.reason):
			v.done = true
		case now.op == nil:
			v.leave(now.reason)
		default:
			*v = *now
			again = append(again, v)
		}
	}
	return again, nil
}

// placeOf is the place of one collection, without its indexes.
func (u *undoRun) placeOf(ctx context.Context, ns stores.Namespace) (*place, error) {
	infos, err := u.store.Collections(ctx, ns.Database, []string{ns.Collection})
	if err != nil || len(infos) == 0 {
		return &place{}, err
	}
	return &place{info: &infos[0], options: infos[0].Options}, nil
}

// sendBack sends the operations in batches. missed are those of batches of
// which not all was done; duplicate is what the server said about the last one
// that a unique index refused. What it refuses otherwise is left.
func (u *undoRun) sendBack(ctx context.Context, s *undoStep, pending []*reversal) (missed []*reversal, duplicate string, err error) {
	if s.whole {
		for _, v := range pending {
			op := v.transacted()
			v.op = &op
		}
		return u.sendAll(ctx, s.ns, pending, u.store.Transact)
	}
	for len(pending) > 0 {
		n, size := 0, 0
		for n < min(len(pending), u.options.BatchSize) && pending[n].alone == "" {
			w := write{op: *pending[n].op}
			if size += w.size(); n > 0 && size > writeBytes {
				break
			}
			n++
		}
		send := u.store.Write
		if n == 0 {
			n, send = 1, u.store.Transact
		}
		again, said, err := u.sendAll(ctx, s.ns, pending[:n], send)
		if missed, duplicate = append(missed, again...), cmp.Or(said, duplicate); err != nil {
			return append(missed, pending[n:]...), duplicate, err
		}
		pending = pending[n:]
	}
	return missed, duplicate, nil
}

// sendAll sends one batch.
func (u *undoRun) sendAll(ctx context.Context, ns stores.Namespace, batch []*reversal, send sender) (missed []*reversal, duplicate string, err error) {
	ops := make([]stores.Op, len(batch))
	for i, v := range batch {
		ops[i] = *v.op
	}
	var result stores.Result
	err = u.step(ctx, step{}, func(ctx context.Context) (err error) {
		result, err = send(ctx, ns, ops)
		u.wrote = u.wrote || result.Done() > 0
		if err != nil {
			u.noteWrite(err)
		}
		return err
	})
	if err != nil {
		return batch, "", err
	}
	for _, refusal := range result.Refused {
		switch v := batch[refusal.Index]; {
		case refusal.Duplicate:
			duplicate = u.serverRefused(v, refusal.Message)
		case !refusal.Moved && !refusal.Retryable:
			v.leave(u.serverRefused(v, refusal.Message))
		}
	}
	for _, v := range batch {
		switch {
		case result.Done() == len(ops):
			v.done = true
		case v.op != nil:
			missed = append(missed, v)
		}
	}
	return missed, duplicate, nil
}

// serverRefused is the reason of a document that the server did not take; what
// it says may show a value that is hidden.
func (u *undoRun) serverRefused(v *reversal, message string) string {
	if v.hidesAll || v.hidesID || len(v.hidden) > 0 {
		message = masked
	}
	return fill(leftRefused, "server", clean(message))
}

// writeIndex makes one index as it was.
func (u *undoRun) writeIndex(ctx context.Context, s *undoStep) error {
	x := s.index
	create := func() (string, error) {
		return u.structure(ctx, s.ns, bson.D{{Key: "createIndexes", Value: s.ns.Collection}, {Key: "indexes", Value: bson.A{withoutField(x.before, "ns")}}}, 0)
	}
	drop := func() (string, error) {
		return u.structure(ctx, s.ns, bson.D{{Key: "dropIndexes", Value: s.ns.Collection}, {Key: "index", Value: stores.IndexName(x.after)}}, codeIndexNotFound)
	}
	var reason string
	var err error
	count := &s.done.Indexes
	switch x.action {
	case "create":
		reason, err = create()
	case "drop":
		count = &s.done.DroppedIndexes
		reason, err = drop()
	case "change": // back to back
		count = &s.done.ChangedIndexes
		if reason, err = drop(); err == nil && reason == "" {
			reason, err = create()
		}
	default:
		return nil
	}
	switch {
	case err != nil:
		return err
	case reason != "":
		x.action, x.reason = "left", reason
	default:
		*count++
	}
	return nil
}

// writeOptions sets options back.
func (u *undoRun) writeOptions(ctx context.Context, s *undoStep) error {
	o := s.options
	for _, change := range o.commands {
		command := bson.D{{Key: "collMod", Value: s.ns.Collection}}
		for name, v := range doc.Fields(change) {
			command = append(command, bson.E{Key: name, Value: v})
		}
		reason, err := u.structure(ctx, s.ns, command, 0)
		if o.reason = reason; err != nil || reason != "" {
			return err
		}
	}
	s.done.Options += len(o.names)
	return nil
}

// codeIndexNotFound: MongoDB manual, reference/error-codes.
const codeIndexNotFound = 27

// structure sends a command about indexes or options, which can be sent again.
// What the server refuses is left: then there is a reason. done is the code that
// says that an attempt before did it.
func (u *undoRun) structure(ctx context.Context, ns stores.Namespace, command bson.D, done int) (reason string, err error) {
	raw, err := bson.Marshal(append(command, bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}}, bson.E{Key: "comment", Value: u.control.comment}))
	if err != nil {
		return "", fmt.Errorf("a command for %s: %w", clean(ns.String()), err)
	}
	unsure := false
	err = u.step(ctx, step{}, func(ctx context.Context) error {
		return u.clock.retry(ctx, func() error {
			err := u.store.Run(ctx, ns.Database, raw)
			if unsure && done != 0 && stores.Code(err) == done {
				return nil
			}
			unsure = unsure || err != nil && !stores.IsRefused(err)
			u.noteWrite(err)
			return err
		})
	})
	if stores.IsRefused(err) && stores.Code(err) != codeUnauthorized {
		message, _, _ := strings.Cut(err.Error(), "\n") // the rest is advice
		return fill(leftRefused, "server", clean(message)), nil
	}
	return "", err
}

func withoutField(d bson.Raw, name string) bson.Raw {
	out := doc.NewBuilder(len(d))
	for n, v := range doc.Fields(d) {
		if n != name {
			out.Append(n, v)
		}
	}
	return out.Raw()
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
	held := bson.D{{Key: "artefact", Value: u.undone.Artefact}, {Key: "run", Value: u.undone.ID}}
	hold := bson.D{{Key: "$set", Value: bson.D{{Key: "format", Value: int32(stateFormat)}}}, {Key: "$addToSet", Value: bson.D{{Key: "held", Value: held}}}}
	if err := update(controlCollection, bson.D{{Key: "_id", Value: u.holdID()}}, hold, true); err != nil {
		return err
	}
	return update(runsCollection, bson.D{{Key: "_id", Value: u.undone.ID}}, bson.D{{Key: "$currentDate", Value: bson.D{{Key: "undone", Value: true}}}}, false)
}

// fillReport makes the report's collections of the steps, in the order of the
// undoing.
func (u *undoRun) fillReport() {
	u.report.Collections = []CollectionReport{}
	at := map[stores.Namespace]int{}
	for _, s := range u.steps {
		n, ok := at[s.ns]
		if !ok {
			n = len(u.report.Collections)
			at[s.ns] = n
			u.report.Collections = append(u.report.Collections, CollectionReport{
				Database: s.ns.Database, Collection: s.ns.Collection, Indexes: []IndexItem{}, Documents: []DocumentItem{},
			})
		}
		s.report(&u.report.Collections[n], !u.planOnly)
	}
}

// report adds a step to the report of its collection.
func (s *undoStep) report(c *CollectionReport, done bool) {
	if s.created {
		c.Reason = leftCollection
	}
	if x := s.index; x != nil && x.action != "" {
		spec := x.before
		if x.action == "drop" || spec == nil {
			spec = x.after
		}
		item := IndexItem{Action: x.action, Name: stores.IndexName(spec), Spec: canonicalDocument(spec), Reason: x.reason}
		if x.action == "change" {
			item.Before = canonicalDocument(x.after)
		}
		c.Indexes = append(c.Indexes, item)
	}
	if o := s.options; o != nil {
		for _, name := range slices.Concat(o.names, o.left) {
			item := OptionItem{Name: name}
			if v, ok := doc.Get(o.after, doc.Path{name}); ok {
				item.Before = canonical(v)
			}
			if v, ok := doc.Get(o.before, doc.Path{name}); ok {
				item.After = canonical(v)
			}
			switch {
			case slices.Contains(o.left, name):
				item.Reason = leftDocument
			case o.reason != "":
				item.Reason = o.reason
			}
			c.Options = append(c.Options, item)
		}
	}
	for _, v := range s.documents {
		v.report(c)
	}
	if !done {
		return
	}
	if c.Done == nil {
		c.Done = &Done{}
	}
	for _, v := range s.documents {
		switch {
		case !v.done:
		case v.before == nil:
			c.Done.Inserted++
		case v.after == nil:
			c.Done.Deleted++
		default:
			c.Done.Updated++
		}
	}
	c.Done.Indexes += s.done.Indexes
	c.Done.ChangedIndexes += s.done.ChangedIndexes
	c.Done.DroppedIndexes += s.done.DroppedIndexes
	c.Done.Options += s.done.Options
}

// report adds a document: what is done with it, and that something is left.
func (v *reversal) report(c *CollectionReport) {
	item := DocumentItem{ID: canonical(v.id), Changes: []Change{}}
	item.Identity = canonicalDocument(doc.NewBuilder(64).Append("_id", v.id).Raw())
	if v.hidesID {
		item.ID, item.Identity = maskedJSON, json.RawMessage(`{"_id":"`+masked+`"}`)
	}
	if v.op != nil {
		done := item
		switch {
		case v.before == nil:
			done.Action = "insert"
			c.Counts.Insert++
		case v.after == nil:
			done.Action = "delete"
			c.Counts.Delete++
		default:
			done.Action = "update"
			c.Counts.Update++
			done.Changes = v.changes()
		}
		c.Documents = append(c.Documents, done)
	}
	if v.reason != "" {
		item.Action, item.Reason = "left", v.reason
		c.Documents = append(c.Documents, item)
	}
}

// changes are leaf by leaf, hidden ones masked.
func (v *reversal) changes() []Change {
	leaves := leafChanges(v.before, v.after)
	slices.SortStableFunc(leaves, func(a, b leaf) int { return doc.ComparePaths(a.path, b.path) })
	out := make([]Change, len(leaves))
	for i, l := range leaves {
		c := Change{Path: l.path.String()}
		if l.before.Type != 0 {
			c.Before = canonical(l.before)
		}
		if l.after.Type != 0 {
			c.After = canonical(l.after)
		}
		if v.hidesAll || related(v.hidden, l.path) {
			if c.Before != nil {
				c.Before = maskedJSON
			}
			if c.After != nil {
				c.After = maskedJSON
			}
		}
		out[i] = c
	}
	return out
}
