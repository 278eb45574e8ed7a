package cache

// What has to go, so that the folder stays within its limit. In: the folder after an
// entry was written; out: the ones used longest ago removed, and what a run that was
// killed has left.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// abandoned is after which time a file that did not become an entry is nobody's.
const abandoned = time.Hour

// evict removes entries but the one that was just written.
func (s *Store) evict(written string) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	type file struct {
		name string
		size int64
		used time.Time
	}
	var files []file
	var all int64
	var failed error
	remove := func(name string) {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // another compilation removed it
			failed = errors.Join(failed, err)
		}
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or not ours
		}
		f := file{filepath.Join(s.dir, e.Name()), info.Size(), info.ModTime()}
		switch filepath.Ext(f.name) {
		case suffix:
			all += f.size
			if f.name != written {
				files = append(files, f)
			}
		case temporary:
			if time.Since(f.used) > abandoned {
				remove(f.name)
			}
		}
	}
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	for _, f := range files {
		if all <= s.limit {
			break
		}
		remove(f.name)
		all -= f.size
	}
	return failed
}
