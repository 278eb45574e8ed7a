// Package dir is a destination in a directory: the extracted layout, read and
// written by runtime/layout.
//
// In: a path. Out: a stores.Store with a server's semantics as far as the
// engine relies on them: unique `_id`, unique indexes (without a collation, and
// with a partialFilterExpression as far as stores.ParsePartial goes), guards, the order in which $set
// appends fields. Every type is kept byte for byte. Each Write leaves the
// collection's folder complete: as it was, or with the whole batch.
package dir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Store is a directory. It keeps what it has read.
type Store struct {
	base   *disk.Folder // the directory, or the nearest one above it that was there
	root   string       // the way to it from there
	path   string       // as it was given, for messages
	mu     sync.Mutex
	tables map[stores.Namespace]*table
}

// table is a collection in memory, as its folder is.
type table struct {
	*layout.Collection
	unique []stores.UniqueIndex
}

// Open opens a directory, which need not exist yet.
func Open(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("the directory is not named: write dir:PATH")
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%q is no directory", path)
	}
	base, root, err := disk.Nearest(path)
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	if _, err := base.Stat(root); disk.Escapes(err) {
		err = fmt.Errorf("%q is a link that leads out of the current directory; name the directory by its absolute path", path)
		return nil, errors.Join(err, base.Close())
	}
	return &Store{base: base, root: root, path: path, tables: map[stores.Namespace]*table{}}, nil
}

// Close closes the directory; Write has written.
func (s *Store) Close(context.Context) error { return s.base.Close() }

// find returns the folder of a collection.
func (s *Store) find(ns stores.Namespace) (string, error) {
	if err := replace.Finish(s.base, s.root); err != nil {
		return "", err
	}
	folder, err := layout.Find(s.base, s.root, ns.Database, ns.Collection)
	return folder, s.place(err)
}

// place has errors say files with the path that the user gave.
func (s *Store) place(err error) error {
	for _, e := range layout.Errors(err) {
		if below, err := layout.Below(s.root, e.File); err == nil {
			e.File = filepath.ToSlash(filepath.Join(s.path, below))
		}
	}
	return err
}

// table returns a collection; nil when it does not exist.
func (s *Store) table(ctx context.Context, ns stores.Namespace) (*table, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: interrupted: %w", ns, err)
	}
	if t := s.tables[ns]; t != nil {
		return t, nil
	}
	folder, err := s.find(ns)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("finding the folder of %s: %w", ns, err)
	}
	c, err := layout.Read(ctx, s.base, folder)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", ns, s.place(err))
	}
	c.Database, c.Name = ns.Database, ns.Collection
	t := &table{Collection: c}
	t.findUnique()
	s.tables[ns] = t
	return t, nil
}

func (t *table) findUnique() {
	t.unique = nil
	for _, spec := range t.Indexes {
		if ix, ok := stores.ParseUnique(spec); ok && ix.Collation == nil {
			t.unique = append(t.unique, ix)
		}
	}
}

// existing is table for a collection that must exist.
func (s *Store) existing(ctx context.Context, ns stores.Namespace) (*table, error) {
	t, err := s.table(ctx, ns)
	if err == nil && t == nil {
		err = fmt.Errorf("the collection %s does not exist in the directory: run again", ns)
	}
	return t, err
}

// save writes the folder, and takes it for the state in memory when it worked.
func (s *Store) save(ns stores.Namespace, t *table) error {
	folder, err := layout.Place(s.base, s.root, ns.Database, ns.Collection)
	if err == nil {
		err = layout.Write(s.base, s.root, folder, t.Collection)
	}
	if err != nil {
		return fmt.Errorf("writing the folder of %s: %w", ns, s.place(err))
	}
	s.tables[ns] = t
	return nil
}

// Collections implements stores.Store.
func (s *Store) Collections(ctx context.Context, database string, names []string) ([]stores.CollectionInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var infos []stores.CollectionInfo
	for _, name := range slices.Sorted(slices.Values(names)) {
		t, err := s.table(ctx, stores.Namespace{Database: database, Collection: name})
		if err != nil {
			return nil, err
		}
		if t != nil {
			infos = append(infos, stores.CollectionInfo{Name: name, Type: cmp.Or(t.Kind, layout.KindCollection), Options: t.Options})
		}
	}
	return infos, nil
}

