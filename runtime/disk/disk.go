// Package disk is folders on disk that nothing leads out of.
//
// In: a path. Out: a Folder, which is opened once, to read as an fs.FS and to
// write through its os.Root. Whatever is exchanged on the way to a file
// afterwards, while a command runs, a link that leads out of the folder is an
// error, and so is one in the place of a folder below it that is opened.
package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is an open folder as a file system. Names may be any bytes, as those of
// files.
type Folder struct{ root *os.Root }

// Open opens the folder at a path.
func Open(name string) (*Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// Nearest opens the folder at a path or, when it is missing, the nearest one
// above it that is there; rest is the way from there, "." for none. For a path
// below the current directory that one is opened: a link that leads out of it is
// an error when it is used (Escapes).
func Nearest(name string) (f *Folder, rest string, err error) {
	name = filepath.Clean(name)
	if filepath.IsLocal(name) {
		f, err := Open(".")
		return f, filepath.ToSlash(name), err
	}
	for rest = "."; ; name = filepath.Dir(name) {
		f, err = Open(name)
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(name) == name {
			return f, rest, err
		}
		rest = path.Join(filepath.Base(name), rest)
	}
}

// Root is the folder to write through. It is closed with the Folder.
func (f *Folder) Root() *os.Root { return f.root }

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Open opens a file for reading.
func (f *Folder) Open(name string) (fs.File, error) { return f.root.Open(name) }

// ReadDir lists a folder, sorted.
func (f *Folder) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	list, err := dir.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return list, errors.Join(err, dir.Close())
}

// Names are the names in a folder, in no order. ReadDir asks for each file of an os.Root what it is, which takes most of
// its time.
func (f *Folder) Names(name string) ([]string, error) {
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	names, err := dir.Readdirnames(-1)
	return names, errors.Join(err, dir.Close())
}

// ReadFile reads a file.
func (f *Folder) ReadFile(name string) ([]byte, error) { return f.root.ReadFile(name) }

// Stat describes a file, or what a link within the folder leads to.
func (f *Folder) Stat(name string) (fs.FileInfo, error) { return f.root.Stat(name) }

// Lstat describes a file; a link is one.
func (f *Folder) Lstat(name string) (fs.FileInfo, error) { return f.root.Lstat(name) }

// ReadLink is where a link leads to.
func (f *Folder) ReadLink(name string) (string, error) { return f.root.Readlink(name) }

// Sub implements fs.SubFS: the folder below is opened once. One that is a link,
// or that is exchanged while it is opened, is an error.
func (f *Folder) Sub(name string) (fs.FS, error) {
	want, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	root, err := f.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	have, err := root.Stat(".")
	if err == nil && !os.SameFile(want, have) {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("it is a link, or was exchanged while it was opened")}
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Folder{root}, nil
}

// Escapes reports whether a path leads out of its os.Root, which has no error value for it.
func Escapes(err error) bool {
	var p *fs.PathError
	return errors.As(err, &p) && strings.Contains(p.Err.Error(), "escapes")
}

// Same is an error when the name of a folder below f is no longer that of the
// open one.
func (f *Folder) Same(name string, open *os.Root) error {
	now, err := f.root.Stat(name)
	if err != nil {
		return fmt.Errorf("%s was moved away while this ran: %w", name, err)
	}
	is, err := open.Stat(".")
	if err == nil && !os.SameFile(now, is) {
		err = fmt.Errorf("%s was exchanged for another folder while this ran: run the command again", name)
	}
	return err
}

// Sub opens a folder of a file system. It is closed with CloseSub.
func Sub(fsys fs.FS, dir string) (fs.FS, error) {
	if f, ok := fsys.(fs.SubFS); ok {
		return f.Sub(dir) // fs.Sub takes names that are text only
	}
	return fs.Sub(fsys, dir)
}

// CloseSub closes what Sub has given, when that is to be closed.
func CloseSub(fsys fs.FS) error {
	if c, ok := fsys.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
