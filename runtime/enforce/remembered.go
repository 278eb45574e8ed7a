package enforce

// Where a run remembers (runtime/control), and what earlier runs left there. In: a store
// and what the run is about; out: its leases and record, and what concerns it, with
// conflicts and notes.

import (
	"context"
	"slices"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// memory is where a run remembers.
type memory struct {
	db     *control.Database
	about  *control.Subject
	leases *control.Leases
	record *control.Record
}

func newMemory(store stores.Store, state *desired.State, options Options, clock stores.Clock) (*memory, error) {
	about := &control.Subject{Weave: state.Weave, Environment: state.Environment}
	for _, c := range state.Collections {
		ns := options.Namespace(c)
		about.Collections = append(about.Collections, control.Collection{Namespace: ns, Origin: c.Origin})
		about.Databases = append(about.Databases, ns.Database)
	}
	slices.Sort(about.Databases)
	about.Databases = slices.Compact(about.Databases)
	db, leases, err := control.Open(store, clock, options.StateName(), about)
	if err != nil {
		return nil, err
	}
	leases.Waiting = options.Waiting
	return &memory{db, about, leases, control.NewRecord(leases, options.JournalKey)}, nil
}

// remembered is what earlier runs left that concerns a run, and what the server says of
// itself.
type remembered struct {
	hello     control.Hello
	found     *control.Found // nil: nothing was read
	lifts     []string       // runs whose entries of the hold end when this artefact has been applied
	notes     []string
	conflicts []change.Conflict
}

// others are notes on other runs.
func (m remembered) others() []string {
	if m.found == nil {
		return nil
	}
	return m.found.Others()
}

// leases are those of other runs.
func (m remembered) leases() []change.Lease {
	if m.found == nil {
		return nil
	}
	return m.found.Leases
}

// capabilities is what the server was seen to do; nil: it was not probed.
func (m remembered) capabilities() *capability.Capabilities {
	if m.found == nil {
		return nil
	}
	return m.found.Capabilities
}

// ledger says what ledger a collection has; false: none.
func (m remembered) ledger(namespace string) (control.LedgerOf, bool) {
	if m.found == nil {
		return control.LedgerOf{}, false
	}
	of, ok := m.found.Ledgers[namespace]
	return of, ok
}

// remember reads what earlier runs left, and finds what stands in the way. It reads
// nothing at a directory.
func (e *enforcer) remember(ctx context.Context) (m remembered, err error) {
	if !e.memory.db.Keeps() {
		if e.options.Hello != nil {
			m.hello = control.ReadHello(e.options.Hello)
		}
		return m, nil
	}
	if m.hello, err = e.memory.db.Hello(ctx); err != nil {
		return m, err
	}
	if m, err = e.recall(ctx, m.hello); err != nil {
		return m, err
	}
	wrong, err := m.hello.Cluster.Wrong(e.state.Cluster)
	if wrong != nil {
		m.conflicts = append(m.conflicts, *wrong)
	}
	return m, err
}

// recall reads the records that concern the run: from a server that has said hello.
func (e *enforcer) recall(ctx context.Context, hello control.Hello) (m remembered, err error) {
	db, about, unread := e.memory.db, e.memory.about, false
	m.hello = hello
	m.found, unread, err = db.Read(ctx, about, e.memory.leases.Token, hello.Now)
	switch {
	case unread && e.command != "apply":
		m.notes = append(m.notes, change.Fill(control.NoteStateUnread, "database", db.Name))
		return m, nil
	case err != nil:
		return m, err
	}
	m.conflicts = db.Conflicts(m.found, about, hello.Cluster)
	if !m.found.HasHold() {
		return m, nil
	}
	// Verify notes a hold on this artefact in one of the databases, and goes on: it tells
	// whether the destination is in the state.
	artefact, err := e.artefact()
	if err != nil {
		return m, err
	}
	run, lifts := m.found.HeldBack(about, artefact)
	switch {
	case run == "":
		m.lifts = lifts
	case e.command == "verify":
		m.notes = append(m.notes, change.Fill(control.NoteHeld, "run", change.Clean(run)))
	default:
		m.conflicts = append(m.conflicts, change.Held.Conflict("run", change.Clean(run), "artefact", artefact))
	}
	return m, nil
}
