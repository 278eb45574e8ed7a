package stores

// Trying again. In: reads and commands that can be repeated as they are; out:
// their last answer, after waits that grow. What can be tried again is
// Retryable; the rules are docs/enforcement.md, Retries.

import (
	"context"
	"iter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// RetryWaits are the times before the second and later attempts.
//
//js:table
var RetryWaits = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// Clock is the time of a run.
type Clock struct {
	Now func() time.Time
	// Sleep ends early when its context does.
	Sleep func(context.Context, time.Duration)
}

// NewClock returns a clock of these functions; nil means the machine's.
func NewClock(now func() time.Time, sleep func(context.Context, time.Duration)) Clock {
	c := Clock{now, sleep}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = func(ctx context.Context, d time.Duration) {
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-ctx.Done():
			case <-timer.C:
			}
		}
	}
	return c
}

// Retry does something until it succeeds, fails for good, or has failed as often
// as there are waits and once more.
func (c Clock) Retry(ctx context.Context, do func() error) error {
	for _, wait := range RetryWaits {
		err := do()
		if !Retryable(err) || ctx.Err() != nil {
			return err
		}
		c.Sleep(ctx, wait)
	}
	return do()
}

// Again is Retry with a result.
func Again[T any](ctx context.Context, c Clock, do func() (T, error)) (T, error) {
	var got T
	err := c.Retry(ctx, func() (err error) { got, err = do(); return err })
	return got, err
}

// Retrying returns a store whose reads are tried again.
func Retrying(store Store, clock Clock) Store { return retrying{store, clock} }

type retrying struct {
	Store
	clock Clock
}

// Collections implements Store.
func (s retrying) Collections(ctx context.Context, database string, names []string) ([]CollectionInfo, error) {
	return Again(ctx, s.clock, func() ([]CollectionInfo, error) { return s.Store.Collections(ctx, database, names) })
}

// Indexes implements Store.
func (s retrying) Indexes(ctx context.Context, ns Namespace) ([]bson.Raw, error) {
	return Again(ctx, s.clock, func() ([]bson.Raw, error) { return s.Store.Indexes(ctx, ns) })
}

// Count implements Store.
func (s retrying) Count(ctx context.Context, ns Namespace) (int64, error) {
	return Again(ctx, s.clock, func() (int64, error) { return s.Store.Count(ctx, ns) })
}

// Size implements Store.
func (s retrying) Size(ctx context.Context, ns Namespace) (documents, bytes int64, err error) {
	err = s.clock.Retry(ctx, func() (err error) { documents, bytes, err = s.Store.Size(ctx, ns); return err })
	return documents, bytes, err
}

// FindEach gives keep every document of a Find. A store that is Retrying begins anew
// where an error can be tried again: begin is called before each attempt, and drops what
// the one before gave.
func FindEach(ctx context.Context, store Store, ns Namespace, query Query, begin func(), keep func(bson.Raw)) error {
	each := func(store Store) error {
		begin()
		for d, err := range store.Find(ctx, ns, query) {
			if err != nil {
				return err
			}
			keep(d)
		}
		return nil
	}
	if s, ok := store.(retrying); ok {
		return s.clock.Retry(ctx, func() error { return each(s.Store) })
	}
	return each(store)
}

// Find implements Store. What was read before an error is dropped.
func (s retrying) Find(ctx context.Context, ns Namespace, query Query) iter.Seq2[bson.Raw, error] {
	return func(yield func(bson.Raw, error) bool) {
		found, err := Again(ctx, s.clock, func() ([]bson.Raw, error) {
			var found []bson.Raw
			for d, err := range s.Store.Find(ctx, ns, query) {
				if err != nil {
					return nil, err
				}
				found = append(found, d)
			}
			return found, nil
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, d := range found {
			if !yield(d, nil) {
				return
			}
		}
	}
}
