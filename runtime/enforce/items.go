package enforce

// The documents of a collection's report. In: an observation that is compared; out: items, those
// beyond the first made when somebody asks for them, and whose doing their differences are. Pure.

import (
	"iter"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/cause"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
)

// doing is whose doing writes and deletes are that have no item.
type doing struct {
	// Of writes and of what prune deletes, by position; nil: nobody looked. Of an update it is that
	// of each of its changes, with commas between.
	writes, deletes []string
	since           string // the run that wrote the ledger last
}

// items fills the report's documents: of inserts, of updates and of what prune deletes the first so
// many, 0 is all. told are the writes that have an item, by position.
func (l *observation) items(most int) {
	l.report.Documents = []change.DocumentItem{}
	untold, inserts, updates := &l.report.Untold, 0, 0
	beyond := func(n, untold *int) bool {
		*n++
		if most > 0 && *n > most {
			*untold++
			return true
		}
		return false
	}
	for i := range l.writes {
		p := &l.writes[i]
		if p.New() && beyond(&inserts, &untold.Inserts) {
			continue
		}
		item := l.c.Item(whole(l, p))
		if !p.New() {
			l.report.Counts.Lost += between.Lost(item.Changes)
		}
		if p.Again() {
			if beyond(&updates, &untold.Updates) {
				continue
			}
			item.Detach() // the documents that it is of are let go
		}
		l.report.Documents, l.told = append(l.report.Documents, item), append(l.told, i)
	}
	for i := range l.unknown {
		l.report.Documents = append(l.report.Documents, l.c.UnknownItem(&l.unknown[i]))
	}
	for _, i := range l.absent {
		l.report.Documents = append(l.report.Documents, l.c.AbsentItem(i))
	}
	l.report.Documents = append(l.report.Documents, l.kept...)
	gone := l.pruned()
	if most > 0 && len(gone) > most {
		untold.Deletes = len(gone) - most
		gone = gone[:most]
	}
	for i := range gone {
		l.report.Documents = append(l.report.Documents, l.c.Item(whole(l, &gone[i])))
	}
	if *untold != (change.Untold{}) {
		l.doing = &doing{}
		l.report.All = l.everyItem(l.report.Documents)
	}
}

// everyItem makes the documents of the report, those that have an item already and those that
// have none. Of what was read and is to be written it holds what these are made of.
func (l *observation) everyItem(there []change.DocumentItem) iter.Seq[change.DocumentItem] {
	// Desired documents of writes that have no item; -1: it has one. Those of updates are counted from
	// -2 downwards, and their patches are in the same order.
	wanted, patches := make([]int32, len(l.writes)), [][]byte(nil)
	told := l.told
	for i := range l.writes {
		p := &l.writes[i]
		switch wanted[i] = int32(p.Wanted); {
		case len(told) > 0 && told[0] == i:
			wanted[i], told = -1, told[1:]
		case p.Again():
			wanted[i], patches = -2-wanted[i], append(patches, p.Patch())
		}
	}
	var gone []bson.Raw
	for i := range l.report.Untold.Deletes {
		gone = append(gone, l.pruned()[len(l.pruned())-l.report.Untold.Deletes+i].Live(l.c))
	}
	of, doing, deletes := settled(l), l.doing, len(l.pruned())-len(gone)
	return func(yield func(change.DocumentItem) bool) {
		told, patch := 0, 0
		for i, n := range wanted {
			var item change.DocumentItem
			switch {
			case n == -1:
				item, told = there[told], told+1
			case n >= 0:
				item = of.c.Item(whole(of, &compare.Planned{Wanted: int(n)}))
				doing.about(&item, doing.writes, i)
			default:
				item = of.c.Item(of.c.Compare(int(-2-n), of.c.Patched(int(-2-n), patches[patch])).Write)
				patch++
				doing.about(&item, doing.writes, i)
			}
			if !yield(item) {
				return
			}
		}
		for _, item := range there[told:] {
			if !yield(item) {
				return
			}
		}
		for i, d := range gone {
			w := compare.Deletion(d)
			item := of.c.Item(&w)
			doing.about(&item, doing.deletes, deletes+i)
			if !yield(item) {
				return
			}
		}
	}
}

// about puts into an item whose doing it is.
func (d *doing) about(item *change.DocumentItem, of []string, i int) {
	switch {
	case of == nil || of[i] == "":
	case item.Action == "insert" || item.Action == "delete":
		item.Cause, item.Since = said(of[i], d.since)
	default:
		for n, of := range strings.Split(of[i], ",") {
			item.Changes[n].Cause, item.Changes[n].Since = said(of, d.since)
		}
	}
}

// addCauses puts the causes into the report of an observation; known are the entries of those
// of the keys that the ledger has. What undo took back is no longer in it: of a
// document that it has not when its run was undone, nobody can tell.
func addCauses(l *observation, run string, undone bool, keys []control.LedgerKey, known map[control.LedgerKey]*control.LedgerEntry) {
	all := &doing{make([]string, len(l.writes)), make([]string, len(l.pruned())), run}
	if l.doing != nil {
		*l.doing = *all
		all = l.doing
	}
	words := map[string]string{} // of updates, once
	for i := range l.writes {
		p, e := &l.writes[i], known[keys[i]]
		switch {
		case undone && e == nil:
		case p.New():
			all.writes[i] = cause.OfInsert(l.c, e, p.Wanted)
		default:
			if e == nil {
				e = &control.LedgerEntry{}
			}
			text := causesOf(l.c, e, whole(l, p))
			if words[text] == "" {
				words[text] = text
			}
			all.writes[i] = words[text]
		}
	}
	for i := range l.pruned() {
		if e := known[keys[len(l.writes)+i]]; !undone || e != nil {
			all.deletes[i] = cause.OfDelete(l.c, e, l.pruned()[i].Live(l.c))
		}
	}
	items := l.report.Documents
	for n, i := range l.told {
		all.about(&items[n], all.writes, i)
	}
	told := items[len(items)-len(l.pruned())+l.report.Untold.Deletes:]
	for i := range told {
		all.about(&told[i], all.deletes, i)
	}
}

// causesOf is whose doing the changes of an update are, with commas between.
func causesOf(c *compare.Collection, e *control.LedgerEntry, w *compare.Write) string {
	var out []string
	changes := c.Item(w).Changes
	for n := range changes {
		of := ""
		if changes[n].Unknown == nil {
			of = cause.OfChange(c, e, w, &changes[n])
		}
		out = append(out, of)
	}
	return strings.Join(out, ",")
}

// said is a cause as a report has it: of what the destination did, since which run.
func said(of, run string) (string, string) {
	if of == cause.ByDestination || of == cause.ByBoth {
		return of, run
	}
	return of, ""
}
