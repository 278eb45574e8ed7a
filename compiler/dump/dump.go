// Package dump reads a collection from a file that another tool wrote: mongoexport's
// JSON and CSV, mongodump's BSON with the metadata beside it, a spreadsheet's CSV.
//
// In: a path and what the file's own text does not say. Out: its documents one after
// the other, and the options and indexes where the file has them. Every error has the
// place in the file (layout.Error). Nothing is guessed that would lose something: what
// cannot be read as it is ends the reading.
//
// text.go reads JSON, csv.go and column.go CSV, binary.go BSON and its metadata.
package dump

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Form is how documents are written in a file.
type Form string

// The forms. JSON is Extended JSON v2, canonical or relaxed: an array, or documents one
// after the other, on a line each or not.
const (
	JSON Form = "json"
	CSV  Form = "csv"
	BSON Form = "bson"
)

// endings are what the names of files of a form end in.
var endings = []struct {
	ending string
	form   Form
}{{".jsonl", JSON}, {".ndjson", JSON}, {".json", JSON}, {".csv", CSV}, {".bson", BSON}}

// maxDocument is the size of BSON that a server takes (MongoDB manual, Limits: BSON Document Size).
const maxDocument = 16 << 20

// Options say what a file's own text does not.
type Options struct {
	// Form of the file; empty: by the ending of its name, .gz left out.
	Form Form
	// Columns of CSV, NAME or NAME.type(); none: the first line has them.
	Columns []string
	// IgnoreBlanks leaves out the fields of empty cells of CSV.
	IgnoreBlanks bool
}

// File is a file to read.
type File struct {
	// Name is the collection's, as the file's name or its metadata say.
	Name string
	Form Form
	// CollectionOptions are those of the create command, Indexes as listIndexes gives
	// them: of mongodump's metadata, else none.
	CollectionOptions bson.Raw
	Indexes           []bson.Raw

	path    string
	options Options
	needsID bool
	columns []column // of CSV
}

// Open looks at a file. The error is a *layout.Error.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	f := &File{path: path, options: o, Form: o.Form}
	base := strings.TrimSuffix(filepath.Base(path), ".gz")
	for _, e := range endings {
		if name, is := strings.CutSuffix(base, e.ending); is {
			f.Name = name
			if f.Form == "" {
				f.Form = e.form
			}
			break
		}
	}
	if f.Form == "" {
		return nil, f.fault(0, 0, "what is in this file cannot be seen from its name", "name it .json, .jsonl, .csv or .bson, or say it with --type json, csv or bson")
	}
	if f.Form != CSV && len(o.Columns) > 0 {
		return nil, f.fault(0, 0, fmt.Sprintf("--columns is of CSV, and this is %s", f.Form), "leave it out, or say --type csv")
	}
	switch f.Form {
	case BSON:
		return f, f.metadata()
	case CSV:
		return f, f.header(ctx)
	}
	return f, nil
}

// NeedID says whether Documents refuses those without `_id`.
func (f *File) NeedID(needed bool) { f.needsID = needed }

// Documents calls do with every document, which is valid until do returns. The error
// is do's, the context's, or a *layout.Error.
func (f *File) Documents(ctx context.Context, do func(d bson.Raw) error) error {
	n := 0
	take := func(d bson.Raw, line, column int) error {
		n++
		if n%1000 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(d) > maxDocument {
			return f.fault(line, column, fmt.Sprintf("document %d has %d bytes of BSON", n, len(d)), "a server takes 16 MiB at most")
		}
		if _, has := doc.Get(d, doc.Path{"_id"}); !has && f.needsID {
			return f.fault(line, column, fmt.Sprintf("document %d has no `_id`", n), "name what tells the documents apart with --by, or in the weave: `sync COLLECTION by PATH`")
		}
		return do(d)
	}
	return f.read(func(r *bufio.Reader) error {
		switch f.Form {
		case BSON:
			return f.binary(r, take)
		case CSV:
			return f.rows(ctx, r, take)
		}
		return f.text(r, take)
	})
}

// read opens the file, unpacked where it is compressed.
func (f *File) read(do func(r *bufio.Reader) error) (err error) {
	file, err := os.Open(f.path)
	if err != nil {
		return f.system(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	r := bufio.NewReaderSize(file, 64<<10)
	if strings.HasSuffix(f.path, ".gz") {
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			return f.fault(0, 0, "this is no gzip, though its name ends in .gz: "+diag.Safe(err.Error(), 120), "")
		}
		r = bufio.NewReaderSize(unpacked, 64<<10)
	}
	if f.Form != BSON {
		start, err := r.Peek(3)
		if err != nil && !errors.Is(err, io.EOF) {
			return f.system(err)
		}
		switch {
		case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
			return f.fault(1, 1, "this file is UTF-16", "save it as UTF-8")
		case bytes.HasPrefix(start, []byte("\ufeff")):
			if _, err := r.Discard(3); err != nil {
				return f.system(err)
			}
		}
	}
	return do(r)
}

// fault is what is wrong with the file; line and column from 1, or 0.
func (f *File) fault(line, column int, message, hint string) error {
	return &layout.Error{File: f.path, Line: line, Column: column, Message: message, Hint: hint}
}

// system is an error of the file system, or of what unpacks the file.
func (f *File) system(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return f.fault(0, 0, "this file is cut off: what is compressed has no end", "copy or export it again")
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return f.fault(0, 0, "this file cannot be read: "+diag.Safe(err.Error(), 120), "")
}
