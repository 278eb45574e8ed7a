package undo

// A run of before, shown. In: its record and its journal; out: a report of what it wrote,
// in which nothing is that undo may not show. Nothing but the state database is asked.

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// Show is the report of a run of before: N, WEAVE/ENVIRONMENT/N, or the newest one for an
// empty name. It only reads. The error is for a destination that keeps no runs, or options
// that do not fit; everything else is in the report.
func Show(ctx context.Context, store stores.Store, weave, environment, name string, options enforce.Options) (*change.Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, control.ErrNoState
	}
	state := &desired.State{Weave: weave, Environment: environment}
	if err := options.Check(state); err != nil {
		return nil, err
	}
	u, err := newRun(store, state, Options{Run: name}, options)
	if err != nil {
		return nil, err
	}
	u.report.Command = "runs"
	if err := show(ctx, u); err != nil {
		return u.finish("read", err), nil
	}
	u.report.Outcome, u.report.Exit = u.undone.Outcome, change.ExitDone
	return u.report, nil
}

// show puts the run into the report.
func show(ctx context.Context, u *run) error {
	runs, err := u.db.Runs(ctx, u.about.Weave, u.about.Environment)
	if err != nil {
		return err
	}
	at := 0 // the newest one, undone or not
	if u.which.Run != "" {
		at = control.FindRun(runs, u.which.Run)
	}
	if len(runs) == 0 {
		return u.refuse(change.NoRun, "weave", change.Clean(u.about.Weave), "environment", change.Clean(u.about.Environment))
	}
	if at < 0 {
		return u.refuse(change.NoSuchRun, "run", change.Clean(u.which.Run), "weave", change.Clean(u.about.Weave), "environment", change.Clean(u.about.Environment))
	}
	u.undone = runs[at]
	_, keyed := u.undone.Sealed()
	key := ""
	switch {
	case keyed && u.options.JournalKey == "":
		u.report.Record = &u.undone.RunRecord
		u.report.Notes = append(u.report.Notes, noteSealed)
		return nil
	case keyed:
		key = u.options.JournalKey
	}
	var records []control.JournalRecord
	_, err = u.db.Prove(ctx, &u.undone, key, "", nil, func() { records = nil }, func(r *control.JournalRecord) { records = append(records, *r) })
	if err != nil {
		return err
	}
	u.report.Record, u.report.Collections = &u.undone.RunRecord, writtenBy(records)
	return nil
}

// writtenBy is what a run wrote, by collection in the order of its journal. Of a write that
// was sent again the last item counts.
func writtenBy(records []control.JournalRecord) []change.CollectionReport {
	all, at := []change.CollectionReport{}, map[stores.Namespace]int{}
	last := map[string]int{} // by place, action and _id: the number of the item
	key := func(r control.JournalRecord, item bson.Raw) string {
		return fmt.Sprintf("%s\x00%s\x00%s", r.Namespace, r.Action, doc.Key(item.Lookup("_id")))
	}
	n := 0
	for _, r := range records {
		for _, item := range r.Items {
			last[key(r, item)] = n
			n++
		}
	}
	n = 0
	for _, r := range records {
		i, ok := at[r.Namespace]
		if !ok {
			i = len(all)
			at[r.Namespace] = i
			all = append(all, change.CollectionReport{Database: r.Namespace.Database, Collection: r.Namespace.Collection, Indexes: []change.IndexItem{}, Documents: []change.DocumentItem{}})
		}
		for _, item := range r.Items {
			if !aboutDocuments(r.Action) || last[key(r, item)] == n {
				written(&all[i], pastItem{r.Namespace.Database, r.Action, r.Owning, item})
			}
			n++
		}
	}
	return all
}

// written adds an item of the journal to the report of its collection.
func written(c *change.CollectionReport, p pastItem) {
	before, _ := p.item.Lookup("before").DocumentOK()
	after, _ := p.item.Lookup("after").DocumentOK()
	switch p.action {
	case control.JournalCreate:
		c.Missing = true
	case control.JournalCreateIndex:
		c.Indexes = append(c.Indexes, change.IndexItem{Action: "create", Name: stores.IndexName(after), Spec: change.DocumentValue(after)})
	case control.JournalDropIndex:
		c.Indexes = append(c.Indexes, change.IndexItem{Action: "drop", Name: stores.IndexName(before), Spec: change.DocumentValue(before)})
	case control.JournalChangeIndex:
		c.Indexes = append(c.Indexes, change.IndexItem{Action: "change", Name: stores.IndexName(after), Spec: change.DocumentValue(after),
			Before: change.DocumentValue(before), Changes: between.Documents(before, after, between.Sides{})})
	case control.JournalOptions:
		c.Options = append(c.Options, optionsWritten(before, after)...)
	default:
		documentWritten(c, p, before, after)
	}
}

// optionsWritten are the options that a collMod changed, in the order of both sides.
func optionsWritten(before, after bson.Raw) (items []change.OptionItem) {
	seen := map[string]bool{}
	for _, side := range []bson.Raw{before, after} {
		for name := range doc.Fields(side) {
			if seen[name] {
				continue
			}
			seen[name] = true
			item := change.OptionItem{Name: name}
			item.Before.RawValue, _ = doc.Get(before, doc.Path{name})
			item.After.RawValue, _ = doc.Get(after, doc.Path{name})
			item.Changes = structure.OptionChanges(name, item.Before.RawValue, item.After.RawValue)
			items = append(items, item)
		}
	}
	return items
}

// documentWritten adds a document. What was inserted is shown by its identity alone: the
// journal has a digest of it.
func documentWritten(c *change.CollectionReport, p pastItem, before, after bson.Raw) {
	v := &reversal{id: p.item.Lookup("_id")}
	v.describe(p)
	if p.action == control.JournalUpdate {
		before, after = v.fieldsOf(p.item)
	}
	item := v.item()
	switch p.action {
	case control.JournalInsert:
		item.Action = "insert"
		c.Counts.Insert++
	case control.JournalDelete:
		item.Action = "delete"
		c.Counts.Delete++
		compare.Whole(&item, before, &v.mask, v.hidesAll, v.hidden, v.links)
	default:
		item.Action = "update"
		c.Counts.Update++
		item.Changes = compare.Changes(before, after, &v.mask, v.hidesAll, v.hidden, v.links)
		c.Counts.Lost += between.Lost(item.Changes)
	}
	c.Documents = append(c.Documents, item)
}

// fieldsOf are both sides of an update, of which the journal has the fields that it wrote.
func (v *reversal) fieldsOf(item bson.Raw) (before, after bson.Raw) {
	sides := [2]bson.Raw{doc.Empty, doc.Empty}
	fields, _ := item.Lookup("fields").ArrayOK()
	for _, f := range doc.Fields(bson.Raw(fields)) {
		field := f.Document()
		path := doc.Path(doc.StringsOf(field.Lookup("path")))
		if hidden, _ := field.Lookup("secret").BooleanOK(); hidden {
			v.hidden = append(v.hidden, path)
		}
		for i, name := range []string{"before", "after"} {
			value := field.Lookup(name)
			there := value.Type != 0
			if !there { // what it lies in is on both sides
				value = bson.RawValue{Type: bson.TypeNull}
			}
			sides[i] = stores.Changed(sides[i], []stores.Field{{Path: path, Value: value}}, nil)
			if !there {
				sides[i] = stores.Changed(sides[i], nil, []doc.Path{path})
			}
		}
	}
	return sides[0], sides[1]
}
