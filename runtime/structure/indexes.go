package structure

// Indexes. In: the wanted ones with what the weave says of them, and those that
// listIndexes gave; out: what is created, changed in place and dropped, with
// items for the report. Pure; the rules are docs/enforcement.md, Structure.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Reasons of index items.
//
//js:table
const (
	reasonName    = "another index has this name"
	reasonOptions = "has other options at the destination ({options})" // names of options, sorted, joined by ", "
	reasonTTL     = "deletes documents and is not created on an existing collection"
	// changes: "option: before → after", joined by ", ".
	reasonInPlace    = "{changes}"
	reasonRebuilt    = "{changes}; dropped and created again"
	reasonDropIndex  = "drop index"
	reasonExact      = "indexes exact"
	reasonNameWanted = "another index is to have its name"
)

// wantedIndex is a wanted index with what was found for it.
type wantedIndex struct {
	spec     bson.Raw // as sent
	name     string
	enforced bool // the weave has a line for it
	named    bool // its name counts: it is no default one
	// twin is the existing one that would be it, first the one that was found
	// before anything was to go; -1: none.
	twin, first int
	rebuild     bool // its twin goes, and it is created in its place
	blocked     bool // its twin would have to go, and its name is not free
}

// CompareIndexes finds what is to be done: create all of them when the
// collection is missing. collation is that of the collection, wire the server's.
func CompareIndexes(c *desired.Collection, existing []bson.Raw, missing bool, collation bson.Raw, wire int32) IndexPlan {
	existing = slices.DeleteFunc(slices.Clone(existing), stores.IsIDIndex)
	var wanted []wantedIndex
	for _, spec := range c.Indexes {
		if stores.IsIDIndex(spec) {
			continue
		}
		name := stores.IndexName(spec)
		declared := slices.Contains(c.Declared, name)
		wanted = append(wanted, wantedIndex{
			spec: collated(spec, collation, declared), name: name,
			enforced: declared || c.IndexesExact, named: declared && name != defaultName(spec),
		})
	}
	m := matching{existing: existing, going: make([]string, len(existing)), wire: wire}
	for i, e := range existing {
		if slices.Contains(c.DropIndexes, stores.IndexName(e)) {
			m.going[i] = reasonDropIndex
		}
	}
	m.match(wanted)
	for i := range wanted {
		wanted[i].first = wanted[i].twin
	}
	for m.clear(wanted) {
		m.match(wanted)
	}
	if c.IndexesExact {
		for i := range existing {
			if m.going[i] == "" && !slices.ContainsFunc(wanted, func(w wantedIndex) bool { return w.twin == i }) {
				m.going[i] = reasonExact
			}
		}
	}
	return m.plan(wanted, missing)
}

// collated is an index as it is sent to a collection with a collation: one
// that the source lists without has the simple one there, and so has one of a
// kind that knows no other; a declared one gets the collection's.
// MongoDB manual: reference/command/createIndexes, collation.
func collated(spec, collation bson.Raw, declared bool) bson.Raw {
	if _, has := doc.Get(spec, doc.Path{"collation"}); has || len(collation) == 0 {
		return spec
	}
	for _, v := range doc.Fields(documentOption(spec, "key")) {
		kind, _ := v.StringValueOK()
		declared = declared && kind != "text" && kind != "2d"
	}
	if !declared {
		collation = doc.NewBuilder(32).AppendString("locale", "simple").Raw()
	}
	return doc.With(spec, "collation", doc.Value(collation))
}

// defaultName is the name that a server gives an index.
func defaultName(spec bson.Raw) string {
	var parts []string
	for name, v := range doc.Fields(documentOption(spec, "key")) {
		kind, ok := v.StringValueOK()
		if !ok {
			kind = change.ShowValue(v)
		}
		parts = append(parts, name, kind)
	}
	return strings.Join(parts, "_")
}

// matching finds the existing index of each wanted one.
type matching struct {
	existing []bson.Raw
	going    []string // why an existing one is dropped; empty: it is not
	wire     int32
}

