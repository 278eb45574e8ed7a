package report

// Reports -> what the page shows. Pure.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Docs is where the pages are that codes lead to.
const Docs = "https://github.com/hayone1/mongocd/blob/main/"

// Of makes a page of reports of one command; program is the one that writes it.
func Of(program string, reports []*change.Report) Page {
	p := Page{Program: program, Before: "at the destination", After: "wanted", Runs: []Run{}}
	var weaves, environments []string
	command := ""
	for _, r := range reports {
		command = r.Command
		p.Runs = append(p.Runs, runOf(r))
		if weave := change.Clean(r.Weave); !slices.Contains(weaves, weave) {
			weaves = append(weaves, weave)
		}
		if e := change.Clean(r.Environment); e != "" && !slices.Contains(environments, e) {
			environments = append(environments, e)
		}
		switch {
		case r.Comparison != nil:
			p.Before, p.After = change.Clean(r.Comparison.From), change.Clean(r.Comparison.To)
		case r.Command == "undo":
			p.Before, p.After = "now", "put back"
		case r.Record != nil:
			p.Before, p.After = "before the run", "after it"
		}
	}
	once(p.Runs, reports)
	p.Title = strings.TrimSpace(change.Clean(command) + " " + strings.Join(weaves, ", "))
	if len(environments) > 0 {
		p.Title += " for " + strings.Join(environments, ", ")
	}
	return p
}

// runOf is one report.
func runOf(r *change.Report) Run {
	out := Run{Command: change.Clean(r.Command), Weave: change.Clean(r.Weave), Environment: change.Clean(r.Environment), Outcome: change.Clean(r.Outcome)}
	if r.Record != nil {
		out.Facts = append(out.Facts, view.RecordLines(r.Record)...)
	}
	for _, note := range r.Notes {
		out.Facts = append(out.Facts, change.Clean(note))
	}
	for _, f := range []struct{ name, value string }{{"digest", r.Digest}, {"engine", r.Engine}} {
		if f.value != "" {
			out.Facts = append(out.Facts, f.name+" "+change.Clean(f.value))
		}
	}
	if r.Run != nil {
		out.Facts = append(out.Facts, "run "+change.Clean(r.Run.ID), "journal "+change.Clean(r.Run.Journal))
	}
	for _, d := range r.Databases {
		fact := change.Clean(d.Database) + ": " + change.Clean(d.Outcome)
		if d.Wave > 0 {
			fact += fmt.Sprint(", wave ", d.Wave)
		}
		if d.Run != nil {
			fact += ", run " + change.Clean(d.Run.ID) + ", journal " + change.Clean(d.Run.Journal)
		}
		out.Facts = append(out.Facts, fact)
	}
	whole := Section{Items: []Item{}}
	if f := r.Failure; f != nil {
		whole.Items = append(whole.Items, Item{Action: "failure", Sign: "!", Name: "failure in stage " + change.Clean(f.Stage), Says: []string{lines(f.Message)}})
	}
	whole.Items = append(whole.Items, settingsOf(r.Settings, "")...)
	of := make([]Section, len(r.Collections))
	for i := range r.Collections {
		of[i] = collectionOf(&r.Collections[i])
	}
	conflicts := map[int][]Item{}
	for _, c := range r.Conflicts {
		at := slices.IndexFunc(r.Collections, func(in change.CollectionReport) bool {
			return in.Database == c.Database && in.Collection == c.Collection
		})
		if at < 0 {
			item := conflictOf(c)
			if c.Database != "" {
				item.Name += " in " + strings.TrimSuffix(change.Clean(c.Database+"."+c.Collection), ".")
			}
			whole.Items = append(whole.Items, item)
		} else {
			conflicts[at] = append(conflicts[at], conflictOf(c))
		}
	}
	for _, h := range r.Hooks {
		item := Item{Action: "hook", Sign: "~", Name: change.Clean(h.When) + ", on " + change.Clean(h.Database), Origin: change.Clean(h.Origin), AfterDocument: text(h.Command)}
		if h.Done {
			item.Says = []string{"done"}
		}
		whole.Items = append(whole.Items, item)
	}
	for _, c := range r.Control {
		whole.Items = append(whole.Items, Item{Action: "record", Sign: sign(c.Before, c.After), Name: change.Clean(c.Record), Changes: []Change{{Before: text(c.Before), After: text(c.After)}}})
	}
	if len(whole.Items) > 0 {
		out.Sections = append(out.Sections, whole)
	}
	for i, s := range of {
		s.Items = append(append([]Item{}, conflicts[i]...), s.Items...)
		out.Sections = append(out.Sections, s)
	}
	if out.Sections == nil {
		out.Sections = []Section{}
	}
	return out
}

