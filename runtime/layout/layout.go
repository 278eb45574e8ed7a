// Package layout is how a collection lies in a folder, for people and git:
//
//	collection.json        kind, layout, key, options, indexes (optional)
//	documents/<key>.json   layout "files": one document a file, indented
//	documents.jsonl        layout "lines": one document a line, sorted by key
//	documents/<0…f>.jsonl  layout "shards": the same, by the first hex digit of the key's SHA-256
//	mongocd.lock           one sorted line a file: digest and name; whose copy it is
//
// In: a folder, or a Collection. Out: the other one. Extracted data and the
// directory store both use it. Nothing outside of the folder is read or
// written, symbolic links are refused, and what is written depends on the
// collection alone.
package layout

import (
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Format is the version of collection.json that is written. A newer one is refused.
const Format = 1

// The kinds of collections.
const (
	KindCollection = "collection"
	KindView       = "view"
	KindTimeseries = "timeseries"
)

// Layout is the way documents are spread over files.
type Layout string

// The layouts.
const (
	Files  Layout = "files"
	Lines  Layout = "lines"
	Shards Layout = "shards"
)

// Choose picks the layout for a number of documents and their size in bytes.
func Choose(documents int, size int64) Layout {
	switch {
	case documents <= 1000:
		return Files
	case documents <= 10_000 && size <= 20<<20:
		return Lines
	}
	return Shards
}

// maxFile is the size that no written file exceeds.
const maxFile = 50 << 20

// Collection is one collection as a folder holds it.
type Collection struct {
	// Database and Name are the real names. Read finds them in collection.json or
	// takes those of the folders.
	Database string
	Name     string
	Kind     string // KindCollection when empty
	// Layout is kept from extract to extract; Write chooses one when it is empty.
	Layout Layout
	// Key are the paths whose values name and sort documents; `_id` when empty.
	Key []doc.Path
	// Options are those of the create command; nil when there are none.
	Options bson.Raw
	// Indexes are as listIndexes gives them, without `v`, `ns` and `_id_`.
	Indexes []bson.Raw
	// Redacted and Omitted are the patterns of fields that extraction left out.
	Redacted, Omitted []string
	// Sample says that the documents are so many at most of those that the source has; 0: all.
	Sample int64
	// SourceID is what the lock keeps of the UUID of the source's collection
	// (SourceID); empty when it was not extracted.
	SourceID  string
	Documents []Document
	// Digest is that of the lock that the files would have as Read found them: another
	// one for other files, and for a copy of another source.
	Digest Digest
	// Digests are those of the files, by name, as Read found them.
	Digests map[string]Digest
	// Described reports whether Read found a collection.json.
	Described bool
	// Edits are the files that are not as the lock has them, sorted by name; none
	// without a lock.
	Edits []Edit
	// Unmerged: the lock has the marks of a merge conflict, and Edits says nothing.
	Unmerged bool
	// Unlocked: there is no lock, though collection.json is as extract writes it.
	Unlocked bool
	// BadLines are the lines of the lock, from 1, that say nothing; none when it is Unmerged.
	BadLines []int
}

// Edit is one file of a folder that is not as it was last written.
type Edit struct {
	File string // relative to the folder, with slashes
	How  string // changed, added, missing
	// LineEnds: it is as it was but for CRLF at the ends of its lines.
	LineEnds bool
}

// Document is one document and where it was read.
type Document struct {
	Raw bson.Raw
	// File is relative to the collection's folder, with slashes. Line is 1-based;
	// 0 where the file is BSON.
	File string
	Line int
}

// Error is what is wrong with one file, in words.
type Error struct {
	File    string // with the folder as it was given to Read
	Line    int    // 1-based; 0: the file as a whole
	Column  int    // 1-based, in code points; 0: the line as a whole
	Message string // one sentence without a full stop, safe to print
	Hint    string // what to do about it; may be empty
}

// Error gives the place and the message.
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Errors returns the Error values in what Read and Write return, in the order
// of files and lines.
func Errors(err error) []*Error {
	var list []*Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, Errors(e)...)
		}
		return list
	}
	var one *Error
	if errors.As(err, &one) {
		list = append(list, one)
	}
	return list
}

// KeyOf returns the values of the collection's key in a document; false when
// one of them is missing.
func (c *Collection) KeyOf(d bson.Raw) ([]bson.RawValue, bool) {
	values := make([]bson.RawValue, 0, 1)
	for _, p := range c.key() {
		v, ok := doc.Get(d, p)
		if !ok {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

func (c *Collection) key() []doc.Path {
	if len(c.Key) == 0 {
		return []doc.Path{{"_id"}}
	}
	return c.Key
}
