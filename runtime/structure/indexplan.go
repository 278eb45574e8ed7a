package structure

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

// IndexPlan is what is to be done about the indexes of a collection.
type IndexPlan struct {
	Items  []change.IndexItem
	Builds []int      // items of indexes that are built on an existing collection
	Create []bson.Raw // as sent: missing ones, and ones that are dropped first
	Modify []IndexChange
	Drop   []bson.Raw // as listIndexes gave them
}

// IndexChange is a change in place.
type IndexChange struct {
	Change              // the index as listIndexes gives it
	wanted   bson.Raw   // as it would be sent
	Commands []bson.Raw // fields of collMod, one after the other
}

// Left counts the items that are something to do.
func (p *IndexPlan) Left() int {
	n := 0
	for _, item := range p.Items {
		if item.Action != "differs" {
			n++
		}
	}
	return n
}

// Item is that of an index; nil when there is none.
func (p *IndexPlan) Item(name, action string) *change.IndexItem {
	for i := range p.Items {
		if p.Items[i].Name == name && p.Items[i].Action == action {
			return &p.Items[i]
		}
	}
	return nil
}

// Built are the indexes that documents have to fit when they are written:
// created ones, and those that are changed, which may become unique.
func (p *IndexPlan) Built() []bson.Raw {
	built := slices.Clone(p.Create)
	for _, c := range p.Modify {
		if !HasOption(c.Before, "unique") {
			built = append(built, c.wanted)
		}
	}
	return built
}

// Drops reports whether an existing index goes.
func (p *IndexPlan) Drops(name string) bool {
	return slices.ContainsFunc(p.Drop, func(spec bson.Raw) bool { return stores.IndexName(spec) == name })
}

// Early are the indexes of some names that go, and those that can be created at once
// in their place. Unique ones are not: documents have to fit them first.
func (p *IndexPlan) Early(names []string) (drop, create []bson.Raw) {
	goes := func(spec bson.Raw) bool { return slices.Contains(names, stores.IndexName(spec)) }
	for _, spec := range p.Drop {
		if goes(spec) {
			drop = append(drop, spec)
		}
	}
	for _, spec := range p.Create {
		place := func(other bson.Raw) bool { return displaces(spec, other) }
		if !HasOption(spec, "unique") && slices.ContainsFunc(drop, place) &&
			!slices.ContainsFunc(p.Drop, func(d bson.Raw) bool { return place(d) && !goes(d) }) {
			create = append(create, spec)
		}
	}
	return drop, create
}

// InTurn are the indexes that go, apart: those that created ones take the place of,
// which go before these are created, and the others, which go after.
func (p *IndexPlan) InTurn() (before, after []bson.Raw) {
	for _, spec := range p.Drop {
		if slices.ContainsFunc(p.Create, func(c bson.Raw) bool { return displaces(c, spec) }) {
			before = append(before, spec)
		} else {
			after = append(after, spec)
		}
	}
	return before, after
}

// displaces reports whether an index can only be there when another one is gone.
func displaces(spec, other bson.Raw) bool {
	return stores.IndexName(spec) == stores.IndexName(other) || SameIndexKey(spec, other)
}

// Unprepared is the command that takes back that an index was prepared to be unique,
// where a command is one that makes it so: one that does not become unique must not
// stay prepared, which would keep duplicates out.
func Unprepared(command bson.Raw) (bson.Raw, bool) {
	index := documentOption(command, "index")
	if !HasOption(index, "unique") {
		return nil, false
	}
	back := doc.NewBuilder(64).AppendString("name", stores.IndexName(index)).Append("prepareUnique", doc.Bool(false))
	return doc.NewBuilder(96).AppendDocument("index", back.Raw()).Raw(), true
}

// inPlace is the change of an index by collMod.
func inPlace(wanted, e bson.Raw, names []string) IndexChange {
	c := IndexChange{Change: Change{Before: e, After: e}, wanted: wanted}
	command := func(options *doc.Builder) {
		c.Commands = append(c.Commands, doc.NewBuilder(96).AppendDocument("index", options.Raw()).Raw())
	}
	named := func() *doc.Builder { return doc.NewBuilder(64).AppendString("name", stores.IndexName(e)) }
	plain, n := named(), 0
	for _, name := range names {
		v, ok := stores.IndexOption(wanted, name)
		if ok {
			c.After = stores.Changed(c.After, []stores.Field{{Path: doc.Path{name}, Value: v}}, nil)
		} else {
			v = doc.Bool(false)
			c.After = stores.Changed(c.After, nil, []doc.Path{{name}})
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
	return c
}
