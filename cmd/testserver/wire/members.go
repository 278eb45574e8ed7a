package wire

// A replica set of two members, of which the second one takes over in the middle of a
// run. In: one server, which has what a majority has; out: two members in front of it,
// whose hello says which one is the primary.
//
// What a majority has not confirmed when the primary goes is not there afterwards
// (MongoDB manual, core/replica-set-rollbacks): such a write is not passed on to the
// server at all. Nobody can tell that from a write that was carried out and rolled
// back, as nothing is read from the old primary any more.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Ending is what becomes of a command with which the primary goes.
type Ending int

// How a command ends. All but Passed make the other member the primary.
const (
	// Passed: it is carried out and answered, and the primary stays.
	Passed Ending = iota
	// NotPrimary: it is refused by a member that is no primary any more (10107).
	NotPrimary
	// SteppedDown: it was interrupted by the change (11602); what it wrote is lost.
	SteppedDown
	// Unconfirmed: it was carried out, no majority confirmed it (91), and it is lost.
	Unconfirmed
	// Lost: the connection breaks without an answer; what it wrote is lost.
	Lost
	// Kept: the connection breaks without an answer; what it wrote is there.
	Kept
)

func (e Ending) String() string {
	return [...]string{"passed", "not primary", "stepped down", "unconfirmed", "lost", "kept"}[e]
}

// SetName is the name of the set.
const SetName = "rs0"

// Members is the set; Close ends it.
type Members struct {
	proxies [2]*Proxy

	mu      sync.Mutex
	primary int
	decide  func(Command) Ending
}

// StartMembers returns a set in front of a server ("host:port"), the first one its primary.
func StartMembers(ctx context.Context, target string) (*Members, error) {
	m := &Members{}
	for i := range m.proxies {
		proxy, err := Start(ctx, target)
		if err != nil {
			return nil, errors.Join(err, m.Close())
		}
		proxy.Between(func(c Command, pass func(Command) (bson.Raw, error)) (bson.Raw, error) { return m.handle(i, c, pass) })
		m.proxies[i] = proxy
	}
	return m, nil
}

// URI is what clients connect to.
func (m *Members) URI() string {
	return fmt.Sprintf("mongodb://%s,%s/?replicaSet=%s", m.proxies[0].Addr(), m.proxies[1].Addr(), SetName)
}

// OnCommand sets what is asked how a command ends that the primary gets and that is
// of a run: greetings and good-byes are not. The first member is the primary again.
func (m *Members) OnCommand(decide func(Command) Ending) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.primary, m.decide = 0, decide
}

// Commands returns what a member, 0 or 1, was sent.
func (m *Members) Commands(member int) []Command { return m.proxies[member].Commands() }

// TookOver reports whether the second member is the primary.
func (m *Members) TookOver() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.primary == 1
}

