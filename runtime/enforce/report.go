package enforce

// The report of a run. In: what it observed and wrote, and how it ended; out: a
// change.Report with outcome and exit code. And what is held of the writes of an observation. In:
// writes; out: planned ones, and items, those beyond the first made when somebody asks for them,
// with whose doing their differences are. Pure.

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/cause"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// ending is how a run ended; the zero value is: well.
type ending struct {
	conflicts []change.Conflict
	failure   *change.Failure
	declined  bool // Options.Approve said no
	refused   bool // a conflict, here or in what was observed
}

func (e ending) well() bool {
	return !e.refused && !e.declined && e.failure == nil && len(e.conflicts) == 0
}

// refusal is the error of a phase that ends with conflicts. Those that are in what was
// observed are not in it.
type refusal struct{ conflicts []change.Conflict }

func (r *refusal) Error() string { return "conflict" }

// ended is how a run ends with an error of a stage; nil: well.
func (e *enforcer) ended(stage string, err error) ending {
	var refused *refusal
	if err == nil {
		return ending{}
	}
	if errors.As(err, &refused) {
		return ending{conflicts: refused.conflicts, refused: true}
	}
	if conflict, ok := e.memory.db.Conflict(err); ok {
		return ending{conflicts: []change.Conflict{conflict}, refused: true}
	}
	return ending{failure: &change.Failure{Stage: stage, Message: e.redactor.Replace(err.Error())}}
}

// also is an ending with an error of the last steps besides.
func (e ending) also(message string) ending {
	failure := change.Failure{Stage: "record", Message: message}
	if e.failure != nil {
		failure = change.Failure{Stage: e.failure.Stage, Message: e.failure.Message + "\n" + message}
	}
	e.failure = &failure
	return e
}

// report says what a run observed, what it wrote (nil: it did not come to that), and
// how it ended.
func (e *enforcer) report(seen *observed, done *writing, end ending) *change.Report {
	p := e.unsettled(seen, done, end)
	if end.well() && !seen.refused() && (!seen.differs() || e.command != "apply") {
		p.Notes = append(p.Notes, seen.memory.others()...)
	}
	p.Settle(change.Result{
		Differs: seen.differs(), Wrote: done != nil && done.sent, Declined: end.declined,
		DetailedExit: e.options.DetailedExit, AllowUnknown: e.options.AllowUnknown,
	})
	for _, o := range seen.all { // what is shown of it takes memory of its own
		forget(o)
	}
	return p
}

// unsettled is a report without outcome.
func (e *enforcer) unsettled(seen *observed, done *writing, end ending) *change.Report {
	p := change.NewReport(e.state.Weave, e.state.Environment, e.command)
	p.Notes, p.Digest, p.Failure, p.Leases = slices.Clone(seen.notes), seen.digest, end.failure, seen.memory.leases()
	if seen.digest != "" {
		p.Engine = e.options.Engine
	}
	p.Conflicts = append(append(p.Conflicts, seen.conflicts()...), end.conflicts...)
	for _, o := range seen.all {
		p.Collections = append(p.Collections, o.report)
	}
	for _, h := range e.hooksOf(seen) {
		p.Hooks = append(p.Hooks, h.item)
	}
	if done == nil {
		return p
	}
	p.Notes, p.Run = slices.Clone(done.notes), done.run
	for i, d := range done.done {
		p.Collections[i].Done = d
	}
	for i, ran := range done.ran {
		p.Hooks[i].Done = ran
	}
	return p
}

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
// have none, of actions that are asked for. Of what was read and is to be written it holds what these are made of.
func (l *observation) everyItem(there []change.DocumentItem) func(func(string) bool) iter.Seq[change.DocumentItem] {
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
	deletes := len(l.pruned()) - l.report.Untold.Deletes
	of, doing, gone := settled(l), l.doing, l.pruned()[deletes:]
	made := func(w *compare.Write, whose []string, i int) change.DocumentItem {
		item := of.c.Item(w)
		doing.about(&item, whose, i)
		return item
	}
	return func(asked func(string) bool) iter.Seq[change.DocumentItem] {
		inserts, updates := asked("insert"), asked("update")
		return func(yield func(change.DocumentItem) bool) {
			told, patch, more := 0, 0, true
			for i := 0; i < len(wanted) && more; i++ {
				switch n := int(wanted[i]); {
				case n == -1:
					more, told = yield(there[told]), told+1
				case n >= 0 && inserts:
					more = yield(made(whole(of, &compare.Planned{Wanted: n}), doing.writes, i))
				case n < -1:
					if updates {
						more = yield(made(of.c.Compare(-2-n, compare.Patched(of.c, -2-n, patches[patch])).Write, doing.writes, i))
					}
					patch++
				}
			}
			for ; told < len(there) && more; told++ {
				more = yield(there[told])
			}
			for i := 0; i < len(gone) && more && asked("delete"); i++ {
				more = yield(made(whole(of, &gone[i]), doing.deletes, deletes+i))
			}
		}
	}
}

