package undo

// Writing back. In: planned steps; out: operations and commands that are sent,
// guarded, and why something is left (docs/state.md, undo).

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// maxAttempts is how often a document is tried that changes meanwhile.
const maxAttempts = 3

// write plans again, now that no other run writes, carries each step out when it is
// planned, and marks the run; out is what was written, and what of the plan was not reached.
func (u *run) write(ctx context.Context, planned *telling) (*telling, error) {
	if err := u.leases.Take(ctx, u.options.Wait, u.options.ForceUnlock); err != nil {
		return planned, err
	}
	u.differs = true
	told := newTelling(true, u.options.Items)
	j, err := u.journal(ctx)
	if err != nil {
		return told, err
	}
	err = u.each(ctx, j, func(s *step) error {
		u.progress(s.ns, len(told.marks)+1, max(len(told.marks)+1, len(planned.marks)))
		err := u.carryOut(ctx, s)
		told.tell(s)
		u.forget(s.ns, s.documents)
		return err
	})
	if err != nil {
		told.rest(planned)
	} else {
		err = u.writePostponed(ctx)
	}
	told.close()
	if err != nil {
		return told, err
	}
	if err := u.leases.Renew(ctx); err != nil {
		return told, err
	}
	return told, u.mark(ctx)
}

func (u *run) carryOut(ctx context.Context, s *step) error {
	switch {
	case s.index != nil:
		return u.writeIndex(ctx, s)
	case s.options != nil:
		return u.writeOptions(ctx, s)
	}
	return u.writeDocuments(ctx, s)
}

// progress says how far the run is.
func (u *run) progress(ns stores.Namespace, done, total int) {
	if u.options.Progress != nil {
		u.options.Progress(enforce.Progress{Phase: "undo", Collection: ns.String(), Done: done, Total: total, Unit: "steps"})
	}
}

// noteWrite records that a write was sent. An error that says that the
// destination refused the command as a whole means that nothing was written.
func (u *run) noteWrite(err error) {
	u.wrote = u.wrote || !stores.IsRefused(err)
	if err != nil && !stores.IsRefused(err) {
		u.leases.Late.Unanswered()
	}
}

// writeDocuments writes a step's documents back; where a guard was missed, they
// are read again, and what is still to do is sent again.
func (u *run) writeDocuments(ctx context.Context, s *step) error {
	var pending []*reversal
	for _, v := range s.documents {
		if v.op != nil {
			pending = append(pending, v)
		}
	}
	for attempt, failures := 1, 0; len(pending) > 0; {
		missed, duplicate, err := u.sendBack(ctx, s, pending)
		switch {
		case stores.Retryable(err) && failures < len(stores.RetryWaits):
			u.clock.Sleep(ctx, stores.RetryWaits[failures])
			failures++
		case err != nil:
			return err
		default:
			attempt++
		}
		if pending, err = u.stillToDo(ctx, s.ns, missed); err != nil {
			return err
		}
		switch {
		case duplicate != "": // another document gives the value up, perhaps in a later step
			for _, v := range pending {
				v.postponed = true
			}
			u.postponed = append(u.postponed, postponed{s.ns, pending, duplicate})
			return nil
		case attempt > maxAttempts:
			leaveAll(pending, leftBusy)
			return nil
		}
	}
	return nil
}
func leaveAll(pending []*reversal, reason string) {
	for _, v := range pending {
		v.leave(reason)
	}
}

// once sends operations and returns those that are still to be done.
func (u *run) once(ctx context.Context, ns stores.Namespace, documents []*reversal, send sender) (left []*reversal, duplicate string, err error) {
	missed, duplicate, err := u.sendAll(ctx, ns, documents, send)
	if err != nil && !stores.Retryable(err) {
		return nil, "", err
	}
	left, err = u.stillToDo(ctx, ns, missed)
	return left, duplicate, err
}

// sender is stores.Store.Write or Transact.
type sender func(context.Context, stores.Namespace, []stores.Op) (stores.Result, error)

