package stores

// How much goes into one command. In: keys of documents; out: queries for some of
// them at a time (docs/enforcement.md, Reading).

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Limits of a find, and of what writes.
//
//js:table
const (
	MaxKeys     = 1000 // keys of one path in a find
	MaxTuples   = 200  // keys of several paths, or rivals, in a find
	maxKeyBytes = 1 << 20

	OperationBytes = 16 << 20 // of one operation with its guard
)

// BatchBytes are those of the operations in one batch; a script sends fewer, as its
// command is one document.
const BatchBytes = 16 << 20

// EachQuery asks for keys of paths in batches of at most limit (MaxTuples when there
// are several paths or a regex), until one fails.
func EachQuery(paths []doc.Path, keys [][]bson.RawValue, limit int, do func(Query) error) error {
	if len(paths) > 1 {
		limit = min(limit, MaxTuples)
	}
	for _, key := range keys {
		if key[0].Type == bson.TypeRegex {
			limit = min(limit, MaxTuples)
		}
	}
	for len(keys) > 0 {
		n, size := 0, 0
		for n < len(keys) && n < limit && (n == 0 || size < maxKeyBytes) {
			for _, v := range keys[n] {
				size += len(v.Value) + 16
			}
			n++
		}
		if err := do(Query{Paths: paths, Keys: keys[:n]}); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}
