package view

// What changes, for people. In: changes and values of a report; out: facts. Pure. How a
// value is written stands in runtime/change (show.go).

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// facts are the lines of changes.
func (o *outliner) facts(c *change.CollectionReport, changes []change.Change) []fact {
	var out []fact
	for i := range changes {
		if !o.form.picks(changes[i].Path) {
			continue
		}
		out = append(out, o.fact(c, &changes[i]))
	}
	return out
}

// fact is the line of a change.
func (o *outliner) fact(c *change.CollectionReport, x *change.Change) fact {
	f := fact{path: x.Path, like: x.Kind}
	cause := o.cause(x.Cause, x.Since)
	before, after := o.linked(c, x, x.Before, old), o.linked(c, x, x.After, fresh)
	switch {
	case x.Unknown != nil:
		f.said = unknown(x)
	case x.Kind == change.KindAdded:
		f.sign, f.said = "+", line(after, cause)
	case x.Kind == change.KindRemoved:
		f.sign, f.said = "-", line(before, o.lost(c, x), cause)
	case x.Kind == change.KindMoved:
		f.said = line(o.moved(c, x), cause)
	case x.Kind == change.KindOrdered:
		f.said = line("in another order: ", before, " → ", after, cause)
	case x.Kind == change.KindRetyped:
		f.said = line(before, " → ", after, " ("+doc.TypeName(x.Before.RawValue)+" → "+doc.TypeName(x.After.RawValue)+")", cause)
	default:
		if said, rows, ok := o.window(x); ok {
			if !o.form.Verbose {
				if f.edit = Edit(x); f.edit != "" {
					f.edit += plain(cause)
				}
			}
			if len(said) == 0 && len(cause) > 0 { // it begins the line
				cause[0].text = strings.TrimPrefix(cause[0].text, " ")
			}
			f.said, f.rows = line(said, cause), rows
			return f
		}
		f.said = line(before, " → ", after, cause)
	}
	return f
}

// lost says of an element that only the destination has that it goes.
func (o *outliner) lost(c *change.CollectionReport, x *change.Change) string {
	ofDocument := !slices.ContainsFunc(c.Options, func(y change.OptionItem) bool { return len(x.At) > 0 && y.Name == x.At[0].Field && len(y.Changes) > 0 })
	if n := len(x.At); ofDocument && o.report.Comparison == nil && n > 0 && x.At[n-1].Element != nil {
		return " (lost)"
	}
	return ""
}

// moved says where an element stood, and where it stands.
func (o *outliner) moved(c *change.CollectionReport, x *change.Change) []span {
	n := len(x.At)
	if n == 0 || x.At[n-1].Element == nil || x.At[n-1].Before == nil || x.At[n-1].After == nil {
		return line("moved")
	}
	e, what := x.At[n-1].Element, []span(nil)
	if e.Key == "" { // nothing else says which it is
		what = line(o.linked(c, x, x.After, data), " ")
	}
	return line(what, "moved from position "+count(*e.Before)+" to "+count(*e.After))
}

// fields are the lines of a document that is inserted or deleted. What is not known of it
// is said where the field is: left are the other changes.
func (o *outliner) fields(c *change.CollectionReport, d *change.DocumentItem) (out []fact, left []change.Change) {
	kind := fresh
	if d.Action == "delete" {
		kind = old
	}
	n, said := 0, map[string]bool{}
	for field, v := range doc.Fields(d.Document.Value) {
		path := doc.Path{field}.String()
		if _, identity := doc.Get(d.Identity.Value, doc.Path{path}); identity || field == "_id" || !o.form.picks(path) {
			continue
		}
		if n++; n > textFields && !o.form.Verbose {
			continue
		}
		said[field] = true
		value := line(span{kind, o.shown(change.Value{RawValue: v}, within(d.Links, field), withinHidden(d, field), c.Database)})
		var open []string
		for i := range d.Changes {
			switch x := &d.Changes[i]; {
			case x.At[0].Field != field || x.Unknown == nil:
			case len(x.At) == 1:
				value = unknown(x)
			default:
				open = append(open, x.Unknown...)
			}
		}
		if len(open) > 0 {
			slices.Sort(open)
			value = line(value, " (", names(slices.Compact(open)), " not given)")
		}
		out = append(out, fact{path: path, said: value})
	}
	if more := n - textFields; more > 0 && !o.form.Verbose {
		out = append(out, fact{said: line("… and " + count(more) + " more " + plural(more, "field", "fields"))})
	}
	for _, x := range d.Changes {
		if x.Unknown == nil || !said[x.At[0].Field] {
			left = append(left, x)
		}
	}
	return out, left
}

