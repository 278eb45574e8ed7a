package disk

// A directory as a file system with nothing to close, for what only reads.

import (
	"errors"
	"io/fs"
)

// Dir is a directory as an fs.FS. No name and no symbolic link leads out of it.
// Each use opens it anew, so there is nothing to close; Sub opens a folder once,
// for what reads many files, which closes it.
type Dir string

// within opens the directory for one use.
func within[T any](d Dir, use func(*Folder) (T, error)) (T, error) {
	f, err := Open(string(d))
	if err != nil {
		var none T
		return none, err
	}
	out, err := use(f)
	return out, errors.Join(err, f.Close())
}

// Open opens a file for reading.
func (d Dir) Open(name string) (fs.File, error) {
	return within(d, func(f *Folder) (fs.File, error) { return f.Open(name) })
}

// ReadDir lists a folder, sorted.
func (d Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	return within(d, func(f *Folder) ([]fs.DirEntry, error) { return f.ReadDir(name) })
}

// ReadFile reads a file.
func (d Dir) ReadFile(name string) ([]byte, error) {
	return within(d, func(f *Folder) ([]byte, error) { return f.ReadFile(name) })
}

// Stat describes a file, or what a link within the directory leads to.
func (d Dir) Stat(name string) (fs.FileInfo, error) {
	return within(d, func(f *Folder) (fs.FileInfo, error) { return f.Stat(name) })
}

// Lstat describes a file; a link is one.
func (d Dir) Lstat(name string) (fs.FileInfo, error) {
	return within(d, func(f *Folder) (fs.FileInfo, error) { return f.Lstat(name) })
}

// ReadLink is where a link leads to.
func (d Dir) ReadLink(name string) (string, error) {
	return within(d, func(f *Folder) (string, error) { return f.ReadLink(name) })
}

// Sub opens a folder. What comes of it has a Close.
func (d Dir) Sub(dir string) (fs.FS, error) {
	return within(d, func(f *Folder) (fs.FS, error) { return f.Sub(dir) })
}
