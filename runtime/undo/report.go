package undo

// The report of undo. In: steps, one at a time; out: collections of the report. Pure.

import (
	"bytes"
	"cmp"
	"iter"
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
	// packed are the documents of collections, those of which the report has not all; nil of others.
	packed []*change.Packed
	done   bool // the steps are carried out
	items  int  // of inserts, updates and deletes in a collection; 0: all
	marks  []mark
	open   []openItem
}

// mark is how far the report of a step's collection is after it.
type mark struct {
	at                          int
	indexes, options, documents int // documents: those that have an item
	all                         int // documents
	counts                      change.Counts
	untold                      change.Untold
}

// openItem is the place of a document that is still to be written: among those that have an item,
// and among all.
type openItem struct {
	at, document, all int
	v                 *reversal
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
		t.packed = append(t.packed, nil)
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
			t.open = append(t.open, openItem{n, len(c.Documents), t.all(n), v})
			t.put(n, []change.DocumentItem{{}}, false)
			continue
		}
		items, untold := t.document(c, v)
		t.put(n, items, untold)
	}
	if t.done {
		c.Done.Indexes += s.done.Indexes
		c.Done.ChangedIndexes += s.done.ChangedIndexes
		c.Done.DroppedIndexes += s.done.DroppedIndexes
		c.Done.Options += s.done.Options
	}
	t.marks = append(t.marks, mark{n, len(c.Indexes), len(c.Options), len(c.Documents), t.all(n), c.Counts, c.Untold})
}

// put adds items to a collection; untold: the first of them is only packed.
func (t *telling) put(n int, items []change.DocumentItem, untold bool) {
	c := &t.collections[n]
	if untold {
		t.pack(n)
	}
	if t.packed[n] != nil {
		for i := range items {
			t.packed[n].Add(&items[i])
		}
	}
	if untold {
		items = items[1:]
	}
	for i := range items { // records of the journal and documents are let go
		items[i].Detach()
	}
	c.Documents = append(c.Documents, items...)
}

// pack packs the documents of a collection from now on.
func (t *telling) pack(n int) {
	if t.packed[n] != nil {
		return
	}
	t.packed[n] = &change.Packed{}
	c := &t.collections[n]
	for i := range c.Documents {
		t.packed[n].Add(&c.Documents[i])
	}
	c.All = func(func(string) bool) iter.Seq[change.DocumentItem] { return t.packed[n].All() }
}

// all is how many documents of a collection there are.
func (t *telling) all(n int) int {
	if t.packed[n] != nil {
		return t.packed[n].Len()
	}
	return len(t.collections[n].Documents)
}

// close puts what was written last into its places.
func (t *telling) close() {
	for len(t.open) > 0 {
		at, n := t.open[0].at, 0
		c := &t.collections[at]
		var all []change.DocumentItem
		places := map[int][]change.DocumentItem{} // among all
		for _, o := range t.open {
			if o.at == at {
				items, untold := t.document(c, o.v)
				places[o.all] = items
				if untold {
					t.pack(at)
					items = items[1:]
				}
				all = append(append(all, c.Documents[n:o.document]...), items...)
				n = o.document + 1
			}
		}
		for i := range all {
			all[i].Detach()
		}
		c.Documents = append(all, c.Documents[n:]...)
		if t.packed[at] != nil {
			for n, items := range places {
				for i := range items {
					items[i].Detach()
				}
				t.packed[at].Replace(n, items)
			}
		}
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
			t.collections, t.packed = append(t.collections, *p), append(t.packed, planned.packed[i])
			continue
		}
		c := &t.collections[n]
		if planned.packed[i] != nil {
			t.pack(n)
		}
		if t.packed[n] != nil {
			at := 0
			for item := range p.Items() {
				if at++; at > m.all {
					t.packed[n].Add(&item)
				}
			}
		}
		c.Indexes, c.Options, c.Documents = append(c.Indexes, p.Indexes[m.indexes:]...), append(c.Options, p.Options[m.options:]...), append(c.Documents, p.Documents[m.documents:]...)
		c.Counts.Insert += p.Counts.Insert - m.counts.Insert
		c.Counts.Update += p.Counts.Update - m.counts.Update
		c.Counts.Delete += p.Counts.Delete - m.counts.Delete
		c.Counts.Lost += p.Counts.Lost - m.counts.Lost
		c.Untold.Inserts += p.Untold.Inserts - m.untold.Inserts
		c.Untold.Updates += p.Untold.Updates - m.untold.Updates
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

// document counts what is done with a document; out are its items: that, which is untold where the
// report has enough of them, and that something is left.
func (t *telling) document(c *change.CollectionReport, v *reversal) (items []change.DocumentItem, untold bool) {
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
	counted := func(n, beyond *int) {
		if *n++; t.items > 0 && *n > t.items {
			*beyond++
			untold = true
		}
	}
	switch {
	case v.op == nil:
	case v.before == nil:
		counted(&c.Counts.Insert, &c.Untold.Inserts)
		done.Action = "insert"
		compare.Whole(&done, v.after, &v.mask, v.hidesAll, v.hidden, v.links)
		items = append(items, done)
	case v.after == nil:
		// What was inserted is shown by its identity alone: the journal has a digest of
		// it, and says not which of its values are secrets.
		counted(&c.Counts.Delete, &c.Untold.Deletes)
		done.Action = "delete"
		items = append(items, done)
	default:
		counted(&c.Counts.Update, &c.Untold.Updates)
		done.Action = "update"
		done.Changes = compare.Changes(v.before, v.after, &v.mask, v.hidesAll, v.hidden, v.links)
		c.Counts.Lost += between.Lost(done.Changes)
		items = append(items, done)
	}
	if v.reason != "" {
		item.Action, item.Reason = "left", v.reason
		items = append(items, item)
	}
	return items, untold
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
