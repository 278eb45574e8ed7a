package mongo

// Transactions. In: operations on one collection; out: all of them done, or
// none. MongoDB manual: core/transactions, core/transactions-in-applications
// (the two error labels).

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Labels of errors.
const (
	labelTransient     = "TransientTransactionError"
	labelUnknownCommit = "UnknownTransactionCommitResult"
)

// Transact implements stores.Store: one attempt. What the transaction reads is
// of its snapshot, and a document that is changed by others after it ends it.
func (s *Store) Transact(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	const doing = "writing in a transaction to"
	session, err := s.client.StartSession()
	if err != nil {
		return stores.Result{}, s.explain(doing, ns.String(), err)
	}
	defer session.EndSession(context.WithoutCancel(ctx)) // aborts what was not committed
	if err := session.StartTransaction(options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(s.writeConcern())); err != nil {
		return stores.Result{}, s.explain(doing, ns.String(), err)
	}
	inside := mongo.NewSessionContext(ctx, session)
	result, err := s.within(inside, ns, ops)
	if err == nil && result.Done() == len(ops) {
		err = session.CommitTransaction(inside)
	}
	if err != nil {
		return stores.Result{}, s.transactionError(err, s.explain(doing, ns.String(), err))
	}
	return result, nil
}

// within carries the operations out if all guards hold.
func (s *Store) within(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	var result stores.Result
	held, err := s.guardsHold(ctx, ns, ops)
	if err != nil || !held {
		return result, err
	}
	collection := s.collection(ns)
	var going []bson.RawValue
	var coming []any
	var at []int // of coming, in ops
	for i, op := range ops {
		if op.Action == stores.Delete || op.Action == stores.Replace {
			going = append(going, op.Guard.ID)
		}
		switch op.Action {
		case stores.Insert:
			result.Inserted++
			coming, at = append(coming, op.Document), append(at, i)
		case stores.Replace:
			result.Matched++
			coming, at = append(coming, op.Document), append(at, i)
		case stores.Delete:
			result.Deleted++
		case stores.Update:
			done, err := collection.UpdateOne(ctx, guardFilter(stores.Guard{ID: op.Guard.ID, Key: op.Guard.Key}), updateDocument(op), options.UpdateOne().SetComment(s.comment))
			if refused, ok := s.refusal(err, []int{i}); ok {
				return refused, nil
			}
			if err != nil || done.MatchedCount != 1 {
				return stores.Result{}, err
			}
			result.Matched++
		}
	}
	if len(going) > 0 {
		done, err := collection.DeleteMany(ctx, keysFilter([]doc.Path{{"_id"}}, keysOf(going)), options.DeleteMany().SetComment(s.comment))
		if err != nil || int(done.DeletedCount) != len(going) {
			return stores.Result{}, err
		}
	}
	if len(coming) > 0 {
		_, err := collection.InsertMany(ctx, coming, options.InsertMany().SetComment(s.comment))
		if refused, ok := s.refusal(err, at); ok {
			return refused, nil
		}
		if err != nil {
			return stores.Result{}, err
		}
	}
	return result, nil
}

func keysOf(values []bson.RawValue) [][]bson.RawValue {
	keys := make([][]bson.RawValue, len(values))
	for i, v := range values {
		keys[i] = []bson.RawValue{v}
	}
	return keys
}

// guardsHold reads the documents and compares them here.
func (s *Store) guardsHold(ctx context.Context, ns stores.Namespace, ops []stores.Op) (bool, error) {
	var ids []bson.RawValue
	for _, op := range ops {
		if op.Action != stores.Insert {
			ids = append(ids, op.Guard.ID)
		}
	}
	if len(ids) == 0 {
		return true, nil
	}
	cursor, err := s.collection(ns).Find(ctx, keysFilter([]doc.Path{{"_id"}}, keysOf(ids)), options.Find().SetComment(s.comment))
	if err != nil {
		return false, err
	}
	found := make(map[string]bson.Raw, len(ids))
	for d, err := range s.documents(ctx, cursor) {
		if err != nil {
			return false, err
		}
		key := doc.Key(d.Lookup("_id"))
		if found[key] != nil {
			return false, nil // on several shards: no `_id` tells them apart
		}
		found[key] = d
	}
	return !slices.ContainsFunc(ops, func(op stores.Op) bool {
		return op.Action != stores.Insert && !op.Guard.Holds(found[doc.Key(op.Guard.ID)])
	}), nil
}

// refusal is the result when the server answered an operation with an error of
// its own; at are the positions of what was sent.
func (s *Store) refusal(err error, at []int) (stores.Result, bool) {
	var e mongo.WriteError
	var write mongo.WriteException
	var bulk mongo.BulkWriteException
	var command mongo.CommandError
	switch {
	case errors.As(err, &command) && command.Code == stores.CodeDuplicateKey:
		e.Code, e.Message = stores.CodeDuplicateKey, command.Message // of one of them
	case errors.As(err, &bulk) && len(bulk.WriteErrors) > 0 && !bulk.HasErrorLabel(labelTransient):
		e = bulk.WriteErrors[0].WriteError
	case errors.As(err, &write) && len(write.WriteErrors) > 0 && !write.HasErrorLabel(labelTransient):
		e = write.WriteErrors[0]
	default:
		return stores.Result{}, false
	}
	return stores.Result{Refused: []stores.Refusal{{
		Index: at[e.Index], Duplicate: e.Code == stores.CodeDuplicateKey, Moved: e.Code == stores.CodePathNotViable, Code: e.Code, Message: s.secrets.redact(e.Message), Details: e.Details,
	}}}, true
}

// transactionError tells what the labels of an error say.
func (s *Store) transactionError(err, explained error) error {
	var labeled mongo.LabeledError
	if errors.As(err, &labeled) {
		switch {
		case labeled.HasErrorLabel(labelUnknownCommit):
			return &stores.UnsureError{Err: explained}
		case labeled.HasErrorLabel(labelTransient):
			return &stores.RefusedError{Err: explained, Labels: []string{stores.LabelRetryable}}
		}
	}
	return explained
}
