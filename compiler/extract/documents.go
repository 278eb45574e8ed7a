package extract

// The documents of a collection at its source. In: a collection; out: all of them, or a
// sample, one after the other.

import (
	"cmp"
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/runtime/doc"
)

// documents calls do with every document of a collection; d is valid until do
// returns. The error is do's, or what the driver says.
func (s *source) documents(ctx context.Context, collection string, do func(d bson.Raw) error) error {
	if s.export != nil {
		return ours(s.export.Documents(ctx, do))
	}
	return s.found(ctx, collection, bson.D{}, options.Find(), do)
}

// sampled is documents for so many of them as Options.Sample says: the first and the last
// by `_id`. Which these are depends on the data alone, other than with `$sample`; they are
// found by the index over `_id`, and shapes that changed with the years are at both ends.
func (s *source) sampled(ctx context.Context, collection string, do func(d bson.Raw) error) error {
	last := s.o.Sample / 2
	var from bson.Raw // has the last `_id` of the first half
	filter, byID := bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(s.o.Sample-last)
	if err := s.found(ctx, collection, filter, byID, func(d bson.Raw) error {
		from = doc.NewBuilder(64).Append("$literal", d.Lookup("_id")).Raw()
		return do(d)
	}); err != nil || last == 0 || from == nil {
		return err
	}
	// Compared as the index orders values, of whatever types they are.
	filter = bson.D{{Key: "$expr", Value: bson.D{{Key: "$gt", Value: bson.A{"$_id", from}}}}}
	return s.found(ctx, collection, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(last), do)
}

// found is documents for those that a query finds.
func (s *source) found(ctx context.Context, collection string, filter any, query *options.FindOptionsBuilder, do func(d bson.Raw) error) error {
	if at := s.snapshot(); at != nil {
		session, err := s.Client.StartSession(options.Session().SetSnapshot(true).SetSnapshotTime(*at))
		if err != nil {
			return err
		}
		defer session.EndSession(context.WithoutCancel(ctx))
		ctx = mongo.NewSessionContext(ctx, session)
	}
	cursor, err := s.db.Collection(collection).Find(ctx, filter, query.SetBatchSize(batchSize).SetComment(comment))
	if err != nil {
		return err
	}
	for err == nil && cursor.Next(ctx) {
		err = do(cursor.Current)
	}
	return cmp.Or(err, cursor.Err(), cursor.Close(context.WithoutCancel(ctx)))
}
