package main

// Administration: what mongocd and its tests ask a server about itself. In: commands. Out: whether they are answered.

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func adminChecks() []check {
	answered := func(name, want string, cmd bson.D, show func(reply bson.Raw) string) check {
		return check{group: "admin", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := db.Collection("c").InsertMany(ctx, array(`[{"_id": 1, "a": 1}, {"_id": 2, "a": 2}]`)); err != nil {
				return "", err
			}
			target := db
			if cmd[0].Key == "configureFailPoint" || cmd[0].Key == "renameCollection" {
				target = db.Client().Database("admin")
			}
			reply, err := command(ctx, target, cmd)
			if err != nil {
				return "", err
			}
			return show(reply), nil
		}}
	}
	ok := func(bson.Raw) string { return "answered" }
	firstBatch := func(reply bson.Raw) string {
		values, err := reply.Lookup("cursor", "firstBatch").Array().Values()
		if err != nil {
			return err.Error()
		}
		var parts []string
		for _, v := range values {
			parts = append(parts, relaxed(v.Document()))
		}
		return joined(parts)
	}
	aggregate := func(pipeline string) bson.D {
		return bson.D{{Key: "aggregate", Value: "c"}, {Key: "pipeline", Value: array(pipeline)}, {Key: "cursor", Value: bson.D{}}}
	}
	return []check{
		answered("connectionStatus with privileges", "answered", bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}}, ok),
		answered("collStats", "answered", bson.D{{Key: "collStats", Value: "c"}}, ok),
		answered("dbStats", "answered", bson.D{{Key: "dbStats", Value: 1}}, ok),
		answered("count", "2", bson.D{{Key: "count", Value: "c"}}, func(r bson.Raw) string { return fmt.Sprint(r.Lookup("n").AsInt64()) }),
		answered("an unknown command", "error 59", bson.D{{Key: "nonesuch", Value: 1}}, ok),
		answered("configureFailPoint (a test build's command)", "error 59", bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: "off"}}, ok),
		answered("renameCollection", "answered", bson.D{{Key: "renameCollection", Value: database + ".c"}, {Key: "to", Value: database + ".d"}}, ok),
		answered("explain a find by _id", "answered", bson.D{{Key: "explain", Value: bson.D{{Key: "find", Value: "c"}, {Key: "filter", Value: bson.D{{Key: "_id", Value: 1}}}}}}, ok),
		answered("$sample, $sort, $group", `{"_id":null,"n":2}`, aggregate(`[{"$sample": {"size": 5}}, {"$sort": {"_id": 1}}, {"$group": {"_id": null, "n": {"$sum": 1}}}]`), firstBatch),
		answered("$bsonSize of $$ROOT", `{"_id": {"$numberInt":"1"},"s": {"$numberInt":"21"}}`, aggregate(`[{"$match": {"_id": 1}}, {"$project": {"s": {"$bsonSize": "$$ROOT"}}}]`), func(r bson.Raw) string {
			return r.Lookup("cursor", "firstBatch").Array().Index(0).Document().String()
		}),
		answered("$out", "nothing", aggregate(`[{"$out": "o"}]`), firstBatch),
		answered("$merge", "nothing", aggregate(`[{"$merge": {"into": "o"}}]`), firstBatch),
		{group: "admin", name: "readConcern snapshot in a session, over two finds", want: "the same", run: snapshotRead},
		{group: "admin", name: "arrayFilters", want: `{"_id":1,"a":[1,9]}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return steps(ctx, db, insert(`{"_id": 1, "a": [1, 5]}`), func(ctx context.Context, coll *mongo.Collection) error {
				_, err := coll.UpdateOne(ctx, bson.D{}, ejson(`{"$set": {"a.$[x]": 9}}`), options.UpdateOne().SetArrayFilters(array(`[{"x": {"$gt": 1}}]`)))
				return err
			})
		}},
		{group: "admin", name: "change stream sees an insert", want: "insert", run: watch},
	}
}

// snapshotRead reads a collection twice in a snapshot session while another client writes in between.
func snapshotRead(ctx context.Context, db *mongo.Database) (string, error) {
	if _, err := db.Collection("c").InsertOne(ctx, ejson(`{"_id": 1}`)); err != nil {
		return "", err
	}
	session, err := db.Client().StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		return "", err
	}
	defer session.EndSession(ctx)
	inside := mongo.NewSessionContext(ctx, session)
	before, err := all(inside, db.Collection("c"))
	if err != nil {
		return "", err
	}
	if _, err := db.Collection("c").InsertOne(ctx, ejson(`{"_id": 2}`)); err != nil {
		return "", err
	}
	after, err := all(inside, db.Collection("c"))
	if err != nil {
		return "", err
	}
	if before == after {
		return "the same", nil
	}
	return fmt.Sprintf("%s, then %s", before, after), nil
}

func watch(ctx context.Context, db *mongo.Database) (seen string, err error) {
	stream, err := db.Collection("c").Watch(ctx, mongo.Pipeline{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, stream.Close(ctx)) }()
	if _, err := db.Collection("c").InsertOne(ctx, ejson(`{"_id": 1}`)); err != nil {
		return "", err
	}
	if !stream.Next(ctx) {
		return "", stream.Err()
	}
	return stream.Current.Lookup("operationType").StringValue(), nil
}
