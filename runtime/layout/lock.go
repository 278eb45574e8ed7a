package layout

// mongocd.lock: what was written last, to see what a person has changed since.
// One sorted line a file, "<sha256>  <name>", so that merges go line by line and
// `sha256sum -c` reads it; before them, where the collection was extracted, a
// comment with its identity at the source: "# source <32 hex digits>".

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// LockName is the name of the lock in a collection's folder.
const LockName = "mongocd.lock"

const sourcePrefix = "# source "

type lockEntry struct {
	name   string
	digest Digest
}

// lock makes the file.
func lock(source string, entries []lockEntry) []byte {
	slices.SortFunc(entries, func(a, b lockEntry) int { return cmp.Compare(a.name, b.name) })
	out := make([]byte, 0, 64+128*len(entries))
	if source != "" {
		out = append(out, sourcePrefix+source+"\n"...)
	}
	for _, e := range entries {
		out = append(out, e.digest.String()+"  "+e.name+"\n"...)
	}
	return out
}

// LockOf is the lock of a collection's files, by name, and of its identity at the
// source, which may be empty.
func LockOf(source string, files map[string]Digest) []byte {
	entries := make([]lockEntry, 0, len(files))
	for name, digest := range files {
		entries = append(entries, lockEntry{name, digest})
	}
	return lock(source, entries)
}

// SourceID is what the lock keeps of a collection's UUID: the first 16 bytes of
// its SHA-256, in hex.
func SourceID(uuid []byte) string { return DigestOf(uuid).String()[:32] }

// parseLock gives the digests by name, and the source's identity. Lines that
// are neither, such as the marks of a merge conflict, say nothing: these are bad.
func parseLock(text []byte) (digests map[string]string, source string, bad []int) {
	digests = map[string]string{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line := strings.TrimRight(string(line), "\r\n")
		digest, name, named := strings.Cut(line, "  ")
		if id, ok := strings.CutPrefix(line, sourcePrefix); ok && isHex(id, 32) {
			source = id
		} else if named && isHex(digest, 64) && fs.ValidPath(name) {
			digests[name] = digest
		} else if line != "" {
			bad = append(bad, n)
		}
	}
	return digests, source, bad
}

func isHex(text string, length int) bool {
	return len(text) == length && strings.Trim(text, "0123456789abcdef") == ""
}

// conflictMarks begin the lines that git puts around the sides of a conflict.
var conflictMarks = []string{"<<<<<<<", "=======", ">>>>>>>"}

// unmerged reports whether a lock has the marks of a merge conflict.
func unmerged(text []byte) bool {
	for line := range bytes.Lines(text) {
		for _, mark := range conflictMarks {
			if bytes.HasPrefix(line, []byte(mark)) {
				return true
			}
		}
	}
	return false
}

// edits compares the digests of a lock with those of the files that are there;
// odd are those that are no regular files.
func edits(want map[string]string, have map[string]Digest, odd ...string) []Edit {
	var out []Edit
	for name, digest := range have {
		if locked, ok := want[name]; !ok {
			out = append(out, Edit{File: name, How: "added"})
		} else if locked != digest.String() {
			out = append(out, Edit{File: name, How: "changed"})
		}
	}
	for _, name := range odd {
		out = append(out, Edit{File: name, How: "changed"})
	}
	for name := range want {
		if _, ok := have[name]; !ok && !slices.Contains(odd, name) {
			out = append(out, Edit{File: name, How: "missing"})
		}
	}
	slices.SortFunc(out, func(a, b Edit) int { return cmp.Compare(a.File, b.File) })
	return out
}

// State is a collection's folder as it lies there.
type State struct {
	// Lock is the text of mongocd.lock; nil when there is none.
	Lock []byte
	// SourceID is what the lock has of the source; empty: nothing.
	SourceID string
	// Files are the digests of the regular files of the layout by name.
	Files map[string]Digest
	// Edited names the files, sorted, that are not as they were last written:
	// changed, added or removed. Without a lock all files of the layout count as added.
	Edited []string
}

// Inspect looks at a folder; one that is missing has nothing.
func Inspect(fsys fs.FS, dir string) (*State, error) {
	root, err := openFolder(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &State{}, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := inspect(root)
	return s, errors.Join(err, disk.CloseSub(root))
}

// Edited names the files of a collection's folder that State.Edited has.
func Edited(fsys fs.FS, dir string) ([]string, error) {
	s, err := Inspect(fsys, dir)
	if err != nil {
		return nil, err
	}
	return s.Edited, nil
}

func inspect(root fs.FS) (*State, error) {
	s := &State{Files: map[string]Digest{}}
	text, err := readRegular(root, LockName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", LockName, err)
	}
	s.Lock = text
	want, source, _ := parseLock(text)
	s.SourceID = source
	have := []string{describeName, documentsLines}
	entries, err := fs.ReadDir(root, documentsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			have = append(have, path.Join(documentsDir, e.Name()))
		}
	}
	digests, errs := make([]Digest, len(have)), make([]error, len(have))
	parallel.Each(runtime.GOMAXPROCS(0), len(have), func(i int) { digests[i], errs[i] = digestFile(root, have[i]) })
	var odd []string
	for i, name := range have {
		switch err := errs[i]; {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, errNotRegular):
			odd = append(odd, name)
		case err != nil:
			return nil, err
		default:
			s.Files[name] = digests[i]
		}
	}
	for _, e := range edits(want, s.Files, odd...) {
		s.Edited = append(s.Edited, e.File)
	}
	return s, nil
}

func digestFile(root fs.FS, name string) (Digest, error) {
	info, err := fs.Lstat(root, name)
	if err != nil {
		return Digest{}, err
	}
	if !info.Mode().IsRegular() {
		return Digest{}, errNotRegular
	}
	f, err := root.Open(name)
	if err != nil {
		return Digest{}, err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return Digest(h.Sum(nil)), errors.Join(err, f.Close())
}

// Relock takes the folder as it is for what was written last: after a git
// merge. It reports whether the lock was another one. Files are not looked into:
// the caller has read the collection before.
func Relock(base *disk.Folder, dir string) (bool, error) {
	folder, err := openFolder(base, dir)
	if err != nil {
		return false, err
	}
	changed, err := relock(folder.(*disk.Folder))
	return changed, errors.Join(err, disk.CloseSub(folder))
}

func relock(folder *disk.Folder) (bool, error) {
	state, err := inspect(folder)
	if err != nil {
		return false, err
	}
	text := LockOf(state.SourceID, state.Files)
	if bytes.Equal(text, state.Lock) {
		return false, nil
	}
	const temporary = LockName + ".new"
	if err := folder.Root().WriteFile(temporary, text, 0o644); err != nil {
		return false, err
	}
	return true, folder.Root().Rename(temporary, LockName)
}

var errNotRegular = errors.New("not a regular file")

func readRegular(root fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(root, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	return fs.ReadFile(root, name)
}
