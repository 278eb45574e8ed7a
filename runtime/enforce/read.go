package enforce

// Reading one collection. In: a store and a desired collection; out: the
// destination's documents that matter, matched with the desired ones. Finds go
// in batches (docs/enforcement.md, Reading).

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

const (
	maxKeys     = 1000    // keys of one path in a find
	maxTuples   = 200     // keys of several paths, or rivals, in a find
	maxKeyBytes = 1 << 20 // keys of one find
	writeBatch  = 1000
	writeBytes  = 16 << 20
	maxAttempts = 3

	operationSize = 16 << 20
)

// reader collects destination documents, each once.
type reader struct {
	store  stores.Store
	ns     stores.Namespace
	simple bool // the collection has a collation of its own

	live    []bson.Raw
	seen    map[string]bool // by key of `_id`; nil while every document is new
	all     bool            // every document of the collection was read
	counted int64
}

// find adds what the query gives.
func (r *reader) find(ctx context.Context, query stores.Query) error {
	query.SimpleCollation = r.simple && query.Collation == nil
	r.know()
	for d, err := range r.store.Find(ctx, r.ns, query) {
		if err != nil {
			return err
		}
		r.keep(d)
	}
	return nil
}

// know makes sure that a document which was read before is known.
func (r *reader) know() {
	if r.seen == nil && len(r.live) > 0 {
		r.seen = make(map[string]bool, len(r.live))
		for _, d := range r.live {
			r.seen[doc.Key(d.Lookup("_id"))] = true
		}
	}
}

// keep adds a document that was not read before.
func (r *reader) keep(d bson.Raw) {
	if r.seen != nil {
		key := doc.Key(d.Lookup("_id"))
		if r.seen[key] {
			return
		}
		r.seen[key] = true
	}
	r.live = append(r.live, d)
}

// add adds a document that was found otherwise.
func (r *reader) add(d bson.Raw) {
	r.know()
	r.keep(d)
}

// findKeys finds by keys, in batches of at most limit (maxTuples when there
// are several paths or a regex).
func (r *reader) findKeys(ctx context.Context, paths []doc.Path, keys [][]bson.RawValue, limit int) error {
	return eachQuery(paths, keys, limit, func(q stores.Query) error { return r.find(ctx, q) })
}

// eachQuery asks for keys in batches, as findKeys says.
func eachQuery(paths []doc.Path, keys [][]bson.RawValue, limit int, do func(stores.Query) error) error {
	if len(paths) > 1 {
		limit = min(limit, maxTuples)
	}
	for _, key := range keys {
		if key[0].Type == bson.TypeRegex {
			limit = min(limit, maxTuples)
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
		if err := do(stores.Query{Paths: paths, Keys: keys[:n]}); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// read reads what comparing needs: everything, or by key and by prune's scope.
func (r *reader) read(ctx context.Context, c *desired.Collection, keys [][]bson.RawValue, scan bool) error {
	n, err := r.store.Count(ctx, r.ns)
	if err != nil {
		return err
	}
	r.counted = n
	for _, p := range c.Identity {
		scan = scan || !stores.AddressablePath(p)
	}
	if scan || int64(2*len(keys)) > n || c.Prune != nil && c.Prune.Where == nil {
		r.all = true
		return r.find(ctx, stores.Query{All: true})
	}
	if err := r.findKeys(ctx, c.Identity, keys, maxKeys); err != nil {
		return err
	}
	if c.Prune == nil {
		return nil
	}
	return r.find(ctx, stores.Query{Filter: c.Prune.Filter})
}
