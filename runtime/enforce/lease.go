package enforce

// Leases: one run at a time writes to a database for a weave. In: the run's
// databases; out: leases that are taken, renewed while the run writes, and given
// back. The rules are docs/state.md, Lease.

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	leaseSeconds = 60
	renewAfter   = 20 * time.Second
	waitBetween  = time.Second

	// Between the reading of a lease and its taking others may be faster, and a read
	// that asks for a majority may be behind for a moment.
	leaseAttempts  = 20
	attemptBetween = 250 * time.Millisecond
)

// lease is one that this run holds.
type lease struct {
	database, id string
	renewed      time.Time // by this machine's clock, before the server's was read: only for how long ago it is
	settled      time.Time // likewise: when what the run before it sent has arrived
}

// holder is a lease that another run holds, and the server's clock when it was
// read, in milliseconds.
type holder struct {
	lease bson.Raw
	now   int64
}

// take takes the leases of all databases, in order of name.
func (r *run) take(ctx context.Context) error {
	until := r.clock.Now().Add(r.options.Wait)
	for _, database := range r.databases() {
		for {
			if ctx.Err() != nil {
				return errInterrupted
			}
			held, err := r.takeOne(ctx, database)
			if err != nil {
				return err
			}
			if held == nil {
				break
			}
			if !r.clock.Now().Before(until) {
				return r.leaseHeld(database, held)
			}
			r.clock.Sleep(ctx, waitBetween)
		}
	}
	return r.waitOut(ctx)
}

// leaseHeld reports who holds a lease. A record that does not say it is none that a
// run has written.
func (r *run) leaseHeld(database string, held *holder) error {
	run, _ := held.lease.Lookup("run").StringValueOK()
	if !strings.Contains(run, "/") {
		r.conflict(change.LeaseUnnamed, "database", change.Clean(database), "record", change.Clean(r.leaseID(database)), "state", change.Clean(r.control.database)).Database = database
		return errConflict
	}
	left := max(0, (held.lease.Lookup("expires").DateTime()-held.now+999)/1000)
	r.conflict(change.LeaseHeld, "run", change.Clean(run), "database", change.Clean(database), "seconds", strconv.FormatInt(left, 10)).Database = database
	return errConflict
}

// takeOne tries to take a lease; it returns who holds it, or nothing when it was
// taken. It is decided by what was read, and the lease is taken only as long as
// it is still that: else it is read once more.
func (r *run) takeOne(ctx context.Context, database string) (*holder, error) {
	c, id := r.control, r.leaseID(database)
	var sent, settled time.Time
	var tried bson.Raw // what the last attempt was to take over
	for attempt := 0; attempt < leaseAttempts; attempt++ {
		if attempt > 1 {
			r.clock.Sleep(ctx, attemptBetween)
		}
		before, err := r.readLease(ctx, id)
		if err != nil {
			return nil, err
		}
		if token, _ := before.Lookup("token").StringValueOK(); token == c.token { // the answer to the last attempt was lost
			c.leases = append(c.leases, lease{database, id, sent, settled})
			return nil, r.brokenOff(ctx, tried)
		}
		sent = r.clock.Now()
		now, err := c.serverTime(ctx)
		if err != nil {
			return nil, err
		}
		if before != nil && !r.free(before, now) {
			return &holder{before, now}, nil
		}
		tried, settled = before, sent.Add(settling(before, now))
		taken, err := r.takeOver(ctx, id, before, now)
		if err != nil {
			c.leases = append(c.leases, lease{database, id, sent, settled}) // it may be taken: to be given back
			return nil, err
		}
		if taken {
			c.leases = append(c.leases, lease{database, id, sent, settled})
			return nil, r.brokenOff(ctx, before)
		}
	}
	return nil, fmt.Errorf("the record %s of %s.%s was another one each time when it was to be taken", change.Clean(id), change.Clean(c.database), controlCollection)
}

