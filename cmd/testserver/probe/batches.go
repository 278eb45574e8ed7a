package main

// Batches: 1,000 statements with failures in the middle, unique indexes, concurrent writers.
// In: many writes at once. Out: which statements failed, where, and what the collection holds afterwards.

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const batch = 1000

func numbered(from, to int) []any {
	docs := make([]any, 0, to-from)
	for i := from; i < to; i++ {
		docs = append(docs, bson.D{{Key: "_id", Value: int32(i)}, {Key: "u", Value: int32(i)}, {Key: "n", Value: int32(0)}})
	}
	return docs
}

// failures prints the index and code of every failing statement.
func failures(err error) string {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) {
		if err == nil {
			return "none"
		}
		return describe(err)
	}
	text := ""
	for _, e := range bulk.WriteErrors {
		text += fmt.Sprintf("%d:%d ", e.Index, e.Code)
	}
	return text
}

func batchChecks() []check {
	insertBatch := func(ordered bool, want string) check {
		return check{group: "batch", name: fmt.Sprintf("insert of 1,000 with duplicates at 500 and 750, ordered %v", ordered), want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			docs := numbered(0, batch)
			docs[500], docs[750] = docs[3], docs[4]
			_, err := db.Collection("c").InsertMany(ctx, docs, options.InsertMany().SetOrdered(ordered))
			return withCount(ctx, db.Collection("c"), failures(err), bson.D{})
		}}
	}
	bulk := func(name string, ordered bool, want string, filter string, model func(i int) mongo.WriteModel) check {
		return check{group: "batch", name: fmt.Sprintf("%s, ordered %v", name, ordered), want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if _, err := coll.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "u", Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
				return "", err
			}
			if _, err := coll.InsertMany(ctx, numbered(0, batch)); err != nil {
				return "", err
			}
			models := make([]mongo.WriteModel, batch)
			for i := range models {
				models[i] = model(i)
			}
			_, err := coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(ordered))
			return withCount(ctx, coll, failures(err), ejson(filter))
		}}
	}
	update := func(i int) mongo.WriteModel {
		set := bson.D{{Key: "n", Value: int32(1)}}
		if i == 500 || i == 750 {
			set = append(set, bson.E{Key: "u", Value: int32(0)})
		}
		return mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: int32(i)}}).SetUpdate(bson.D{{Key: "$set", Value: set}})
	}
	replace := func(i int) mongo.WriteModel {
		u := int32(i)
		if i == 500 || i == 750 {
			u = 0
		}
		return mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: int32(i)}}).SetReplacement(bson.D{{Key: "u", Value: u}, {Key: "n", Value: int32(1)}})
	}
	upsert := func(i int) mongo.WriteModel {
		u := int32(batch + i)
		if i == 500 || i == 750 {
			u = 0
		}
		return mongo.NewReplaceOneModel().SetUpsert(true).SetFilter(bson.D{{Key: "_id", Value: int32(batch + i)}}).SetReplacement(bson.D{{Key: "u", Value: u}, {Key: "n", Value: int32(1)}})
	}
	remove := func(i int) mongo.WriteModel {
		filter := bson.D{{Key: "_id", Value: int32(i)}}
		if i == 500 || i == 750 {
			filter = append(filter, bson.E{Key: "u", Value: bson.D{{Key: "$nonesuch", Value: 1}}})
		}
		return mongo.NewDeleteOneModel().SetFilter(filter)
	}
	return []check{
		insertBatch(true, "500:11000 , 500 documents"), insertBatch(false, "500:11000 750:11000 , 998 documents"),
		bulk("1,000 updates, unique violations at 500 and 750", true, "500:11000 , 500 documents", `{"n": 1}`, update),
		bulk("1,000 updates, unique violations at 500 and 750", false, "500:11000 750:11000 , 998 documents", `{"n": 1}`, update),
		bulk("1,000 replacements, unique violations at 500 and 750", false, "500:11000 750:11000 , 998 documents", `{"n": 1}`, replace),
		bulk("1,000 upserts, unique violations at 500 and 750", false, "500:11000 750:11000 , 998 documents", `{"n": 1}`, upsert),
		bulk("1,000 deletes, bad filters at 500 and 750", true, "500:2 , 500 documents", `{}`, remove),
		bulk("1,000 deletes, bad filters at 500 and 750", false, "500:2 750:2 , 2 documents", `{}`, remove),
		{group: "batch", name: "find by $in of 1,000 keys, several batches", want: "1000", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if _, err := coll.InsertMany(ctx, numbered(0, 2*batch)); err != nil {
				return "", err
			}
			var keys bson.A
			for i := range batch {
				keys = append(keys, int32(2*i))
			}
			cursor, err := coll.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}}, options.Find().SetBatchSize(101))
			if err != nil {
				return "", err
			}
			var docs []bson.Raw
			err = cursor.All(ctx, &docs)
			return fmt.Sprint(len(docs)), err
		}},
		{group: "batch", name: "the bulkWrite command of 8.0, failure at 1", want: "1:11000", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			models := []mongo.ClientBulkWrite{}
			for _, id := range []int32{1, 1, 2} {
				models = append(models, mongo.ClientBulkWrite{Database: db.Name(), Collection: "c", Model: mongo.NewClientInsertOneModel().SetDocument(bson.D{{Key: "_id", Value: id}})})
			}
			_, err := db.Client().BulkWrite(ctx, models)
			var bulk mongo.ClientBulkWriteException
			if !errors.As(err, &bulk) {
				return "", fmt.Errorf("no bulk write error: %w", err)
			}
			text := ""
			for i, e := range bulk.WriteErrors {
				text += fmt.Sprintf("%d:%d", i, e.Code)
			}
			return text, nil
		}},
	}
}

