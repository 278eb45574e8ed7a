// Package undo takes back what a run wrote, from its journal: find the run, go through the
// journal and the destination, stop if only the plan was asked for, go through them again
// and write, mark the run. The rules are docs/state.md, undo.
//
// In: a store that keeps runs, the name of one; out: a report. journal.go proves the
// journal, which is never held as a whole; decide.go says what is done with one document,
// index or set of options: nothing, where it is no longer as the run left it. write.go
// writes back, guarded and under the leases.
package undo

import (
	"context"
	"errors"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Options say what is undone.
type Options struct {
	// Run is N or WEAVE/ENVIRONMENT/N; empty: the newest one that is not undone.
	Run string
	// Plan only shows what would be done.
	Plan bool
	// Known are the runs of the weave and environment as they were just read, newest
	// first; nil: they are read.
	Known []control.RunRecord
	// Journal is the digest of the run's journal, from the run's own report; empty: any.
	Journal string
}

// Undo takes back what a run of a state's weave and environment wrote. Of the state
// it needs the names of its collections besides: nothing else is written to, unless
// the run is sealed with a key. The error is for a destination that keeps no runs, or
// options that do not fit; everything else is in the report.
func Undo(ctx context.Context, store stores.Store, state *desired.State, which Options, options enforce.Options) (*change.Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, control.ErrNoState
	}
	if err := options.Check(state); err != nil {
		return nil, err
	}
	u, err := newRun(store, state, which, options)
	if err != nil {
		return nil, err
	}
	if err := u.find(ctx); err != nil || u.undone.Undone != "" {
		return u.finish("read", err), nil
	}
	planned, err := u.plan(ctx)
	if err != nil {
		return u.finish("read", err), nil
	}
	u.report.Collections = planned.collections
	if which.Plan {
		u.differs = true
		return u.finish("", nil), nil
	}
	if u.report.Conflicts = append(u.report.Conflicts, u.db.Lacking(ctx, append(u.needed.List(), u.db.Remembering()...))...); len(u.report.Conflicts) > 0 {
		return u.finish("", nil), nil
	}
	if options.Approve != nil && !options.Approve(u.planned()) {
		u.declined = true
		return u.finish("", nil), nil
	}
	written, err := u.write(ctx, planned)
	u.report.Collections = written.collections
	u.failed("write", err)
	u.noteLate()
	u.failed("record", u.leases.Release(context.WithoutCancel(ctx)))
	return u.finish("", nil), nil
}

// run is an undo in progress.
type run struct {
	at      destination
	clock   stores.Clock
	options enforce.Options
	db      *control.Database
	about   *control.Subject
	leases  *control.Leases
	which   Options
	built   map[stores.Namespace]bool // the collections of the build at hand

	undone       control.RunRecord
	transactions bool               // the cluster has them
	others       []string           // notes on other runs
	shown        *control.Proof     // of the journal, when it was read first
	needed       control.Privileges // with which the steps can be written
	report       *change.Report
	differs      bool // something is to be done, or was
	declined     bool // Options.Approve said no
	wrote        bool // a write was sent that the destination may have done
	// postponed are documents that a unique index refused so far.
	postponed []postponed
	// forgotten are the documents that go out of the ledger.
	forgotten map[stores.Namespace][]control.LedgerKey
}

func newRun(store stores.Store, state *desired.State, which Options, options enforce.Options) (*run, error) {
	clock := stores.NewClock(options.Now, options.Sleep)
	about := &control.Subject{Weave: state.Weave, Environment: state.Environment}
	db, leases, err := control.Open(store, clock, options.StateName(), about)
	if err != nil {
		return nil, err
	}
	u := &run{
		at: destination{stores.Retrying(store, clock)}, clock: clock, options: options, db: db, about: about, leases: leases,
		which: which, built: map[stores.Namespace]bool{}, needed: control.Privileges{}, forgotten: map[stores.Namespace][]control.LedgerKey{}, report: change.NewReport(state.Weave, state.Environment, "undo"),
	}
	u.leases.Waiting = options.Waiting
	for _, c := range state.Collections {
		u.built[options.Namespace(c)] = true
	}
	return u, nil
}

// errConflict ends a phase: the conflicts are in the report.
var errConflict = errors.New("conflict")

