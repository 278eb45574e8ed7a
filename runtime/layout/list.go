package layout

// Folders of collections: ROOT/<database or source>/<collection>. In: the root,
// on a disk or in any file system; out: real names, and the folder of a name. On
// a disk, what an interrupted write below the root has committed is finished first.

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/replace"
)

// Dir returns the folder that a new collection is written to.
func Dir(root, database, collection string) string {
	return filepath.Join(root, FolderName(database), FolderName(collection))
}

// Place is where a collection lies (Find), or is to lie: in the folder that its
// database has, whatever that is named.
func Place(root, database, collection string) (string, error) {
	dir, err := Find(root, database, collection)
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	t := onDisk(root)
	parent, err := t.database(database)
	return t.place(path.Join(parent, FolderName(collection))), err
}

// tree is a root with its folders. Names in it have slashes.
type tree struct {
	files fs.FS
	root  string // in files
	// place is what a name in files is called outside: in results and messages.
	place func(name string) string
}

func onDisk(root string) tree {
	return tree{Disk(root), ".", func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }}
}

func inFS(fsys fs.FS, root string) tree {
	return tree{fsys, root, func(name string) string { return name }}
}

// Databases returns the real names of the databases (or sources) under a root,
// sorted; none when the root is missing.
func Databases(root string) ([]string, error) {
	if err := replace.Finish(root); err != nil {
		return nil, err
	}
	return onDisk(root).databases()
}

// DatabasesFS is Databases in a file system, in which nothing is finished.
func DatabasesFS(fsys fs.FS, root string) ([]string, error) { return inFS(fsys, root).databases() }

func (t tree) databases() ([]string, error) {
	dirs, err := t.folders(t.root)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(dirs))
	for _, dir := range dirs {
		name, err := t.databaseName(dir)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// databaseName is what the first collection in the folder says, or the folder's name.
func (t tree) databaseName(dir string) (string, error) {
	if EncodeName(dir) == dir {
		return dir, nil
	}
	collections, err := t.folders(path.Join(t.root, dir))
	if err != nil {
		return "", err
	}
	for _, collection := range collections {
		// A faulty description names nothing here; Read says what is wrong with it.
		if c, err := describeFS(t.files, path.Join(t.root, dir, collection)); err == nil && c.Database != "" {
			return c.Database, nil
		}
	}
	return nameOf(dir), nil
}

// Collections returns the real names of the collections of a database, sorted;
// none when its folder is missing.
func Collections(root, database string) ([]string, error) {
	if err := replace.Finish(root); err != nil {
		return nil, err
	}
	return onDisk(root).collections(database)
}

// CollectionsFS is Collections in a file system, in which nothing is finished.
func CollectionsFS(fsys fs.FS, root, database string) ([]string, error) {
	return inFS(fsys, root).collections(database)
}

func (t tree) collections(database string) ([]string, error) {
	dir, err := t.database(database)
	if err != nil {
		return nil, err
	}
	found, err := t.folders(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(found))
	for _, folder := range found {
		names = append(names, t.collectionName(dir, folder))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (t tree) collectionName(dir, folder string) string {
	if EncodeName(folder) != folder {
		// A faulty description names nothing here; Read says what is wrong with it.
		if c, err := describeFS(t.files, path.Join(dir, folder)); err == nil && c.Name != "" {
			return c.Name
		}
	}
	return nameOf(folder)
}

// Find returns the folder of a collection: the one that Dir names, the one that
// earlier versions named (EncodeName), or one that somebody named by hand exactly as
// the collection. It is fs.ErrNotExist when there is none, and an error when there
// are two, of which one would be out of date.
func Find(root, database, collection string) (string, error) {
	if err := replace.Finish(root); err != nil {
		return "", err
	}
	return onDisk(root).collection(database, collection)
}

// FindFS is Find in a file system, in which nothing is finished. The folder's
// name has slashes, as ReadFS takes it.
func FindFS(fsys fs.FS, root, database, collection string) (string, error) {
	return inFS(fsys, root).collection(database, collection)
}

func (t tree) collection(database, name string) (string, error) {
	dir, err := t.database(database)
	if err != nil {
		return "", err
	}
	found, err := t.find(dir, name)
	if err != nil {
		return "", err
	}
	return t.place(found), nil
}

// database is the folder of a database, or the one that it would have.
func (t tree) database(name string) (string, error) {
	dir, err := t.find(t.root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return path.Join(t.root, FolderName(name)), nil
	}
	return dir, err
}

func (t tree) find(parent, name string) (string, error) {
	dirs, err := t.folders(parent)
	if err != nil {
		return "", err
	}
	var found []string
	for _, candidate := range []string{FolderName(name), EncodeName(name), name} {
		if slices.Contains(dirs, candidate) && !slices.Contains(found, candidate) {
			found = append(found, candidate)
		}
	}
	switch len(found) {
	case 0:
		return "", &fs.PathError{Op: "find", Path: t.place(path.Join(parent, FolderName(name))), Err: fs.ErrNotExist}
	case 1:
		return path.Join(parent, found[0]), nil
	}
	return "", &Error{File: t.place(path.Join(parent, found[0])), Message: fmt.Sprintf("%s and %s are both folders of %s",
		doc.Show(doc.String(found[0]), 160), doc.Show(doc.String(found[1]), 160), doc.Show(doc.String(name), 160)), Hint: "keep the one that is up to date, and delete the other"}
}

// folders lists the folders in a folder, sorted, without hidden ones. Symbolic
// links are none.
func (t tree) folders(dir string) ([]string, error) {
	entries, err := fs.ReadDir(t.files, dir)
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
	return describeIn(folder{root}, filepath.ToSlash(dir))
}

// describeFS is Describe in a file system.
func describeFS(fsys fs.FS, dir string) (*Collection, error) {
	files, err := openFolderFS(fsys, dir)
	if err != nil {
		return nil, err
	}
	return describeIn(files, dir)
}

func describeIn(files fs.FS, dir string) (*Collection, error) {
	c := &Collection{}
	r := &folderReader{files: files, dir: dir}
	r.description(c)
	r.close()
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return c, nil
}
