package enforce

// Identity under a collation. In: a collection that was read and matched by the
// keys of identities; out: more twins, those that only a collation gives. A unique
// index over exactly the identity's paths compares texts with its collation, so
// the server would refuse to insert a document beside one that it takes for the
// same. Which that is, the server is asked. Reads only; the rules are
// docs/enforcement.md, Reading.

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// noteNoCollations is a note of a report.
const noteNoCollations = "a directory compares texts byte for byte, and {collection} has a collation for what identifies its documents: a server may find documents there that are inserts here"

// alike finds the twins of desired documents that have none; options are the collection's.
func (o *observing) alike(ctx context.Context, l *observation, options bson.Raw) error {
	if l.missing || l.c.Mode == desired.Structure {
		return nil
	}
	for _, collation := range identityCollations(l, options) {
		var open []int
		for i := range l.c.Documents {
			if len(l.twins.Of(i)) == 0 && slices.ContainsFunc(l.keys.Of(i), stores.HasText) {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if !l.asks {
			o.note(change.Fill(noteNoCollations, "collection", change.Clean(l.ns.String())))
			return nil
		}
		if err := o.alikeBy(ctx, l, collation, open); err != nil {
			return err
		}
	}
	return nil
}

// identityCollations are those of unique indexes over exactly the identity's
// paths that hold while documents are written; of `_id` it is the collection's.
func identityCollations(l *observation, options bson.Raw) []bson.Raw {
	var out []bson.Raw
	if collation, ok := stores.IndexOption(options, "collation"); ok && l.c.IdentityIsID() {
		if d, ok := collation.DocumentOK(); ok {
			out = append(out, d)
		}
	}
	for _, ix := range l.indexes {
		covers := len(ix.Paths) == len(l.c.Identity) && !slices.ContainsFunc(ix.Paths, func(p doc.Path) bool {
			return !slices.ContainsFunc(l.c.Identity, func(q doc.Path) bool { return slices.Equal(p, q) })
		})
		if covers && ix.Collation != nil && ix.Filter == nil && !ix.Leaving {
			out = append(out, ix.Collation)
		}
	}
	return out
}

// alikeBy asks for many documents at once, and one by one where any are found.
// One that is a twin already, or that two desired documents are taken for, is
// nobody's: the index says what is wrong.
func (o *observing) alikeBy(ctx context.Context, l *observation, collation bson.Raw, open []int) error {
	taken := map[string]int{} // by key of `_id`: how many desired documents it is the twin of
	for _, d := range l.twins.All() {
		taken[doc.Key(d.Lookup("_id"))]++
	}
	ask := func(q stores.Query) (found []bson.Raw, err error) {
		q.Collation = collation
		for d, err := range o.store.Find(ctx, l.ns, q) {
			if err != nil {
				return nil, err
			}
			if _, ok := l.c.IdentityOf(d); ok && taken[doc.Key(d.Lookup("_id"))] == 0 {
				found = append(found, d)
			}
		}
		sortByID(found)
		return found, nil
	}
	asked := make([][]bson.RawValue, len(open))
	for n, i := range open {
		asked[n] = l.keys.Of(i)
	}
	alike := map[int][]bson.Raw{}
	owners := map[string]int{}
	err := stores.EachQuery(l.c.Identity, asked, stores.MaxTuples, func(many stores.Query) error {
		found, err := ask(many)
		if err != nil || len(found) == 0 {
			return err
		}
		return stores.EachQuery(l.c.Identity, many.Keys, 1, func(one stores.Query) error {
			found, err := ask(one)
			i, _ := l.keys.Find(one.Keys[0]...)
			alike[i] = found
			for _, d := range found {
				owners[doc.Key(d.Lookup("_id"))]++
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, i := range open {
		for _, d := range alike[i] {
			if id := doc.Key(d.Lookup("_id")); owners[id] == 1 {
				found[id] = true
				l.twins.Set(i, append(l.twins.Of(i), d))
				l.in.add(d)
			}
		}
	}
	l.others = slices.DeleteFunc(l.others, func(d bson.Raw) bool { return found[doc.Key(d.Lookup("_id"))] })
	return nil
}
