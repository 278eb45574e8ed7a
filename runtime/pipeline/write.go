package pipeline

// From the collection of work to the destination, in ranges of the identity.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// deletes is how many documents one transaction deletes at most: it is to end within the
// minute that a server gives it.
const deletes = 1000

var errGone = errors.New("the work of this run is gone: somebody else runs the same, or has dropped it")

// resume reports whether there is a run to go on with: its work, the numbers of its ranges
// in it, and which of them are finished. One that was begun is written again, which
// changes nothing that was written.
func (r *run) resume(ctx context.Context, t *task) (bool, error) {
	var at struct {
		Finished []int32 `bson:"finished"`
	}
	err := r.progress.FindOne(ctx, bson.D{{Key: "_id", Value: t.name}, {Key: "phase", Value: "writing"}}).Decode(&at)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	t.finished = at.Finished
	return err == nil, err
}

// number gives the documents that are to be written the numbers of their ranges, by their
// identities, and what is to be done with each.
func (r *run) number(ctx context.Context, t *task) error {
	todo := bson.A{}
	if t.Inserts {
		todo = append(todo, "insert")
	}
	if t.Updates {
		todo = append(todo, "update")
	}
	state := any(t.Pipelines.State)
	if t.Pipelines.Deep.Type != 0 {
		state = one("$let", bson.D{{Key: "vars", Value: one("z", state)}, {Key: "in", Value: one("$cond", bson.A{one("$eq", bson.A{"$$z", "update"}), one("$cond", bson.A{t.Pipelines.Deep, "deep", "update"}), "$$z"})}})
		todo = append(todo, "deep")
	}
	err := r.merge(ctx, t.work, bson.A{one("$match", one("done", false)), one("$project", one("z", state)), one("$match", among("z", todo)),
		one("$setWindowFields", bson.D{{Key: "sortBy", Value: one("_id", 1)}, {Key: "output", Value: one("done", one("$documentNumber", bson.D{}))}}),
		one("$set", one("done", one("$toInt", one("$ceil", one("$divide", bson.A{"$done", r.Range})))))},
		t.work, onID, bson.A{one("$set", bson.D{{Key: "done", Value: "$$new.done"}, {Key: "z", Value: "$$new.z"}})}, "discard")
	if err != nil {
		return err
	}
	begin := one("$set", bson.D{{Key: "phase", Value: "writing"}, {Key: "finished", Value: bson.A{}}})
	_, err = r.progress.UpdateByID(ctx, t.name, begin, options.UpdateOne().SetUpsert(true))
	return err
}

// ranges is what the workers of a task share.
type ranges struct {
	sync.Mutex
	next, last     int32
	total, written int64
	deep           bool
}

