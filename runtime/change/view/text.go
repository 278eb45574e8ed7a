// Package view writes reports for people, as text and Markdown, and as JSON that is
// safe on a terminal. In: what runtime/change has; out: text, the same from both
// engines (docs/enforcement.md, The report as text).
package view

// The report as text and Markdown. In: a report; out: text, the same
// from both engines (docs/enforcement.md, The report as text). Pure; form.go
// has what text and Markdown write in different ways.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
)

//js:table
const textItems = 20 // documents shown of one action, conflicts of one code

// Text returns the report as plain text; verbose lists every
// document and conflict; values are on one line in either.
func Text(r *change.Report, verbose bool) string { return Report(r, Form{Verbose: verbose}) }

// Report returns a report for people.
func Report(r *change.Report, f Form) string {
	t := &texter{markdown: f.Markdown, group: f.Group, limit: textItems}
	if f.Verbose {
		t.limit = int(^uint(0) >> 1)
	}
	if !f.Quiet {
		t.title("%s %s for %s: %s", change.Clean(r.Command), t.name(r.Weave), t.name(r.Environment), summary(r))
		for i := range r.Collections {
			t.collection(&r.Collections[i])
		}
		t.hooks(r.Hooks)
		t.control(r.Control)
		for _, note := range r.Notes {
			t.alone("note: %s", t.name(note))
		}
	}
	t.conflicts(r.Conflicts)
	if failure := r.Failure; failure != nil {
		t.head("failure in stage %s", change.Clean(failure.Stage))
		t.block(failure.Message)
	}
	if r.Digest != "" && !f.Quiet {
		t.alone("digest: %s", t.name(r.Digest))
	}
	if r.Engine != "" && !f.Quiet {
		t.alone("engine: %s", t.name(r.Engine))
	}
	of := "result"
	if f.Quiet { // no title says what ran
		of = change.Clean(r.Command) + " " + t.name(r.Weave) + " for " + t.name(r.Environment)
	}
	t.result("%s: %s, exit %d", of, r.Outcome, r.Exit)
	return strings.TrimPrefix(t.b.String(), "\n")
}

// summary is the head's counts.
func summary(r *change.Report) string {
	var counts change.Counts
	collections, options := 0, 0
	left := 0
	indexes := map[string]int{}
	for _, c := range r.Collections {
		counts.Insert += c.Counts.Insert
		counts.Update += c.Counts.Update
		counts.Delete += c.Counts.Delete
		counts.InSync += c.Counts.InSync
		counts.Unknown += c.Counts.Unknown
		counts.Absent += c.Counts.Absent
		if c.Missing {
			collections++
		}
		for _, ix := range c.Indexes {
			indexes[ix.Action]++
		}
		for _, o := range c.Options {
			if o.Reason == "" {
				options++
			} else {
				left++
			}
		}
		for _, d := range c.Documents {
			if d.Action == "left" {
				left++
			}
		}
		if c.Reason != "" {
			left++
		}
	}
	parts := present(
		part{counts.Insert, "to insert"}, part{counts.Update, "to update"}, part{counts.Delete, "to delete"}, part{counts.InSync, "in sync"},
		part{counts.Unknown, "unknown"}, part{counts.Absent, "absent"},
		part{collections, plural(collections, "collection to create", "collections to create")},
		part{indexes["create"], plural(indexes["create"], "index to create", "indexes to create")},
		part{indexes["change"], plural(indexes["change"], "index to change", "indexes to change")},
		part{indexes["drop"], plural(indexes["drop"], "index to drop", "indexes to drop")},
		part{options, plural(options, "option to change", "options to change")},
		part{left + indexes["left"], "left"},
		part{len(r.Control), plural(len(r.Control), "record to change", "records to change")},
	)
	switch {
	case parts != "":
		return parts
	case r.Outcome == change.Refused, r.Outcome == change.Failed, r.Outcome == change.Stopped: // nobody knows what there is to do
		return r.Outcome
	}
	return "nothing to do"
}

type part struct {
	n    int
	what string
}

