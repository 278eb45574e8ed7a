package enforce

// The observation of a collection. In: a store and a desired collection; out: what is
// to be done, in which order, what stands in the way, and the report of it.
// Everything that links concern is read first, then links are resolved
// (runtime/compare/links.go), then each collection is compared. Reads only.

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/order"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
	"github.com/hayone1/mongocd/runtime/validator"
)

// valueRemoved is the value of change.PreservedInside when the path is to be absent.
//
//js:table
const valueRemoved = "removed"

// observation is the result of reading and comparing one collection.
type observation struct {
	at int // the collection's position in the state
	// c is the collection, with the `_id`s that its links stand for in place.
	c  *compare.Collection
	ns stores.Namespace

	// What was read; closed: the documents were not, as they cannot be compared.
	closed bool
	in     *reader
	keys   *compare.Keys         // of the desired documents
	fields *compare.Fields       // that documents in sync are held with
	after  *compare.Fields       // that documents are held with as they will be
	same   []bool                // desired documents with which one of the destination is in sync
	twins  *compare.Twins        // destination documents with a desired one's identity
	others []bson.Raw            // those that are nobody's twin
	moved  map[int]*desired.Move // desired documents whose twin has another identity
	// followed are documents whose new `_id` is there already.
	followed []bson.Raw
	stuck    map[int]bool  // desired documents of moves that cannot be told: nothing is done about them
	indexes  []order.Index // to check

	missing   bool
	listed    stores.CollectionInfo // as listCollections has it
	existing  []bson.Raw            // its indexes
	report    change.CollectionReport
	conflicts []change.Conflict
	writes    []compare.Planned // inserts and updates, in identity order
	earlier   []compare.Planned // those of the observation before, of which inserts are the same
	told      []int             // those of them that the report has an item for
	doing     *doing            // whose doing it is that it has no items for; nil: it has one for all
	stages    []order.Stage     // of writes
	forgotten int               // writes and deletes that there were (forget)
	shardKey  []doc.Path        // without `_id`
	// capabilities is what the server was seen to do; nil: not known.
	capabilities *capability.Capabilities
	asks         bool // it is a server, which knows what a collation equates
	transacts    bool // the server has transactions on this collection
	unknown      []compare.UnknownItem
	drift        *drift                // nil: it is repaired, or nothing is known of it
	kept         []change.DocumentItem // what stays as it is at the destination
	absent       []int                 // desired documents that `mode update` does not insert
	deletes      []compare.Planned     // the first leaving ones of documents that get another `_id`
	leaving      int
	bound        int64 // of prune and of what leaves, as it was before the first write

	// What is to be done about structure. early are the names of unique indexes
	// that go before the documents, as they are in the way of one.
	indexPlan  structure.IndexPlan
	optionPlan structure.OptionPlan
	validation validator.Settings
	early      []string
}

// differs reports whether there is something to do.
func (l *observation) differs() bool {
	return l.left() > 0
}

// left counts what there is to do.
func (l *observation) left() int {
	n := len(l.writes) + len(l.deletes) + l.forgotten + l.indexPlan.Left() + len(l.optionPlan.Items)
	if l.missing {
		n++
	}
	return n
}

// conflict adds one; about is the desired document's index, -1 for none.
func (l *observation) conflict(t change.ConflictText, about int, paths []doc.Path, pairs ...string) {
	conflict := t.Conflict(pairs...)
	conflict.Database, conflict.Collection, conflict.Origin = l.ns.Database, l.ns.Collection, l.c.Origin
	if about >= 0 {
		conflict.Identity = change.DocumentValue(l.c.IdentityAt(about))
		if origin := l.c.Documents[about].Origin; origin != "" {
			conflict.Origin = origin
		}
	}
	if strings.HasPrefix(t.Code, "prune-") {
		conflict.Origin = l.c.Prune.Origin
	}
	for _, p := range paths {
		conflict.Paths = append(conflict.Paths, p.String())
	}
	l.conflicts = append(l.conflicts, conflict)
}

