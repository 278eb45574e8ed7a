package control

// What `claim` and `release-hold` change of what runs remember. In: what a state is
// about, and the records that there are; out: the changes, and their writing.

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Change is a record to be changed; the documents are its fields without `_id` and
// `format` (of a damaged one, with all others), nil for a missing record.
type Change struct {
	ID            string
	Before, After bson.Raw
	anew          bool // nothing of the record stays
}

// Records reads the records of claims, managed collections and the hold, by `_id`. One
// that a newer version wrote is a conflict; a damaged one is there as it is.
func (d *Database) Records(ctx context.Context, s *Subject) (map[string]bson.Raw, []change.Conflict, error) {
	ids := bson.A{s.holdID()}
	for _, database := range s.Databases {
		ids = append(ids, claimID(database))
	}
	for _, c := range s.Collections {
		ids = append(ids, collectionID(c.Namespace.String()))
	}
	found, err := d.ofControl(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	records := map[string]bson.Raw{}
	var conflicts []change.Conflict
	for _, r := range found {
		if err := checkRecord(controlKind(r), r); errors.As(err, new(*newerError)) {
			conflict, _ := d.Conflict(err)
			conflicts = append(conflicts, conflict)
		}
		records[recordID(r)] = r
	}
	return records, conflicts, nil
}

// ClaimChanges are those of the records that are not of the environment, cluster and
// weave.
func ClaimChanges(records map[string]bson.Raw, s *Subject, c Cluster) []Change {
	var changes []Change
	add := func(id string, after *doc.Builder, names ...string) {
		c := Change{ID: id, Before: onlyFields(records[id], names...), After: after.Raw()}
		if d := records[id]; d != nil && checkRecord(controlKind(d), d) != nil {
			c.Before, c.anew = doc.Without(d, "_id"), true
		}
		if !slices.Equal(c.Before, c.After) {
			changes = append(changes, c)
		}
	}
	cluster := doc.NewBuilder(64).AppendString("set", c.set).Append("hosts", doc.Strings(c.hosts)).Raw()
	for _, database := range s.Databases {
		add(claimID(database), doc.NewBuilder(128).AppendString("environment", s.Environment).AppendDocument("cluster", cluster), "environment", "cluster")
	}
	for _, of := range s.Collections {
		add(collectionID(of.Namespace.String()), doc.NewBuilder(128).AppendString("weave", s.Weave).AppendString("environment", s.Environment), "weave", "environment")
	}
	return changes
}

// HoldChanges are that the hold goes, if there is one.
func HoldChanges(records map[string]bson.Raw, s *Subject) []Change {
	hold := records[s.holdID()]
	if hold == nil {
		return nil
	}
	if checkRecord("hold", hold) != nil {
		return []Change{{ID: s.holdID(), Before: doc.Without(hold, "_id")}}
	}
	return []Change{{ID: s.holdID(), Before: onlyFields(hold, "held")}}
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

// Write carries a change out.
func (d *Database) Write(ctx context.Context, c Change) error {
	id := bson.D{{Key: "_id", Value: c.ID}}
	if c.After == nil {
		return d.delete(ctx, controlCollection, id)
	}
	set := bson.D{{Key: "format", Value: int32(stateFormat)}}
	for name, v := range doc.Fields(c.After) {
		set = append(set, bson.E{Key: name, Value: v})
	}
	update := bson.D{{Key: "$set", Value: set}}
	if c.anew {
		update = append(id, set...)
	}
	_, err := d.upsert(ctx, controlCollection, id, update)
	return err
}