// count is a number of what.
type count struct {
	n    int
	what string
}

// collectionOf is one collection without its conflicts.
func collectionOf(c *change.CollectionReport) Section {
	out := Section{Name: change.Clean(c.Database + "." + c.Collection), Collection: change.Clean(c.Collection), Origin: change.Clean(c.Origin), Items: []Item{}}
	if c.Mode != "" {
		out.Facts = append(out.Facts, change.Clean(c.Mode))
	}
	if c.From != "" {
		out.Facts = append(out.Facts, "from "+change.Clean(c.From))
	}
	counted := func(counts ...count) {
		for _, n := range counts {
			if n.n > 0 {
				out.Facts = append(out.Facts, fmt.Sprint(n.n, " ", n.what))
			}
		}
	}
	counted(count{c.Counts.InSync, "in sync"}, count{c.Counts.Unmanaged, "not wanted, and stay"}, count{c.Counts.Lost, "elements of arrays go"})
	if d := c.Done; d != nil {
		counted(count{d.Inserted, "were inserted"}, count{d.Updated, "were updated"}, count{d.Deleted, "were deleted"}, count{d.Indexes, "indexes were created"},
			count{d.ChangedIndexes, "indexes were changed"}, count{d.DroppedIndexes, "indexes were dropped"}, count{d.Options, "options were changed"})
	}
	for _, note := range c.Notes {
		out.Facts = append(out.Facts, change.Clean(note))
	}
	add := func(i Item) { out.Items = append(out.Items, i) }
	says := func(reason string) []string {
		if reason == "" {
			return nil
		}
		return []string{lines(reason)}
	}
	switch {
	case c.Missing:
		add(Item{Action: "collection", Sign: "+", Name: "the collection", Origin: out.Origin, Says: []string{"It is to be created."}})
	case c.Gone:
		add(Item{Action: "collection", Sign: "-", Name: "the collection", Says: []string{"The other side has none."}})
	}
	if c.Reason != "" {
		add(Item{Action: "left", Sign: "=", Name: "the collection", Says: says(c.Reason)})
	}
	out.Items = append(out.Items, settingsOf(c.Settings, c.Database)...)
	for _, x := range c.Indexes {
		item := Item{Action: "index", Sign: signs[x.Action], Name: "index " + change.Clean(x.Name), Says: says(x.Reason), Changes: changesOf(x.Changes, c.Database)}
		switch {
		case len(x.Changes) > 0:
			item.BeforeDocument, item.AfterDocument = text(x.Before), text(x.Spec)
		case x.Action == "drop":
			item.Changes = []Change{{Before: text(x.Spec)}}
		default:
			item.Changes = []Change{{Before: text(x.Before), After: text(x.Spec)}}
		}
		if x.Build != nil {
			item.Says = append(item.Says, fmt.Sprintf("It is built over %d documents, %d bytes.", x.Build.Documents, x.Build.Bytes))
		}
		add(item)
	}
	for _, o := range c.Options {
		item := Item{Action: "option", Sign: sign(o.Before, o.After), Name: "option " + change.Clean(o.Name), Says: says(o.Reason), Changes: changesOf(o.Changes, c.Database)}
		if len(o.Changes) > 0 {
			item.BeforeDocument, item.AfterDocument = text(o.Before), text(o.After)
		} else {
			item.Changes = []Change{{Path: change.Clean(o.Name), Before: text(o.Before), After: text(o.After)}}
		}
		add(item)
	}
	for i := range c.Documents {
		add(documentOf(&c.Documents[i], c.Database))
	}
	return out
}

