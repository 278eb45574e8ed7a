package enforce

// What earlier runs left and what this one remembers (runtime/control), as the phases
// use it. In: what the run is about; out: conflicts and notes in the report, and
// the records of the run.

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores"
)

// memory is what a run found at the destination, and what it holds there.
type memory struct {
	db     *control.Database
	about  *control.Subject
	leases *control.Leases
	record *control.Record
	hello  control.Hello
	found  *control.Found
	lifts  []string // runs whose entries of the hold end when this artefact has been applied
}

func (r *run) newMemory(store stores.Store) error {
	token, err := control.NewToken()
	if err != nil {
		return fmt.Errorf("no random number can be had from the system: %w", err)
	}
	about := &control.Subject{Weave: r.state.Weave, Environment: r.state.Environment}
	for _, c := range r.state.Collections {
		ns := r.namespace(c)
		about.Collections = append(about.Collections, control.Collection{Namespace: ns, Origin: c.Origin})
		about.Databases = append(about.Databases, ns.Database)
	}
	slices.Sort(about.Databases)
	about.Databases = slices.Compact(about.Databases)
	db := control.NewDatabase(store, r.clock, r.options.StateName(), "mongocd "+r.state.Weave+"/"+r.state.Environment)
	r.memory = &memory{
		db: db, about: about, leases: control.NewLeases(db, about, token), record: control.NewRecord(db, about, token, r.options.JournalKey), found: &control.Found{},
	}
	r.memory.leases.Waiting = r.options.Waiting
	return nil
}

// remembered reads what earlier runs left, and reports what stands in the way.
// It reads nothing at a directory.
func (r *run) remembered(ctx context.Context) error {
	m := r.memory
	if !m.db.Keeps() {
		if r.options.Hello != nil {
			m.hello = control.ReadHello(r.options.Hello)
		}
		return nil
	}
	var err error
	if m.hello, err = m.db.Hello(ctx); err != nil {
		return err
	}
	if err := r.readControl(ctx); err != nil {
		return err
	}
	return r.wrongCluster()
}

// wrongCluster holds `cluster matches` against what hello said.
func (r *run) wrongCluster() error {
	wrong, err := r.memory.hello.Cluster.Wrong(r.state.Cluster)
	if wrong != nil {
		r.report.Conflicts = append(r.report.Conflicts, *wrong)
	}
	return err
}

// readControl reads the records that concern the run, and reports conflicts.
func (r *run) readControl(ctx context.Context) error {
	m := r.memory
	found, unread, err := m.db.Read(ctx, m.about, m.leases.Token)
	m.found, m.lifts = found, nil
	switch {
	case unread && r.report.Command != "apply":
		r.report.Notes = append(r.report.Notes, change.Fill(control.NoteStateUnread, "database", m.db.Name))
		return nil
	case err != nil:
		return err
	}
	r.report.Conflicts = append(r.report.Conflicts, m.db.Conflicts(found, m.about, m.hello.Cluster)...)
	return r.held()
}

// held reports a hold on this artefact in one of the databases. Verify notes it
// and goes on: it tells whether the destination is in the state. Undo does not care.
func (r *run) held() error {
	m := r.memory
	if !m.found.HasHold() || r.report.Command == "undo" {
		return nil
	}
	artefact, err := r.artefact()
	if err != nil {
		return err
	}
	run, lifts := m.found.HeldBack(m.about, artefact)
	switch {
	case run == "":
		m.lifts = lifts
	case r.report.Command == "verify":
		r.report.Notes = append(r.report.Notes, change.Fill(control.NoteHeld, "run", change.Clean(run)))
	default:
		r.conflict(change.Held, "run", change.Clean(run), "artefact", artefact)
	}
	return nil
}

// artefact is the digest of what was compiled.
func (r *run) artefact() (string, error) {
	if r.digest == "" {
		digest, err := r.compiled.Digest()
		if err != nil {
			return "", fmt.Errorf("the digest of the state cannot be calculated: %w", err)
		}
		r.digest = digest
	}
	return r.digest, nil
}

// conflict adds one of the whole run.
func (r *run) conflict(t change.ConflictText, pairs ...string) *change.Conflict {
	r.report.Conflicts = append(r.report.Conflicts, t.Conflict(pairs...))
	return &r.report.Conflicts[len(r.report.Conflicts)-1]
}

