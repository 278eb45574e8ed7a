package extract

// Sorting documents by key in bounded memory. In: documents in any order; out:
// the same in order of their keys. What is beyond the memory is kept as sorted
// runs in a temporary file and merged.

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

const (
	// sortMemory is what one collection's documents may take in memory.
	sortMemory = 16 << 20
	// blockSize is how much of it is asked for at a time.
	blockSize = 1 << 20
	// itemCost is what a document takes besides its bytes.
	itemCost = 160
	// runBuffer is what reading one run takes.
	runBuffer = 64 << 10
	// heldSize is what the document that is next of a run may have to be held; larger ones are read again when it is their turn.
	heldSize = 256 << 10
)

// sorter holds the documents of one collection.
type sorter struct {
	key    []doc.Path
	memory int // bytes of documents kept in memory
	// temporary makes the file of the runs, when one is needed.
	temporary func() (*replace.Temporary, error)

	blocks [][]byte // the documents' bytes; reused for every run
	block  int      // the one being filled
	items  []item
	seed   maphash.Seed
	hashes []uint64 // of the keys of all documents
	used   int
	file   *replace.Temporary
	out    *bufio.Writer
	end    int64 // of the file
	runs   []section
	large  []byte // the document at hand, where it is a large one
}

type item struct {
	raw bson.Raw
	key []bson.RawValue
}

// section is a part of the file: documents in order.
type section struct{ start, end int64 }

func newSorter(key []doc.Path, memory int, temporary func() (*replace.Temporary, error)) *sorter {
	return &sorter{key: key, memory: memory, temporary: temporary, seed: maphash.MakeSeed()}
}

// keyOf gives a document's key; false when it lacks a part.
func (s *sorter) keyOf(d bson.Raw) ([]bson.RawValue, bool) {
	return s.appendKey(make([]bson.RawValue, 0, len(s.key)), d)
}

// appendKey is keyOf, behind other values.
func (s *sorter) appendKey(values []bson.RawValue, d bson.Raw) ([]bson.RawValue, bool) {
	for _, p := range s.key {
		v, ok := doc.Get(d, p)
		if !ok {
			return values, false
		}
		values = append(values, v)
	}
	return values, true
}

// add takes a copy of a document. It is an error when it lacks its key.
func (s *sorter) add(d bson.Raw) error {
	if s.used > 0 && s.used+len(d)+itemCost > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	d = s.keep(d)
	key, ok := s.keyOf(d)
	if !ok {
		return errNoKey
	}
	s.items = append(s.items, item{d, key})
	var text [64]byte
	s.hashes = append(s.hashes, maphash.Bytes(s.seed, doc.AppendKey(text[:0], key...)))
	s.used += len(d) + itemCost
	return nil
}

var errNoKey = errors.New("a document lacks its key")

// keep copies a document into the blocks.
func (s *sorter) keep(d bson.Raw) bson.Raw {
	for s.block < len(s.blocks) && cap(s.blocks[s.block])-len(s.blocks[s.block]) < len(d) {
		s.block++
	}
	if s.block == len(s.blocks) {
		s.blocks = append(s.blocks, make([]byte, 0, max(blockSize, len(d))))
	}
	b := &s.blocks[s.block]
	start := len(*b)
	*b = append(*b, d...)
	return bson.Raw((*b)[start:len(*b):len(*b)])
}

// compareItems orders documents; those of one key by their bytes, so that the
// order they came in leaves no trace. Large ones that are not held are not compared:
// where two have one key, files are named by another.
func compareItems(a, b item) int {
	return cmp.Or(layout.CompareKeys(a.key, b.key), slices.Compare(a.raw, b.raw))
}

// spill writes what is in memory as one run.
func (s *sorter) spill() error {
	if s.file == nil {
		file, err := s.temporary()
		if err != nil {
			return err
		}
		s.file, s.out = file, bufio.NewWriterSize(file, 256<<10)
	}
	slices.SortFunc(s.items, compareItems)
	start := s.end
	for _, i := range s.items {
		if _, err := s.out.Write(i.raw); err != nil {
			return err
		}
		s.end += int64(len(i.raw))
	}
	s.runs = append(s.runs, section{start, s.end})
	s.reset()
	return nil
}

func (s *sorter) reset() {
	for i := range s.blocks {
		if cap(s.blocks[i]) > blockSize {
			s.blocks[i] = nil // of one large document; not kept
			continue
		}
		s.blocks[i] = s.blocks[i][:0]
	}
	s.blocks = slices.DeleteFunc(s.blocks, func(b []byte) bool { return b == nil })
	s.block, s.used = 0, 0
	s.items = s.items[:0]
}

