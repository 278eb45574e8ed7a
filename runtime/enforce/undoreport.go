package enforce

// The report of undo. In: steps; out: collections of the report. Pure.

import (
	"encoding/json"
	"slices"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// fillReport makes the report's collections of the steps, in the order of the
// undoing.
func (u *undoRun) fillReport() {
	u.report.Collections = []CollectionReport{}
	at := map[stores.Namespace]int{}
	for _, s := range u.steps {
		n, ok := at[s.ns]
		if !ok {
			n = len(u.report.Collections)
			at[s.ns] = n
			u.report.Collections = append(u.report.Collections, CollectionReport{
				Database: s.ns.Database, Collection: s.ns.Collection, Indexes: []IndexItem{}, Documents: []DocumentItem{},
			})
		}
		s.report(&u.report.Collections[n], !u.planOnly)
	}
}

// report adds a step to the report of its collection.
func (s *undoStep) report(c *CollectionReport, done bool) {
	if s.created {
		c.Reason = leftCollection
	}
	if x := s.index; x != nil && x.action != "" {
		spec := x.before
		if x.action == "drop" || spec == nil {
			spec = x.after
		}
		item := IndexItem{Action: x.action, Name: stores.IndexName(spec), Spec: canonicalDocument(spec), Reason: x.reason}
		if x.action == "change" {
			item.Before = canonicalDocument(x.after)
		}
		c.Indexes = append(c.Indexes, item)
	}
	if o := s.options; o != nil {
		for _, name := range slices.Concat(o.names, o.left) {
			item := OptionItem{Name: name}
			if v, ok := doc.Get(o.after, doc.Path{name}); ok {
				item.Before = canonical(v)
			}
			if v, ok := doc.Get(o.before, doc.Path{name}); ok {
				item.After = canonical(v)
			}
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
		c.Done = &Done{}
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
func (v *reversal) report(c *CollectionReport) {
	item := DocumentItem{ID: canonical(v.id), Changes: []Change{}}
	item.Identity = canonicalDocument(doc.NewBuilder(64).Append("_id", v.id).Raw())
	if v.hidesID {
		item.ID, item.Identity = maskedJSON, json.RawMessage(`{"_id":"`+masked+`"}`)
	}
	if v.identity != nil {
		item.Identity = canonicalDocument(v.identity)
	}
	if v.op != nil {
		done := item
		switch {
		case v.before == nil:
			done.Action = "insert"
			c.Counts.Insert++
		case v.after == nil:
			done.Action = "delete"
			c.Counts.Delete++
		default:
			done.Action = "update"
			c.Counts.Update++
			done.Changes = v.changes()
		}
		c.Documents = append(c.Documents, done)
	}
	if v.reason != "" {
		item.Action, item.Reason = "left", v.reason
		c.Documents = append(c.Documents, item)
	}
}

// changes are leaf by leaf, hidden ones masked.
func (v *reversal) changes() []Change {
	leaves := leafChanges(v.before, v.after)
	slices.SortStableFunc(leaves, func(a, b leaf) int { return doc.ComparePaths(a.path, b.path) })
	out := make([]Change, len(leaves))
	for i, l := range leaves {
		c := Change{Path: l.path.String()}
		if l.before.Type != 0 {
			c.Before = canonical(l.before)
		}
		if l.after.Type != 0 {
			c.After = canonical(l.after)
		}
		c.Links = linkItems(l.path, linkedIn(l, v.links))
		if v.hidesAll || related(v.hidden, l.path) {
			c.Links = nil
			if c.Before != nil {
				c.Before = maskedJSON
			}
			if c.After != nil {
				c.After = maskedJSON
			}
		}
		out[i] = c
	}
	return out
}
