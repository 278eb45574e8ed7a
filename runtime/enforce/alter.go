package enforce

// Writing structure: collections, options and indexes. In: tasks with their plans; out:
// the destination changed, and what was done counted. The order is
// docs/enforcement.md, Phases.

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// alter is a step that changes structure, tried again as it is where that may
// help: already is the code with which a server refuses what an attempt whose
// answer was lost has done, 0 when it does not.
func (w *writing) alter(ctx context.Context, s step, already int, send func(context.Context) error) error {
	unsure := false
	return w.step(ctx, s, func(ctx context.Context) error {
		return w.clock.Retry(ctx, func() error {
			if err := w.memory.leases.Renew(ctx); err != nil { // an attempt may take its time
				return err
			}
			err := send(ctx)
			if unsure && already != 0 && stores.Code(err) == already {
				return nil
			}
			unsure = unsure || err != nil && !stores.IsRefused(err)
			w.noteWrite(err)
			return err
		})
	})
}

// createCollections creates missing collections with their indexes.
func (w *writing) createCollections(ctx context.Context) error {
	for i := range w.tasks {
		t := &w.tasks[i]
		if !t.missing {
			continue
		}
		err := w.alter(ctx, step{of: t.observation, create: true}, stores.CodeNamespaceExists, func(ctx context.Context) error {
			return w.store.CreateCollection(ctx, t.ns, t.c.Options)
		})
		if err != nil {
			return err
		}
		w.done.Of(i).Created = true
		w.made[i].Collection(t.c.Options)
		if err := w.rebuild(ctx, t, nil, t.indexes.Create); err != nil {
			return err
		}
	}
	return nil
}

// alterOptions changes the options of existing collections.
func (w *writing) alterOptions(ctx context.Context) error {
	for i := range w.tasks {
		t := &w.tasks[i]
		p := &t.optionPlan
		if len(p.Items) == 0 {
			continue
		}
		s := step{of: t.observation, options: &p.Change}
		if err := w.alter(ctx, s, 0, w.modifying(t.ns, p.Commands)); err != nil {
			return err
		}
		w.done.Of(i).Options += len(p.Items)
		w.made[i].Options(p.Items)
	}
	return nil
}

// modifying sends collMod commands.
func (w *writing) modifying(ns stores.Namespace, commands []bson.Raw) func(context.Context) error {
	return func(ctx context.Context) error {
		sent, err := modify(ctx, w.store, ns, commands)
		w.sent = w.sent || sent
		return err
	}
}

// modify sends collMod commands one after the other. What the one before prepared is
// taken back where one is refused; sent: a command before it was carried out.
func modify(ctx context.Context, store stores.Store, ns stores.Namespace, commands []bson.Raw) (sent bool, err error) {
	for i, command := range commands {
		if err = store.Modify(ctx, ns, command); err == nil {
			continue
		}
		if back, ok := structure.Unprepared(command); ok && stores.IsRefused(err) {
			err = errors.Join(err, store.Modify(ctx, ns, back))
		}
		return i > 0, err
	}
	return true, nil
}

// clearWays clears the way of all collections.
func (w *writing) clearWays(ctx context.Context) error {
	for i := range w.tasks {
		if err := w.clearWay(ctx, &w.tasks[i]); err != nil {
			return err
		}
	}
	return nil
}

// clearWay drops the unique indexes that are in the way of a document, and
// creates at once what takes their place, unless it is unique as well.
func (w *writing) clearWay(ctx context.Context, t *task) error {
	if len(t.early) == 0 {
		return nil
	}
	drop, create := t.indexes.Early(t.early)
	return w.rebuild(ctx, t, drop, create)
}

// alterIndexes changes indexes in place, then drops those that others take the
// place of and creates those, then drops the rest.
func (w *writing) alterIndexes(ctx context.Context) error {
	for i := range w.tasks {
		t := &w.tasks[i]
		if t.missing {
			continue
		}
		for _, change := range t.indexes.Modify {
			s := step{of: t.observation, change: &change.Change}
			if err := w.alter(ctx, s, 0, w.modifying(t.ns, change.Commands)); err != nil {
				return err
			}
			w.done.Of(i).ChangedIndexes++
			w.made[i].Changed(&change)
		}
		before, after := t.indexes.InTurn()
		if err := w.rebuild(ctx, t, before, t.indexes.Create); err != nil {
			return err
		}
		if err := w.rebuild(ctx, t, after, nil); err != nil {
			return err
		}
	}
	return nil
}

// rebuild drops indexes and creates others, back to back, and takes both out of
// the task.
func (w *writing) rebuild(ctx context.Context, t *task, drop, create []bson.Raw) error {
	p, create := &t.indexes, slices.Clone(create)
	for _, spec := range drop {
		name := stores.IndexName(spec)
		s := step{of: t.observation, drop: []bson.Raw{spec}}
		if err := w.alter(ctx, s, stores.CodeIndexNotFound, func(ctx context.Context) error { return w.store.DropIndex(ctx, t.ns, name) }); err != nil {
			return err
		}
		p.Drop = without(p.Drop, name)
		w.made[t.at].Dropped(name)
		if p.Item(name, "drop") != nil {
			w.done.Of(t.at).DroppedIndexes++
		}
	}
	if len(create) == 0 {
		return nil
	}
	s := step{of: t.observation, indexes: create}
	if err := w.alter(ctx, s, 0, func(ctx context.Context) error { return w.store.CreateIndexes(ctx, t.ns, create) }); err != nil {
		return err
	}
	for _, spec := range create {
		name := stores.IndexName(spec)
		p.Create = without(p.Create, name)
		w.made[t.at].Index(spec)
		if p.Item(name, "change") != nil {
			w.done.Of(t.at).ChangedIndexes++
		} else {
			w.done.Of(t.at).Indexes++
		}
	}
	return nil
}

// without are the indexes but the one of a name, in memory of their own: those that
// were observed stay as they are.
func without(specs []bson.Raw, name string) []bson.Raw {
	return slices.DeleteFunc(slices.Clone(specs), func(spec bson.Raw) bool { return stores.IndexName(spec) == name })
}
