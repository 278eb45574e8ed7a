// Package paged holds bytes that do not stay in memory: documents between the phases of a
// compilation, which are gone through one after the other and of which a phase needs one
// kind only.
//
// In: slices, a text that is written, a file. Out: the same bytes in a file that has no
// name any more, or in the one that is there, mapped into memory, which come in a page at
// a time and go when LetGo is called. Where files cannot be mapped (space_other.go), where
// the disk is full, and while there is little, they stay in memory. What is mapped stays
// so until the process ends, so that no slice of it can lead nowhere: a process that
// compiles again and again has no Space.
package paged

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Worth is how many bytes are worth a file, and are let go at once.
const Worth = 16 << 20

// segment is how much of the file is mapped at once.
const segment = 64 << 20

// Space is where they are. nil keeps all in memory. Several goroutines may use it.
type Space struct {
	worth   int // the constant, or less
	mutex   sync.Mutex
	inHeap  int      // bytes that were given and are in memory
	file    *os.File // that of Keep; nil: none yet
	at      int64    // where the mapped segment begins in it
	used    int      // bytes of that
	segment []byte
	writer  *bufio.Writer // of Keep
	all     [][]byte
	touched atomic.Int64
	trouble error // the first
}

// New is a Space of which so many bytes stay in memory: Worth.
func New(worth int) *Space { return &Space{worth: worth} }

// Trouble is the first thing that kept bytes in memory; nil: nothing did.
func (s *Space) Trouble() error {
	if s == nil {
		return nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.trouble
}

// Keep moves n slices out of memory: each is the same bytes elsewhere afterwards.
// Nobody may write into them.
func (s *Space) Keep(n int, at func(i int) *[]byte) {
	if s == nil || !Mapped {
		return
	}
	size := 0
	for i := range n {
		size += len(*at(i))
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.inHeap+size < s.worth || s.trouble != nil {
		s.inHeap += size
		return
	}
	to, err := s.room(size)
	if err != nil {
		s.trouble = err
		return
	}
	if s.writer == nil {
		s.writer = bufio.NewWriterSize(nil, 1<<20)
	}
	s.writer.Reset(io.NewOffsetWriter(s.file, s.at+int64(s.used)))
	for i := range n {
		if _, err = s.writer.Write(*at(i)); err != nil {
			break
		}
	}
	if err := errors.Join(err, s.writer.Flush()); err != nil {
		s.trouble = err
		return
	}
	s.used += size
	for i := range n {
		of := at(i)
		length := len(*of)
		*of, to = to[:length:length], to[length:]
	}
}

// room is where so many bytes come to lie.
func (s *Space) room(size int) ([]byte, error) {
	if s.file == nil {
		file, err := temporary()
		if err != nil {
			return nil, err
		}
		s.file = file
	}
	if s.used+size > len(s.segment) {
		at := s.at + int64(len(s.segment))
		next, err := mapped(s.file, at, max(segment, (size+segment-1)/segment*segment))
		if err != nil {
			return nil, err
		}
		s.at, s.used, s.segment, s.all = at, 0, next, append(s.all, next)
	}
	return s.segment[s.used : s.used+size], nil
}

// temporary makes a file that is gone when it is closed.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "mongocd-*") // 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Text is what write writes; size is about how much that is. The error is that of write alone.
func (s *Space) Text(size int, write func(io.Writer) error) ([]byte, error) {
	if s != nil && Mapped && size >= s.worth {
		text, err, written := s.text(write)
		if written || err != nil {
			return text, err
		}
	}
	b := buffer(make([]byte, 0, size))
	err := write(&b)
	return b, err
}

type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// text writes a text into a file of its own; false: that cannot be, and err is nil.
func (s *Space) text(write func(io.Writer) error) (text []byte, err error, ok bool) {
	f, trouble := temporary()
	if trouble == nil {
		to := &telling{f: f, of: s}
		w := bufio.NewWriterSize(to, 1<<20)
		if err := write(w); err != nil && to.failed == nil {
			return nil, errors.Join(err, f.Close()), false
		}
		if trouble = errors.Join(w.Flush(), to.failed); trouble == nil {
			text, trouble = s.Map(f, to.size)
		}
		trouble = errors.Join(trouble, f.Close())
	}
	if trouble == nil {
		return text, nil, true
	}
	s.failed(trouble)
	return nil, nil, false
}

func (s *Space) failed(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.trouble == nil {
		s.trouble = err
	}
}

// telling tells an error of the disk from one of who writes.
type telling struct {
	of     *Space
	f      *os.File
	size   int64
	failed error
}

func (t *telling) Write(p []byte) (int, error) {
	n, err := t.f.Write(p)
	t.size += int64(n)
	t.failed = err
	t.of.Touched(n) // about as much was read for it
	return n, err
}

// Map is the first bytes of a file, which must keep its length: that it may be closed, or
// removed, is fine.
func (s *Space) Map(f *os.File, size int64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	text, err := mapped(f, 0, int(size))
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.all = append(s.all, text)
	return text, nil
}

// Touched says how many bytes were read since it was called last: of many, the pages go.
func (s *Space) Touched(bytes int) {
	if s != nil && s.touched.Add(int64(bytes)) >= Worth {
		s.LetGo()
	}
}

// LetGo gives the memory of all pages back.
func (s *Space) LetGo() {
	if s == nil {
		return
	}
	s.touched.Store(0)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, text := range s.all {
		letGo(text)
	}
}
