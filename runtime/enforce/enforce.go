// Package enforce brings a destination to a desired state: read, compare,
// guard, write, verify, by the rules of docs/enforcement.md.
//
// In: a stores.Store and a desired.State. Out: a Report. The pure parts
// (compare, cond, prune, unique, order, structure) are apart from those that
// read (read.go) and write (write.go).
package enforce

import (
	"context"
	"errors"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Options of a run.
type Options struct {
	// Databases redirects: the state's database name to the destination's.
	Databases map[string]string
	// BatchSize is the number of operations a write batch has; 0 means 1,000.
	BatchSize int
	// DetailedExit makes Plan exit with 2 when it found differences.
	DetailedExit bool
}

// Plan finds what Apply would do. It only reads. The error is for options that
// do not fit the state; everything else is in the report.
func Plan(ctx context.Context, store stores.Store, state *desired.State, options Options) (*Report, error) {
	return nil, errors.New("enforce: Plan is being written")
}

// Apply brings the destination to the state and verifies it.
func Apply(ctx context.Context, store stores.Store, state *desired.State, options Options) (*Report, error) {
	return nil, errors.New("enforce: Apply is being written")
}

// Verify finds whether the destination is in the state. It only reads.
func Verify(ctx context.Context, store stores.Store, state *desired.State, options Options) (*Report, error) {
	return nil, errors.New("enforce: Verify is being written")
}
