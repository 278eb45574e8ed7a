package enforce

// What may arrive late. In: the writes of this run, and the lease that another one
// left; out: what this run sent and does not know to be done under its lease, in
// words, and the time that a run waits before it looks. The rules are
// docs/state.md, Late writes.

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

const (
	// settleSeconds is how long what a run has sent is waited for, from the end of its lease.
	settleSeconds = 60
	settleStep    = 10 * time.Second
	lateNames     = 5 // documents that are named of a batch
)

// sent is a write that this run has sent.
type sent struct {
	step step
	at   time.Time // by this machine's clock
	// unsure: an attempt of it had no answer, and may be carried out at any time.
	unsure bool
}

// sending remembers a write that is about to be sent.
func (c *control) sending(what step, now time.Time) {
	c.sent = append(c.sent, sent{step: what, at: now})
}

// unanswered says of the last write that an attempt of it had no answer.
func (c *control) unanswered() {
	if n := len(c.sent); n > 0 {
		c.sent[n-1].unsure = true
	}
}

// arrived says of a batch without an answer that a look has found all of it done but
// those that are left.
func (r *run) arrived(ctx context.Context, batch, left []write) error {
	if err := r.stillHeld(ctx); err != nil {
		return err
	}
	c := r.control
	n := len(c.sent)
	if n == 0 || len(c.sent[n-1].step.writes) == 0 || &c.sent[n-1].step.writes[0] != &batch[0] {
		return nil // the server refused it
	}
	if c.sent[n-1].step.writes = left; len(left) == 0 {
		c.sent = c.sent[:n-1]
	}
	return nil
}

// answered takes in what came of the last write: when the server carried it out,
// the lease is looked at, so that it was carried out while no other run could begin.
func (r *run) answered(ctx context.Context, err error) error {
	if err != nil && !stores.IsRefused(err) {
		return err
	}
	if err == nil {
		if err := r.stillHeld(ctx); err != nil {
			return err
		}
	}
	c := r.control
	if n := len(c.sent); n > 0 && !c.sent[n-1].unsure {
		c.sent = c.sent[:n-1]
	}
	return err
}

// stillHeld reads whether the leases are still this run's.
func (r *run) stillHeld(ctx context.Context) error {
	c := r.control
	if len(c.leases) == 0 {
		return nil
	}
	ids := bson.A{}
	for _, l := range c.leases {
		ids = append(ids, l.id)
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "token", Value: c.token}}
	found, err := c.find(ctx, controlCollection, filter, bson.E{Key: "projection", Value: bson.D{{Key: "_id", Value: int32(1)}}}, bson.E{Key: "batchSize", Value: int32(len(ids) + 1)})
	if err != nil {
		return err
	}
	held := map[string]bool{}
	for _, d := range found {
		held[recordID(d)] = true
	}
	for _, l := range c.leases {
		if !held[l.id] {
			return r.leaseLost(l.database)
		}
	}
	return nil
}

// leaseLost reports a lease that another run has, and what may have been carried
// out since.
func (r *run) leaseLost(database string) error {
	t, late := change.LeaseLost, r.late(time.Time{})
	if len(late) > 0 {
		t = change.LeaseLostLate
	}
	r.conflict(t, "database", change.Clean(database), "late", strings.Join(late, "; ")).Database = database
	return errConflict
}

// late says what was sent since, and is not known to be done under the lease.
func (r *run) late(since time.Time) []string {
	var texts []string
	for _, s := range r.control.sent {
		if s.at.After(since) {
			texts = append(texts, r.redactor.Replace(s.step.text()))
		}
	}
	return texts
}

// mayArrive says what has no answer and may still arrive within the time that the
// next run waits for it.
func (r *run) mayArrive() []string { return r.late(r.clock.Now().Add(-settleSeconds * time.Second)) }

// text says what a step writes.
func (s step) text() string {
	if s.look == nil {
		return s.about
	}
	ns := change.Clean(s.look.ns.String())
	names := func(specs []bson.Raw) string {
		var list []string
		for _, spec := range specs {
			list = append(list, change.Clean(stores.IndexName(spec)))
		}
		return strings.Join(list, ", ")
	}
	switch {
	case s.create:
		return "creating " + ns
	case len(s.indexes) > 0:
		return "creating the indexes " + names(s.indexes) + " of " + ns
	case len(s.drop) > 0:
		return "dropping the indexes " + names(s.drop) + " of " + ns
	case s.change != nil:
		return "changing the index " + names([]bson.Raw{s.change.After}) + " of " + ns
	case s.options != nil:
		return "changing the options of " + ns
	}
	var documents []string
	for n := range s.writes[:min(len(s.writes), lateNames)] {
		about := s.writes[n].before
		if w := s.writes[n].wanted; w >= 0 {
			about = s.look.c.Documents[w].Raw
		}
		documents = append(documents, change.Clean(change.Show(doc.Canonical(s.look.c.IdentityDocument(about)))))
	}
	if more := len(s.writes) - len(documents); more > 0 {
		documents = append(documents, fmt.Sprintf("and %d more", more))
	}
	return "writing " + strings.Join(documents, ", ") + " in " + ns
}

// settling is how long a lease that another run left is waited for, by the server's
// clock when it was read: what was sent under it has arrived by then, or is taken
// to be lost.
func settling(before bson.Raw, now int64) time.Duration {
	if run, _ := before.Lookup("run").StringValueOK(); run == "" {
		return 0 // no run has held it
	}
	end := min(now, before.Lookup("expires").DateTime())
	return max(0, time.Duration(end+settleSeconds*1000-now)*time.Millisecond)
}

// waitOut waits until what the runs before have sent has arrived, and keeps the leases meanwhile.
func (r *run) waitOut(ctx context.Context) error {
	for i := range r.control.leases {
		for l := &r.control.leases[i]; ; {
			left := l.settled.Sub(r.clock.Now())
			if left <= 0 {
				break
			}
			if ctx.Err() != nil {
				return errInterrupted
			}
			if r.options.Progress != nil {
				r.options.Progress(Progress{Phase: "lease", Collection: l.database, Done: int(settleSeconds - left.Seconds()), Total: settleSeconds, Unit: "seconds"})
			}
			r.clock.Sleep(ctx, min(left, settleStep))
			if err := r.renew(ctx, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// unsettled reports whether the lease has to stay for the next run to wait for
// what may arrive: of this run, or of the one before it.
func (r *run) unsettled(l lease) bool {
	return len(r.mayArrive()) > 0 || l.settled.After(r.clock.Now())
}

// noteLate says what may arrive after the end of this run, as far as no conflict does.
func (r *run) noteLate() {
	lost := false
	for _, c := range r.report.Conflicts {
		lost = lost || c.Code == change.LeaseLost.Code
	}
	if late := r.mayArrive(); len(late) > 0 && !lost {
		r.report.Notes = append(r.report.Notes, change.Fill(noteMayArrive, "late", strings.Join(late, "; "), "seconds", strconv.Itoa(settleSeconds)))
	}
}
