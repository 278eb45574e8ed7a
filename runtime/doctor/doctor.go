// Package doctor examines a destination, for `mongocd doctor` and for artefacts: what a
// pipeline that fails is asked first.
//
// In: a connection string, and the weaves that are to be applied; out: a Result, with what
// the server is, how it is reached, what it can do, and what the weaves need of that and of
// the user's rights. It writes to the state database what a probe finds, and nothing else.
// transport.go says how the server is reached, text.go writes a Result for people.
package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Options say what is examined, and how.
type Options struct {
	URI           string
	StateDatabase string
	Timeout       time.Duration // of one call
	Probe         string        // when the server is tried: auto (it is not known), always, never
	// States are the weaves that are to be applied; none: the server alone.
	States []State
}

// Probes are the values of Options.Probe.
var Probes = []string{"auto", "always", "never"}

// State is a weave, with the databases that it is redirected to.
type State struct {
	State     *desired.State
	Databases map[string]string
}

// Result is what was found.
type Result struct {
	Format      int        `json:"format"` // 1
	Command     string     `json:"command"`
	Environment string     `json:"environment,omitempty"`
	Exit        int        `json:"exit"`
	Server      Server     `json:"server"`
	Connection  Connection `json:"connection"`
	Features    []Feature  `json:"features"`
	Problems    []string   `json:"problems"` // each with what to do
}

// Server is what the server says of itself.
type Server struct {
	Version    string   `json:"version"`
	Build      string   `json:"build"`
	Wire       int64    `json:"wireVersion"`
	Topology   string   `json:"topology"`
	FCV        string   `json:"featureCompatibilityVersion,omitempty"`
	Hosts      []Member `json:"hosts"`
	SkewMillis int64    `json:"clockSkewMilliseconds"` // of the server's clock to this machine's
}

// Member is a member of the cluster as hello names it.
type Member struct {
	Host      string `json:"host"`
	Reachable bool   `json:"reachable"` // by this machine
}

// Connection is how it is reached.
type Connection struct {
	TLS           string   `json:"tls"` // off, or the version
	Certificate   string   `json:"certificate,omitempty"`
	Users         []string `json:"users"`
	Roles         []string `json:"roles"`
	LatencyMicros int64    `json:"latencyMicroseconds"` // the median of some pings
}

// Feature is something beyond the core dialect.
type Feature struct {
	Name     string   `json:"name"`
	Words    string   `json:"words"`
	State    string   `json:"state"` // has, lacks, untried (no right to) or unknown
	NeededBy []string `json:"neededBy"`
}

// pings is how often the server is asked for its latency.
const pings = 7

// Unreachable is the result for a destination that does not answer.
func Unreachable(err error) *Result {
	return &Result{Format: 1, Command: "doctor", Exit: 1, Server: Server{Hosts: []Member{}}, Connection: Connection{Users: []string{}, Roles: []string{}}, Features: []Feature{}, Problems: []string{err.Error()}}
}

// Examine examines a destination. The error is for one that does not answer.
func Examine(ctx context.Context, o Options) (*Result, error) {
	store, err := mongo.Open(ctx, o.URI, mongo.Options{Comment: "mongocd doctor", Timeout: o.Timeout})
	if err != nil {
		return nil, err
	}
	r := &Result{Format: 1, Command: "doctor", Features: []Feature{}, Problems: []string{}}
	clock := stores.NewClock(nil, nil)
	e := &examination{Options: o, Result: r, store: store, clock: clock, db: control.NewDatabase(store, clock, o.StateDatabase, "mongocd doctor")}
	err = e.all(ctx)
	if closing := store.Close(context.WithoutCancel(ctx)); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	if len(r.Problems) > 0 {
		r.Exit = 1
	}
	return r, nil
}

type examination struct {
	Options
	*Result
	store *mongo.Store
	clock stores.Clock
	db    *control.Database
}

