package desired

// What the manifest says of a collection's documents, and their files. In: `documents` of the
// manifest; out: documents that stay text (stored.go), of files that are as they were compiled.

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func (r *reader) documents(c *Collection, d bson.Raw) error {
	var files []fileOfDocuments
	one, count := fileOfDocuments{}, int64(-1)
	origins := map[int64]string{}
	var secrets, links []filled
	err := eachField("the documents of "+nameOf(new(doc.Builder).AppendString("name", c.Name).Raw()), d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "file":
			one.path, err = doc.AsString(name, v)
		case "sha256":
			one.sha256, err = doc.AsString(name, v)
		case "files":
			files, err = objects(name, v, fileOfDocumentsOf)
		case "count":
			count, err = doc.AsInt(name, v)
		case "origins":
			err = doc.EachElement(name, v, func(v bson.RawValue) error { return originOf(origins, v) })
		case "secrets":
			secrets, err = objects(name, v, filledOf)
		case "links":
			links, err = objects(name, v, filledOf)
		default:
			err = unknownField(name)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(files) == 0 {
		one.count = count
		files = []fileOfDocuments{one}
	}
	key := fmt.Sprintf("%#v", files)
	held, shared := r.held[key]
	if !shared {
		if held, err = r.stored(c, files, count); err != nil {
			return err
		}
		r.held[key] = held
	}
	c.stored, c.Documents = held, make([]Document, held.count())
	for i := range c.Documents {
		c.Documents[i].Origin = origins[int64(i+1)]
	}
	return c.fillIn(secrets, links)
}

// fileOfDocuments is what the manifest says of a file.
type fileOfDocuments struct {
	path, sha256 string
	count        int64
}

func fileOfDocumentsOf(f *fileOfDocuments, name string, v bson.RawValue) (err error) {
	switch name {
	case "file":
		f.path, err = doc.AsString(name, v)
	case "sha256":
		f.sha256, err = doc.AsString(name, v)
	case "count":
		f.count, err = doc.AsInt(name, v)
	default:
		err = unknownField(name)
	}
	return err
}

// stored reads files of documents, of which the manifest says the digests and numbers.
func (r *reader) stored(c *Collection, files []fileOfDocuments, count int64) (*stored, error) {
	paths := filePaths(c, len(files))
	for n, f := range files {
		if f.path != paths[n] {
			return nil, fmt.Errorf("the documents of %s must be in %s: compile again", doc.Show(doc.String(c.Namespace()), 120), paths[n])
		}
	}
	s, err := store(r.files, paths, c)
	if errors.Is(err, fs.ErrNotExist) {
		missing := paths[0]
		for _, name := range slices.Backward(paths) {
			if _, err := fs.Stat(r.files, name); err != nil {
				missing = name
			}
		}
		return nil, fmt.Errorf("%s is missing: compile again", missing)
	}
	if err != nil {
		return nil, err
	}
	for n, f := range s.files {
		if f.sha256 != files[n].sha256 {
			return nil, fmt.Errorf("%s is not as it was compiled: its SHA-256 is %s, the manifest says %s; change the weave and compile again instead of editing the result", paths[n], f.sha256[:16], shorten(files[n].sha256))
		}
	}
	if s.broken != nil {
		return nil, s.broken
	}
	total := int64(0)
	for n, f := range s.files {
		if total += int64(f.count); int64(f.count) != files[n].count {
			return nil, fmt.Errorf("%s has %d documents, the manifest says %d: compile again", paths[n], f.count, files[n].count)
		}
	}
	if total != count {
		return nil, fmt.Errorf("the documents of %s are %d, the manifest says %d: compile again", doc.Show(doc.String(c.Namespace()), 120), total, count)
	}
	return s, nil
}

func shorten(digest string) string {
	if len(digest) > 16 {
		digest = digest[:16]
	}
	return doc.Show(doc.String(digest), 20)
}

func originOf(origins map[int64]string, v bson.RawValue) error {
	d, err := doc.AsObject("an origin", v)
	if err != nil {
		return err
	}
	line, origin := int64(0), ""
	err = eachField("an origin", d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "line":
			line, err = doc.AsInt(name, v)
		case "origin":
			origin, err = doc.AsString(name, v)
		default:
			err = unknownField(name)
		}
		return err
	})
	origins[line] = origin
	return err
}