// settingsOf are what else a weave says, as items.
func settingsOf(settings []change.Change, database string) []Item {
	var out []Item
	for _, s := range settings {
		out = append(out, Item{Action: "setting", Sign: sign(s.Before, s.After), Name: change.Clean(s.Path), Changes: changesOf([]change.Change{s}, database)})
	}
	return out
}

// signs of actions, as the text of a report has them.
var signs = map[string]string{"insert": "+", "create": "+", "update": "~", "move": ">", "change": "~", "delete": "-", "drop": "-", "unknown": "?", "absent": "?", "keep": "=", "differs": "!", "left": "="}

// sign is that of two values.
func sign(before, after change.Value) string {
	switch {
	case before.Missing():
		return "+"
	case after.Missing():
		return "-"
	}
	return "~"
}

func documentOf(d *change.DocumentItem, database string) Item {
	out := Item{Action: change.Clean(d.Action), Sign: cmp.Or(signs[d.Action], "~"), Name: change.ShowOr(d.Identity), Origin: change.Clean(d.Origin),
		Changes: changesOf(d.Changes, database), Words: words(d.Hidden, d.Links, database, d.Document), From: sources(d.Source, d.Rules)}
	if d.File != "" {
		out.From = append(out.From, Source{Place: change.Clean(d.File), Text: "extracted"})
	}
	if !d.From.Missing() {
		out.Says = append(out.Says, "moved from "+change.ShowOr(d.From))
	}
	if d.Action == "delete" {
		out.BeforeDocument = text(d.Document)
	} else {
		out.AfterDocument = text(d.Document)
	}
	if _, by := doc.Get(d.Identity.Value, doc.Path{"_id"}); !by && !d.ID.Missing() {
		out.Says = append(out.Says, "_id: "+change.ShowOr(d.ID))
	}
	if d.Reason != "" {
		out.Says = append(out.Says, lines(d.Reason))
	}
	if c := cause(d.Cause, d.Since); c != "" {
		out.Says = append(out.Says, c)
	}
	if len(out.From) > 0 && d.Origin != "" && !slices.ContainsFunc(d.Rules, func(r change.RuleItem) bool { return r.Origin == d.Origin }) {
		out.From = append([]Source{{Place: out.Origin}}, out.From...)
	}
	return out
}

func changesOf(changes []change.Change, database string) []Change {
	var out []Change
	for _, c := range changes {
		if !c.Before.Missing() && !c.Source.Missing() && doc.Identical(c.Before.RawValue, c.Source.RawValue) {
			c.Source = change.Value{} // it is there already
		}
		to := Change{Path: change.Clean(c.Path), Before: text(c.Before), After: text(c.After), From: sources(c.Source, c.Rules), Words: words(c.Hidden, c.Links, database, c.Before, c.After)}
		for _, name := range c.Unknown {
			to.Unknown = append(to.Unknown, change.Clean(name))
		}
		var notes []string
		var last *change.Element
		if len(c.At) > 0 {
			last = c.At[len(c.At)-1].Element
		}
		switch c.Kind {
		case change.KindMoved:
			to.Before = to.After
			notes = append(notes, "moved")
			if last != nil && last.Before != nil && last.After != nil {
				notes[0] = fmt.Sprintf("moved from position %d to %d", *last.Before, *last.After)
			}
		case change.KindOrdered:
			notes = append(notes, "in another order")
		case change.KindRetyped:
			notes = append(notes, "another type alone")
		case change.KindChanged:
			if to.Before == to.After {
				notes = append(notes, "another value, which nobody may see")
			}
		case change.KindRemoved:
			if last != nil {
				notes = append(notes, "the element goes")
			}
		}
		if c := cause(c.Cause, c.Since); c != "" {
			notes = append(notes, c)
		}
		to.Note = strings.Join(notes, ", ")
		if edit := view.Edit(&c); edit != "" {
			to.Edit = mark(edit)
		}
		out = append(out, to)
	}
	return out
}