// causedBy makes the place of the last conflict that of a rule, where it is known.
func (l *observation) causedBy(rule string) {
	last := &l.conflicts[len(l.conflicts)-1]
	last.Origin = l.c.RuleOrigin(rule, last.Origin)
}

func (l *observation) identity(i int) string {
	return change.ShowDocument(l.c.IdentityAt(i))
}

// read reads a collection; infos are those that exist, of them and of what
// views read.
func (o *observing) read(ctx context.Context, at int, infos map[stores.Namespace]*stores.CollectionInfo) (*observation, error) {
	c := o.wanted[at]
	ns := o.namespace(c.Collection)
	info := infos[ns]
	l := &observation{at: at, c: c, ns: ns, missing: info == nil, closed: true, capabilities: o.capabilities, report: change.CollectionReport{
		Database: ns.Database, Collection: ns.Collection, Origin: c.Origin, Mode: string(c.Mode), Missing: info == nil,
		Counts: change.Counts{Desired: len(c.Documents)}, Indexes: []change.IndexItem{}, Documents: []change.DocumentItem{},
	}}
	if o.ownSource(info) {
		l.conflict(change.OwnSource, -1, nil)
		return l, nil
	}
	if info != nil {
		l.listed = *info
		created := o.since != nil && o.since.made[at].Created
		if kind := structure.OtherKind(*info, c.Options); kind != "" && created {
			l.conflict(change.NotKept, -1, nil, "parts", change.Fill(structure.KeptKind, "kind", kind))
			return l, nil
		} else if kind != "" {
			l.conflict(change.WrongKind, -1, nil, "kind", kind)
			return l, nil
		}
		l.optionPlan = structure.CompareOptions(*info, c.Options, c.SetOptions, o.hello.Wire)
		l.report.Options = l.optionPlan.Items
		if !created { // else it is what was not kept
			l.fixedOptions()
		}
	}
	if c.Prune != nil && len(c.Documents) == 0 {
		l.conflict(change.PruneEmpty, -1, nil)
		return l, nil
	}
	if c.IsView() { // it has neither indexes nor documents
		l.viewed(o.links, infos)
		return l, nil
	}
	l.closed = false

	options := c.Options
	if info != nil {
		options = info.Options
		l.transacts = o.transactions() && !structure.HasOption(options, "capped")
		var err error
		if l.existing, err = o.store.Indexes(ctx, ns); err != nil {
			return nil, err
		}
	}
	l.indexPlan = structure.CompareIndexes(c.Collection, l.existing, l.missing, structure.CollationOf(options), o.hello.Wire)
	l.report.Indexes = l.indexPlan.Items
	if len(l.indexPlan.Builds) > 0 {
		if err := o.measure(ctx, l); err != nil {
			return nil, err
		}
	}
	l.validation = validation(c.Collection, options, l.missing)
	l.serverLacks(o.hello.Wire)
	l.asks = !l.missing && o.isServer()
	l.indexes = l.uniqueIndexes(l.existing, options)
	scan := slices.ContainsFunc(l.indexes, func(ix order.Index) bool { return ix.Build })

	l.keys, l.same = o.keys[at](), make([]bool, len(c.Documents))
	l.fields = compare.NewFields(compare.KeyNames(c, order.Paths(l.indexes)))
	l.after = compare.NewFields(compare.IndexNames(order.Paths(l.indexes)))
	l.earlier = o.planned[at].with(l)
	l.in = &reader{store: o.store, ns: ns, simple: info != nil && structure.HasCollation(options), all: l.missing}
	if compare.OneByOne(c) {
		l.in.held = func(d bson.Raw) (bson.Raw, []byte) { return held(l, d) }
	}
	// In mode structure documents matter only to a unique index that is to be created.
	if !l.missing && (scan || c.Mode != desired.Structure) {
		if err := l.in.read(ctx, c.Collection, l.keys, scan); err != nil {
			return nil, err
		}
	}
	match(l)
	l.follow()
	return l, o.alike(ctx, l, options)
}

