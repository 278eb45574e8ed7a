package main

// Schema: indexes, collections' options, views, validators, transactions, retried writes.
// In: commands as users' deployments send them. Out: what the server lists and refuses afterwards.

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func indexChecks() []check {
	create := func(ctx context.Context, db *mongo.Database, index string) error {
		_, err := command(ctx, db, bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{ejson(index)}}})
		return err
	}
	listed := func(name, index, want string) check {
		return check{group: "index", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, index); err != nil {
				return "", err
			}
			return listIndex(ctx, db)
		}}
	}
	twice := func(name, first, second, want string) check {
		return check{group: "index", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, first); err != nil {
				return "", err
			}
			if err := create(ctx, db, second); err != nil {
				return "", err
			}
			return listIndex(ctx, db)
		}}
	}
	same := func(name, index string) check { // listIndexes gives back what was asked for, with v first
		text := relaxed(ejson(index))
		return listed(name, index, `{"v":2,`+strings.TrimPrefix(text, "{"))
	}
	return []check{
		same("plain", `{"key": {"a": 1}, "name": "a_1"}`),
		same("descending, compound, own name", `{"key": {"a": -1, "b.c": 1}, "name": "own name"}`),
		same("key of double 1.0 kept", `{"key": {"a": {"$numberDouble": "1.0"}}, "name": "a_1"}`),
		same("unique", `{"key": {"a": 1}, "name": "a_1", "unique": true}`),
		same("sparse", `{"key": {"a": 1}, "name": "a_1", "sparse": true}`),
		same("partial", `{"key": {"a": 1}, "name": "a_1", "partialFilterExpression": {"b": {"$gt": 5}}}`),
		same("TTL", `{"key": {"a": 1}, "name": "a_1", "expireAfterSeconds": 3600}`),
		same("hidden", `{"key": {"a": 1}, "name": "a_1", "hidden": true}`),
		listed("collation with its defaults", `{"key": {"a": 1}, "name": "a_1", "collation": {"locale": "en", "strength": 2}}`,
			`{"v":2,"key":{"a":1},"name":"a_1","collation":{"locale":"en","caseLevel":false,"caseFirst":"off","strength":2,"numericOrdering":false,"alternate":"non-ignorable","maxVariable":"punct","normalization":false,"backwards":false,"version":"57.1"}}`),
		same("hashed", `{"key": {"a": "hashed"}, "name": "a_hashed"}`),
		same("wildcard", `{"key": {"$**": 1}, "name": "wild"}`),
		listed("text", `{"key": {"a": "text"}, "name": "a_text"}`, `{"v":2,"key":{"_fts":"text","_ftsx":1},"name":"a_text","weights":{"a":1},"default_language":"english","language_override":"language","textIndexVersion":3}`),
		listed("2dsphere", `{"key": {"a": "2dsphere"}, "name": "a_geo"}`, `{"v":2,"key":{"a":"2dsphere"},"name":"a_geo","2dsphereIndexVersion":3}`),
		listed("unknown option", `{"key": {"a": 1}, "name": "a_1", "nonesuch": true}`, "error 197"),
		twice("the same again is nothing", `{"key": {"a": 1}, "name": "x"}`, `{"key": {"a": 1}, "name": "x"}`, `{"v":2,"key":{"a":1},"name":"x"}`),
		twice("same name, other key", `{"key": {"a": 1}, "name": "x"}`, `{"key": {"b": 1}, "name": "x"}`, "error 86"),
		twice("same name, other options", `{"key": {"a": 1}, "name": "x"}`, `{"key": {"a": 1}, "name": "x", "unique": true}`, "error 86"),
		twice("same key, other name", `{"key": {"a": 1}, "name": "x"}`, `{"key": {"a": 1}, "name": "y"}`, "error 85"),
		{group: "index", name: "dropIndexes by name; unknown name", want: "error 27", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, `{"key": {"a": 1}, "name": "x"}`); err != nil {
				return "", err
			}
			if err := db.Collection("c").Indexes().DropOne(ctx, "x"); err != nil {
				return "", fmt.Errorf("dropping x: %s", describe(err))
			}
			return "", db.Collection("c").Indexes().DropOne(ctx, "x")
		}},
		{group: "index", name: "listIndexes of a missing collection", want: "error 26", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			_, err := command(ctx, db, bson.D{{Key: "listIndexes", Value: "none"}})
			return "", err
		}},
		{group: "index", name: "collMod changes TTL and hidden", want: `{"v":2,"key":{"a":1},"name":"x","expireAfterSeconds":60,"hidden":true}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, `{"key": {"a": 1}, "name": "x", "expireAfterSeconds": 3600}`); err != nil {
				return "", err
			}
			for _, change := range []string{`{"name": "x", "expireAfterSeconds": 60}`, `{"name": "x", "hidden": true}`} {
				if _, err := command(ctx, db, bson.D{{Key: "collMod", Value: "c"}, {Key: "index", Value: ejson(change)}}); err != nil {
					return "", err
				}
			}
			return listIndex(ctx, db)
		}},
	}
}

// listIndex prints the last index that listIndexes gives for collection "c".
func listIndex(ctx context.Context, db *mongo.Database) (string, error) {
	reply, err := command(ctx, db, bson.D{{Key: "listIndexes", Value: "c"}})
	if err != nil {
		return "", err
	}
	values, err := reply.Lookup("cursor", "firstBatch").Array().Values()
	if err != nil || len(values) == 0 {
		return "none", err
	}
	return relaxed(values[len(values)-1].Document()), nil
}

func collectionChecks() []check {
	create := func(ctx context.Context, db *mongo.Database, name, opts string) error {
		var extra bson.D
		if err := bson.Unmarshal(ejson(opts), &extra); err != nil {
			return err
		}
		_, err := command(ctx, db, append(bson.D{{Key: "create", Value: name}}, extra...))
		return err
	}
	listed := func(name, opts, want string) check {
		return check{group: "collection", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, "c", opts); err != nil {
				return "", err
			}
			return listCollection(ctx, db, "c")
		}}
	}
	const validator = `{"validator": {"$jsonSchema": {"required": ["a"], "properties": {"a": {"bsonType": "int"}}}}}`
	validated := func(name, opts, want string, list ...step) check {
		return check{group: "validator", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, "c", opts); err != nil {
				return "", err
			}
			return steps(ctx, db, list...)
		}}
	}
	return []check{
		listed("plain", `{}`, `collection {}`),
		listed("capped", `{"capped": true, "size": 4096, "max": 10}`, `collection {"capped":true,"size":4096,"max":10}`),
		listed("validator and its level", `{"validator": {"a": {"$gt": 1}}, "validationLevel": "moderate", "validationAction": "warn"}`, `collection {"validator":{"a":{"$gt":1}},"validationLevel":"moderate","validationAction":"warn"}`),
		listed("pre-images", `{"changeStreamPreAndPostImages": {"enabled": true}}`, `collection {"changeStreamPreAndPostImages":{"enabled":true}}`),
		listed("view", `{"viewOn": "base", "pipeline": [{"$match": {"a": 1}}]}`, `view {"viewOn":"base","pipeline":[{"$match":{"a":1}}]}`),
		listed("time series", `{"timeseries": {"timeField": "t", "metaField": "m", "granularity": "minutes"}, "expireAfterSeconds": 60}`, `timeseries {"expireAfterSeconds":60,"timeseries":{"timeField":"t","metaField":"m","granularity":"minutes","bucketMaxSpanSeconds":86400}}`),
		listed("clustered", `{"clusteredIndex": {"key": {"_id": 1}, "unique": true}}`, `collection {"clusteredIndex":{"v":2,"key":{"_id":1},"name":"_id_","unique":true}}`),
		listed("collation", `{"collation": {"locale": "fr"}}`, `collection {"collation":{"locale":"fr","caseLevel":false,"caseFirst":"off","strength":3,"numericOrdering":false,"alternate":"non-ignorable","maxVariable":"punct","normalization":false,"backwards":false,"version":"57.1"}}`),
		listed("unknown option", `{"nonesuch": 1}`, "error 40415"),
		{group: "collection", name: "create twice with other options", want: "error 48", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, "c", `{}`); err != nil {
				return "", err
			}
			return "", create(ctx, db, "c", `{"capped": true, "size": 4096}`)
		}},
		{group: "collection", name: "info has a UUID, another after re-creation", want: "other", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			var seen []string
			for range 2 {
				if err := create(ctx, db, "c", `{}`); err != nil {
					return "", err
				}
				info, err := collectionInfo(ctx, db, "c")
				if err != nil {
					return "", err
				}
				_, uuid, ok := info.Lookup("info", "uuid").BinaryOK()
				if !ok {
					return "no UUID", nil
				}
				seen = append(seen, string(uuid))
				if err := db.Collection("c").Drop(ctx); err != nil {
					return "", err
				}
			}
			if seen[0] == seen[1] {
				return "the same", nil
			}
			return "other", nil
		}},
		{group: "collection", name: "a view reads", want: `{"_id":1,"a":1}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, "v", `{"viewOn": "c", "pipeline": [{"$match": {"a": 1}}]}`); err != nil {
				return "", err
			}
			if _, err := db.Collection("c").InsertMany(ctx, array(`[{"_id": 1, "a": 1}, {"_id": 2, "a": 2}]`)); err != nil {
				return "", err
			}
			return all(ctx, db.Collection("v"))
		}},
		{group: "collection", name: "writing to a view", want: "error 166", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := create(ctx, db, "v", `{"viewOn": "c", "pipeline": []}`); err != nil {
				return "", err
			}
			_, err := db.Collection("v").InsertOne(ctx, ejson(`{"a": 1}`))
			return "", err
		}},
		{group: "collection", name: "collMod changes a view and a validator", want: `view {"viewOn":"c","pipeline":[{"$match":{"a":2}}]} collection {"validator":{"a":2},"validationLevel":"strict","validationAction":"error"}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := errors.Join(create(ctx, db, "c", validator), create(ctx, db, "v", `{"viewOn": "c", "pipeline": []}`)); err != nil {
				return "", err
			}
			if _, err := command(ctx, db, bson.D{{Key: "collMod", Value: "v"}, {Key: "viewOn", Value: "c"}, {Key: "pipeline", Value: array(`[{"$match": {"a": 2}}]`)}}); err != nil {
				return "", err
			}
			if _, err := command(ctx, db, bson.D{{Key: "collMod", Value: "c"}, {Key: "validator", Value: ejson(`{"a": 2}`)}}); err != nil {
				return "", err
			}
			view, err := listCollection(ctx, db, "v")
			if err != nil {
				return "", err
			}
			plain, err := listCollection(ctx, db, "c")
			return view + " " + plain, err
		}},
		{group: "collection", name: "collMod of a missing collection", want: "error 26", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			_, err := command(ctx, db, bson.D{{Key: "collMod", Value: "none"}, {Key: "validator", Value: bson.D{}}})
			return "", err
		}},
		validated("refuses an insert", validator, "error 121", insert(`{"_id": 1}`)),
		validated("refuses an update", validator, "error 121", insert(`{"_id": 1, "a": 1}`), func(ctx context.Context, coll *mongo.Collection) error {
			_, err := coll.UpdateOne(ctx, ejson(`{"_id": 1}`), ejson(`{"$set": {"a": "x"}}`))
			return err
		}),
		validated("tells int32 from int64", validator, "error 121", insert(`{"_id": 1, "a": {"$numberLong": "1"}}`)),
		validated("action warn lets it pass", `{"validator": {"a": 1}, "validationAction": "warn"}`, `{"_id":1}`, insert(`{"_id": 1}`)),
		validated("bypassDocumentValidation", validator, `{"_id":1}`, func(ctx context.Context, coll *mongo.Collection) error {
			_, err := coll.InsertOne(ctx, ejson(`{"_id": 1}`), options.InsertOne().SetBypassDocumentValidation(true))
			return err
		}),
	}
}

func collectionInfo(ctx context.Context, db *mongo.Database, name string) (bson.Raw, error) {
	cursor, err := db.ListCollections(ctx, bson.D{{Key: "name", Value: name}})
	if err != nil {
		return nil, err
	}
	var infos []bson.Raw
	if err := cursor.All(ctx, &infos); err != nil {
		return nil, err
	}
	if len(infos) != 1 {
		return nil, fmt.Errorf("%d collections listed", len(infos))
	}
	return infos[0], nil
}

func listCollection(ctx context.Context, db *mongo.Database, name string) (string, error) {
	info, err := collectionInfo(ctx, db, name)
	if err != nil {
		return "", err
	}
	opts, _ := info.Lookup("options").DocumentOK()
	kind, _ := info.Lookup("type").StringValueOK()
	return kind + " " + relaxed(opts), nil
}

func transactionChecks(uri string) []check {
	within := func(ctx context.Context, db *mongo.Database, work func(ctx context.Context) error, commit bool) error {
		session, err := db.Client().StartSession()
		if err != nil {
			return err
		}
		defer session.EndSession(ctx)
		if err := session.StartTransaction(); err != nil {
			return err
		}
		if err := work(mongo.NewSessionContext(ctx, session)); err != nil {
			return errors.Join(err, session.AbortTransaction(ctx))
		}
		if commit {
			return session.CommitTransaction(ctx)
		}
		return session.AbortTransaction(ctx)
	}
	plain := func(name string, commit bool, want string) check {
		return check{group: "transaction", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := errors.Join(db.CreateCollection(ctx, "c"), db.CreateCollection(ctx, "d")); err != nil {
				return "", err
			}
			err := within(ctx, db, func(ctx context.Context) error {
				return errors.Join(insert(`{"_id": 1}`)(ctx, db.Collection("c")), insert(`{"_id": 2}`)(ctx, db.Collection("d")))
			}, commit)
			if err != nil {
				return "", err
			}
			c, err := all(ctx, db.Collection("c"))
			if err != nil {
				return "", err
			}
			d, err := all(ctx, db.Collection("d"))
			return c + " " + d, err
		}}
	}
	return []check{
		plain("commit", true, `{"_id":1} {"_id":2}`),
		plain("abort", false, "nothing nothing"),
		{group: "transaction", name: "write conflict", want: "error 112, transient", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if err := insert(`{"_id": 1, "n": 0}`)(ctx, coll); err != nil {
				return "", err
			}
			change := func(ctx context.Context) error {
				_, err := coll.UpdateByID(ctx, 1, ejson(`{"$inc": {"n": 1}}`))
				return err
			}
			err := within(ctx, db, func(first context.Context) error {
				if err := change(first); err != nil {
					return err
				}
				err := within(ctx, db, change, true)
				var command mongo.CommandError
				if errors.As(err, &command) && command.HasErrorLabel("TransientTransactionError") {
					return fmt.Errorf("%s, transient", describe(err))
				}
				return err
			}, true)
			if err != nil {
				return strings.TrimPrefix(err.Error(), "error: "), nil
			}
			return "both committed", nil
		}},
		{group: "transaction", name: "duplicate key aborts it", want: "error 11000, nothing", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := db.CreateCollection(ctx, "c"); err != nil {
				return "", err
			}
			err := within(ctx, db, func(ctx context.Context) error {
				_, err := steps(ctx, db, insert(`{"_id": 1}`), insert(`{"_id": 1}`))
				return err
			}, true)
			held, listErr := all(ctx, db.Collection("c"))
			return describe(err) + ", " + held, listErr
		}},
		{group: "transaction", name: "unseen before commit, reads its own writes", want: "inside 1, outside 0", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if err := db.CreateCollection(ctx, "c"); err != nil {
				return "", err
			}
			seen := ""
			err := within(ctx, db, func(inside context.Context) error {
				if err := insert(`{"_id": 1}`)(inside, db.Collection("c")); err != nil {
					return err
				}
				in, err := db.Collection("c").CountDocuments(inside, bson.D{})
				if err != nil {
					return err
				}
				out, err := db.Collection("c").CountDocuments(ctx, bson.D{})
				seen = fmt.Sprintf("inside %d, outside %d", in, out)
				return err
			}, false)
			return seen, err
		}},
		{group: "retry", name: "the same lsid and txnNumber sent twice runs once", want: `{"_id":1,"n":1}`, run: func(ctx context.Context, db *mongo.Database) (string, error) { return retryWrite(ctx, db, uri) }},
		{group: "retry", name: "hello names sessions, a replica set and the version", want: "", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			hello, err := command(ctx, db, bson.D{{Key: "hello", Value: 1}})
			if err != nil {
				return "", err
			}
			build, err := command(ctx, db, bson.D{{Key: "buildInfo", Value: 1}})
			if err != nil {
				return "", err
			}
			var kept bson.D
			for _, key := range []string{"setName", "isWritablePrimary", "maxWireVersion", "maxWriteBatchSize", "logicalSessionTimeoutMinutes"} {
				if v := hello.Lookup(key); v.Type != 0 {
					kept = append(kept, bson.E{Key: key, Value: v})
				}
			}
			kept = append(kept, bson.E{Key: "version", Value: build.Lookup("version")})
			raw, err := bson.Marshal(kept)
			return relaxed(raw), err
		}},
	}
}