// match gives every wanted index a twin of its own: with its options, the one
// of its name first, or with its name, or any.
func (m *matching) match(wanted []wantedIndex) {
	claimed := make([]bool, len(m.existing))
	for i := range wanted {
		wanted[i].twin = -1
	}
	named := func(w *wantedIndex, e bson.Raw) bool { return stores.IndexName(e) == w.name }
	equal := func(w *wantedIndex, e bson.Raw) bool { return len(differing(w, e)) == 0 }
	for _, fits := range []func(w *wantedIndex, e bson.Raw) bool{
		func(w *wantedIndex, e bson.Raw) bool { return named(w, e) && equal(w, e) },
		equal, named,
		func(*wantedIndex, bson.Raw) bool { return true },
	} {
		for i := range wanted {
			w := &wanted[i]
			for j, e := range m.existing {
				if w.twin < 0 && !w.rebuild && !claimed[j] && m.going[j] == "" && SameIndexKey(w.spec, e) && fits(w, e) {
					w.twin, claimed[j] = j, true
				}
			}
		}
	}
}

// clear finds existing indexes that must go before an enforced one can be
// created: its twin, when it cannot be changed in place, and one that has its
// name. It reports whether it found any.
func (m *matching) clear(wanted []wantedIndex) bool {
	found := false
	for i := range wanted {
		w := &wanted[i]
		if !w.enforced {
			continue
		}
		w.blocked = false
		if w.twin >= 0 && m.modifiable(w, m.existing[w.twin]) {
			continue
		}
		holder := m.named(w.name)
		// One that is wanted under another name is made anew, unless nobody says that this name is to be freed, too.
		others := func(o wantedIndex) bool { return o.twin == holder && !o.enforced && m.named(o.name) >= 0 }
		if holder >= 0 && holder != w.twin && slices.ContainsFunc(wanted, others) {
			w.blocked = w.twin >= 0 // what is there in its place stays
			continue
		}
		if w.twin >= 0 {
			m.going[w.twin], w.rebuild, found = reasonRebuilt, true, true
		}
		if holder >= 0 && m.going[holder] == "" {
			m.going[holder], found = reasonNameWanted, true
		}
	}
	return found
}

// named finds the existing index of a name that does not go; -1: none.
func (m *matching) named(name string) int {
	for i, e := range m.existing {
		if m.going[i] == "" && stores.IndexName(e) == name {
			return i
		}
	}
	return -1
}

// taken finds an existing index that a server would take for the same one and
// that stays, another wanted one's twin; -1: none.
func (m *matching) taken(spec bson.Raw) int {
	for i, e := range m.existing {
		if m.going[i] == "" && SameIndexKey(spec, e) {
			return i
		}
	}
	return -1
}

