package control

// The record of this run. In: a run that is about to write, or has ended; out: its
// number and its record, and the records and journals that are too old. The rules
// are docs/state.md, runs; runlist.go reads the records again.

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/stores"
)

// defaultKeep is how many records of runs are kept where no `backup keep` says.
//
//js:table
const defaultKeep = 20

// outcomeRunning and outcomeInterrupted are of the record alone.
//
//js:table
const (
	outcomeRunning     = "running"
	outcomeInterrupted = "broken-off"
)

// Record is that of this run.
type Record struct {
	ID       string // WEAVE/ENVIRONMENT/N
	Inserted bool
	Journal  Journal

	n     int64
	token string
	db    *Database
	about *Subject
}

// NewRecord returns that of a run with these leases, which has neither a number nor a
// record yet. The key seals and encrypts its journal; empty: it is sealed without one.
func NewRecord(l *Leases, key string) *Record {
	r := &Record{db: l.db, about: l.about, token: l.Token, Journal: Journal{db: l.db}}
	if key != "" {
		r.Journal.seal.key = []byte(key)
	}
	return r
}

// newToken gives a run's token: 16 random hex digits.
func newToken() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

func (r *Record) numbered(n int64) {
	r.n, r.ID = n, r.about.runs()+strconv.FormatInt(n, 10)
	r.Journal.run = r.ID
}

// filter matches the runs of a weave and environment.
func (s *Subject) filter() bson.D {
	return bson.D{{Key: "weave", Value: s.Weave}, {Key: "environment", Value: s.Environment}}
}

var newestFirst = bson.E{Key: "sort", Value: bson.D{{Key: "n", Value: int32(-1)}}}

// Number gives the run its number: one more than the greatest there is.
func (r *Record) Number(ctx context.Context) error {
	found, err := r.db.find(ctx, runsCollection, r.about.filter(), newestFirst, bson.E{Key: "limit", Value: int32(1)}, bson.E{Key: "singleBatch", Value: true})
	if err != nil {
		return err
	}
	n := int64(1)
	if len(found) > 0 {
		last, err := readRun(found[0])
		if err != nil {
			return err
		}
		n = last.N + 1
	}
	r.numbered(n)
	return nil
}

// Compiled is what the record of a run says of what it applies.
type Compiled struct {
	Artefact string // its digest
	Compiler string
	Labels   []change.Label
	// Group is that of enforce.Options; empty: none.
	Group string
}

// Begin inserts the run's record. A number that was taken meanwhile is passed over:
// then the run has another ID.
func (r *Record) Begin(ctx context.Context, what Compiled) (renumbered bool, err error) {
	databases, collections := r.about.Databases, r.about.namespaces()
	labels := bson.A{}
	for _, l := range what.Labels {
		labels = append(labels, bson.D{{Key: "name", Value: l.Name}, {Key: "value", Value: l.Value}})
	}
	group := bson.D{}
	if what.Group != "" {
		group = bson.D{{Key: "group", Value: what.Group}}
	}
	for ; ; renumbered = true {
		// Not an insert: only an update can take the date from the server.
		taken, err := r.db.upsert(ctx, runsCollection, bson.D{{Key: "_id", Value: r.ID}, {Key: "token", Value: r.token}}, bson.D{
			{Key: "$set", Value: slices.Concat(bson.D{{Key: "format", Value: int32(stateFormat)}}, r.about.filter(), group, bson.D{
				{Key: "collections", Value: collections}, {Key: "seal", Value: r.Journal.seal.name()},
				{Key: "chain", Value: bson.Binary{Data: r.Journal.seal.begin(r.ID, what.Artefact, databases, collections)}},
				{Key: "n", Value: r.n}, {Key: "artefact", Value: what.Artefact}, {Key: "compiler", Value: what.Compiler},
				{Key: "databases", Value: databases}, {Key: "labels", Value: labels}, {Key: "engine", Value: "go"},
				{Key: "outcome", Value: outcomeRunning},
			})},
			{Key: "$currentDate", Value: bson.D{{Key: "started", Value: true}}},
		})
		switch {
		case err != nil:
			return false, err
		case !taken:
			r.Inserted = true
			return renumbered, nil
		}
		r.numbered(r.n + 1)
	}
}