// write writes range after range, several at once if need be: a range inserts, updates,
// and is finished. No two ranges have a document in common.
func (r *run) write(ctx context.Context, t *task) error {
	if !t.resumes {
		if err := r.number(ctx, t); err != nil {
			return err
		}
	}
	r.wrote.Store(true)
	found, err := r.all(ctx, t.work, bson.A{one("$match", one("done", bson.D{{Key: "$type", Value: "number"}, {Key: "$nin", Value: t.gone()}})),
		one("$group", bson.D{{Key: "_id", Value: "$z"}, {Key: "n", Value: one("$sum", 1)}, {Key: "last", Value: one("$max", "$done")}})})
	if err != nil {
		return err
	}
	shared := &ranges{}
	for _, g := range found {
		n, _ := g.Lookup("n").AsInt64OK()
		shared.total += n
		shared.last = max(shared.last, g.Lookup("last").Int32())
		shared.deep = shared.deep || g.Lookup("_id").StringValue() == "deep"
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for range max(1, r.Parallel) {
		workers.Go(func() {
			for {
				more, err := r.writeRange(ctx, t, shared)
				if err != nil {
					cancel(err) // the first error is the run's; others are of its end
					return
				}
				if !more {
					return
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// take is the number of the next range; 0: there is none any more.
func (s *ranges) take(finished []int32) int32 {
	s.Lock()
	defer s.Unlock()
	for s.next < s.last {
		s.next++
		if !slices.Contains(finished, s.next) {
			return s.next
		}
	}
	return 0
}

// writeRange writes one range; false: there is none any more.
func (r *run) writeRange(ctx context.Context, t *task, shared *ranges) (bool, error) {
	number := shared.take(t.finished)
	if number == 0 {
		return false, nil
	}
	n, err := t.work.CountDocuments(ctx, one("done", number))
	if err == nil && n == 0 {
		err = errGone
	}
	if err != nil {
		return false, err
	}
	only := func(todo string, then []bson.Raw) bson.A {
		return stages(one("$match", bson.D{{Key: "done", Value: number}, {Key: "z", Value: todo}}), then)
	}
	if t.Inserts {
		if err := r.merge(ctx, t.work, only("insert", t.Pipelines.Inserts), t.into, t.On, bson.A{one("$replaceWith", "$$ROOT")}, "insert"); err != nil {
			return false, err
		}
	}
	if t.Updates {
		if err := r.merge(ctx, t.work, only("update", t.Pipelines.Updates), t.into, t.On, t.Pipelines.WhenMatched, "discard"); err != nil {
			return false, err
		}
	}
	if shared.deep {
		if err := r.merge(ctx, t.work, only("deep", t.Pipelines.Updates), t.into, t.On, t.Pipelines.WhenMatchedDeep, "discard"); err != nil {
			return false, err
		}
	}
	if _, err := r.progress.UpdateByID(ctx, t.name, one("$push", one("finished", number))); err != nil {
		return false, err
	}
	shared.Lock()
	defer shared.Unlock()
	shared.written += n
	r.say(fmt.Sprintf("%s: %d of %d", t.title(), shared.written, shared.total))
	return true, nil
}

// remove deletes the documents that the destination has alone, so many a transaction. It
// deletes them by their _id, and nobody can change them from then on until it ends; what
// they are then is read beside it, and where one is not what was seen, it is left, and the
// transaction taken back (MongoDB manual, core/transactions-production-consideration:
// in-progress transactions and write conflicts).
func (r *run) remove(ctx context.Context, t *task) error {
	if t.Pipelines.Prune == nil {
		return nil
	}
	total, err := t.work.CountDocuments(ctx, one("done", "prune"))
	if err != nil {
		return err
	}
	for gone, left := 0, 0; int64(gone+left) < total; {
		found, err := r.all(ctx, t.work, bson.A{one("$match", one("done", "prune")), one("$sort", one("_id", 1)), one("$limit", min(r.Range, deletes)), one("$project", one("id", "$x._id"))})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errGone
		}
		kept, err := r.removeUnchanged(ctx, t, found)
		if err != nil {
			return err
		}
		if _, err := t.work.UpdateMany(ctx, among("_id", values(found, "_id")), one("$set", one("done", true))); err != nil {
			return err
		}
		gone, left = gone+len(found)-kept, left+kept
		r.say(fmt.Sprintf("%s: deleted %d of %d", t.title(), gone, total))
	}
	return nil
}

func values(documents []bson.Raw, name string) bson.A {
	var out bson.A
	for _, d := range documents {
		out = append(out, d.Lookup(name))
	}
	return out
}

func among(name string, list bson.A) bson.D { return one(name, one("$in", list)) }

// tries is how often a transaction is begun that the server ends for what others write
// meanwhile; the next one sees it.
const tries = 20

// removeUnchanged deletes documents, given as {_id: in work, id: in the destination}; it
// returns how many were left.
func (r *run) removeUnchanged(ctx context.Context, t *task, found []bson.Raw) (left int, err error) {
	session, err := r.client.StartSession()
	if err != nil {
		return 0, err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	for try := 1; len(found) > 0; {
		changed, err := r.removeOnce(ctx, t, session, found)
		var labeled mongo.LabeledError
		switch {
		case errors.As(err, &labeled) && labeled.HasErrorLabel("TransientTransactionError") && try < tries:
			try++
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(try) * 10 * time.Millisecond):
			}
			continue
		case err != nil:
			return 0, err
		case len(changed) == 0:
			return left, nil
		}
		still := found[:0:0]
		for _, d := range found {
			if !holds(changed, d.Lookup("_id")) {
				still = append(still, d)
			}
		}
		left, found = left+len(found)-len(still), still
	}
	return left, nil
}

// removeOnce is one transaction, taken back where documents were changed, which it gives.
func (r *run) removeOnce(ctx context.Context, t *task, session *mongo.Session, found []bson.Raw) (changed []bson.Raw, err error) {
	p, ids := t.Pipelines.Prune, values(found, "id")
	// What others have written must be seen, whether a majority has it or not.
	now := t.into.Database().Client().Database(t.Into[0], options.Database().SetReadConcern(readconcern.Local())).Collection(t.Into[1])
	if err := session.StartTransaction(options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority())); err != nil {
		return nil, err
	}
	_, err = t.into.DeleteMany(mongo.NewSessionContext(ctx, session), among("_id", ids))
	if err == nil {
		err = r.merge(ctx, now, bson.A{one("$match", among("_id", ids)), one("$replaceWith", p.Look)}, t.work, onID, bson.A{one("$set", one("now", "$$new.now"))}, "discard")
	}
	if err == nil {
		changed, err = r.all(ctx, t.work, bson.A{one("$match", among("_id", values(found, "_id"))), one("$match", one("$expr", p.Changed)), one("$project", one("_id", 1))})
	}
	if err == nil && len(changed) == 0 {
		return nil, session.CommitTransaction(ctx)
	}
	if aborting := session.AbortTransaction(context.WithoutCancel(ctx)); aborting != nil && err == nil {
		err = aborting
	}
	return changed, err
}

func holds(list []bson.Raw, id bson.RawValue) bool {
	for _, d := range list {
		if d.Lookup("_id").Equal(id) {
			return true
		}
	}
	return false
}
