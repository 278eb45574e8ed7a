package undo

// The report of undo. In: steps, one at a time; out: collections of the report. Pure.

import (
	"bytes"
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// telling is a report that is made step by step, in the order of the undoing.
type telling struct {
	collections []change.CollectionReport
	at          map[stores.Namespace]int
	done        bool // the steps are carried out
	items       int  // of inserts and deletes in a collection; 0: all
	marks       []mark
	open        []openItem
}

// mark is how far the report of a step's collection is after it.
type mark struct {
	at                          int
	indexes, options, documents int
	counts                      change.Counts
	untold                      change.Untold
}

// openItem is the place of a document that is still to be written.
type openItem struct {
	at, document int
	v            *reversal
}

func newTelling(done bool, items int) *telling {
	return &telling{collections: []change.CollectionReport{}, at: map[stores.Namespace]int{}, done: done, items: items}
}

// tell adds a step.
func (t *telling) tell(s *step) {
	n, ok := t.at[s.ns]
	if !ok {
		n = len(t.collections)
		t.at[s.ns] = n
		t.collections = append(t.collections, change.CollectionReport{
			Database: s.ns.Database, Collection: s.ns.Collection, Indexes: []change.IndexItem{}, Documents: []change.DocumentItem{},
		})
		if t.done {
			t.collections[n].Done = &change.Done{}
		}
	}
	c := &t.collections[n]
	s.report(c)
	for _, v := range s.documents {
		if v.postponed {
			t.open = append(t.open, openItem{n, len(c.Documents), v})
			c.Documents = append(c.Documents, change.DocumentItem{})
			continue
		}
		c.Documents = append(c.Documents, t.document(c, v)...)
	}
	if t.done {
		c.Done.Indexes += s.done.Indexes
		c.Done.ChangedIndexes += s.done.ChangedIndexes
		c.Done.DroppedIndexes += s.done.DroppedIndexes
		c.Done.Options += s.done.Options
	}
	t.marks = append(t.marks, mark{n, len(c.Indexes), len(c.Options), len(c.Documents), c.Counts, c.Untold})
}

// close puts what was written last into its places.
func (t *telling) close() {
	for len(t.open) > 0 {
		c, n := &t.collections[t.open[0].at], 0
		var all []change.DocumentItem
		for i, o := range t.open {
			if o.at == t.open[0].at {
				all = append(append(all, c.Documents[n:o.document]...), t.document(c, t.open[i].v)...)
				n = o.document + 1
			}
		}
		c.Documents = append(all, c.Documents[n:]...)
		at := t.open[0].at
		t.open = slices.DeleteFunc(t.open, func(o openItem) bool { return o.at == at })
	}
}

// rest adds what was planned behind the steps that there are: the run ended before.
func (t *telling) rest(planned *telling) {
	reached := map[int]mark{}
	for _, m := range planned.marks[:min(len(t.marks), len(planned.marks))] {
		reached[m.at] = m
	}
	for i := range planned.collections {
		p, m := &planned.collections[i], reached[i]
		n, ok := t.at[stores.Namespace{Database: p.Database, Collection: p.Collection}]
		if !ok {
			t.collections = append(t.collections, *p)
			continue
		}
		c := &t.collections[n]
		c.Indexes, c.Options, c.Documents = append(c.Indexes, p.Indexes[m.indexes:]...), append(c.Options, p.Options[m.options:]...), append(c.Documents, p.Documents[m.documents:]...)
		c.Counts.Insert += p.Counts.Insert - m.counts.Insert
		c.Counts.Update += p.Counts.Update - m.counts.Update
		c.Counts.Delete += p.Counts.Delete - m.counts.Delete
		c.Counts.Lost += p.Counts.Lost - m.counts.Lost
		c.Untold.Inserts += p.Untold.Inserts - m.untold.Inserts
		c.Untold.Deletes += p.Untold.Deletes - m.untold.Deletes
		c.Reason = cmp.Or(c.Reason, p.Reason)
	}
}

// report adds what a step does beside documents to the report of its collection.
func (s *step) report(c *change.CollectionReport) {
	if s.created {
		c.Reason = leftCollection
	}
	if x := s.index; x != nil && x.action != "" {
		spec := x.before
		if x.action == "drop" || spec == nil {
			spec = x.after
		}
		item := change.IndexItem{Action: x.action, Name: stores.IndexName(spec), Spec: change.DocumentValue(spec), Reason: x.reason}
		if x.action == "change" {
			item.Before, item.Changes = change.DocumentValue(x.after), between.Documents(x.after, spec, between.Sides{})
		}
		c.Indexes = append(c.Indexes, item)
	}
	if o := s.options; o != nil {
		for _, name := range slices.Concat(o.names, o.left) {
			item := change.OptionItem{Name: name}
			if v, ok := doc.Get(o.after, doc.Path{name}); ok {
				item.Before = change.Value{RawValue: v}
			}
			if v, ok := doc.Get(o.before, doc.Path{name}); ok {
				item.After = change.Value{RawValue: v}
			}
			item.Changes = structure.OptionChanges(name, item.Before.RawValue, item.After.RawValue)
			switch {
			case slices.Contains(o.left, name):
				item.Reason = leftDocument
			case o.reason != "":
				item.Reason = o.reason
			}
			c.Options = append(c.Options, item)
		}
	}
}

// document counts what is done with a document; out are its items: that, and that something
// is left.
func (t *telling) document(c *change.CollectionReport, v *reversal) (items []change.DocumentItem) {
	if t.done && v.done {
		switch {
		case v.before == nil:
			c.Done.Inserted++
		case v.after == nil:
			c.Done.Deleted++
		default:
			c.Done.Updated++
		}
	}
	item := v.item()
	done := item
	switch {
	case v.op == nil:
	case v.before == nil:
		if c.Counts.Insert++; t.items > 0 && c.Counts.Insert > t.items {
			c.Untold.Inserts++
			break
		}
		done.Action = "insert"
		compare.Whole(&done, v.after, &v.mask, v.hidesAll, v.hidden, v.links)
		items = append(items, done)
	case v.after == nil:
		// What was inserted is shown by its identity alone: the journal has a digest of
		// it, and says not which of its values are secrets.
		if c.Counts.Delete++; t.items > 0 && c.Counts.Delete > t.items {
			c.Untold.Deletes++
			break
		}
		done.Action = "delete"
		items = append(items, done)
	default:
		done.Action = "update"
		c.Counts.Update++
		done.Changes = compare.Changes(v.before, v.after, &v.mask, v.hidesAll, v.hidden, v.links)
		c.Counts.Lost += between.Lost(done.Changes)
		items = append(items, done)
	}
	if v.reason != "" {
		item.Action, item.Reason = "left", v.reason
		items = append(items, item)
	}
	for i := range items { // records of the journal and documents are let go
		items[i].Detach()
	}
	return items
}

// item names the document.
func (v *reversal) item() change.DocumentItem {
	item := change.DocumentItem{Changes: []change.Change{}}
	id := v.id
	if v.hidesID {
		id = doc.String(desired.MaskedSecret)
	}
	item.ID, item.Identity = change.Value{RawValue: id}, change.DocumentValue(doc.NewBuilder(64).Append("_id", id).Raw())
	if v.identity != nil {
		item.Identity = change.DocumentValue(v.identity)
	}
	return item
}

// hides reports whether something of the document may not be shown.
func (v *reversal) hides() bool {
	differs := func(d bson.Raw) bool { return d != nil && !bytes.Equal(v.mask.Document(d), d) }
	return v.hidesAll || v.hidesID || len(v.hidden) > 0 || differs(v.before) || differs(v.after)
}
