package dump

// BSON. In: documents one after the other, as mongodump writes them, and
// COLLECTION.metadata.json beside them; out: the documents, options and indexes.

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// maxMetadata is the size of a file of metadata; 64 indexes of one are the most that a collection has.
const maxMetadata = 16 << 20

func (f *File) binary(r *bufio.Reader, take func(d bson.Raw, line, column int) error) error {
	var d []byte
	at := 0
	for n := 1; ; n++ {
		var head [4]byte
		_, err := io.ReadFull(r, head[:])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return f.damaged(n, at, "the file ends within it")
		case err != nil:
			return f.system(err)
		}
		size := int(binary.LittleEndian.Uint32(head[:]))
		// The server's own documents may be 16 KiB larger than those of users.
		if size < 5 || size > maxDocument+16<<10 {
			return f.damaged(n, at, fmt.Sprintf("%d bytes are no size of a document", size))
		}
		if cap(d) < size {
			d = make([]byte, size)
		}
		d = d[:size]
		copy(d, head[:])
		switch _, err := io.ReadFull(r, d[4:]); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return f.damaged(n, at, "the file ends within it")
		case err != nil:
			return f.system(err)
		}
		if err := doc.ValidateStructure(d); err != nil {
			return f.damaged(n, at, diag.Safe(err.Error(), 160))
		}
		if err := take(d, 0, 0); err != nil {
			return err
		}
		at += size
	}
}

func (f *File) damaged(n, at int, how string) error {
	return f.fault(0, 0, fmt.Sprintf("document %d, at byte %d, is no BSON: %s", n, at, how), "the file is damaged, cut off, or not of mongodump; JSON is --type json")
}

// metadata reads what mongodump writes beside the documents, if it is there.
func (f *File) metadata() error {
	name, compressed := strings.CutSuffix(f.path, ".gz")
	name, is := strings.CutSuffix(name, ".bson")
	if !is {
		return nil
	}
	name += ".metadata.json"
	if compressed {
		name += ".gz"
	}
	if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	beside := &File{path: name, Form: JSON}
	var text []byte
	err := beside.read(func(r *bufio.Reader) (err error) {
		if text, err = io.ReadAll(io.LimitReader(r, maxMetadata+1)); err != nil {
			return beside.system(err)
		}
		if len(text) > maxMetadata {
			return beside.fault(0, 0, "this is too large for the metadata of a collection", "")
		}
		return nil
	})
	if err != nil {
		return err
	}
	d, err := doc.ParseExtJSON(text)
	if err != nil {
		return (&splitter{file: beside}).syntax(text, 1, 1, err)
	}
	for field, v := range doc.Fields(d) {
		switch field {
		case "collectionName":
			f.Name, err = doc.AsString(field, v)
		case "options":
			f.CollectionOptions, err = doc.AsObject(field, v)
		case "indexes":
			err = doc.EachElement(field, v, func(v bson.RawValue) error {
				index, err := doc.AsObject(field, v)
				f.Indexes = append(f.Indexes, index)
				return err
			})
		case "type":
			if kind, ok := v.StringValueOK(); ok && kind != layout.KindCollection {
				return beside.fault(0, 0, fmt.Sprintf("this is the dump of a %s", diag.Safe(kind, 40)), "only collections are imported: `mongocd extract` brings views and time series from a server")
			}
		}
		if err != nil {
			return beside.fault(0, 0, diag.Safe(err.Error(), 200), "")
		}
	}
	if len(f.CollectionOptions) <= len(doc.Empty) {
		f.CollectionOptions = nil
	}
	return nil
}
