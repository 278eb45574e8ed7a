package enforce

// What the destination can do. In: what hello answered; out: whether it has
// transactions. Pure.

import "go.mongodb.org/mongo-driver/v2/bson"

// heard takes in what hello says of the kind of the server (MongoDB manual,
// reference/command/hello).
func (c *cluster) heard(hello bson.Raw) {
	c.set, _ = hello.Lookup("setName").StringValueOK()
	kind, _ := hello.Lookup("msg").StringValueOK()
	c.sharded = kind == "isdbgrid"
}

// transactions reports whether the destination has them: a replica set or a
// sharded cluster does (MongoDB manual, core/transactions), and a directory is
// written as a whole.
func (r *run) transactions() bool {
	c := r.control
	return c.server == nil && r.options.Hello == nil || c.cluster.set != "" || c.cluster.sharded
}