// find finds the run, and that it may be undone.
func (u *run) find(ctx context.Context) error {
	runs := u.which.Known
	if runs == nil {
		var err error
		if runs, err = u.db.Runs(ctx, u.about.Weave, u.about.Environment); err != nil {
			return err
		}
	}
	at := control.FindRun(runs, u.which.Run)
	if at < 0 {
		t := change.NoSuchRun
		if u.which.Run == "" {
			t = change.NoRun
		}
		return u.refuse(t, "run", change.Clean(u.which.Run), "weave", change.Clean(u.about.Weave), "environment", change.Clean(u.about.Environment))
	}
	u.undone = runs[at]
	newer := slices.IndexFunc(runs[:at], func(r control.RunRecord) bool {
		return r.Undone == "" && control.Sharing(r.Databases, u.undone.Databases)
	})
	if u.undone.Undone == "" && newer >= 0 {
		return u.refuse(change.UndoNewerFirst, "run", change.Clean(u.undone.ID), "newer", change.Clean(runs[newer].ID))
	}
	u.about.Databases = u.undone.Databases
	u.leases.Run = "undo " + u.undone.ID
	return u.remembered(ctx)
}

// remembered reads what earlier runs left, and reports what stands in the way.
func (u *run) remembered(ctx context.Context) error {
	hello, err := u.db.Hello(ctx)
	if err != nil {
		return err
	}
	u.transactions = hello.Cluster.Transactions()
	found, unread, err := u.db.Read(ctx, u.about, u.leases.Token, hello.Now)
	switch {
	case unread:
		u.report.Notes = append(u.report.Notes, change.Fill(control.NoteStateUnread, "database", u.db.Name))
		return nil
	case err != nil:
		return err
	}
	u.others = found.Others()
	u.report.Conflicts = append(u.report.Conflicts, u.db.Conflicts(found, u.about, hello.Cluster)...)
	if len(u.report.Conflicts) > 0 {
		return errConflict
	}
	return nil
}

// refuse adds a conflict, and ends the phase.
func (u *run) refuse(t change.ConflictText, pairs ...string) error {
	u.report.Conflicts = append(u.report.Conflicts, t.Conflict(pairs...))
	return errConflict
}

// plan goes through the journal without writing.
func (u *run) plan(ctx context.Context) (*telling, error) {
	told := newTelling(!u.which.Plan, u.options.Items)
	j, err := u.journal(ctx)
	if err != nil {
		return nil, err
	}
	return told, u.each(ctx, j, func(s *step) error {
		s.needs(u.needed)
		told.tell(s)
		return nil
	})
}

// needs adds the privileges with which the step can be written.
func (s *step) needs(all control.Privileges) {
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

// planned is the report of a plan that found what this run found.
func (u *run) planned() *change.Report {
	p := *u.report
	p.Command, p.Outcome, p.Exit = "plan", change.Changes, change.ExitDone
	return &p
}

// noteLate says what may arrive after the end of the run, as far as no conflict does.
func (u *run) noteLate() {
	lost := slices.ContainsFunc(u.report.Conflicts, func(c change.Conflict) bool { return c.Code == change.LeaseLost.Code })
	if note := u.leases.Late.Note(); note != "" && !lost {
		u.report.Notes = append(u.report.Notes, note)
	}
}

// failed takes an error into the report: as a conflict where it is one, beside the
// failure that there is already, or as the failure in a stage.
func (u *run) failed(stage string, err error) {
	if err == nil || errors.Is(err, errConflict) {
		return
	}
	conflict, ok := u.db.Conflict(err)
	switch {
	case ok:
		u.report.Conflicts = append(u.report.Conflicts, conflict)
	case u.report.Failure == nil:
		u.report.Failure = &change.Failure{Stage: stage, Message: err.Error()}
	default:
		u.report.Failure.Message += "\n" + err.Error()
	}
}

// finish takes in an error, if there is one, and sets outcome and exit code.
func (u *run) finish(stage string, err error) *change.Report {
	u.failed(stage, err)
	p := u.report
	if len(p.Conflicts) == 0 && p.Failure == nil && !u.differs {
		p.Notes = append(p.Notes, u.others...)
	}
	p.Settle(change.Result{Differs: u.differs, Wrote: u.wrote, Declined: u.declined, PlanOnly: u.which.Plan, DetailedExit: u.options.DetailedExit})
	return p
}
