package control

// What the server was seen to do (runtime/capability), as a record of `control`. In: the
// record, or what a probe found; out: the one from the other.

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// serverID is the `_id` of the record: there is one for a state database, whose server it
// is about.
//
//js:table
const serverID = "server capabilities"

// readCapabilities reads the record.
func readCapabilities(d bson.Raw) *capability.Capabilities {
	return &capability.Capabilities{
		Server: capability.Server{Version: textOf(d, "version"), Build: textOf(d, "build")},
		Has:    doc.StringsOf(d.Lookup("has")), Lacks: doc.StringsOf(d.Lookup("lacks")), Untried: doc.StringsOf(d.Lookup("untried")),
	}
}

// putCapabilities writes what a probe found, in the place of what an earlier one did.
func putCapabilities(ctx context.Context, d *Database, c *capability.Capabilities) error {
	set := bson.D{
		{Key: "format", Value: int32(stateFormat)}, {Key: "version", Value: c.Server.Version}, {Key: "build", Value: c.Server.Build},
		{Key: "has", Value: doc.Strings(c.Has)}, {Key: "lacks", Value: doc.Strings(c.Lacks)}, {Key: "untried", Value: doc.Strings(c.Untried)},
	}
	_, err := d.upsert(ctx, controlCollection, bson.D{{Key: "_id", Value: serverID}},
		bson.D{{Key: "$set", Value: set}, {Key: "$currentDate", Value: bson.D{{Key: "probed", Value: true}}}})
	return err
}

// Capabilities reads what the server was seen to do; nil: it was not probed.
func Capabilities(ctx context.Context, d *Database) (*capability.Capabilities, error) {
	records, err := d.ofControl(ctx, bson.A{serverID})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	if err := checkRecord("server", records[0]); err != nil {
		return nil, err
	}
	return readCapabilities(records[0]), nil
}

// Probe finds what the server can do, in collections of its own in the state database, and
// writes it down, but for what is not known as the server took nothing.
func (d *Database) Probe(ctx context.Context, server capability.Server, c Cluster) (*capability.Capabilities, error) {
	now, err := d.serverTime(ctx)
	if err != nil {
		return nil, err
	}
	token, err := newToken()
	if err != nil {
		return nil, err
	}
	found, err := capability.Probe(ctx, capability.Place{
		Send: func(ctx context.Context, command bson.D) (bson.Raw, error) { return d.Send(ctx, d.Name, command) },
		Transact: func(ctx context.Context, collection string, ops []stores.Op) (stores.Result, error) {
			return stores.Again(ctx, d.clock, func() (stores.Result, error) {
				return d.store.Transact(ctx, stores.Namespace{Database: d.Name, Collection: collection}, ops)
			})
		},
		Now: now, Token: token, Transactions: c.Transactions(),
	}, server)
	if err != nil {
		return nil, fmt.Errorf("trying what the server can do: %w", err)
	}
	if found.Refusal != "" {
		return found, nil
	}
	return found, putCapabilities(ctx, d, found)
}

// Server asks who the server is.
func (d *Database) Server(ctx context.Context) (capability.Server, error) {
	reply, err := d.Send(ctx, "admin", bson.D{{Key: "buildInfo", Value: int32(1)}})
	if err != nil {
		return capability.Server{}, err
	}
	return capability.ServerOf(reply), nil
}
