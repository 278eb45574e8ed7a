package enforce

// Writing the documents of collections. In: tasks; out: what was done. Where a guard was
// missed, the collection is observed again and what is still to do is sent. The order
// and the attempts are docs/enforcement.md, Writing.

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// writeDocuments writes the documents of every collection.
func (w *writing) writeDocuments(ctx context.Context) error {
	for i := range w.tasks {
		if err := w.writeFresh(ctx, i); err != nil {
			return err
		}
	}
	for i := range w.tasks { // those that link to what was observed again after they were written
		if w.stale[i] {
			if err := w.writeFresh(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// prune deletes the documents of every collection, in reverse order.
func (w *writing) prune(ctx context.Context) error {
	for i := len(w.tasks) - 1; i >= 0; i-- {
		if err := w.writeCollection(ctx, &w.tasks[i], true); err != nil {
			return err
		}
	}
	return nil
}

// writeFresh writes the documents of a collection. Where what it links to was observed
// again, it is so first, as there may be other `_id`s now.
func (w *writing) writeFresh(ctx context.Context, i int) error {
	if w.stale[i] {
		delete(w.stale, i)
		found, err := w.again(ctx, []int{i})
		if err != nil {
			return err
		}
		w.tasks[i] = newTask(found[0])
		if err := refused(found); err != nil {
			return err
		}
	}
	return w.writeCollection(ctx, &w.tasks[i], false)
}

// outdated notes that the tasks of collections that link to one are, as it was observed
// again.
func (w *writing) outdated(at int) {
	for i := range w.tasks {
		if i != at && slices.Contains(w.links.Concerned([]int{i}), at) {
			w.stale[i] = true
		}
	}
}

// writeCollection sends the writes (or deletes) of a collection; where a guard
// was missed or a batch failed retryably, it observes again and sends what is still
// to do.
func (w *writing) writeCollection(ctx context.Context, t *task, prune bool) error {
	now, failures := t, 0
	for attempt := 1; ; {
		missed, err := w.send(ctx, now, prune)
		t.deletes = now.deletes // without those that a transaction has done
		if missed.sent > 0 {
			failures = 0
		}
		failed := stores.Retryable(err) && failures < len(stores.RetryWaits)
		switch {
		case failed:
			w.clock.Sleep(ctx, stores.RetryWaits[failures])
			failures++
		case err != nil || !missed.any:
			return err
		}
		found, err := w.again(ctx, []int{t.at})
		if err != nil {
			return err
		}
		next := newTask(found[0])
		now = &next
		w.outdated(t.at)
		if err := w.settle(ctx, now, missed); err != nil {
			return err
		}
		t.deletes = now.deletes
		if err := refused(found); err != nil {
			return err
		}
		left := len(now.writes)
		if prune {
			left = len(now.deletes)
		}
		if left == 0 {
			return nil
		}
		if now.missing {
			return fmt.Errorf("%s was dropped while this run was writing to it: run again", change.Clean(now.ns.String()))
		}
		if failed {
			continue
		}
		if attempt == maxAttempts {
			text := change.ChangedWhileRunning
			if missed.duplicate != "" {
				text = change.ChangedDuplicate
			}
			now.conflict(text, -1, nil, "count", strconv.Itoa(left), "server", change.Clean(missed.duplicate))
			return refused(found)
		}
		if err := w.clearWay(ctx, now); err != nil {
			return err
		}
		t.indexes = now.indexes
		attempt++
	}
}

// settle counts those of the operations of a batch with an unknown outcome that
// are no longer to be done.
func (w *writing) settle(ctx context.Context, now *task, missed missed) error {
	unsure := missed.unsure
	if len(unsure) == 0 {
		return nil
	}
	left := map[string]bool{}
	for n := range now.writes {
		left[compare.WantedKey(now.writes[n].Wanted)] = true
	}
	for n := range now.deletes {
		left[now.deletes[n].Key()] = true
	}
	done := w.done.Of(now.at)
	var undone []compare.Write
	for n := range unsure {
		one := &unsure[n]
		switch {
		case left[one.Key()]:
			undone = append(undone, *one)
		case one.Op.Action == stores.Insert:
			done.Inserted++
		case one.Op.Action == stores.Delete:
			done.Deleted++
		default:
			done.Updated++
		}
	}
	text := ""
	if len(undone) > 0 {
		text = w.redactor.Replace(step{of: now.observation, writes: undone}.text())
	}
	return w.memory.leases.Arrived(ctx, missed.number, text)
}

// whole is a planned write with all that it sends, made again where it was let go: of the same
// documents it is the same.
func whole(l *observation, p *compare.Planned) *compare.Write {
	if w := p.Write(); w != nil {
		return w
	}
	var w compare.Write
	switch {
	case p.New():
		w = l.c.Insertion(p.Wanted)
	case p.Wanted < 0:
		w = compare.Deletion(p.Live(l.c))
	default:
		w = *l.c.Compare(p.Wanted, p.Live(l.c)).Write
	}
	structure.AddShardKey(&w.Op.Guard, l.shardKey, w.Before)
	w.Adapt(l.capabilities, l.transacts)
	w.Alone = p.Alone()
	return &w
}