// about puts into an item whose doing it is.
func (d *doing) about(item *change.DocumentItem, of []string, i int) {
	switch {
	case of == nil || of[i] == "":
	case item.Action == "insert" || item.Action == "delete":
		item.Cause, item.Since = cause.Said(of[i], d.since)
	default:
		for n, of := range strings.Split(of[i], ",") {
			item.Changes[n].Cause, item.Changes[n].Since = cause.Said(of, d.since)
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
			text := strings.Join(cause.OfUpdate(l.c, e, whole(l, p)), ",")
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

// plan adds an insert or update; patch makes what is there of the desired document, nil: nobody has
// made it.
func (l *observation) plan(w *compare.Write, patch []byte) {
	w.Adapt(l.capabilities, l.transacts)
	l.checkSize(w, w.Wanted, func() string { return l.identity(w.Wanted) })
	// What the ledger says of drift, and moves, are in the write, and nowhere else.
	if w.Before == nil || l.drift != nil || w.Move != nil || w.Rekeyed {
		l.writes = append(l.writes, compare.Plan(w, l.after))
		return
	}
	if patch == nil {
		patch = l.after.Patch(w.Before, l.c.Raw(w.Wanted))
	}
	l.writes = append(l.writes, compare.PlanAgain(w, l.after, patch))
}

// insertsPart is how many inserts a goroutine plans at a time.
const insertsPart = 500

// plannedBefore are the inserts of an observation, and the names of the fields that they hold.
type plannedBefore struct {
	writes []compare.Planned
	names  []string
}

// plannedOf are those of an observation that is about to be forgotten.
func plannedOf(l *observation) *plannedBefore {
	if l.closed {
		return nil
	}
	inserts := slices.DeleteFunc(l.writes, func(p compare.Planned) bool { return !p.New() }) // of the others nothing stays
	return &plannedBefore{inserts, l.after.Names()}
}

// with are those of which inserts are the same in an observation that begins: it holds the same fields,
// and no insert depends on other documents.
func (p *plannedBefore) with(l *observation) []compare.Planned {
	if p == nil || !compare.OneByOne(l.c) || !slices.Equal(p.names, l.after.Names()) {
		return nil
	}
	return p.writes
}

// insert adds the insert of a desired document, in the order of these.
func insert(l *observation, i int) {
	for len(l.earlier) > 0 && l.earlier[0].Wanted < i {
		l.earlier = l.earlier[1:]
	}
	if len(l.earlier) > 0 && l.earlier[0].Wanted == i && l.earlier[0].New() {
		l.writes = append(l.writes, l.earlier[0])
		return
	}
	l.writes = append(l.writes, compare.Unplanned(i))
}

// planInserts plans those that are not.
func planInserts(l *observation) {
	l.earlier = nil
	parallel.Parts(len(l.writes), insertsPart, func() func(from, to int) {
		plan := compare.Planning(l.c, l.after.Names())
		return func(from, to int) {
			for n := from; n < to; n++ {
				if p := &l.writes[n]; !p.Planned() {
					*p = plan(p.Wanted)
				}
			}
		}
	})
}

// forget lets go what was read and what is to be written, as it is observed again: what stays is
// for the report.
func forget(l *observation) {
	l.forgotten += len(l.writes) + len(l.deletes)
	l.in, l.twins, l.others, l.writes, l.deletes, l.stages, l.leaving = nil, nil, nil, nil, nil, nil, 0
	l.same = nil
}

// settled is what is needed of an observation when it was written, or is not to be: for the
// ledger, for the report, and for the bound of prune. It holds nothing of what it forgot.
func settled(l *observation) *observation {
	of := *l
	forget(&of)
	of.leaving = l.leaving
	return &of
}
