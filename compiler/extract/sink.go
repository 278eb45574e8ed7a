package extract

// Where the files of a collection go. In: files, whole or some lines at a time; out: a folder in the place of the
// one that was there. Files that are as they were are taken over.

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// sink is where the files of a collection go.
type sink interface {
	layout.Sink
	// done gets the lock at the end; it reports whether the folder is another one.
	done(lock []byte, r *Result) (changed bool, err error)
}

// folderSink writes a folder anew.
type folderSink struct {
	folder *replace.Folder
	state  *layout.State
}

// File implements layout.Sink.
func (s *folderSink) File(name string, digest layout.Digest, data []byte) error {
	if s.state.Files[name] == digest {
		if kept, err := s.folder.Keep(name); kept || err != nil {
			return err
		}
	}
	return s.folder.Write(name, data)
}

// Lines implements layout.Sink.
func (s *folderSink) Lines(name string) (io.WriteCloser, error) {
	file, err := s.folder.Rewrite(name)
	if err != nil {
		return nil, err
	}
	return &bufferedFile{bufio.NewWriterSize(file, 64<<10), file}, nil
}

type bufferedFile struct {
	*bufio.Writer
	file io.Closer
}

// Close implements io.Closer.
func (b *bufferedFile) Close() error { return errors.Join(b.Flush(), b.file.Close()) }

// done writes the lock, or gives the folder up when the one in its place is the same.
func (s *folderSink) done(lock []byte, _ *Result) (bool, error) {
	if bytes.Equal(lock, s.state.Lock) && len(s.state.Edited) == 0 {
		return false, s.folder.Discard()
	}
	return true, s.folder.Write(layout.LockName, lock)
}
