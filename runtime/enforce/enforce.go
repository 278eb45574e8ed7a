// Package enforce brings a destination to a desired state: read, compare,
// guard, write, verify, by the rules of docs/enforcement.md.
//
// In: a stores.Store and a desired.State. Out: a Report. The pure parts
// (compare, writes, cond, prune, unique, structure) are apart from those that
// read (read.go, look.go) and write (apply.go).
package enforce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Options of a run.
type Options struct {
	// Databases redirects: the state's database name to the destination's.
	Databases map[string]string
	// BatchSize is the number of operations a write batch has; 0 means 1,000.
	BatchSize int
	// DetailedExit makes Plan exit with 2 when it found differences, or could not
	// compare secrets that are not given.
	DetailedExit bool
	// AllowUnknown: secrets that could not be compared are no reason to exit with 2.
	AllowUnknown bool
	// Secrets are the texts of those names of the state that are given. Apply
	// refuses to run without all of them.
	Secrets map[string]string
	// Approve, when set, is asked by Apply, Undo, Claim and ReleaseHold before its first write, with the
	// report that Plan would give; false ends the run as refused.
	Approve func(plan *change.Report) bool
	// Approved is the digest of the plan that Apply may carry out; empty: any.
	Approved string
	// StateDatabase keeps what runs remember (docs/state.md); empty means
	// DefaultStateDatabase.
	StateDatabase string
	// Wait is how long Apply waits for a lease that another run holds.
	Wait time.Duration
	// ForceUnlock is the run from which Apply takes leases that it holds still:
	// WEAVE/ENVIRONMENT/N, or N.
	ForceUnlock string
	// Labels go into the record of the run.
	Labels []change.Label
	// JournalKey seals and encrypts what undo writes back, and proves it (docs/state.md, Seal); empty:
	// it is sealed without a key. It has at least control.JournalKeySize bytes.
	JournalKey string
	// SameCluster lets a run write to the collections its data was extracted from.
	SameCluster bool
	// Hello is what a server says of itself (the reply of hello), for a destination that
	// stands for one and takes no commands: a recorder of what would be sent.
	Hello bson.Raw
	// Engine is the digest of the artefact's code, which a plan prints; empty: there is none.
	Engine string
	// Progress, when set, is told how far the run is, often.
	Progress func(Progress)
	// Now and Sleep are the clock; nil means the machine's. Sleep ends early
	// when its context does.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration)
}

// DefaultStateDatabase is the database that keeps what runs remember.
const DefaultStateDatabase = "mongocd"

// Check reports whether the options fit the state: redirected databases are
// the state's, and no two collections become one.
func (o Options) Check(state *desired.State) error {
	if o.BatchSize < 0 || o.BatchSize > writeBatch {
		return fmt.Errorf("the batch size is %d: it can be 1 to %d", o.BatchSize, writeBatch)
	}
	var databases []string
	owners := map[stores.Namespace]*desired.Collection{}
	for _, c := range state.Collections {
		if !slices.Contains(databases, c.Database) {
			databases = append(databases, c.Database)
		}
		ns := o.Namespace(c)
		if other := owners[ns]; other != nil {
			return fmt.Errorf("%s and %s would both be %s: redirect their databases to different ones",
				change.Clean(other.Namespace()), change.Clean(c.Namespace()), change.Clean(ns.String()))
		}
		owners[ns] = c
		switch state := o.StateName(); {
		case stores.SystemDatabase(ns.Database):
			return fmt.Errorf("%s would be written to the database %q, which is the server's own", change.Clean(c.Namespace()), ns.Database)
		case ns.Database == state:
			return fmt.Errorf("%s would be written to the database %q, which keeps what runs remember: name another one for that", change.Clean(c.Namespace()), state)
		}
	}
	if n := len(o.JournalKey); n > 0 && n < control.JournalKeySize {
		return fmt.Errorf("the key of the journal has %d bytes: it needs %d or more", n, control.JournalKeySize)
	}
	if name := o.StateName(); stores.SystemDatabase(name) || !stores.ValidDatabase(name) {
		return fmt.Errorf("the state database cannot be %q", name)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Databases)) {
		if !slices.Contains(databases, name) {
			return fmt.Errorf("this weave writes no database %q: it has %s", name, change.Clean(fmt.Sprintf("%q", databases)))
		}
	}
	return nil
}

// Batch is the number of operations that a write batch has.
func (o Options) Batch() int { return cmp.Or(o.BatchSize, writeBatch) }

// StateName is the name of the database that keeps what runs remember.
func (o Options) StateName() string { return cmp.Or(o.StateDatabase, DefaultStateDatabase) }

