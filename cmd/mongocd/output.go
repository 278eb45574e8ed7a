package main

// Writing generated folders: all of them or none.
//
// In: an output directory and, for each generated folder, its files. Out: the
// folders replaced. Everything is first written beside its place as NAME.new,
// then a commit marker lists the folders, then they are renamed; a later run
// that finds the marker finishes the renames (DESIGN: all files or none).

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hayone1/mongocd/codegen"
)

// commitMarker names the folders whose NAME.new is complete.
const commitMarker = ".mongocd-commit"

// folder is one generated folder, its path relative to the output directory.
type folder struct {
	path  string
	weave string
	files []codegen.File
}

// replaceFolders writes the folders below out. A folder that exists, is not
// empty and was not generated (it has no manifest.json) is never replaced, nor
// without force one with files that were changed by hand.
func replaceFolders(out string, folders []folder, force bool) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make the output directory: %w", err)
	}
	if err := finishCommit(out); err != nil {
		return err
	}
	var paths []string
	for _, f := range folders {
		if err := refuseForeign(filepath.Join(out, f.path)); err != nil {
			return err
		}
		paths = append(paths, f.path)
	}
	if !force {
		if err := refuseEdited(out, folders); err != nil {
			return err
		}
	}
	for _, f := range folders {
		if err := writeFolder(filepath.Join(out, f.path)+".new", f.files); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
	}
	marker, err := json.Marshal(paths)
	if err != nil {
		return err
	}
	temporary := filepath.Join(out, commitMarker+".new")
	if err := writeSynced(temporary, marker); err != nil {
		return fmt.Errorf("write the commit marker: %w", err)
	}
	if err := os.Rename(temporary, filepath.Join(out, commitMarker)); err != nil {
		return fmt.Errorf("write the commit marker: %w", err)
	}
	return finishCommit(out)
}

// finishCommit carries out the renames that a commit marker lists, if there is one.
func finishCommit(out string) error {
	marker := filepath.Join(out, commitMarker)
	data, err := os.ReadFile(marker)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the commit marker: %w", err)
	}
	var paths []string
	if err := json.Unmarshal(data, &paths); err != nil {
		return fmt.Errorf("%s is damaged; remove it and compile again: %w", marker, err)
	}
	for _, path := range paths {
		if !filepath.IsLocal(path) {
			return fmt.Errorf("%s names %q, which is outside of the output directory; remove the marker and compile again", marker, path)
		}
		final := filepath.Join(out, path)
		if _, err := os.Stat(final + ".new"); errors.Is(err, fs.ErrNotExist) {
			continue // renamed before the interruption
		}
		if err := refuseForeign(final); err != nil {
			return err
		}
		if err := os.RemoveAll(final); err != nil {
			return fmt.Errorf("replace %s: %w", path, err)
		}
		if err := os.Rename(final+".new", final); err != nil {
			return fmt.Errorf("replace %s: %w", path, err)
		}
	}
	return os.Remove(marker)
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

func writeFolder(dir string, files []codegen.File) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("generated path %q leaves the folder", f.Path)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := writeSynced(path, f.Data); err != nil {
			return err
		}
	}
	return nil
}

// writeSynced writes a file and has it on disk before it returns.
func writeSynced(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}
