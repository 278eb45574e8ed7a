package view

// What is said of a report, before it is text or Markdown. In: a report; out: an outline:
// parts, one a collection, of entries with lines. Pure. values.go writes what changes,
// alike.go says once what several documents have in common.

import (
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
)

//js:table
const (
	textItems  = 20 // documents shown of one action, conflicts of one code
	textLines  = 40 // changes shown of one document
	textFields = 8  // fields shown of a document that is inserted or deleted
	textWhole  = 5  // documents of one action that are shown with their fields
)

// outline is what is said of one report, or of what several have in common.
type outline struct {
	of    []span // environments; none: the title says it
	parts []part
	lists []list
	notes [][]span
}

// list is what belongs to no collection.
type list struct {
	name  string // hooks, control, runs
	lines [][]span
}

// part is what is said of one collection.
type part struct {
	collection, origin string // as the report has them
	name               []span // of the collection
	about              []span // behind its name: mode and place
	tally              tally
	made               bool // it is not there yet: nothing in it is bound or bounded anew
	// policies are what is no document, documents the others.
	policies, documents []entry
	untold              change.Untold
	notes               [][]span
}

// entry is one thing that something is done with, or several that are alike.
type entry struct {
	action string // insert, update, …; empty: a policy
	sign   string
	head   []span
	lines  []fact
	key    string // of the thing, among those of its collection
	tally  tally  // what it adds to the numbers of its collection
	done   bool   // what it has in common with others is said already
}

// fact is a line below an entry.
type fact struct {
	sign string // + - ~, or none
	path string // of the change; empty: it is of none
	said []span // behind the path
	rows []row  // of a text of several lines
	like string // what makes facts alike, beside path and said
	edit string // what differs within a text, whatever stands around it; empty: it is no such one
	as   []span // which text it is that is shown, where what stands around it differs
}

// row is a line of a text, with its sign.
type row struct{ sign, text string }

// line is a fact without its sign and rows.
func (f fact) line() []span {
	said := f.whole()
	switch {
	case f.path == "":
		return said
	case len(said) == 0: // the rows say it
		return line(name(f.path), ":")
	}
	return line(name(f.path), ": ", said)
}

// whole is what stands behind the path.
func (f fact) whole() []span {
	if len(f.as) == 0 {
		return f.said
	}
	before := " "
	if len(f.said) == 0 {
		before = ""
	}
	return line(f.said, before+"(as in ", f.as, "; around it the others have texts of their own)")
}

// text is a fact as one text, which tells it from others.
func (f fact) text() string {
	text := f.sign + "\x00" + f.like + "\x00" + plain(f.said)
	for _, r := range f.rows {
		text += "\n" + r.sign + r.text
	}
	return text
}

// brief says once what documents have in common, and leaves out what is too much.
func (o *outline) brief(v verbs) {
	for i := range o.parts {
		p := &o.parts[i]
		p.policies, p.documents = firstOf(p.policies, v, change.Untold{}), firstOf(alike(p.documents), v, p.untold)
	}
}

// firstOf are the first entries of each action, with their first lines.
func firstOf(entries []entry, v verbs, untold change.Untold) []entry {
	var out []entry
	number := map[string]int{}
	for _, e := range entries {
		if number[e.action]++; e.action == "" || number[e.action] <= textItems {
			if more := len(e.lines) - textLines; more > 0 {
				e.lines = append(e.lines[:textLines:textLines], fact{said: line("… and " + count(more) + " more " + plural(more, "change", "changes"))})
			}
			out = append(out, e)
		}
	}
	number["insert"] += untold.Inserts
	number["update"] += untold.Updates
	number["delete"] += untold.Deletes
	for k := len(out) - 1; k >= 0; k-- { // behind the last one of each
		action := out[k].action
		if more := number[action] - textItems; action != "" && more > 0 {
			out = slices.Insert(out, k+1, entry{action: action, head: line("… and " + count(more) + " more " + v.of(action))})
			number[action] = 0
		}
	}
	return out
}

// outliner makes the outline of a report in a form.
type outliner struct {
	form   Form
	report *change.Report
}

