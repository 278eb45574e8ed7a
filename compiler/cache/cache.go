// Package cache keeps what compiling gave in a folder of the user's, so that the next
// run of the same compiler over the same files need not do it again.
//
// In: a key made of everything that a result comes of, and the result as bytes. Out: the
// same bytes, or none. An entry is found by the SHA-256 of its key, in which the running
// program is: another build of mongocd finds nothing of this one's. What is damaged,
// unreadable or of another format is as if it were not there; nothing that goes wrong
// here is an error of a compilation (Store.Trouble has it for people). Entries are
// written beside their place and renamed, so several compilations may use one folder.
package cache

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// Limit is how many bytes the entries of a folder take together; those that were used
// longest ago go first. EntryLimit is how many one takes.
const (
	Limit      = 2 << 30
	EntryLimit = Limit / 4
)

// Worth is from how many bytes of extracted data on a compilation is kept: less is
// compiled in the time that it takes to digest this program.
const Worth = 1 << 20

// Store is a folder of entries. nil keeps nothing. Several goroutines may use it.
type Store struct {
	dir   string
	limit int64
	// Worth is the constant of that name, or less.
	Worth int64
	// Space is where large entries lie that were got; nil: in memory.
	Space *paged.Space

	mutex   sync.Mutex
	trouble error // the first
	written int64 // bytes since what has to go went; negative: not yet
}

// Open uses a folder, which is made for its owner alone when the first entry is written.
func Open(dir string) *Store { return &Store{dir: dir, limit: Limit, Worth: Worth, written: -1} }

// Trouble is the first thing that kept the folder from being used; nil: nothing did.
func (s *Store) Trouble() error {
	if s == nil {
		return nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.trouble
}

func (s *Store) failed(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.trouble == nil {
		s.trouble = err
	}
}

// program is what the running program is: what the Go toolchain calls its build ID, in which is the
// hash of its content, or the SHA-256 of its file where that has none.
var program = sync.OnceValues(func() ([]byte, error) {
	name := "/proc/self/exe" // the one that runs, whatever lies in its place by now
	if runtime.GOOS != "linux" {
		var err error
		if name, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if id := buildID(f); id != nil {
		return id, f.Close()
	}
	h := sha256.New()
	_, err = io.Copy(h, io.NewSectionReader(f, 0, math.MaxInt64))
	return h.Sum(nil), errors.Join(err, f.Close())
})

// buildID is that of an ELF file; nil: it has none, as the linker was told (cmd/link, -buildid), or is
// another kind of file.
func buildID(f io.ReaderAt) []byte {
	in, err := elf.NewFile(f)
	if err != nil {
		return nil
	}
	note := in.Section(".note.go.buildid")
	if note == nil {
		return nil
	}
	id, err := note.Data()
	if err != nil || bytes.Count(id, []byte{'/'}) < 3 { // action/action of main/content of main/content
		return nil
	}
	return id
}

// Prepare does what does not depend on a key, while the caller does something else.
func (s *Store) Prepare() {
	go func() {
		if _, err := program(); err != nil {
			s.failed(unreadableProgram(err))
		}
	}()
}

func unreadableProgram(err error) error {
	return fmt.Errorf("the running program cannot be read: %w", err)
}

// Key is what a result comes of: texts one after the other, none of which can pass for a
// part of another.
type Key struct{ h hash.Hash }

// NewKey begins a key for a kind of result.
func NewKey(kind string) *Key {
	k := &Key{sha256.New()}
	k.Add(kind)
	return k
}

// KeyOf is the key of what comes of other keys, by their sums.
func KeyOf(kind string, sums ...string) *Key {
	k := NewKey(kind)
	k.Add(sums...)
	return k
}

// Add adds texts.
func (k *Key) Add(texts ...string) {
	for _, text := range texts {
		fmt.Fprintf(k.h, "%d:%s", len(text), text)
	}
}

// Sum is the SHA-256 of what was added, in hex.
func (k *Key) Sum() string { return hex.EncodeToString(k.h.Sum(nil)) }

// magic begins an entry: its format, before the SHA-256 of what follows (sums).
const magic = "mongocd cache 2\n"

const header = len(magic) + sha256.Size

// suffix ends the names of entries, temporary those of what is not one yet.
const suffix, temporary = ".entry", ".new"

// name is the file of a key.
func (s *Store) name(k *Key) (string, bool) {
	if s == nil {
		return "", false
	}
	of, err := program()
	if err != nil {
		s.failed(unreadableProgram(err))
		return "", false
	}
	sum := sha256.Sum256(append(k.h.Sum(nil), of...))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+suffix), true
}

// Get is the entry of a key, which is the caller's; false: there is none, or it is damaged.
func (s *Store) Get(k *Key) ([]byte, bool) {
	name, ok := s.name(k)
	if !ok {
		return nil, false
	}
	if err := s.trusted(); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.failed(err)
		}
		return nil, false
	}
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > s.limit/4 {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.failed(err)
		}
		return nil, false
	}
	text, err := s.read(name, info.Size())
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.failed(err)
		}
		return nil, false
	}
	if len(text) < header || string(text[:len(magic)]) != magic || !bytes.Equal(text[len(magic):header], sumsOf(text[header:])) {
		s.failed(fmt.Errorf("%s is damaged: it is written again", name))
		return nil, false
	}
	s.Space.Touched(len(text))
	now := time.Now()
	if err := os.Chtimes(name, now, now); err != nil && !errors.Is(err, fs.ErrNotExist) { // else it goes earlier than it ought to
		s.failed(err)
	}
	return text[header:], true
}

