package watch

// When files change. In: the directory of a workspace and others whose files all count;
// out: a wait that ends when something was written there that a command reads, however
// long before the wait began.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settled is how long nothing must change before a wait ends: editors and extract write
// several files, or one in several steps. A wait ends after longest in any case.
const (
	settled = 100 * time.Millisecond
	longest = 2 * time.Second
)

// files are watched directories.
type files struct {
	watcher *fsnotify.Watcher
	dir     string          // the workspace
	others  []string        // directories whose files all count
	folders map[string]bool // those that are watched, by path; of follow, once that runs
	changed chan struct{}
	failed  chan error
}

// open begins to watch.
func open(dir string, others []string) (*files, error) {
	f := &files{folders: map[string]bool{}, changed: make(chan struct{}, 1), failed: make(chan error, 1)}
	var err error
	if f.dir, err = real(dir); err != nil {
		return nil, err
	}
	for _, o := range others {
		if o, err = real(o); err != nil {
			return nil, err
		}
		f.others = append(f.others, o)
	}
	if f.watcher, err = fsnotify.NewWatcher(); err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	for _, root := range append([]string{f.dir}, f.others...) {
		if err := f.add(root); err != nil {
			return nil, errors.Join(err, f.watcher.Close())
		}
	}
	go f.follow()
	return f, nil
}

// real is a directory's absolute path without links, as events have it.
func real(dir string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return "", fmt.Errorf("watch %q: %w", dir, err)
	}
	return absolute, nil
}

// close ends the watch.
func (f *files) close() error { return f.watcher.Close() }

// add watches a directory and all below it that a command reads. What is gone by now
// was a change of the directory above it.
func (f *files) add(root string) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("watch files: %w", err)
		case !entry.IsDir():
			return nil
		case !f.reads(name, true):
			return fs.SkipDir
		}
		switch err := f.watcher.Add(name); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case errors.Is(err, syscall.ENOSPC):
			return errors.New("more folders than this system watches: raise fs.inotify.max_user_watches, or run the command without --watch")
		case err != nil:
			return fmt.Errorf("watch files: %w", err)
		}
		f.folders[name] = true
		return nil
	})
}

// reads reports whether commands read a path, or may read below a folder: weaves but in
// build/ and hidden folders, whatever is in extracted/ and releases/, all of the other directories
// (compiler/workspace.Files says the same of a file system).
func (f *files) reads(name string, folder bool) bool {
	for _, other := range f.others {
		if name == other || strings.HasPrefix(name, other+string(filepath.Separator)) {
			return true
		}
	}
	within, err := filepath.Rel(f.dir, name)
	if err != nil {
		return false
	}
	if within == "." {
		return true
	}
	parts := strings.Split(filepath.ToSlash(within), "/")
	for _, p := range parts {
		if strings.HasPrefix(p, ".") {
			return false
		}
	}
	switch parts[0] {
	case "extracted", "releases":
		return true
	case "build":
		return false
	}
	return folder || strings.HasSuffix(within, ".weave")
}

// follow takes events up until the watch ends.
func (f *files) follow() {
	for {
		select {
		case event, ok := <-f.watcher.Events:
			if !ok {
				return
			}
			if event.Op == fsnotify.Chmod {
				continue
			}
			if event.Has(fsnotify.Create) && f.reads(event.Name, true) {
				if err := f.add(event.Name); err != nil { // a folder, perhaps with files already
					f.fail(err)
					return
				}
			}
			if f.reads(event.Name, f.folders[event.Name]) {
				f.note()
			}
			if event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename) {
				delete(f.folders, event.Name)
			}
		case err, ok := <-f.watcher.Errors:
			switch {
			case !ok:
				return
			case errors.Is(err, fsnotify.ErrEventOverflow):
				f.note() // some of them are lost: all may have changed
			default:
				f.fail(fmt.Errorf("watch files: %w", err))
				return
			}
		}
	}
}

func (f *files) note() {
	select {
	case f.changed <- struct{}{}:
	default: // it is known
	}
}

func (f *files) fail(err error) {
	select {
	case f.failed <- err:
	default: // one is enough
	}
}

// wait returns when files changed and are at rest, or ctx ends.
func (f *files) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-f.failed:
		return err
	case <-f.changed:
	}
	end := time.After(longest)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end:
			return nil
		case <-f.changed:
		case <-time.After(settled):
			return nil
		}
	}
}