// present joins the parts that are not 0.
func present(parts ...part) string {
	var texts []string
	for _, p := range parts {
		if p.n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(texts, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (t *texter) collection(c *change.CollectionReport) {
	if !c.Missing && len(c.Indexes)+len(c.Options)+len(c.Documents)+c.Counts.Unmanaged == 0 && c.Done == nil && c.Reason == "" {
		return
	}
	if c.Mode == "" { // in undo
		t.head("%s", t.name(c.Database+"."+c.Collection))
	} else {
		t.head("%s (%s) %s", t.name(c.Database+"."+c.Collection), change.Clean(c.Mode), t.name(c.Origin))
	}
	if c.Reason != "" {
		t.item("!", "collection: %s", change.Clean(c.Reason))
	}
	if c.Missing {
		t.item("+", "collection")
	}
	for _, o := range c.Options {
		if o.Reason != "" {
			t.item("!", "option %s: %s", t.name(o.Name), t.name(o.Reason))
			continue
		}
		t.item("~", "option %s: %s → %s", t.name(o.Name), t.side(o.Before), t.side(o.After))
	}
	for _, ix := range c.Indexes {
		t.item(indexSigns[ix.Action], "index %s%s%s", t.name(ix.Name), t.reason(ix), built(ix.Build))
	}
	for _, a := range []struct{ action, sign, more, note string }{
		{"insert", "+", "to insert", ""}, {"update", "~", "to update", ""}, {"unknown", "?", "unknown", ""}, {"absent", "?", "absent", ": absent, not inserted"}, {"delete", "-", "to delete", ""}, {"left", "!", "left", ""},
	} {
		if a.action == "update" {
			c = t.groups(c)
		}
		t.documents(c, a.action, a.sign, a.more, a.note)
	}
	if n := c.Counts.Unmanaged; n > 0 {
		t.note("%d %s", n, plural(n, "document in scope is not desired and stays", "documents in scope are not desired and stay"))
	}
	if d := c.Done; d != nil {
		written := present(part{d.Inserted, "inserted"}, part{d.Updated, "updated"}, part{d.Deleted, "deleted"},
			part{d.Indexes, plural(d.Indexes, "index", "indexes")},
			part{d.ChangedIndexes, plural(d.ChangedIndexes, "index changed", "indexes changed")},
			part{d.DroppedIndexes, plural(d.DroppedIndexes, "index dropped", "indexes dropped")},
			part{d.Options, plural(d.Options, "option", "options")})
		if d.Created {
			written = strings.TrimPrefix(written+", collection created", ", ")
		}
		if written != "" {
			t.note("written: %s", written)
		}
	}
}

// indexSigns are the marks of index items.
//
//js:table
var indexSigns = map[string]string{"create": "+", "change": "~", "drop": "-", "differs": "!", "left": "!"}

func (t *texter) reason(ix change.IndexItem) string {
	if ix.Reason == "" {
		return ""
	}
	return ": " + t.name(ix.Reason)
}

// built is the size of the collection that an index is built on.
func built(size *change.Size) string {
	if size == nil {
		return ""
	}
	return fmt.Sprintf(" (%d %s, %d bytes)", size.Documents, plural(int(size.Documents), "document", "documents"), size.Bytes)
}

func (t *texter) documents(c *change.CollectionReport, action, sign, more, note string) {
	n := 0
	for i := range c.Documents {
		d := &c.Documents[i]
		if d.Action != action {
			continue
		}
		if n++; n > t.limit {
			continue
		}
		origin := ""
		if d.Origin != c.Origin {
			origin = " " + t.name(d.Origin)
		}
		reason := note
		if d.Reason != "" {
			reason = ": " + t.name(d.Reason)
		}
		t.item(sign, "%s%s%s%s", t.value(d.Identity), origin, reason, t.cause(d.Cause, d.Since))
		for _, at := range d.Changes {
			path := t.name(at.Path)
			if at.Unknown != nil {
				t.below("%s: unknown (%s not given)", path, t.names(at.Unknown))
				continue
			}
			if at.Kind == change.KindMoved {
				t.below("%s: %s moved%s", path, t.linked(c, at, at.After), t.cause(at.Cause, at.Since))
				continue
			}
			t.below("%s: %s → %s%s", path, t.linked(c, at, at.Before), t.linked(c, at, at.After), t.cause(at.Cause, at.Since))
		}
	}
	if n > t.limit {
		t.note("… and %d more %s", n-t.limit, more)
	}
}

// cause says whose doing a difference is.
func (t *texter) cause(cause, since string) string {
	switch {
	case cause == "":
		return ""
	case since == "":
		return " (" + change.Clean(cause) + ")"
	}
	return " (" + change.Clean(cause) + ", since " + t.name(since) + ")"
}

// side is one side of a change.
func (t *texter) side(value change.Value) string {
	switch {
	case value.Missing():
		return change.MissingText
	}
	if s, ok := value.StringValueOK(); ok && (s == desired.MaskedSecret || s == desired.MaskedRedacted) {
		return s
	}
	return t.value(value)
}

// linked is one side of a change in a collection, with the documents that its
// links stand for.
func (t *texter) linked(c *change.CollectionReport, at change.Change, value change.Value) string {
	if len(at.Links) == 0 || value.Missing() {
		return t.side(value)
	}
	return t.code(change.ShowLinked(value, at.Links, c.Database))
}

func (t *texter) hooks(hooks []change.HookItem) {
	if len(hooks) > 0 {
		t.part("hooks")
	}
	for _, h := range hooks {
		done := ""
		if h.Done {
			done = " (done)"
		}
		t.entry("%s on %s: %s %s%s", change.Clean(h.When), t.name(h.Database), t.value(h.Command), t.name(h.Origin), done)
	}
}

func (t *texter) control(items []change.ControlItem) {
	if len(items) > 0 {
		t.part("control")
	}
	for _, c := range items {
		t.entry("%s: %s → %s", t.name(c.Record), t.side(c.Before), t.side(c.After))
	}
}

func (t *texter) conflicts(conflicts []change.Conflict) {
	for i := 0; i < len(conflicts); {
		first := conflicts[i]
		where := ""
		switch {
		case first.Collection != "":
			where = " in " + t.name(first.Database+"."+first.Collection)
		case first.Database != "":
			where = " in " + t.name(first.Database)
		}
		n := 0
		for ; i < len(conflicts); i++ {
			c := conflicts[i]
			if c.Code != first.Code || c.Database != first.Database || c.Collection != first.Collection {
				break
			}
			if n++; n > t.limit {
				continue
			}
			at := ""
			if c.Origin != "" {
				at = ", " + t.name(c.Origin)
			}
			t.head("conflict %s%s%s", change.Clean(c.Code), where, at)
			message := c.Message
			if c.Fix != "" {
				message += "\nfix: " + c.Fix
			}
			t.block(message)
		}
		if n > t.limit {
			t.alone("… and %d more %s%s", n-t.limit, change.Clean(first.Code), where)
		}
	}
}
