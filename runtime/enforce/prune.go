package enforce

// Prune. In: the destination's documents that no desired one has the identity
// of, and the scope; out: which are deleted, and the bound. Pure; the rules are
// docs/enforcement.md, Prune.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// pruneBound is the largest number of deletions; scope is how many
// destination documents are in scope before the run.
func pruneBound(p *desired.Prune, scope int) int64 {
	if !p.Percent {
		return p.AtMost
	}
	return int64(scope) * p.AtMost / 100
}

// candidates are those of the documents that have an identity, in the order of
// identity, then `_id`.
func candidates(c *desired.Collection, others []bson.Raw) []bson.Raw {
	type candidate struct {
		key []bson.RawValue
		raw bson.Raw
	}
	var found []candidate
	for _, d := range others {
		if key, ok := c.IdentityOf(d); ok {
			found = append(found, candidate{append(key, d.Lookup("_id")), d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return slices.CompareFunc(a.key, b.key, doc.Compare)
	})
	out := make([]bson.Raw, len(found))
	for i, f := range found {
		out[i] = f.raw
	}
	return out
}
