// Package review shows what differs between two sides, for people who approve it.
//
// In: a comparison of wanted documents; out: text that is safe on a terminal, Markdown
// for a pull request, or plain values for JSON. Pure.
package review

import (
	"slices"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/lang/diag"
)

// Items is how many documents of one action are shown without --verbose.
const Items = 20

// Comparison is what was compared, and what differs.
type Comparison struct {
	// Kind is rules, environments, revisions or destination.
	Kind string
	// From and to name the sides: an environment, a revision, a directory; safe.
	From, To string
	Found    []describe.CollectionChanges
	// Accepted are the messages that the weaves of the second side accept.
	Accepted diag.List
}

// Differs reports whether there is any difference, or a conflict in the way.
func (c *Comparison) Differs() bool {
	return slices.ContainsFunc(c.Found, func(c describe.CollectionChanges) bool { return c.Differs() })
}
