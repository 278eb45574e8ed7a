package live

// How a plan differs from the one that was saved. In: two reports; out: a line for each
// item that only one of them has, as the views write it. Items are compared as data.
// Pure.

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
)

// reportChanges is how the present plan differs from the saved one.
func reportChanges(saved, present *change.Report) []string {
	was, is := planItems(saved), planItems(present)
	var out []string
	only := func(says string, these, others []planItem) {
		known := make(map[string]bool, len(others))
		for _, o := range others {
			known[o.key] = true
		}
		for _, p := range these {
			if !known[p.key] {
				out = append(out, says+p.line())
			}
		}
	}
	only("was planned: ", was, is)
	only("is now: ", is, was)
	return out
}

// planItem is one thing that a plan says.
type planItem struct {
	key    string         // all that it says, as JSON
	report *change.Report // with nothing else in it
}

// line is an item as text.
func (p planItem) line() string {
	var out []string
	for i, line := range strings.Split(view.Text(p.report, true), "\n") {
		if text := strings.TrimSpace(line); i > 0 && text != "" && !strings.HasPrefix(line, "result: ") {
			out = append(out, text)
		}
	}
	return strings.Join(out, " ")
}

// planItems are what a plan says of collections, indexes, options, documents and their
// changes, hooks and notes. Secrets that only have another text, or may, are left out:
// they may be given now and not then. So is what artefacts do not know.
func planItems(r *change.Report) []planItem {
	var out []planItem
	add := func(item change.Report) {
		item.Command, item.Weave, item.Environment, item.Outcome = r.Command, r.Weave, r.Environment, change.Changes
		key, err := json.Marshal(item)
		if err != nil { // a report is JSON always
			key = []byte(err.Error())
		}
		out = append(out, planItem{string(key), &item})
	}
	for _, c := range r.Collections {
		collection := func(fill func(*change.CollectionReport)) {
			one := change.CollectionReport{Database: c.Database, Collection: c.Collection}
			fill(&one)
			add(change.Report{Collections: []change.CollectionReport{one}})
		}
		if c.Missing {
			collection(func(one *change.CollectionReport) { one.Missing = true })
		}
		for _, o := range c.Options {
			collection(func(one *change.CollectionReport) { one.Options = []change.OptionItem{o} })
		}
		for _, x := range c.Indexes {
			x.Build = nil
			collection(func(one *change.CollectionReport) { one.Indexes = []change.IndexItem{x} })
		}
		for _, d := range c.Documents {
			bare := change.DocumentItem{Action: d.Action, Identity: d.Identity, ID: d.ID, From: d.From}
			if d.Action == "move" {
				collection(func(one *change.CollectionReport) { one.Documents = []change.DocumentItem{bare} })
			} else if d.Action != "update" && d.Action != "unknown" {
				bare.Document, bare.Hidden, bare.Links, bare.Reason = d.Document, d.Hidden, d.Links, d.Reason
				bare.Cause, bare.Since = d.Cause, d.Since
				collection(func(one *change.CollectionReport) { one.Documents = []change.DocumentItem{bare} })
				continue
			}
			for _, x := range slices.DeleteFunc(slices.Clone(d.Changes), secretOnly) {
				x.Source, x.Rules = change.Value{}, nil
				bare.Changes = []change.Change{x}
				collection(func(one *change.CollectionReport) { one.Documents = []change.DocumentItem{bare} })
			}
		}
	}
	for _, h := range r.Hooks {
		add(change.Report{Hooks: []change.HookItem{h}})
	}
	for _, note := range r.Notes {
		add(change.Report{Notes: []string{note}})
	}
	return out
}

// secretOnly: a secret only has another text, or may have.
func secretOnly(c change.Change) bool {
	before, _ := c.Before.StringValueOK()
	after, _ := c.After.StringValueOK()
	return c.Unknown != nil || before == desired.MaskedSecret && after == before
}