// Namespace is the destination's collection of one of the state.
func (o Options) Namespace(c *desired.Collection) stores.Namespace {
	ns := stores.Namespace{Database: c.Database, Collection: c.Name}
	if to, ok := o.Databases[c.Database]; ok {
		ns.Database = to
	}
	return ns
}

// Plan finds what Apply would do. It only reads. The error is for options that
// do not fit the state; everything else is in the report.
func Plan(ctx context.Context, store stores.Store, state *desired.State, options Options) (*change.Report, error) {
	return examine(ctx, store, state, options, "plan")
}

// Verify finds whether the destination is in the state. It only reads. The
// error is as Plan's.
func Verify(ctx context.Context, store stores.Store, state *desired.State, options Options) (*change.Report, error) {
	return examine(ctx, store, state, options, "verify")
}

func examine(ctx context.Context, store stores.Store, state *desired.State, options Options, command string) (*change.Report, error) {
	r, err := newRun(store, state, options, command)
	if err != nil {
		return nil, err
	}
	looks, err := r.firstLook(ctx)
	if err == nil {
		err = errors.Join(r.digested(looks), r.findCauses(ctx, looks))
	}
	if err != nil {
		return r.failed("read", err), nil
	}
	return r.finish(), nil
}

// firstLook reads what earlier runs left, then the destination.
func (r *run) firstLook(ctx context.Context) ([]*look, error) {
	if err := r.remembered(ctx); err != nil || len(r.report.Conflicts) > 0 {
		return nil, err
	}
	looks, err := r.lookAtAll(ctx)
	if err != nil {
		return nil, err
	}
	r.found(looks)
	return looks, nil
}

// Apply brings the destination to the state and verifies it. The error is as
// Plan's.
func Apply(ctx context.Context, store stores.Store, state *desired.State, options Options) (*change.Report, error) {
	r, err := newRun(store, state, options, "apply")
	if err != nil {
		return nil, err
	}
	if r.secretsMissing() {
		return r.finish(), nil
	}
	looks, err := r.firstLook(ctx)
	if err != nil {
		return r.failed("read", err), nil
	}
	if len(r.report.Conflicts) > 0 || !r.differs {
		return r.finish(), nil
	}
	if err := r.approved(looks); errors.Is(err, errConflict) {
		return r.finish(), nil
	} else if err != nil {
		return r.failed("read", err), nil
	}
	if r.report.Conflicts = append(r.report.Conflicts, r.memory.db.Lacking(ctx, r.needed(looks))...); len(r.report.Conflicts) > 0 {
		return r.finish(), nil
	}
	if options.Approve != nil {
		plan := r.planned()
		if plan.Digest, err = r.planDigest(looks); err == nil {
			err = r.findCauses(ctx, looks)
		}
		if err != nil {
			return r.failed("read", err), nil
		}
		if !options.Approve(plan) {
			r.declined = true
			return r.finish(), nil
		}
		r.options.Approved = plan.Digest
	}
	return r.apply(ctx, looks), nil
}

// planned is the report of a plan that found what this run found.
func (r *run) planned() *change.Report {
	p := *r.report
	p.Command, p.Outcome, p.Exit = "plan", change.Changes, change.ExitDone
	return &p
}

// FailedToConnect is the report of a run that could not reach the destination.
func FailedToConnect(state *desired.State, command string, err error) *change.Report {
	r := &run{state: state, report: change.NewReport(state.Weave, state.Environment, command), redactor: desired.NewRedactor(state, nil)}
	r.report.Failure = &change.Failure{Stage: "connect", Message: r.redactor.Replace(err.Error())}
	return r.finish()
}

// run is one run in progress.
type run struct {
	store    stores.Store
	compiled *desired.State // as it was compiled
	state    *desired.State // with the secrets that are given
	digest   string         // of compiled, once it was needed
	content  []byte         // the digest of all that it can write, likewise
	options  Options
	clock    stores.Clock
	memory   *memory
	planOnly bool                  // undo, claim, release-hold: only show
	wanted   []*compare.Collection // those of the state, in its order
	links    *compare.Links
	redactor desired.Redactor // takes secrets out of a server's words
	hooks    []hook
	phase    string // for Progress
	report   *change.Report
	// stale are collections whose looks may have `_id`s in links that are others now.
	stale    map[int]bool
	first    []*look // the first look at every collection; nil before
	differs  bool    // the first look found something to do
	declined bool    // Options.Approve said no
	wrote    bool    // a write was sent that the destination may have done
}

