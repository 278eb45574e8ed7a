package model

// Links: places that hold the `_id` which a document of a collection of the
// state has at the destination (docs/enforcement.md, Links).

import (
	"slices"

	"github.com/hayone1/mongocd/runtime/desired"
)

// link puts ids into the wanted documents, or passes documents over.
func (r *run) link(runs []*run) {
	if r.inConflict() {
		return
	}
	for i, d := range r.c.Documents {
		k, _ := r.identity(r.wanted[i])
		twins := r.twins(k)
		if r.stuck[k] || len(twins) > 1 || len(twins) == 0 && r.c.Mode == desired.Update || len(twins) == 1 && r.c.Mode == desired.Insert {
			continue
		}
		for _, l := range d.Links {
			if len(twins) == 1 && slices.ContainsFunc(lists(r.c.Preserve), func(p []string) bool { return hasPrefix(l.Path, p) }) {
				continue
			}
			id, found, told := target(runs, l)
			switch {
			case !told:
				r.passed[i] = true
			case !found:
				r.passed[i] = true
				r.conflicts["link-missing"]++
			default:
				put(&r.wanted[i], l.Path, id)
			}
		}
	}
}

// target is the `_id` that a link stands for; told: whether that can be known.
func target(runs []*run, l desired.LinkedID) (id Value, found, told bool) {
	i := slices.IndexFunc(runs, func(r *run) bool { return r.c.Database == l.Database && r.c.Name == l.Collection })
	if i < 0 || runs[i].inConflict() {
		return Value{}, false, false
	}
	r, key := runs[i], ""
	for _, v := range l.Identity {
		key += decode(v).key()
	}
	switch twins := r.twins(key); {
	case len(twins) > 1:
		return Value{}, false, false
	case len(twins) == 1 && !(r.given[key] != nil && r.rekeys(r.wantedBy(key), twins[0])):
		id, _ = twins[0].get("_id")
		return id, true, true
	case len(twins) == 0 && r.c.Mode == desired.Update:
		return Value{}, false, true
	}
	for _, wanted := range r.wanted {
		if k, _ := r.identity(wanted); k == key {
			id, _ = r.inserted(wanted).get("_id")
			return id, true, true
		}
	}
	return Value{}, false, true
}

// twins are the destination's documents of an identity.
func (r *run) twins(key string) []Value {
	switch {
	case r.given[key] != nil:
		return r.given[key]
	case r.away[key]:
		return nil
	}
	return r.known(key)
}

// wantedBy is the wanted document of an identity.
func (r *run) wantedBy(key string) Value {
	i := slices.IndexFunc(r.wanted, func(w Value) bool { k, _ := r.identity(w); return k == key })
	return r.wanted[i]
}