// cause says whose doing a difference is.
func cause(cause, since string) string {
	switch {
	case cause == "":
		return ""
	case since == "":
		return "by the " + change.Clean(cause)
	case cause == "both":
		return "by the rules and the destination, since " + change.Clean(since)
	}
	return "by the " + change.Clean(cause) + " since " + change.Clean(since)
}

// sources are where a value came from.
func sources(source change.Value, rules []change.RuleItem) []Source {
	var out []Source
	if !source.Missing() {
		out = append(out, Source{Place: "in the source", Text: change.ShowValue(source.RawValue)})
	}
	for _, r := range rules {
		s := Source{Place: change.Clean(r.Origin), Text: change.Clean(r.Statement)}
		if r.Commit != "" {
			s.Place += ", commit " + change.Clean(r.Commit[:min(len(r.Commit), 12)])
		}
		out = append(out, s)
	}
	return out
}

// words are what stands in values for secrets and for `_id`s of documents.
func words(hidden []change.HiddenItem, links []change.LinkItem, database string, in ...change.Value) []Word {
	var out []Word
	for _, h := range hidden {
		if len(h.Secrets) == 0 {
			continue
		}
		names := make([]string, len(h.Secrets))
		for i, name := range h.Secrets {
			names[i] = change.Clean(name)
		}
		out = append(out, Word{At: at(h.At), Of: `"(secret)"`, Text: "(secret " + strings.Join(names, ", ") + ")"})
	}
	for _, l := range links {
		for _, v := range in { // whichever has it
			shown := change.Value{RawValue: l.ID.RawValue}
			if v.Missing() {
				continue
			}
			name := l.Collection
			if l.Database != database {
				name = l.Database + "." + name
			}
			var values []string
			for _, x := range doc.Fields(l.Identity.Value) {
				values = append(values, change.ShowValue(x))
			}
			arrow := "→ "
			if len(l.At) == 0 { // there is one beside it
				arrow = ""
			}
			out = append(out, Word{At: at(l.At), Of: text(shown), Text: arrow + change.Clean(name) + " " + strings.Join(values, ", ")})
			break
		}
	}
	return out
}

// at is a place, never null in JSON.
func at(names []string) []string { return append([]string{}, names...) }

// text is canonical Extended JSON; empty for a missing value.
func text(v change.Value) string {
	if v.Missing() {
		return ""
	}
	return string(doc.CanonicalValue(v.RawValue))
}

// lines is a message of one or several lines.
func lines(message string) string {
	parts := strings.Split(message, "\n")
	for i := range parts {
		parts[i] = change.Clean(parts[i])
	}
	return strings.Join(parts, "\n")
}

func conflictOf(c change.Conflict) Item {
	out := Item{Action: "conflict", Sign: "!", Name: change.Clean(c.Code), Origin: change.Clean(c.Origin), Code: change.Clean(c.Code), Says: []string{lines(c.Message)}}
	if !c.Identity.Missing() {
		out.Name += " " + change.ShowOr(c.Identity)
	}
	if c.Fix != "" {
		out.Says = append(out.Says, "fix: "+lines(c.Fix))
	}
	for _, info := range change.ConflictInfos() {
		if info.Code == c.Code {
			file, section, _ := strings.Cut(info.Rules, ", ")
			out.Link = Docs + file
			if section != "" {
				out.Link += "#" + anchor(section)
			}
		}
	}
	return out
}

// anchor is the name that GitHub gives to a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, heading)
}
