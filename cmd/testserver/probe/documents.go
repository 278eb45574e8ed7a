package main

// Documents: names, order, filters and updates. In: documents as raw BSON or bson.D. Out: what the server made of them.

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

func documentChecks() []check {
	one := int32(1)
	inner := func(pairs ...bson.E) bson.D {
		return bson.D{{Key: "_id", Value: one}, {Key: "n", Value: bson.D(pairs)}}
	}
	deep := bson.D{{Key: "x", Value: one}}
	for range 90 {
		deep = bson.D{{Key: "d", Value: deep}}
	}
	wide := bson.D{{Key: "_id", Value: one}}
	for i := range 2000 {
		wide = append(wide, bson.E{Key: fmt.Sprintf("f%d", i), Value: int32(i)})
	}
	cases := []struct {
		name string
		doc  bson.D
	}{
		{"duplicate keys, nested", inner(bson.E{Key: "a", Value: one}, bson.E{Key: "a", Value: int32(2)})},
		{"duplicate keys, top", bson.D{{Key: "_id", Value: one}, {Key: "a", Value: one}, {Key: "a", Value: int32(2)}}},
		{"order of integer-like keys", bson.D{{Key: "_id", Value: one}, {Key: "b", Value: one}, {Key: "10", Value: one}, {Key: "2", Value: one}}},
		{"dotted name, nested", inner(bson.E{Key: "a.b", Value: one})},
		{"dotted name, top", bson.D{{Key: "_id", Value: one}, {Key: "a.b", Value: one}}},
		{"$-prefixed name, nested", inner(bson.E{Key: "$a", Value: one})},
		{"$-prefixed name, top", bson.D{{Key: "_id", Value: one}, {Key: "$a", Value: one}}},
		{"looks like a type wrapper", inner(bson.E{Key: "$oid", Value: "5f9f1b9b9b9b9b9b9b9b9b9b"})},
		{"looks like a DBRef", inner(bson.E{Key: "$ref", Value: "c"}, bson.E{Key: "$id", Value: one}, bson.E{Key: "$db", Value: "d"})},
		{"empty name, nested", inner(bson.E{Key: "", Value: one})},
		{"empty name, top", bson.D{{Key: "_id", Value: one}, {Key: "", Value: one}}},
		{"names with quote, backslash, control, U+2028", inner(bson.E{Key: "a\"b\\c\n\x01\u2028'`${x}", Value: one})},
		{"__proto__ and constructor", inner(bson.E{Key: "__proto__", Value: one}, bson.E{Key: "constructor", Value: one})},
		{"document as _id", bson.D{{Key: "_id", Value: bson.D{{Key: "b", Value: one}, {Key: "a", Value: one}}}}},
		{"90 levels deep", bson.D{{Key: "_id", Value: one}, {Key: "d", Value: deep}}},
		{"2,000 fields", wide},
		{"1 MiB string", bson.D{{Key: "_id", Value: one}, {Key: "s", Value: strings.Repeat("é", 512<<10)}}},
	}
	var checks []check
	for _, c := range cases {
		checks = append(checks, check{group: "document", name: c.name, want: "exact", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			raw, err := bson.Marshal(c.doc)
			if err != nil {
				return "", err
			}
			return insertAndRead(ctx, db.Collection("c"), raw), nil
		}})
	}
	return append(checks,
		check{group: "document", name: "_id not first is moved first", want: `{"_id":1,"a":1}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			_, err := command(ctx, db, bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{{Key: "a", Value: one}, {Key: "_id", Value: one}}}}})
			if err != nil {
				return "", err
			}
			return all(ctx, db.Collection("c"))
		}},
		check{group: "document", name: "{_id: 1} and {_id: 1.0} are one key", want: "error 11000", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return steps(ctx, db, insert(`{"_id": {"$numberInt": "1"}}`), insert(`{"_id": {"$numberDouble": "1.0"}}`))
		}})
}

// numberChecks ask whether a $set that changes only the number's type is a change (it is: set_node.cpp compares binary).
func numberChecks() []check {
	change := func(name, before, after string) check {
		return check{group: "number", name: "$set of " + name, want: "modified 1, exact", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if _, err := coll.InsertOne(ctx, ejson(`{"_id": 1, "v": `+before+`}`)); err != nil {
				return "", err
			}
			result, err := coll.UpdateOne(ctx, ejson(`{"_id": 1}`), ejson(`{"$set": {"v": `+after+`}}`))
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("modified %d, %s", result.ModifiedCount, compare(ctx, coll, ejson(`{"_id": 1, "v": `+after+`}`))), nil
		}}
	}
	const i32, i64, double, decimal = `{"$numberInt": "1"}`, `{"$numberLong": "1"}`, `{"$numberDouble": "1.0"}`, `{"$numberDecimal": "1"}`
	return []check{
		change("int32 to int64", i32, i64), change("int64 to double", i64, double), change("double to decimal", double, decimal),
		change("decimal to int32", decimal, i32), change("decimal 1.1 to 1.10", `{"$numberDecimal": "1.1"}`, `{"$numberDecimal": "1.10"}`),
		change("0.0 to -0.0", `{"$numberDouble": "0.0"}`, `{"$numberDouble": "-0.0"}`),
		change("int32 to int64 in an array", `[`+i32+`]`, `[`+i64+`]`), change("int32 to int64 in a document", `{"x": `+i32+`}`, `{"x": `+i64+`}`),
		change("document with other order", `{"x": 1, "y": 1}`, `{"y": 1, "x": 1}`),
		{group: "number", name: "replacement with another number type", want: "modified 1, exact", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c")
			if _, err := coll.InsertOne(ctx, ejson(`{"_id": 1, "v": `+i32+`}`)); err != nil {
				return "", err
			}
			result, err := coll.ReplaceOne(ctx, ejson(`{"_id": 1}`), ejson(`{"v": `+i64+`}`))
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("modified %d, %s", result.ModifiedCount, compare(ctx, coll, ejson(`{"_id": 1, "v": `+i64+`}`))), nil
		}},
	}
}

func filterChecks() []check {
	const docs = `[{"_id": 1, "f": 1}, {"_id": 2, "f": [1, 2]}, {"_id": 3, "f": null}, {"_id": 4}, {"_id": 5, "f": {"x": 1}}, {"_id": 6, "f": {"$numberLong": "1"}}, {"_id": 7, "f": {"$numberDouble": "1.0"}}, {"_id": 8, "f": "a"}, {"_id": 9, "f": []}, {"_id": 10, "f": "b", "x": 1, "y": 1, "g": {"x": 1, "y": 1}}]`
	cases := []struct{ name, filter, want string }{
		{"$eq matches array elements and number types", `{"f": {"$eq": 1}}`, "1 2 6 7"},
		{"$eq and not an array", `{"f": {"$eq": 1, "$not": {"$type": "array"}}}`, "1 6 7"},
		{"$type 16 (int32)", `{"f": {"$type": 16}}`, "1 2"},
		{"$type 18 (int64)", `{"f": {"$type": 18}}`, "6"},
		{"$type double", `{"f": {"$type": "double"}}`, "7"},
		{"$type 10 (null)", `{"f": {"$type": 10}}`, "3"},
		{"$eq and $type", `{"f": {"$eq": 1, "$type": 18}}`, "6"},
		{"null matches missing", `{"f": null}`, "3 4"},
		{"$exists false", `{"f": {"$exists": false}}`, "4"},
		{"equal to a document", `{"f": {"x": 1}}`, "5"},
		{"equal to an array", `{"f": {"$eq": [1, 2]}}`, "2"},
		{"equal to an empty array", `{"f": []}`, "9"},
		{"$expr $eq is one value", `{"$expr": {"$eq": ["$f", {"$literal": 1}]}}`, "1 6 7"},
		{"$expr $eq with $type", `{"$expr": {"$and": [{"$eq": ["$f", {"$literal": 1}]}, {"$eq": [{"$type": "$f"}, "long"]}]}}`, "6"},
		{"$$ROOT equal to a literal", `{"$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 5, "f": {"x": 1}}}]}}`, "5"},
		{"$$ROOT differs in order", `{"$expr": {"$eq": ["$$ROOT", {"$literal": {"f": {"x": 1}, "_id": 5}}]}}`, "nothing"},
		{"$$ROOT differs in order below _id", `{"$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 10, "f": "b", "y": 1, "x": 1, "g": {"x": 1, "y": 1}}}]}}`, "nothing"},
		{"a document differs in order, $expr", `{"$expr": {"$eq": ["$g", {"$literal": {"y": 1, "x": 1}}]}}`, "nothing"},
		{"a document differs in order", `{"g": {"$eq": {"y": 1, "x": 1}}}`, "nothing"},
		{"$$ROOT compares numbers across types", `{"$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 6, "f": 1}}]}}`, "6"},
		{"$expr $getField of a literal name", `{"$expr": {"$eq": [{"$getField": {"field": {"$literal": "f"}, "input": "$$ROOT"}}, "a"]}}`, "8"},
		{"$in with regex, null and number", `{"f": {"$in": [1, null, {"$regularExpression": {"pattern": "^a", "options": ""}}]}}`, "1 2 3 4 6 7 8"},
		{"$nor, $and, $or", `{"$and": [{"$or": [{"f": 1}, {"f": "a"}]}, {"$nor": [{"_id": 2}]}]}`, "1 6 7 8"},
		{"$elemMatch", `{"f": {"$elemMatch": {"$gt": 1}}}`, "2"},
		{"$size", `{"f": {"$size": 2}}`, "2"},
		{"$gt within one type", `{"f": {"$gt": 0}}`, "1 2 6 7"},
		{"$ne", `{"f": {"$ne": 1}}`, "3 4 5 8 9 10"},
		{"unknown operator", `{"f": {"$nonesuch": 1}}`, "error 2"},
	}
	var checks []check
	for _, c := range cases {
		checks = append(checks, check{group: "filter", name: c.name + " `" + c.filter + "`", want: c.want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := db.Collection("c").InsertMany(ctx, array(docs)); err != nil {
				return "", err
			}
			return ids(ctx, db.Collection("c"), ejson(c.filter), options.Find().SetCollation(&options.Collation{Locale: "simple"}).SetComment("probe"))
		}})
	}
	return append(checks,
		check{group: "filter", name: "every type is equal to itself", want: "all", run: findSelf},
		check{group: "filter", name: "$or of 200 pairs", want: "200", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			var docs, pairs []any
			for i := range 300 {
				docs = append(docs, bson.D{{Key: "a", Value: i}, {Key: "b", Value: i}})
				if i < 200 {
					pairs = append(pairs, bson.D{{Key: "a", Value: i}, {Key: "b", Value: i}})
				}
			}
			if _, err := db.Collection("c").InsertMany(ctx, docs); err != nil {
				return "", err
			}
			n, err := db.Collection("c").CountDocuments(ctx, bson.D{{Key: "$or", Value: pairs}})
			return fmt.Sprint(n), err
		}},
		check{group: "filter", name: "readConcern majority, writeConcern majority, hint, batchSize, sort, projection", want: `{"_id":2}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			coll := db.Collection("c", options.Collection().SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
			if _, err := coll.InsertMany(ctx, array(docs)); err != nil {
				return "", err
			}
			return all(ctx, coll, options.Find().SetHint(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(2).SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "_id", Value: 1}}).SetSkip(1).SetLimit(1))
		}})
}

// findSelf stores every value and asks for it with {v: {$eq: value}}.
func findSelf(ctx context.Context, db *mongo.Database) (string, error) {
	var missed []string
	for i, v := range values() {
		coll := db.Collection(fmt.Sprintf("c%d", i))
		doc := bson.D{{Key: "_id", Value: int32(i)}, {Key: "v", Value: bson.RawValue{Type: bson.Type(v.raw.Type), Value: v.raw.Data}}}
		if _, err := coll.InsertOne(ctx, doc); err != nil {
			missed = append(missed, v.name+" (not stored)")
			continue
		}
		filter := bson.D{{Key: "_id", Value: int32(i)}, {Key: "v", Value: bson.D{{Key: "$eq", Value: doc[1].Value}}}}
		if v.name == "undefined" {
			continue // MongoDB refuses to compare with it
		}
		switch n, err := coll.CountDocuments(ctx, filter); {
		case err != nil:
			missed = append(missed, v.name+" "+describe(err))
		case n != 1:
			missed = append(missed, v.name)
		}
	}
	if len(missed) == 0 {
		return "all", nil
	}
	return "not: " + strings.Join(missed, ", "), nil
}

func updateChecks() []check {
	cases := []struct{ name, before, update, want string }{
		{"dotted $set and $unset", `{"_id": 1, "a": {"b": 1, "c": 2}}`, `{"$set": {"a.b": 5, "a.d.e": 6}, "$unset": {"a.c": ""}}`, `{"_id":1,"a":{"b":5,"d":{"e":6}}}`},
		{"$set of a whole document", `{"_id": 1, "a": {"b": 1}}`, `{"$set": {"a": {"z": 1, "b": 2}}}`, `{"_id":1,"a":{"z":1,"b":2}}`},
		{"$set into an array by position", `{"_id": 1, "a": [1, 2]}`, `{"$set": {"a.1": 5}}`, `{"_id":1,"a":[1,5]}`},
		{"$set beyond the end of an array pads with null", `{"_id": 1, "a": [1]}`, `{"$set": {"a.2": 5}}`, `{"_id":1,"a":[1,null,5]}`},
		{"new fields in lexicographic order", `{"_id": 1}`, `{"$set": {"z": 1, "a": 1, "m": 1}}`, `{"_id":1,"a":1,"m":1,"z":1}`},
		{"new integer-like fields in numeric order", `{"_id": 1}`, `{"$set": {"10": 1, "2": 1}}`, `{"_id":1,"2":1,"10":1}`},
		{"$set keeps the place of a field", `{"_id": 1, "a": 1, "b": 1}`, `{"$set": {"a": 2}}`, `{"_id":1,"a":2,"b":1}`},
		{"$set through a scalar", `{"_id": 1, "a": 1}`, `{"$set": {"a.b": 1}}`, "error 28"},
		{"conflicting paths", `{"_id": 1}`, `{"$set": {"a": 1, "a.b": 1}}`, "error 40"},
		{"$set of _id", `{"_id": 1}`, `{"$set": {"_id": 2}}`, "error 66"},
		{"$set of the same _id", `{"_id": 1}`, `{"$set": {"_id": 1}}`, `{"_id":1}`},
		{"$push, $pull, $addToSet, $inc, $mul, $min, $rename", `{"_id": 1, "p": [1], "q": [1, 2], "s": [1], "i": 1, "m": 2, "n": 5, "r": 1}`, `{"$push": {"p": 2}, "$pull": {"q": 1}, "$addToSet": {"s": 1}, "$inc": {"i": 2}, "$mul": {"m": 3}, "$min": {"n": 4}, "$rename": {"r": "t"}}`, `{"_id":1,"p":[1,2],"q":[2],"s":[1],"i":3,"m":6,"n":4,"t":1}`},
		{"dollar-prefixed field in a $set value", `{"_id": 1}`, `{"$set": {"a": {"$b": 1}}}`, `{"_id":1,"a":{"$b":1}}`},
	}
	var checks []check
	for _, c := range cases {
		checks = append(checks, check{group: "update", name: c.name, want: c.want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return steps(ctx, db, insert(c.before), func(ctx context.Context, coll *mongo.Collection) error {
				_, err := coll.UpdateOne(ctx, ejson(`{"_id": 1}`), ejson(c.update))
				return err
			})
		}})
	}
	return append(checks,
		check{group: "update", name: "pipeline with $replaceWith $setField $literal", want: `{"_id":1,"a.b":{"$x":1}}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return steps(ctx, db, insert(`{"_id": 1}`), func(ctx context.Context, coll *mongo.Collection) error {
				_, err := coll.UpdateOne(ctx, ejson(`{"_id": 1}`), array(`[{"$replaceWith": {"$setField": {"field": {"$literal": "a.b"}, "input": "$$ROOT", "value": {"$literal": {"$x": 1}}}}}]`))
				return err
			})
		}},
		check{group: "update", name: "replacement with another _id", want: "error 66", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return steps(ctx, db, insert(`{"_id": 1}`), func(ctx context.Context, coll *mongo.Collection) error {
				_, err := coll.ReplaceOne(ctx, ejson(`{"_id": 1}`), ejson(`{"_id": 2}`))
				return err
			})
		}},
		check{group: "update", name: "equal $set: matched 1, modified 0", want: "1 0", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := db.Collection("c").InsertOne(ctx, ejson(`{"_id": 1, "a": {"b": 1}}`)); err != nil {
				return "", err
			}
			r, err := db.Collection("c").UpdateOne(ctx, ejson(`{"_id": 1}`), ejson(`{"$set": {"a": {"b": 1}}}`))
			if err != nil {
				return "", err
			}
			return fmt.Sprint(r.MatchedCount, r.ModifiedCount), nil
		}},
		check{group: "update", name: "findOneAndUpdate returns the document before", want: `{"_id":1,"a":1}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			if _, err := db.Collection("c").InsertOne(ctx, ejson(`{"_id": 1, "a": 1}`)); err != nil {
				return "", err
			}
			raw, err := db.Collection("c").FindOneAndUpdate(ctx, ejson(`{"_id": 1}`), ejson(`{"$set": {"a": 2}}`)).Raw()
			return relaxed(raw), err
		}},
		check{group: "update", name: "upsert puts the filter's fields in", want: `{"_id":1,"k":7,"a":1}`, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			_, err := db.Collection("c").UpdateOne(ctx, ejson(`{"_id": 1, "k": 7}`), ejson(`{"$set": {"a": 1}}`), options.UpdateOne().SetUpsert(true))
			if err != nil {
				return "", err
			}
			return all(ctx, db.Collection("c"))
		}},
		check{group: "update", name: "an update that empties nothing keeps other bytes", want: "exact", run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return updateBeside(ctx, db)
		}})
}

// updateBeside changes one field of a document that holds one of every value and compares the rest.
func updateBeside(ctx context.Context, db *mongo.Database) (string, error) {
	var lost []string
	for i, v := range values() {
		raw := bson.RawValue{Type: bson.Type(v.raw.Type), Value: v.raw.Data}
		coll := db.Collection(fmt.Sprintf("c%d", i))
		if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: int32(1)}, {Key: "v", Value: raw}, {Key: "a", Value: int32(1)}}); err != nil {
			lost = append(lost, v.name+" (not stored)")
			continue
		}
		if _, err := coll.UpdateByID(ctx, int32(1), ejson(`{"$set": {"a": 2}}`)); err != nil {
			lost = append(lost, v.name+" "+describe(err))
			continue
		}
		got, err := coll.FindOne(ctx, bson.D{}).Raw()
		if err != nil {
			lost = append(lost, v.name+" "+describe(err))
		} else if kept := got.Lookup("v"); kept.Type != raw.Type || !bytes.Equal(kept.Value, raw.Value) {
			lost = append(lost, v.name)
		}
	}
	if len(lost) == 0 {
		return "exact", nil
	}
	return "lost: " + strings.Join(lost, ", "), nil
}
