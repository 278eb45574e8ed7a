package enforce

// What is observed of keys that may stand once. In: an observation with its
// planned writes; out: conflicts about `_id`s and unique indexes, and the stages
// in which the writes go. Reads only.

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/order"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// Why of change.UniqueDelete and change.UniqueCycle.
//
//js:table
const (
	whyNoTransactions = "there are no transactions on this collection"
	whyTooMany        = "more documents change at once than a transaction takes (1000, or 16777216 bytes)"
)

// takenIDs finds inserts whose `_id` the destination has.
func (l *observation) takenIDs(ctx context.Context, in *reader) error {
	if l.missing || l.c.IdentityIsID() {
		return nil
	}
	var keys [][]bson.RawValue
	for i := range l.writes {
		if l.writes[i].Inserts() {
			keys = append(keys, []bson.RawValue{l.writes[i].ID()})
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if !in.all {
		if err := in.findKeys(ctx, []doc.Path{{"_id"}}, keys, stores.MaxKeys); err != nil {
			return err
		}
	}
	there := make(map[string]bool, len(in.live))
	for _, d := range in.live {
		there[doc.Key(d.Lookup("_id"))] = true
	}
	for _, d := range l.deletes[:l.leaving] { // it goes in the same transaction
		delete(there, doc.Key(d.ID()))
	}
	for i := range l.writes {
		p := &l.writes[i]
		if !p.Inserts() || !there[doc.Key(p.ID())] {
			continue
		}
		t, w := change.IDTaken, whole(l, p)
		if w.Made {
			t = change.MadeIDTaken
		}
		l.conflict(t, w.Wanted, nil, "identity", l.identity(w.Wanted), "id", l.c.ShowValue(w.Wanted, true, doc.Path{"_id"}, w.ID()))
	}
	return nil
}

// uniqueIndexes are the unique indexes to check: existing ones, then those to
// be created. Those of a missing collection are there before its documents.
// options are the collection's: an index that is made has its collation, where it
// has none of its own (MongoDB manual: reference/collation).
func (l *observation) uniqueIndexes(existing []bson.Raw, options bson.Raw) []order.Index {
	collation, _ := stores.IndexOption(options, "collation")
	var indexes []order.Index
	for _, spec := range existing {
		if ix, ok := order.Checked(spec, false); ok {
			ix.Leaving = l.indexPlan.Drops(ix.Name)
			indexes = append(indexes, ix)
		}
	}
	for _, spec := range l.indexPlan.Built() {
		if _, own := doc.Get(spec, doc.Path{"collation"}); !own && collation.Type != 0 {
			spec = doc.With(spec, "collation", collation)
		}
		if ix, ok := order.Checked(spec, !l.missing); ok {
			indexes = append(indexes, ix)
		}
	}
	return indexes
}

// unique finds unique conflicts and puts the writes in stages.
func (l *observation) unique(ctx context.Context, in *reader, indexes []order.Index) error {
	if len(indexes) == 0 && len(l.indexPlan.Drop) == 0 && l.leaving == 0 { // nothing is in the way of anything
		l.stages = order.Free(len(l.writes))
		return nil
	}
	c := order.Collection{Twins: l.twins.All(), Indexes: indexes, Writes: make([]order.Write, 0, len(l.writes))}
	leaving := map[string]bool{}
	for _, d := range l.deletes[:l.leaving] {
		leaving[doc.Key(d.ID())] = true
	}
	for i := range l.writes {
		one := order.Write{Wanted: l.writes[i].Wanted}
		one.Before, one.After, one.Bytes = l.writes[i].Sides()
		if w := l.writes[i].Write(); w != nil && w.Rekeyed { // it is an insert, and the old one a delete
			one.Before = nil
			if l.transacts || leaving[doc.Key(w.ID())] {
				c.Together = append(c.Together, order.Wait{Write: i, Holder: -1, Index: -1, Other: w.Before.Lookup("_id")})
			}
		}
		c.Writes = append(c.Writes, one)
	}
	for i := range l.deletes {
		before, _, _ := l.deletes[i].Sides()
		c.Deletes = append(c.Deletes, before)
	}
	for i := range indexes {
		if err := in.findEntries(ctx, &indexes[i], c.Writes); err != nil {
			return err
		}
	}
	for i := range indexes {
		if l.asks && indexes[i].Collation != nil {
			if err := l.collated(ctx, in, &indexes[i], c.Writes); err != nil {
				return err
			}
		}
	}
	c.Live = in.live
	for _, spec := range l.indexPlan.Drop {
		known := slices.ContainsFunc(indexes, func(ix order.Index) bool { return ix.Name == stores.IndexName(spec) })
		if structure.HasOption(spec, "unique") && !known {
			c.Unknown = append(c.Unknown, stores.IndexName(spec))
		}
	}
	p := order.Of(&c)
	l.stages, l.early = p.Stages, p.Early
	for _, clash := range p.Clashes {
		l.clash(&indexes[clash.Index], clash)
	}
	why := l.notTogether(&c)
	if why == "" {
		return nil
	}
	for _, w := range p.Stuck {
		if w.Index < 0 {
			wanted := c.Writes[w.Write].Wanted
			l.conflict(change.MoveTogether, wanted, nil, "identity", l.identity(wanted), "from", change.ShowDocument(l.c.IdentityFrom(l.moved[wanted])), "why", why)
			l.conflicts[len(l.conflicts)-1].Origin = l.moved[wanted].Origin
			continue
		}
		t, ix := change.UniqueCycle, &indexes[w.Index]
		if w.Holder < 0 {
			t = change.UniqueDelete
		}
		wanted := c.Writes[w.Write].Wanted
		l.conflict(t, wanted, nil, "identity", l.identity(wanted),
			"key", l.showEntry(ix, w.Entry), "index", change.Clean(ix.Name), "other", l.c.ShowID(w.Other), "why", why)
	}
	return nil
}

// notTogether says why what has to change at once cannot; empty when it can.
func (l *observation) notTogether(c *order.Collection) string {
	for _, s := range l.stages {
		switch {
		case !s.Whole:
		case !l.transacts:
			return whyNoTransactions
		case !s.Fits(c):
			return whyTooMany
		}
	}
	return ""
}

// findEntries finds the destination documents that have an entry which a write
// brings to an index.
func (r *reader) findEntries(ctx context.Context, ix *order.Index, writes []order.Write) error {
	if r.all || ix.Build {
		return nil
	}
	entries := ix.Lookups(writes)
	keys := make([][]bson.RawValue, len(entries))
	for i, e := range entries {
		keys[i] = e
	}
	return r.findKeys(ctx, ix.Paths, keys, stores.MaxTuples)
}

// collated asks the server for the documents that the index's collation gives
// the new entries of planned writes: for many at once, and one by one where there
// are any.
func (l *observation) collated(ctx context.Context, in *reader, ix *order.Index, writes []order.Write) error {
	var keys [][]bson.RawValue
	for _, e := range ix.Lookups(writes) {
		if slices.ContainsFunc(e, stores.HasText) {
			keys = append(keys, e)
		}
	}
	ask := func(q stores.Query) (ids []bson.RawValue, err error) {
		q.Collation = ix.Collation
		for d, err := range in.store.Find(ctx, in.ns, q) {
			if err != nil {
				return nil, err
			}
			if ix.Filter.Holds(d) {
				ids = append(ids, d.Lookup("_id"))
			}
		}
		return ids, nil
	}
	return stores.EachQuery(ix.Paths, keys, stores.MaxTuples, func(many stores.Query) error {
		found, err := ask(many)
		if err != nil || len(found) == 0 {
			return err
		}
		return stores.EachQuery(ix.Paths, many.Keys, 1, func(one stores.Query) error {
			ids, err := ask(one)
			slices.SortStableFunc(ids, doc.Compare)
			ix.Rivals[stores.Entry(one.Keys[0]).Key()] = ids
			return err
		})
	})
}

func (l *observation) clash(ix *order.Index, c order.Clash) {
	pairs := []string{"key", l.showEntry(ix, c.Entry), "index", change.Clean(ix.Name), "other", l.c.ShowID(c.Other)}
	if c.Wanted < 0 {
		l.conflict(change.UniqueUnmanaged, -1, nil, append(pairs, "id", l.c.ShowID(c.Subject.Lookup("_id")))...)
		return
	}
	t := change.UniqueViolation
	if ix.Collation != nil && slices.ContainsFunc(c.Entry, stores.HasText) {
		t, pairs = change.UniqueCollation, append(pairs, "collation", change.ShowDocument(ix.Collation))
	}
	l.conflict(t, c.Wanted, nil, append(pairs, "identity", l.identity(c.Wanted))...)
}

// showEntry writes an entry for a message, without what nobody may see of it.
func (l *observation) showEntry(ix *order.Index, e stores.Entry) string {
	hidden := l.c.AnyMask()
	out := doc.NewBuilder(64)
	for i, name := range ix.Fields {
		out.Append(name, hidden.Value(ix.Paths[i], e[i]))
	}
	return change.ShowDocument(out.Raw())
}