// each calls do with every document in order. A document and its key are valid
// until do returns. It may be called several times, but nothing added between.
func (s *sorter) each(do func(d bson.Raw, key []bson.RawValue) error) error {
	slices.SortFunc(s.items, compareItems)
	if len(s.runs) == 0 {
		for _, i := range s.items {
			if err := do(i.raw, i.key); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	merged := merge{&cursor{sorter: s, rest: s.items}}
	for _, r := range s.runs {
		merged = append(merged, &cursor{sorter: s, at: r.start, in: bufio.NewReaderSize(io.NewSectionReader(s.file, r.start, r.end-r.start), runBuffer)})
	}
	for i := 0; i < len(merged); {
		more, err := merged[i].next()
		if err != nil {
			return err
		}
		if more {
			i++
			continue
		}
		merged = slices.Delete(merged, i, i+1)
	}
	heap.Init(&merged)
	for len(merged) > 0 {
		first := merged[0]
		if err := first.load(); err != nil {
			return err
		}
		if err := do(first.raw, first.key); err != nil {
			return err
		}
		more, err := first.next()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&merged, 0)
		} else {
			heap.Pop(&merged)
		}
	}
	return nil
}

// cursor goes through one run, or through what is in memory.
type cursor struct {
	item   // raw is nil of a large document that is still to be loaded
	sorter *sorter
	in     *bufio.Reader
	at     int64 // behind the document, in the file
	size   int
	rest   []item
	buf    []byte
}

// next goes to the next document; false at the end.
func (c *cursor) next() (bool, error) {
	if c.in == nil {
		if len(c.rest) == 0 {
			return false, nil
		}
		c.item, c.rest = c.rest[0], c.rest[1:]
		return true, nil
	}
	more, err := c.read()
	if err != nil || !more {
		return false, err
	}
	var ok bool
	if c.key, ok = c.sorter.appendKey(c.key[:0], c.raw); !ok {
		return false, errNoKey
	}
	if c.size > heldSize {
		c.raw = nil // the memory is that of the next large one, of whatever run
		for i, v := range c.key {
			c.key[i].Value = bytes.Clone(v.Value)
		}
	}
	return true, nil
}

// read reads the next document of a run; false at the end. A large one is valid until another one is read.
func (c *cursor) read() (bool, error) {
	size, err := c.in.Peek(4)
	if errors.Is(err, io.EOF) && len(size) == 0 {
		return false, nil
	}
	if err == nil {
		c.size = int(binary.LittleEndian.Uint32(size))
		c.at += int64(c.size)
		_, err = io.ReadFull(c.in, c.room())
	}
	return err == nil, ofTemporary(err)
}

// load has a document at hand that was not held.
func (c *cursor) load() error {
	if c.raw != nil {
		return nil
	}
	_, err := c.sorter.file.ReadAt(c.room(), c.at-int64(c.size))
	return ofTemporary(err)
}

// room is where the document goes: it is raw from then on.
func (c *cursor) room() []byte {
	to := &c.buf
	if c.size > heldSize {
		to = &c.sorter.large
	}
	*to = slices.Grow((*to)[:0], c.size)[:c.size]
	c.raw = *to
	return *to
}

func ofTemporary(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading a temporary file: %w", err)
}

// merge is the runs, the one with the first document on top.
type merge []*cursor

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return compareItems(m[i].item, m[j].item) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*cursor)) }

func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// unordered calls do with every document in no particular order.
func (s *sorter) unordered(do func(d bson.Raw) error) error {
	for _, i := range s.items {
		if err := do(i.raw); err != nil {
			return err
		}
	}
	if s.file == nil {
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	all := &cursor{sorter: &sorter{}, in: bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.end), 256<<10)}
	for {
		more, err := all.read()
		if err != nil || !more {
			return err
		}
		if err := do(all.raw); err != nil {
			return err
		}
	}
}

// unique reports whether no two documents have the same key. All of them are gone through again only where two
// have the same hash.
func (s *sorter) unique() (bool, error) {
	slices.Sort(s.hashes)
	twice := false
	for i := 1; i < len(s.hashes) && !twice; i++ {
		twice = s.hashes[i] == s.hashes[i-1]
	}
	if !twice {
		return true, nil
	}
	last := ""
	first := true
	err := s.each(func(_ bson.Raw, key []bson.RawValue) error {
		k := doc.Key(key...)
		if !first && k == last {
			return errTwice
		}
		last, first = k, false
		return nil
	})
	if errors.Is(err, errTwice) {
		return false, nil
	}
	return err == nil, err
}

var errTwice = errors.New("two documents have the same key")

// close gives memory and the temporary file back; it may be called twice.
func (s *sorter) close() error {
	s.blocks, s.items, s.hashes, s.large = nil, nil, nil, nil
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}
