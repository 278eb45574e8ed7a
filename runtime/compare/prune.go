package compare

// Prune. In: the destination's documents, and which of them no desired one has the
// identity of; out: which are deleted, and how many may be. Pure; the rules are
// docs/enforcement.md, Prune.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Pruning is what `prune` makes of the documents of a collection.
type Pruning struct {
	Scope   int        // documents in scope at the destination
	Bound   int64      // the largest number of deletions
	Going   []bson.Raw // in the order of identity, then `_id`
	Staying int        // in scope and nobody's, without an identity
}

// InScope reports whether `prune` has a document in its scope.
func InScope(c *Collection, d bson.Raw) bool { return c.Prune != nil && holds(c.Prune.Where, d) }

// Pruning finds what goes of a collection with `prune`: live is what the destination has
// in its scope at least, others are those of it that no desired document stands for.
func (c *Collection) Pruning(live, others []bson.Raw) Pruning {
	var out Pruning
	for _, d := range live {
		if holds(c.Prune.Where, d) {
			out.Scope++
		}
	}
	out.Bound = pruneBound(c.Prune, out.Scope)
	out.Going, out.Staying = candidates(c, others)
	return out
}

// pruneBound is the largest number of deletions; scope is how many
// destination documents are in scope before the run.
func pruneBound(p *desired.Prune, scope int) int64 {
	if !p.Percent {
		return p.AtMost
	}
	return int64(scope) * p.AtMost / 100
}

// candidates are those in scope of the documents that have an identity, in the order of
// identity, then `_id`; staying is how many have none.
func candidates(c *Collection, others []bson.Raw) (out []bson.Raw, staying int) {
	type candidate struct{ key, raw int } // where its key begins among all, and its position
	n := len(c.Identity) + 1
	keys, found := make([]bson.RawValue, 0, n*len(others)), make([]candidate, 0, len(others))
	for i, d := range others {
		if !holds(c.Prune.Where, d) {
			continue
		}
		from := len(keys)
		key, ok := c.AppendIdentityOf(keys, d)
		if !ok {
			staying++
			continue
		}
		keys, found = append(key, d.Lookup("_id")), append(found, candidate{from, i})
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return slices.CompareFunc(keys[a.key:a.key+n], keys[b.key:b.key+n], doc.Compare)
	})
	out = make([]bson.Raw, len(found))
	for i, f := range found {
		out[i] = others[f.raw]
	}
	return out, staying
}