// Close ends both members and returns what went wrong with them.
func (m *Members) Close() error {
	var errs []error
	for _, p := range m.proxies {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(errs...)
}

// aside are commands that every member answers, and that no run depends on.
var aside = []string{"hello", "isMaster", "ismaster", "ping", "buildInfo", "endSessions", "killCursors", "saslStart", "saslContinue", "connectionStatus", "atlasVersion", "getParameter", "getCmdLineOpts", "getLog", "serverStatus"}

func (m *Members) handle(member int, c Command, pass func(Command) (bson.Raw, error)) (bson.Raw, error) {
	_, asked := c.Body.Lookup("comment").StringValueOK() // a run's own hello, for the clock
	if slices.Contains(aside, c.Name) && !(c.Name == "hello" && asked) {
		return m.greet(member, c, pass)
	}
	m.mu.Lock()
	ending := NotPrimary
	if member == m.primary {
		ending = Passed
		if m.decide != nil && m.primary == 0 {
			ending = m.decide(c)
		}
		if ending != Passed {
			m.primary = 1 - m.primary
		}
	}
	m.mu.Unlock()
	if ending == Kept || ending == Passed {
		reply, err := pass(c)
		switch {
		case err != nil:
			return nil, err
		case ending == Kept:
			return nil, ErrCut
		case c.Name == "hello":
			return m.described(member, reply)
		}
		return reply, nil
	}
	if err := m.lose(c, pass); err != nil {
		return nil, err
	}
	switch ending {
	case SteppedDown:
		return failure(11602, "InterruptedDueToReplStateChange", "operation was interrupted")
	case Unconfirmed:
		return unconfirmed(c)
	case Lost:
		return nil, ErrCut
	}
	return failure(10107, "NotWritablePrimary", "not primary")
}

// lose gives up the transaction that a command is of: the new primary does not know it.
func (m *Members) lose(c Command, pass func(Command) (bson.Raw, error)) error {
	if autocommit, ok := c.Body.Lookup("autocommit").BooleanOK(); !ok || autocommit || c.Body.Lookup("startTransaction").Type != 0 {
		return nil
	}
	body, err := bson.Marshal(bson.D{{Key: "abortTransaction", Value: int32(1)}, {Key: "lsid", Value: c.Body.Lookup("lsid")},
		{Key: "txnNumber", Value: c.Body.Lookup("txnNumber")}, {Key: "autocommit", Value: false}, {Key: "$db", Value: "admin"}})
	if err != nil {
		return err
	}
	_, err = pass(Command{Name: "abortTransaction", Database: "admin", Body: body})
	return err
}

// greet passes a greeting on and says in its reply which member this is.
func (m *Members) greet(member int, c Command, pass func(Command) (bson.Raw, error)) (bson.Raw, error) {
	reply, err := pass(c)
	if err != nil {
		return nil, err
	}
	switch c.Name {
	case "hello", "isMaster", "ismaster":
		return m.described(member, reply)
	}
	return reply, nil
}

// ofSet are the fields of hello that say what a member is (MongoDB manual,
// reference/command/hello); without a topologyVersion clients ask at intervals.
var ofSet = []string{"setName", "hosts", "primary", "me", "isWritablePrimary", "ismaster", "secondary", "setVersion", "electionId", "topologyVersion", "lastWrite", "passives", "arbiters", "tags", "msg"}

func (m *Members) described(member int, reply bson.Raw) (bson.Raw, error) {
	m.mu.Lock()
	primary := m.primary
	m.mu.Unlock()
	var out bson.D
	err := eachField(reply, func(name string, v bson.RawValue) error {
		if !slices.Contains(ofSet, name) {
			out = append(out, bson.E{Key: name, Value: v})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out = append(out, bson.E{Key: "setName", Value: SetName}, bson.E{Key: "hosts", Value: bson.A{m.proxies[0].Addr(), m.proxies[1].Addr()}},
		bson.E{Key: "primary", Value: m.proxies[primary].Addr()}, bson.E{Key: "me", Value: m.proxies[member].Addr()},
		bson.E{Key: "isWritablePrimary", Value: member == primary}, bson.E{Key: "ismaster", Value: member == primary},
		bson.E{Key: "secondary", Value: member != primary}, bson.E{Key: "setVersion", Value: int32(1)})
	if member == primary {
		out = append(out, bson.E{Key: "electionId", Value: bson.ObjectID{11: byte(primary + 1)}}) // the later one is greater
	}
	return bson.Marshal(out)
}

// failure is a reply that a client may send the command again for (MongoDB
// specification of retryable writes: RetryableWriteError).
func failure(code int32, name, message string) (bson.Raw, error) {
	return bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "errmsg", Value: message}, {Key: "code", Value: code}, {Key: "codeName", Value: name},
		{Key: "errorLabels", Value: bson.A{"RetryableWriteError"}}})
}

// unconfirmed is the reply to a write of one member alone.
func unconfirmed(c Command) (bson.Raw, error) {
	n := len(c.Statements("documents")) + len(c.Statements("updates")) + len(c.Statements("deletes"))
	return bson.Marshal(bson.D{{Key: "n", Value: int32(n)}, {Key: "nModified", Value: int32(len(c.Statements("updates")))}, {Key: "ok", Value: 1.0},
		{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: int32(91)}, {Key: "codeName", Value: "ShutdownInProgress"}, {Key: "errmsg", Value: "Replication is being shut down"}}},
		{Key: "errorLabels", Value: bson.A{"RetryableWriteError"}}})
}
