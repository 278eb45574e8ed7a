package enforce

// Writing structure: options and indexes. In: looks with their plans; out: the
// destination changed, and what was done counted in the report. The order is
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
func (r *run) alter(ctx context.Context, s step, already int, send func(context.Context) error) error {
	unsure := false
	return r.step(ctx, s, func(ctx context.Context) error {
		return r.clock.Retry(ctx, func() error {
			if err := r.memory.leases.Renew(ctx); err != nil { // an attempt may take its time
				return err
			}
			err := send(ctx)
			if unsure && already != 0 && stores.Code(err) == already {
				return nil
			}
			unsure = unsure || err != nil && !stores.IsRefused(err)
			r.noteWrite(err)
			return err
		})
	})
}

// alterOptions changes the options of existing collections.
func (r *run) alterOptions(ctx context.Context, looks []*look) error {
	for _, l := range looks {
		p := &l.optionPlan
		if len(p.Items) == 0 {
			continue
		}
		err := r.alter(ctx, step{look: l, options: &p.Change}, 0, func(ctx context.Context) error { return r.modify(ctx, l, p.Commands) })
		if err != nil {
			return err
		}
		r.done(l.at).Options += len(p.Items)
	}
	return nil
}

// modify sends collMod commands one after the other. What the one before prepared is
// taken back where one is refused.
func (r *run) modify(ctx context.Context, l *look, commands []bson.Raw) error {
	for i, command := range commands {
		err := r.store.Modify(ctx, l.ns, command)
		if err == nil {
			continue
		}
		r.wrote = r.wrote || i > 0
		if back, ok := structure.Unprepared(command); ok && stores.IsRefused(err) {
			err = errors.Join(err, r.store.Modify(ctx, l.ns, back))
		}
		return err
	}
	return nil
}

// clearWay drops the unique indexes that are in the way of a document, and
// creates at once what takes their place, unless it is unique as well.
func (r *run) clearWay(ctx context.Context, looks []*look) error {
	for _, l := range looks {
		if len(l.early) == 0 {
			continue
		}
		going, created := l.indexPlan.Early(l.early)
		if err := r.rebuild(ctx, l, going, created); err != nil {
			return err
		}
	}
	return nil
}

// alterIndexes changes indexes in place, then drops those that others take the
// place of and creates those, then drops the rest.
func (r *run) alterIndexes(ctx context.Context, looks []*look) error {
	for _, l := range looks {
		if l.missing {
			continue
		}
		p := &l.indexPlan
		for _, change := range p.Modify {
			s := step{look: l, change: &change.Change}
			if err := r.alter(ctx, s, 0, func(ctx context.Context) error { return r.modify(ctx, l, change.Commands) }); err != nil {
				return err
			}
			r.done(l.at).ChangedIndexes++
		}
		before, after := p.InTurn()
		if err := r.rebuild(ctx, l, before, p.Create); err != nil {
			return err
		}
		if err := r.rebuild(ctx, l, after, nil); err != nil {
			return err
		}
	}
	return nil
}

// rebuild drops indexes and creates others, back to back, and takes both out of
// the look's plan.
func (r *run) rebuild(ctx context.Context, l *look, drop, create []bson.Raw) error {
	p, create := &l.indexPlan, slices.Clone(create)
	for _, spec := range drop {
		name := stores.IndexName(spec)
		s := step{look: l, drop: []bson.Raw{spec}}
		if err := r.alter(ctx, s, stores.CodeIndexNotFound, func(ctx context.Context) error { return r.store.DropIndex(ctx, l.ns, name) }); err != nil {
			return err
		}
		p.Drop = slices.DeleteFunc(p.Drop, func(d bson.Raw) bool { return stores.IndexName(d) == name })
		if p.Item(name, "drop") != nil {
			r.done(l.at).DroppedIndexes++
		}
	}
	if len(create) == 0 {
		return nil
	}
	s := step{look: l, indexes: create}
	if err := r.alter(ctx, s, 0, func(ctx context.Context) error { return r.store.CreateIndexes(ctx, l.ns, create) }); err != nil {
		return err
	}
	for _, spec := range create {
		name := stores.IndexName(spec)
		p.Create = slices.DeleteFunc(p.Create, func(c bson.Raw) bool { return stores.IndexName(c) == name })
		if p.Item(name, "change") != nil {
			r.done(l.at).ChangedIndexes++
		} else {
			r.done(l.at).Indexes++
		}
	}
	return nil
}