// outlineOf is that of a report.
func outlineOf(r *change.Report, f Form) *outline {
	o := &outliner{form: f, report: r}
	out := &outline{}
	for i := range r.Collections {
		if c := &r.Collections[i]; o.says(c) && (!f.Brief || written(c.Done) != "") {
			out.parts = append(out.parts, o.part(c))
		}
	}
	if r.Record != nil {
		out.lists = append(out.lists, list{"the run", recordLines(r.Record)})
	}
	hooks, control, settings := list{name: "hooks"}, list{name: "control"}, list{name: "the whole run"}
	for i := range r.Settings { // of diff, which scripts have not
		f := o.fact(&change.CollectionReport{}, &r.Settings[i])
		settings.lines = append(settings.lines, line(signOf(f.sign)+" ", name(f.path), ": ", f.said))
	}
	for _, h := range r.Hooks {
		done := ""
		if h.Done {
			done = " (done)"
		}
		hooks.lines = append(hooks.lines, line(change.Clean(h.When)+" on ", name(h.Database), ": ", o.value(h.Command), " ", name(h.Origin), done))
	}
	for _, c := range r.Control {
		control.lines = append(control.lines, line(name(c.Record), ": ", o.sides(c.Before, c.After)))
	}
	out.lists = append(out.lists, settings, hooks, control)
	for _, note := range r.Notes {
		out.notes = append(out.notes, line("note: ", name(note)))
	}
	if len(r.Databases) > 0 {
		out.databases(r, f)
	}
	return out
}

// says reports whether there is anything to say of a collection.
func (o *outliner) says(c *change.CollectionReport) bool {
	return c.Missing || c.Gone || len(c.Indexes)+len(c.Options)+len(c.Settings)+len(c.Notes)+len(c.Documents)+c.Counts.Unmanaged > 0 || c.Done != nil || c.Reason != ""
}

// part is what is said of a collection.
func (o *outliner) part(c *change.CollectionReport) part {
	p := part{collection: c.Collection, origin: c.Origin, name: line(name(c.Database + "." + c.Collection)), tally: tallyOf(c), made: c.Missing}
	if c.From != "" {
		p.name = line(name(c.From), " → ", p.name)
	}
	if c.Mode != "" { // there is none in undo
		p.about = line(" ("+change.Clean(c.Mode)+") ", name(c.Origin))
	}
	if o.form.Brief {
		if written := written(c.Done); written != "" {
			p.notes = [][]span{line("written: " + written)}
		}
		return p
	}
	p.policies, p.untold = o.policies(c), c.Untold
	for _, a := range actions {
		if a.name == "update" && c.Untold.Updates > 0 && c.All != nil {
			var all []entry
			all, p.untold.Updates = o.untold(c, a)
			p.documents = append(p.documents, all...)
			continue
		}
		p.documents = append(p.documents, o.documents(c, a)...)
	}
	if o.form.Path != "" { // the notes are about all documents
		return p
	}
	for _, note := range c.Notes {
		p.notes = append(p.notes, line(name(note)))
	}
	if n := c.Counts.Unmanaged; n > 0 {
		p.notes = append(p.notes, line(count(n)+" "+plural(n, "document in scope is not desired and stays", "documents in scope are not desired and stay")))
	}
	if written := written(c.Done); written != "" {
		p.notes = append(p.notes, line("written: "+written))
	}
	return p
}

// written is what apply or undo wrote.
func written(d *change.Done) string {
	if d == nil {
		return ""
	}
	created := 0
	if d.Created {
		created = 1
	}
	text := present(number{d.Inserted, "inserted"}, number{d.Updated, "updated"}, number{d.Deleted, "deleted"},
		number{d.Indexes, plural(d.Indexes, "index", "indexes")},
		number{d.ChangedIndexes, plural(d.ChangedIndexes, "index changed", "indexes changed")},
		number{d.DroppedIndexes, plural(d.DroppedIndexes, "index dropped", "indexes dropped")},
		number{d.Options, plural(d.Options, "option", "options")}, number{created, "collection created"})
	return text
}

