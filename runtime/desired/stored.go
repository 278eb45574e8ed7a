package desired

// Documents that stay text until they are asked for, so that a state takes no more
// memory than where its lines begin. In: a file of documents, one a line; out: one of
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
	"sync"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// stored is a file of documents. It may be used by many goroutines.
type stored struct {
	text   io.ReaderAt
	sha256 string  // in hex
	starts []int64 // of the lines, and behind them the end of the file
	broken error   // of the first line that is no document
	// What is known of each document without parsing it: SHA-256 of its BSON, and the
	// identity by the paths of the collection that it was read for.
	sums       [][sha256.Size]byte
	identity   []doc.Path
	identities identities
	last       atomic.Pointer[parsed]
}

var lineBuffers = sync.Pool{New: func() any { return new([]byte) }}

// parsed is the document that was asked for last: it is mostly asked for again.
type parsed struct {
	at  int
	raw bson.Raw
}

// open finds the text of a file.
func open(files fs.FS, name string) (*stored, error) {
	if embedded, ok := files.(embed.FS); ok {
		f, err := embedded.Open(name)
		if err != nil {
			return nil, err
		}
		if text := fromProgram(f); text != nil {
			return &stored{text: text}, nil
		}
		if text, ok := f.(io.ReaderAt); ok { // it is never closed: nothing is open
			return &stored{text: text}, nil
		}
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return &stored{text: bytes.NewReader(data)}, nil
}

// all reads the whole file.
func (s *stored) all() io.Reader { return &wholeFile{of: s} }

type wholeFile struct {
	of *stored
	at int64
}

// Read implements io.Reader.
func (r *wholeFile) Read(p []byte) (int, error) {
	n, err := r.of.text.ReadAt(p, r.at)
	r.at += int64(n)
	return n, err
}

// count is the number of documents, size the bytes of the file.
func (s *stored) count() int  { return len(s.starts) - 1 }
func (s *stored) size() int64 { return s.starts[s.count()] }

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
	if n, err := s.text.ReadAt(line, s.starts[i]); n < len(line) {
		panic(fmt.Errorf("reading a document that was read before: %w", err))
	}
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
