package enforce

// What a look finds against keys that may stand once. In: a look with its
// planned writes; out: conflicts about `_id`s and unique indexes, and the stages
// in which the writes go. Reads only.

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// takenIDs finds inserts whose `_id` the destination has.
func (l *look) takenIDs(ctx context.Context, in *reader) error {
	if l.missing || l.c.IdentityIsID() {
		return nil
	}
	var keys [][]bson.RawValue
	for i := range l.writes {
		if l.writes[i].before == nil {
			keys = append(keys, []bson.RawValue{l.writes[i].id()})
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if !in.all {
		if err := in.findKeys(ctx, []doc.Path{{"_id"}}, keys, maxKeys); err != nil {
			return err
		}
	}
	there := make(map[string]bool, len(in.live))
	for _, d := range in.live {
		there[doc.Key(d.Lookup("_id"))] = true
	}
	for i := range l.writes {
		w := &l.writes[i]
		if w.before != nil || !there[doc.Key(w.id())] {
			continue
		}
		t := textIDTaken
		if w.made {
			t = textMadeIDTaken
		}
		l.conflict(IDTaken, t, w.wanted, nil, "identity", l.identity(w.wanted), "id", l.showValue(w.wanted, true, doc.Path{"_id"}, w.id()))
	}
	return nil
}

// uniqueIndexes are the unique indexes to check: existing ones, then those to
// be created. Those of a missing collection are there before its documents.
// options are the collection's: an index that is made has its collation, where it
// has none of its own (MongoDB manual: reference/collation).
func (l *look) uniqueIndexes(existing []bson.Raw, options bson.Raw) []uniqueIndex {
	collation, _ := stores.IndexOption(options, "collation")
	var indexes []uniqueIndex
	for _, spec := range existing {
		if ix, ok := checkedUnique(spec, false); ok {
			ix.leaving = l.indexPlan.drops(ix.Name)
			indexes = append(indexes, ix)
		}
	}
	for _, spec := range l.indexPlan.built() {
		if _, own := doc.Get(spec, doc.Path{"collation"}); !own && collation.Type != 0 {
			spec = stores.Changed(spec, []stores.Field{{Path: doc.Path{"collation"}, Value: collation}}, nil)
		}
		if ix, ok := checkedUnique(spec, !l.missing); ok {
			indexes = append(indexes, ix)
		}
	}
	hidden := desired.Mask{LeftOut: l.policy.leftOut}
	if l.secrets != nil {
		hidden.Secrets = l.secrets.all
	}
	for i := range indexes {
		indexes[i].hidden = hidden
	}
	return indexes
}

// unique finds unique conflicts and puts the writes in stages.
func (l *look) unique(ctx context.Context, in *reader, indexes []uniqueIndex) error {
	for _, ix := range indexes {
		if in.all || ix.build {
			continue
		}
		entries := ix.lookups(l.writes)
		keys := make([][]bson.RawValue, len(entries))
		for i, e := range entries {
			keys[i] = e
		}
		if err := in.findKeys(ctx, ix.Paths, keys, maxTuples); err != nil {
			return err
		}
	}
	for i := range indexes {
		if l.asks && indexes[i].Collation != nil {
			if err := l.collated(ctx, in, &indexes[i]); err != nil {
				return err
			}
		}
	}
	var waits []wait
	if len(indexes) > 0 {
		live := slices.Clone(in.live)
		sortByID(live)
		written, deleted := map[string]int{}, map[string]bool{}
		for i := range l.writes {
			if l.writes[i].before != nil {
				written[doc.Key(l.writes[i].before.Lookup("_id"))] = i
			}
		}
		for i := range l.deletes {
			deleted[doc.Key(l.deletes[i].id())] = true
		}
		for _, ix := range indexes {
			var clashes []clash
			switch {
			case ix.leaving:
				continue
			case ix.build:
				clashes = ix.checkBuild(l.finals(live, written, deleted), func(id bson.RawValue) bool {
					_, changes := written[doc.Key(id)]
					return !changes && !deleted[doc.Key(id)]
				})
			default:
				var more []wait
				clashes, more = ix.check(l.writes, live, written, deleted)
				waits = append(waits, more...)
			}
			for _, c := range clashes {
				l.clash(&ix, c)
			}
		}
		// One that goes stays until the documents are written, unless it is in the way.
		for _, ix := range indexes {
			if !ix.leaving {
				continue
			}
			clashes, more := ix.check(l.writes, live, written, deleted)
			_, without := inWaves(len(l.writes), waits)
			if _, with := inWaves(len(l.writes), slices.Concat(waits, more)); len(clashes) > 0 || len(with) > len(without) {
				l.early = append(l.early, ix.Name)
				continue
			}
			waits = append(waits, more...)
		}
	}
	// Of one whose entries only a server knows, nobody can tell whether it is in the way.
	for _, spec := range l.indexPlan.drop {
		known := slices.ContainsFunc(indexes, func(ix uniqueIndex) bool { return ix.Name == stores.IndexName(spec) })
		if len(l.writes) > 0 && hasOption(spec, "unique") && !known {
			l.early = append(l.early, stores.IndexName(spec))
		}
	}
	deletes := map[string]int{}
	for i := range l.deletes {
		deletes[doc.Key(l.deletes[i].id())] = i
	}
	l.stages = inStages(len(l.writes), waits, func(w wait) int { return deletes[doc.Key(w.other)] })
	why := l.notTogether()
	if why == "" {
		return nil
	}
	_, stuck := inWaves(len(l.writes), waits)
	for _, i := range stuck {
		w := l.writes[i]
		n := slices.IndexFunc(waits, func(x wait) bool {
			return x.write == i && (x.holder < 0 || slices.Contains(stuck, x.holder))
		})
		t := textUniqueCycle
		if waits[n].holder < 0 {
			t = textUniqueDelete
		}
		l.conflict(UniqueCycle, t, w.wanted, nil, "identity", l.identity(w.wanted),
			"key", waits[n].entry, "index", clean(waits[n].index), "other", l.showID(waits[n].other), "why", why)
	}
	return nil
}

// notTogether says why what has to change at once cannot; empty when it can.
func (l *look) notTogether() string {
	for _, s := range l.stages {
		if !s.whole {
			continue
		}
		if !l.transacts {
			return whyNoTransactions
		}
		size := 0
		for _, i := range s.writes {
			size += len(l.writes[i].before) + len(l.writes[i].after)
		}
		for _, i := range s.deletes {
			size += len(l.deletes[i].before)
		}
		if len(s.writes)+len(s.deletes) > transactionDocuments || size > transactionBytes {
			return whyTooMany
		}
	}
	return ""
}

// collated asks the server for the documents that the index's collation gives
// the new entries of planned writes: for many at once, and one by one where there
// are any.
func (l *look) collated(ctx context.Context, in *reader, ix *uniqueIndex) error {
	var keys [][]bson.RawValue
	for _, e := range ix.lookups(l.writes) {
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
	return eachQuery(ix.Paths, keys, maxTuples, func(many stores.Query) error {
		found, err := ask(many)
		if err != nil || len(found) == 0 {
			return err
		}
		return eachQuery(ix.Paths, many.Keys, 1, func(one stores.Query) error {
			ids, err := ask(one)
			slices.SortStableFunc(ids, doc.Compare)
			ix.rivals[stores.Entry(one.Keys[0]).Key()] = ids
			return err
		})
	})
}

func (l *look) clash(ix *uniqueIndex, c clash) {
	pairs := []string{"key", ix.show(c.entry), "index", clean(ix.Name), "other", l.showID(c.other)}
	if c.wanted < 0 {
		l.conflict(UniqueViolation, textUniqueUnmanaged, -1, nil, append(pairs, "id", l.showID(c.subject.Lookup("_id")))...)
		return
	}
	t := textUnique
	if ix.Collation != nil && slices.ContainsFunc(c.entry, stores.HasText) {
		t, pairs = textUniqueCollation, append(pairs, "collation", show(canonicalDocument(ix.Collation)))
	}
	l.conflict(UniqueViolation, t, c.wanted, nil, append(pairs, "identity", l.identity(c.wanted))...)
}

// finals are all documents of the collection as they will be: the desired ones
// in identity order, then the others in `_id` order.
func (l *look) finals(live []bson.Raw, written map[string]int, deleted map[string]bool) []final {
	var out []final
	twin := map[string]int{} // key of a destination document's `_id` -> desired document
	for i, found := range l.twins {
		for _, d := range found {
			twin[doc.Key(d.Lookup("_id"))] = i
		}
	}
	for _, w := range l.writes {
		out = append(out, final{raw: w.after, wanted: w.wanted})
	}
	var rest []final
	for _, d := range live {
		id := doc.Key(d.Lookup("_id"))
		if _, ok := written[id]; ok || deleted[id] {
			continue
		}
		if i, ok := twin[id]; ok {
			out = append(out, final{raw: d, wanted: i})
			continue
		}
		rest = append(rest, final{raw: d, wanted: -1})
	}
	slices.SortStableFunc(out, func(a, b final) int { return a.wanted - b.wanted })
	return append(out, rest...)
}
