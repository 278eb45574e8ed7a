package control

// Which cluster the destination is. In: what hello answered; out: its names, and
// whether they are those that a state or a claim has. Pure.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Cluster is which cluster hello says that the destination is.
type Cluster struct {
	set     string
	hosts   []string // sorted
	sharded bool     // a router of a sharded cluster answered
}

// Hello is what a server says of itself.
type Hello struct {
	Cluster Cluster
	Wire    int32 // the server's wire version; 0: a destination that lacks nothing
	Now     int64 // the server's clock, in milliseconds since 1970; 0: it does not say
}

// ReadHello reads the reply to hello (MongoDB manual, reference/command/hello).
func ReadHello(reply bson.Raw) Hello {
	var h Hello
	h.Cluster.set, _ = reply.Lookup("setName").StringValueOK()
	kind, _ := reply.Lookup("msg").StringValueOK()
	h.Cluster.sharded = kind == "isdbgrid"
	wire, _ := reply.Lookup("maxWireVersion").AsInt64OK()
	h.Wire = int32(wire)
	h.Now, _ = reply.Lookup("localTime").DateTimeOK()
	h.Cluster.hosts = textsIn(reply.Lookup("hosts"))
	slices.Sort(h.Cluster.hosts)
	return h
}

// textsIn are those elements of an array that are texts.
func textsIn(v bson.RawValue) []string {
	var out []string
	list, _ := v.ArrayOK()
	for _, e := range doc.Fields(bson.Raw(list)) {
		if s, ok := e.StringValueOK(); ok {
			out = append(out, s)
		}
	}
	return out
}

// Sharded reports whether a router of a sharded cluster answered.
func (c Cluster) Sharded() bool { return c.sharded }

// Transactions reports whether the cluster has them: a replica set or a sharded
// cluster does (MongoDB manual, core/transactions).
func (c Cluster) Transactions() bool { return c.set != "" || c.sharded }

// text is the short name of a cluster in messages.
func (c Cluster) text() string {
	switch {
	case c.set != "":
		return c.set
	case len(c.hosts) > 0:
		return strings.Join(c.hosts, ",")
	}
	return "of one server"
}

// other: the names of the sets differ, or both name hosts and share none. A
// member may be exchanged.
func (c Cluster) other(found Cluster) bool {
	if c.set != found.set {
		return true
	}
	return len(c.hosts) > 0 && len(found.hosts) > 0 &&
		!slices.ContainsFunc(c.hosts, func(host string) bool { return slices.Contains(found.hosts, host) })
}

// Wrong holds `cluster matches` of a state, nil for none, against the cluster; the
// conflict is nil when it is the one.
func (c Cluster) Wrong(wanted *desired.Cluster) (*change.Conflict, error) {
	if wanted == nil {
		return nil, nil
	}
	pattern := wanted.Pattern
	if wanted.Options != "" {
		pattern = "(?" + wanted.Options + ")" + pattern
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("`cluster matches` of the state (%s): %w", change.Clean(wanted.Origin), err)
	}
	if c.set != "" && expression.MatchString(c.set) || slices.ContainsFunc(c.hosts, expression.MatchString) {
		return nil, nil
	}
	set, hosts := "none", "none"
	if c.set != "" {
		set = change.Clean(c.set)
	}
	if len(c.hosts) > 0 {
		hosts = change.Clean(strings.Join(c.hosts, ", "))
	}
	conflict := change.WrongCluster.Conflict("set", set, "hosts", hosts, "pattern", change.Clean(wanted.Pattern), "options", wanted.Options)
	conflict.Origin = wanted.Origin
	return &conflict, nil
}
