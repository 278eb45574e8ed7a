// Package control is what runs remember at the destination (docs/state.md): who
// may write to a database (claims, holds, leases), and what was written (records of
// runs, the journal that undo reads, the ledger of what was wanted).
//
// In: a store that carries commands out, and what a run is about; out: records, and
// conflicts when what is there forbids the run. Nothing here compares documents.
// control.go has the records that concern a run, lease.go the one writer at a time,
// runs.go and journal.go what a run writes down, ledger.go what was wanted.
package control

// The state database. In: commands of its small dialect; out: their replies.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Collections of the state database.
const (
	controlCollection = "control"
	runsCollection    = "runs"
	JournalCollection = "journal"
	ledgerCollection  = "ledger"
)

// Collections are all of the state database's.
//
//js:table STATE_COLLECTIONS
var Collections = []string{controlCollection, runsCollection, JournalCollection, ledgerCollection}

// stateFormat is the format of every record of the state database.
//
//js:table
const stateFormat = 1

// ErrNoState is the error for a destination that keeps nothing of runs.
var ErrNoState = errors.New("this destination is a directory: it keeps no runs, git does")

// ErrInterrupted ends a run that was asked to end.
var ErrInterrupted = errors.New(interrupted)

//js:table
const interrupted = "interrupted: the run ended before its next write\nRunning again continues where this run stopped"

// Database is the state database of a destination.
type Database struct {
	Name    string
	Comment string // of every command

	store  stores.Store
	server stores.Server // nil: a directory, which remembers nothing
	clock  stores.Clock
}

// Open returns the state database of a name on a store, and the leases of a run about
// something, which holds none yet.
func Open(store stores.Store, clock stores.Clock, name string, about *Subject) (*Database, *Leases, error) {
	token, err := newToken()
	if err != nil {
		return nil, nil, fmt.Errorf("no random number can be had from the system: %w", err)
	}
	d := NewDatabase(store, clock, name, "mongocd "+about.Weave+"/"+about.Environment)
	return d, newLeases(d, about, token), nil
}

// NewDatabase returns the state database of a name on a store.
func NewDatabase(store stores.Store, clock stores.Clock, name, comment string) *Database {
	d := &Database{Name: name, Comment: comment, store: stores.Retrying(store, clock), clock: clock}
	d.server, _ = store.(stores.Server)
	return d
}

// Keeps reports whether the destination keeps what runs remember: a directory does not.
func (d *Database) Keeps() bool { return d.server != nil }

// Send sends a command that can be repeated as it is to a database.
func (d *Database) Send(ctx context.Context, database string, command bson.D) (bson.Raw, error) {
	raw, err := bson.Marshal(append(command, bson.E{Key: "comment", Value: d.Comment}))
	if err != nil {
		return nil, fmt.Errorf("a command for the database %s: %w", change.Clean(database), err)
	}
	return stores.Again(ctx, d.clock, func() (bson.Raw, error) { return d.server.Command(ctx, database, raw) })
}

// write sends a command to the state database with the write concern majority; a
// refusal of a single write is the error, too, other than a duplicate key.
func (d *Database) write(ctx context.Context, command bson.D) (reply bson.Raw, duplicate bool, err error) {
	reply, err = d.Send(ctx, d.Name, append(command, bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}}))
	if stores.Code(err) == stores.CodeDuplicateKey {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	list, _ := reply.Lookup("writeErrors").ArrayOK()
	for _, e := range doc.Fields(bson.Raw(list)) {
		said := e.Document()
		if code, _ := said.Lookup("code").AsInt64OK(); code == stores.CodeDuplicateKey {
			duplicate = true
			continue
		}
		message, _ := said.Lookup("errmsg").StringValueOK()
		code, _ := said.Lookup("code").AsInt64OK()
		return nil, false, fmt.Errorf("writing to %s was refused: %s\n%s", change.Clean(d.Name), change.Clean(message), cmp.Or(stores.Advice(int(code), message), stores.AdviceOther))
	}
	return reply, duplicate, nil
}

// find gives the first batch of a find, which is all of it.
func (d *Database) find(ctx context.Context, collection string, filter bson.D, more ...bson.E) ([]bson.Raw, error) {
	command := bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter}}
	command = append(append(command, more...), bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}})
	reply, err := d.Send(ctx, d.Name, command)
	if err != nil {
		return nil, err
	}
	var found []bson.Raw
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		found = append(found, v.Document())
	}
	if id, _ := reply.Lookup("cursor", "id").AsInt64OK(); id != 0 && !slices.ContainsFunc(more, func(e bson.E) bool { return e.Key == "singleBatch" }) {
		return nil, fmt.Errorf("the collection %s of the database %s holds more than can be read at once", collection, change.Clean(d.Name))
	}
	return found, nil
}

// update changes the record that a filter matches; false when there is none.
func (d *Database) update(ctx context.Context, collection string, filter, change bson.D) (bool, error) {
	reply, _, err := d.write(ctx, bson.D{{Key: "update", Value: collection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: filter}, {Key: "u", Value: change},
	}}}})
	if err != nil {
		return false, err
	}
	n, _ := reply.Lookup("n").AsInt64OK()
	return n > 0, nil
}

// upsert changes the record that a filter matches, or makes it; taken: another one
// has its `_id`.
func (d *Database) upsert(ctx context.Context, collection string, filter, change bson.D) (taken bool, err error) {
	_, taken, err = d.write(ctx, bson.D{{Key: "update", Value: collection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: filter}, {Key: "u", Value: change}, {Key: "upsert", Value: true},
	}}}})
	return taken, err
}

// delete deletes the records that a filter matches.
func (d *Database) delete(ctx context.Context, collection string, filter bson.D) error {
	_, _, err := d.write(ctx, bson.D{{Key: "delete", Value: collection}, {Key: "deletes", Value: bson.A{
		bson.D{{Key: "q", Value: filter}, {Key: "limit", Value: int32(0)}},
	}}})
	return err
}

func (d *Database) askHello(ctx context.Context) (bson.Raw, error) {
	return d.Send(ctx, "admin", bson.D{{Key: "hello", Value: int32(1)}})
}

// Hello asks which cluster this is, and how new the server is.
func (d *Database) Hello(ctx context.Context) (Hello, error) {
	reply, err := d.askHello(ctx)
	if err != nil {
		return Hello{}, err
	}
	return ReadHello(reply), nil
}

// serverTime is the server's clock, in milliseconds since 1970. hello says it on
// every server; `$$NOW` is known to some, and to others not everywhere.
func (d *Database) serverTime(ctx context.Context) (int64, error) {
	reply, err := d.askHello(ctx)
	if err != nil {
		return 0, err
	}
	now, ok := reply.Lookup("localTime").DateTimeOK()
	if !ok {
		return 0, errors.New("the server does not say its time: hello has no localTime")
	}
	return now, nil
}