// plan says what is to be done for each wanted index, in the state's order, and
// then for those that go, by name.
func (m *matching) plan(wanted []wantedIndex, missing bool) IndexPlan {
	p := IndexPlan{Items: []change.IndexItem{}}
	add := func(action string, w *wantedIndex, before bson.Raw, reason string) {
		item := change.IndexItem{Action: action, Name: w.name, Spec: change.DocumentValue(w.spec), Reason: reason}
		if before != nil {
			item.Before, item.Changes = change.DocumentValue(described(before)), indexChanges(w.spec, before, differing(w, before))
		}
		p.Items = append(p.Items, item)
	}
	create := func(action string, w *wantedIndex, before bson.Raw, reason string) {
		if !missing {
			p.Builds = append(p.Builds, len(p.Items))
		}
		add(action, w, before, reason)
		p.Create = append(p.Create, w.spec)
	}
	rebuilt := make([]bool, len(m.existing))
	for i := range wanted {
		w := &wanted[i]
		_, ttl := stores.IndexOption(w.spec, "expireAfterSeconds")
		switch {
		case w.twin >= 0:
			e := m.existing[w.twin]
			switch names := differing(w, e); {
			case len(names) == 0:
			case w.blocked:
				add("differs", w, nil, reasonName)
			case !w.enforced:
				add("differs", w, nil, change.Fill(reasonOptions, "options", strings.Join(names, ", ")))
			default:
				add("change", w, e, change.Fill(reasonInPlace, "changes", changesOf(w.spec, e, names)))
				p.Modify = append(p.Modify, inPlace(w.spec, e, names))
			}
		case m.named(w.name) >= 0:
			add("differs", w, nil, reasonName)
		case w.rebuild || w.first >= 0 && m.going[w.first] == reasonNameWanted:
			e := m.existing[w.first]
			rebuilt[w.first], w.named = true, true
			create("change", w, e, change.Fill(reasonRebuilt, "changes", changesOf(w.spec, e, differing(w, e))))
		case !w.enforced && m.taken(w.spec) >= 0:
			add("differs", w, nil, change.Fill(reasonOptions, "options", strings.Join(differing(w, m.existing[m.taken(w.spec)]), ", ")))
		case ttl && !missing && !w.enforced:
			add("differs", w, nil, reasonTTL)
		default:
			create("create", w, nil, "")
		}
	}
	drops := len(p.Items)
	for i, e := range m.existing {
		if m.going[i] == "" {
			continue
		}
		p.Drop = append(p.Drop, e)
		if !rebuilt[i] {
			p.Items = append(p.Items, change.IndexItem{Action: "drop", Name: stores.IndexName(e), Spec: change.DocumentValue(described(e)), Reason: m.going[i]})
		}
	}
	slices.SortFunc(p.Items[drops:], func(a, b change.IndexItem) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Drop, func(a, b bson.Raw) int { return strings.Compare(stores.IndexName(a), stores.IndexName(b)) })
	return p
}

// described is an index as a report has it: without what every index has.
func described(e bson.Raw) bson.Raw { return stores.Changed(e, nil, []doc.Path{{"v"}, {"ns"}}) }

// indexChanges are the changes of options, by their names.
func indexChanges(wanted, existing bson.Raw, names []string) (out []change.Change) {
	for _, name := range names {
		before, _ := indexOption(existing, name)
		after, _ := indexOption(wanted, name)
		out = append(out, between.Values([]string{name}, before, after, between.Sides{})...)
	}
	return out
}

// changesOf lists options with what they are and will be.
func changesOf(wanted, existing bson.Raw, names []string) string {
	text := func(spec bson.Raw, name string) string {
		if v, ok := indexOption(spec, name); ok {
			return change.ShowValue(v)
		}
		return change.MissingText
	}
	var out []string
	for _, name := range names {
		out = append(out, name+": "+text(existing, name)+" → "+text(wanted, name))
	}
	return strings.Join(out, ", ")
}

// differing are the names of the options that differ, sorted.
func differing(w *wantedIndex, e bson.Raw) []string {
	names := differingOptions(w.spec, e)
	if w.named && w.name != stores.IndexName(e) {
		names = append(names, "name")
		slices.Sort(names)
	}
	return names
}

// modifiable reports whether collMod can make the index what is wanted, or
// nothing is to be changed (MongoDB manual: reference/command/collMod, Change
// Index Properties).
func (m *matching) modifiable(w *wantedIndex, e bson.Raw) bool {
	for _, name := range differing(w, e) {
		_, wanted := stores.IndexOption(w.spec, name)
		_, there := stores.IndexOption(e, name)
		switch name {
		case "hidden":
		case "expireAfterSeconds":
			if !wanted || !there && !(ttlByCollMod.in(m.wire) && single(w.spec)) {
				return false
			}
		case "unique":
			if !wanted || !uniqueByCollMod.in(m.wire) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// single reports whether an index has one field, ascending or descending.
func single(spec bson.Raw) bool {
	n := 0
	for _, v := range doc.Fields(documentOption(spec, "key")) {
		if _, special := v.StringValueOK(); special {
			return false
		}
		n++
	}
	return n == 1
}