// compare finds what is to be done in a collection that was read.
func (o *observing) compare(ctx context.Context, l *observation) error {
	if l.closed {
		return nil
	}
	l.compareAll()
	l.pruning(o.since)
	if err := l.takenIDs(ctx, l.in); err != nil {
		return err
	}
	if err := l.unique(ctx, l.in, l.indexes); err != nil {
		return err
	}
	for _, note := range append(l.validate(), lookAlikes(l)...) {
		o.note(note)
	}
	l.items(o.options.Items)
	change.SortConflicts(l.conflicts)
	return nil
}

// target is what links to the collection are resolved by; wanted is the collection as
// the state has it.
func (l *observation) target(wanted *desired.Collection) *compare.Target {
	to := &compare.Target{C: l.c, Wanted: wanted, NS: l.ns, Closed: l.closed, Keys: l.keys, Twins: l.twins, Moved: map[int]bool{}, Gone: l.drift.gone(l)}
	for i := range l.moved {
		to.Moved[i] = true
	}
	if l.in != nil {
		to.Live, to.All = l.in.live, l.in.all
	}
	return to
}

// linked reports whether the links of desired document i allow to compare or
// insert it; there: the destination has it.
func (l *observation) linked(i int, there bool) bool {
	lost, open := l.c.Lost(i, there)
	for _, m := range lost {
		l.conflict(change.LinkMissing, i, []doc.Path{m.Path},
			"path", m.Place, "identity", l.identity(i), "target", m.Target, "collection", m.Collection)
		l.causedBy(m.Rule)
	}
	return len(lost) == 0 && !open
}

// compareAll compares every desired document with its twin.
func (l *observation) compareAll() {
	for _, d := range l.followed {
		l.leave(d)
	}
	if l.missing && l.c.Mode != desired.Update {
		l.writes = make([]compare.Planned, 0, len(l.c.Documents))
	}
	for i := range l.c.Documents {
		found := l.twins.Of(i)
		switch {
		case l.stuck[i]:
		case len(found) > 1:
			l.conflict(change.AmbiguousDestination, i, nil,
				"count", strconv.Itoa(len(found)), "identity", l.identity(i), "ids", idTexts(l.c, found))
		case len(found) == 0 && l.c.Mode == desired.Update:
			l.absent = append(l.absent, i)
			l.report.Counts.Absent++
		case l.drift.deleted(l, i):
			withoutDeleted(l, i)
		case !l.linked(i, len(found) == 1):
		case len(found) == 0:
			insert(l, i)
			l.report.Counts.Insert++
		case l.same[i]: // it was compared when it was read
			l.report.Counts.InSync++
		default:
			live, patch := found[0], patchOf(l, i)
			if patch != nil {
				live = compare.Patched(l.c, i, patch)
			}
			l.compare(i, live, patch)
		}
	}
	planInserts(l)
}

