package enforce

// The records of runs. In: a run that is about to write, or has ended; out: its
// number and its record, and the journals and records that are too old. The rules
// are docs/state.md, runs.

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// defaultKeep is how many records of runs are kept where no `backup keep` says.
const defaultKeep = 20

// outcomeRunning and outcomeBrokenOff are of the record alone.
const (
	outcomeRunning   = "running"
	outcomeBrokenOff = "broken-off"
)

// record is that of this run.
type record struct {
	id       string // WEAVE/ENVIRONMENT/N
	n        int64
	inserted bool
	journal  int // records in the journal
	seal     seal
	unsure   bool // records were sent to the journal, and it is not known whether all are there
}

// runsOf begins the ids of this weave and environment.
func (r *run) runsOf() string { return r.state.Weave + "/" + r.state.Environment + "/" }

func (r *run) numbered(n int64) {
	r.control.run.n, r.control.run.id = n, r.runsOf()+strconv.FormatInt(n, 10)
}

// newToken gives a run's token: 16 random hex digits.
func newToken() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

func (r *run) ofThis() bson.D {
	return bson.D{{Key: "weave", Value: r.state.Weave}, {Key: "environment", Value: r.state.Environment}}
}

var newestFirst = bson.E{Key: "sort", Value: bson.D{{Key: "n", Value: int32(-1)}}}

// nextNumber gives the run its number: one more than the greatest there is.
func (r *run) nextNumber(ctx context.Context) error {
	found, err := r.control.find(ctx, runsCollection, r.ofThis(), newestFirst, bson.E{Key: "limit", Value: int32(1)}, bson.E{Key: "singleBatch", Value: true})
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

// begin inserts the run's record. A number that was taken meanwhile is passed over.
func (r *run) begin(ctx context.Context) error {
	c := r.control
	artefact, err := r.artefact()
	if err != nil {
		return err
	}
	databases, collections := r.databases(), r.collectionNames()
	labels := bson.A{}
	for _, l := range r.options.Labels {
		labels = append(labels, bson.D{{Key: "name", Value: l.Name}, {Key: "value", Value: l.Value}})
	}
	for renumbered := false; ; renumbered = true {
		// Not an insert: only an update can take the date from the server.
		_, taken, err := c.write(ctx, bson.D{{Key: "update", Value: runsCollection}, {Key: "updates", Value: bson.A{bson.D{
			{Key: "q", Value: bson.D{{Key: "_id", Value: c.run.id}, {Key: "token", Value: c.token}}},
			{Key: "u", Value: bson.D{
				{Key: "$set", Value: append(bson.D{{Key: "format", Value: int32(stateFormat)}}, append(r.ofThis(),
					bson.E{Key: "collections", Value: collections}, bson.E{Key: "seal", Value: c.run.seal.name()},
					bson.E{Key: "chain", Value: bson.Binary{Data: c.run.seal.begin(c.run.id, artefact, databases, collections)}},
					bson.E{Key: "n", Value: c.run.n}, bson.E{Key: "artefact", Value: artefact}, bson.E{Key: "compiler", Value: r.state.Compiler},
					bson.E{Key: "databases", Value: databases}, bson.E{Key: "labels", Value: labels}, bson.E{Key: "engine", Value: "go"},
					bson.E{Key: "outcome", Value: outcomeRunning})...)},
				{Key: "$currentDate", Value: bson.D{{Key: "started", Value: true}}},
			}},
			{Key: "upsert", Value: true},
		}}}})
		switch {
		case err != nil:
			return err
		case !taken:
			c.run.inserted = true
			if renumbered { // the leases name the run
				return r.renew(ctx, true)
			}
			return nil
		}
		r.numbered(c.run.n + 1)
	}
}

// end completes the run's record, or deletes it when nothing was written.
func (r *run) end(ctx context.Context, outcome string) error {
	c := r.control
	if !c.run.inserted {
		return nil
	}
	mine := bson.D{{Key: "_id", Value: c.run.id}, {Key: "token", Value: c.token}}
	if !r.wrote {
		if err := r.deleteOf(ctx, journalCollection, bson.D{{Key: "run", Value: c.run.id}}); err != nil {
			return err
		}
		return r.deleteOf(ctx, runsCollection, mine)
	}
	set := bson.D{{Key: "outcome", Value: outcome}, {Key: "counts", Value: r.counts()}}
	if !c.run.unsure {
		set = append(set, bson.E{Key: "records", Value: c.run.seal.records}, bson.E{Key: "journal", Value: bson.Binary{Data: c.run.seal.end()}})
	}
	_, _, err := c.write(ctx, bson.D{{Key: "update", Value: runsCollection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: mine},
		{Key: "u", Value: bson.D{{Key: "$set", Value: set}, {Key: "$currentDate", Value: bson.D{{Key: "ended", Value: true}}}}},
	}}}})
	if err == nil && !c.run.unsure {
		r.report.Run = &change.RunItem{ID: c.run.id, Journal: c.run.seal.endText()}
	}
	return err
}

