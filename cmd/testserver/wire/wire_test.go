package wire_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// start returns a proxy in front of the test engine, a client that goes
// through it, one that does not, and a database name of this test's own.
func start(t *testing.T) (p *wire.Proxy, through, direct *mongo.Client, database string) {
	t.Helper()
	uri := engine.ForTest(t)
	target, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	// Not t.Context(): it ends before the clean-up, in which the clients still say good-bye.
	p, err = wire.Start(context.Background(), target.Host)
	if err != nil {
		t.Fatal(err)
	}
	through, direct = connect(t, p.URI()), connect(t, uri)
	database = fmt.Sprintf("wire_%d_%s", os.Getpid(), strings.ToLower(t.Name()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := direct.Database(database).Drop(ctx); err != nil {
			t.Error(err)
		}
		for _, c := range []*mongo.Client{through, direct} {
			if err := c.Disconnect(ctx); err != nil {
				t.Error(err)
			}
		}
		if err := p.Close(); err != nil && !strings.Contains(err.Error(), "OP_COMPRESSED") { // the test about it looks itself
			t.Error(err)
		}
	})
	return p, through, direct, database
}

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(20 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRecordsCommandsAndTheirSequences(t *testing.T) {
	p, client, _, database := start(t)
	coll := client.Database(database).Collection("items")
	if _, err := coll.InsertMany(t.Context(), []any{bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "_id", Value: 2}}}); err != nil {
		t.Fatal(err)
	}
	if err := coll.FindOne(t.Context(), bson.D{{Key: "_id", Value: 2}}).Err(); err != nil {
		t.Fatal(err)
	}
	writes := wire.Writes(p.Commands())
	if got := wire.Names(writes); !slices.Equal(got, []string{"insert"}) {
		t.Fatalf("write commands = %v, want one insert", got)
	}
	insert := writes[0]
	if insert.Database != database || insert.Collection() != "items" {
		t.Errorf("insert into %q.%q, want %q.items", insert.Database, insert.Collection(), database)
	}
	if got := insert.Statements("documents"); len(got) != 2 || got[1].Lookup("_id").Int32() != 2 {
		t.Errorf("documents = %v, want _id 1 and 2", got)
	}
	if !slices.Contains(wire.Names(p.Commands()), "find") {
		t.Errorf("no find in %v", wire.Names(p.Commands()))
	}
	p.Reset()
	if got := p.Commands(); len(got) != 0 {
		t.Errorf("after Reset: %v", wire.Names(got))
	}
}

func TestStatementsInTheBody(t *testing.T) {
	p, client, _, database := start(t)
	err := client.Database(database).RunCommand(t.Context(), bson.D{
		{Key: "insert", Value: "items"},
		{Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: "a"}}}},
	}).Err()
	if err != nil {
		t.Fatal(err)
	}
	writes := wire.Writes(p.Commands())
	if len(writes) != 1 || len(writes[0].Statements("documents")) != 1 {
		t.Fatalf("writes = %v, want one insert of one document", writes)
	}
}

// What the hook writes reaches the server before the command that it was called with.
func TestOnCommandRunsBeforeTheCommandPasses(t *testing.T) {
	p, client, direct, database := start(t)
	ctx := t.Context()
	if _, err := direct.Database(database).Collection("items").InsertOne(ctx, bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	p.OnCommand(func(c wire.Command) {
		if c.Name != "update" {
			return
		}
		_, err := direct.Database(database).Collection("items").UpdateByID(ctx, 1, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 5}}}})
		if err != nil {
			t.Error(err)
		}
	})
	result, err := client.Database(database).Collection("items").UpdateOne(ctx, bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: 1}}, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 2}}}})
	if err != nil {
		t.Fatal(err)
	}
	if result.MatchedCount != 0 {
		t.Error("the update matched what the hook had changed before it")
	}
	p.OnCommand(nil)
}

// A command that is answered does not reach the server.
func TestAnswer(t *testing.T) {
	p, client, direct, database := start(t)
	p.Answer(func(c wire.Command) bson.Raw {
		if c.Name != "insert" {
			return nil
		}
		reply, err := bson.Marshal(bson.D{{Key: "n", Value: int32(1)}, {Key: "ok", Value: 1.0}})
		if err != nil {
			t.Error(err)
		}
		return reply
	})
	if _, err := client.Database(database).Collection("items").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	p.Answer(nil)
	if n, err := direct.Database(database).Collection("items").CountDocuments(t.Context(), bson.D{}); err != nil || n != 0 {
		t.Errorf("%d documents are there, %v; want none", n, err)
	}
	if writes := wire.Names(wire.Writes(p.Commands())); !slices.Equal(writes, []string{"insert"}) {
		t.Errorf("recorded %v, want the insert", writes)
	}
}

func TestSeveralConnections(t *testing.T) {
	p, client, _, database := start(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := client.Database(database).Collection("items").InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(wire.Writes(p.Commands())); got != 20 {
		t.Errorf("%d writes recorded, want 20", got)
	}
}

// A client that compresses would pass unseen: its connection ends, and Close says why.
func TestCompressedMessagesAreRefused(t *testing.T) {
	p, _, _, _ := start(t)
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	const length, opCompressed = 25, 2012
	message := make([]byte, length)
	binary.LittleEndian.PutUint32(message, length)
	binary.LittleEndian.PutUint32(message[12:], opCompressed)
	if _, err := conn.Write(message); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the proxy answered %d bytes, %v; want the end of the connection", n, err)
	}
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "OP_COMPRESSED") {
		t.Errorf("Err = %v, want one about OP_COMPRESSED", err)
	}
}

func TestWrites(t *testing.T) {
	for _, c := range []struct {
		command bson.D
		writes  bool
	}{
		{bson.D{{Key: "find", Value: "c"}}, false},
		{bson.D{{Key: "hello", Value: 1}}, false},
		{bson.D{{Key: "endSessions", Value: bson.A{}}}, false},
		{bson.D{{Key: "aggregate", Value: "c"}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$match", Value: bson.D{}}}}}}, false},
		{bson.D{{Key: "aggregate", Value: "c"}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$match", Value: bson.D{}}}, bson.D{{Key: "$out", Value: "d"}}}}}, true},
		{bson.D{{Key: "findAndModify", Value: "c"}}, true},
		{bson.D{{Key: "findandmodify", Value: "c"}}, true},
		{bson.D{{Key: "createIndexes", Value: "c"}}, true},
		{bson.D{{Key: "collMod", Value: "c"}}, true},
		{bson.D{{Key: "bulkWrite", Value: 1}}, true},
	} {
		raw, err := bson.Marshal(c.command)
		if err != nil {
			t.Fatal(err)
		}
		command := wire.Command{Name: c.command[0].Key, Body: raw}
		if got := command.Writes(); got != c.writes {
			t.Errorf("%v writes: %v, want %v", c.command, got, c.writes)
		}
	}
}
