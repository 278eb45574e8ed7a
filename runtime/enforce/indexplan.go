package enforce

// What is to be done about the indexes of a collection, and the commands for it. In:
// what comparing found (indexes.go); out: which indexes are created, changed and
// dropped, in which turn, and the fields of collMod. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// indexPlan is what is to be done about the indexes of a collection.
type indexPlan struct {
	items  []change.IndexItem
	builds []int      // items of indexes that are built on an existing collection
	create []bson.Raw // as sent: missing ones, and ones that are dropped first
	modify []indexChange
	drop   []bson.Raw // as listIndexes gave them
}

// indexChange is a change in place.
type indexChange struct {
	optionsChange            // the index as listIndexes gives it
	wanted        bson.Raw   // as it would be sent
	commands      []bson.Raw // fields of collMod, one after the other
}

// left counts the items that are something to do.
func (p *indexPlan) left() int {
	n := 0
	for _, item := range p.items {
		if item.Action != "differs" {
			n++
		}
	}
	return n
}

// item is that of an index; nil when there is none.
func (p *indexPlan) item(name, action string) *change.IndexItem {
	for i := range p.items {
		if p.items[i].Name == name && p.items[i].Action == action {
			return &p.items[i]
		}
	}
	return nil
}

// built are the indexes that documents have to fit when they are written:
// created ones, and those that are changed, which may become unique.
func (p *indexPlan) built() []bson.Raw {
	built := slices.Clone(p.create)
	for _, change := range p.modify {
		if !hasOption(change.before, "unique") {
			built = append(built, change.wanted)
		}
	}
	return built
}

// drops reports whether an existing index goes.
func (p *indexPlan) drops(name string) bool {
	return slices.ContainsFunc(p.drop, func(spec bson.Raw) bool { return stores.IndexName(spec) == name })
}

// early are the indexes of some names that go, and those that can be created at once
// in their place. Unique ones are not: documents have to fit them first.
func (p *indexPlan) early(names []string) (drop, create []bson.Raw) {
	goes := func(spec bson.Raw) bool { return slices.Contains(names, stores.IndexName(spec)) }
	for _, spec := range p.drop {
		if goes(spec) {
			drop = append(drop, spec)
		}
	}
	for _, spec := range p.create {
		place := func(other bson.Raw) bool { return displaces(spec, other) }
		if !hasOption(spec, "unique") && slices.ContainsFunc(drop, place) &&
			!slices.ContainsFunc(p.drop, func(d bson.Raw) bool { return place(d) && !goes(d) }) {
			create = append(create, spec)
		}
	}
	return drop, create
}

// inTurn are the indexes that go, apart: those that created ones take the place of,
// which go before these are created, and the others, which go after.
func (p *indexPlan) inTurn() (before, after []bson.Raw) {
	for _, spec := range p.drop {
		if slices.ContainsFunc(p.create, func(c bson.Raw) bool { return displaces(c, spec) }) {
			before = append(before, spec)
		} else {
			after = append(after, spec)
		}
	}
	return before, after
}

// displaces reports whether an index can only be there when another one is gone.
func displaces(spec, other bson.Raw) bool {
	return stores.IndexName(spec) == stores.IndexName(other) || sameIndexKey(spec, other)
}

// unprepared is the command that takes back that an index was prepared to be unique,
// where a command is one that makes it so: one that does not become unique must not
// stay prepared, which would keep duplicates out.
func unprepared(command bson.Raw) (bson.Raw, bool) {
	index := documentOption(command, "index")
	if !hasOption(index, "unique") {
		return nil, false
	}
	back := doc.NewBuilder(64).AppendString("name", stores.IndexName(index)).Append("prepareUnique", doc.Bool(false))
	return doc.NewBuilder(96).AppendDocument("index", back.Raw()).Raw(), true
}

// inPlace is the change of an index by collMod.
func inPlace(wanted, e bson.Raw, names []string) indexChange {
	change := indexChange{optionsChange: optionsChange{before: e, after: e}, wanted: wanted}
	command := func(options *doc.Builder) {
		change.commands = append(change.commands, doc.NewBuilder(96).AppendDocument("index", options.Raw()).Raw())
	}
	named := func() *doc.Builder { return doc.NewBuilder(64).AppendString("name", stores.IndexName(e)) }
	plain, n := named(), 0
	for _, name := range names {
		v, ok := stores.IndexOption(wanted, name)
		if ok {
			change.after = stores.Changed(change.after, []stores.Field{{Path: doc.Path{name}, Value: v}}, nil)
		} else {
			v = doc.Bool(false)
			change.after = stores.Changed(change.after, nil, []doc.Path{{name}})
		}
		if name != "unique" {
			plain.Append(name, v)
			n++
		}
	}
	if n > 0 {
		command(plain)
	}
	if slices.Contains(names, "unique") {
		command(named().Append("prepareUnique", doc.Bool(true)))
		command(named().Append("unique", doc.Bool(true)))
	}
	return change
}
