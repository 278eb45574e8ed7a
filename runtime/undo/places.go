package undo

// What the destination has of all that a journal is about. In: the journal's
// records; out: collections with their indexes and options, and documents; what
// undo plans with them is put into them at once, so that later steps see it.

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// destination is where undo writes back.
type destination struct{ store stores.Store } // its reads are tried again

// place is what the destination has of a collection, as the steps planned so
// far leave it.
type place struct {
	info    *stores.CollectionInfo // nil: it is missing
	indexes []bson.Raw
	options bson.Raw
}

// places describes the collections that the records are about.
func (d destination) places(ctx context.Context, records []record) (map[stores.Namespace]*place, error) {
	places := map[stores.Namespace]*place{}
	names := map[string][]string{}
	var databases []string
	for _, r := range records {
		if places[r.ns] != nil {
			continue
		}
		places[r.ns] = &place{}
		if names[r.ns.Database] == nil {
			databases = append(databases, r.ns.Database)
		}
		names[r.ns.Database] = append(names[r.ns.Database], r.ns.Collection)
	}
	for _, database := range databases {
		infos, err := d.store.Collections(ctx, database, names[database])
		if err != nil {
			return nil, err
		}
		for i := range infos {
			p := places[stores.Namespace{Database: database, Collection: infos[i].Name}]
			p.info, p.options = &infos[i], infos[i].Options
		}
	}
	for _, r := range records {
		p := places[r.ns]
		if p.info == nil || p.indexes != nil || !slices.Contains([]string{control.JournalCreateIndex, control.JournalDropIndex, control.JournalChangeIndex}, r.action) {
			continue
		}
		var err error
		if p.indexes, err = d.store.Indexes(ctx, r.ns); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// index plans one index, and leaves the place as it will be.
func (p *place) index(item bson.Raw) *indexStep {
	s := &indexStep{}
	s.before, _ = item.Lookup("before").DocumentOK()
	s.after, _ = item.Lookup("after").DocumentOK()
	if p.info == nil {
		return s // with the collection, its indexes are gone
	}
	s.action, s.reason = reverseIndex(s.before, s.after, p.indexes)
	name := func(spec bson.Raw) func(bson.Raw) bool {
		return func(e bson.Raw) bool { return stores.IndexName(e) == stores.IndexName(spec) }
	}
	if s.action == "drop" || s.action == "change" {
		p.indexes = slices.DeleteFunc(slices.Clone(p.indexes), name(s.after))
	}
	if s.action == "create" || s.action == "change" {
		p.indexes = append(slices.Clip(p.indexes), s.before)
	}
	return s
}

// setBack plans options, and leaves the place as it will be.
func (p *place) setBack(s *optionsStep) {
	if p.info == nil {
		return
	}
	s.names, s.left = reverseOptions(s.before, s.after, p.options)
	info := stores.CollectionInfo{Type: p.info.Type, Options: p.options}
	plan := structure.CompareOptions(info, p.with(s), s.names, 0)
	for _, o := range plan.Fixed { // what only grows, such as a granularity
		s.names = slices.DeleteFunc(s.names, func(name string) bool { return name == o.Name })
		s.left = append(s.left, o.Name)
	}
	s.commands, p.options = plan.Commands, p.with(s)
}

// with are the options with those of a step set back.
func (p *place) with(s *optionsStep) bson.Raw {
	var set []stores.Field
	var unset []doc.Path
	for _, name := range s.names {
		if v, ok := doc.Get(s.before, doc.Path{name}); ok {
			set = append(set, stores.Field{Path: doc.Path{name}, Value: v})
		} else {
			unset = append(unset, doc.Path{name})
		}
	}
	return stores.Changed(p.options, set, unset)
}

// documents reads the documents of pasts; nil for one that is missing.
func (d destination) documents(ctx context.Context, ns stores.Namespace, place *place, pasts []*past) ([]bson.Raw, error) {
	out := make([]bson.Raw, len(pasts))
	if place.info == nil || len(pasts) == 0 {
		return out, nil
	}
	keys, at := make([][]bson.RawValue, len(pasts)), map[string]int{}
	for i, p := range pasts {
		keys[i], at[doc.Key(p.id)] = []bson.RawValue{p.id}, i
	}
	return out, stores.EachQuery([]doc.Path{{"_id"}}, keys, stores.MaxKeys, func(q stores.Query) error {
		q.SimpleCollation = structure.HasCollation(place.info.Options)
		for found, err := range d.store.Find(ctx, ns, q) {
			if err != nil {
				return err
			}
			if i, ok := at[doc.Key(found.Lookup("_id"))]; ok {
				out[i] = found
			}
		}
		return nil
	})
}

// placeOf is the place of one collection, without its indexes.
func (d destination) placeOf(ctx context.Context, ns stores.Namespace) (*place, error) {
	infos, err := d.store.Collections(ctx, ns.Database, []string{ns.Collection})
	if err != nil || len(infos) == 0 {
		return &place{}, err
	}
	return &place{info: &infos[0], options: infos[0].Options}, nil
}
