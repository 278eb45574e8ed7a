package main

// Writing generated folders: all of them or none (runtime/replace).
//
// In: an output directory and, for each generated folder, its files. Out: the
// folders replaced.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/replace"
)

// folder is one generated folder, its path relative to the output directory.
type folder struct {
	path  string
	weave string
	files []codegen.File
}

// within is the path of a folder in the workspace, or of one that is absolute. A link
// on the way that leads out of the workspace is an error: whoever writes a pull
// request can put it there.
func within(dir, name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	path := filepath.Join(dir, name)
	if !filepath.IsLocal(name) {
		return path, nil // it is said to be elsewhere
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", failf("%s", err)
	}
	defer root.Close()
	for at := filepath.Clean(name); at != "."; at = filepath.Dir(at) {
		if _, err := root.Stat(at); compiler.Escapes(err) {
			return "", failf("nothing is written: %s is a link that leads out of the workspace; name a folder elsewhere by its absolute path",
				diag.Quote(filepath.ToSlash(at), 200))
		}
	}
	return path, nil
}

// replaceFolders writes the folders below out. A folder that exists, is not
// empty and was not generated (it has no manifest.json) is never replaced, nor
// without force one with files that were changed by hand. A program that
// somebody built in one stays when all that it was built from does; removed are
// the paths of those that do not, but for those that building names.
func replaceFolders(out string, folders []folder, force bool, building func(weave string) string) (removed []string, err error) {
	work, err := replace.Begin(out, true)
	if err != nil {
		return nil, fmt.Errorf("begin to write %s: %w", filepath.ToSlash(out), err)
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	there := make([]*onDisk, len(folders))
	for i, f := range folders {
		dir := filepath.Join(out, f.path)
		if err := refuseForeign(dir); err != nil {
			return nil, err
		}
		if there[i], err = readDisk(dir); err != nil {
			return nil, err
		}
	}
	if !force {
		if err := refuseEdited(folders, there); err != nil {
			return nil, err
		}
	}
	for i, f := range folders {
		to, err := work.Folder(f.path, nil)
		if err != nil {
			return nil, err
		}
		for _, file := range f.files {
			if err := to.Write(file.Path, file.Data); err != nil {
				return nil, fmt.Errorf("write %s: %w", f.path, err)
			}
		}
		gone, err := keepPrograms(to, f, there[i], building(f.weave))
		if err != nil {
			return nil, fmt.Errorf("keep the program of %s: %w", f.path, err)
		}
		removed = append(removed, gone...)
	}
	return removed, work.Commit()
}

// keepPrograms keeps those of a folder's programs whose inputs are as they were,
// and returns the others.
func keepPrograms(to *replace.Folder, f folder, d *onDisk, building string) (removed []string, err error) {
	if d == nil {
		return nil, nil
	}
	found, err := d.compare(f.weave, f.files)
	if err != nil {
		return nil, err
	}
	script := filepath.ToSlash(filepath.Join(d.dir, "mongosh.js")) // no program has it in it
	same := !slices.ContainsFunc(found, func(x difference) bool { return x.Path != script })
	for _, name := range programs(f.weave) {
		if digest := d.files[name]; digest == "" || name == building { // none, or no plain file
			continue
		}
		if !same {
			removed = append(removed, filepath.ToSlash(filepath.Join(d.dir, name)))
			continue
		}
		kept, err := to.Keep(name)
		if err == nil && !kept {
			err = copyProgram(to, name, filepath.Join(d.dir, name))
		}
		if err != nil {
			return nil, err
		}
	}
	return removed, nil
}

// copyProgram is for file systems without hard links.
func copyProgram(to *replace.Folder, name, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	file, err := to.Create(name)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Chmod(0o755), file.Close())
}

// refuseForeign returns an error for a path that compile did not make.
func refuseForeign(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s is in the way: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil {
		return fmt.Errorf("%s holds files that mongocd did not write (there is no manifest.json); move them away or give another --out", dir)
	}
	return nil
}
