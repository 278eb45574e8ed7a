package workspace

// What jobs come of, without their data being looked into. In: jobs, as Workspace.Jobs
// gives them; out: the digests of the files of their collections, and for each job a
// text that is another one wherever the job could give something else.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Survey digests the files of the collections that the jobs need. What it returns is a
// Cache with them, whose documents are not known; those that cannot be read are not in
// it. nil: the data of the workspace does not all lie in files, or it has fewer bytes
// than are worth it. The store is told to prepare itself, and has files that were parsed before
// for who reads a collection through the Cache.
func (w *Workspace) Survey(ctx context.Context, jobs []*Job, store *cache.Store) *Cache {
	if w.cache != nil || w.instead != nil {
		return nil
	}
	files, done, err := w.extracted()
	if err != nil {
		return nil // whoever reads the data says it
	}
	c := &Cache{collections: map[place]*cached{}, store: store, surveyed: map[place]map[string]layout.Digest{}}
	enough := sizeOf(files, jobs, store.Worth) >= store.Worth
	if enough {
		store.Prepare()
	}
	for _, j := range jobs {
		for _, n := range j.Needs() {
			k := place{j.pin.root(), n.Key}
			if !enough || c.collections[k] != nil || ctx.Err() != nil {
				continue
			}
			found, _ := described(ctx, files, k, source.Span{}, func(ctx context.Context, files fs.FS, folder string) (*layout.Collection, error) {
				read, err := layout.Survey(ctx, files, folder)
				if err == nil {
					c.surveyed[k] = read.Digests
				}
				return read, err
			})
			if found != nil {
				found.surveyed = true
				c.collections[k] = &cached{Collection: found}
			}
		}
	}
	if err := done(); err != nil || !enough {
		return nil
	}
	return c
}

// sizeOf is how many bytes the collections of jobs have, as far as it matters.
func sizeOf(files fs.FS, jobs []*Job, enough int64) int64 {
	size := int64(0)
	seen := map[place]bool{}
	for _, j := range jobs {
		for _, n := range j.Needs() {
			k := place{j.pin.root(), n.Key}
			folder, err := layout.Find(files, k.root, k.Source, k.Name)
			if err != nil || seen[k] {
				continue // whoever reads the data says it
			}
			seen[k] = true
			err = fs.WalkDir(files, folder, func(_ string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				info, err := e.Info()
				if err == nil {
					size += info.Size()
				}
				if size >= enough {
					return fs.SkipAll
				}
				return err
			})
			if err != nil || size >= enough {
				return size
			}
		}
	}
	return size
}

// Forget has the documents of what a job needs read.
func (c *Cache) Forget(j *Job) {
	for _, n := range j.Needs() {
		delete(c.collections, place{j.pin.root(), n.Key})
	}
}

// Surveyed are the collections of a job that Survey found.
func (c *Cache) Surveyed(j *Job) func(Key) *Collection {
	return func(k Key) *Collection {
		if found := c.collections[place{j.pin.root(), k}]; found != nil {
			return found.Collection
		}
		return nil
	}
}

// Of are the collections of a job that were read.
func (s *Snapshot) Of(j *Job) func(Key) *Collection {
	return func(k Key) *Collection { return s.For(j.Environment).Collections[k] }
}

// ComesOf is all that a job gives something else for: its weave, its environment, the
// values of its inputs, its targets, and the content of the collections that it needs.
// false: one of these is not known, or other files tell which ones they are.
func (j *Job) ComesOf(collection func(Key) *Collection) ([]string, bool) {
	m := j.Weave.Module
	out := []string{j.Weave.Dir, m.Name, j.Environment, fmt.Sprint(j.Pinned())}
	for _, f := range j.Weave.Files {
		sum := sha256.Sum256([]byte(f.Text))
		out = append(out, "file", f.Name, hex.EncodeToString(sum[:]))
	}
	for _, in := range j.Inputs {
		out = append(out, "input", in.Name, in.Type, string(in.Value.Value))
	}
	for _, t := range j.Targets {
		if t.FanOut != nil {
			return nil, false // its databases are those of documents
		}
		out = append(out, "target", t.Source[j.Environment], t.Collection, t.Database(j.Environment), t.Destination)
	}
	for _, n := range j.Needs() {
		c := collection(n.Key)
		if c == nil {
			return nil, false
		}
		out = append(out, "collection", n.Key.Source, n.Key.Name, c.Folder, c.digest)
	}
	return out, true
}

// Digest is that of the collection's files, in hex.
func (c *Collection) Digest() string { return c.digest }

// Surveyed reports whether the documents are not known.
func (c *Collection) Surveyed() bool { return c.surveyed }
