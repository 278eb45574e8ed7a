package undo

// The report of undo. In: steps; out: collections of the report. Pure.

import (
	"bytes"
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

// fillReport makes the report's collections of the steps, in the order of the
// undoing; done: they were carried out.
func fillReport(report *change.Report, steps []*step, done bool) {
	report.Collections = []change.CollectionReport{}
	at := map[stores.Namespace]int{}
	for _, s := range steps {
		n, ok := at[s.ns]
		if !ok {
			n = len(report.Collections)
			at[s.ns] = n
			report.Collections = append(report.Collections, change.CollectionReport{
				Database: s.ns.Database, Collection: s.ns.Collection, Indexes: []change.IndexItem{}, Documents: []change.DocumentItem{},
			})
		}
		s.report(&report.Collections[n], done)
	}
}

// report adds a step to the report of its collection.
func (s *step) report(c *change.CollectionReport, done bool) {
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
	for _, v := range s.documents {
		v.report(c)
	}
	if !done {
		return
	}
	if c.Done == nil {
		c.Done = &change.Done{}
	}
	for _, v := range s.documents {
		switch {
		case !v.done:
		case v.before == nil:
			c.Done.Inserted++
		case v.after == nil:
			c.Done.Deleted++
		default:
			c.Done.Updated++
		}
	}
	c.Done.Indexes += s.done.Indexes
	c.Done.ChangedIndexes += s.done.ChangedIndexes
	c.Done.DroppedIndexes += s.done.DroppedIndexes
	c.Done.Options += s.done.Options
}

// report adds a document: what is done with it, and that something is left.
func (v *reversal) report(c *change.CollectionReport) {
	item := change.DocumentItem{Changes: []change.Change{}}
	id := v.id
	if v.hidesID {
		id = doc.String(desired.MaskedSecret)
	}
	item.ID, item.Identity = change.Value{RawValue: id}, change.DocumentValue(doc.NewBuilder(64).Append("_id", id).Raw())
	if v.identity != nil {
		item.Identity = change.DocumentValue(v.identity)
	}
	if v.op != nil {
		done := item
		switch {
		case v.before == nil:
			done.Action = "insert"
			c.Counts.Insert++
			compare.Whole(&done, v.after, &v.mask, v.hidesAll, v.hidden, v.links)
		case v.after == nil:
			// What was inserted is shown by its identity alone: the journal has a digest of
			// it, and says not which of its values are secrets.
			done.Action = "delete"
			c.Counts.Delete++
		default:
			done.Action = "update"
			c.Counts.Update++
			done.Changes = compare.Changes(v.before, v.after, &v.mask, v.hidesAll, v.hidden, v.links)
			c.Counts.Lost += between.Lost(done.Changes)
		}
		c.Documents = append(c.Documents, done)
	}
	if v.reason != "" {
		item.Action, item.Reason = "left", v.reason
		c.Documents = append(c.Documents, item)
	}
}

// hides reports whether something of the document may not be shown.
func (v *reversal) hides() bool {
	differs := func(d bson.Raw) bool { return d != nil && !bytes.Equal(v.mask.Document(d), d) }
	return v.hidesAll || v.hidesID || len(v.hidden) > 0 || differs(v.before) || differs(v.after)
}
