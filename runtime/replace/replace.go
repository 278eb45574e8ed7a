// Package replace puts folders in the place of others below a root, all of them
// or none.
//
// In: a root in an open folder, and for each folder its path below the root and
// its files. Out: the folders replaced. Everything is first written into ROOT/.mongocd-new; then
// a marker in it lists the folders, which is the commit; then they are renamed.
// Finish, and with it every command that reads or writes below the root, first
// carries out what a marker of an interrupted run says; without a marker what
// such a run left behind is removed by the next Begin. One process at a time
// writes below a root. Everything goes through the os.Root of the open folder:
// links that somebody puts in the place of folders meanwhile lead nowhere else.
//
// What a kill can leave is the old or the new state; with Durable, what a loss
// of power can leave as well: files and folders are on disk (fsync) before the
// marker is.
package replace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// Area is the folder under a root in which everything new is made. It is hidden
// from git by a .gitignore of its own.
const Area = ".mongocd-new"

const (
	marker = "commit.json"
	ignore = ".gitignore"
)

// format is the version of the marker. A newer one is refused.
const format = 1

// entry is one folder in the marker: new-N in the area takes the place of Path.
type entry struct {
	Path string `json:"path"` // below the root, with slashes
	// Own are the names in the folder that are replaced; other files of the old
	// folder stay. Empty: the folder is replaced as a whole.
	Own []string `json:"own,omitempty"`
	// Remove: nothing takes its place.
	Remove bool `json:"remove,omitempty"`
}

type commit struct {
	Format  int     `json:"format"`
	Folders []entry `json:"folders"`
}

// Work is one replacement under way. Its methods are for one goroutine at a
// time; each Folder may be used by a goroutine of its own.
type Work struct {
	base    *disk.Folder
	name    string // of the root in base
	root    *os.Root
	lock    *lock
	made    bool // the root is new
	durable bool
	folders []*Folder

	temporaries atomic.Int64
	writeBack   func(f *os.File, from, size int64) error // another one for tests
}

