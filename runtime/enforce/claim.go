package enforce

// The commands that change what runs remember on purpose: `claim` takes over
// databases and collections, `release-hold` lifts the hold that an undo left.
// In: a store; out: a report that lists the records (docs/state.md, control).

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Claim hands the databases of a state over to its environment and to the
// cluster that the destination is, and the collections to its weave. plan only
// shows; Options.Approve is asked before the first record is changed. The error is for options that do not fit, or a destination that
// remembers nothing.
func Claim(ctx context.Context, store stores.Store, state *desired.State, plan bool, options Options) (*change.Report, error) {
	return changeControl(ctx, store, state, "claim", plan, options, (*run).claims)
}

// ReleaseHold lifts the hold of a weave and environment. It is otherwise as Claim.
func ReleaseHold(ctx context.Context, store stores.Store, weave, environment string, plan bool, options Options) (*change.Report, error) {
	return changeControl(ctx, store, &desired.State{Weave: weave, Environment: environment}, "release-hold", plan, options, (*run).holds)
}

// controlChange is a record to be changed; the documents are its fields without
// `_id` and `format` (of a damaged one, with all others), nil for a missing record.
type controlChange struct {
	id            string
	before, after bson.Raw
	anew          bool // nothing of the record stays
}

func changeControl(ctx context.Context, store stores.Store, state *desired.State, command string, plan bool, options Options,
	find func(*run, map[string]bson.Raw) []controlChange) (*change.Report, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, ErrNoState
	}
	r, err := newRun(store, state, options, command)
	if err != nil {
		return nil, err
	}
	r.planOnly = plan
	records, err := r.controlRecords(ctx)
	switch {
	case errors.Is(err, errConflict):
		return r.finish(), nil
	case err != nil:
		return r.failed("read", err), nil
	}
	changes := find(r, records)
	r.differs = len(changes) > 0
	for _, c := range changes {
		item := change.ControlItem{Record: c.id}
		if c.before != nil {
			item.Before = doc.Canonical(c.before)
		}
		if c.after != nil {
			item.After = doc.Canonical(c.after)
		}
		r.report.Control = append(r.report.Control, item)
	}
	if plan {
		return r.finish(), nil
	}
	if len(changes) > 0 && options.Approve != nil {
		shown := *r.report
		shown.Outcome, shown.Exit = change.Changes, change.ExitDone
		if !options.Approve(&shown) {
			r.declined = true
			return r.finish(), nil
		}
	}
	for _, c := range changes {
		if err := r.writeControl(ctx, c); err != nil {
			return r.failed("write", err), nil
		}
		r.wrote = true
	}
	return r.finish(), nil
}

// controlRecords reads the records that concern the state, by `_id`. One that a
// newer version wrote, or another cluster than the state's, is a conflict.
func (r *run) controlRecords(ctx context.Context) (map[string]bson.Raw, error) {
	if err := r.control.hello(ctx); err != nil {
		return nil, err
	}
	if err := r.wrongCluster(); err != nil {
		return nil, err
	}
	ids := bson.A{r.holdID()}
	for _, database := range r.databases() {
		ids = append(ids, claimID(database))
	}
	for _, c := range r.state.Collections {
		ids = append(ids, collectionID(r.namespace(c).String()))
	}
	found, err := r.control.find(ctx, controlCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, bson.E{Key: "batchSize", Value: int32(len(ids) + 1)})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
	records := map[string]bson.Raw{}
	for _, d := range found {
		// One that is damaged is shown as it is, and written anew.
		if err := checkRecord(controlKind(d), d); errors.As(err, new(*newerError)) && !errors.Is(r.noted(err), errConflict) {
			return nil, err
		}
		records[recordID(d)] = d
	}
	if len(r.report.Conflicts) > 0 {
		return nil, errConflict
	}
	return records, nil
}

// claims are the records that are not this environment's, cluster's or weave's.
func (r *run) claims(records map[string]bson.Raw) []controlChange {
	var changes []controlChange
	add := func(id string, after *doc.Builder, names ...string) {
		c := controlChange{id: id, before: onlyFields(records[id], names...), after: after.Raw()}
		if d := records[id]; d != nil && checkRecord(controlKind(d), d) != nil {
			c.before, c.anew = withoutField(d, "_id"), true
		}
		if !slices.Equal(c.before, c.after) {
			changes = append(changes, c)
		}
	}
	hosts := make([]bson.RawValue, len(r.control.cluster.hosts))
	for i, host := range r.control.cluster.hosts {
		hosts[i] = doc.String(host)
	}
	cluster := doc.NewBuilder(64).AppendString("set", r.control.cluster.set).AppendArray("hosts", hosts...).Raw()
	for _, database := range r.databases() {
		add(claimID(database), doc.NewBuilder(128).AppendString("environment", r.state.Environment).AppendDocument("cluster", cluster), "environment", "cluster")
	}
	for _, c := range r.state.Collections {
		add(collectionID(r.namespace(c).String()), doc.NewBuilder(128).AppendString("weave", r.state.Weave).AppendString("environment", r.state.Environment), "weave", "environment")
	}
	return changes
}

// holds are the hold, if there is one.
func (r *run) holds(records map[string]bson.Raw) []controlChange {
	hold := records[r.holdID()]
	if hold == nil {
		return nil
	}
	if checkRecord("hold", hold) != nil {
		return []controlChange{{id: r.holdID(), before: withoutField(hold, "_id")}}
	}
	return []controlChange{{id: r.holdID(), before: onlyFields(hold, "held")}}
}

// onlyFields is a document of some of the fields of d, in the order of the
// names; nil when d is.
func onlyFields(d bson.Raw, names ...string) bson.Raw {
	if d == nil {
		return nil
	}
	out := doc.NewBuilder(len(d))
	for _, name := range names {
		if v, ok := doc.Get(d, doc.Path{name}); ok {
			out.Append(name, v)
		}
	}
	return out.Raw()
}

func (r *run) writeControl(ctx context.Context, c controlChange) error {
	id := bson.D{{Key: "_id", Value: c.id}}
	if c.after == nil {
		return r.deleteOf(ctx, controlCollection, id)
	}
	set := bson.D{{Key: "format", Value: int32(stateFormat)}}
	for name, v := range doc.Fields(c.after) {
		set = append(set, bson.E{Key: name, Value: v})
	}
	change := bson.D{{Key: "$set", Value: set}}
	if c.anew {
		change = append(id, set...)
	}
	_, _, err := r.control.write(ctx, bson.D{{Key: "update", Value: controlCollection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: id}, {Key: "u", Value: change}, {Key: "upsert", Value: true},
	}}}})
	return err
}
