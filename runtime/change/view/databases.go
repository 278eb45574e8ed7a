package view

// The databases of a fan-out: how each ended, and collections of which the same is to be
// said once. In: a report and its outline; out: the outline with that. Pure.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// outcomes are those of databases, in the order in which they are told.
//
//js:table
var outcomes = []string{change.InSync, change.Unknown, change.Kept, change.Changes, change.Applied, change.Undone, change.Refused, change.Failed, change.Stopped, change.Skipped}

// databases makes one part of those that are alike, and says how the databases ended.
func (o *outline) databases(r *change.Report, f Form) {
	alike := withoutRuns(r)
	outliner := &outliner{form: f, report: alike}
	var keys, databases []string
	for i := range alike.Collections {
		if c := &alike.Collections[i]; outliner.says(c) && (!f.Brief || written(c.Done) != "") {
			keys, databases = append(keys, outliner.part(c).likeKey()), append(databases, c.Database)
		}
	}
	at := map[string]int{}
	var parts []part
	var of [][]string
	for i, p := range o.parts {
		n, seen := at[keys[i]]
		if !seen {
			n = len(parts)
			at[keys[i]], parts, of = n, append(parts, p), append(of, nil)
		} else {
			parts[n].tally.add(p.tally)
		}
		of[n] = append(of[n], databases[i])
	}
	for i := range parts {
		if more := len(of[i]) - 1; more > 0 {
			parts[i].name = line(parts[i].name, " and "+count(more)+" more")
			parts[i].notes = append(parts[i].notes, line("in ", someNames(of[i], f)))
		}
	}
	ended := list{name: "databases"}
	for _, outcome := range outcomes {
		var named []string
		n := 0
		for _, d := range r.Databases {
			if d.Outcome == outcome {
				n++
				named = append(named, d.Database)
			}
		}
		switch {
		case n == 0:
		case outcome == change.InSync:
			ended.lines = append(ended.lines, line(count(n)+" "+outcome))
		default:
			ended.lines = append(ended.lines, line(count(n)+" "+outcome+": ", someNames(named, f)))
		}
	}
	o.parts, o.lists = parts, append(o.lists, ended)
}

// likeKey is the same for parts of which the same is said but for the database.
func (p part) likeKey() string {
	var b strings.Builder
	b.WriteString(p.collection + "\x00" + plain(p.about))
	for _, entries := range [][]entry{p.policies, p.documents} {
		b.WriteString("\x01")
		for _, e := range entries {
			b.WriteString(e.said())
		}
	}
	for _, n := range p.notes {
		b.WriteString("\x01" + plain(n))
	}
	return b.String()
}

// said is all that is said of an entry.
func (e entry) said() string {
	var b strings.Builder
	b.WriteString(e.sign + plain(e.head) + "\x00")
	for _, f := range e.lines {
		b.WriteString(f.path + "\x00" + f.text() + "\x00")
	}
	return b.String()
}

// Said is what is said of each document of each collection, all of it, but for what differs
// between databases that are alike. Of those that have the same, the same is said.
func Said(r *change.Report) [][]string {
	o := &outliner{form: Form{Verbose: true}, report: withoutRuns(r)}
	out := make([][]string, len(o.report.Collections))
	for i := range o.report.Collections {
		c := &o.report.Collections[i]
		for k := range c.Documents {
			d := &c.Documents[k]
			at := slices.IndexFunc(actions, func(a action) bool { return a.name == d.Action })
			if at < 0 { // a report of somebody else
				out[i] = append(out[i], "")
				continue
			}
			e := o.document(c, d, actions[at], true, nil)
			out[i] = append(out[i], e.key+"\x00"+e.said())
		}
	}
	return out
}

// withoutRuns is a report without what differs between databases that are alike: the
// runs since which something is so, and `_id`s that were made for inserted documents.
func withoutRuns(r *change.Report) *change.Report {
	less := *r
	less.Collections = slices.Clone(r.Collections)
	for i := range less.Collections {
		c := &less.Collections[i]
		c.Documents = slices.Clone(c.Documents)
		for k := range c.Documents {
			d := &c.Documents[k]
			d.Since, d.Changes = "", slices.Clone(d.Changes)
			for n := range d.Changes {
				d.Changes[n].Since = ""
			}
			if d.Document.Missing() || d.Action != "insert" {
				continue
			}
			b := doc.NewBuilder(len(d.Document.Value))
			for name, v := range doc.Fields(d.Document.Document()) {
				if name != "_id" {
					b.Append(name, v)
				}
			}
			d.Document = change.Value{RawValue: doc.Embed(b.Raw())}
		}
	}
	return &less
}

// someNames joins the first names; an empty one stands for what is in no fan-out.
func someNames(texts []string, f Form) []span {
	var out []span
	for i, text := range texts {
		if i == textItems && !f.Verbose {
			return line(out, " and "+count(len(texts)-i)+" more")
		}
		if i > 0 {
			out = line(out, ", ")
		}
		if text == "" {
			out = line(out, "all others of the weave")
		} else {
			out = line(out, name(text))
		}
	}
	return out
}
