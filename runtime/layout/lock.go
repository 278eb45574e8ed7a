package layout

// mongocd.lock: what was written last, to see what a person has changed since.
// One sorted line a file, "<sha256>  <name>", so that merges go line by line and
// `sha256sum -c` reads it.

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

const lockName = "mongocd.lock"

func lock(files []File) []byte {
	var out []byte
	for _, f := range files {
		out = append(out, digestOf(f.Data)+"  "+f.Name+"\n"...)
	}
	return out
}

// Edited names the files of a collection's folder, sorted, that are not as they
// were last written: changed, added or removed. A folder that is missing has
// none; in one without a lock all files of the layout count as added.
func Edited(dir string) ([]string, error) {
	if err := recoverDir(dir); err != nil {
		return nil, err
	}
	root, err := openFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names, err := edited(root)
	return names, errors.Join(err, root.Close())
}

func edited(root *os.Root) ([]string, error) {
	want := map[string]string{}
	text, err := root.ReadFile(lockName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		digest, name, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), "  ")
		if ok {
			want[name] = digest
		}
	}
	have := []string{describeName, documentsLines}
	entries, err := fs.ReadDir(root.FS(), documentsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			have = append(have, path.Join(documentsDir, e.Name()))
		}
	}
	var changed []string
	for _, name := range have {
		digest, locked := want[name]
		delete(want, name)
		data, err := readRegular(root, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if locked {
				changed = append(changed, name)
			}
		case errors.Is(err, errNotRegular):
			changed = append(changed, name)
		case err != nil:
			return nil, err
		case digestOf(data) != digest:
			changed = append(changed, name)
		}
	}
	for name := range want {
		changed = append(changed, name)
	}
	slices.Sort(changed)
	return changed, nil
}

var errNotRegular = errors.New("not a regular file")

func readRegular(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	return root.ReadFile(name)
}
