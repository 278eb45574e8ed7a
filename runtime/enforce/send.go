package enforce

// Sending a collection's writes. In: a task and its stages; out: what was done,
// and whether documents were found changed. The order and the batches are
// docs/enforcement.md, Batches, Unique values that move, Transactions.

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/journal"
	"github.com/hayone1/mongocd/runtime/order"
	"github.com/hayone1/mongocd/runtime/parallel"
	"github.com/hayone1/mongocd/runtime/stores"
)

// missed says whether operations found their document changed, and what the
// destination said about the last one that was refused for a duplicate key.
type missed struct {
	any       bool
	duplicate string
	unsure    []compare.Write // the batch that failed, and may succeed when it is sent again
	number    int             // of that batch among all that was sent
	sent      int             // batches that were sent before
}

// send sends a collection's operations in waves and batches; it stops at the
// first batch that missed something.
func (w *writing) send(ctx context.Context, t *task, prune bool) (missed, error) {
	if prune {
		return w.batches(ctx, t, t.deletes, 0)
	}
	sent := 0
	for _, s := range t.stages {
		if s.Whole {
			m, err := w.together(ctx, t, s)
			if m.sent = sent; err != nil || m.any {
				return m, err
			}
			sent++
			continue
		}
		writes := t.writes
		if len(s.Writes) < len(writes) || slices.ContainsFunc(writes, func(p compare.Planned) bool { return !p.Inserts() }) { // else a stage has all of them, in order
			writes = make([]compare.Planned, 0, len(s.Writes))
			for _, insert := range []bool{true, false} {
				for _, n := range s.Writes {
					if t.writes[n].Inserts() == insert {
						writes = append(writes, t.writes[n])
					}
				}
			}
		}
		m, err := w.batches(ctx, t, writes, sent)
		if err != nil || m.any {
			return m, err
		}
		sent = m.sent
	}
	return missed{sent: sent}, nil
}

// aheadBytes are those of a batch up to which the next one is made while it is sent.
const aheadBytes = 4 << 20

// batches sends writes in batches, after sent others; those that are alone go in
// transactions. While one is sent, the next one is made.
func (w *writing) batches(ctx context.Context, t *task, writes []compare.Planned, sent int) (missed, error) {
	for next := ready(w, t, writes); len(next.writes) > 0; sent++ {
		now := next
		writes, next = writes[len(now.writes):], readyBatch{}
		var m missed
		var err error
		ahead := now.size <= aheadBytes && len(writes) > 0
		do := []func(){
			func() { m, err = w.batch(ctx, t, now.writes, now.entries, now.how) },
			func() { next = ready(w, t, writes) },
		}
		if ahead {
			parallel.Run(len(do), func(worker int) { do[worker]() })
		} else {
			do[0]()
		}
		if m.sent = sent; err != nil || m.any {
			return m, err
		}
		if !ahead {
			next = ready(w, t, writes)
		}
	}
	return missed{sent: sent}, nil
}

// readyBatch are the first of some writes with all that is sent, and what the journal has of them.
type readyBatch struct {
	writes  []compare.Write
	entries []control.JournalEntry
	how     sending
	size    int
}

// ready makes the next batch of writes; none when there are none.
func ready(w *writing, t *task, writes []compare.Planned) readyBatch {
	n, size := 0, 0
	for n < len(writes) && n < w.options.Batch() && !writes[n].Alone() && (n == 0 || size+writes[n].Size() <= stores.BatchBytes) {
		size += writes[n].Size()
		n++
	}
	b := readyBatch{how: inBatch, size: size}
	if n == 0 && len(writes) > 0 {
		n, b.how = 1, alone
	}
	b.writes = make([]compare.Write, n)
	for i := range b.writes {
		b.writes[i] = *whole(t.observation, &writes[i])
	}
	if n > 0 {
		b.entries = journaled(w, t, b.writes, b.how)
	}
	return b
}

// journaled are what the journal has of a batch; none where nothing is remembered.
func journaled(w *writing, t *task, writes []compare.Write, how sending) []control.JournalEntry {
	if !w.memory.db.Keeps() {
		return nil
	}
	return journal.Writes(t.c, t.ns, writes, how == inTransaction)
}

