package control

// Leases: one run at a time writes to a database for a weave. In: what a run is
// about; out: leases that are taken, renewed while the run writes, and released.
// Every write passes Send. The rules are docs/state.md, Lease.

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

//js:table
const (
	leaseSeconds = 60
	renewAfter   = 20 * time.Second
	waitBetween  = time.Second

	// Between the reading of a lease and its taking others may be faster, and a read
	// that asks for a majority may be behind for a moment.
	leaseAttempts  = 20
	attemptBetween = 250 * time.Millisecond
)

// Leases are those of one run, one a database.
type Leases struct {
	// Run names the run in them, Token tells it from all others.
	Run, Token string
	Late       *Late
	// Waiting, when set, is told how much of SettleSeconds is left to wait.
	Waiting func(database string, left time.Duration)

	db    *Database
	about *Subject
	held  []lease
}

// lease is one that this run holds.
type lease struct {
	database, id string
	renewed      time.Time // by this machine's clock, before the server's was read: only for how long ago it is
	settled      time.Time // likewise: when what the run before it sent has arrived
}

func newLeases(db *Database, about *Subject, token string) *Leases {
	return &Leases{Token: token, Late: &Late{clock: db.clock}, db: db, about: about}
}

// holder is a lease that another run holds, and the server's clock when it was
// read, in milliseconds.
type holder struct {
	lease bson.Raw
	now   int64
}

// Take takes the leases of all databases, in order of name. It waits for those that
// another run holds at most as long as wait, and takes those of the run forced (N or
// WEAVE/ENVIRONMENT/N; empty: none) away; then until what runs before have sent has
// arrived.
func (l *Leases) Take(ctx context.Context, wait time.Duration, forced string) error {
	if forced != "" && !strings.Contains(forced, "/") {
		forced = l.about.runs() + forced
	}
	until := l.db.clock.Now().Add(wait)
	for _, database := range l.about.Databases {
		for {
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			held, err := l.takeOne(ctx, database, forced)
			if err != nil {
				return err
			}
			if held == nil {
				break
			}
			if !l.db.clock.Now().Before(until) {
				return l.heldBy(database, held)
			}
			l.db.clock.Sleep(ctx, waitBetween)
		}
	}
	return l.waitOut(ctx)
}

// heldBy says who holds a lease. A record that does not say it is none that a run
// has written.
func (l *Leases) heldBy(database string, held *holder) error {
	run := textOf(held.lease, "run")
	var refused *Refused
	if !strings.Contains(run, "/") {
		refused = refuse(change.LeaseUnnamed, "database", change.Clean(database), "record", change.Clean(l.about.leaseID(database)), "state", change.Clean(l.db.Name))
	} else {
		left := max(0, (held.lease.Lookup("expires").DateTime()-held.now+999)/1000)
		refused = refuse(change.LeaseHeld, "run", change.Clean(run), "database", change.Clean(database), "seconds", strconv.FormatInt(left, 10))
	}
	refused.Database = database
	return refused
}

// takeOne tries to take a lease; it returns who holds it, or nothing when it was
// taken. It is decided by what was read, and the lease is taken only as long as
// it is still that: else it is read once more.
func (l *Leases) takeOne(ctx context.Context, database, forced string) (*holder, error) {
	d, id := l.db, l.about.leaseID(database)
	var sent, settled time.Time
	var tried bson.Raw // what the last attempt was to take over
	for attempt := 0; attempt < leaseAttempts; attempt++ {
		if attempt > 1 {
			d.clock.Sleep(ctx, attemptBetween)
		}
		before, err := d.readLease(ctx, id)
		if err != nil {
			return nil, err
		}
		if textOf(before, "token") == l.Token { // the answer to the last attempt was lost
			l.held = append(l.held, lease{database, id, sent, settled})
			return nil, d.interrupted(ctx, tried)
		}
		sent = d.clock.Now()
		now, err := d.serverTime(ctx)
		if err != nil {
			return nil, err
		}
		if before != nil && !free(before, now, forced) {
			return &holder{before, now}, nil
		}
		tried, settled = before, sent.Add(settling(before, now))
		taken, err := l.takeOver(ctx, id, before, now)
		if err != nil {
			l.held = append(l.held, lease{database, id, sent, settled}) // it may be taken: to be released
			return nil, err
		}
		if taken {
			l.held = append(l.held, lease{database, id, sent, settled})
			return nil, d.interrupted(ctx, before)
		}
	}
	return nil, fmt.Errorf("the record %s of %s.%s was another one each time when it was to be taken", change.Clean(id), change.Clean(d.Name), controlCollection)
}

