package desired

// Documents that stay text until they are asked for, so that a state takes no more
// memory than where its lines begin. In: files of documents, one a line; out: one of
// them at a time. What is embedded in a program is read where it is; any other file is
// read once, as it could change. storedread.go reads all of one.

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// stored are documents in a file, or in several, of which one goes on where the one before
// ends. They may be used by many goroutines.
type stored struct {
	files  []storedFile
	starts []int64 // of the lines, and behind them the end
	broken error   // of the first line that is no document
	// What is known of each document without parsing it: SHA-256 of its BSON, and the
	// identity by the paths of the collection that it was read for.
	sums       [][sha256.Size]byte
	identity   []doc.Path
	identities identities
	last       atomic.Pointer[parsed]
}

// storedFile is one file of documents.
type storedFile struct {
	text     io.ReaderAt
	sha256   string // in hex
	from, to int64  // where it begins and ends among the texts of all
	count    int    // of its documents
}

var lineBuffers = sync.Pool{New: func() any { return new([]byte) }}

// parsed is the document that was asked for last: it is mostly asked for again.
type parsed struct {
	at  int
	raw bson.Raw
}

// open finds the text of a file.
func open(files fs.FS, name string) (io.ReaderAt, error) {
	if embedded, ok := files.(embed.FS); ok {
		f, err := embedded.Open(name)
		if err != nil {
			return nil, err
		}
		if text := fromProgram(f); text != nil {
			return text, nil
		}
		if text, ok := f.(io.ReaderAt); ok { // it is never closed: nothing is open
			return text, nil
		}
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(data), nil
}

// reader reads a file to its end.
func (f storedFile) reader() io.Reader { return io.NewSectionReader(f.text, 0, f.to-f.from) }

// texts are the files again, as those of a collection that has the documents.
func (s *stored) texts(c *Collection) []documentsFile {
	out := make([]documentsFile, len(s.files))
	for n, name := range filePaths(c, len(s.files)) {
		f := s.files[n]
		out[n] = documentsFile{Output: Output{Path: name, SHA256: f.sha256}, size: f.to - f.from, count: f.count, read: f.reader}
	}
	return out
}

// count is the number of documents.
func (s *stored) count() int { return len(s.starts) - 1 }

// fileOf is the file that has the text at a place.
func (s *stored) fileOf(at int64) *storedFile {
	return &s.files[sort.Search(len(s.files), func(n int) bool { return s.files[n].to > at })]
}

// read reads text that lies in one file. It was read before: an error is a mistake of the program.
func (s *stored) read(p []byte, at int64) {
	f := s.fileOf(at)
	if n, err := f.text.ReadAt(p, at-f.from); n < len(p) {
		panic(fmt.Errorf("reading documents that were read before: %w", err))
	}
}

// document parses one. It was parsed before, and what is embedded or in memory does not
// change: an error is a mistake of the program.
func (s *stored) document(i int) bson.Raw {
	if p := s.last.Load(); p != nil && p.at == i {
		return p.raw
	}
	buffer := lineBuffers.Get().(*[]byte)
	defer lineBuffers.Put(buffer)
	line := slices.Grow((*buffer)[:0], int(s.starts[i+1]-s.starts[i]))[:s.starts[i+1]-s.starts[i]]
	if *buffer = line; cap(line) > 1<<20 {
		*buffer = nil // one huge document must not pin its buffer
	}
	s.read(line, s.starts[i])
	raw, err := doc.ParseLine(bytes.TrimSuffix(line, []byte{'\n'}))
	if err != nil {
		panic(fmt.Errorf("parsing a document that was parsed before: %w", err))
	}
	s.last.Store(&parsed{i, raw})
	return raw
}

// Raw is the BSON of the document at a position. The caller may keep it.
func (c *Collection) Raw(i int) bson.Raw {
	if raw := c.Documents[i].Raw; raw != nil || c.stored == nil {
		return raw
	}
	return c.stored.document(i)
}

// Reading reads documents of a collection into memory of its own, which is less work where many are read: for
// one goroutine.
type Reading struct {
	c        *Collection
	text     []byte // a part of what is stored
	from, to int64  // of it
	document bson.Raw
}

// Reading begins one.
func (c *Collection) Reading() *Reading { return &Reading{c: c} }

// readBytes is how much is read at once of documents that follow one another.
const readBytes = 64 << 10

// Raw is the BSON of the document at a position, valid until the next one is read.
func (r *Reading) Raw(i int) bson.Raw {
	if raw := r.c.Documents[i].Raw; raw != nil || r.c.stored == nil {
		return raw
	}
	s := r.c.stored
	from, to := s.starts[i], s.starts[i+1]
	if from < r.from || to > r.to {
		size := to - from
		if from == r.to {
			size = max(size, min(readBytes, s.fileOf(from).to-from))
		}
		r.text = slices.Grow(r.text[:0], int(size))[:size]
		s.read(r.text, from)
		r.from, r.to = from, from+size
	}
	raw, err := doc.ParseLineInto(r.document, bytes.TrimSuffix(r.text[from-r.from:to-r.from], []byte{'\n'}))
	if err != nil {
		panic(fmt.Errorf("parsing a document that was parsed before: %w", err))
	}
	if r.document = raw; cap(raw) > 1<<20 {
		r.document = nil // one huge document must not pin its buffer
	}
	return raw
}

// IsStored reports whether the document at a position is byte for byte this one, as far as
// that is known without parsing: false may mean either.
func (c *Collection) IsStored(i int, d bson.Raw) bool {
	return c.stored != nil && c.Documents[i].Raw == nil && c.stored.sums[i] == sha256.Sum256(d)
}

// sum is SHA-256 of the BSON of the document at a position: calculated from the text that it is
// stored as.
func (c *Collection) sum(i int) [sha256.Size]byte {
	if c.stored != nil && c.Documents[i].Raw == nil {
		return c.stored.sums[i]
	}
	return sha256.Sum256(c.Raw(i))
}

// Key is the identity of the document at a position, none where it has none.
func (c *Collection) Key(i int) []bson.RawValue { return c.AppendIdentity(nil, i) }

// AppendIdentity is Key, behind other values.
func (c *Collection) AppendIdentity(values []bson.RawValue, i int) []bson.RawValue {
	if c.stored != nil && c.Documents[i].Raw == nil && slices.EqualFunc(c.stored.identity, c.Identity, slices.Equal) {
		return c.stored.identities.at(values, i)
	}
	values, _ = c.AppendIdentityOf(values, c.Raw(i))
	return values
}

// All are the documents with their positions, each with its BSON.
func (c *Collection) All() iter.Seq2[int, Document] {
	return func(yield func(int, Document) bool) {
		for i, d := range c.Documents {
			if d.Raw = c.Raw(i); !yield(i, d) {
				return
			}
		}
	}
}
