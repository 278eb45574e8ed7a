// Package order finds which planned writes of a collection violate its unique
// indexes, and in which order the others go, as one may take a value that another
// one gives up.
//
// In: planned writes, deletions, the destination's documents and its unique
// indexes, as a Collection. Out: a Plan: violations, indexes that go first, and
// stages of writes. Pure; the rules are docs/enforcement.md, Unique conflicts and
// Unique values that move.
package order

import (
	"iter"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Write is a planned insert or update.
type Write struct {
	Wanted int // the position of the desired document
	// Before and After are the document; of an insert, Before is nil. After has at least
	// what indexes have of it.
	Before, After bson.Raw
	Bytes         int // of both; After may have less than all fields
}

// Collection is what the order of its writes depends on.
type Collection struct {
	Writes  []Write
	Deletes []bson.Raw // the documents that are deleted
	// Live are destination documents, at least all that have an entry of Lookups; where
	// an index is to be built, all documents.
	Live []bson.Raw
	// Twins are the destination documents that have the identity of a desired one, each
	// with its position.
	Twins   iter.Seq2[int, bson.Raw]
	Indexes []Index
	// Together are inserts that go with a delete, as both are of one document.
	Together []Wait
	// Unknown are the names of unique indexes that go, and whose entries only a server
	// can compute.
	Unknown []string
}

// Plan is the order of a collection's writes.
type Plan struct {
	Clashes []Clash
	// Early are the names of unique indexes that go before the documents are written,
	// as they are in the way of one.
	Early  []string
	Stages []Stage
	// Stuck are the writes that no order allows, ascending, each with the first that it
	// waits for. They are in stages that are Whole, or behind one.
	Stuck []Wait
}

// Of finds the order of a collection's writes.
func Of(c *Collection) Plan {
	var p Plan
	waits := append(c.check(&p), c.Together...)
	if len(c.Writes) > 0 { // whether one of them is in the way nobody can tell
		p.Early = append(p.Early, c.Unknown...)
	}
	deletes := map[string]int{}
	for i, d := range c.Deletes {
		deletes[idKey(d)] = i
	}
	var stuck []int
	p.Stages, stuck = inStages(len(c.Writes), waits, func(w Wait) int { return deletes[doc.Key(w.Other)] })
	for _, i := range stuck {
		p.Stuck = append(p.Stuck, waits[slices.IndexFunc(waits, func(w Wait) bool {
			return w.Write == i && (w.Holder < 0 || slices.Contains(stuck, w.Holder))
		})])
	}
	return p
}

// check holds the writes against every index: violations and early ones go into
// the plan. It returns what waits for what.
func (c *Collection) check(p *Plan) (waits []Wait) {
	if len(c.Indexes) == 0 || len(c.Writes) == 0 && !slices.ContainsFunc(c.Indexes, func(ix Index) bool { return ix.Build }) {
		return nil
	}
	live := slices.Clone(c.Live)
	slices.SortStableFunc(live, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
	written, deleted := map[string]int{}, map[string]bool{}
	for i, w := range c.Writes {
		if w.Before != nil {
			written[idKey(w.Before)] = i
		}
	}
	for _, d := range c.Deletes {
		deleted[idKey(d)] = true
	}
	for i := range c.Indexes {
		ix := &c.Indexes[i]
		var clashes []Clash
		switch {
		case ix.Leaving:
			continue
		case ix.Build:
			clashes = ix.checkBuild(c.finals(live, written, deleted), func(id bson.RawValue) bool {
				_, changes := written[doc.Key(id)]
				return !changes && !deleted[doc.Key(id)]
			})
		default:
			var more []Wait
			clashes, more = ix.check(i, c.Writes, live, written, deleted)
			waits = append(waits, more...)
		}
		for _, clash := range clashes {
			clash.Index = i
			p.Clashes = append(p.Clashes, clash)
		}
	}
	// One that goes stays until the documents are written, unless it is in the way.
	for i := range c.Indexes {
		ix := &c.Indexes[i]
		if !ix.Leaving {
			continue
		}
		clashes, more := ix.check(i, c.Writes, live, written, deleted)
		_, without := inWaves(len(c.Writes), waits)
		if _, with := inWaves(len(c.Writes), slices.Concat(waits, more)); len(clashes) > 0 || len(with) > len(without) {
			p.Early = append(p.Early, ix.Name)
			continue
		}
		waits = append(waits, more...)
	}
	return waits
}

func idKey(d bson.Raw) string { return doc.Key(d.Lookup("_id")) }

// final is a document as it will be.
type final struct {
	raw    bson.Raw
	wanted int // desired document; -1: none
}

// finals are all documents of the collection as they will be: the desired ones
// in identity order, then the others in `_id` order.
func (c *Collection) finals(live []bson.Raw, written map[string]int, deleted map[string]bool) []final {
	var out, rest []final
	twin := map[string]int{} // key of a destination document's `_id` -> desired document
	for i, d := range c.Twins {
		twin[idKey(d)] = i
	}
	for _, w := range c.Writes {
		out = append(out, final{w.After, w.Wanted})
	}
	for _, d := range live {
		id := idKey(d)
		if _, ok := written[id]; ok || deleted[id] {
			continue
		}
		if i, ok := twin[id]; ok {
			out = append(out, final{d, i})
			continue
		}
		rest = append(rest, final{d, -1})
	}
	slices.SortStableFunc(out, func(a, b final) int { return a.wanted - b.wanted })
	return append(out, rest...)
}
