package replace

// One file that may become what it is in the folder that is replaced. In: its bytes, piece by piece; out: the file in the
// new folder. As long as they are those of the old file nothing is written, and one that is the same to its end is
// taken over.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Rewritten is a file of a Folder. It is for one goroutine at a time, and is closed before the commit.
type Rewritten struct {
	folder *Folder
	name   string
	old    *os.File // nil: it is another one, and written
	was    fs.FileInfo
	same   int64 // bytes, so far
	buf    []byte
	file   *File
}

// Rewrite begins a file.
func (f *Folder) Rewrite(name string) (*Rewritten, error) {
	r := &Rewritten{folder: f, name: name}
	at := path.Join(f.entry.Path, name)
	found, err := f.work.root.Lstat(at)
	if err != nil || !found.Mode().IsRegular() { // it is made anew, whatever is there
		return r, r.begin()
	}
	if r.old, err = f.work.root.Open(at); err != nil {
		r.old = nil
		return r, r.begin()
	}
	if r.was, err = r.old.Stat(); err != nil || !os.SameFile(found, r.was) {
		return r, r.begin()
	}
	return r, nil
}

// Write implements io.Writer.
func (r *Rewritten) Write(data []byte) (int, error) {
	if r.old != nil {
		if r.continues(data) {
			r.same += int64(len(data))
			return len(data), nil
		}
		if err := r.begin(); err != nil {
			return 0, err
		}
	}
	return r.file.Write(data)
}

// continues reports whether the old file goes on with these bytes.
func (r *Rewritten) continues(data []byte) bool {
	if r.buf == nil {
		r.buf = make([]byte, 64<<10)
	}
	for len(data) > 0 {
		part := r.buf[:min(len(r.buf), len(data))]
		if _, err := io.ReadFull(r.old, part); err != nil || !bytes.Equal(part, data[:len(part)]) {
			return false
		}
		data = data[len(part):]
	}
	return true
}

// begin makes the file, with what was the same so far.
func (r *Rewritten) begin() (err error) {
	old := r.old
	r.old, r.buf = nil, nil
	if old != nil {
		defer func() { err = errors.Join(err, old.Close()) }()
	}
	if r.file, err = r.folder.Create(r.name); err != nil || r.same == 0 {
		return err
	}
	if _, err = io.Copy(r.file, io.NewSectionReader(old, 0, r.same)); err != nil {
		return err
	}
	return r.unchanged(old, false)
}

// unchanged is an error when somebody has written to the old file meanwhile, or put another one in
// its place that was taken over.
func (r *Rewritten) unchanged(old *os.File, kept bool) error {
	is, err := old.Stat()
	if err == nil && kept {
		is, err = r.folder.Stat(r.name)
	}
	if err == nil && (!os.SameFile(is, r.was) || is.Size() != r.was.Size() || !is.ModTime().Equal(r.was.ModTime())) {
		return fmt.Errorf("%s was changed while it was compared: run the command again", filepath.Join(r.folder.work.root.Name(), filepath.FromSlash(path.Join(r.folder.entry.Path, r.name))))
	}
	return err
}

// Close implements io.Closer.
func (r *Rewritten) Close() error {
	if old := r.old; old != nil {
		if r.same == r.was.Size() {
			kept, err := r.folder.Keep(r.name)
			if kept || err != nil {
				r.folder.written = append(r.folder.written, r.name) // whoever wrote it need not have synced it: git does not
				return errors.Join(err, r.unchanged(old, kept), old.Close())
			}
		}
		if err := r.begin(); err != nil {
			return err
		}
	}
	if r.file == nil {
		return nil // it could not be made, which was said
	}
	return r.file.Close()
}