func withCount(ctx context.Context, coll *mongo.Collection, seen string, filter any) (string, error) {
	n, err := coll.CountDocuments(ctx, filter)
	return fmt.Sprintf("%s, %d documents", seen, n), err
}

func uniqueChecks() []check {
	with := func(name, index, want string, list ...step) check {
		return check{group: "unique", name: name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := command(ctx, db, bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{ejson(index)}}}); err != nil {
				return "", err
			}
			return steps(ctx, db, list...)
		}}
	}
	update := func(filter, change string) step {
		return func(ctx context.Context, coll *mongo.Collection) error {
			_, err := coll.UpdateOne(ctx, ejson(filter), ejson(change))
			return err
		}
	}
	const plain = `{"key": {"u": 1}, "name": "u_1", "unique": true}`
	return []check{
		with("insert", plain, "error 11000", insert(`{"_id": 1, "u": 1}`), insert(`{"_id": 2, "u": 1}`)),
		with("insert with another number type", plain, "error 11000", insert(`{"_id": 1, "u": 1}`), insert(`{"_id": 2, "u": {"$numberDouble": "1.0"}}`)),
		with("update", plain, "error 11000", insert(`{"_id": 1, "u": 1}`), insert(`{"_id": 2, "u": 2}`), update(`{"_id": 2}`, `{"$set": {"u": 1}}`)),
		with("missing counts as null", plain, "error 11000", insert(`{"_id": 1}`), insert(`{"_id": 2, "u": null}`)),
		with("array elements", plain, "error 11000", insert(`{"_id": 1, "u": [1, 2]}`), insert(`{"_id": 2, "u": 2}`)),
		with("compound", `{"key": {"a": 1, "b": -1}, "name": "ab", "unique": true}`, "error 11000", insert(`{"_id": 1, "a": 1, "b": 1}`), insert(`{"_id": 2, "a": 1, "b": 2}`), insert(`{"_id": 3, "a": 1, "b": 1}`)),
		with("sparse allows missing", `{"key": {"u": 1}, "name": "u_1", "unique": true, "sparse": true}`, `{"_id":1} {"_id":2}`, insert(`{"_id": 1}`), insert(`{"_id": 2}`)),
		with("partial allows others", `{"key": {"u": 1}, "name": "u_1", "unique": true, "partialFilterExpression": {"live": true}}`, `{"_id":1,"u":1} {"_id":2,"u":1}`, insert(`{"_id": 1, "u": 1}`), insert(`{"_id": 2, "u": 1}`)),
		with("partial refuses covered, on update", `{"key": {"u": 1}, "name": "u_1", "unique": true, "partialFilterExpression": {"live": true}}`, "error 11000", insert(`{"_id": 1, "u": 1, "live": true}`), insert(`{"_id": 2, "u": 1}`), update(`{"_id": 2}`, `{"$set": {"live": true}}`)),
		with("collation strength 2", `{"key": {"u": 1}, "name": "u_1", "unique": true, "collation": {"locale": "en", "strength": 2}}`, "error 11000", insert(`{"_id": 1, "u": "a"}`), insert(`{"_id": 2, "u": "A"}`)),
		{group: "unique", name: "error names keyPattern, keyValue and the index", want: "{\"u\":1} {\"u\":1} E11000 duplicate key error collection: mongocd_probe.c index: u_1 dup key: { u: 1 }", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := command(ctx, db, bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{ejson(plain)}}}); err != nil {
				return "", err
			}
			_, err := steps(ctx, db, insert(`{"_id": 1, "u": 1}`), insert(`{"_id": 2, "u": 1}`))
			var write mongo.WriteException
			if !errors.As(err, &write) || len(write.WriteErrors) == 0 {
				return "", fmt.Errorf("no write error: %w", err)
			}
			e := write.WriteErrors[0]
			var raw struct{ KeyPattern, KeyValue bson.Raw }
			raw.KeyPattern, _ = e.Raw.Lookup("keyPattern").DocumentOK()
			raw.KeyValue, _ = e.Raw.Lookup("keyValue").DocumentOK()
			return fmt.Sprintf("%s %s %s", relaxed(raw.KeyPattern), relaxed(raw.KeyValue), e.Message), nil
		}},
		{group: "unique", name: "creating the index over duplicates", want: "error 11000", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := db.Collection("c").InsertMany(ctx, array(`[{"u": 1}, {"u": 1}]`)); err != nil {
				return "", err
			}
			_, err := command(ctx, db, bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{ejson(plain)}}})
			return "", err
		}},
	}
}

