package layout

// Folders of collections: ROOT/<database or source>/<collection>. In: the root;
// out: real names, and the folder of a name. What an interrupted write below the
// root has committed is finished first.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/replace"
)

// Dir returns the folder that a collection is written to.
func Dir(root, database, collection string) string {
	return filepath.Join(root, EncodeName(database), EncodeName(collection))
}

// Databases returns the real names of the databases (or sources) under a root,
// sorted; none when the root is missing.
func Databases(root string) ([]string, error) {
	if err := replace.Finish(root); err != nil {
		return nil, err
	}
	dirs, err := folders(root)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(dirs))
	for _, dir := range dirs {
		name, err := databaseName(root, dir)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// databaseName is what the first collection in the folder says, or the folder's name.
func databaseName(root, dir string) (string, error) {
	if EncodeName(dir) == dir {
		return dir, nil
	}
	collections, err := folders(filepath.Join(root, dir))
	if err != nil {
		return "", err
	}
	for _, collection := range collections {
		// A faulty description names nothing here; Read says what is wrong with it.
		if c, err := Describe(filepath.Join(root, dir, collection)); err == nil && c.Database != "" {
			return c.Database, nil
		}
	}
	return dir, nil
}

// Collections returns the real names of the collections of a database, sorted;
// none when its folder is missing.
func Collections(root, database string) ([]string, error) {
	if err := replace.Finish(root); err != nil {
		return nil, err
	}
	dir, err := databaseDir(root, database)
	if err != nil {
		return nil, err
	}
	found, err := folders(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(found))
	for _, folder := range found {
		names = append(names, collectionName(dir, folder))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func collectionName(dir, folder string) string {
	if EncodeName(folder) != folder {
		// A faulty description names nothing here; Read says what is wrong with it.
		if c, err := Describe(filepath.Join(dir, folder)); err == nil && c.Name != "" {
			return c.Name
		}
	}
	return folder
}

// Find returns the folder of a collection: the one that Dir names, or one that
// somebody named by hand exactly as the collection. It is fs.ErrNotExist when there is neither.
func Find(root, database, collection string) (string, error) {
	if err := replace.Finish(root); err != nil {
		return "", err
	}
	dir, err := databaseDir(root, database)
	if err != nil {
		return "", err
	}
	return find(dir, collection)
}

func databaseDir(root, database string) (string, error) {
	dir, err := find(root, database)
	if errors.Is(err, fs.ErrNotExist) {
		return filepath.Join(root, EncodeName(database)), nil
	}
	return dir, err
}

func find(parent, name string) (string, error) {
	encoded := EncodeName(name)
	dirs, err := folders(parent)
	if err != nil {
		return "", err
	}
	for _, candidate := range []string{encoded, name} {
		if slices.Contains(dirs, candidate) {
			return filepath.Join(parent, candidate), nil
		}
	}
	return "", &fs.PathError{Op: "find", Path: filepath.Join(parent, encoded), Err: fs.ErrNotExist}
}

// folders lists the folders in a folder, sorted, without hidden ones. Symbolic
// links are none.
func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Describe reads a folder's collection.json only: no documents, and zero fields
// where it says nothing.
func Describe(dir string) (*Collection, error) {
	root, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	c := &Collection{}
	r := &folderReader{root: root, dir: dir}
	r.description(c)
	if err := root.Close(); err != nil {
		r.fail("", 0, reason(err), "")
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return c, nil
}