func newRun(store stores.Store, state *desired.State, options Options, command string) (*run, error) {
	if err := options.Check(state); err != nil {
		return nil, err
	}
	clock := stores.NewClock(options.Now, options.Sleep)
	r := &run{
		phase: "read",
		store: stores.Retrying(store, clock), compiled: state, options: options, clock: clock,
		report: change.NewReport(state.Weave, state.Environment, command), redactor: desired.NewRedactor(state, options.Secrets),
	}
	r.state, r.wanted = compare.NewCollections(state, options.Secrets)
	r.links = compare.NewLinks(r.state, r.namespace)
	return r, r.newMemory(store)
}

func (r *run) namespace(c *desired.Collection) stores.Namespace { return r.options.Namespace(c) }

// lookAtAll looks at every collection.
func (r *run) lookAtAll(ctx context.Context) ([]*look, error) {
	all := make([]int, len(r.state.Collections))
	for i := range all {
		all[i] = i
	}
	return r.lookAt(ctx, all)
}

// collections describes those of the collections that exist: one call a database.
func (r *run) collections(ctx context.Context, wanted []*desired.Collection) (map[stores.Namespace]*stores.CollectionInfo, error) {
	names := map[string][]string{}
	var databases []string
	for _, c := range wanted {
		ns := r.namespace(c)
		if names[ns.Database] == nil {
			databases = append(databases, ns.Database)
		}
		names[ns.Database] = append(append(names[ns.Database], ns.Collection), c.Reads...)
	}
	infos := map[stores.Namespace]*stores.CollectionInfo{}
	for _, database := range databases {
		found, err := r.store.Collections(ctx, database, names[database])
		if err != nil {
			return nil, err
		}
		for i := range found {
			infos[stores.Namespace{Database: database, Collection: found[i].Name}] = &found[i]
		}
	}
	return infos, nil
}

// found puts looks into the report, in place of earlier ones.
func (r *run) found(looks []*look) {
	r.first = looks
	r.report.Collections, r.report.Hooks, r.hooks, r.differs = []change.CollectionReport{}, nil, nil, false
	for _, l := range looks {
		r.report.Collections = append(r.report.Collections, l.report)
		r.report.Conflicts = append(r.report.Conflicts, l.conflicts...)
		r.differs = r.differs || l.differs()
	}
	r.findHooks(looks)
}

// deleted is how many documents of a collection this run has deleted.
func (r *run) deleted(i int) int {
	if done := r.report.Collections[i].Done; done != nil {
		return done.Deleted
	}
	return 0
}

// finish sets outcome and exit code.
func (r *run) finish() *change.Report {
	p := r.report
	conflict := len(p.Conflicts) > 0
	if !conflict && p.Failure == nil && (!r.differs || slices.Contains([]string{"plan", "verify"}, p.Command)) {
		p.Notes = append(p.Notes, r.memory.found.Others...)
	}
	switch {
	case r.wrote && (conflict || p.Failure != nil):
		p.Outcome, p.Exit = change.Stopped, change.ExitStopped
	case p.Failure != nil:
		p.Outcome, p.Exit = change.Failed, change.ExitFailed
	case conflict, r.declined:
		p.Outcome, p.Exit = change.Refused, change.ExitRefused
	case !r.differs && slices.ContainsFunc(p.Collections, func(c change.CollectionReport) bool { return c.Counts.Unknown > 0 }):
		p.Outcome, p.Exit = change.Unknown, change.ExitDone
		if !r.options.AllowUnknown && (p.Command == "verify" || r.options.DetailedExit) {
			p.Exit = change.ExitDifferences
		}
	case !r.differs:
		p.Outcome, p.Exit = change.InSync, change.ExitDone
	case p.Command == "apply", slices.Contains([]string{"claim", "release-hold"}, p.Command) && !r.planOnly:
		p.Outcome, p.Exit = change.Applied, change.ExitDone
	case p.Command == "undo" && !r.planOnly:
		p.Outcome, p.Exit = change.Undone, change.ExitDone
	case p.Command == "verify" || r.options.DetailedExit:
		p.Outcome, p.Exit = change.Changes, change.ExitDifferences
	default:
		p.Outcome, p.Exit = change.Changes, change.ExitDone
	}
	return p
}

// secretsMissing reports what apply would need and is not given.
func (r *run) secretsMissing() bool {
	var missing []string
	for _, name := range r.state.SecretNames() {
		if _, ok := r.options.Secrets[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return false
	}
	r.conflict(change.SecretMissing, "names", strings.Join(missing, ", "), "name", missing[0]).Origin = r.state.SecretOrigin(missing[0])
	return true
}

// outdated notes that the looks at collections that link to one are, as it was
// looked at again.
func (r *run) outdated(at int) {
	for i := range r.state.Collections {
		if i != at && slices.Contains(r.links.Concerned([]int{i}), at) {
			if r.stale == nil {
				r.stale = map[int]bool{}
			}
			r.stale[i] = true
		}
	}
}