// counts are the sums of what was written.
func (r *run) counts() bson.D {
	var inserted, updated, deleted, collections, indexes, options int64
	for _, c := range r.report.Collections {
		if d := c.Done; d != nil {
			inserted, updated, deleted = inserted+int64(d.Inserted), updated+int64(d.Updated), deleted+int64(d.Deleted)
			indexes += int64(d.Indexes + d.ChangedIndexes + d.DroppedIndexes)
			options += int64(d.Options)
			if d.Created {
				collections++
			}
		}
	}
	return bson.D{
		{Key: "inserted", Value: inserted}, {Key: "updated", Value: updated}, {Key: "deleted", Value: deleted},
		{Key: "collections", Value: collections}, {Key: "indexes", Value: indexes}, {Key: "options", Value: options},
	}
}

// brokenOff marks the run that held a lease before and never gave it back.
func (r *run) brokenOff(ctx context.Context, lease bson.Raw) error {
	run, _ := lease.Lookup("run").StringValueOK()
	if run == "" {
		return nil // there was no lease
	}
	token, _ := lease.Lookup("token").StringValueOK()
	_, _, err := r.control.write(ctx, bson.D{{Key: "update", Value: runsCollection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: run}, {Key: "token", Value: token}, {Key: "outcome", Value: outcomeRunning}}},
		{Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "outcome", Value: outcomeBrokenOff}}}, {Key: "$currentDate", Value: bson.D{{Key: "ended", Value: true}}}}},
	}}}})
	return err
}

// trim deletes the oldest runs of weave and environment beyond those to keep,
// with their journals.
func (r *run) trim(ctx context.Context) error {
	keep := int64(0)
	for _, c := range r.state.Collections {
		keep = max(keep, c.BackupKeep)
	}
	if keep == 0 {
		keep = defaultKeep
	}
	found, err := r.control.find(ctx, runsCollection, r.ofThis(), newestFirst,
		bson.E{Key: "skip", Value: keep}, bson.E{Key: "singleBatch", Value: true}, bson.E{Key: "projection", Value: bson.D{{Key: "_id", Value: int32(1)}}})
	if err != nil || len(found) == 0 {
		return err
	}
	old := bson.A{}
	for _, d := range slices.Backward(found) {
		// One that is no record of these runs is none that this run may delete.
		if id := recordID(d); strings.HasPrefix(id, r.runsOf()) && !strings.Contains(id[len(r.runsOf()):], "/") {
			old = append(old, id)
		}
	}
	if len(old) == 0 {
		return nil
	}
	in := bson.D{{Key: "$in", Value: old}}
	if err := r.deleteOf(ctx, journalCollection, bson.D{{Key: "run", Value: in}}); err != nil {
		return err
	}
	return r.deleteOf(ctx, runsCollection, bson.D{{Key: "_id", Value: in}})
}

func (r *run) deleteOf(ctx context.Context, collection string, filter bson.D) error {
	_, _, err := r.control.write(ctx, bson.D{{Key: "delete", Value: collection}, {Key: "deletes", Value: bson.A{
		bson.D{{Key: "q", Value: filter}, {Key: "limit", Value: int32(0)}},
	}}})
	return err
}

// collectionNames are those that the state writes to, sorted.
func (r *run) collectionNames() []string {
	names := []string{}
	for _, c := range r.state.Collections {
		names = append(names, r.namespace(c).String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
