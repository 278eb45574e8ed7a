package compare

// Documents that get another identity. In: the moves of a collection, and which
// identities the destination has; out: which moves are to be made, and what a moved
// document is to become. Pure; the rules are docs/enforcement.md, Moves.

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Moves are those of a collection.
type Moves struct{ *Collection }

// Moving says of the moves, by their positions, which are to be made, and which are
// the first of a chain that cannot be told: in Both every identity of the chain is
// there, in Unclear one between two that are not, which may be the old or the new one.
type Moving struct{ Now, Both, Unclear []int }

// Find finds what is to be moved; there reports whether the destination has a
// document of an identity. Those of a chain are moved from its end on, so one place
// of it is free: what stands before it is still to be moved, what stands behind it
// has been. In mode update, where places stay free, what stands between two has been, too.
func (c Moves) Find(there func([]bson.RawValue) bool) Moving {
	var out Moving
	moves := c.Collection.Collection.Moves
	for from := 0; from < len(moves); {
		end := from + 1
		for end < len(moves) && doc.Key(moves[end].From...) == doc.Key(moves[end-1].To...) {
			end++
		}
		has := []bool{there(moves[from].From)}
		for _, m := range moves[from:end] {
			has = append(has, there(m.To))
		}
		first, last := -1, -1 // free places
		for i, occupied := range has {
			if !occupied {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		unclear := false
		for i := first; i < last; i++ {
			unclear = unclear || has[i] && c.Mode != desired.Update
		}
		switch {
		case first < 0:
			out.Both = append(out.Both, from)
		case unclear:
			out.Unclear = append(out.Unclear, from)
		default:
			for i := range first {
				if has[i] {
					out.Now = append(out.Now, from+i)
				}
			}
		}
		from = end
	}
	return out
}

// Rekeys reports whether a moved document gets another `_id`, as its identity has that.
func (c Moves) Rekeys(i int, live bson.Raw) bool {
	for _, p := range c.Identity {
		if p[0] == "_id" {
			wanted, _ := doc.Get(c.Raw(i), doc.Path{"_id"})
			return !doc.Identical(wanted, live.Lookup("_id"))
		}
	}
	return false
}

// rekeyed is a document with the `_id` of desired document i.
func (c Moves) rekeyed(i int, live bson.Raw) bson.Raw {
	id, _ := doc.Get(c.Raw(i), doc.Path{"_id"})
	return stores.Changed(live, []stores.Field{{Path: doc.Path{"_id"}, Value: id}}, nil)
}

// Compare compares desired document i with the one that moves to its identity.
// That keeps what it has beside what the weave owns; with another `_id` it is
// inserted anew.
func (c Moves) Compare(i int, live bson.Raw, move *desired.Move) Comparison {
	base, rekeys := live, c.Rekeys(i, live)
	if rekeys {
		base = c.rekeyed(i, live)
	}
	out := c.compare(i, base, true)
	if out.Refused {
		return out
	}
	w := out.Write
	if rekeys {
		w.Op = stores.Op{Action: stores.Insert, Document: w.After}
		w.Before, w.Rekeyed, w.SecretOnly = live, true, false
		w.Leaves = c.leaves(w)
		w.Spots = c.spots(w)
	}
	w.Move = move
	out.Write, out.Unknown = w, nil
	return out
}

// LooksLike reports whether a document is desired document i but for the identity, and
// has something beside it. Nobody can tell that where a secret is not given.
func (c Moves) LooksLike(i int, live bson.Raw) bool {
	isIdentity := func(p doc.Path) bool { return covered(c.Identity, p) || p[0] == "_id" }
	for _, p := range c.Identity {
		if c.Hides(i, p) || c.Hides(-1, p) {
			return false
		}
	}
	if slices.ContainsFunc(c.secrets.of(i), func(q secretPlace) bool { return len(q.missing) > 0 }) {
		return false
	}
	more := false
	c.Owned(&Place{}, c.Raw(i), func(p *Place, _ bson.RawValue) { more = more || !isIdentity(p.Path) })
	if !more {
		return false
	}
	found := c.Compare(i, live, nil)
	return !found.Refused && !slices.ContainsFunc(leafChanges(live, found.Write.After), func(l Leaf) bool { return !isIdentity(l.Path) })
}

// Followed reports whether the destination has, beside the document that moves, what
// it was to become: of a run that was ended between the two.
func (c Moves) Followed(i int, live, there bson.Raw) bool {
	if !c.Rekeys(i, live) {
		return false
	}
	found := c.Compare(i, live, nil)
	return !found.Refused && bytes.Equal(found.Write.After, there)
}

// identityFields are the paths of identity in which a moved document differs.
func (c *comparing) identityFields(wanted, live bson.Raw) {
	for _, p := range c.identity {
		v, _ := doc.Get(wanted, p)
		if l, ok := doc.Get(live, p); p[0] != "_id" && !(ok && doc.Identical(v, l)) {
			c.write(p, v, false)
		}
	}
}
