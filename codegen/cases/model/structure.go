package model

// Kinds of collections, indexes and options (docs/enforcement.md, Structure).
// Of indexes, those that two key patterns tell apart; of options, those of
// documents' validation. The rest is left to cases of the corpus.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func kind(options bson.Raw) string {
	if len(options) == 0 {
		return "collection"
	}
	for option, kind := range map[string]string{"viewOn": "view", "timeseries": "time series", "capped": "capped"} {
		if v, err := options.LookupErr(option); err == nil && !(v.Type == bson.TypeBoolean && !v.Boolean()) {
			return kind
		}
	}
	return "collection"
}

// indexPlan is what becomes of the indexes of a collection.
type indexPlan struct {
	after   []bson.Raw // all that are there in the end
	there   []bson.Raw // those that documents meet while they are written
	build   []bson.Raw // those that are made, or made unique, on the documents as they will be
	changed bool
}

// indexes plans, for a collection that is there.
func (r *run) indexes() indexPlan {
	p := indexPlan{after: slices.Clone(r.live.Indexes)}
	find := func(is func(bson.Raw) bool) int { return slices.IndexFunc(p.after, is) }
	drop := func(i int) {
		if i >= 0 {
			p.after, p.changed = slices.Delete(p.after, i, i+1), true
		}
	}
	create := func(spec bson.Raw) {
		p.after, p.build, p.changed = append(p.after, spec), append(p.build, spec), true
	}
	isWanted := func(spec bson.Raw) bool {
		return slices.ContainsFunc(r.c.Indexes, func(w bson.Raw) bool { return sameKey(w, spec) })
	}
	for _, name := range r.c.DropIndexes {
		drop(find(func(spec bson.Raw) bool { return name == indexName(spec) }))
	}
	for i := 0; r.c.IndexesExact && i < len(p.after); {
		if isWanted(p.after[i]) {
			i++
		} else {
			drop(i)
		}
	}
	// Enforced ones first: where they go from, a name may be had.
	wanted := slices.Clone(r.c.Indexes)
	slices.SortStableFunc(wanted, func(a, b bson.Raw) int { return btoi(r.enforced(b)) - btoi(r.enforced(a)) })
	remade := map[string]bool{}
	for _, w := range wanted {
		enforced := r.enforced(w)
		_, ttl := Decode(w).get("expireAfterSeconds")
		twin := find(func(spec bson.Raw) bool { return sameKey(w, spec) })
		namesake := find(func(spec bson.Raw) bool { return indexName(w) == indexName(spec) && !sameKey(w, spec) })
		named := twin >= 0 && r.named(w, p.after[twin]) && !r.isClaimed(w, p.after[twin])
		other := -1 // the index that no line is for and that has this name now
		if namesake >= 0 {
			other = slices.IndexFunc(wanted, func(o bson.Raw) bool { return !r.enforced(o) && sameKey(o, p.after[namesake]) })
		}
		blocked := other >= 0 && find(func(spec bson.Raw) bool { return indexName(spec) == indexName(wanted[other]) }) >= 0
		switch {
		case twin >= 0 && named && inSync(w, p.after[twin]):
		case !enforced && (twin >= 0 || namesake >= 0 || ttl && !remade[indexName(w)]):
		case twin >= 0 && named && inPlace(w, p.after[twin]):
			before := p.after[twin]
			p.after[twin], p.changed = modified(before, w), true
			if isUnique(w) && !isUnique(before) {
				p.build = append(p.build, w)
			}
		case blocked:
		default:
			if other >= 0 {
				remade[indexName(wanted[other])] = true // under its own name
			}
			drop(namesake)
			drop(find(func(spec bson.Raw) bool { return sameKey(w, spec) }))
			create(w)
		}
	}
	for _, spec := range r.live.Indexes {
		if slices.ContainsFunc(p.after, func(a bson.Raw) bool { return sameKey(a, spec) && indexName(a) == indexName(spec) && inPlace(a, spec) }) {
			p.there = append(p.there, spec) // what goes is no obstacle
		}
	}
	return p
}

func (r *run) enforced(w bson.Raw) bool {
	return r.c.IndexesExact || slices.Contains(r.c.Declared, indexName(w))
}