// unknown says of a change that secrets which are not given leave it open.
func unknown(x *change.Change) []span { return line("unknown (", names(x.Unknown), " not given)") }

// short is a document on one line.
func (o *outliner) short(c *change.CollectionReport, d *change.DocumentItem) span {
	kind := fresh
	if d.Action == "delete" {
		kind = old
	}
	var texts []string
	size := 0
	for field, v := range doc.Fields(d.Document.Value) {
		path := doc.Path{field}.String()
		if _, identity := doc.Get(d.Identity.Value, doc.Path{path}); identity || field == "_id" || size > 4*textItems {
			continue
		}
		texts = append(texts, path+": "+o.shown(change.Value{RawValue: v}, within(d.Links, field), withinHidden(d, field), c.Database))
		size += len(texts[len(texts)-1])
	}
	return span{kind, change.Shorten("{" + strings.Join(texts, ", ") + "}")}
}

// within are the links of a field of a value.
func within(links []change.LinkItem, field string) []change.LinkItem {
	var out []change.LinkItem
	for _, l := range links {
		if len(l.At) > 0 && l.At[0] == field {
			l.At = l.At[1:]
			out = append(out, l)
		}
	}
	return out
}

// withinHidden are the hidden places of a field of a document.
func withinHidden(d *change.DocumentItem, field string) []change.HiddenItem {
	hidden, out := d.Hidden, []change.HiddenItem(nil)
	if d.Action == "delete" {
		hidden = nameless(hidden)
	}
	for _, h := range hidden {
		if len(h.At) > 0 && h.At[0] == field {
			h.At = h.At[1:]
			out = append(out, h)
		}
	}
	return out
}

// nameless are hidden places of what was there: the names are of what will be.
func nameless(hidden []change.HiddenItem) []change.HiddenItem {
	out := slices.Clone(hidden)
	for i := range out {
		out[i].Secrets = nil
	}
	return out
}

// shown is a value as text.
func (o *outliner) shown(v change.Value, links []change.LinkItem, hidden []change.HiddenItem, database string) string {
	if word, ok := maskedWord(v.RawValue); ok && len(hidden) == 0 {
		return word
	}
	return named(v, links, hidden, database, o.form.Verbose)
}

// value is a value that is no side of a change.
func (o *outliner) value(v change.Value) span { return span{data, change.ShowValue(v.RawValue)} }

// side is one side of a change without links.
func (o *outliner) side(v change.Value, kind spanKind) span {
	if v.Missing() {
		return span{words, change.MissingText}
	}
	return span{kind, o.shown(v, nil, nil, "")}
}

// sides are both.
func (o *outliner) sides(before, after change.Value) []span {
	return line(o.side(before, old), " → ", o.side(after, fresh))
}

// linked is one side of a change in a collection.
func (o *outliner) linked(c *change.CollectionReport, x *change.Change, v change.Value, kind spanKind) span {
	if v.Missing() {
		return span{words, change.MissingText}
	}
	hidden := x.Hidden
	if kind == old {
		hidden = nameless(hidden)
	}
	return span{kind, o.shown(v, x.Links, hidden, c.Database)}
}
