package cases

// Moves of random collections: single ones and chains, to identities that the
// destination has or lacks, from such as well.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// moves adds some to a collection, and takes documents with new identities out of the
// destination now and then.
func (g *generator) moves(c *desired.Collection, live *collection) {
	taken := map[string]bool{}
	var targets [][]bson.RawValue
	for _, d := range c.Documents {
		if key, ok := c.IdentityOf(d.Raw); ok {
			taken[doc.Key(key...)] = true
			targets = append(targets, slices.Clone(key))
		}
	}
	var free [][]bson.RawValue // identities that no wanted document has
	add := func(raw bson.Raw) {
		if key, ok := c.IdentityOf(raw); ok && !taken[doc.Key(key...)] {
			taken[doc.Key(key...)] = true
			free = append(free, slices.Clone(key))
		}
	}
	for _, d := range live.documents {
		add(d)
	}
	for i := range 3 {
		add(g.raw(g.identified(c.IdentityIsID(), 200+i)))
	}
	g.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
	for len(targets) > 0 && len(free) > 0 && (len(c.Moves) == 0 || g.chance(40)) {
		from := free[0]
		free = free[1:]
		for n := 1 + g.IntN(3); n > 0 && len(targets) > 0; n-- {
			to := targets[0]
			targets = targets[1:]
			c.Moves = append(c.Moves, desired.Move{Origin: "random.weave:3:5", From: from, To: to})
			from = to
			if g.chance(60) {
				live.documents = slices.DeleteFunc(live.documents, func(d bson.Raw) bool {
					key, ok := c.IdentityOf(d)
					return ok && doc.Key(key...) == doc.Key(to...)
				})
			}
		}
	}
}
