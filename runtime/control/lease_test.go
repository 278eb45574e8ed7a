package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// timer is a clock that goes on when somebody sleeps.
type timer struct {
	at    time.Time
	slept []time.Duration
}

func (c *timer) clock() stores.Clock {
	return stores.Clock{Now: func() time.Time { return c.at }, Sleep: func(_ context.Context, d time.Duration) {
		c.at, c.slept = c.at.Add(d), append(c.slept, d)
	}}
}

// onServer is a state database of the test's own on a server.
func onServer(t *testing.T, c *timer) *Database {
	t.Helper()
	store, err := mongo.Open(t.Context(), engine.ForTest(t), mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return NewDatabase(store, c.clock(), fmt.Sprintf("control_%d", time.Now().UnixNano()), "mongocd test/control")
}

var about = &Subject{Weave: "w", Environment: "e", Databases: []string{"a", "b"}}

func leasesOf(db *Database, token string) *Leases {
	l := newLeases(db, about, token)
	l.Run = "w/e/" + token
	return l
}

// code is that of the conflict that an error is.
func code(t *testing.T, db *Database, err error) string {
	t.Helper()
	c, ok := db.Conflict(err)
	if !ok {
		t.Fatalf("no conflict: %v", err)
	}
	return c.Code
}

// One run at a time has the leases; they are waited for, taken by force, and free when
// they were released.
func TestLeases(t *testing.T) {
	c := &timer{at: time.Now()}
	db := onServer(t, c)
	first, second := leasesOf(db, "1"), leasesOf(db, "2")
	if err := first.Take(t.Context(), 0, ""); err != nil {
		t.Fatal(err)
	}
	if got := code(t, db, second.Take(t.Context(), 3*time.Second, "")); got != change.LeaseHeld.Code || len(c.slept) != 3 {
		t.Errorf("%s after %s", got, c.slept)
	}
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.slept = nil
	if err := second.Take(t.Context(), 0, ""); err != nil || len(c.slept) > 0 {
		t.Errorf("%v after %s: nothing was to be waited for", err, c.slept)
	}
	// By force: what the other one has sent is waited for.
	if err := first.Take(t.Context(), 0, "2"); err != nil {
		t.Fatal(err)
	}
	var waited time.Duration
	for _, d := range c.slept {
		waited += d
	}
	if waited < SettleSeconds*time.Second {
		t.Errorf("%s were waited", waited)
	}
	c.at = c.at.Add(renewAfter)
	if got := code(t, db, second.Renew(t.Context())); got != change.LeaseLost.Code {
		t.Errorf("the lease of another run was renewed: %s", got)
	}
	if err := first.Renew(t.Context()); err != nil {
		t.Error(err)
	}
}

// A lease is renewed before a write where the last renewal is old enough, and looked at
// after it.
func TestSend(t *testing.T) {
	c := &timer{at: time.Now()}
	db := onServer(t, c)
	run := leasesOf(db, "1")
	if err := run.Take(t.Context(), 0, ""); err != nil {
		t.Fatal(err)
	}
	renewed := func() time.Time { return run.held[0].renewed }
	nothing := func(context.Context) error { return nil }
	for _, test := range []struct {
		after time.Duration
		want  bool
	}{{renewAfter - time.Second, false}, {time.Second, true}, {time.Second, false}} {
		before := renewed()
		c.at = c.at.Add(test.after)
		if err := run.Send(t.Context(), "x", nothing, nothing); err != nil {
			t.Fatal(err)
		}
		if got := renewed() != before; got != test.want {
			t.Errorf("renewed is %v after %s", got, test.after)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run.Send(stopped, "x", nil, func(context.Context) error { t.Error("it was sent"); return nil }); !errors.Is(err, ErrInterrupted) {
		t.Error(err)
	}

	// What had no answer is named, until it has arrived; a lease is not deleted as long.
	lost := errors.New("no answer")
	number := run.Late.Next()
	if err := run.Send(t.Context(), "writing 1 and 2", nil, func(context.Context) error { run.Late.Unanswered(); return lost }); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if note := run.Late.Note(); !strings.Contains(note, "writing 1 and 2") {
		t.Errorf("note %q", note)
	}
	if err := run.Arrived(t.Context(), number, "writing 2"); err != nil || !strings.Contains(run.Late.Note(), ": writing 2;") {
		t.Errorf("%v, note %q", err, run.Late.Note())
	}
	if err := run.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := db.readLease(t.Context(), about.leaseID("a"))
	if err != nil || left == nil {
		t.Fatalf("%v: the lease is gone", err)
	}
	if err := run.Take(t.Context(), 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := run.Arrived(t.Context(), number, ""); err != nil || run.Late.Note() != "" {
		t.Errorf("%v, note %q", err, run.Late.Note())
	}
	// Of a lease that another run took while a write was on the way, the write is named.
	err = run.Send(t.Context(), "writing 3", nil, func(ctx context.Context) error {
		_, err := db.update(ctx, controlCollection, bson.D{{Key: "_id", Value: about.leaseID("b")}}, bson.D{{Key: "$set", Value: bson.D{{Key: "token", Value: "9"}}}})
		return err
	})
	if conflict, _ := db.Conflict(err); conflict.Code != change.LeaseLost.Code || conflict.Database != "b" || !strings.Contains(conflict.Message, "writing 3") {
		t.Errorf("%+v", conflict)
	}
}
