package enforce

// Options of a run. In: what a caller asks for; out: whether it fits a state.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
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
	// Group goes into the record of the run: what all runs of one apply over the databases
	// of a fan-out have in common. With it, runs are kept by database.
	Group string
	// JournalKey seals and encrypts what undo writes back, and proves it (docs/state.md, Seal); empty:
	// it is sealed without a key. It has at least control.JournalKeySize bytes.
	JournalKey string
	// RepairDrift writes over what the destination changed by itself, whatever `drift` says.
	RepairDrift bool
	// SameCluster lets a run write to the collections its data was extracted from.
	SameCluster bool
	// Hello is what a server says of itself (the reply of hello), for a destination that
	// stands for one and takes no commands: a recorder of what would be sent.
	Hello bson.Raw
	// Engine is the digest of the artefact's code, which a plan prints; empty: there is none.
	Engine string
	// Progress, when set, is told how far the run is, often.
	Progress func(Progress)
	// Items, when not 0, is how many inserts, updates and deletes of a collection the report has items
	// of: the counts are of all.
	Items int
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

// Progress is how far a run is: in a phase (the stages of a Failure), at a
// collection, Done of Total of what Unit names.
type Progress struct {
	Phase, Collection string
	Done, Total       int
	Unit              string
}

// Waiting says how much of the time is left that a run waits for what others have sent
// to a database.
func (o Options) Waiting(database string, left time.Duration) {
	if o.Progress != nil {
		o.Progress(Progress{Phase: "lease", Collection: database, Done: int(control.SettleSeconds - left.Seconds()), Total: control.SettleSeconds, Unit: "seconds"})
	}
}