// Indexes implements stores.Store.
func (s *Store) Indexes(ctx context.Context, ns stores.Namespace) ([]bson.Raw, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.existing(ctx, ns)
	if err != nil {
		return nil, err
	}
	onID := doc.NewBuilder(64).AppendDocument("key", doc.NewBuilder(16).AppendInt32("_id", 1).Raw()).AppendString("name", "_id_").Raw()
	return append([]bson.Raw{onID}, t.Collection.Indexes...), nil
}

// Count implements stores.Store.
func (s *Store) Count(ctx context.Context, ns stores.Namespace) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.existing(ctx, ns)
	if err != nil {
		return 0, err
	}
	return int64(len(t.Documents)), nil
}

// Find implements stores.Store: it yields every document, whatever is asked for.
func (s *Store) Find(ctx context.Context, ns stores.Namespace, _ stores.Query) iter.Seq2[bson.Raw, error] {
	return func(yield func(bson.Raw, error) bool) {
		s.mu.Lock()
		t, err := s.existing(ctx, ns)
		var documents []layout.Document
		if err == nil {
			documents = t.Documents
		}
		s.mu.Unlock()
		if err != nil {
			yield(nil, err)
			return
		}
		for _, d := range documents {
			if !yield(d.Raw, nil) {
				return
			}
		}
	}
}

// CreateCollection implements stores.Store.
func (s *Store) CreateCollection(ctx context.Context, ns stores.Namespace, options bson.Raw) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(ctx, ns)
	if err != nil {
		return err
	}
	if t != nil {
		return &stores.RefusedError{Err: fmt.Errorf("creating %s: it exists already: run again", ns)}
	}
	c := &layout.Collection{Database: ns.Database, Name: ns.Collection, Kind: layout.KindCollection, Options: options}
	if series, ok := doc.Get(options, doc.Path{"timeseries"}); ok {
		c.Kind = layout.KindTimeseries
		c.Options, c.Indexes = asSeries(options, embedded(series))
	}
	if _, ok := doc.Get(options, doc.Path{"viewOn"}); ok {
		c.Kind = layout.KindView
	}
	return s.save(ns, &table{Collection: c})
}

// CreateIndexes implements stores.Store.
func (s *Store) CreateIndexes(ctx context.Context, ns stores.Namespace, specs []bson.Raw) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.existing(ctx, ns)
	if err != nil {
		return err
	}
	c := *old.Collection
	c.Indexes = slices.Clip(c.Indexes)
	for _, spec := range specs {
		// A server takes one that is there already for created.
		if !slices.ContainsFunc(old.Indexes, func(e bson.Raw) bool {
			return stores.IndexName(e) == stores.IndexName(spec) && doc.Same(e.Lookup("key"), spec.Lookup("key"))
		}) {
			c.Indexes = append(c.Indexes, spec)
		}
	}
	t := &table{Collection: &c}
	t.findUnique()
	if w := newWriter(t); w.duplicate != "" {
		return &stores.RefusedError{Err: fmt.Errorf("creating indexes of %s: %s", ns, w.duplicate)}
	}
	return s.save(ns, t)
}

// Run implements stores.Store: a directory carries no commands out.
func (s *Store) Run(_ context.Context, database string, _ bson.Raw) error {
	return &stores.RefusedError{Err: fmt.Errorf("a directory runs no commands on %s: apply to a server, or take `before` and `after` out", database)}
}

// Write implements stores.Store.
func (s *Store) Write(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.writerOf(ctx, ns)
	if err != nil {
		return stores.Result{}, err
	}
	for i, op := range ops {
		w.do(i, op)
	}
	if w.result.Done() == 0 {
		return w.result, nil
	}
	return s.saveWritten(ns, w)
}

// writerOf is a writer on a copy of a collection's documents.
func (s *Store) writerOf(ctx context.Context, ns stores.Namespace) (*writer, error) {
	old, err := s.existing(ctx, ns)
	if err != nil {
		return nil, err
	}
	c := *old.Collection
	c.Documents = slices.Clone(c.Documents)
	return newWriter(&table{Collection: &c, unique: old.unique}), nil
}

// saveWritten saves what a writer has done, without the documents it deleted.
func (s *Store) saveWritten(ns stores.Namespace, w *writer) (stores.Result, error) {
	w.t.Documents = slices.DeleteFunc(w.t.Documents, func(d layout.Document) bool { return d.Raw == nil })
	if err := s.save(ns, w.t); err != nil {
		return stores.Result{}, err
	}
	return w.result, nil
}

