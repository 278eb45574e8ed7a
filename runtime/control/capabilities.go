package control

// What the server was seen to do (runtime/capability), as a record of `control`. In: the
// record, or what a probe found; out: the one from the other.

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/doc"
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

// PutCapabilities writes what a probe found, in the place of what an earlier one did.
func (d *Database) PutCapabilities(ctx context.Context, c *capability.Capabilities) error {
	set := bson.D{
		{Key: "format", Value: int32(stateFormat)}, {Key: "version", Value: c.Server.Version}, {Key: "build", Value: c.Server.Build},
		{Key: "has", Value: doc.Strings(c.Has)}, {Key: "lacks", Value: doc.Strings(c.Lacks)}, {Key: "untried", Value: doc.Strings(c.Untried)},
	}
	_, err := d.upsert(ctx, controlCollection, bson.D{{Key: "_id", Value: serverID}},
		bson.D{{Key: "$set", Value: set}, {Key: "$currentDate", Value: bson.D{{Key: "probed", Value: true}}}})
	return err
}

// Server asks who the server is.
func (d *Database) Server(ctx context.Context) (capability.Server, error) {
	reply, err := d.Send(ctx, "admin", bson.D{{Key: "buildInfo", Value: int32(1)}})
	if err != nil {
		return capability.Server{}, err
	}
	return capability.ServerOf(reply), nil
}
