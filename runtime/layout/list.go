package layout

// Folders of collections: ROOT/<database or source>/<collection>. In: a file
// system and the root's path in it; out: real names, and the folder of a name.
// Who opens a disk finishes first what an interrupted write below the root has
// committed (replace.Finish).

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Dir returns the folder that a new collection is written to.
func Dir(root, database, collection string) string {
	return path.Join(root, FolderName(database), FolderName(collection))
}

// Place is where a collection lies (Find), or is to lie: in the folder that its
// database has, whatever that is named.
func Place(fsys fs.FS, root, database, collection string) (string, error) {
	dir, err := Find(fsys, root, database, collection)
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	parent, err := databaseDir(fsys, root, database)
	return path.Join(parent, FolderName(collection)), err
}

// Databases returns the real names of the databases (or sources) under a root,
// sorted; none when the root is missing.
func Databases(fsys fs.FS, root string) ([]string, error) {
	dirs, err := folders(fsys, root)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(dirs))
	for _, dir := range dirs {
		name, err := databaseName(fsys, root, dir)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// databaseName is what the first collection in the folder says, or the folder's name.
func databaseName(fsys fs.FS, root, dir string) (string, error) {
	if EncodeName(dir) == dir {
		return dir, nil
	}
	collections, err := folders(fsys, path.Join(root, dir))
	if err != nil {
		return "", err
	}
	for _, collection := range collections {
		// A faulty description names nothing here; Read says what is wrong with it.
		if c, err := Describe(fsys, path.Join(root, dir, collection)); err == nil && c.Database != "" {
			return c.Database, nil
		}
	}
	return nameOf(dir), nil
}

// Collections returns the real names of the collections of a database, sorted;
// none when its folder is missing.
func Collections(fsys fs.FS, root, database string) ([]string, error) {
	dir, err := databaseDir(fsys, root, database)
	if err != nil {
		return nil, err
	}
	found, err := folders(fsys, dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(found))
	for _, folder := range found {
		names = append(names, collectionName(fsys, dir, folder))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func collectionName(fsys fs.FS, dir, folder string) string {
	if EncodeName(folder) != folder {
		// A faulty description names nothing here; Read says what is wrong with it.
		if c, err := Describe(fsys, path.Join(dir, folder)); err == nil && c.Name != "" {
			return c.Name
		}
	}
	return nameOf(folder)
}

// Find returns the folder of a collection: the one that Dir names, the one that
// earlier versions named (EncodeName), or one that somebody named by hand exactly as
// the collection. It is fs.ErrNotExist when there is none, and an error when there
// are two, of which one would be out of date.
func Find(fsys fs.FS, root, database, collection string) (string, error) {
	dir, err := databaseDir(fsys, root, database)
	if err != nil {
		return "", err
	}
	return find(fsys, dir, collection)
}

func databaseDir(fsys fs.FS, root, database string) (string, error) {
	dir, err := find(fsys, root, database)
	if errors.Is(err, fs.ErrNotExist) {
		return path.Join(root, FolderName(database)), nil
	}
	return dir, err
}

func find(fsys fs.FS, parent, name string) (string, error) {
	// What is there under a name may be there under another case: the listing says how it is written.
	names, err := listed(fsys, parent)
	if err != nil {
		return "", err
	}
	var found []string
	for _, candidate := range []string{FolderName(name), EncodeName(name), name} {
		if strings.HasPrefix(candidate, ".") || !slices.Contains(names, candidate) || slices.Contains(found, candidate) {
			continue
		}
		switch info, err := fs.Lstat(fsys, path.Join(parent, candidate)); {
		case errors.Is(err, fs.ErrNotExist): // meanwhile
		case err != nil:
			return "", err
		case info.IsDir():
			found = append(found, candidate)
		}
	}
	switch len(found) {
	case 0:
		return "", &fs.PathError{Op: "find", Path: path.Join(parent, FolderName(name)), Err: fs.ErrNotExist}
	case 1:
		return path.Join(parent, found[0]), nil
	}
	return "", &Error{File: path.Join(parent, found[0]), Message: fmt.Sprintf("%s and %s are both folders of %s",
		doc.Show(doc.String(found[0]), 160), doc.Show(doc.String(found[1]), 160), doc.Show(doc.String(name), 160)), Hint: "keep the one that is up to date, and delete the other"}
}

// listed are the names in a folder; none when it is missing.
func listed(fsys fs.FS, dir string) (names []string, err error) {
	if f, ok := fsys.(*disk.Folder); ok {
		names, err = f.Names(dir)
	} else {
		var entries []fs.DirEntry
		entries, err = fs.ReadDir(fsys, dir)
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

// folders lists the folders in a folder, sorted, without hidden ones. Symbolic
// links are none.
func folders(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
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
func Describe(fsys fs.FS, dir string) (*Collection, error) {
	root, err := openFolder(fsys, dir)
	if err != nil {
		return nil, err
	}
	c := &Collection{}
	r := &folderReader{root: root, dir: dir}
	r.description(c)
	if err := disk.CloseSub(root); err != nil {
		r.fail("", 0, reason(err), "")
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return c, nil
}