// noted puts an error that is a conflict among them: then it is errConflict; any
// other error is as it was.
func (r *run) noted(err error) error {
	if err == nil {
		return nil
	}
	conflict, ok := r.memory.db.Conflict(err)
	if !ok {
		return err
	}
	r.report.Conflicts = append(r.report.Conflicts, conflict)
	return errConflict
}

// ownSource reports whether a destination collection is one that the data was
// extracted from.
func (r *run) ownSource(info *stores.CollectionInfo) bool {
	return info != nil && len(info.UUID) > 0 && !r.options.SameCluster && slices.Contains(r.state.Sources, layout.SourceID(info.UUID))
}

// transactions reports whether the destination has them; a directory is written as a
// whole.
func (r *run) transactions() bool {
	m := r.memory
	return !m.db.Keeps() && r.options.Hello == nil || m.hello.Cluster.Transactions()
}

// begin inserts the run's record; the leases name the run.
func (r *run) begin(ctx context.Context) error {
	artefact, err := r.artefact()
	if err != nil {
		return err
	}
	m := r.memory
	renumbered, err := m.record.Begin(ctx, control.Compiled{Artefact: artefact, Compiler: r.state.Compiler, Labels: r.options.Labels})
	if err != nil || !renumbered {
		return err
	}
	return m.leases.Rename(ctx, m.record.ID)
}

// claim writes the claims and managers that are missing. Another run may have
// been faster: then everything is read again.
func (r *run) claim(ctx context.Context) error {
	m := r.memory
	again, err := m.db.Claim(ctx, m.found, m.about, m.hello.Cluster, m.record.ID)
	if err != nil || !again {
		return err
	}
	if err := r.readControl(ctx); err != nil {
		return err
	}
	if len(r.report.Conflicts) > 0 {
		return errConflict
	}
	return nil
}

// close ends what the run began: its record, old records, a hold on what was
// undone before, its leases. The
// context is one that no signal ends.
func (r *run) close(ctx context.Context) {
	m := r.memory
	if !m.db.Keeps() {
		return
	}
	if m.record.Inserted && r.wrote {
		keep := int64(0)
		for _, c := range r.state.Collections {
			keep = max(keep, c.BackupKeep)
		}
		r.alsoFailed(m.record.Trim(ctx, keep))
	}
	outcome := change.Applied
	if r.report.Failure != nil || len(r.report.Conflicts) > 0 {
		outcome = change.Stopped
	}
	if outcome == change.Applied && r.wrote && len(m.lifts) > 0 {
		r.alsoFailed(m.db.Lift(ctx, m.about, m.lifts))
	}
	item, err := m.record.End(ctx, r.wrote, outcome, r.counts())
	if item != nil {
		r.report.Run = item
	}
	r.alsoFailed(err)
	r.noteLate()
	r.alsoFailed(m.leases.Release(ctx))
}

// counts are the sums of what was written.
func (r *run) counts() change.RunCounts {
	var n change.RunCounts
	for _, c := range r.report.Collections {
		if d := c.Done; d != nil {
			n.Inserted, n.Updated, n.Deleted = n.Inserted+int64(d.Inserted), n.Updated+int64(d.Updated), n.Deleted+int64(d.Deleted)
			n.Indexes += int64(d.Indexes + d.ChangedIndexes + d.DroppedIndexes)
			n.Options += int64(d.Options)
			if d.Created {
				n.Collections++
			}
		}
	}
	return n
}

// noteLate says what may arrive after the end of this run, as far as no conflict does.
func (r *run) noteLate() {
	lost := slices.ContainsFunc(r.report.Conflicts, func(c change.Conflict) bool { return c.Code == change.LeaseLost.Code })
	if note := r.memory.leases.Late.Note(); note != "" && !lost {
		r.report.Notes = append(r.report.Notes, note)
	}
}

// alsoFailed adds an error of the last steps to the report.
func (r *run) alsoFailed(err error) {
	switch message := ""; {
	case err == nil:
	case r.report.Failure == nil:
		r.report.Failure = &change.Failure{Stage: "record", Message: r.redactor.Replace(err.Error())}
	default:
		message = r.redactor.Replace(err.Error())
		r.report.Failure.Message += "\n" + message
	}
}

// failed ends the run with an error.
func (r *run) failed(stage string, err error) *change.Report {
	if errors.Is(r.noted(err), errConflict) {
		return r.finish()
	}
	r.report.Failure = &change.Failure{Stage: stage, Message: r.redactor.Replace(err.Error())}
	return r.finish()
}