// End completes the run's record, or deletes it when nothing was written. It names the
// record and its journal for the report; nil when there is none, or when it is not
// known whether the journal is whole.
func (r *Record) End(ctx context.Context, wrote bool, outcome string, counts change.RunCounts) (*change.RunItem, error) {
	if !r.Inserted {
		return nil, nil
	}
	mine := bson.D{{Key: "_id", Value: r.ID}, {Key: "token", Value: r.token}}
	if !wrote {
		if err := r.db.delete(ctx, JournalCollection, bson.D{{Key: "run", Value: r.ID}}); err != nil {
			return nil, err
		}
		return nil, r.db.delete(ctx, runsCollection, mine)
	}
	set := bson.D{{Key: "outcome", Value: outcome}, {Key: "counts", Value: bson.D{
		{Key: "inserted", Value: counts.Inserted}, {Key: "updated", Value: counts.Updated}, {Key: "deleted", Value: counts.Deleted},
		{Key: "collections", Value: counts.Collections}, {Key: "indexes", Value: counts.Indexes}, {Key: "options", Value: counts.Options},
	}}}
	journal := &r.Journal
	if !journal.unsure {
		set = append(set, bson.E{Key: "records", Value: journal.seal.records}, bson.E{Key: "journal", Value: bson.Binary{Data: journal.seal.end()}})
	}
	_, err := r.db.update(ctx, runsCollection, mine, bson.D{{Key: "$set", Value: set}, {Key: "$currentDate", Value: bson.D{{Key: "ended", Value: true}}}})
	if err != nil || journal.unsure {
		return nil, err
	}
	return &change.RunItem{ID: r.ID, Journal: journal.seal.endText()}, nil
}

// interrupted marks the run that held a lease before and never released it.
func (d *Database) interrupted(ctx context.Context, lease bson.Raw) error {
	run := textOf(lease, "run")
	if run == "" {
		return nil // there was no lease
	}
	_, err := d.update(ctx, runsCollection, bson.D{{Key: "_id", Value: run}, {Key: "token", Value: textOf(lease, "token")}, {Key: "outcome", Value: outcomeRunning}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "outcome", Value: outcomeInterrupted}}}, {Key: "$currentDate", Value: bson.D{{Key: "ended", Value: true}}}})
	return err
}

// Documents are some of a collection, by their keys in the ledger.
type Documents struct {
	Namespace stores.Namespace
	Keys      []LedgerKey
}

// MarkUndone takes documents that an undo was about out of the ledger, holds the
// artefact of the run back from its databases, and marks the run as undone; by names
// the undo. All of it may be done again after a kill.
func (d *Database) MarkUndone(ctx context.Context, s *Subject, run *RunRecord, by string, documents []Documents) error {
	for _, some := range documents {
		if err := d.Ledger().forget(ctx, some, by); err != nil {
			return err
		}
	}
	if err := d.hold(ctx, s, run); err != nil {
		return err
	}
	_, _, err := d.write(ctx, bson.D{{Key: "update", Value: runsCollection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: run.ID}}}, {Key: "u", Value: bson.D{{Key: "$currentDate", Value: bson.D{{Key: "undone", Value: true}}}}}, {Key: "upsert", Value: false},
	}}}})
	return err
}

// Trim deletes the oldest runs of weave and environment beyond those to keep (0: as
// many as are kept by default), with their journals; apart: of those alone that wrote
// to the same databases.
func (r *Record) Trim(ctx context.Context, keep int64, apart bool) error {
	if keep == 0 {
		keep = defaultKeep
	}
	filter := r.about.filter()
	if apart {
		filter = append(filter, bson.E{Key: "databases", Value: r.about.Databases})
	}
	found, err := r.db.find(ctx, runsCollection, filter, newestFirst,
		bson.E{Key: "skip", Value: keep}, bson.E{Key: "singleBatch", Value: true}, bson.E{Key: "projection", Value: bson.D{{Key: "_id", Value: int32(1)}}})
	if err != nil || len(found) == 0 {
		return err
	}
	old, of := bson.A{}, r.about.runs()
	for _, d := range slices.Backward(found) {
		// One that is no record of these runs is none that this run may delete.
		if id := recordID(d); strings.HasPrefix(id, of) && !strings.Contains(id[len(of):], "/") {
			old = append(old, id)
		}
	}
	if len(old) == 0 {
		return nil
	}
	in := bson.D{{Key: "$in", Value: old}}
	if err := r.db.delete(ctx, JournalCollection, bson.D{{Key: "run", Value: in}}); err != nil {
		return err
	}
	return r.db.delete(ctx, runsCollection, bson.D{{Key: "_id", Value: in}})
}
