package layout

// A collection's files, made document by document, in memory that does not
// grow with the collection. In: its description, and its documents in order of
// their keys; out: files to a Sink, and the lock that lists them.

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Sink takes the files of a folder.
type Sink interface {
	// File takes a whole file; data is valid until it returns.
	File(name string, digest Digest, data []byte) error
	// Lines begins a file that gets some whole lines a Write, and is then closed.
	Lines(name string) (io.WriteCloser, error)
}

// Writer makes the files of one collection. After an error it is of no more use.
type Writer struct {
	c        *Collection
	sink     Sink
	files    [shards]*linesFile // layout shards; of layout lines the first alone
	last     []bson.RawValue    // of the document before
	buf      []byte
	lastCopy []byte
	one      Encoded
	entries  []lockEntry
}

// NewWriter begins the files of a collection, whose layout is chosen already;
// its documents are those that are added.
func NewWriter(c *Collection, sink Sink) (*Writer, error) {
	full := *c
	full.Kind = cmp.Or(c.Kind, KindCollection)
	if !slices.Contains([]Layout{Files, Lines, Shards}, full.Layout) {
		return nil, fmt.Errorf("there is no layout %q", full.Layout)
	}
	w := &Writer{c: &full, sink: sink}
	description, err := describe(&full)
	if err != nil {
		return nil, err
	}
	return w, w.file(describeName, description)
}

// Add writes a document. Documents come in order of their keys (CompareKeys).
func (w *Writer) Add(d bson.Raw, key []bson.RawValue) error {
	if w.c.Layout == Files {
		return w.addFile(d, key)
	}
	w.Encode(&w.one, d, key)
	return w.Write(&w.one)
}

// shards is how many files layout shards has.
const shards = 16

// Encoded are documents as the lines of their files.
type Encoded struct{ lines [shards][]byte }

// Encodes reports whether documents may be encoded by many goroutines: not those that are files each.
func (w *Writer) Encodes() bool { return w.c.Layout != Files }

// Encode adds a document to others that come before it. It may be called by many goroutines, with
// an Encoded each.
func (w *Writer) Encode(into *Encoded, d bson.Raw, key []bson.RawValue) {
	n := 0
	if w.c.Layout == Shards {
		n = int(keyDigest(key)[0] >> 4)
	}
	into.lines[n] = appendLine(into.lines[n], d)
}

// Write writes what was encoded after what was written before, and empties it.
func (w *Writer) Write(e *Encoded) error {
	for n, lines := range e.lines {
		if len(lines) == 0 {
			continue
		}
		to := &w.files[n]
		if *to == nil {
			name := documentsLines
			if w.c.Layout == Shards {
				name = fmt.Sprintf("%s/%x.jsonl", documentsDir, n)
			}
			out, err := w.sink.Lines(name)
			if err != nil {
				return err
			}
			*to = &linesFile{name: name, hash: sha256.New(), out: out}
		}
		if err := (*to).write(lines); err != nil {
			return err
		}
		if (*to).size > maxFile {
			return w.tooLarge((*to).name)
		}
		e.lines[n] = lines[:0]
	}
	return nil
}

func (w *Writer) tooLarge(name string) error {
	hint := "leave out fields with `omit`, or extract fewer documents"
	if w.c.Layout == Lines {
		hint = "use the layout shards, " + hint
	}
	return fmt.Errorf("%s of %s would have more than the %d MB that a file may have: %s", name, w.c.Name, maxFile>>20, hint)
}

func (w *Writer) addFile(d bson.Raw, key []bson.RawValue) error {
	if w.last != nil && CompareKeys(w.last, key) == 0 {
		return fmt.Errorf("two documents have the key %s", showKey(key))
	}
	w.keepKey(key)
	name := path.Join(documentsDir, EncodeKey(key...))
	if doc.Lossless(d) {
		w.buf = append(doc.AppendReview(w.buf[:0], d, true), '\n')
		if len(w.buf) <= maxFile {
			return w.file(name+".json", w.buf)
		}
	}
	return w.file(name+".bson", d)
}

// keepKey copies a key, whose bytes are the caller's, for the next comparison.
func (w *Writer) keepKey(key []bson.RawValue) {
	size := 0
	for _, v := range key {
		size += len(v.Value)
	}
	// Grown at once: the values point into it.
	w.lastCopy = slices.Grow(w.lastCopy[:0], size)
	w.last = w.last[:0]
	for _, v := range key {
		at := len(w.lastCopy)
		w.lastCopy = append(w.lastCopy, v.Value...)
		w.last = append(w.last, bson.RawValue{Type: v.Type, Value: w.lastCopy[at:]})
	}
}

func (w *Writer) file(name string, data []byte) error {
	digest := DigestOf(data)
	w.entries = append(w.entries, lockEntry{name, digest})
	return w.sink.File(name, digest, data)
}

// Close ends the files and writes the lock, which it returns.
func (w *Writer) Close() ([]byte, error) {
	for _, f := range w.files {
		if f == nil {
			continue
		}
		if err := f.out.Close(); err != nil {
			return nil, err
		}
		w.entries = append(w.entries, lockEntry{f.name, Digest(f.hash.Sum(nil))})
	}
	return lock(w.c.SourceID, w.entries), nil
}

// Abort closes what is open, after an error of Add.
func (w *Writer) Abort() error {
	var err error
	for _, f := range w.files {
		if f != nil {
			err = errors.Join(err, f.out.Close())
		}
	}
	return err
}

// linesFile is a file of documents that is being written.
type linesFile struct {
	name string
	size int
	hash hash.Hash
	out  io.WriteCloser
}

func (f *linesFile) write(lines []byte) error {
	f.size += len(lines)
	if _, err := f.hash.Write(lines); err != nil {
		return err
	}
	_, err := f.out.Write(lines)
	return err
}

func appendLine(out []byte, d bson.Raw) []byte {
	start := len(out)
	if doc.Lossless(d) {
		out = doc.AppendReview(out, d, false)
		if len(out)-start <= maxFile/2 {
			return append(out, '\n')
		}
		out = out[:start] // as text it would fill a file
	}
	return append(doc.AppendBase64Line(out, d), '\n')
}
