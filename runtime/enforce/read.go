package enforce

// Reading one collection. In: a store and a desired collection; out: the
// destination's documents that matter, matched with the desired ones. Finds go
// in batches (docs/enforcement.md, Reading).

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

//js:table
const (
	writeBatch  = 1000
	maxAttempts = 3
)

// reader collects destination documents, each once.
type reader struct {
	store  stores.Store
	ns     stores.Namespace
	simple bool // the collection has a collation of its own
	// held is what is held of a document, and what makes it again of the desired one; nil: all of it.
	held func(bson.Raw) (bson.Raw, []byte)

	live    []bson.Raw
	patches []livePatch     // of those that are made again, in order
	seen    map[string]bool // by key of `_id`; nil while every document is new
	all     bool            // every document of the collection was read
	counted int64
}

// find adds what the query gives.
func (r *reader) find(ctx context.Context, query stores.Query) error {
	query.SimpleCollation = r.simple && query.Collation == nil
	r.know()
	from := len(r.live)
	return stores.FindEach(ctx, r.store, r.ns, query, func() { r.drop(from) }, r.keep)
}

// drop takes the documents back that were read from a position on.
func (r *reader) drop(from int) {
	for _, d := range r.live[from:] {
		delete(r.seen, doc.Key(d.Lookup("_id")))
	}
	r.live = r.live[:from]
	n, _ := slices.BinarySearchFunc(r.patches, from, livePatch.compare)
	r.patches = r.patches[:n]
}

// livePatch makes the document at a position of what was read again.
type livePatch struct {
	at    int
	patch []byte
}

func (p livePatch) compare(at int) int { return p.at - at }

// patch is that of the document at a position; nil: it is held as a whole, or all that is needed of it.
func (r *reader) patch(at int) []byte {
	if n, ok := slices.BinarySearchFunc(r.patches, at, livePatch.compare); ok {
		return r.patches[n].patch
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
	if r.held != nil { // in memory of its own
		var patch []byte
		if d, patch = r.held(d); patch != nil {
			r.patches = append(r.patches, livePatch{len(r.live), patch})
		}
	}
	r.live = append(r.live, d)
}

// add adds a document that was found otherwise.
func (r *reader) add(d bson.Raw) {
	r.know()
	r.keep(d)
}

// findKeys finds by keys, in batches of at most limit (stores.MaxTuples when there
// are several paths or a regex).
func (r *reader) findKeys(ctx context.Context, paths []doc.Path, keys [][]bson.RawValue, limit int) error {
	return stores.EachQuery(paths, keys, limit, func(q stores.Query) error { return r.find(ctx, q) })
}

// read reads what comparing needs: everything, or by key and by prune's scope.
func (r *reader) read(ctx context.Context, c *desired.Collection, keys *compare.Keys, scan bool) error {
	n, err := r.store.Count(ctx, r.ns)
	if err != nil {
		return err
	}
	r.counted = n
	for _, p := range c.Identity {
		scan = scan || !stores.AddressablePath(p)
	}
	if scan || int64(2*(len(c.Documents)+len(c.Moves))) > n || c.Prune != nil && c.Prune.Where == nil {
		r.all, r.live = true, make([]bson.Raw, 0, max(0, min(n, int64(len(c.Documents)))))
		return r.find(ctx, stores.Query{All: true})
	}
	asked := keys.Values()
	for _, m := range c.Moves {
		asked = append(asked, m.From)
	}
	if err := r.findKeys(ctx, c.Identity, asked, stores.MaxKeys); err != nil {
		return err
	}
	if c.Prune == nil {
		return nil
	}
	return r.find(ctx, stores.Query{Filter: c.Prune.Filter})
}

// held is what is held of a destination document that was read: what other documents are held
// against, and where something may be written or said about it, what is other than in the desired
// one; all of one that may go.
func held(l *observation, d bson.Raw) (bson.Raw, []byte) {
	if i, ok := wantedOf(l, d); ok {
		l.same[i] = compare.AsWanted(l.c, i, d)
		if !l.same[i] {
			found := l.c.Compare(i, d)
			l.same[i] = found.InSync()
		}
		if l.same[i] {
			return l.fields.Of(d), nil
		}
		return l.fields.Of(d), l.fields.Patch(d, l.c.Raw(i))
	}
	if compare.InScope(l.c, d) { // it may go
		return bytes.Clone(d), nil
	}
	return l.fields.Of(d), nil
}

// patchOf makes the one twin of a desired document again of that; nil: the twin is held as a whole.
func patchOf(l *observation, i int) []byte {
	if at, ok := l.twins.At(i); ok {
		return l.in.patch(at)
	}
	return nil
}

// match finds the twin of every desired document.
func match(l *observation) {
	l.twins = compare.NewTwins(len(l.c.Documents), &l.in.live)
	for at, d := range l.in.live {
		if i, ok := wantedOf(l, d); ok {
			l.twins.Add(i, at)
			continue
		}
		l.others = append(l.others, d)
	}
}

// wantedOf is the desired document with the identity of one of the destination.
func wantedOf(l *observation, d bson.Raw) (int, bool) {
	var values [4]bson.RawValue
	if key, ok := l.c.AppendIdentityOf(values[:0], d); ok {
		return l.keys.Find(key...)
	}
	return 0, false
}

// idTexts lists the first five `_id`s, in order.
func idTexts(c *compare.Collection, documents []bson.Raw) string {
	documents = slices.Clone(documents)
	sortByID(documents)
	var texts []string
	for i, d := range documents {
		if i == 5 {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, c.ShowID(d.Lookup("_id")))
	}
	return strings.Join(texts, ", ")
}

func sortByID(documents []bson.Raw) {
	slices.SortStableFunc(documents, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
}
