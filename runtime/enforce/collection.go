package enforce

// What the weave says of the documents of one collection. In: a desired
// collection, with what is known of its secrets and links; out: what of a
// document may be shown, and how its changes are shown. Pure.

import (
	"github.com/hayone1/mongocd/runtime/desired"
)

// collection is a desired collection, its documents with secrets and the `_id`s of
// links in place, with what its statements say of single documents.
type collection struct {
	*desired.Collection
	policy  *policy
	secrets *secrets    // nil: there are none
	links   []linkState // of each document; nil: there are no links
	linking *linking    // nil likewise
}

// newCollection is a collection in which no links are in place yet.
func newCollection(c *desired.Collection, s *secrets) *collection {
	return &collection{Collection: c, policy: newPolicy(c), secrets: s}
}

// mask is what nobody may see of document i (-1: of one that is not desired):
// exact as it is wanted, else as the destination has it.
func (c *collection) mask(i int, exact bool) *desired.Mask {
	m := c.secrets.mask(i)
	m.LeftOut, m.Exact = c.policy.leftOut, exact
	return m
}

// anyMask is what nobody may see of a document of the destination, whichever it is.
func (c *collection) anyMask() *desired.Mask {
	m := &desired.Mask{LeftOut: c.policy.leftOut}
	if c.secrets != nil {
		m.Secrets = c.secrets.all
	}
	return m
}
