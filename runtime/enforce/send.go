package enforce

// Sending a collection's writes. In: a look and its stages; out: what was done,
// and whether documents were found changed. The order and the batches are
// docs/enforcement.md, Batches, Unique values that move, Transactions.

import (
	"context"
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/order"
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
func (r *run) send(ctx context.Context, i int, l *look, prune bool) (missed, error) {
	if prune {
		return r.batches(ctx, i, l, l.deletes, 0)
	}
	sent := 0
	for _, s := range l.stages {
		if s.Whole {
			m, err := r.together(ctx, i, l, s)
			if m.sent = sent; err != nil || m.any {
				return m, err
			}
			sent++
			continue
		}
		var writes []compare.Write
		for _, insert := range []bool{true, false} {
			for _, w := range s.Writes {
				if (l.writes[w].Before == nil) == insert {
					writes = append(writes, l.writes[w])
				}
			}
		}
		m, err := r.batches(ctx, i, l, writes, sent)
		if err != nil || m.any {
			return m, err
		}
		sent = m.sent
	}
	return missed{sent: sent}, nil
}

// batches sends writes in batches, after sent others; those that are alone go in
// transactions.
func (r *run) batches(ctx context.Context, i int, l *look, writes []compare.Write, sent int) (missed, error) {
	for len(writes) > 0 {
		n, size := 0, 0
		for n < len(writes) && n < r.options.Batch() && !writes[n].Alone && (n == 0 || size+writes[n].Size() <= stores.BatchBytes) {
			size += writes[n].Size()
			n++
		}
		how := inBatch
		if n == 0 {
			n, how = 1, alone
		}
		m, err := r.batch(ctx, i, l, writes[:n], how)
		if m.sent = sent; err != nil || m.any {
			return m, err
		}
		sent++
		writes = writes[n:]
	}
	return missed{sent: sent}, nil
}

// together sends a stage in one transaction. The documents that it deletes need
// no deletion any more.
func (r *run) together(ctx context.Context, i int, l *look, s order.Stage) (missed, error) {
	var writes []compare.Write
	for _, w := range s.Writes {
		writes = append(writes, l.writes[w])
	}
	for _, d := range s.Deletes {
		writes = append(writes, l.deletes[d])
	}
	m, err := r.batch(ctx, i, l, writes, inTransaction)
	if err != nil || m.any {
		return m, err
	}
	var rest []compare.Write
	for d := range l.deletes {
		if !slices.Contains(s.Deletes, d) {
			rest = append(rest, l.deletes[d])
		}
	}
	l.deletes = rest
	return m, nil
}

// sending is how a batch is sent.
type sending int

const (
	inBatch       sending = iota
	inTransaction         // unique values move: each document as a whole
	alone                 // a write in a transaction of its own, as its guard does not go with it
)

// batch sends one batch and counts what it did.
func (r *run) batch(ctx context.Context, i int, l *look, writes []compare.Write, how sending) (missed, error) {
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
	number := r.memory.leases.Late.Next()
	err := r.step(ctx, step{look: l, writes: writes, whole: how == inTransaction}, func(ctx context.Context) (err error) {
		send := r.store.Transact
		if how == inBatch {
			send = r.store.Write
		}
		result, err = send(ctx, l.ns, ops)
		r.wrote = r.wrote || result.Inserted+result.Matched+result.Deleted > 0
		if err != nil {
			r.noteWrite(err)
		}
		return err
	})
	if stores.Retryable(err) {
		return missed{unsure: writes, number: number}, err
	}
	done := r.done(i)
	done.Inserted += result.Inserted
	done.Updated += result.Matched
	done.Deleted += result.Deleted
	r.written(i, l.ns, deletes > 0)
	if err != nil {
		return missed{}, err
	}
	m := missed{any: result.Inserted < inserts || result.Matched < len(ops)-inserts-deletes || result.Deleted < deletes}
	for _, refusal := range result.Refused {
		switch {
		case refusal.Duplicate:
			m.duplicate = r.redactor.Replace(refusal.Message)
		case refusal.Retryable:
			err = &stores.RefusedError{Err: l.refusedError(&writes[refusal.Index], refusal), Labels: []string{"RetryableError"}}
		case !refusal.Moved:
			return m, l.refusedError(&writes[refusal.Index], refusal)
		}
	}
	return m, err
}

// refusedError says which document the destination did not take.
func (l *look) refusedError(w *compare.Write, refusal stores.Refusal) error {
	doing := map[stores.Action]string{stores.Insert: "inserting", stores.Delete: "deleting"}[w.Op.Action]
	if doing == "" {
		doing = "updating"
	}
	origin := l.c.Origin
	about := w.Before
	if w.Wanted >= 0 {
		about = l.c.Documents[w.Wanted].Raw
		if o := l.c.Documents[w.Wanted].Origin; o != "" {
			origin = o
		}
	}
	return fmt.Errorf("%s %s in %s (%s) was refused: %s\nCheck the collection's validator and the user's rights; running again continues where this run stopped",
		doing, change.Show(doc.Canonical(l.c.IdentityDocument(about))), change.Clean(l.ns.String()), change.Clean(origin), change.Clean(refusal.Message+l.refusalWords(w, refusal.Details)))
}