// readLease reads a lease; nil when there is none.
func (r *run) readLease(ctx context.Context, id string) (bson.Raw, error) {
	found, err := r.control.find(ctx, controlCollection, bson.D{{Key: "_id", Value: id}}, bson.E{Key: "batchSize", Value: int32(2)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], checkRecord("lease", found[0])
}

// free reports whether a lease may be taken over: it has ended by the server's
// clock, or --force-unlock names its run.
func (r *run) free(lease bson.Raw, now int64) bool {
	run, _ := lease.Lookup("run").StringValueOK()
	return lease.Lookup("expires").DateTime() < now || run != "" && run == r.forced()
}

// takeOver writes a lease in place of the one that was read, nil for none; false
// when it is another one by now.
func (r *run) takeOver(ctx context.Context, id string, before bson.Raw, now int64) (bool, error) {
	c := r.control
	mine := bson.D{
		{Key: "format", Value: int32(stateFormat)}, {Key: "run", Value: c.run.id}, {Key: "token", Value: c.token},
		{Key: "taken", Value: bson.DateTime(now)}, {Key: "expires", Value: leaseEnd(now)},
	}
	if before == nil {
		_, duplicate, err := c.write(ctx, bson.D{{Key: "insert", Value: controlCollection}, {Key: "documents", Value: bson.A{append(bson.D{{Key: "_id", Value: id}}, mine...)}}})
		return !duplicate, err
	}
	var token any = bson.D{{Key: "$exists", Value: false}}
	if v, has := doc.Get(before, doc.Path{"token"}); has {
		token = v
	}
	return c.updateOne(ctx, controlCollection, bson.D{{Key: "_id", Value: id}, {Key: "token", Value: token}, {Key: "expires", Value: before.Lookup("expires")}},
		bson.D{{Key: "$set", Value: mine}})
}

// leaseEnd is when a lease ends that is taken or renewed now.
func leaseEnd(now int64) bson.DateTime { return bson.DateTime(now + leaseSeconds*1000) }

// forced is the run that --force-unlock names.
func (r *run) forced() string {
	name := r.options.ForceUnlock
	if name == "" || strings.Contains(name, "/") {
		return name
	}
	return r.runsOf() + name
}

// renew renews the leases whose last renewal is old enough, or all of them. A
// lease that another run has taken ends this one.
func (r *run) renew(ctx context.Context, all bool) error {
	c := r.control
	for i := range c.leases {
		l := &c.leases[i]
		sent := r.clock.Now()
		if !all && sent.Sub(l.renewed) < renewAfter {
			continue
		}
		now, err := c.serverTime(ctx)
		if err != nil {
			return err
		}
		// Not as it was read: the answer to the first attempt may have been lost.
		still, err := c.updateOne(ctx, controlCollection, bson.D{{Key: "_id", Value: l.id}, {Key: "token", Value: c.token}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "run", Value: c.run.id}, {Key: "expires", Value: leaseEnd(now)}}}})
		if err != nil {
			return err
		}
		if !still {
			return r.leaseLost(l.database)
		}
		l.renewed = sent
	}
	return nil
}

// giveBack gives all leases back, even when one fails. One that the next run is to
// wait for stays, and has ended.
func (r *run) giveBack(ctx context.Context) error {
	c := r.control
	var failed error
	for _, l := range c.leases {
		err := r.giveBackOne(ctx, l)
		if failed == nil {
			failed = err
		}
	}
	c.leases = nil
	return failed
}

func (r *run) giveBackOne(ctx context.Context, l lease) error {
	c, mine := r.control, bson.D{{Key: "_id", Value: l.id}, {Key: "token", Value: r.control.token}}
	if r.unsettled(l) {
		now, err := c.serverTime(ctx)
		if err != nil {
			return err
		}
		// Another run may take it from the next millisecond on.
		_, err = c.updateOne(ctx, controlCollection, mine, bson.D{{Key: "$set", Value: bson.D{{Key: "expires", Value: bson.DateTime(now - 1)}}}})
		return err
	}
	_, _, err := c.write(ctx, bson.D{{Key: "delete", Value: controlCollection}, {Key: "deletes", Value: bson.A{
		bson.D{{Key: "q", Value: mine}, {Key: "limit", Value: int32(1)}},
	}}})
	return err
}
