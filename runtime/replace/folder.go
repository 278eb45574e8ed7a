package replace

// One folder that is being made. In: files, whole or piece by piece; out: the
// folder in the area, and the names to have on disk before the commit.

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Folder is a folder that Commit puts in its place. Names of files are relative
// to it, with slashes, and never lead out of it.
type Folder struct {
	work      *Work
	entry     entry
	number    int
	root      *os.Root // nil once closed
	parents   []string // folders made, sorted
	written   []string
	discarded bool
}

// Write writes a file.
func (f *Folder) Write(name string, data []byte) error {
	file, err := f.Create(name)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// Create makes an empty file to write to.
func (f *Folder) Create(name string) (*File, error) {
	if err := f.parent(name); err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	f.written = append(f.written, name)
	return &File{file: file, name: name, work: f.work}, nil
}

// Stat describes a file that was written or taken over.
func (f *Folder) Stat(name string) (os.FileInfo, error) { return f.root.Lstat(name) }

// Keep takes over a file of the folder that is replaced, as it is; false when
// the file system cannot (it has no hard links), and nothing was done. It is on disk
// as far as it was before.
func (f *Folder) Keep(name string) (bool, error) {
	if err := f.parent(name); err != nil {
		return false, err
	}
	err := f.work.root.Link(path.Join(f.entry.Path, name), path.Join(newName(f.number), name))
	return err == nil, nil
}

func (f *Folder) parent(name string) error {
	parent := path.Dir(name)
	i, made := slices.BinarySearch(f.parents, parent)
	if parent == "." || made {
		return nil
	}
	f.parents = slices.Insert(f.parents, i, parent)
	return f.root.MkdirAll(filepath.FromSlash(parent), 0o755)
}

// Discard gives the folder up: the one in its place stays.
func (f *Folder) Discard() error {
	f.discarded = true
	if err := f.close(); err != nil {
		return err
	}
	return f.work.root.RemoveAll(newName(f.number))
}

// sync has the folder's files and names on disk.
func (f *Folder) sync() error {
	if err := each(f.written, func(name string) error { return syncFile(f.root, name) }); err != nil {
		return err
	}
	return each(append([]string{"."}, f.parents...), func(name string) error { return syncDir(f.root, name) })
}

func (f *Folder) close() error {
	if f.root == nil {
		return nil
	}
	err := f.root.Close()
	f.root = nil
	return err
}
