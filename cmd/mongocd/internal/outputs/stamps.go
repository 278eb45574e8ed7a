package outputs

// Large files of the output that are as they were written. In: a build folder, and what a
// store has of the last compilation that wrote it; out: their SHA-256 without reading them.
//
// A file is as it was where its inode, its size and the time of its last change are, as git
// has it in its index. This only tells whether somebody edited the output by hand: what is
// extracted is always digested, and so is the output by --check and without a store.

import (
	"io/fs"
	"path"
	"path/filepath"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/runtime/replace"
)

// stampedFrom is from how many bytes on a file has a stamp: reading a smaller one takes no longer.
const stampedFrom = 1 << 20

// stamp is how a file is known again.
type stamp struct {
	Inode    uint64
	Size     int64
	Modified int64 // nanoseconds since 1970
	SHA256   string
}

// stampOf is that of a file, without its digest; false: it has none.
func stampOf(info fs.FileInfo) (stamp, bool) {
	inode, ok := inodeOf(info)
	return stamp{Inode: inode, Size: info.Size(), Modified: info.ModTime().UnixNano()}, ok && info.Mode().IsRegular() && info.Size() >= stampedFrom
}

// stampsKey is what the stamps of a folder are found by; nil: none are kept.
func stampsKey(store *cache.Store, out *Place, at string) *cache.Key {
	name, err := filepath.Abs(out.shown)
	if store == nil || err != nil {
		return nil
	}
	return cache.KeyOf("stamps", name, at)
}

// stampsOf are those of the files of a folder, by path, when it was written last.
func stampsOf(store *cache.Store, out *Place, at string) map[string]stamp {
	k := stampsKey(store, out, at)
	if k == nil {
		return nil
	}
	known, _ := cache.Value[map[string]stamp](store, k)
	return known
}

// stamps are those of the files of a folder before it is put in its place, where nobody
// else has them. One that was taken over (kept) is to be as it was when it was digested.
func stamps(to *replace.Folder, f Folder, d *onDisk, kept map[string]bool) (map[string]stamp, error) {
	found := map[string]stamp{}
	for _, o := range f.Sums {
		info, err := to.Stat(o.Path)
		if err != nil {
			return nil, err
		}
		if s, ok := stampOf(info); ok && (!kept[o.Path] || d.stamps[o.Path] == s) {
			s.SHA256 = o.SHA256
			found[o.Path] = s
		}
	}
	return found, nil
}

// keepStamps keeps the stamps of a folder that was put in its place. A file may be changed
// once more within the tick of the clock in which it was written, and have the same stamp:
// only those are kept that were written in an earlier one than that of the folder's renaming,
// by the clock of the file system.
func keepStamps(store *cache.Store, out *Place, at string, found map[string]stamp) {
	k := stampsKey(store, out, at)
	if k == nil {
		return
	}
	parent, err := fs.Stat(out, path.Dir(out.at(at)))
	if err != nil {
		return // the next compilation digests them
	}
	for name, s := range found {
		if s.Modified >= parent.ModTime().UnixNano() {
			delete(found, name)
		}
	}
	cache.PutValue(store, k, found)
}
