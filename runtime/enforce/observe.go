package enforce

// Observing a destination: all of it, or some collections again. In: an enforcer, and
// what is observed under which conditions; out: an observed value, with an observation
// of each collection. Everything that links concern is read first, then links are
// resolved, then each collection is compared. Reads only.

import (
	"context"
	"errors"
	"slices"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// observed is what was found at a destination. It does not change: what is found later
// is another one.
type observed struct {
	memory remembered
	all    []*observation // in the state's order; none where what earlier runs left forbids the run
	notes  []string
	digest string // of a plan that could be approved
}

// settled is what was observed once it was written (settled of an observation).
func (s *observed) settled() *observed {
	with := *s
	with.all = make([]*observation, len(s.all))
	for i, o := range s.all {
		with.all[i] = settled(o)
	}
	return &with
}

// differs reports whether there is something to do.
func (s *observed) differs() bool {
	return slices.ContainsFunc(s.all, (*observation).differs)
}

// conflicts are what stands in the way.
func (s *observed) conflicts() []change.Conflict {
	all := slices.Clone(s.memory.conflicts)
	for _, o := range s.all {
		all = append(all, o.conflicts...)
	}
	return all
}

func (s *observed) refused() bool { return len(s.conflicts()) > 0 }

// changing are the positions of the collections that are to be changed.
func (s *observed) changing() []int {
	var out []int
	for i, o := range s.all {
		if o.differs() {
			out = append(out, i)
		}
	}
	return out
}

// observe reads what earlier runs left, then the destination.
func (e *enforcer) observe(ctx context.Context) (*observed, error) {
	memory, err := e.remember(ctx)
	seen := &observed{memory: memory, notes: memory.notes}
	if err != nil || len(memory.conflicts) > 0 {
		return seen, err
	}
	o := &observing{enforcer: e, earlier: memory, hello: memory.hello, capabilities: memory.capabilities(), stage: "read", notes: memory.notes}
	seen.all, err = o.everything(ctx)
	seen.notes = o.notes
	return seen, err
}

const noteCut = "what was found is let go while it is read again, which failed: of each kind of change the report has the first documents alone, beside all counts"

// observeAgain observes, under the lease, the collections that differ and those that
// they link to: what it finds is what is written.
func (e *enforcer) observeAgain(ctx context.Context, before *observed) (*observed, error) {
	memory, err := e.recall(ctx, before.memory.hello)
	if err != nil {
		return before, err
	}
	if len(memory.conflicts) > 0 {
		return before, &refusal{memory.conflicts}
	}
	o := &observing{enforcer: e, earlier: memory, hello: memory.hello, capabilities: memory.capabilities(), stage: "lease", notes: before.notes}
	which := e.links.Concerned(before.changing())
	o.planned = map[int]*plannedBefore{}
	for _, i := range which { // there is memory for one of both
		o.planned[i] = plannedOf(before.all[i])
		forget(before.all[i])
		before.all[i].report.All = nil
	}
	again, err := o.at(ctx, which)
	if err != nil {
		if slices.ContainsFunc(which, func(i int) bool { return before.all[i].report.Untold != change.Untold{} }) {
			before.notes = append(slices.Clone(before.notes), noteCut)
		}
		return before, err
	}
	seen := &observed{memory: memory, all: slices.Clone(before.all), notes: o.notes}
	for _, found := range again {
		seen.all[found.at] = found
	}
	if seen.refused() {
		return seen, &refusal{}
	}
	return seen, nil
}

// explained says of what was observed under which digest it can be approved, and whose
// doing each difference is. With nothing to do that is approved, and nothing else.
func (e *enforcer) explained(ctx context.Context, seen *observed) (*observed, error) {
	with, err := *seen, error(nil)
	if e.command == "plan" && !seen.refused() {
		with.digest, err = e.planDigest(seen)
	}
	return &with, errors.Join(err, e.findCauses(ctx, seen))
}

// observing is one act of observing.
type observing struct {
	*enforcer
	earlier      remembered // what earlier runs left
	hello        control.Hello
	capabilities *capability.Capabilities // what the server was seen to do
	stage        string                   // of which it is a part
	since        *writing                 // what was written before; nil: bounds of prune are found
	notes        []string                 // those of earlier ones, too: a note is said once
	planned      map[int]*plannedBefore   // of collections that were observed before; nil: nothing
}

// transactions reports whether the destination has them; a directory is written as a
// whole.
func (o *observing) transactions() bool {
	return !o.isServer() || o.hello.Cluster.Transactions() && !o.capabilities.Lacking(capability.CanTransactions)
}

func (o *observing) note(text string) {
	if !slices.Contains(o.notes, text) {
		o.notes = append(slices.Clone(o.notes), text)
	}
}

// everything observes every collection.
func (o *observing) everything(ctx context.Context) ([]*observation, error) {
	all := make([]int, len(o.wanted))
	for i := range all {
		all[i] = i
	}
	return o.at(ctx, all)
}

// at observes those of the state's collections that which names by their positions,
// ascending.
func (o *observing) at(ctx context.Context, which []int) ([]*observation, error) {
	concerned := o.links.Concerned(which)
	collections := make([]*desired.Collection, len(concerned))
	for n, i := range concerned {
		collections[n] = o.state.Collections[i]
	}
	infos, err := o.infos(ctx, collections)
	if err != nil {
		return nil, err
	}
	read := make(map[int]*observation, len(concerned))
	for n, i := range concerned {
		o.progress(o.stage, o.namespace(collections[n]), n+1, len(concerned), "collections")
		if read[i], err = o.read(ctx, i, infos); err != nil {
			return nil, err
		}
	}
	keys, err := o.shardKeys(ctx, collections)
	if err != nil {
		return nil, err
	}
	for _, l := range read {
		l.shardKey = keys[l.ns.String()]
	}
	for _, i := range concerned {
		if err := o.readDrift(ctx, read[i]); err != nil {
			return nil, err
		}
	}
	targets := make(map[int]*compare.Target, len(read))
	for i, l := range read {
		targets[i] = l.target(o.state.Collections[i])
	}
	out := make([]*observation, len(which))
	for n, i := range which {
		out[n] = read[i]
		if !out[n].closed {
			out[n].c = o.links.Resolve(out[n].c, targets)
		}
	}
	for _, l := range out {
		if err := o.compare(ctx, l); err != nil {
			return nil, err
		}
		o.cannot(l)
	}
	return out, nil
}

// infos describes those of the collections that exist: one call a database.
func (o *observing) infos(ctx context.Context, wanted []*desired.Collection) (map[stores.Namespace]*stores.CollectionInfo, error) {
	names := map[string][]string{}
	var databases []string
	for _, c := range wanted {
		ns := o.namespace(c)
		if names[ns.Database] == nil {
			databases = append(databases, ns.Database)
		}
		names[ns.Database] = append(append(names[ns.Database], ns.Collection), c.Reads...)
	}
	infos := map[stores.Namespace]*stores.CollectionInfo{}
	for _, database := range databases {
		found, err := o.store.Collections(ctx, database, names[database])
		if err != nil {
			return nil, err
		}
		for i := range found {
			infos[stores.Namespace{Database: database, Collection: found[i].Name}] = &found[i]
		}
	}
	return infos, nil
}
