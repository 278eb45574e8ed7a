package playground

// A workspace in memory. In: files by name; out: an fs.FS of them, which can be written.

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a workspace may have.
const (
	mostFiles = 20_000
	mostBytes = 64 << 20 // of all files together
)

// Files is a workspace in memory. Several goroutines may use it.
type Files struct {
	mutex   sync.RWMutex
	files   map[string]*node
	folders map[string]map[string]bool // names in a folder
	size    int
	writes  int64
}

// node is a file or a folder; written counts the writes before it, which stands for a time.
type node struct {
	name    string
	folder  bool
	data    []byte
	written int64
}

// NewFiles is a workspace without files.
func NewFiles() *Files {
	return &Files{files: map[string]*node{}, folders: map[string]map[string]bool{".": {}}}
}

// Write writes a file. A name that leads out of the workspace is an error, as is more
// than a workspace may have.
func (f *Files) Write(name string, data []byte) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("%.200q is no name of a file within a workspace", name)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.folders[name] != nil {
		return fmt.Errorf("%.200q is a folder", name)
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if f.files[dir] != nil {
			return fmt.Errorf("%.200q is a file, and %.200q would be in it", dir, name)
		}
	}
	size := f.size + len(data)
	old := f.files[name]
	if old != nil {
		size -= len(old.data)
	}
	switch {
	case size > mostBytes:
		return fmt.Errorf("the workspace is larger than %d MB, the most that the playground takes: leave collections out, or use the command line", mostBytes>>20)
	case old == nil && len(f.files) == mostFiles:
		return fmt.Errorf("the workspace has more than %d files, the most that the playground takes: leave collections out, or use the command line", mostFiles)
	}
	f.size = size
	f.writes++
	f.files[name] = &node{name: path.Base(name), data: data, written: f.writes}
	for at := name; at != "."; at = path.Dir(at) {
		dir := path.Dir(at)
		if f.folders[dir] == nil {
			f.folders[dir] = map[string]bool{}
		}
		f.folders[dir][path.Base(at)] = true
	}
	return nil
}

// Names are the names of all files, sorted.
func (f *Files) Names() []string {
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	out := make([]string, 0, len(f.files))
	for name := range f.files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// find is the file or folder of a name.
func (f *Files) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	if n := f.files[name]; n != nil {
		return n, nil
	}
	if f.folders[name] != nil {
		return &node{name: path.Base(name), folder: true}, nil
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

// Stat implements fs.StatFS.
func (f *Files) Stat(name string) (fs.FileInfo, error) { return f.find("stat", name) }

// ReadFile implements fs.ReadFileFS.
func (f *Files) ReadFile(name string) ([]byte, error) {
	n, err := f.find("read", name)
	if err != nil {
		return nil, err
	}
	if n.folder {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	return bytes.Clone(n.data), nil
}

// ReadDir implements fs.ReadDirFS.
func (f *Files) ReadDir(name string) ([]fs.DirEntry, error) {
	if n, err := f.find("readdir", name); err != nil {
		return nil, err
	} else if !n.folder {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	var out []fs.DirEntry
	for base := range f.folders[name] {
		n := f.files[path.Join(name, base)]
		if n == nil {
			n = &node{name: base, folder: true}
		}
		out = append(out, fs.FileInfoToDirEntry(n))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// Open implements fs.FS.
func (f *Files) Open(name string) (fs.File, error) {
	n, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	o := &open{node: n, data: bytes.NewReader(n.data)}
	if n.folder {
		if o.entries, err = f.ReadDir(name); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// open is an open file or folder.
type open struct {
	*node
	data    *bytes.Reader
	entries []fs.DirEntry
}

func (o *open) Stat() (fs.FileInfo, error) { return o.node, nil }
func (o *open) Close() error               { return nil }

func (o *open) Read(p []byte) (int, error) {
	if o.folder {
		return 0, &fs.PathError{Op: "read", Path: o.name, Err: fs.ErrInvalid}
	}
	return o.data.Read(p)
}

// ReadDir implements fs.ReadDirFile.
func (o *open) ReadDir(n int) ([]fs.DirEntry, error) {
	if !o.folder {
		return nil, &fs.PathError{Op: "readdir", Path: o.name, Err: fs.ErrInvalid}
	}
	out := o.entries
	if n > 0 {
		if len(out) == 0 {
			return nil, io.EOF
		}
		out = out[:min(n, len(out))]
	}
	o.entries = o.entries[len(out):]
	return out, nil
}

func (n *node) Name() string       { return n.name }
func (n *node) Size() int64        { return int64(len(n.data)) }
func (n *node) IsDir() bool        { return n.folder }
func (n *node) Sys() any           { return nil }
func (n *node) ModTime() time.Time { return time.Unix(n.written, 0) }

func (n *node) Mode() fs.FileMode {
	if n.folder {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