// compare compares desired document i with its twin, which a patch makes of it where it is not nil.
func (l *observation) compare(i int, live bson.Raw, patch []byte) {
	found, kept := withoutKept(l, i, live)
	if found.IDChange {
		t, wanted := change.IDChange, l.c.Raw(i)
		if !doc.Same(live.Lookup("_id"), wanted.Lookup("_id")) {
			t = change.IDCollation
		}
		l.conflict(t, i, nil, "found", change.ShowValue(live.Lookup("_id")), "wanted", change.ShowValue(wanted.Lookup("_id")))
	}
	if len(found.OnlyAt) > 0 {
		l.conflict(change.DestinationOnlyFields, i, found.OnlyAt, "identity", l.identity(i), "paths", change.PathTexts(found.OnlyAt, 10))
	}
	if b := found.Preserved; b != nil {
		l.conflict(change.PreservedInside, i, nil,
			"path", b.Path, "identity", l.identity(i), "value", cmp.Or(b.Value, valueRemoved), "inside", b.Inside)
		l.conflicts[len(l.conflicts)-1].Paths = []string{b.Path, b.Inside}
		if b.Rule != "" {
			l.causedBy(b.Rule)
		}
	}
	if u := found.Unclear; u != nil {
		t := change.UnclearElement
		if u.Type != "" {
			t = change.UnclearList
		}
		l.conflict(t, i, []doc.Path{u.Path}, "path", u.Path.String(), "identity", l.identity(i), "type", u.Type, "count", strconv.Itoa(u.Count), "key", u.Key)
		l.causedBy(u.Rule)
	}
	if p := found.Twice; p != nil {
		l.conflict(change.FieldTwice, i, []doc.Path{p}, "identity", l.identity(i), "path", p.String())
	}
	switch {
	case found.Refused:
	case found.Unknown != nil:
		l.unknown = append(l.unknown, *found.Unknown)
		l.report.Counts.Unknown++
	case found.Write == nil && kept: // it is counted
	case found.Write == nil:
		l.report.Counts.InSync++
	default:
		w := *found.Write
		if w.Rekeyed {
			l.leave(live)
		} else {
			if l.movesShard(&w) {
				return
			}
			structure.AddShardKey(&w.Op.Guard, l.shardKey, w.Before)
		}
		l.plan(&w, patch)
		l.report.Counts.Update++
	}
}

// checkSize sees to a write that is too large with its guard: a transaction
// does without it.
func (l *observation) checkSize(w *compare.Write, about int, identity func() string) {
	size := w.Size()
	if w.Op.Action == stores.Insert || size <= stores.OperationBytes {
		return
	}
	unguarded := *w
	unguarded.Op.Guard = stores.Guard{ID: w.Op.Guard.ID}
	if l.transacts && unguarded.Size() <= stores.OperationBytes {
		w.Alone = true
		return
	}
	l.conflict(change.WriteTooLarge, about, nil, "identity", identity(), "size", strconv.Itoa(size))
}

// pruning finds what is deleted and what stays unmanaged.
func (l *observation) pruning(since *writing) {
	prune, in, others := l.c.Prune, l.in, l.others
	l.bound = int64(l.leaving)
	if l.c.Mode == desired.Structure {
		return // no document is anybody's
	}
	if prune == nil {
		l.report.Counts.Unmanaged = len(others)
		if !in.all { // what was read may hold more than was asked for
			matched := len(in.live) - len(others)
			l.report.Counts.Unmanaged = max(0, int(in.counted)-matched)
		}
		return
	}
	found := l.c.Pruning(in.live, others)
	// What leaves for another `_id` is in both, and counts in neither.
	deleted, leaving := l.leaving, int64(l.leaving)
	l.bound += found.Bound
	if since != nil { // the bound that was found before the first write holds
		first := since.seen.all[l.at]
		l.bound, leaving = first.bound, int64(first.leaving)
		deleted += since.done.Deleted(l.at)
	}
	going := withoutInserted(l, found.Going)
	l.deletes = slices.Grow(l.deletes, len(going))
	for _, d := range going {
		w := compare.Deletion(d)
		structure.AddShardKey(&w.Op.Guard, l.shardKey, w.Before)
		w.Adapt(l.capabilities, l.transacts)
		l.checkSize(&w, -1, func() string { return change.ShowDocument(l.c.IdentityDocument(d)) })
		l.deletes = append(l.deletes, compare.PlanAgain(&w, nil, nil))
	}
	l.report.Counts.Delete = len(going)
	l.report.Counts.Unmanaged = found.Staying
	if count := int64(len(going) + deleted); count > l.bound {
		t := change.PruneBound
		if prune.Percent {
			t = change.PruneBoundPercent
		}
		l.conflict(t, -1, nil, "count", strconv.FormatInt(count-leaving, 10), "bound", strconv.FormatInt(l.bound-leaving, 10),
			"percent", strconv.FormatInt(prune.AtMost, 10), "scope", strconv.Itoa(found.Scope))
	}
}
