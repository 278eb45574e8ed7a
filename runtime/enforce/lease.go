package enforce

// Leases: one run at a time writes to a database for a weave. In: the run's
// databases; out: leases that are taken, renewed while the run writes, and given
// back. The rules are docs/state.md, Lease.

import (
	"context"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	leaseSeconds = 60
	renewAfter   = 20 * time.Second
	waitBetween  = time.Second
)

// lease is one that this run holds.
type lease struct {
	database, id string
	renewed      time.Time // by this machine's clock, before the command was sent
}

// take takes the leases of all databases, in order of name.
func (r *run) take(ctx context.Context) error {
	until := r.clock.now().Add(r.options.Wait)
	for _, database := range r.databases() {
		for {
			if ctx.Err() != nil {
				return errInterrupted
			}
			holder, err := r.takeOne(ctx, database)
			if err != nil {
				return err
			}
			if holder == nil {
				break
			}
			if !r.clock.now().Before(until) {
				run, _ := holder.Lookup("run").StringValueOK()
				left := int64(0)
				if now, ok := holder.Lookup("now").DateTimeOK(); ok {
					expires, _ := holder.Lookup("expires").DateTimeOK()
					left = max(0, (expires-now+999)/1000)
				}
				r.conflict(LeaseHeld, textLeaseHeld, "run", clean(run), "database", clean(database), "seconds", strconv.FormatInt(left, 10)).Database = database
				return errConflict
			}
			r.clock.sleep(ctx, waitBetween)
		}
	}
	return nil
}

// takeOne tries to take a lease; it returns who holds it, or nothing when it was taken.
func (r *run) takeOne(ctx context.Context, database string) (holder bson.Raw, err error) {
	c, id := r.control, r.leaseID(database)
	free := bson.D{{Key: "$expr", Value: bson.D{{Key: "$lt", Value: bson.A{"$expires", "$$NOW"}}}}}
	query := append(bson.D{{Key: "_id", Value: id}}, free...)
	if forced := r.forced(); forced != "" {
		query = bson.D{{Key: "_id", Value: id}, {Key: "$or", Value: bson.A{free, bson.D{{Key: "run", Value: forced}}}}}
	}
	for {
		sent := r.clock.now()
		reply, _, err := c.write(ctx, bson.D{
			{Key: "findAndModify", Value: controlCollection}, {Key: "query", Value: query},
			{Key: "update", Value: bson.A{bson.D{{Key: "$set", Value: bson.D{
				{Key: "run", Value: bson.D{{Key: "$literal", Value: c.run.id}}}, {Key: "token", Value: c.token},
				{Key: "taken", Value: "$$NOW"}, {Key: "expires", Value: leaseEnd},
			}}}}},
		})
		if err != nil {
			c.leases = append(c.leases, lease{database, id, sent}) // it may be taken: to be given back
			return nil, err
		}
		if before, ok := reply.Lookup("value").DocumentOK(); ok {
			c.leases = append(c.leases, lease{database, id, sent})
			return nil, r.brokenOff(ctx, before)
		}
		found, err := r.holder(ctx, id)
		if err != nil {
			return nil, err
		}
		if found != nil {
			if token, _ := found.Lookup("token").StringValueOK(); token == c.token { // the answer to the first attempt was lost
				c.leases = append(c.leases, lease{database, id, sent})
				return nil, nil
			}
			return found, nil
		}
		_, _, err = c.write(ctx, bson.D{{Key: "insert", Value: controlCollection}, {Key: "documents", Value: bson.A{bson.D{
			{Key: "_id", Value: id}, {Key: "format", Value: int32(stateFormat)}, {Key: "expires", Value: bson.DateTime(0)},
		}}}})
		if err != nil {
			return nil, err
		}
	}
}

// leaseEnd is when a lease ends that is taken or renewed now, by the server's clock.
var leaseEnd = bson.D{{Key: "$dateAdd", Value: bson.D{{Key: "startDate", Value: "$$NOW"}, {Key: "unit", Value: "second"}, {Key: "amount", Value: int64(leaseSeconds)}}}}

// forced is the run that --force-unlock names.
func (r *run) forced() string {
	name := r.options.ForceUnlock
	if name == "" || strings.Contains(name, "/") {
		return name
	}
	return r.runsOf() + name
}

// holder reads a lease, with the server's clock as `now`.
func (r *run) holder(ctx context.Context, id string) (bson.Raw, error) {
	reply, err := r.control.command(ctx, bson.D{
		{Key: "aggregate", Value: controlCollection},
		{Key: "pipeline", Value: bson.A{
			bson.D{{Key: "$match", Value: bson.D{{Key: "_id", Value: id}}}}, bson.D{{Key: "$set", Value: bson.D{{Key: "now", Value: "$$NOW"}}}},
		}},
		{Key: "cursor", Value: bson.D{}},
	})
	if err != nil {
		return nil, err
	}
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	first, _ := bson.Raw(list).Lookup("0").DocumentOK()
	return first, nil
}

// renew renews the leases whose last renewal is old enough, or all of them. A
// lease that another run has taken ends this one.
func (r *run) renew(ctx context.Context, all bool) error {
	c := r.control
	for i := range c.leases {
		l := &c.leases[i]
		now := r.clock.now()
		if !all && now.Sub(l.renewed) < renewAfter {
			continue
		}
		reply, _, err := c.write(ctx, bson.D{
			{Key: "findAndModify", Value: controlCollection}, {Key: "query", Value: bson.D{{Key: "_id", Value: l.id}, {Key: "token", Value: c.token}}},
			{Key: "update", Value: bson.A{bson.D{{Key: "$set", Value: bson.D{
				{Key: "run", Value: bson.D{{Key: "$literal", Value: c.run.id}}}, {Key: "expires", Value: leaseEnd},
			}}}}},
		})
		if err != nil {
			return err
		}
		if _, ok := reply.Lookup("value").DocumentOK(); !ok {
			r.conflict(LeaseLost, textLeaseLost, "database", clean(l.database)).Database = l.database
			return errConflict
		}
		l.renewed = now
	}
	return nil
}

// giveBack gives all leases back, even when one fails.
func (r *run) giveBack(ctx context.Context) error {
	c := r.control
	var failed error
	for _, l := range c.leases {
		_, _, err := c.write(ctx, bson.D{{Key: "delete", Value: controlCollection}, {Key: "deletes", Value: bson.A{
			bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: l.id}, {Key: "token", Value: c.token}}}, {Key: "limit", Value: int32(1)}},
		}}})
		if failed == nil {
			failed = err
		}
	}
	c.leases = nil
	return failed
}
