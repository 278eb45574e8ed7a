package mongosh

// The prelude in goja on a real server: requests go through the Go driver as
// the bytes that mongosh's driver would make of them.

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/runtime/desired"
)

// atServer is a real server behind jsvm.
type atServer struct{ client *mongo.Client }

func (s atServer) Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error) {
	raw, err := s.client.Database(database).RunCommand(ctx, command).Raw()
	if write := (mongo.WriteException{}); errors.As(err, &write) {
		return raw, nil // the reply says what was refused
	}
	return raw, err
}

func (s atServer) Find(ctx context.Context, database, collection string, filter bson.Raw, simple bool) ([]bson.Raw, error) {
	opts := options.Find()
	if simple {
		opts.SetCollation(&options.Collation{Locale: "simple"})
	}
	cursor, err := s.client.Database(database).Collection(collection).Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	var found []bson.Raw
	return found, cursor.All(ctx, &found)
}

// Begin implements jsvm.Transactional.
func (s atServer) Begin() (jsvm.Transaction, error) {
	session, err := s.client.StartSession()
	if err == nil {
		err = session.StartTransaction(options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority()))
	}
	return transaction{session}, err
}

type transaction struct{ *mongo.Session }

func (t transaction) Within(ctx context.Context) context.Context {
	return mongo.NewSessionContext(ctx, t.Session)
}

func (t transaction) End(ctx context.Context, commit bool) error {
	defer t.EndSession(ctx)
	if commit {
		return t.CommitTransaction(ctx)
	}
	return t.AbortTransaction(ctx)
}

// serverVM is a vm whose destination is a server.
func serverVM(t testing.TB, client *mongo.Client) vm {
	return jsvm.NewServed(t, atServer{client})
}

// runState runs a state in a vm.
func runState(t testing.TB, v vm, s *desired.State, mode string, secrets map[string]string) jsvm.Result {
	t.Helper()
	return v.RunState(stateText(t, s), mode, secrets)
}

// stateText is a state as it stands in a script.
func stateText(t testing.TB, s *desired.State) string {
	t.Helper()
	g := &generator{wanted: rendered(t, s)}
	if err := g.state(); err != nil {
		t.Fatal(err)
	}
	return string(g.out)
}

func seed(t testing.TB, c *mongo.Collection, documents []bson.Raw, indexes []bson.Raw) {
	t.Helper()
	if err := c.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(documents) == 0 {
		return
	}
	if len(indexes) > 0 {
		if err := c.Database().RunCommand(t.Context(), bson.D{{Key: "createIndexes", Value: c.Name()}, {Key: "indexes", Value: indexes}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.InsertMany(t.Context(), documents, options.InsertMany().SetOrdered(false)); err != nil {
		var bulk mongo.BulkWriteException
		if !errors.As(err, &bulk) { // documents that break a unique index are left out
			t.Fatal(err)
		}
	}
}

func int32Raw(n int) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt32, Value: binary.LittleEndian.AppendUint32(nil, uint32(n))}
}