// policies are the entries of what is no document: what bounds and binds them comes first.
func (o *outliner) policies(c *change.CollectionReport) []entry {
	var out []entry
	add := func(sign, key string, head []span, facts ...fact) {
		out = append(out, entry{sign: sign, key: key, head: head, lines: facts})
	}
	counted := func(n tally) { out[len(out)-1].tally = n }
	if c.Reason != "" {
		add("!", "collection", line("collection: ", name(c.Reason)))
		counted(tally{left: 1})
	}
	if c.Missing {
		add("+", "collection", line("collection"))
		counted(tally{collections: 1})
	}
	if c.Gone {
		add("-", "collection", line("collection"))
		counted(tally{gone: 1})
	}
	for i := range c.Settings {
		f := o.fact(c, &c.Settings[i])
		var rows []fact
		if len(f.rows) > 0 {
			rows = []fact{{rows: f.rows}}
		}
		add(signOf(f.sign), "setting "+f.path, line(name(f.path), ": ", f.said), rows...)
		counted(tally{settings: 1})
	}
	for _, x := range c.Options {
		head := line("option ", name(x.Name))
		n := optionTally(x)
		switch {
		case x.Reason != "":
			add("!", "option "+x.Name, line(head, ": ", name(x.Reason)))
		case len(x.Changes) > 0:
			add("~", "option "+x.Name, head, o.facts(c, x.Changes)...)
		default:
			add("~", "option "+x.Name, line(head, ": ", o.sides(x.Before, x.After)))
		}
		counted(n)
	}
	for _, x := range c.Indexes {
		head := line("index ", name(x.Name))
		if x.Reason != "" && len(x.Changes) == 0 {
			head = line(head, ": ", name(x.Reason))
		} else if x.Action == "create" || x.Action == "drop" {
			head = line(head, ": ", o.value(x.Spec))
		}
		if x.Build != nil {
			head = line(head, " ("+count(int(x.Build.Documents))+" "+plural(int(x.Build.Documents), "document", "documents")+", "+count(int(x.Build.Bytes))+" bytes)")
		}
		add(indexSigns[x.Action], "index "+x.Name, head, o.facts(c, x.Changes)...)
		counted(indexTally(x))
	}
	return out
}

// signOf is the sign of an entry that is one change.
func signOf(sign string) string {
	if sign == "" {
		return "~"
	}
	return sign
}

// indexSigns are the marks of index items.
//
//js:table
var indexSigns = map[string]string{"create": "+", "change": "~", "drop": "-", "differs": "!", "left": "!"}

// action is what is done with documents.
type action struct{ name, sign, note string }

// actions are in the order in which they are shown.
var actions = []action{
	{"insert", "+", ""}, {"move", ">", ""}, {"update", "~", ""}, {"unknown", "?", ""}, {"absent", "?", ": absent, not inserted"}, {"keep", "=", ": kept as it is"}, {"delete", "-", ""}, {"left", "!", ""},
}

// documents are the entries of one action.
func (o *outliner) documents(c *change.CollectionReport, a action) []entry {
	var out []entry
	number, renamed := 0, renames(c)
	for i := range c.Documents {
		if c.Documents[i].Action == a.name {
			number++
		}
	}
	for i := range c.Documents {
		if d := &c.Documents[i]; d.Action == a.name {
			out = append(out, o.document(c, d, a, o.form.Verbose || number <= textWhole, renamed[i]))
		}
	}
	return out
}

// untold are the entries of an action that the report has not all items of, as alikeEach has them.
func (o *outliner) untold(c *change.CollectionReport, a action) (out []entry, more int) {
	return alikeEach(a.name, func(yield func(entry) bool) {
		for d := range c.Items(a.name) {
			if !yield(o.document(c, &d, a, false, nil)) {
				return
			}
		}
	})
}

// document is the entry of a document: whole, or on one line where that is inserted or
// deleted; to is the one that goes and is otherwise the same.
func (o *outliner) document(c *change.CollectionReport, d *change.DocumentItem, a action, whole bool, to *change.DocumentItem) entry {
	e := entry{action: a.name, sign: a.sign, key: a.name + " " + d.Identity.Text(), head: line(o.value(d.Identity))}
	has := (a.name == "insert" || a.name == "delete") && !d.Document.Missing()
	if has && !whole {
		e.head = line(e.head, ": ", o.short(c, d))
	}
	if to != nil {
		e.head = line(e.head, " (otherwise as ", o.value(to.Identity), ", which goes)")
	}
	if d.Origin != "" && d.Origin != c.Origin {
		e.head = line(e.head, " ", name(d.Origin))
	}
	if !d.From.Missing() {
		e.head = line(e.head, ": moved from ", o.value(d.From))
	}
	if d.Reason != "" {
		e.head = line(e.head, ": ", name(d.Reason))
	} else {
		e.head = line(e.head, a.note)
	}
	e.head = line(e.head, o.cause(d.Cause, d.Since))
	changes := d.Changes
	if has && whole {
		e.lines, changes = o.fields(c, d)
	}
	e.lines = append(e.lines, o.facts(c, changes)...)
	e.tally = documentTally(d)
	return e
}

// cause says whose doing a difference is.
func (o *outliner) cause(cause, since string) []span {
	switch {
	case cause == "":
		return nil
	case since == "":
		return line(" (" + change.Clean(cause) + ")")
	}
	return line(" ("+change.Clean(cause)+", since ", name(since), ")")
}
