package model

// Documents that get another identity (docs/enforcement.md, Moves).

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

// moves finds which documents are moved: the twins of their new identities, and of no
// other one.
func (r *run) moves() {
	r.given, r.away, r.stuck, r.leaving = map[string][]Value{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	if r.c.Mode == desired.Structure {
		return
	}
	for rest := r.c.Moves; len(rest) > 0; {
		n := 1
		for n < len(rest) && keyOf(rest[n].From) == keyOf(rest[n-1].To) {
			n++
		}
		r.chain(rest[:n])
		rest = rest[n:]
	}
}

func keyOf(values []bson.RawValue) string {
	key := ""
	for _, v := range values {
		key += decode(v).key()
	}
	return key
}

// chain moves along a chain: places before the free one are still to be moved.
func (r *run) chain(moves []desired.Move) {
	places := []string{keyOf(moves[0].From)}
	for _, m := range moves {
		places = append(places, keyOf(m.To))
	}
	var free []int
	for i, key := range places {
		if len(r.known(key)) == 0 {
			free = append(free, i)
		}
	}
	told := len(free) > 0
	for i := range places {
		if told && r.c.Mode != desired.Update && free[0] < i && i < free[len(free)-1] && len(r.known(places[i])) > 0 {
			told = false
		}
	}
	switch {
	case told:
		for i := range free[0] {
			r.given[places[i+1]] = r.known(places[i])
			r.away[places[i]] = true
		}
	case len(free) == 0 && len(moves) == 1 && r.followed(places[0], places[1]):
		old := r.known(places[0])[0]
		r.leaving[old.id()] = true
		r.away[places[0]] = true
	default:
		r.conflicts["cannot-move"]++
		for _, key := range places[1:] {
			r.stuck[key] = true
		}
	}
}

// followed: the old document was to become the new one, which is there.
func (r *run) followed(from, to string) bool {
	old, now := r.known(from), r.known(to)
	i := slices.IndexFunc(r.wanted, func(w Value) bool { k, _ := r.identity(w); return k == to })
	if len(old) != 1 || len(now) != 1 || !r.rekeys(r.wanted[i], old[0]) {
		return false
	}
	d := compare(r.c, r.wanted[i], r.rekeyed(r.wanted[i], old[0]))
	return !d.refused() && identical(d.final(r.rekeyed(r.wanted[i], old[0])), now[0])
}

// rekeys: the identity has the `_id`, so a moved document gets another one.
func (r *run) rekeys(wanted, live Value) bool {
	if !slices.ContainsFunc(lists(r.c.Identity), func(p []string) bool { return p[0] == "_id" }) {
		return false
	}
	a, _ := wanted.get("_id")
	b, _ := live.get("_id")
	return !identical(a, b)
}

func (r *run) rekeyed(wanted, live Value) Value {
	id, _ := wanted.get("_id")
	return changed(live, []string{"_id"}, id)
}

// known are the destination's documents of an identity, moved or not.
func (r *run) known(key string) []Value {
	var out []Value
	for _, d := range r.documents {
		if k, ok := r.identity(d); ok && k == key {
			out = append(out, d)
		}
	}
	return out
}

// move writes a moved document; it is not in sync, as its identity is another one.
func (r *run) move(wanted, live Value) {
	base := live
	if r.rekeys(wanted, live) {
		base = r.rekeyed(wanted, live)
	}
	difference := compare(r.c, wanted, base)
	if r.c.Mode == desired.Insert {
		for _, p := range lists(r.c.Identity) {
			v, _ := wanted.get(p...)
			if l, ok := base.get(p...); p[0] != "_id" && !(ok && identical(v, l)) {
				difference.edits = append(difference.edits, edit{path: p, value: v})
			}
		}
	}
	if refuse(r, difference) {
		return
	}
	r.counts.Update++
	if identical(base, live) {
		r.writes = append(r.writes, write{before: live, after: difference.apply(live)})
		return
	}
	r.leaving[live.id()] = true
	r.writes = append(r.writes, write{after: difference.final(base)})
}