// readLease reads a lease; nil when there is none.
func (d *Database) readLease(ctx context.Context, id string) (bson.Raw, error) {
	found, err := d.find(ctx, controlCollection, bson.D{{Key: "_id", Value: id}}, bson.E{Key: "batchSize", Value: int32(2)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], checkRecord("lease", found[0])
}

// readLeaseOf says who has the lease DATABASE/WEAVE, by the server's clock.
func readLeaseOf(name string, r bson.Raw, now int64) change.Lease {
	database, _, _ := strings.Cut(name, "/")
	return change.Lease{
		Database: database, Run: textOf(r, "run"), Taken: dateOf(r, "taken"), Expires: dateOf(r, "expires"),
		Ended: r.Lookup("expires").DateTime() < now,
	}
}

// Others are notes on runs that write to the destination now, or were broken off.
func (f *Found) Others() (notes []string) {
	for _, l := range f.Leases {
		if l.Run != "" {
			notes = append(notes, change.Fill(noteOther, "run", change.Clean(l.Run), "database", change.Clean(l.Database)))
		}
	}
	return notes
}

// free reports whether a lease may be taken over: it has ended by the server's
// clock, or it is that of the run forced.
func free(lease bson.Raw, now int64, forced string) bool {
	run := textOf(lease, "run")
	return lease.Lookup("expires").DateTime() < now || run != "" && run == forced
}

// takeOver writes a lease in place of the one that was read, nil for none; false
// when it is another one by now.
func (l *Leases) takeOver(ctx context.Context, id string, before bson.Raw, now int64) (bool, error) {
	mine := bson.D{
		{Key: "format", Value: int32(stateFormat)}, {Key: "run", Value: l.Run}, {Key: "token", Value: l.Token},
		{Key: "taken", Value: bson.DateTime(now)}, {Key: "expires", Value: leaseEnd(now)},
	}
	if before == nil {
		_, duplicate, err := l.db.write(ctx, bson.D{{Key: "insert", Value: controlCollection}, {Key: "documents", Value: bson.A{append(bson.D{{Key: "_id", Value: id}}, mine...)}}})
		return !duplicate, err
	}
	var token any = bson.D{{Key: "$exists", Value: false}}
	if v, has := doc.Get(before, doc.Path{"token"}); has {
		token = v
	}
	return l.db.update(ctx, controlCollection, bson.D{{Key: "_id", Value: id}, {Key: "token", Value: token}, {Key: "expires", Value: before.Lookup("expires")}},
		bson.D{{Key: "$set", Value: mine}})
}

// leaseEnd is when a lease ends that is taken or renewed now.
func leaseEnd(now int64) bson.DateTime { return bson.DateTime(now + leaseSeconds*1000) }

// waitOut waits until what the runs before have sent has arrived, and keeps the leases meanwhile.
func (l *Leases) waitOut(ctx context.Context) error {
	for i := range l.held {
		for one := &l.held[i]; ; {
			left := one.settled.Sub(l.db.clock.Now())
			if left <= 0 {
				break
			}
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			if l.Waiting != nil {
				l.Waiting(one.database, left)
			}
			l.db.clock.Sleep(ctx, min(left, settleStep))
			if err := l.Renew(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Renew renews the leases whose last renewal is old enough: a run calls it before
// and between its writes. A lease that another run has taken ends this one.
func (l *Leases) Renew(ctx context.Context) error { return l.renew(ctx, false) }

// Rename renews all leases, with another name of the run.
func (l *Leases) Rename(ctx context.Context, run string) error {
	l.Run = run
	return l.renew(ctx, true)
}

func (l *Leases) renew(ctx context.Context, all bool) error {
	for i := range l.held {
		one := &l.held[i]
		sent := l.db.clock.Now()
		if !all && sent.Sub(one.renewed) < renewAfter {
			continue
		}
		now, err := l.db.serverTime(ctx)
		if err != nil {
			return err
		}
		// Not as it was read: the answer to the first attempt may have been lost.
		still, err := l.db.update(ctx, controlCollection, bson.D{{Key: "_id", Value: one.id}, {Key: "token", Value: l.Token}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "run", Value: l.Run}, {Key: "expires", Value: leaseEnd(now)}}}})
		if err != nil {
			return err
		}
		if !still {
			return l.lost(one.database)
		}
		one.renewed = sent
	}
	return nil
}

// lost says that another run has a lease, and what may have been carried out since.
func (l *Leases) lost(database string) error {
	t, late := change.LeaseLost, l.Late.since(time.Time{})
	if len(late) > 0 {
		t = change.LeaseLostLate
	}
	refused := refuse(t, "database", change.Clean(database), "late", strings.Join(late, "; "))
	refused.Database = database
	return refused
}

// Send sends one write under the leases: every write of a run but those of what it
// remembers passes here. text says what is written; journal, when not nil, writes
// first what undo needs of it. Once begun, it is not interrupted. When the server
// carried it out, the leases are read, so that it was carried out while no
// other run could begin.
func (l *Leases) Send(ctx context.Context, text string, journal, send func(context.Context) error) error {
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	ctx = context.WithoutCancel(ctx)
	if err := l.Renew(ctx); err != nil {
		return err
	}
	if journal != nil {
		if err := journal(ctx); err != nil {
			return err
		}
	}
	if err := l.Renew(ctx); err != nil { // the journal may have taken its time
		return err
	}
	l.Late.sending(text)
	err := send(ctx)
	if err != nil && !stores.IsRefused(err) {
		return err
	}
	if err == nil {
		if err := l.stillHeld(ctx); err != nil {
			return err
		}
	}
	l.Late.answered()
	return err
}

// Arrived says of a write that was sent with a number and had no answer, that an observation
// has found all of it done but what the text says; empty: all of it.
func (l *Leases) Arrived(ctx context.Context, number int, left string) error {
	if err := l.stillHeld(ctx); err != nil {
		return err
	}
	l.Late.arrived(number, left)
	return nil
}

// stillHeld reads whether the leases are still this run's.
func (l *Leases) stillHeld(ctx context.Context) error {
	if len(l.held) == 0 {
		return nil
	}
	ids := bson.A{}
	for _, one := range l.held {
		ids = append(ids, one.id)
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "token", Value: l.Token}}
	found, err := l.db.find(ctx, controlCollection, filter, bson.E{Key: "projection", Value: bson.D{{Key: "_id", Value: int32(1)}}}, bson.E{Key: "batchSize", Value: int32(len(ids) + 1)})
	if err != nil {
		return err
	}
	held := map[string]bool{}
	for _, d := range found {
		held[recordID(d)] = true
	}
	for _, one := range l.held {
		if !held[one.id] {
			return l.lost(one.database)
		}
	}
	return nil
}

// Release gives all leases back, even when one fails. One that the next run is to
// wait for stays, and has ended.
func (l *Leases) Release(ctx context.Context) error {
	failed := l.confirm(ctx)
	for _, one := range l.held {
		err := l.releaseOne(ctx, one)
		if failed == nil {
			failed = err
		}
	}
	l.held = nil
	return failed
}

// confirm renews a lease and waits for as many members as the connection string asks for:
// they have all that was written before it, as members write in one order.
func (l *Leases) confirm(ctx context.Context) error {
	last := l.db.server.Concerns().Last
	if last == nil || len(l.held) == 0 {
		return nil
	}
	now, err := l.db.serverTime(ctx)
	if err != nil {
		return err
	}
	renewal := bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: l.held[0].id}, {Key: "token", Value: l.Token}}},
		{Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "expires", Value: leaseEnd(now)}}}}},
	}
	_, err = l.db.Send(ctx, l.db.Name, bson.D{
		{Key: "update", Value: controlCollection}, {Key: "updates", Value: bson.A{renewal}}, {Key: "writeConcern", Value: bson.D{{Key: "w", Value: last}}},
	})
	if err != nil {
		return fmt.Errorf("w=%v of the connection string: %w", last, err)
	}
	return nil
}

func (l *Leases) releaseOne(ctx context.Context, one lease) error {
	d, mine := l.db, bson.D{{Key: "_id", Value: one.id}, {Key: "token", Value: l.Token}}
	if len(l.Late.mayArrive()) > 0 || one.settled.After(d.clock.Now()) { // of this run, or of the one before it
		now, err := d.serverTime(ctx)
		if err != nil {
			return err
		}
		// Another run may take it from the next millisecond on.
		_, err = d.update(ctx, controlCollection, mine, bson.D{{Key: "$set", Value: bson.D{{Key: "expires", Value: bson.DateTime(now - 1)}}}})
		return err
	}
	_, _, err := d.write(ctx, bson.D{{Key: "delete", Value: controlCollection}, {Key: "deletes", Value: bson.A{
		bson.D{{Key: "q", Value: mine}, {Key: "limit", Value: int32(1)}},
	}}})
	return err
}