// stillToDo reads the documents of operations again that may not have been
// carried out, and returns those that are to be sent again.
func (u *run) stillToDo(ctx context.Context, ns stores.Namespace, missed []*reversal) (again []*reversal, err error) {
	if len(missed) == 0 {
		return nil, nil
	}
	place, err := u.at.placeOf(ctx, ns)
	if err != nil {
		return nil, err
	}
	pasts := make([]*past, len(missed))
	for i, v := range missed {
		pasts[i] = v.past
	}
	live, err := u.at.documents(ctx, ns, place, pasts)
	if err != nil {
		return nil, err
	}
	for i, v := range missed {
		switch now := u.reverse(v.past, live[i], place); {
		case now.op == nil && (now.reason == "" || now.reason == v.reason):
			v.done = true
		case now.op == nil:
			v.leave(now.reason)
		default:
			*v = *now
			again = append(again, v)
		}
	}
	return again, nil
}

// sendBack sends the operations in batches. missed are those of batches of
// which not all was done; duplicate is what the server said about the last one
// that a unique index refused. What it refuses otherwise is left.
func (u *run) sendBack(ctx context.Context, s *step, pending []*reversal) (missed []*reversal, duplicate string, err error) {
	if s.whole {
		for _, v := range pending {
			op := v.transacted()
			v.op = &op
		}
		return u.sendAll(ctx, s.ns, pending, u.at.store.Transact)
	}
	for len(pending) > 0 {
		n, size := 0, 0
		for n < min(len(pending), u.options.Batch()) && pending[n].alone == "" {
			w := compare.Write{Op: *pending[n].op}
			if size += w.Size(); n > 0 && size > stores.BatchBytes {
				break
			}
			n++
		}
		send := u.at.store.Write
		if n == 0 {
			n, send = 1, u.at.store.Transact
		}
		again, said, err := u.sendAll(ctx, s.ns, pending[:n], send)
		if missed, duplicate = append(missed, again...), cmp.Or(said, duplicate); err != nil {
			return append(missed, pending[n:]...), duplicate, err
		}
		pending = pending[n:]
	}
	return missed, duplicate, nil
}

// sendAll sends one batch.
func (u *run) sendAll(ctx context.Context, ns stores.Namespace, batch []*reversal, send sender) (missed []*reversal, duplicate string, err error) {
	ops := make([]stores.Op, len(batch))
	for i, v := range batch {
		ops[i] = *v.op
	}
	var result stores.Result
	err = u.leases.Send(ctx, fmt.Sprintf("undoing %d changes of documents in %s", len(ops), change.Clean(ns.String())), nil, func(ctx context.Context) (err error) {
		result, err = send(ctx, ns, ops)
		u.wrote = u.wrote || result.Done() > 0
		if err != nil {
			u.noteWrite(err)
		}
		return err
	})
	if err != nil {
		return batch, "", err
	}
	for _, refusal := range result.Refused {
		switch v := batch[refusal.Index]; {
		case refusal.Duplicate:
			duplicate = u.serverRefused(v, refusal.Message)
		case !refusal.Moved && !refusal.Retryable:
			v.leave(u.serverRefused(v, refusal.Message))
		}
	}
	for _, v := range batch {
		switch {
		case result.Done() == len(ops):
			v.done = true
		case v.op != nil:
			missed = append(missed, v)
		}
	}
	return missed, duplicate, nil
}

// serverRefused is the reason of a document that the server did not take; what
// it says may show a value that is hidden.
func (u *run) serverRefused(v *reversal, message string) string {
	if v.hides() {
		message = desired.MaskedSecret
	}
	return change.Fill(leftRefused, "server", change.Clean(message))
}

