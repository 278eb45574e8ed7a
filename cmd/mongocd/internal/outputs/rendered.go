package outputs

// Rendered documents as files: OUT/ENVIRONMENT/DATABASE/COLLECTION/, each environment's
// folder in the layout of extracted/. In: collections, a place; out: the folders of their
// environments replaced, all or none (runtime/replace). A folder is replaced only when it
// holds what was rendered before and nothing else: its list says so.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/rendered"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// listName is the file of an environment's folder that lists the others: a sorted
// line a file, digest and name, as mongocd.lock of a collection.
const listName = "rendered.lock"

// WriteRendered replaces the folders of the collections' environments below a place, and
// returns them, sorted.
func WriteRendered(to *Place, collections []rendered.Collection) (folders []string, err error) {
	files := map[string][]layout.File{} // by folder
	seen := map[string]string{}
	for i := range collections {
		c := &collections[i]
		folder := layout.EncodeName(c.Environment)
		at := layout.Dir("", c.Database, c.Name)
		if other, twice := seen[folder+"/"+at]; twice {
			return nil, fmt.Errorf("%s is wanted by two weaves, %s and %s: name one with --weave", diag.Safe(c.Namespace(), 200), diag.Safe(other, 80), diag.Safe(c.Weave, 80))
		}
		seen[folder+"/"+at] = c.Weave
		made, err := layout.Render(&c.Collection)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", diag.Safe(c.Namespace(), 200), err)
		}
		for _, f := range made {
			files[folder] = append(files[folder], layout.File{Name: path.Join(at, f.Name), Data: f.Data})
		}
	}
	for folder := range files {
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	work, err := replace.Begin(to.Folder, to.Way, false)
	if err != nil {
		return nil, fmt.Errorf("begin to write %s: %w", to.Show("."), err)
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	for _, folder := range folders {
		if err := refuseNotRendered(to, folder); err != nil {
			return nil, err
		}
		into, err := work.Folder(folder, nil)
		if err != nil {
			return nil, err
		}
		for _, f := range append(files[folder], layout.File{Name: listName, Data: listOf(files[folder])}) {
			if err := into.Write(f.Name, f.Data); err != nil {
				return nil, fmt.Errorf("write %s: %w", to.Show(folder), err)
			}
		}
	}
	return folders, work.Commit()
}

// listOf is the text of the list.
func listOf(files []layout.File) []byte {
	files = slices.SortedFunc(slices.Values(files), func(a, b layout.File) int { return cmp.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", layout.DigestOf(f.Data), f.Name)
	}
	return b.Bytes()
}

// refuseNotRendered returns an error when a folder has a file that was not rendered, or is
// not as it was.
func refuseNotRendered(to *Place, folder string) error {
	at := path.Join(to.Way, folder)
	entries, err := fs.ReadDir(to, at)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s is in the way: %w", to.Show(folder), err)
	}
	list, err := fs.ReadFile(to, path.Join(at, listName))
	if err != nil {
		return fmt.Errorf("%s holds files that render did not write (there is no %s): move them away or give another --output-dir", to.Show(folder), listName)
	}
	recorded := map[string]string{} // digest by name
	for line := range strings.Lines(string(list)) {
		if digest, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok {
			recorded[name] = digest
		}
	}
	return fs.WalkDir(to, at, func(file string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(file, at+"/")
		if err != nil || entry.IsDir() || name == listName {
			return err
		}
		how := "was not written by render"
		if digest, known := recorded[name]; known && entry.Type().IsRegular() {
			data, err := fs.ReadFile(to, file)
			if err != nil {
				return err
			}
			if layout.DigestOf(data).String() == digest {
				return nil
			}
			how = "was changed since render wrote it"
		}
		return fmt.Errorf("%s %s: move it away or give another --output-dir", to.Show(path.Join(folder, diag.Safe(name, 200))), how)
	})
}
