package enforce

// What is held of the writes of an observation, and what the report has of them. In: an observation
// that is compared; out: planned writes, and items, those of most inserts made when somebody asks
// for them.

import (
	"iter"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/compare"
)

// items fills the report's documents: of inserts the first so many, 0 is all. told are the
// writes that have an item, by position.
func (l *observation) items(inserts int) {
	l.report.Documents = []change.DocumentItem{}
	put := 0
	for i := range l.writes {
		p := &l.writes[i]
		if p.New() {
			if put++; inserts > 0 && put > inserts {
				l.report.Untold.Inserts++
				continue
			}
		}
		item := l.c.Item(whole(l, p))
		if !p.New() {
			l.report.Counts.Lost += between.Lost(item.Changes)
		}
		if p.Before() != nil { // the document that it will be is let go
			item.Detach()
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
	for i := range l.pruned() {
		l.report.Documents = append(l.report.Documents, l.c.Item(&l.pruned()[i]))
	}
	if l.report.Untold.Inserts > 0 {
		l.report.All = l.everyItem(l.report.Documents)
	}
}

// everyItem makes the documents of the report, those that have an item already and those that
// have none.
func (l *observation) everyItem(there []change.DocumentItem) iter.Seq[change.DocumentItem] {
	inserts := make([]int32, len(l.writes)) // those that have no item, as desired documents; -1: it has one
	for i := range l.writes {
		inserts[i] = int32(l.writes[i].Wanted)
	}
	for _, i := range l.told {
		inserts[i] = -1
	}
	return func(yield func(change.DocumentItem) bool) {
		told := 0
		for i, wanted := range inserts {
			var item change.DocumentItem
			if wanted < 0 {
				item, told = there[told], told+1
			} else if item = l.c.Item(whole(l, &compare.Planned{Wanted: int(wanted)})); l.doing != nil {
				item.Cause, item.Since = said(l.doing[i], l.since)
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
	}
}

// plan adds an insert or update.
func (l *observation) plan(w compare.Write) {
	w.Adapt(l.capabilities, l.transacts)
	l.checkSize(&w, w.Wanted, func() string { return l.identity(w.Wanted) })
	// What the ledger says of drift, and moves, are in the write, and nowhere else.
	again := l.drift == nil && w.Move == nil && !w.Rekeyed
	l.writes = append(l.writes, compare.Plan(&w, l.after, again))
}

// forget lets go what was read and what is to be written, as it is observed again: what stays is
// for the report.
func (l *observation) forget() {
	l.forgotten += len(l.writes) + len(l.deletes)
	l.in, l.twins, l.others, l.writes, l.deletes, l.stages, l.leaving = nil, nil, nil, nil, nil, nil, 0
}
