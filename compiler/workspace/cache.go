package workspace

// What is read once and used again: the files of weaves while their text is the
// same, and extracted collections while nothing touches their files. In: a file
// system at one time, then at another. Out: Parsed weaves and collections of which
// those that did not change are the same values as before.

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Cache keeps what was read of one workspace. The zero value has nothing; nil keeps
// nothing. Several goroutines may use it.
type Cache struct {
	mutex       sync.Mutex
	files       map[string]parsedFile // by name
	weaves      map[string]*Parsed    // by directory
	collections map[place]*cached
	reading     map[place]*sync.Mutex // held while a collection is read
	// store has files that were parsed before; nil: none. surveyed are the digests of files.
	store    *cache.Store
	surveyed map[place]map[string]layout.Digest
}

type parsedFile struct {
	tree   *ast.File
	syntax diag.List
}

// place is a collection below a folder: extracted/, or that of a pin.
type place struct {
	root string
	Key
}

// cached is a collection with what its files were like when it was read.
type cached struct {
	*Collection
	state uint64
}

// Parsed is the weave of one directory before it is part of a workspace.
type Parsed struct {
	Dir   string
	Files []*source.File
	Trees []*ast.File
	// Syntax are the errors of its files. Without any it is checked: Static is what
	// that found, and Module is nil exactly when there are errors.
	Syntax, Static diag.List
	Module         *check.Module
}

// Parse parses and checks the weaves of files by directory, in order of the
// directories.
func (c *Cache) Parse(byDir map[string][]*source.File) []*Parsed {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	before := c.files
	c.files = map[string]parsedFile{}
	weaves := map[string]*Parsed{}
	for dir, list := range byDir {
		p := &Parsed{Dir: dir}
		for _, f := range list {
			known, ok := before[f.Name]
			if !ok || known.tree.Source.Text != f.Text {
				known.tree, known.syntax = parser.Parse(f)
			}
			c.files[f.Name] = known
			p.Files = append(p.Files, known.tree.Source)
			p.Trees = append(p.Trees, known.tree)
			p.Syntax = append(p.Syntax, known.syntax...)
		}
		if same := c.weaves[dir]; same != nil && slices.Equal(same.Files, p.Files) {
			p = same
		} else if len(p.Syntax) == 0 {
			p.Module, p.Static = check.Check(p.Trees)
		}
		weaves[dir] = p
	}
	c.weaves = weaves
	out := make([]*Parsed, 0, len(weaves))
	for _, dir := range slices.Sorted(maps.Keys(weaves)) {
		out = append(out, weaves[dir])
	}
	return out
}

// With is the workspace with collections read through the cache.
func (w *Workspace) With(c *Cache) *Workspace {
	with := *w
	with.cache = c
	return &with
}

// read reads a collection unless it is known.
func (c *Cache) read(ctx context.Context, space *paged.Space, files fs.FS, k place, at source.Span) (*Collection, diag.List) {
	if c == nil {
		return read(ctx, space, nil, files, k, at)
	}
	c.mutex.Lock()
	if c.reading == nil {
		c.reading = map[place]*sync.Mutex{}
	}
	if c.reading[k] == nil {
		c.reading[k] = &sync.Mutex{}
	}
	one := c.reading[k]
	c.mutex.Unlock()
	one.Lock()
	defer one.Unlock()
	c.mutex.Lock()
	known := c.collections[k]
	c.mutex.Unlock()
	if known != nil {
		return known.Collection, nil
	}
	found, diags := read(ctx, space, c.partsOf(k), files, k, at)
	if found == nil {
		return nil, diags
	}
	state, err := stateOf(files, found.Folder)
	if err != nil {
		return found, append(diags, unusable(err)...)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.collections == nil {
		c.collections = map[place]*cached{}
	}
	found.once = &sync.Map{}
	c.collections[k] = &cached{found, state}
	return found, diags
}

// partsOf is for reading a collection file by file; nil: nothing is kept of its files.
func (c *Cache) partsOf(k place) *parts {
	if c.store == nil || c.surveyed[k] == nil {
		return nil
	}
	return &parts{store: c.store, digests: c.surveyed[k], were: map[string]filePart{}}
}

// Once is what is made of a collection: the last one kept for the purpose, while its
// key is the same. It is for what takes long and depends on the documents and the key.
func Once[T any](c *Collection, purpose, key string, make func() T) T {
	type made struct {
		key   string
		value T
	}
	if c.once == nil {
		return make()
	}
	if known, ok := c.once.Load(purpose); ok {
		if known := known.(made); known.key == key {
			return known.value
		}
	}
	m := made{key, make()}
	c.once.Store(purpose, m)
	return m.value
}

// Load is an extracted collection, read unless it is known; nil when it cannot be read: the
// analysis of the rules says why.
func (c *Cache) Load(files fs.FS, k Key) *Collection {
	found, _ := c.read(context.Background(), nil, files, place{extractedDir, k}, source.Span{})
	return found
}

// LoadPinned is Load of a collection that is pinned for an environment.
func (c *Cache) LoadPinned(files fs.FS, environment string, k Key) *Collection {
	found, _ := c.read(context.Background(), nil, files, place{PinFolder(environment), k}, source.Span{})
	return found
}

// Refresh forgets the collections whose files are not as they were when they were
// read, by their names, sizes and times, and reports whether there was one.
func (c *Cache) Refresh(files fs.FS) bool {
	c.mutex.Lock()
	known := maps.Clone(c.collections)
	c.mutex.Unlock()
	changed := false
	for k, was := range known {
		if state, err := stateOf(files, was.Folder); err == nil && state == was.state {
			continue
		}
		changed = true
		c.mutex.Lock()
		delete(c.collections, k)
		c.mutex.Unlock()
	}
	return changed
}

// stateOf is a number that another name, size or time of a file below a folder changes.
func stateOf(files fs.FS, folder string) (uint64, error) {
	h := fnv.New64a()
	err := fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(h, "%q", name); err != nil {
			return err
		}
		return binary.Write(h, binary.LittleEndian, [2]int64{info.Size(), info.ModTime().UnixNano()})
	})
	return h.Sum64(), err
}
