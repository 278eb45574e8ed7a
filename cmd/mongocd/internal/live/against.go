package live

// How a plan differs from the one that was approved. In: two reports; out: reports of
// the items that only one of them has, and of those that each of them has otherwise, for
// the views. Items are compared as data. Pure.

import (
	"encoding/json"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// against is how the present plan of a weave differs from the approved one: the sections
// that have something.
type against []view.Section

// comparePlans compares an approved plan with the present one.
func comparePlans(approved, present *change.Report) against {
	was, is := planItems(approved), planItems(present)
	var gone, added, before, after []planItem
	now, same := map[string]planItem{}, map[string]bool{}
	for _, p := range is {
		now[p.thing] = p
	}
	for _, p := range was {
		switch other, there := now[p.thing]; {
		case !there:
			gone = append(gone, p)
		case p.says != other.says:
			before, after = append(before, p), append(after, other)
		}
		same[p.thing] = true
	}
	for _, p := range is {
		if !same[p.thing] {
			added = append(added, p)
		}
	}
	var a against
	for _, s := range []struct {
		heading string
		items   []planItem
	}{
		{"approved, and no more planned", gone},
		{"planned now, and not approved", added},
		{"planned otherwise: as it was approved", before},
		{"planned otherwise: as it is now", after},
	} {
		if len(s.items) > 0 {
			a = append(a, view.Section{Heading: s.heading, Report: reportOf(present, s.items)})
		}
	}
	return a
}

// text is what differs, for people.
func (a against) text(f view.Form) string {
	f.Quiet, f.Brief, f.Filter = false, false, view.Filter{} // it is why nothing was written
	return view.Sections("what differs from the approved plan of", a, f)
}

// planItem is one thing that a plan says.
type planItem struct {
	thing string // what it is about: no other item of the plan has it
	says  string // what an approval binds of it, as JSON
	// What it is: a hook, or of a collection one index, option, document or change of
	// one, or that it is missing.
	hook *change.HookItem
	of   change.CollectionReport
}

// planItems are what a plan says of collections, indexes, options, documents and their
// changes, and hooks. Secrets that only have another text, or may, are left out: they may
// be given now and not then.
func planItems(r *change.Report) []planItem {
	var out []planItem
	times := map[string]int{}
	add := func(p planItem, says any, about ...any) {
		thing := jsonOf(about)
		times[thing]++
		p.thing, p.says = jsonOf([]any{thing, times[thing]}), jsonOf(says)
		out = append(out, p)
	}
	for _, c := range r.Collections {
		one := func() planItem {
			return planItem{of: change.CollectionReport{Database: c.Database, Collection: c.Collection, Mode: c.Mode, Origin: c.Origin}}
		}
		if c.Missing {
			p := one()
			p.of.Missing = true
			add(p, true, c.Database, c.Collection, "collection")
		}
		for _, o := range c.Options {
			p := one()
			p.of.Options = []change.OptionItem{o}
			add(p, []change.Value{o.Before, o.After}, c.Database, c.Collection, "option", o.Name)
		}
		for _, x := range c.Indexes {
			if x.Action == "differs" { // nothing is done about it
				continue
			}
			p := one()
			x.Build = nil
			p.of.Indexes = []change.IndexItem{x}
			add(p, []any{x.Action, x.Spec, x.Before}, c.Database, c.Collection, "index", x.Name)
		}
		for _, d := range c.Documents {
			if d.Action == "unknown" || d.Action == "absent" || d.Action == "keep" { // nothing is written
				continue
			}
			p, about := one(), []any{c.Database, c.Collection, d.Action, d.Identity}
			if d.Action == "insert" || d.Action == "delete" {
				d.Changes, d.Source, d.Rules, d.File = nil, change.Value{}, nil, ""
				p.of.Documents = []change.DocumentItem{d}
				add(p, []any{d.ID, d.Document}, about...)
				continue
			}
			bare := change.DocumentItem{Action: d.Action, Identity: d.Identity, ID: d.ID, From: d.From, Origin: d.Origin}
			if d.Action == "move" {
				p.of.Documents = []change.DocumentItem{bare}
				add(p, []any{d.ID, d.From}, about...)
			}
			for _, x := range d.Changes {
				if secretOnly(x) {
					continue
				}
				p := one()
				x.Source, x.Rules = change.Value{}, nil
				bare.Changes = []change.Change{x}
				p.of.Documents = []change.DocumentItem{bare}
				add(p, []any{d.ID, x.Kind, x.Before, x.After, x.Links}, append(about[:4:4], x.Path)...)
			}
		}
	}
	for _, h := range r.Hooks {
		add(planItem{hook: &h}, h.Command, h.When, h.Database)
	}
	return out
}

// jsonOf is data as JSON.
func jsonOf(data any) string {
	text, err := json.Marshal(data)
	if err != nil { // values of a report are JSON always
		return err.Error()
	}
	return string(text)
}

// reportOf is a report of the items, in their order, with its numbers.
func reportOf(r *change.Report, items []planItem) *change.Report {
	out := change.NewReport(r.Weave, r.Environment, r.Command)
	out.Outcome = change.Changes
	for _, p := range items {
		if p.hook != nil {
			out.Hooks = append(out.Hooks, *p.hook)
			continue
		}
		n := len(out.Collections) - 1
		if n < 0 || out.Collections[n].Database != p.of.Database || out.Collections[n].Collection != p.of.Collection {
			out.Collections, n = append(out.Collections, change.CollectionReport{Database: p.of.Database, Collection: p.of.Collection, Mode: p.of.Mode, Origin: p.of.Origin}), n+1
		}
		c := &out.Collections[n]
		c.Missing = c.Missing || p.of.Missing
		c.Options, c.Indexes = append(c.Options, p.of.Options...), append(c.Indexes, p.of.Indexes...)
		for _, d := range p.of.Documents {
			if last := len(c.Documents) - 1; last >= 0 && c.Documents[last].Action == d.Action && doc.Same(c.Documents[last].Identity.RawValue, d.Identity.RawValue) {
				c.Documents[last].Changes = append(c.Documents[last].Changes, d.Changes...)
			} else {
				c.Documents = append(c.Documents, d)
			}
		}
	}
	for i := range out.Collections {
		c := &out.Collections[i]
		for _, d := range c.Documents {
			switch d.Action {
			case "insert":
				c.Counts.Insert++
			case "update", "move":
				c.Counts.Update++
				c.Counts.Lost += between.Lost(d.Changes)
			case "delete":
				c.Counts.Delete++
			}
		}
	}
	return out
}

// secretOnly: a secret only has another text, or may have.
func secretOnly(c change.Change) bool {
	before, _ := c.Before.StringValueOK()
	after, _ := c.After.StringValueOK()
	return c.Unknown != nil || before == desired.MaskedSecret && after == before
}
