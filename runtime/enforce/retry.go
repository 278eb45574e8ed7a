package enforce

// Trying again. In: reads and commands that can be repeated as they are; out:
// their last answer, after waits that grow. What can be tried again is
// stores.Retryable; the rules are docs/enforcement.md, Retries.

import (
	"context"
	"errors"
	"iter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/stores"
)

// retryWaits are the times before the second and later attempts.
var retryWaits = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// errInterrupted ends a run that was asked to end.
var errInterrupted = errors.New("interrupted: the run ended before its next write\nRunning again continues where this run stopped")

// clock is the time of a run.
type clock struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration)
}

func newClock(o Options) clock {
	c := clock{o.Now, o.Sleep}
	if c.now == nil {
		c.now = time.Now
	}
	if c.sleep == nil {
		c.sleep = func(ctx context.Context, d time.Duration) {
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

// retry does something until it succeeds, fails for good, or has failed as often
// as there are waits and once more.
func (c clock) retry(ctx context.Context, do func() error) error {
	for _, wait := range retryWaits {
		err := do()
		if !stores.Retryable(err) || ctx.Err() != nil {
			return err
		}
		c.sleep(ctx, wait)
	}
	return do()
}

// again is retry with a result.
func again[T any](ctx context.Context, c clock, do func() (T, error)) (T, error) {
	var got T
	err := c.retry(ctx, func() (err error) { got, err = do(); return err })
	return got, err
}

// retrying is a Store whose reads are tried again.
type retrying struct {
	stores.Store
	clock clock
}

// Collections implements stores.Store.
func (s retrying) Collections(ctx context.Context, database string, names []string) ([]stores.CollectionInfo, error) {
	return again(ctx, s.clock, func() ([]stores.CollectionInfo, error) { return s.Store.Collections(ctx, database, names) })
}

// Indexes implements stores.Store.
func (s retrying) Indexes(ctx context.Context, ns stores.Namespace) ([]bson.Raw, error) {
	return again(ctx, s.clock, func() ([]bson.Raw, error) { return s.Store.Indexes(ctx, ns) })
}

// Count implements stores.Store.
func (s retrying) Count(ctx context.Context, ns stores.Namespace) (int64, error) {
	return again(ctx, s.clock, func() (int64, error) { return s.Store.Count(ctx, ns) })
}

// Size implements stores.Store.
func (s retrying) Size(ctx context.Context, ns stores.Namespace) (documents, bytes int64, err error) {
	err = s.clock.retry(ctx, func() (err error) { documents, bytes, err = s.Store.Size(ctx, ns); return err })
	return documents, bytes, err
}

// Find implements stores.Store. What was read before an error is dropped.
func (s retrying) Find(ctx context.Context, ns stores.Namespace, query stores.Query) iter.Seq2[bson.Raw, error] {
	return func(yield func(bson.Raw, error) bool) {
		found, err := again(ctx, s.clock, func() ([]bson.Raw, error) {
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