// together sends a stage in one transaction. The documents that it deletes need
// no deletion any more.
func (w *writing) together(ctx context.Context, t *task, s order.Stage) (missed, error) {
	var writes []compare.Write
	for _, n := range s.Writes {
		writes = append(writes, *whole(t.observation, &t.writes[n]))
	}
	for _, d := range s.Deletes {
		writes = append(writes, *whole(t.observation, &t.deletes[d]))
	}
	m, err := w.batch(ctx, t, writes, journaled(w, t, writes, inTransaction), inTransaction)
	if err != nil || m.any {
		return m, err
	}
	var rest []compare.Planned
	for d := range t.deletes {
		if !slices.Contains(s.Deletes, d) {
			rest = append(rest, t.deletes[d])
		}
	}
	t.deletes = rest
	return m, nil
}

// sending is how a batch is sent.
type sending int

const (
	inBatch       sending = iota
	inTransaction         // unique values move: each document as a whole
	alone                 // a write in a transaction of its own, as its guard does not go with it
)

// batch sends one batch, of which the journal has entries, and counts what it did.
func (w *writing) batch(ctx context.Context, t *task, writes []compare.Write, entries []control.JournalEntry, how sending) (missed, error) {
	ops := make([]stores.Op, len(writes))
	inserts, deletes := 0, 0
	for n := range writes {
		ops[n] = writes[n].Op
		if how == inTransaction {
			ops[n] = writes[n].Transacted()
		}
		switch ops[n].Action {
		case stores.Insert:
			inserts++
		case stores.Delete:
			deletes++
		}
	}
	var result stores.Result
	number := w.memory.leases.Late.Next()
	err := w.step(ctx, step{of: t.observation, writes: writes, entries: entries, whole: how == inTransaction}, func(ctx context.Context) (err error) {
		send := w.store.Transact
		if how == inBatch {
			send = w.store.Write
		}
		result, err = send(ctx, t.ns, ops)
		w.sent = w.sent || result.Inserted+result.Matched+result.Deleted > 0
		if err != nil {
			w.noteWrite(err)
		}
		return err
	})
	if stores.Retryable(err) {
		return missed{unsure: writes, number: number}, err
	}
	done := w.done.Of(t.at)
	done.Inserted += result.Inserted
	done.Updated += result.Matched
	done.Deleted += result.Deleted
	if counts := &w.seen.all[t.at].report.Counts; deletes > 0 {
		w.progress(w.stage, t.ns, done.Deleted, counts.Delete, "documents")
	} else {
		w.progress(w.stage, t.ns, done.Inserted+done.Updated, counts.Insert+counts.Update, "documents")
	}
	if err != nil {
		return missed{}, err
	}
	m := missed{any: result.Inserted < inserts || result.Matched < len(ops)-inserts-deletes || result.Deleted < deletes}
	for _, refusal := range result.Refused {
		switch {
		case refusal.Duplicate:
			m.duplicate = w.redactor.Replace(refusal.Message)
		case refusal.Retryable:
			err = &stores.RefusedError{Err: refusedError(t.c, t.ns, &writes[refusal.Index], refusal), Labels: []string{"RetryableError"}}
		case !refusal.Moved:
			return m, refusedError(t.c, t.ns, &writes[refusal.Index], refusal)
		}
	}
	return m, err
}

//js:table
const adviceRefused = "Check the collection's validator and the user's rights; running again continues where this run stopped"

// refusedError says which document the destination did not take.
func refusedError(c *compare.Collection, ns stores.Namespace, w *compare.Write, refusal stores.Refusal) error {
	doing := map[stores.Action]string{stores.Insert: "inserting", stores.Delete: "deleting"}[w.Op.Action]
	if doing == "" {
		doing = "updating"
	}
	origin := c.Origin
	about := w.Before
	if w.Wanted >= 0 {
		about = c.Raw(w.Wanted)
		if o := c.Documents[w.Wanted].Origin; o != "" {
			origin = o
		}
	}
	return fmt.Errorf("%s %s in %s (%s) was refused: %s\n%s",
		doing, change.ShowDocument(c.IdentityDocument(about)), change.Clean(ns.String()), change.Clean(origin), change.Clean(refusal.Message+refusalWords(c, w, refusal.Details)),
		cmp.Or(stores.Advice(refusal.Code, refusal.Message), adviceRefused))
}
