package view

// Numbers of what there is to do. In: a report or a collection of it; out: them, and
// the words for them. Pure.

import (
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// tally are the numbers of a collection or of a whole report.
type tally struct {
	change.Counts
	collections, gone    int // to create; of diff, that are gone
	create, modify, drop int // indexes
	options, settings    int
	moved                int // updates that are said apart
	left, records        int
}

// tallyOf counts a collection.
func tallyOf(c *change.CollectionReport) tally {
	n := tally{Counts: c.Counts, settings: len(c.Settings)}
	if c.Missing {
		n.collections++
	}
	if c.Gone {
		n.gone++
	}
	for _, x := range c.Indexes {
		n.add(indexTally(x))
	}
	for _, x := range c.Options {
		n.add(optionTally(x))
	}
	for i := range c.Documents {
		d := documentTally(&c.Documents[i])
		n.left, n.moved, n.Update = n.left+d.left, n.moved+d.moved, n.Update-d.moved
	}
	if c.Reason != "" {
		n.left++
	}
	return n
}

// indexTally counts an index.
func indexTally(x change.IndexItem) (n tally) {
	switch x.Action {
	case "create":
		n.create = 1
	case "change":
		n.modify = 1
	case "drop":
		n.drop = 1
	case "left":
		n.left = 1
	}
	return n
}

// optionTally counts an option.
func optionTally(x change.OptionItem) (n tally) {
	if x.Reason != "" {
		n.left = 1
		return n
	}
	n.options = 1
	return n
}

// documentTally counts a document.
func documentTally(d *change.DocumentItem) (n tally) {
	switch d.Action {
	case "insert":
		n.Insert = 1
	case "update":
		n.Update = 1
	case "move":
		n.moved = 1
	case "unknown":
		n.Unknown = 1
	case "absent":
		n.Absent = 1
	case "keep":
		n.Kept = 1
	case "delete":
		n.Delete = 1
	case "left":
		n.left = 1
	}
	for _, x := range d.Changes {
		if x.Kind == change.KindRemoved && (d.Action == "update" || d.Action == "move") && len(x.At) > 0 && x.At[len(x.At)-1].Element != nil {
			n.Lost++
		}
	}
	return n
}

// add adds the numbers of another collection.
func (n *tally) add(m tally) {
	n.Insert += m.Insert
	n.Update += m.Update
	n.Delete += m.Delete
	n.InSync += m.InSync
	n.Unknown += m.Unknown
	n.Absent += m.Absent
	n.Kept += m.Kept
	n.Lost += m.Lost
	n.collections += m.collections
	n.gone += m.gone
	n.create += m.create
	n.modify += m.modify
	n.drop += m.drop
	n.options += m.options
	n.settings += m.settings
	n.left += m.left
	n.moved += m.moved
	n.records += m.records
}

// verbs are the words for what is done with documents, by command.
type verbs struct{ insert, move, update, delete, sync string }

func verbsOf(r *change.Report) verbs {
	switch {
	case r.Comparison == nil:
		return verbs{"to insert", "to move", "to update", "to delete", "in sync"}
	case r.Comparison.Kind == "rules":
		return verbs{"made", "moved", "changed", "left out", "as extracted"}
	}
	return verbs{"added", "moved", "changed", "removed", "the same"}
}

// of are the words for an action.
func (v verbs) of(action string) string {
	switch action {
	case "insert":
		return v.insert
	case "move":
		return v.move
	case "update":
		return v.update
	case "delete":
		return v.delete
	case "keep":
		return "kept"
	}
	return action
}

// text joins the numbers that are not 0.
func (n tally) text(v verbs) string {
	return present(append([]number{
		{n.Insert, v.insert}, {n.moved, v.move}, {n.Update, v.update}, {n.Delete, v.delete}, {n.InSync, v.sync}, {n.Unknown, "unknown"}, {n.Absent, "absent"}, {n.Kept, "kept"},
	}, n.also()...)...)
}

// also are the numbers of what is no document.
func (n tally) also() []number {
	return []number{
		{n.Lost, plural(n.Lost, "element lost", "elements lost")},
		{n.collections, plural(n.collections, "collection to create", "collections to create")},
		{n.gone, plural(n.gone, "collection gone", "collections gone")},
		{n.create, plural(n.create, "index to create", "indexes to create")},
		{n.modify, plural(n.modify, "index to change", "indexes to change")},
		{n.drop, plural(n.drop, "index to drop", "indexes to drop")},
		{n.options, plural(n.options, "option to change", "options to change")},
		{n.settings, plural(n.settings, "setting changed", "settings changed")},
		{n.left, "left"},
		{n.records, plural(n.records, "record to change", "records to change")},
	}
}

type number struct {
	n    int
	what string
}

// present joins the numbers that are not 0.
func present(numbers ...number) string {
	var texts []string
	for _, p := range numbers {
		if p.n > 0 {
			texts = append(texts, count(p.n)+" "+p.what)
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

// count is a number for people: 2,980.
func count(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
