package model

// What differs between a wanted document and its twin (docs/enforcement.md,
// Modes). Levels with two fields of one name are left to cases of the corpus.

import (
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

// edit is one path that is to be another: Value is what is wanted there, the
// zero Value that nothing is.
type edit struct {
	path  []string
	value Value
	// weak: no reason to write the document.
	weak bool
}

// difference is what is found about one document.
type difference struct {
	owner
	edits                            []edit
	destinationOnly, preservedInside bool
	unclear                          bool // a list owned in part; nothing else is known
}

func (d *difference) reason() bool {
	return slices.ContainsFunc(d.edits, func(e edit) bool { return !e.weak })
}

func (d *difference) refused() bool { return d.destinationOnly || d.preservedInside || d.unclear }

func compare(c *desired.Collection, wanted, live Value) *difference {
	d := &difference{owner: newOwner(c, wanted, live)}
	if d.besides(); d.unclear {
		return d
	}
	wanted = d.wanted
	switch c.Mode {
	case desired.Replace, desired.Exact:
		d.whole(wanted, live, nil)
		d.destinationOnly = c.Mode == desired.Replace && d.unknown(live, nil)
	case desired.Merge, desired.Update:
		d.leaves(wanted, live, nil)
		d.absent()
	}
	return d
}

// edit notes one; a value that is written or removed must not hold a carved-out path.
func (d *difference) edit(path []string, value Value, weak bool) {
	if !d.isList(path) && d.holdsCarved(path) {
		d.preservedInside = true
		return
	}
	d.edits = append(d.edits, edit{path, value, weak || d.ignored(path)})
}

// whole compares a level of which the weave owns everything (replace, exact).
func (d *difference) whole(wanted, live Value, path []string) {
	for _, f := range wanted.Fields {
		at := append(slices.Clone(path), f.Name)
		if len(at) == 1 && f.Name == "_id" || d.carved(at) {
			continue
		}
		l, there := live.get(f.Name)
		switch {
		case !there:
			d.onlyWanted(f.Value, at)
		case f.Value.isDocument() && l.isDocument() && d.enters(at):
			d.whole(f.Value, l, at)
		default:
			d.value(f.Value, l, at)
		}
	}
	for _, f := range live.Fields {
		at := append(slices.Clone(path), f.Name)
		if _, there := wanted.get(f.Name); !there && !(len(at) == 1 && f.Name == "_id") {
			d.onlyLive(f.Value, at)
		}
	}
}

// value compares a value that both have as one.
func (d *difference) value(wanted, live Value, path []string) {
	if live.Type == bson.TypeArray && d.holdsLeftOut(live, path) {
		live = d.withoutLeaves(live)
	}
	if !identical(wanted, live) {
		d.edit(path, d.without(wanted, path), false)
	}
}

// onlyWanted is a field that the destination lacks.
func (d *difference) onlyWanted(wanted Value, path []string) {
	value := d.without(wanted, path)
	if value.isDocument() && len(value.Fields) == 0 && len(wanted.Fields) > 0 {
		return // nothing of it is the weave's
	}
	d.edit(path, value, d.nothingOwned(wanted, path))
}

// onlyLive removes a field that is not wanted, but for what is carved out of it.
func (d *difference) onlyLive(live Value, path []string) {
	switch {
	case d.carved(path):
	case live.isDocument() && d.holdsCarved(path):
		for _, f := range live.Fields {
			d.onlyLive(f.Value, append(slices.Clone(path), f.Name))
		}
	default:
		d.edit(path, Value{}, d.nothingOwned(live, path))
	}
}

// leaves compares a level of which the weave owns what it has (merge, update).
func (d *difference) leaves(wanted, live Value, path []string) {
	for _, f := range wanted.Fields {
		at := append(slices.Clone(path), f.Name)
		if len(at) == 1 && f.Name == "_id" || d.carved(at) {
			continue
		}
		l, there := live.get(f.Name)
		switch {
		case f.Value.isDocument() && l.isDocument():
			d.leaves(f.Value, l, at)
		case !there:
			d.onlyWanted(f.Value, at)
		default:
			d.value(f.Value, l, at)
		}
	}
}

// absent removes the paths of `absent`.
func (d *difference) absent() {
	paths := lists(d.c.Absent)
	slices.SortStableFunc(paths, func(a, b []string) int { return cmp.Compare(len(a), len(b)) })
	for _, p := range paths {
		_, inWanted := d.wanted.get(p...)
		_, inLive := d.live.get(p...)
		written := slices.ContainsFunc(d.edits, func(e edit) bool { return hasPrefix(p, e.path) || hasPrefix(e.path, p) })
		if inLive && !inWanted && !written && !d.carved(p) {
			d.edit(p, Value{}, false)
		}
	}
}

// unknown: the destination has a field that neither the data nor a rule knows.
func (d *difference) unknown(live Value, path []string) bool {
	found := false
	for _, f := range live.Fields {
		at := append(slices.Clone(path), f.Name)
		if len(at) == 1 && f.Name == "_id" || d.carved(at) || d.ignored(at) {
			continue
		}
		w, inWanted := d.wanted.get(at...)
		known := slices.ContainsFunc(d.known, func(p []string) bool { return slices.Equal(p, at) })
		switch {
		case inWanted && !w.isDocument():
		case !inWanted && !known && !(f.Value.isDocument() && d.below(at)):
			found = true
		case f.Value.isDocument():
			found = d.unknown(f.Value, at) || found
		}
	}
	return found
}
