package main

// Lifecycle: retried writes on the wire, kill and restart, speed.
// In: a server (for restarts one that this program starts). Out: what survived, and times.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// retryWrite sends one $inc twice as a driver does whose first reply was lost: the network fails after the write.
// Both sends share a session, whose transaction number is set by hand, and a client, so that no later check uses them.
func retryWrite(ctx context.Context, db *mongo.Database, uri string) (seen string, err error) {
	if err := insert(`{"_id": 1, "n": 0}`)(ctx, db.Collection("c")); err != nil {
		return "", err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, client.Disconnect(ctx)) }()
	session, err := client.StartSession()
	if err != nil {
		return "", err
	}
	defer session.EndSession(ctx)
	update := bson.D{
		{Key: "update", Value: "c"},
		{Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: 1}}}, {Key: "u", Value: bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}}}}},
		{Key: "txnNumber", Value: int64(1000)},
	}
	for range 2 {
		if _, err := command(mongo.NewSessionContext(ctx, session), client.Database(db.Name()), update); err != nil {
			return "", err
		}
	}
	return all(ctx, db.Collection("c"))
}

// restartChecks start their own servers, so that they can kill them.
func restartChecks(name string) []check {
	return []check{{group: "restart", name: "SIGKILL during acknowledged inserts, then restart on the same folder", want: "every acknowledged document is there", run: func(ctx context.Context, _ *mongo.Database) (string, error) {
		return killAndRestart(ctx, name)
	}}}
}

func killAndRestart(ctx context.Context, name string) (seen string, err error) {
	dir, err := os.MkdirTemp("", "mongocd-probe-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	acknowledged := int32(0)
	server, coll, err := open(ctx, name, dir)
	if err != nil {
		return "", err
	}
	if _, err := coll.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "u", Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
		return "", err
	}
	timer := time.AfterFunc(2*time.Second, func() { _ = server.Kill() }) // the restart below fails if it did not die
	defer timer.Stop()
	for ; ; acknowledged++ {
		if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: acknowledged}, {Key: "u", Value: acknowledged}}); err != nil {
			break
		}
	}
	if err := errors.Join(disconnect(ctx, coll), server.Stop()); err != nil {
		return "", err
	}

	start := time.Now()
	server, coll, err = open(ctx, name, dir)
	if err != nil {
		return "", fmt.Errorf("restart: %w", err)
	}
	took := time.Since(start).Round(10 * time.Millisecond)
	defer func() { err = errors.Join(err, disconnect(ctx, coll), server.Stop()) }()
	n, err := coll.CountDocuments(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: acknowledged}}}})
	if err != nil {
		return "", err
	}
	_, err = coll.InsertOne(ctx, bson.D{{Key: "_id", Value: -1}, {Key: "u", Value: int32(0)}})
	switch {
	case mongo.IsDuplicateKeyError(err):
		err = nil
	default:
		return fmt.Sprintf("unique index lost (%v)", err), nil
	}
	if n == int64(acknowledged) && n > 0 {
		return "every acknowledged document is there", nil
	}
	return fmt.Sprintf("%d of %d documents, after %s", n, acknowledged, took), nil
}

func open(ctx context.Context, name, dir string) (*engine.Server, *mongo.Collection, error) {
	server, err := engine.Start(ctx, engine.Options{Engine: name, DataDir: dir})
	if err != nil {
		return nil, nil, err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(server.URI()).SetServerSelectionTimeout(2 * time.Second))
	if err != nil {
		return nil, nil, errors.Join(err, server.Stop())
	}
	return server, client.Database(database).Collection("c"), nil
}

// disconnect does not wait for a server that may be gone.
func disconnect(ctx context.Context, coll *mongo.Collection) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return coll.Database().Client().Disconnect(ctx)
}

func speedChecks() []check {
	return []check{{group: "speed", name: "10,000 documents of 1 KiB inserted; read by $in of 1,000; 1,000 updated in one bulk; 1,000 replaced by themselves in one bulk", run: func(ctx context.Context, db *mongo.Database) (string, error) {
		coll := db.Collection("c")
		docs := make([]any, 10_000)
		for i := range docs {
			docs[i] = bson.D{{Key: "_id", Value: int32(i)}, {Key: "n", Value: int32(0)}, {Key: "s", Value: strings.ToLower(rand.Text()) + strings.Repeat("x", 960)}}
		}
		var times []string
		lap := func(start time.Time) { times = append(times, time.Since(start).Round(time.Millisecond).String()) }

		start := time.Now()
		for i := 0; i < len(docs); i += 1000 {
			if _, err := coll.InsertMany(ctx, docs[i:i+1000], options.InsertMany().SetOrdered(false)); err != nil {
				return "", err
			}
		}
		lap(start)
		start = time.Now()
		for i := 0; i < len(docs); i += 1000 {
			var keys bson.A
			for k := range 1000 {
				keys = append(keys, int32(i+k))
			}
			cursor, err := coll.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}}, options.Find().SetBatchSize(1000))
			if err != nil {
				return "", err
			}
			var read []bson.Raw
			if err := cursor.All(ctx, &read); err != nil {
				return "", err
			}
			if len(read) != 1000 {
				return fmt.Sprintf("read %d of 1000", len(read)), nil
			}
		}
		lap(start)
		for _, model := range []func(i int32) mongo.WriteModel{
			func(i int32) mongo.WriteModel {
				return mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: i}, {Key: "n", Value: int32(0)}}).SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: int32(1)}}}})
			},
			func(i int32) mongo.WriteModel {
				return mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: 5000 + i}}).SetReplacement(docs[5000+i]).SetUpsert(true)
			},
		} {
			models := make([]mongo.WriteModel, 1000)
			for i := range models {
				models[i] = model(int32(i))
			}
			start = time.Now()
			if _, err := coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
				return "", err
			}
			lap(start)
		}
		return strings.Join(times, "; "), nil
	}}}
}