// writeIndex makes one index as it was.
func (u *run) writeIndex(ctx context.Context, s *step) error {
	x := s.index
	create := func() (string, error) {
		return u.structure(ctx, s.ns, bson.D{{Key: "createIndexes", Value: s.ns.Collection}, {Key: "indexes", Value: bson.A{doc.Without(x.before, "ns")}}}, 0)
	}
	drop := func() (string, error) {
		return u.structure(ctx, s.ns, bson.D{{Key: "dropIndexes", Value: s.ns.Collection}, {Key: "index", Value: stores.IndexName(x.after)}}, stores.CodeIndexNotFound)
	}
	var reason string
	var err error
	count := &s.done.Indexes
	switch x.action {
	case "create":
		reason, err = create()
	case "drop":
		count = &s.done.DroppedIndexes
		reason, err = drop()
	case "change": // back to back
		count = &s.done.ChangedIndexes
		if reason, err = drop(); err == nil && reason == "" {
			reason, err = create()
		}
	default:
		return nil
	}
	switch {
	case err != nil:
		return err
	case reason != "":
		x.action, x.reason = "left", reason
	default:
		*count++
	}
	return nil
}

// writeOptions sets options back.
func (u *run) writeOptions(ctx context.Context, s *step) error {
	o := s.options
	for _, change := range o.commands {
		command := bson.D{{Key: "collMod", Value: s.ns.Collection}}
		for name, v := range doc.Fields(change) {
			command = append(command, bson.E{Key: name, Value: v})
		}
		reason, err := u.structure(ctx, s.ns, command, 0)
		if o.reason = reason; err != nil || reason != "" {
			return err
		}
	}
	s.done.Options += len(o.names)
	return nil
}

// structure sends a command about indexes or options, which can be sent again.
// What the server refuses is left: then there is a reason. done is the code that
// says that an attempt before did it.
func (u *run) structure(ctx context.Context, ns stores.Namespace, command bson.D, done int) (reason string, err error) {
	raw, err := bson.Marshal(append(command, bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}}, bson.E{Key: "comment", Value: u.db.Comment}))
	if err != nil {
		return "", fmt.Errorf("a command for %s: %w", change.Clean(ns.String()), err)
	}
	unsure := false
	err = u.leases.Send(ctx, "undoing a change of an index or option of "+change.Clean(ns.String()), nil, func(ctx context.Context) error {
		return u.clock.Retry(ctx, func() error {
			if err := u.leases.Renew(ctx); err != nil { // an attempt may take its time
				return err
			}
			err := u.at.store.Run(ctx, ns.Database, raw)
			if unsure && done != 0 && stores.Code(err) == done {
				return nil
			}
			unsure = unsure || err != nil && !stores.IsRefused(err)
			u.noteWrite(err)
			return err
		})
	})
	if stores.IsRefused(err) && stores.Code(err) != stores.CodeUnauthorized {
		message, _, _ := strings.Cut(err.Error(), "\n") // the rest is advice
		return change.Fill(leftRefused, "server", change.Clean(message)), nil
	}
	return "", err
}

// forget notes the documents that are not left: they go out of the ledger.
func (u *run) forget(ns stores.Namespace, documents []*reversal) {
	for _, v := range documents {
		if (v.reason == "" || v.done) && len(v.key) == len(control.LedgerKey{}) && !v.postponed {
			u.forgotten[ns] = append(u.forgotten[ns], control.LedgerKey(v.key))
		}
	}
}

// mark takes those out of the ledger, leaves the hold and marks the run as undone. All of
// it may be done again after a kill.
func (u *run) mark(ctx context.Context) error {
	return u.db.MarkUndone(ctx, u.about, &u.undone, u.leases.Run, byName(u.forgotten))
}

// byName are documents that the ledger may have, by collection in order of name.
func byName(keys map[stores.Namespace][]control.LedgerKey) (documents []control.Documents) {
	for _, ns := range slices.SortedFunc(maps.Keys(keys), func(a, b stores.Namespace) int { return strings.Compare(a.String(), b.String()) }) {
		documents = append(documents, control.Documents{Namespace: ns, Keys: keys[ns]})
	}
	return documents
}