func (e *examination) all(ctx context.Context) error {
	for _, part := range []func(context.Context) error{e.server, e.user, e.transport, e.features, e.rights} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) problem(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

// server asks what the server is, how fast it answers, and what its clock says.
func (e *examination) server(ctx context.Context) error {
	var took []time.Duration
	for range pings {
		began := e.clock.Now()
		if _, err := e.db.Send(ctx, "admin", bson.D{{Key: "ping", Value: int32(1)}}); err != nil {
			return err
		}
		took = append(took, e.clock.Now().Sub(began))
	}
	slices.Sort(took)
	e.Connection.LatencyMicros = took[pings/2].Microseconds()
	began := e.clock.Now()
	hello, err := e.db.Send(ctx, "admin", bson.D{{Key: "hello", Value: int32(1)}})
	if err != nil {
		return err
	}
	middle := began.Add(e.clock.Now().Sub(began) / 2)
	if now, ok := hello.Lookup("localTime").DateTimeOK(); ok {
		e.Server.SkewMillis = now - middle.UnixMilli()
		if e.Server.SkewMillis > 60_000 || e.Server.SkewMillis < -60_000 {
			e.problem("the clocks of the server and of this machine differ by %d s: set them by NTP; certificates, tokens and reports go by them", e.Server.SkewMillis/1000)
		}
	} else {
		e.problem("hello has no localTime: a lease needs the server's clock, so that no apply works here")
	}
	e.Server.Wire, _ = hello.Lookup("maxWireVersion").AsInt64OK()
	set, _ := hello.Lookup("setName").StringValueOK()
	kind, _ := hello.Lookup("msg").StringValueOK()
	switch {
	case kind == "isdbgrid":
		e.Server.Topology = "sharded cluster"
	case set != "":
		e.Server.Topology = "replica set " + set
	default:
		e.Server.Topology = "single server"
	}
	e.Server.Hosts = []Member{}
	for _, host := range doc.StringsOf(hello.Lookup("hosts")) {
		e.Server.Hosts = append(e.Server.Hosts, Member{host, reachable(ctx, host)})
	}
	server, err := e.db.Server(ctx)
	if err != nil {
		return err
	}
	e.Server.Version, e.Server.Build = server.Version, server.Build
	// Who may not read it does without (MongoDB manual: reference/command/setFeatureCompatibilityVersion).
	if reply, err := e.db.Send(ctx, "admin", bson.D{{Key: "getParameter", Value: int32(1)}, {Key: "featureCompatibilityVersion", Value: int32(1)}}); err == nil {
		e.Server.FCV, _ = reply.Lookup("featureCompatibilityVersion", "version").StringValueOK()
	} else if !stores.IsRefused(err) {
		return err
	}
	return nil
}

// user asks who is logged in.
func (e *examination) user(ctx context.Context) error {
	e.Connection.Users, e.Connection.Roles = []string{}, []string{}
	reply, err := e.db.Send(ctx, "admin", bson.D{{Key: "connectionStatus", Value: int32(1)}})
	if stores.IsRefused(err) {
		return nil
	}
	names := func(list, name string) []string {
		out := []string{}
		values, _ := reply.Lookup("authInfo", list).ArrayOK()
		for _, v := range doc.Fields(bson.Raw(values)) {
			d, _ := v.DocumentOK()
			text, _ := d.Lookup(name).StringValueOK()
			of, _ := d.Lookup("db").StringValueOK()
			out = append(out, text+"@"+of)
		}
		return out
	}
	e.Connection.Users, e.Connection.Roles = names("authenticatedUsers", "user"), names("authenticatedUserRoles", "role")
	return err
}

// features says what the server can do, and what of it the weaves need.
func (e *examination) features(ctx context.Context) error {
	server := capability.Server{Version: e.Server.Version, Build: e.Server.Build}
	known, err := control.Capabilities(ctx, e.db)
	if err != nil && stores.Code(err) != stores.CodeUnauthorized {
		return err
	}
	var all []string
	for _, f := range capability.Features {
		all = append(all, f.Name)
	}
	if e.Probe == "always" || e.Probe == "auto" && !known.Knows(server, all) {
		hello, err := e.db.Hello(ctx)
		if err != nil {
			return err
		}
		if known, err = e.db.Probe(ctx, server, hello.Cluster); err != nil && stores.Code(err) != stores.CodeUnauthorized {
			return err
		}
	}
	needs, err := e.needs(ctx)
	if err != nil {
		return err
	}
	for _, f := range capability.Features {
		found := Feature{Name: f.Name, Words: f.Words, State: "unknown", NeededBy: []string{}}
		switch {
		case known.Shown(f.Name):
			found.State = "has"
		case known.Lacking(f.Name):
			found.State = "lacks"
		case known != nil && slices.Contains(known.Untried, f.Name):
			found.State = "untried"
		}
		for _, need := range needs {
			if need.Feature == f.Name {
				found.NeededBy = append(found.NeededBy, need.Text())
			}
		}
		if found.State == "lacks" && len(found.NeededBy) > 0 {
			e.problem("the server lacks %s, which %s needs: take it out of the weave for this environment, or use a server that has it", f.Words, strings.Join(found.NeededBy, ", "))
		}
		e.Features = append(e.Features, found)
	}
	return nil
}

// needs are what the weaves take: their structure where nothing of it is there yet, and
// what a plan finds, as far as the destination may be read and is the weave's.
func (e *examination) needs(ctx context.Context) ([]enforce.FeatureNeed, error) {
	var out []enforce.FeatureNeed
	for _, s := range e.States {
		found, err := enforce.Needs(ctx, e.store, s.State, enforce.Options{Databases: s.Databases, StateDatabase: e.StateDatabase})
		if err != nil && stores.Code(err) != stores.CodeUnauthorized { // what is lacking is said below
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// rights says which privileges the user lacks for an apply of the weaves.
func (e *examination) rights(ctx context.Context) error {
	for _, s := range e.States {
		needed := slices.DeleteFunc(enforce.Privileges(s.State, enforce.Options{Databases: s.Databases, StateDatabase: e.StateDatabase}, "apply"), func(p control.Privilege) bool {
			return p.Database == e.StateDatabase && p.Collection == "" // a probe can do without
		})
		for _, c := range e.db.Lacking(ctx, needed) {
			if text := c.Message + ": " + change.Clean(c.Fix); !slices.Contains(e.Problems, text) {
				e.Problems = append(e.Problems, text)
			}
		}
	}
	return nil
}
