// Package compare compares one document with another: a desired one with that of
// the destination, by what the weave says of both.
//
// In: a desired.State with the secrets that are given, and documents that were
// read; out: planned writes with their guards, what forbids a write, and what of all
// this may be shown. Pure: it reads and writes nothing, and knows of no run.
//
//	collection.go  the one door: Compare, for one desired document
//	moves.go       documents that get another identity
//	compare.go     modes, `preserve`, `ignore`, `absent`: what differs
//	lists.go       lists of which the weave owns a part
//	leftout.go     fields of `redact` and `omit`
//	secrets.go     secrets put into documents, and those that are not given
//	links.go       `_id`s of other documents put into documents; linknames.go names them
//	writes.go      a difference made an operation of the server, with its guard
//	prune.go       which documents go; cond.go judges a condition of `prune where`
//	masks.go       what nobody may see; shown.go what of an update the digest binds,
//	               bound.go of a list owned in part; changes.go the changes as they are shown
//	held.go        what is held of documents until it is needed
//	owned.go       the leaves of documents that the weave owns
//	keys.go        desired documents by their identities, and what was found of them
//	items.go       what the report has of a document
package compare

// The documents of one collection. In: a desired collection with its secrets, and
// documents of the destination; out: what of these differs from what is wanted, as
// planned writes or as what forbids them. Pure.

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Collection is a desired collection, its documents with secrets and the `_id`s of
// links in place, with what its statements say of single documents.
type Collection struct {
	*desired.Collection
	state   *desired.State
	policy  *policy
	secrets *secrets    // nil: there are none
	links   []linkState // of each document; nil: there are no links
	linking *linking    // nil likewise
}

// NewCollections are the collections of a state in its order, and the state, with
// the secrets that are given by their names. No links are in place yet.
func NewCollections(state *desired.State, given map[string]string) (*desired.State, []*Collection) {
	state, known := withSecrets(state, given)
	all := make([]*Collection, len(state.Collections))
	for i, c := range state.Collections {
		all[i] = newCollection(state, c, known[c])
	}
	return state, all
}

func newCollection(state *desired.State, c *desired.Collection, s *secrets) *Collection {
	return &Collection{Collection: c, state: state, policy: newPolicy(c), secrets: s}
}

// Comparison is what came of comparing a desired document with the destination's. The
// fields behind refused say why.
type Comparison struct {
	Refused   bool         // nothing may be written
	IDChange  bool         // the `_id` would have to change
	OnlyAt    []doc.Path   // fields that neither the extracted data nor a rule knows
	Preserved *Preserved   // what is to be preserved stands in the way
	Twice     doc.Path     // a name that a level has twice
	Unclear   *UnclearList // nobody can tell which elements are the wanted ones
	Write     *Write       // nil: the document is in sync, or nothing may be written
	Unknown   *UnknownItem // in sync but for what nobody can tell, as secrets are not given
}

// InSync reports whether there is nothing to write and nothing to say.
func (c *Comparison) InSync() bool { return !c.Refused && c.Write == nil && c.Unknown == nil }

// Preserved is what is to be preserved inside of what would be replaced or removed.
type Preserved struct {
	Path, Inside string // places for people
	Value        string // short form of what is wanted at path; empty: it is removed
	Rule         string // of the state, which has its origin; empty: no statement
}

// UnknownItem is a desired document of which only secrets may differ.
type UnknownItem struct {
	wanted int // its index
	live   bson.Raw
	fields []secretPlace
}

// Compare compares desired document i with the destination's.
func (c *Collection) Compare(i int, live bson.Raw) Comparison { return c.compare(i, live, false) }

// compare is Compare; moved: the document has another identity.
func (c *Collection) compare(i int, live bson.Raw, moved bool) Comparison {
	of := c.beside(i, live)
	if of.unclear != nil {
		return Comparison{Refused: true, Unclear: of.unclear}
	}
	judged, bare, unknown := c.judged(of, live)
	isID := c.IdentityIsID()
	diff := c.policy.compare(judged, live, isID, moved)
	if diff.blocked == nil && !diff.idChange {
		diff.blocked = of.lost
	}
	reason := diff.reason || moved // with another identity it is not in sync
	out := Comparison{Refused: diff.refused(), IDChange: diff.idChange, OnlyAt: diff.onlyAt, Preserved: c.preserved(i, live, diff.blocked), Twice: diff.twice}
	switch {
	case out.Refused:
	case !reason && len(unknown) > 0:
		out.Unknown = &UnknownItem{i, live, unknown}
	case reason:
		w := Updating(live, i, diff.set, diff.unset)
		w.unknown, w.secrets = unknown, of.secrets
		w.SecretOnly = !bytes.Equal(bare, judged) && !c.policy.compare(bare, live, isID, moved).reason
		w.Leaves = c.leaves(&w)
		w.Spots = c.spots(&w)
		out.Write = &w
	}
	return out
}

// preserved says in words what stands in the way of document i.
func (c *Collection) preserved(i int, live bson.Raw, b *blocked) *Preserved {
	if b == nil {
		return nil
	}
	out := &Preserved{Path: placeText(live, b.path), Inside: placeText(live, b.inside)}
	if b.want.Type != 0 {
		out.Value = c.ShowValue(i, true, b.path, b.want)
	}
	for _, p := range c.Preserve {
		if b.inside.HasPrefix(p) {
			out.Rule = desired.PreserveRule(p)
			break
		}
	}
	return out
}

// Keeping is a collection with paths preserved besides.
func Keeping(c *Collection, paths []doc.Path) *Collection {
	with, policy := *c, *c.policy
	policy.preserve = slices.Concat(policy.preserve, paths)
	with.policy = &policy
	return &with
}

// Ignores reports whether differences at a path do not count.
func (c *Collection) Ignores(p doc.Path) bool { return covered(c.policy.ignore, p) }

// Shares reports whether a path is in a list that the destination owns a part of.
func (c *Collection) Shares(p doc.Path) bool { return covered(c.policy.lists, p) }