// named: the twin has the name that the index is to have, if any.
func (r *run) named(w, twin bson.Raw) bool {
	return !slices.Contains(r.c.Declared, indexName(w)) || indexName(w) == indexName(twin) || indexName(w) == givenName(w)
}

// isClaimed: another index that is enforced is to be made with the name of an enforced one's twin.
func (r *run) isClaimed(w, twin bson.Raw) bool {
	return r.enforced(w) && slices.ContainsFunc(r.c.Indexes, func(other bson.Raw) bool {
		i := slices.IndexFunc(r.live.Indexes, func(spec bson.Raw) bool { return sameKey(other, spec) })
		isMade := i < 0 || !r.named(other, r.live.Indexes[i]) || !inPlace(other, r.live.Indexes[i])
		return r.enforced(other) && !sameKey(w, other) && indexName(other) == indexName(twin) && isMade
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// givenName is the name that a server gives an index on one field, ascending.
func givenName(spec bson.Raw) string {
	return Decode(spec.Lookup("key").Document()).Fields[0].Name + "_1"
}

// inPlace: nothing differs but what collMod changes.
func inPlace(wanted, there bson.Raw) bool {
	for _, option := range []string{"unique", "sparse", "expireAfterSeconds"} {
		w, t := optionOf(wanted, option), optionOf(there, option)
		if (w.Type == 0) != (t.Type == 0) && (option == "sparse" || w.Type == 0) {
			return false
		}
	}
	return true
}

// modified is an index with the options of another one.
func modified(there, wanted bson.Raw) bson.Raw {
	out := Decode(there)
	for _, option := range []string{"unique", "expireAfterSeconds", "hidden"} {
		out = changed(out, []string{option}, optionOf(wanted, option))
	}
	return out.Encode()
}

func indexName(spec bson.Raw) string { return spec.Lookup("name").StringValue() }

func sameKey(a, b bson.Raw) bool { return same(decode(a.Lookup("key")), decode(b.Lookup("key"))) }

// inSync: the options that matter are the same, absent as false.
func inSync(a, b bson.Raw) bool {
	for _, option := range []string{"unique", "sparse", "expireAfterSeconds", "hidden"} {
		x, y := optionOf(a, option), optionOf(b, option)
		if x.Type != 0 && y.Type != 0 && !same(x, y) || (x.Type == 0) != (y.Type == 0) {
			return false
		}
	}
	return true
}

// optionOf is an option as it counts: false is absent.
func optionOf(spec bson.Raw, name string) Value {
	v, _ := Decode(spec).get(name)
	if v.Type == bson.TypeBoolean && v.Bytes[0] == 0 {
		return Value{}
	}
	return v
}

// defaults of the options that are enforced here (MongoDB manual: reference/command/create).
var defaults = map[string]Value{
	"validator": {Type: bson.TypeEmbeddedDocument}, "validationLevel": stringValue("strict"), "validationAction": stringValue("error"),
}

// validate finds writes that the validator in force refuses. Of levels, strict and off.
func (r *run) validate(options bson.Raw) {
	if len(options) == 0 {
		return
	}
	o := Decode(options)
	validator, given := o.get("validator")
	level, _ := o.get("validationLevel")
	action, _ := o.get("validationAction")
	if !given || same(level, stringValue("off")) || same(action, stringValue("warn")) {
		return
	}
	for _, w := range r.writes {
		if !matches(validator, w.after) {
			r.conflicts["validator-violation"]++
		}
	}
}

// options gives those of a collection that is there, and whether they change.
func (r *run) options() (after bson.Raw, different bool) {
	out := Value{Type: bson.TypeEmbeddedDocument}
	if len(r.live.Options) > 0 {
		out = Decode(r.live.Options)
	}
	wanted := Value{Type: bson.TypeEmbeddedDocument}
	if len(r.c.Options) > 0 {
		wanted = Decode(r.c.Options)
	}
	for _, name := range r.c.SetOptions {
		want, given := wanted.get(name)
		if !given {
			want = defaults[name]
		}
		have, there := out.get(name)
		if !there {
			have = defaults[name]
		}
		if !same(want, have) {
			out, different = changed(out, []string{name}, want), true
		}
	}
	if !different {
		return r.live.Options, false
	}
	return out.Encode(), true
}