// Begin makes the root, which has a path in base, if it is missing, finishes
// what an interrupted run has committed and removes what another one left.
// durable: everything is on disk before it is committed. It is an error when
// another process writes there. base is to stay open until Close.
func Begin(base *disk.Folder, name string, durable bool) (*Work, error) {
	_, err := base.Root().Lstat(name)
	w := &Work{base: base, name: name, made: errors.Is(err, fs.ErrNotExist), durable: durable, writeBack: writeBack}
	if err := base.Root().MkdirAll(name, 0o755); err != nil {
		return nil, err
	}
	if w.root, err = base.Root().OpenRoot(name); err == nil {
		if w.lock, err = acquire(w.root, 0); err == nil {
			if err = finish(w.root); err == nil {
				err = w.prepare()
			}
		}
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *Work) prepare() error {
	if err := w.root.RemoveAll(Area); err != nil {
		return err
	}
	if err := w.root.Mkdir(Area, 0o755); err != nil {
		return err
	}
	return w.root.WriteFile(path.Join(Area, ignore), []byte("*\n"), 0o644)
}

// Temporary makes an empty file for what does not fit into memory. It may be
// called by several goroutines.
func (w *Work) Temporary() (*Temporary, error) {
	name := fmt.Sprintf("%s/temporary-%d", Area, w.temporaries.Add(1))
	file, err := w.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &Temporary{file, w.root, name}, nil
}

// Temporary is a file that is removed when it is closed.
type Temporary struct {
	*os.File
	root *os.Root
	name string
}

// Close closes and removes the file.
func (t *Temporary) Close() error { return errors.Join(t.File.Close(), t.root.Remove(t.name)) }

// Folder begins the folder that takes the place of the one at a path below the
// root, given with the separators of the system. own are the names in it that
// are replaced, other files stay; nil: all of it is replaced.
func (w *Work) Folder(at string, own []string) (*Folder, error) {
	at = filepath.ToSlash(filepath.Clean(at))
	if !filepath.IsLocal(filepath.FromSlash(at)) || at == "." || strings.HasPrefix(at, Area) {
		return nil, fmt.Errorf("the folder %q is not below %s", at, w.root.Name())
	}
	if err := noLink(w.root, at); err != nil {
		return nil, err
	}
	f := &Folder{work: w, entry: entry{Path: at, Own: own}, number: len(w.folders)}
	name := newName(f.number)
	if err := w.root.Mkdir(name, 0o755); err != nil {
		return nil, err
	}
	var err error
	if f.root, err = w.root.OpenRoot(name); err != nil {
		return nil, err
	}
	w.folders = append(w.folders, f)
	return f, nil
}

// Remove begins the removal of the folder at a path: Commit removes it, but for
// files that are not among own.
func (w *Work) Remove(at string, own []string) error {
	f, err := w.Folder(at, own)
	if err == nil {
		f.entry.Remove = true
	}
	return err
}

// noLink refuses a path that leads through something other than folders.
func noLink(root *os.Root, at string) error {
	for end := 0; end < len(at); {
		if i := strings.IndexByte(at[end:], '/'); i >= 0 {
			end += i
		} else {
			end = len(at)
		}
		name := at[:end]
		end++
		if info, err := root.Lstat(name); err == nil && !info.IsDir() {
			return &NoFolderError{Path: filepath.Join(root.Name(), filepath.FromSlash(name))}
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// NoFolderError is a file or a link where a folder is needed.
type NoFolderError struct{ Path string }

// Error says what is in the way.
func (e *NoFolderError) Error() string {
	return fmt.Sprintf("%s is no folder: symbolic links and plain files are not written through; remove it", e.Path)
}

// Commit replaces the folders. After an error nothing was replaced, or the
// next Begin or Finish replaces the rest.
func (w *Work) Commit() error {
	c := commit{Format: format}
	for _, f := range w.folders {
		if w.durable && !f.discarded {
			if err := f.sync(); err != nil {
				return err
			}
		}
		if err := f.close(); err != nil {
			return err
		}
		if f.discarded {
			continue
		}
		// The number of a folder in the marker is that of its name in the area.
		if to := len(c.Folders); to != f.number {
			if err := w.root.Rename(newName(f.number), newName(to)); err != nil {
				return err
			}
			f.number = to
		}
		c.Folders = append(c.Folders, f.entry)
	}
	if len(c.Folders) == 0 {
		return nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := w.base.Same(w.name, w.root); err != nil {
		return err
	}
	if err := w.mark(text); err != nil {
		return fmt.Errorf("write the commit marker: %w", err)
	}
	return errors.Join(finish(w.root), w.base.Same(w.name, w.root))
}

// mark writes the marker, complete or not at all.
func (w *Work) mark(text []byte) (err error) {
	temporary, final := path.Join(Area, marker+".new"), path.Join(Area, marker)
	f, err := w.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil && w.durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if w.durable {
		if err := syncDir(w.root, Area); err != nil {
			return err
		}
	}
	if err := w.root.Rename(temporary, final); err != nil {
		return err
	}
	if w.durable {
		return syncDir(w.root, Area)
	}
	return nil
}

// Close gives up what was not committed and lets other processes write.
func (w *Work) Close() error {
	var err error
	for _, f := range w.folders {
		err = errors.Join(err, f.close())
	}
	if w.lock != nil {
		// A marker stays for the next run: Commit could not finish.
		if _, missing := w.root.Lstat(path.Join(Area, marker)); errors.Is(missing, fs.ErrNotExist) {
			err = errors.Join(err, w.root.RemoveAll(Area))
		}
		if w.made {
			if entries, reading := fs.ReadDir(w.root.FS(), "."); reading == nil && len(entries) == 0 {
				err = errors.Join(err, w.base.Root().Remove(w.name))
			}
		}
		err = errors.Join(err, w.lock.release())
		w.lock = nil
	}
	if w.root != nil {
		err = errors.Join(err, w.root.Close())
		w.root = nil
	}
	return err
}

// finishWait is how long Finish waits for a process that is just renaming.
const finishWait = time.Minute

// Finish carries out what an interrupted run under the root, which has a path in
// base, has committed. It costs one look at the file system when there is
// nothing to do.
func Finish(base *disk.Folder, name string) error {
	if _, err := base.Root().Lstat(path.Join(name, Area, marker)); err != nil {
		return nil // Reading what is there says why it cannot be read.
	}
	root, err := base.Root().OpenRoot(name)
	if err != nil {
		return err
	}
	held, err := acquire(root, finishWait)
	if err == nil {
		err = errors.Join(finish(root), held.release())
	}
	return errors.Join(err, root.Close())
}

// finish carries out the marker. Every step can be interrupted, and is then
// finished by the next call.
func finish(root *os.Root) error {
	at := path.Join(Area, marker)
	text, err := root.ReadFile(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the commit marker: %w", err)
	}
	name := filepath.Join(root.Name(), filepath.FromSlash(at))
	var c commit
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("%s is damaged: remove the folder that holds it and run the command that was interrupted again: %w", name, err)
	}
	if c.Format > format {
		return fmt.Errorf("%s has format %d; this mongocd reads formats up to %d: use a newer mongocd", name, c.Format, format)
	}
	for i, e := range c.Folders {
		if !filepath.IsLocal(filepath.FromSlash(e.Path)) || strings.HasPrefix(e.Path, Area) {
			return fmt.Errorf("%s names %q, which is not below %s: remove the folder that holds it", name, e.Path, root.Name())
		}
		if err := swap(root, i, e); err != nil {
			return fmt.Errorf("replace %s: %w", e.Path, err)
		}
	}
	if err := root.Remove(at); err != nil {
		return err
	}
	return root.RemoveAll(Area)
}

func newName(i int) string { return fmt.Sprintf("%s/new-%d", Area, i) }

// swap puts the new folder in its place and moves over what is to stay.
func swap(root *os.Root, i int, e entry) error {
	fresh, old := newName(i), fmt.Sprintf("%s/old-%d", Area, i)
	if exists(root, fresh) {
		if err := noLink(root, e.Path); err != nil {
			return err
		}
		if exists(root, e.Path) {
			if exists(root, old) {
				return fmt.Errorf("it was made again after a run was interrupted: move it away, then run the command again")
			}
			if err := root.Rename(e.Path, old); err != nil {
				return err
			}
		}
		if err := root.MkdirAll(path.Dir(e.Path), 0o755); err != nil {
			return err
		}
		// What is removed leaves an empty folder until the user's files are back in it.
		if err := root.Rename(fresh, e.Path); err != nil {
			return err
		}
		if err := errors.Join(syncDir(root, path.Dir(e.Path)), syncDir(root, Area)); err != nil {
			return err
		}
	}
	if len(e.Own) > 0 && exists(root, old) {
		entries, err := readDir(root, old)
		if err != nil {
			return err
		}
		for _, other := range entries {
			if slices.Contains(e.Own, other.Name()) {
				continue
			}
			if err := root.Rename(path.Join(old, other.Name()), path.Join(e.Path, other.Name())); err != nil {
				return err
			}
		}
	}
	if !e.Remove || !exists(root, e.Path) {
		return nil
	}
	entries, err := readDir(root, e.Path)
	if err != nil || len(entries) > 0 {
		return err
	}
	return errors.Join(root.Remove(e.Path), syncDir(root, path.Dir(e.Path)))
}

func exists(root *os.Root, name string) bool {
	_, err := root.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

func readDir(root *os.Root, name string) ([]fs.DirEntry, error) {
	dir, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	entries, err := dir.ReadDir(-1)
	return entries, errors.Join(err, dir.Close())
}

// syncDir has the names in a folder on disk. Windows has no such call: there
// the file system's journal keeps renames in order.
func syncDir(root *os.Root, name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return syncFile(root, name)
}

func syncFile(root *os.Root, name string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		flag = os.O_RDWR // FlushFileBuffers needs a handle that may write
	}
	f, err := root.OpenFile(name, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncWorkers is how many files are flushed at once: flushing waits for the
// disk, which takes several requests together.
const syncWorkers = 8

func each(names []string, do func(string) error) error {
	errs := make([]error, min(syncWorkers, len(names)))
	parallel.Run(len(errs), func(i int) {
		for j := i; j < len(names) && errs[i] == nil; j += len(errs) {
			errs[i] = do(names[j])
		}
	})
	return errors.Join(errs...)
}
