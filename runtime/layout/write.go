package layout

// Writing a folder, all of it or nothing. In: a Collection, or documents one
// after the other (writer.go), and a place; out: the files. runtime/replace
// puts them in their place.

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/replace"
)

// File is a file of a collection's folder; Name is relative to it, with slashes.
type File struct {
	Name string
	Data []byte
}

// Own are the names in a collection's folder that writing replaces: other files
// in it are the user's and stay.
var Own = []string{describeName, documentsDir, documentsLines, LockName}

// Write replaces a folder below a root by the collection: it is complete
// afterwards, or as it was. Both are paths in base, as Place gives them; parents
// are made. Files of the folder that are no part of the layout stay. It does not
// wait for the disk.
func Write(base *disk.Folder, root, dir string, c *Collection) (err error) {
	files, err := Render(c)
	if err != nil {
		return err
	}
	relative, err := Below(root, dir)
	if err != nil {
		return err
	}
	work, err := replace.Begin(base, root, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	folder, err := work.Folder(relative, Own)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := folder.Write(f.Name, f.Data); err != nil {
			return err
		}
	}
	return work.Commit()
}

// Below is the way to a folder from a root above it.
func Below(root, dir string) (string, error) {
	relative, err := filepath.Rel(filepath.FromSlash(root), filepath.FromSlash(dir))
	return filepath.ToSlash(relative), err
}

// Render makes the files of a collection, sorted by name, the lock included.
// They depend on the collection alone, not on the order of its documents.
func Render(c *Collection) ([]File, error) {
	full := *c
	size := int64(0)
	docs := make([]keyed, len(c.Documents))
	for i, d := range c.Documents {
		key, ok := c.KeyOf(d.Raw)
		if !ok {
			id, _ := doc.Get(d.Raw, doc.Path{"_id"})
			return nil, fmt.Errorf("a document of %s (_id %s) lacks its key", c.Name, doc.Show(id, 40))
		}
		docs[i] = keyed{raw: d.Raw, key: key}
		size += int64(len(d.Raw))
	}
	slices.SortFunc(docs, func(a, b keyed) int {
		return cmp.Or(CompareKeys(a.key, b.key), slices.Compare(a.raw, b.raw))
	})
	if full.Layout == "" {
		full.Layout = Choose(len(docs), size)
	}
	var files memory
	w, err := NewWriter(&full, &files)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		if err := w.Add(d.raw, d.key); err != nil {
			return nil, err
		}
	}
	lock, err := w.Close()
	if err != nil {
		return nil, err
	}
	list := make([]File, 0, len(files)+1)
	for _, f := range files {
		list = append(list, File{Name: f.name, Data: f.Bytes()})
	}
	slices.SortFunc(list, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return append(list, File{Name: LockName, Data: lock}), nil
}

type keyed struct {
	raw bson.Raw
	key []bson.RawValue
}

// CompareKeys orders documents within the files of a collection.
func CompareKeys(a, b []bson.RawValue) int { return slices.CompareFunc(a, b, doc.Compare) }

// memory is a Sink that keeps the files.
type memory []*memoryFile

type memoryFile struct {
	name string
	bytes.Buffer
}

// Close implements io.Closer.
func (*memoryFile) Close() error { return nil }

func (m *memory) File(name string, _ Digest, data []byte) error {
	f := &memoryFile{name: name}
	*m = append(*m, f)
	_, err := f.Write(data)
	return err
}

func (m *memory) Lines(name string) (io.WriteCloser, error) {
	f := &memoryFile{name: name}
	*m = append(*m, f)
	return f, nil
}

func showKey(key []bson.RawValue) string {
	if len(key) == 1 {
		return doc.Show(key[0], 60)
	}
	return doc.Show(doc.Array(key...), 60)
}

// Digest is the SHA-256 of a file.
type Digest [sha256.Size]byte

// String is the digest in hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// DigestOf is the digest of a file's bytes.
func DigestOf(data []byte) Digest { return sha256.Sum256(data) }