func concurrencyChecks() []check {
	const writers, tasks = 40, 400
	many := func(work func(i int) error) error {
		var wg sync.WaitGroup
		var next atomic.Int64
		errs := make([]error, writers)
		for w := range writers {
			wg.Go(func() {
				for errs[w] == nil {
					i := int(next.Add(1))
					if i > tasks {
						return
					}
					errs[w] = work(i)
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}
	return []check{
		{group: "concurrent", name: "400 $inc by 40 writers", want: `{"_id":1,"n":400}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return steps(ctx, db, insert(`{"_id": 1, "n": 0}`), func(ctx context.Context, coll *mongo.Collection) error {
				return many(func(int) error {
					_, err := coll.UpdateOne(ctx, ejson(`{"_id": 1}`), ejson(`{"$inc": {"n": 1}}`))
					return err
				})
			})
		}},
		{group: "concurrent", name: "400 guarded updates by 40 writers: each value won once", want: "400 won, 400 stored", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if _, err := coll.InsertOne(ctx, ejson(`{"_id": 1, "n": 0}`)); err != nil {
				return "", err
			}
			var won atomic.Int64
			err := many(func(int) error {
				for {
					var doc struct{ N int32 }
					if err := coll.FindOne(ctx, ejson(`{"_id": 1}`)).Decode(&doc); err != nil {
						return err
					}
					guard := bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: bson.D{{Key: "$eq", Value: doc.N}}}}
					r, err := coll.UpdateOne(ctx, guard, bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: doc.N + 1}}}})
					if err != nil {
						return err
					}
					if r.ModifiedCount == 1 {
						won.Add(1)
						return nil
					}
				}
			})
			if err != nil {
				return "", err
			}
			var doc struct{ N int32 }
			err = coll.FindOne(ctx, ejson(`{"_id": 1}`)).Decode(&doc)
			return fmt.Sprintf("%d won, %d stored", won.Load(), doc.N), err
		}},
		{group: "concurrent", name: "400 upserts of one _id by 40 writers: one inserts, nobody fails", want: "1 upserted", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			var upserted atomic.Int64
			err := many(func(i int) error {
				r, err := db.Collection("c").UpdateOne(ctx, ejson(`{"_id": 1}`), bson.D{{Key: "$setOnInsert", Value: bson.D{{Key: "owner", Value: i}}}}, options.UpdateOne().SetUpsert(true))
				if err == nil {
					upserted.Add(r.UpsertedCount)
				}
				return err
			})
			return fmt.Sprintf("%d upserted", upserted.Load()), err
		}},
		{group: "concurrent", name: "400 inserts of one unique value by 40 writers: one wins", want: "1 inserted, 399 refused", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if _, err := coll.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "u", Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
				return "", err
			}
			var inserted, refused atomic.Int64
			err := many(func(i int) error {
				_, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: i}, {Key: "u", Value: 1}})
				switch {
				case err == nil:
					inserted.Add(1)
				case mongo.IsDuplicateKeyError(err):
					refused.Add(1)
				default:
					return err
				}
				return nil
			})
			return fmt.Sprintf("%d inserted, %d refused", inserted.Load(), refused.Load()), err
		}},
	}
}
