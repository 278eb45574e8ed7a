package desired

// Files of documents read to their ends, on all processors. In: their texts; out: their SHA-256,
// where the lines begin, and of each document a digest and the identity.

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// pieceBytes is about how much of a file one goroutine parses at a time.
const pieceBytes = 256 << 10

// piece are lines of a file, and what is known of them.
type piece struct {
	starts     []int64
	sums       [][sha256.Size]byte
	identities identities
	broken     error // of the last of starts, which is no document
}

// store reads files to their ends. Every line is parsed once, so that each that is not
// broken can be parsed again; c is a collection that has the documents.
func store(files fs.FS, names []string, c *Collection) (*stored, error) {
	s := &stored{}
	for _, name := range names {
		text, err := open(files, name)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, storedFile{text: text})
	}
	in := &pieces{files: s.files, digest: sha256.New()}
	parallel.Run(min(runtime.GOMAXPROCS(0), 8), func(int) {
		var text, document []byte
		for {
			var n int
			var at int64
			if n, at, text = in.next(text); len(text) == 0 {
				return
			}
			var p *piece
			if p, document = pieceOf(text, at, document, c); p.broken != nil {
				in.stop()
			}
			in.put(n, p)
		}
	})
	if in.err != nil {
		return nil, in.err
	}
	s.identity = c.Identity
	s.join(in.parsed, in.end)
	line := 0
	for n := range s.files {
		f := &s.files[n]
		end, _ := slices.BinarySearch(s.starts[:s.count()], f.to)
		f.count, line = end-line, end
		if s.broken != nil && f.from <= s.starts[s.count()-1] && s.starts[s.count()-1] < f.to {
			s.broken = fmt.Errorf("%s line %d: %w", names[n], f.count, s.broken)
		}
	}
	return s, nil
}

// join puts the pieces of a file together, up to a line that is no document.
func (s *stored) join(parsed []*piece, end int64) {
	lines, size := 0, 0
	for _, p := range parsed {
		lines, size = lines+len(p.starts), size+len(p.identities.bytes)
	}
	s.starts, s.sums = make([]int64, 0, lines+1), make([][sha256.Size]byte, 0, lines)
	s.identities = identities{make([]byte, 0, size), make([]int64, 0, lines)}
	for n, p := range parsed {
		before := int64(len(s.identities.bytes))
		s.starts, s.sums = append(s.starts, p.starts...), append(s.sums, p.sums...)
		s.identities.bytes = append(s.identities.bytes, p.identities.bytes...)
		for _, end := range p.identities.ends {
			s.identities.ends = append(s.identities.ends, before+end)
		}
		if parsed[n] = nil; p.broken != nil {
			s.broken = p.broken
			break
		}
	}
	s.starts = append(s.starts, end)
}

// pieces are read by many goroutines, each its own.
type pieces struct {
	lock    sync.Mutex
	files   []storedFile // what is found of them is written into these
	file    int          // that is read
	digest  hash.Hash    // of that
	at, end int64        // where the next piece begins, and all ended so far
	rest    []byte
	stopped bool // one is broken: the rest is read for its digest alone
	count   int
	parsed  []*piece
	err     error
}

// next are the next lines, in the memory of text where that is large enough: with their
// number among the pieces and where they begin. Empty: there are no more.
func (in *pieces) next(text []byte) (n int, at int64, out []byte) {
	in.lock.Lock()
	defer in.lock.Unlock()
	for in.err == nil {
		if text = in.read(text); len(text) == 0 || !in.stopped {
			break
		}
	}
	if in.err != nil {
		return 0, 0, nil
	}
	n, at = in.count, in.at
	in.count, in.at = in.count+1, in.at+int64(len(text))
	return n, at, text
}

// read reads whole lines. A line ends at the latest with its file.
func (in *pieces) read(text []byte) []byte {
	text = append(text[:0], in.rest...)
	in.rest = in.rest[:0]
	for looked := 0; in.file < len(in.files); {
		f := &in.files[in.file]
		text = slices.Grow(text, pieceBytes)
		n, err := f.text.ReadAt(text[len(text):len(text)+pieceBytes], in.end-f.from)
		in.digest.Write(text[len(text) : len(text)+n])
		text, in.end = text[:len(text)+n], in.end+int64(n)
		if err != nil && !errors.Is(err, io.EOF) {
			in.err = err
			return nil
		}
		if err != nil { // the file ended
			f.sha256, f.to = hex.EncodeToString(in.digest.Sum(nil)), in.end
			in.digest.Reset()
			if in.file++; in.file < len(in.files) {
				in.files[in.file].from = in.end
			}
			if len(text) > 0 {
				return text
			}
			looked = 0
			continue
		}
		if len(text) < pieceBytes {
			continue
		}
		if last := bytes.LastIndexByte(text[looked:], '\n'); last >= 0 {
			in.rest = append(in.rest, text[looked+last+1:]...)
			return text[:looked+last+1]
		}
		looked = len(text)
	}
	return text
}

// put takes piece n.
func (in *pieces) put(n int, p *piece) {
	in.lock.Lock()
	defer in.lock.Unlock()
	for len(in.parsed) <= n {
		in.parsed = append(in.parsed, nil)
	}
	in.parsed[n] = p
}

// stop lets no further piece be parsed.
func (in *pieces) stop() {
	in.lock.Lock()
	defer in.lock.Unlock()
	in.stopped = true
}

// pieceOf parses lines, the first of which begins at a place of the file. It returns the
// memory that they were parsed in.
func pieceOf(text []byte, at int64, document bson.Raw, c *Collection) (*piece, bson.Raw) {
	p, values := &piece{}, make([]bson.RawValue, 0, len(c.Identity))
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		p.starts = append(p.starts, at)
		at += int64(len(text) - len(rest))
		text = rest
		raw, err := doc.ParseLineInto(document, line)
		if err != nil {
			p.broken = err
			return p, document
		}
		found, ok := c.AppendIdentityOf(values[:0], raw)
		if ok {
			values = found
		}
		p.sums = append(p.sums, sha256.Sum256(raw))
		p.identities.add(found)
		document = raw
	}
	return p, document
}

// identities are the values that identify documents, one after the other.
type identities struct {
	bytes []byte // of each value its type, its length and itself
	ends  []int64
}

func (all *identities) add(values []bson.RawValue) {
	for _, v := range values {
		all.bytes = binary.AppendUvarint(append(all.bytes, byte(v.Type)), uint64(len(v.Value)))
		all.bytes = append(all.bytes, v.Value...)
	}
	all.ends = append(all.ends, int64(len(all.bytes)))
}

// at appends the values of one document, none where it has none.
func (all *identities) at(values []bson.RawValue, i int) []bson.RawValue {
	start := int64(0)
	if i > 0 {
		start = all.ends[i-1]
	}
	for b := all.bytes[start:all.ends[i]:all.ends[i]]; len(b) > 0; {
		size, n := binary.Uvarint(b[1:])
		from, to := 1+n, 1+n+int(size)
		values = append(values, bson.RawValue{Type: bson.Type(b[0]), Value: b[from:to:to]})
		b = b[to:]
	}
	return values
}
