package layout

// Writing a folder, all of it or nothing. In: a Collection and a path; out: the
// files. A new folder is made beside the old one (NAME.new), renamed to
// NAME.ready when it is complete, which is the commit, and then takes its
// place; recoverDir finishes what was interrupted after the commit.

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// File is a file of a collection's folder; Name is relative to it, with slashes.
type File struct {
	Name string
	Data []byte
}

// Write replaces the folder by the collection: it is complete afterwards, or as
// it was. Parents are made. Files of the folder that are no part of the layout stay.
func Write(dir string, c *Collection) error {
	files, err := Render(c)
	if err != nil {
		return err
	}
	return writeFolder(dir, files)
}

func writeFolder(dir string, files []File) error {
	if err := recoverDir(dir); err != nil {
		return err
	}
	for _, name := range []string{filepath.Dir(dir), dir} {
		if info, err := os.Lstat(name); err == nil && !info.IsDir() {
			return &Error{File: name, Message: "this is no folder", Hint: "symbolic links and plain files are not written through: remove it"}
		}
	}
	fresh := dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	if err := writeFiles(fresh, files); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := os.Rename(fresh, dir+".ready"); err != nil {
		return err
	}
	return recoverDir(dir)
}

func writeFiles(dir string, files []File) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	made := "."
	for _, f := range files {
		if parent := path.Dir(f.Name); parent != made {
			if err := root.MkdirAll(filepath.FromSlash(parent), 0o755); err != nil {
				return errors.Join(err, root.Close())
			}
			made = parent
		}
		if err := root.WriteFile(filepath.FromSlash(f.Name), f.Data, 0o644); err != nil {
			return errors.Join(err, root.Close())
		}
	}
	return root.Close()
}

// recoverDir puts a committed NAME.ready in the place of NAME and keeps the
// files of the old folder that are no part of the layout. Every step can be
// interrupted and is then finished by the next call.
func recoverDir(dir string) error {
	ready, old := dir+".ready", dir+".old"
	if exists(ready) {
		if exists(dir) {
			if exists(old) {
				return &Error{File: old, Message: "this folder is in the way of finishing an interrupted write", Hint: "move it away, then run the command again"}
			}
			if err := os.Rename(dir, old); err != nil {
				return err
			}
		}
		if err := os.Rename(ready, dir); err != nil {
			return err
		}
	}
	if !exists(old) || !exists(dir) {
		return nil
	}
	entries, err := os.ReadDir(old)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case describeName, documentsDir, documentsLines, lockName:
			continue
		}
		if err := os.Rename(filepath.Join(old, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(old)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// Render makes the files of a collection, sorted by name, the lock included.
// They depend on the collection alone, not on the order of its documents.
func Render(c *Collection) ([]File, error) {
	full := *c
	full.Kind = cmp.Or(c.Kind, KindCollection)
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
		return cmp.Or(slices.CompareFunc(a.key, b.key, doc.Compare), slices.Compare(a.raw, b.raw))
	})
	if full.Layout == "" {
		full.Layout = Choose(len(docs), size)
	}
	description, err := describe(&full)
	if err != nil {
		return nil, err
	}
	files := []File{{Name: describeName, Data: description}}
	switch full.Layout {
	case Files:
		files, err = renderFiles(files, docs)
	case Lines:
		if len(docs) > 0 {
			files = append(files, File{Name: documentsLines, Data: renderLines(docs)})
		}
	case Shards:
		files = renderShards(files, docs)
	default:
		err = fmt.Errorf("there is no layout %q", full.Layout)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if len(f.Data) > maxFile {
			return nil, fmt.Errorf("%s of %s would have %d MB, more than the %d MB that a file may have: leave out fields, or extract fewer documents", f.Name, c.Name, len(f.Data)>>20, maxFile>>20)
		}
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return append(files, File{Name: lockName, Data: lock(files)}), nil
}

type keyed struct {
	raw bson.Raw
	key []bson.RawValue
}

func renderFiles(files []File, docs []keyed) ([]File, error) {
	names := make(map[string]bool, len(docs))
	for _, d := range docs {
		name := EncodeKey(d.key...)
		if names[name] {
			return nil, fmt.Errorf("two documents have the key %s", showKey(d.key))
		}
		names[name] = true
		f := File{Name: path.Join(documentsDir, name) + ".bson", Data: d.raw}
		if doc.Lossless(d.raw) {
			f.Name = path.Join(documentsDir, name) + ".json"
			f.Data = append(doc.AppendReview(nil, d.raw, true), '\n')
		}
		files = append(files, f)
	}
	return files, nil
}

func showKey(key []bson.RawValue) string {
	if len(key) == 1 {
		return doc.Show(key[0], 60)
	}
	return doc.Show(doc.Array(key...), 60)
}

func renderLines(docs []keyed) []byte {
	var out []byte
	for _, d := range docs {
		out = appendLine(out, d.raw)
	}
	return out
}

func appendLine(out []byte, d bson.Raw) []byte {
	if doc.Lossless(d) {
		out = doc.AppendReview(out, d, false)
	} else {
		out = doc.AppendBase64Line(out, d)
	}
	return append(out, '\n')
}

func renderShards(files []File, docs []keyed) []File {
	var shards [16][]byte
	for _, d := range docs {
		digest := keyDigest(d.key)
		shards[digest[0]>>4] = appendLine(shards[digest[0]>>4], d.raw)
	}
	for i, data := range shards {
		if data != nil {
			files = append(files, File{Name: fmt.Sprintf("%s/%x.jsonl", documentsDir, i), Data: data})
		}
	}
	return files
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Update is Write when the folder does not already hold exactly this
// collection; it reports whether it wrote.
func Update(dir string, c *Collection) (bool, error) {
	files, err := Render(c)
	if err != nil {
		return false, err
	}
	changed, err := Edited(dir)
	if err != nil {
		return false, err
	}
	if len(changed) == 0 {
		lock, err := os.ReadFile(filepath.Join(dir, lockName))
		if err == nil && bytes.Equal(lock, files[len(files)-1].Data) {
			return false, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return true, writeFolder(dir, files)
}
