package main

// Folders as a layer of an image. In: a folder; out: its files, links and nothing else, in order of
// their names, as those of root.

import (
	"io/fs"
	"os"
	"path/filepath"
)

// filesOf are the files below a folder.
func filesOf(dir string) ([]file, error) {
	var out []file
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(rel)}
		if entry.Type()&fs.ModeSymlink != 0 {
			if f.link, err = os.Readlink(path); err != nil {
				return err
			}
			out = append(out, f)
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		f.mode = int64(info.Mode().Perm())
		if f.data, err = os.ReadFile(path); err != nil {
			return err
		}
		out = append(out, f)
		return nil
	})
	return out, err
}
