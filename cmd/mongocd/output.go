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

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/runtime/replace"
)

// folder is one generated folder, its path relative to the output directory.
type folder struct {
	path  string
	weave string
	files []codegen.File
}

// replaceFolders writes the folders below out. A folder that exists, is not
// empty and was not generated (it has no manifest.json) is never replaced, nor
// without force one with files that were changed by hand.
func replaceFolders(out string, folders []folder, force bool) (err error) {
	work, err := replace.Begin(out, true)
	if err != nil {
		return fmt.Errorf("begin to write %s: %w", filepath.ToSlash(out), err)
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	for _, f := range folders {
		if err := refuseForeign(filepath.Join(out, f.path)); err != nil {
			return err
		}
	}
	if !force {
		if err := refuseEdited(out, folders); err != nil {
			return err
		}
	}
	for _, f := range folders {
		to, err := work.Folder(f.path, nil)
		if err != nil {
			return err
		}
		for _, file := range f.files {
			if err := to.Write(file.Path, file.Data); err != nil {
				return fmt.Errorf("write %s: %w", f.path, err)
			}
		}
	}
	return work.Commit()
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
