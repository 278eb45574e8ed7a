package control

// What earlier runs left that concerns a run. In: what the run is about; out: the
// records of `control` that concern it, what of them forbids the run, and the
// records that the run adds. claim.go changes them on purpose.

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Subject is what a run is about.
type Subject struct {
	Weave, Environment string
	Databases          []string     // that the run writes to, sorted
	Collections        []Collection // of the state, in its order; none of an undo
}

// Collection is one that a weave manages.
type Collection struct {
	Namespace stores.Namespace
	Origin    string
}

func claimID(database string) string { return "claim " + database }
func collectionID(ns string) string  { return "collection " + ns }
func (s *Subject) holdID() string    { return "hold " + s.Weave + "/" + s.Environment }
func (s *Subject) leaseID(database string) string {
	return "lease " + database + "/" + s.Weave
}

// runs begins the ids of the runs of this weave and environment.
func (s *Subject) runs() string { return s.Weave + "/" + s.Environment + "/" }

// namespaces are those of the collections, sorted.
func (s *Subject) namespaces() []string {
	names := []string{}
	for _, c := range s.Collections {
		names = append(names, c.Namespace.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Found is what earlier runs left that concerns a run.
type Found struct {
	// Leases are those of other runs, by database.
	Leases []change.Lease
	// Ledgers say of collections, by namespace, what ledger they have.
	Ledgers map[string]LedgerOf
	// Capabilities is what the server was seen to do; nil: it was not probed.
	Capabilities *capability.Capabilities

	claims   map[string]claim // by database
	managers map[string]owner // by namespace
	holds    []held
	damaged  []error
}

// claim is who writes to a database.
type claim struct {
	environment string
	cluster     Cluster
}

// owner is who manages a collection.
type owner struct{ weave, environment string }

// held is one artefact that a hold keeps back from databases; none: from all.
type held struct {
	artefact, run string
	databases     []string
}

// Read reads the records that concern a run with a token of its own. Unread: the
// user may not.
//
// Now is the server's clock, in milliseconds since 1970.
func (d *Database) Read(ctx context.Context, s *Subject, token string, now int64) (found *Found, unread bool, err error) {
	ids := bson.A{}
	for _, database := range s.Databases {
		ids = append(ids, claimID(database))
	}
	for _, c := range s.Collections {
		ids = append(ids, collectionID(c.Namespace.String()))
	}
	for _, database := range s.Databases {
		ids = append(ids, s.leaseID(database))
	}
	ids = append(ids, s.holdID(), serverID)
	f := &Found{claims: map[string]claim{}, managers: map[string]owner{}, Ledgers: map[string]LedgerOf{}}
	records, err := d.ofControl(ctx, ids)
	if err != nil {
		return f, stores.Code(err) == stores.CodeUnauthorized, err
	}
	for _, r := range records {
		if err := checkRecord(controlKind(r), r); err != nil {
			f.damaged = append(f.damaged, err)
			continue
		}
		what, name, _ := strings.Cut(recordID(r), " ")
		switch what {
		case "claim":
			f.claims[name] = readClaim(r)
		case "collection":
			f.managers[name] = owner{textOf(r, "weave"), textOf(r, "environment")}
			if ledger, ok := readLedgerOf(r); ok {
				f.Ledgers[name] = ledger
			}
		case "hold":
			f.holds = readHold(r)
		case "server":
			f.Capabilities = readCapabilities(r)
		case "lease":
			if textOf(r, "token") != token {
				f.Leases = append(f.Leases, readLeaseOf(name, r, now))
			}
		}
	}
	return f, false, nil
}

// ofControl reads records of `control`, sorted by `_id`.
func (d *Database) ofControl(ctx context.Context, ids bson.A) ([]bson.Raw, error) {
	found, err := d.find(ctx, controlCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, bson.E{Key: "batchSize", Value: int32(len(ids) + 1)})
	slices.SortFunc(found, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
	return found, err
}

// textOf is a text of a record, empty when there is none.
func textOf(d bson.Raw, path ...string) string {
	s, _ := d.Lookup(path...).StringValueOK()
	return s
}

func readClaim(d bson.Raw) claim {
	return claim{textOf(d, "environment"), Cluster{set: textOf(d, "cluster", "set"), hosts: textsIn(d.Lookup("cluster", "hosts"))}}
}

func readHold(d bson.Raw) []held {
	var out []held
	list, _ := d.Lookup("held").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		if d, ok := v.DocumentOK(); ok {
			out = append(out, held{textOf(d, "artefact"), textOf(d, "run"), doc.StringsOf(d.Lookup("databases"))})
		}
	}
	return out
}

// Conflicts are those with what was found: records that are damaged, databases that
// belong to another environment or cluster, collections of another weave. HeldBack
// has the hold.
func (d *Database) Conflicts(f *Found, s *Subject, c Cluster) []change.Conflict {
	var out []change.Conflict
	for _, err := range f.damaged {
		if conflict, ok := d.Conflict(err); ok {
			out = append(out, conflict)
		}
	}
	return append(append(out, f.claimed(s, c)...), f.managedElsewhere(s)...)
}

// claimed holds the claims of the databases against the run.
func (f *Found) claimed(s *Subject, c Cluster) []change.Conflict {
	var out []change.Conflict
	for _, database := range s.Databases {
		claim, ok := f.claims[database]
		var conflict change.Conflict
		switch {
		case !ok:
			continue
		case claim.environment != s.Environment:
			conflict = change.ClaimEnvironment.Conflict("database", change.Clean(database), "claimed", change.Clean(claim.environment), "environment", change.Clean(s.Environment))
		case claim.cluster.other(c):
			conflict = change.ClaimCluster.Conflict("database", change.Clean(database), "claimed", change.Clean(claim.cluster.text()), "found", change.Clean(c.text()))
		default:
			continue
		}
		conflict.Database = database
		out = append(out, conflict)
	}
	return out
}

// managedElsewhere are the collections that another weave manages.
func (f *Found) managedElsewhere(s *Subject) []change.Conflict {
	var out []change.Conflict
	for _, c := range s.Collections {
		owner, ok := f.managers[c.Namespace.String()]
		if !ok || owner.weave == s.Weave {
			continue
		}
		conflict := change.ManagedElsewhere.Conflict("weave", change.Clean(owner.weave), "environment", change.Clean(owner.environment))
		conflict.Database, conflict.Collection, conflict.Origin = c.Namespace.Database, c.Namespace.Collection, c.Origin
		out = append(out, conflict)
	}
	return out
}

// HasHold reports whether an artefact is held back, if not from these databases.
func (f *Found) HasHold() bool { return len(f.holds) > 0 }

// HeldBack names the run whose undo holds the artefact back from one of the
// databases, empty when none does; then lifts are the runs whose entries end when
// this artefact has been applied.
func (f *Found) HeldBack(s *Subject, artefact string) (run string, lifts []string) {
	for _, h := range f.holds {
		if !Sharing(h.databases, s.Databases) {
			continue
		}
		if h.artefact == artefact {
			return h.run, nil
		}
		lifts = append(lifts, h.run)
	}
	return "", lifts
}

// Sharing reports whether two lists of databases have one in common. A list that
// a record does not have may be of any.
func Sharing(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// Lift takes the entries of runs out of the hold, which end as another artefact has
// been applied to their databases; a hold without entries goes. An undo in another
// database may add one meanwhile.
func (d *Database) Lift(ctx context.Context, s *Subject, runs []string) error {
	id := bson.E{Key: "_id", Value: s.holdID()}
	pull := bson.D{{Key: "$pull", Value: bson.D{{Key: "held", Value: bson.D{{Key: "run", Value: bson.D{{Key: "$in", Value: runs}}}}}}}}
	if _, err := d.update(ctx, controlCollection, bson.D{id}, pull); err != nil {
		return err
	}
	return d.delete(ctx, controlCollection, bson.D{id, {Key: "held", Value: bson.D{{Key: "$size", Value: int32(0)}}}})
}

// hold keeps the artefact of a run that was undone back from its databases.
func (d *Database) hold(ctx context.Context, s *Subject, run *RunRecord) error {
	entry := bson.D{{Key: "artefact", Value: run.Artefact}, {Key: "run", Value: run.ID}, {Key: "databases", Value: run.Databases}}
	_, err := d.upsert(ctx, controlCollection, bson.D{{Key: "_id", Value: s.holdID()}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "format", Value: int32(stateFormat)}}}, {Key: "$addToSet", Value: bson.D{{Key: "held", Value: entry}}}})
	return err
}

// Claim writes the claims and managers that are missing, for a run. Another one may
// have been faster: then everything is to be read again.
func (d *Database) Claim(ctx context.Context, f *Found, s *Subject, c Cluster, run string) (again bool, err error) {
	var records bson.A
	for _, database := range s.Databases {
		if _, ok := f.claims[database]; !ok {
			hosts := bson.A{}
			for _, host := range c.hosts {
				hosts = append(hosts, host)
			}
			records = append(records, bson.D{
				{Key: "_id", Value: claimID(database)}, {Key: "format", Value: int32(stateFormat)},
				{Key: "environment", Value: s.Environment},
				{Key: "cluster", Value: bson.D{{Key: "set", Value: c.set}, {Key: "hosts", Value: hosts}}},
				{Key: "run", Value: run},
			})
		}
	}
	for _, collection := range s.Collections {
		ns := collection.Namespace.String()
		if _, ok := f.managers[ns]; !ok {
			records = append(records, bson.D{
				{Key: "_id", Value: collectionID(ns)}, {Key: "format", Value: int32(stateFormat)},
				{Key: "weave", Value: s.Weave}, {Key: "environment", Value: s.Environment},
			})
		}
	}
	if len(records) == 0 {
		return false, nil
	}
	_, again, err = d.write(ctx, bson.D{{Key: "insert", Value: controlCollection}, {Key: "documents", Value: records}, {Key: "ordered", Value: false}})
	return again, err
}