// Transact implements stores.Store: the folder is written only when all is done.
func (s *Store) Transact(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.writerOf(ctx, ns)
	if err != nil {
		return stores.Result{}, err
	}
	going := 0
	for i, op := range ops { // documents go before others come
		if op.Action == stores.Delete || op.Action == stores.Replace {
			going++
			op.Action = stores.Delete
			w.do(i, op)
		}
	}
	if w.result.Deleted < going {
		return stores.Result{}, nil
	}
	w.result.Deleted = 0
	for i, op := range ops {
		switch op.Action {
		case stores.Delete:
			w.result.Deleted++
		case stores.Replace:
			op.Action = stores.Insert
			w.do(i, op)
			w.result.Inserted--
			w.result.Matched++
		default:
			w.do(i, op)
		}
	}
	if w.result.Done() < len(ops) {
		return stores.Result{Refused: w.result.Refused}, nil
	}
	return s.saveWritten(ns, w)
}

// writer applies operations to a table.
type writer struct {
	t       *table
	byID    map[string]int
	entries []map[string]int // for each unique index: entry -> document
	result  stores.Result
	// duplicate says which unique index the documents break as they are.
	duplicate string
}

func newWriter(t *table) *writer {
	w := &writer{t: t, byID: make(map[string]int, len(t.Documents)), entries: make([]map[string]int, len(t.unique))}
	for i := range w.entries {
		w.entries[i] = map[string]int{}
	}
	for n, d := range t.Documents {
		if index, taken := w.taken(d.Raw, -1); taken {
			w.duplicate = duplicateMessage(index)
		}
		w.enter(d.Raw, n)
	}
	return w
}

func duplicateMessage(index string) string {
	return fmt.Sprintf("duplicate key in the unique index %s", index)
}

// taken names the unique index that a document would break beside others than self.
func (w *writer) taken(d bson.Raw, self int) (string, bool) {
	if n, ok := w.byID[doc.Key(d.Lookup("_id"))]; ok && n != self {
		return "_id_", true
	}
	for i := range w.t.unique {
		for _, e := range w.t.unique[i].Entries(d) {
			if n, ok := w.entries[i][e.Key()]; ok && n != self {
				return w.t.unique[i].Name, true
			}
		}
	}
	return "", false
}

func (w *writer) enter(d bson.Raw, n int) {
	w.byID[doc.Key(d.Lookup("_id"))] = n
	for i := range w.t.unique {
		for _, e := range w.t.unique[i].Entries(d) {
			w.entries[i][e.Key()] = n
		}
	}
}

func (w *writer) leave(d bson.Raw) {
	delete(w.byID, doc.Key(d.Lookup("_id")))
	for i := range w.t.unique {
		for _, e := range w.t.unique[i].Entries(d) {
			delete(w.entries[i], e.Key())
		}
	}
}

// do applies one operation.
func (w *writer) do(i int, op stores.Op) {
	n := len(w.t.Documents)
	var before bson.Raw
	if op.Action != stores.Insert {
		var found bool
		if n, found = w.byID[doc.Key(op.Guard.ID)]; !found {
			return
		}
		if before = w.t.Documents[n].Raw; !op.Guard.Holds(before) {
			return
		}
	}
	after := op.Document
	switch op.Action {
	case stores.Delete:
		w.leave(before)
		w.t.Documents[n].Raw = nil
		w.result.Deleted++
		return
	case stores.Update:
		if path, ok := blockedParent(before, op.Set); ok {
			w.result.Refused = append(w.result.Refused, stores.Refusal{Index: i, Moved: true, Message: path.String() + " is no document"})
			return
		}
		after = stores.Updated(before, op.Set, op.Unset)
	}
	if index, taken := w.taken(after, n); taken {
		w.result.Refused = append(w.result.Refused, stores.Refusal{Index: i, Duplicate: true, Message: duplicateMessage(index)})
		return
	}
	if before == nil {
		w.t.Documents = append(w.t.Documents, layout.Document{Raw: after})
		w.result.Inserted++
	} else {
		w.leave(before)
		w.t.Documents[n].Raw = after
		w.result.Matched++
	}
	w.enter(after, n)
}

// blockedParent finds a parent of a written path that is there and no document.
func blockedParent(d bson.Raw, set []stores.Field) (doc.Path, bool) {
	for _, f := range set {
		for n := 1; n < len(f.Path); n++ {
			if v, ok := doc.Get(d, f.Path[:n]); ok && v.Type != bson.TypeEmbeddedDocument {
				return f.Path[:n], true
			}
		}
	}
	return nil, false
}
