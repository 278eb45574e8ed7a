package main

// Small helpers of the checks: Extended JSON in, what a collection holds out.

import (
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// ejson reads one document; the texts are constants of this program.
func ejson(text string) bson.Raw {
	var doc bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), false, &doc); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	raw, err := bson.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

// array reads a list of documents.
func array(text string) []any {
	wrapped := ejson(`{"a": ` + text + `}`)
	elements, err := wrapped.Lookup("a").Array().Values()
	if err != nil {
		panic(err)
	}
	list := make([]any, len(elements))
	for i, e := range elements {
		list[i] = e.Document()
	}
	return list
}

// relaxed prints a document as relaxed Extended JSON.
func relaxed(doc bson.Raw) string {
	if doc == nil {
		return ""
	}
	text, err := bson.MarshalExtJSON(doc, false, false)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// all prints what a collection holds.
func all(ctx context.Context, coll *mongo.Collection, opts ...options.Lister[options.FindOptions]) (string, error) {
	cursor, err := coll.Find(ctx, bson.D{}, opts...)
	if err != nil {
		return "", err
	}
	var docs []bson.Raw
	if err := cursor.All(ctx, &docs); err != nil {
		return "", err
	}
	parts := make([]string, len(docs))
	for i, doc := range docs {
		parts[i] = relaxed(doc)
	}
	return joined(parts), nil
}

// joined never is the empty text, which stands for "no expectation".
func joined(parts []string) string {
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " ")
}

// ids prints the _ids that a filter matches, in order.
func ids(ctx context.Context, coll *mongo.Collection, filter any, opts *options.FindOptionsBuilder) (string, error) {
	cursor, err := coll.Find(ctx, filter, opts.SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return "", err
	}
	var docs []struct {
		ID int `bson:"_id"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return "", err
	}
	parts := make([]string, len(docs))
	for i, doc := range docs {
		parts[i] = fmt.Sprint(doc.ID)
	}
	return joined(parts), nil
}

type step func(ctx context.Context, coll *mongo.Collection) error

func insert(doc string) step {
	return func(ctx context.Context, coll *mongo.Collection) error {
		_, err := coll.InsertOne(ctx, ejson(doc))
		return err
	}
}

// steps runs steps on collection "c" and prints what it holds afterwards, or the first error.
func steps(ctx context.Context, db *mongo.Database, list ...step) (string, error) {
	coll := db.Collection("c")
	for _, s := range list {
		if err := s(ctx, coll); err != nil {
			return "", err
		}
	}
	return all(ctx, coll)
}
