package layout

// A directory of a disk as a file system that nothing leads out of: the one
// reader with the protections of os.Root. What reads folders (read.go, list.go)
// takes any fs.FS, and finds out itself what is a symbolic link.

import (
	"cmp"
	"io/fs"
	"os"
	"slices"
)

// Disk is a directory as an fs.FS. No name and no symbolic link leads out of it.
// Each use opens it anew, so there is nothing to close; Sub opens a folder once,
// for what reads many files, which closes it.
type Disk string

// folder is an opened folder of a disk. Names may be any bytes, as those of files.
type folder struct{ root *os.Root }

func (f folder) Open(name string) (fs.File, error) { return f.root.Open(name) }

func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	list, err := dir.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	if closed := dir.Close(); err == nil {
		err = closed
	}
	return list, err
}

func (f folder) ReadFile(name string) ([]byte, error)   { return f.root.ReadFile(name) }
func (f folder) Stat(name string) (fs.FileInfo, error)  { return f.root.Stat(name) }
func (f folder) Lstat(name string) (fs.FileInfo, error) { return f.root.Lstat(name) }
func (f folder) ReadLink(name string) (string, error)   { return f.root.Readlink(name) }
func (f folder) Close() error                           { return f.root.Close() }

// Sub opens a folder in the folder, which has a Close of its own.
func (f folder) Sub(dir string) (fs.FS, error) {
	root, err := f.root.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return folder{root}, nil
}

// within opens the directory for one use.
func within[T any](d Disk, use func(folder) (T, error)) (T, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		var none T
		return none, err
	}
	out, err := use(folder{root})
	if closed := root.Close(); err == nil {
		err = closed
	}
	return out, err
}

// Open opens a file for reading.
func (d Disk) Open(name string) (fs.File, error) {
	return within(d, func(f folder) (fs.File, error) { return f.Open(name) })
}

// ReadDir lists a folder, sorted.
func (d Disk) ReadDir(name string) ([]fs.DirEntry, error) {
	return within(d, func(f folder) ([]fs.DirEntry, error) { return f.ReadDir(name) })
}

// ReadFile reads a file.
func (d Disk) ReadFile(name string) ([]byte, error) {
	return within(d, func(f folder) ([]byte, error) { return f.ReadFile(name) })
}

// Stat describes a file, or what a link within the directory leads to.
func (d Disk) Stat(name string) (fs.FileInfo, error) {
	return within(d, func(f folder) (fs.FileInfo, error) { return f.Stat(name) })
}

// Lstat describes a file; a link is one.
func (d Disk) Lstat(name string) (fs.FileInfo, error) {
	return within(d, func(f folder) (fs.FileInfo, error) { return f.Lstat(name) })
}

// ReadLink is where a link leads to.
func (d Disk) ReadLink(name string) (string, error) {
	return within(d, func(f folder) (string, error) { return f.ReadLink(name) })
}

// Sub opens a folder. What comes of it has a Close.
func (d Disk) Sub(dir string) (fs.FS, error) {
	return within(d, func(f folder) (fs.FS, error) { return f.Sub(dir) })
}
