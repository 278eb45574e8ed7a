// Package doctor examines a destination for `mongocd doctor`: what a pipeline that fails is
// asked first.
//
// In: a connection string, and the weaves that are to be applied; out: a Result, with what
// the server is, how it is reached, what it can do, and what the weaves need of that and of
// the user's rights. It writes to the state database what a probe finds, and nothing else.
package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

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

// pings is how often the server is asked for its latency, dialTime how long a member is
// waited for.
const (
	pings    = 7
	dialTime = 3 * time.Second
)

// Examine examines a destination. The error is for one that does not answer.
func Examine(ctx context.Context, o Options) (*Result, error) {
	store, err := mongo.Open(ctx, o.URI, mongo.Options{Comment: "mongocd doctor", Timeout: o.Timeout})
	if err != nil {
		return nil, err
	}
	r := &Result{Format: 1, Command: "doctor", Features: []Feature{}, Problems: []string{}}
	db := control.NewDatabase(store, stores.NewClock(nil, nil), o.StateDatabase, "mongocd doctor")
	e := &examination{Options: o, Result: r, db: db}
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
	db *control.Database
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
		began := time.Now()
		if _, err := e.db.Send(ctx, "admin", bson.D{{Key: "ping", Value: int32(1)}}); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	e.Connection.LatencyMicros = took[pings/2].Microseconds()
	began := time.Now()
	hello, err := e.db.Send(ctx, "admin", bson.D{{Key: "hello", Value: int32(1)}})
	if err != nil {
		return err
	}
	middle := began.Add(time.Since(began) / 2)
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

// reachable reports whether this machine gets a connection to a host.
func reachable(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	return err == nil && conn.Close() == nil
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

// transport finds whether the connection is encrypted, by connecting once more.
func (e *examination) transport(ctx context.Context) error {
	e.Connection.TLS = "off"
	client := options.Client().ApplyURI(e.URI)
	if err := client.Validate(); err != nil || client.TLSConfig == nil || len(client.Hosts) == 0 {
		return nil // Open has connected by it
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := (&tls.Dialer{Config: client.TLSConfig}).DialContext(ctx, "tcp", client.Hosts[0])
	if err != nil {
		e.Connection.TLS = "on"
		return nil // the driver has found another member, or another way
	}
	if secure, ok := conn.(*tls.Conn); ok {
		state := secure.ConnectionState()
		e.Connection.TLS = tls.VersionName(state.Version)
		if len(state.PeerCertificates) > 0 {
			leaf := state.PeerCertificates[0]
			e.Connection.Certificate = "valid until " + leaf.NotAfter.UTC().Format("2006-01-02")
			if left := time.Until(leaf.NotAfter); left < 14*24*time.Hour {
				e.problem("the server's certificate ends in %d days: renew it", int(left.Hours()/24))
			}
		}
	}
	if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing a connection: %w", err)
	}
	return nil
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
		for _, s := range e.States {
			for _, need := range enforce.Features(s.State, enforce.Options{Databases: s.Databases}) {
				if need.Feature == f.Name {
					found.NeededBy = append(found.NeededBy, need.Collection+" ("+need.Origin+")")
				}
			}
		}
		if found.State == "lacks" && len(found.NeededBy) > 0 {
			e.problem("the server lacks %s, which %s needs: take it out of the weave for this environment, or use a server that has it", f.Words, strings.Join(found.NeededBy, ", "))
		}
		e.Features = append(e.Features, found)
	}
	return nil
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
