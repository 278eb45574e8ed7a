package wire_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// A handler changes commands and replies, answers by itself, and cuts connections.
func TestBetween(t *testing.T) {
	p, _, direct, database := start(t)
	p.Between(func(c wire.Command, pass func(wire.Command) (bson.Raw, error)) (bson.Raw, error) {
		switch {
		case c.Name == "insert" && c.Collection() == "renamed":
			body := c.Body.Lookup("documents")
			if body.Type != 0 || len(c.Statements("documents")) != 1 {
				t.Errorf("documents are not in a sequence: %s", c.Body)
			}
			changed, err := bson.Marshal(bson.D{{Key: "insert", Value: "items"}, {Key: "$db", Value: c.Database}})
			if err != nil {
				return nil, err
			}
			return pass(wire.Command{Name: "insert", Body: changed, Sequences: c.Sequences})
		case c.Name == "ping":
			return bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(8000)}, {Key: "errmsg", Value: "no pings"}})
		case c.Name == "count":
			return nil, wire.ErrCut
		}
		return pass(c)
	})
	client := connect(t, p.URI()+"&retryReads=false") // the driver would try the count again until its time is up
	defer func() {
		if err := client.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if _, err := client.Database(database).Collection("renamed").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	if n, err := direct.Database(database).Collection("items").CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
		t.Errorf("%d documents in items, %v; want 1", n, err)
	}
	var said mongo.CommandError
	if err := client.Ping(t.Context(), nil); !errors.As(err, &said) || said.Code != 8000 {
		t.Errorf("ping: %v, want the handler's 8000", err)
	}
	if _, err := client.Database(database).Collection("items").EstimatedDocumentCount(t.Context()); !mongo.IsNetworkError(err) {
		t.Errorf("count: %v, want a broken connection", err)
	}
	if names := wire.Names(wire.Writes(p.Commands())); !slices.Contains(names, "insert") {
		t.Errorf("recorded %v, want the insert as it was sent", names)
	}
}

// The driver finds the new primary by itself; what was lost it sends again, once.
func TestMembers(t *testing.T) {
	target, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	_, _, direct, database := start(t)
	for _, ending := range []wire.Ending{wire.NotPrimary, wire.SteppedDown, wire.Unconfirmed, wire.Lost, wire.Kept} {
		t.Run(ending.String(), func(t *testing.T) {
			set, err := wire.StartMembers(context.Background(), target.Host)
			if err != nil {
				t.Fatal(err)
			}
			client := connect(t, set.URI())
			defer func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
				defer cancel()
				if err := errors.Join(client.Disconnect(ctx), set.Close()); err != nil {
					t.Error(err)
				}
			}()
			inserts := 0
			set.OnCommand(func(c wire.Command) wire.Ending {
				if c.Name == "insert" {
					inserts++
					return ending
				}
				return wire.Passed
			})
			if _, err := client.Database(database).Collection(ending.String()).InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}}); err != nil {
				t.Error(err)
			}
			if !set.TookOver() || inserts != 1 {
				t.Errorf("the second member is the primary: %v, after %d inserts", set.TookOver(), inserts)
			}
			if n, err := direct.Database(database).Collection(ending.String()).CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
				t.Errorf("%d documents, %v; want 1", n, err)
			}
		})
	}
}
