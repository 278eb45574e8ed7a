package model

// Unique indexes (docs/enforcement.md, Unique values that move, Unique
// conflicts; MongoDB manual: core/index-unique, core/index-multikey).

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// unique adds the conflicts of unique indexes: of those that are there, and of
// those that are built on documents as they will be.
func (r *run) unique(there, build []bson.Raw, documents []Value, deleted map[string]bool) {
	sortByID(documents)
	for _, spec := range there {
		if isUnique(spec) {
			r.uniqueThere(spec, documents, deleted)
		}
	}
	for _, spec := range build {
		if isUnique(spec) {
			r.uniqueBuilt(spec, documents, deleted)
		}
	}
}

// uniqueThere looks at the writes that change entries of an index, in identity order.
func (r *run) uniqueThere(spec bson.Raw, documents []Value, deleted map[string]bool) {
	var before []string // entries of the writes looked at
	for _, w := range r.writes {
		entries := entriesOf(spec, w.after)
		var old []string
		if !w.isInsert() {
			old = entriesOf(spec, w.before)
		}
		if !w.isInsert() && slices.Equal(old, entries) {
			continue
		}
		clash := intersect(entries, before)
		for _, d := range documents {
			if !w.isInsert() && d.id() == w.before.id() {
				continue
			}
			// What another one has now and keeps is taken; what it gives up can be had: one
			// after the other, or in a transaction.
			kept := entriesOf(spec, d)
			if rival := r.updateOf(d); rival >= 0 {
				kept = intersection(kept, entriesOf(spec, r.writes[rival].after))
			}
			taken := without(without(entries, old), before)
			clash = clash || !deleted[d.id()] && intersect(taken, kept)
		}
		if clash {
			r.conflicts["unique-violation"]++
		}
		before = append(before, entries...)
	}
}

// uniqueBuilt looks at all documents as they will be: wanted ones in identity
// order, then the others in `_id` order, each against those before it.
func (r *run) uniqueBuilt(spec bson.Raw, documents []Value, deleted map[string]bool) {
	var wanted, others []Value
	twin := map[string]bool{}
	for _, want := range r.wanted {
		k, _ := r.identity(want)
		for _, w := range r.writes {
			if wk, _ := r.identity(w.after); wk == k {
				wanted = append(wanted, w.after)
			}
		}
		for _, d := range r.twins(k) {
			twin[d.id()] = true
			if r.updateOf(d) < 0 && !deleted[d.id()] {
				wanted = append(wanted, d)
			}
		}
	}
	for _, d := range documents {
		if !twin[d.id()] && !deleted[d.id()] {
			others = append(others, d)
		}
	}
	var before []string
	for _, d := range append(wanted, others...) {
		entries := entriesOf(spec, d)
		if intersect(entries, before) {
			r.conflicts["unique-violation"]++
		}
		before = append(before, entries...)
	}
}

func (r *run) updateOf(d Value) int {
	return slices.IndexFunc(r.writes, func(w write) bool { return !w.isInsert() && w.before.id() == d.id() })
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func intersection(a, b []string) []string { return without(a, without(a, b)) }

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}

// isUnique: a unique index whose entries are known without a server.
func isUnique(spec bson.Raw) bool {
	d := Decode(spec)
	locale, collation := d.get("collation", "locale")
	return isTrue(d, "unique") && (!collation || locale.text() == "simple")
}

// isTrue: an option is true, or a number that is not 0.
func isTrue(spec Value, option string) bool {
	v, _ := spec.get(option)
	if _, ok := v.number(); ok {
		return !same(v, Value{Type: bson.TypeInt32, Bytes: make([]byte, 4)})
	}
	return v.Type == bson.TypeBoolean && v.Bytes[0] == 1
}

// CanBeUnique reports whether documents could have a unique index.
func CanBeUnique(spec bson.Raw, documents []bson.Raw) bool {
	c := Collection{Indexes: []bson.Raw{spec}}
	return !slices.ContainsFunc(documents, func(d bson.Raw) bool { return c.Insert(d) != nil })
}

// entriesOf are the entries of a document in an index, as keys, sorted, each once.
func entriesOf(spec bson.Raw, d Value) []string {
	pattern, _ := Decode(spec).get("key")
	if filter, ok := Decode(spec).get("partialFilterExpression"); ok && !matches(filter, d) {
		return nil
	}
	out, found := []string{""}, false
	for _, f := range pattern.Fields {
		values := entryValues(d, strings.Split(f.Name, "."))
		found = found || len(values) > 0
		if len(values) == 0 {
			values = []Value{{Type: bson.TypeNull}}
		}
		var next []string
		for _, e := range out {
			for _, v := range values {
				next = append(next, e+v.key())
			}
		}
		out = next
	}
	if !found && isTrue(Decode(spec), "sparse") {
		return nil
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// entryValues are what an index sees at a path: arrays give one value an element.
func entryValues(v Value, path []string) []Value {
	if len(path) == 0 {
		if v.Type != bson.TypeArray {
			return []Value{v}
		}
		var out []Value
		for _, f := range v.Fields {
			out = append(out, f.Value)
		}
		if len(out) == 0 {
			out = []Value{{Type: bson.TypeUndefined}}
		}
		return out
	}
	if v.isDocument() {
		if inner, ok := v.get(path[0]); ok {
			return entryValues(inner, path[1:])
		}
		return nil
	}
	if v.Type != bson.TypeArray {
		return nil
	}
	var out []Value
	if n, err := strconv.Atoi(path[0]); err == nil && n >= 0 && n < len(v.Fields) {
		return entryValues(v.Fields[n].Value, path[1:])
	}
	for _, f := range v.Fields {
		if f.Value.isDocument() {
			out = append(out, entryValues(f.Value, path)...)
		}
	}
	return out
}

// sortByID puts documents in the order of BSON values of their `_id`s.
func sortByID(documents []Value) {
	slices.SortStableFunc(documents, func(a, b Value) int {
		x, _ := a.get("_id")
		y, _ := b.get("_id")
		if n, ok := compareFamily(x, y); ok {
			return n
		}
		return rank(x) - rank(y) // documents among each other stay as they are
	})
}

// rank is the place of a type in BSON's order (MongoDB manual:
// reference/bson-type-comparison-order), for the types that tests have in `_id`.
func rank(v Value) int {
	return slices.Index([]bson.Type{bson.TypeInt32, bson.TypeString, bson.TypeEmbeddedDocument, bson.TypeObjectID}, map[bool]bson.Type{
		true: bson.TypeInt32, false: v.Type}[v.family() == familyNumber])
}