// mappedFrom is from how many bytes on an entry is not read into memory.
const mappedFrom = 1 << 20

// read is the text of a file of so many bytes, which nobody writes into: it is written beside
// its place.
func (s *Store) read(name string, size int64) ([]byte, error) {
	if s.Space == nil || !paged.Mapped || size < mappedFrom {
		return os.ReadFile(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := s.Space.Map(f, size)
	return text, errors.Join(err, f.Close())
}

// Put keeps an entry, which write writes. Its error, or one of the disk, keeps nothing.
func (s *Store) Put(k *Key, write func(w io.Writer) error) {
	name, ok := s.name(k)
	if !ok {
		return
	}
	if err := s.put(name, write); err != nil {
		s.failed(err)
	}
}

func (s *Store) put(name string, write func(w io.Writer) error) (err error) {
	if err := s.makeFolder(); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, "*"+temporary) // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	of := &sums{}
	bound := &limited{left: s.limit/4 - int64(header)}
	w := bufio.NewWriterSize(io.MultiWriter(bound, of, f), 1<<20)
	if _, err := f.WriteString(magic + string(make([]byte, sha256.Size))); err != nil {
		return err
	}
	if err := errors.Join(write(w), w.Flush()); err != nil {
		return err
	}
	if _, err := f.WriteAt(of.sum(), int64(len(magic))); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if !s.crowded(s.limit/4 - bound.left) {
		return nil
	}
	return s.evict(name)
}

// crowded reports whether it is time to look what has to go: after the first entry, and
// after each 64th of what there may be.
func (s *Store) crowded(more int64) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if first := s.written < 0; !first {
		if s.written += more; s.written < s.limit/64 {
			return false
		}
	}
	s.written = 0
	return true
}

// makeFolder makes the folder of entries: its parent too, where that of the parent is there.
func (s *Store) makeFolder() error {
	parent := filepath.Dir(s.dir)
	if err := os.Mkdir(parent, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Mkdir(s.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.trusted()
}

// trusted is the error for what is no folder, or not for this user alone: its entries decide what
// a destination gets, and their SHA-256 is there against damage, not against people.
func (s *Store) trusted() error {
	info, err := os.Lstat(s.dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no folder", s.dir)
	case othersWrite(info):
		return fmt.Errorf("others may write into %s, or own it: make it yours alone (mode 0700), or name another folder", s.dir)
	}
	return nil
}

// limited fails where more is written than an entry may take.
type limited struct{ left int64 }

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errors.New("a result is larger than an entry of the cache may be: it is not kept")
	}
	return len(p), nil
}

// piece is what one checksum (CRC-32C, which processors calculate) is taken of; that of an entry is
// the SHA-256 of those of its pieces, so that several processors can take them. They tell damage, and
// need not withstand people: those who write into the folder could write another checksum.
const piece = 64 << 10

var table = crc32.MakeTable(crc32.Castagnoli)

type sums struct {
	list []byte
	part []byte
}

func (s *sums) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		more := p[:min(len(p), piece-len(s.part))]
		s.part, p = append(s.part, more...), p[len(more):]
		if len(s.part) == piece {
			s.end()
		}
	}
	return n, nil
}

func (s *sums) end() {
	s.list, s.part = binary.LittleEndian.AppendUint32(s.list, crc32.Checksum(s.part, table)), s.part[:0]
}

func (s *sums) sum() []byte {
	if len(s.part) > 0 {
		s.end()
	}
	sum := sha256.Sum256(s.list)
	return sum[:]
}

func sumsOf(text []byte) []byte {
	n := (len(text) + piece - 1) / piece
	list := make([]byte, 4*n)
	workers := max(1, min(n/8, runtime.GOMAXPROCS(0)))
	parallel.Run(workers, func(w int) {
		for i := n * w / workers; i < n*(w+1)/workers; i++ {
			binary.LittleEndian.PutUint32(list[4*i:], crc32.Checksum(text[i*piece:min((i+1)*piece, len(text))], table))
		}
	})
	sum := sha256.Sum256(list)
	return sum[:]
}
