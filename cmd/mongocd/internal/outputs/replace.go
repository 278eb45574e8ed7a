package outputs

// Writing generated folders: all of them or none (runtime/replace).
//
// In: an output directory and, for each generated folder, its files. Out: the
// folders replaced.

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/replace"
)

// Folder is one generated folder, its path relative to the output directory.
type Folder struct {
	Path  string
	Weave string
	// Sums are the SHA-256 of its files, by path. The files themselves are not known of what
	// was generated before (Known).
	Sums  []desired.Output
	Files []codegen.File `json:"-"`
}

// Place is a folder that is written to, which need not exist yet: the output, or
// extracted/. Everything goes through the folder that is open, so links that
// somebody puts in the place of others meanwhile do not lead out of it.
type Place struct {
	*disk.Folder        // the workspace or, for a folder elsewhere, the nearest one that is there
	Way          string // the way from there
	shown        string // for messages
}

// at is the way to a folder below the place.
func (p *Place) at(name string) string { return path.Join(p.Way, name) }

// Show is the path of what is below the place, for messages.
func (p *Place) Show(name string) string {
	return filepath.ToSlash(filepath.Join(p.shown, filepath.FromSlash(name)))
}

// Open opens a folder of the workspace, or one that is elsewhere. A link on the
// way that leads out of the workspace is an error: whoever writes a pull request can
// put it there.
func Open(dir, name string) (*Place, error) {
	shown := filepath.Join(dir, name)
	if filepath.IsAbs(name) {
		shown = name
	}
	if !filepath.IsLocal(name) { // it is said to be elsewhere
		f, rest, err := disk.Nearest(shown)
		if err != nil {
			return nil, console.Failf("%s", err)
		}
		return &Place{Folder: f, Way: rest, shown: shown}, nil
	}
	f, err := disk.Open(dir)
	if err != nil {
		return nil, console.Failf("%s", err)
	}
	for at := path.Clean(filepath.ToSlash(name)); at != "."; at = path.Dir(at) {
		if _, err := fs.Stat(f, at); disk.Escapes(err) {
			err = console.Failf("nothing is written: %s is a link that leads out of the workspace; name a folder elsewhere by its absolute path", diag.Quote(at, 200))
			return nil, errors.Join(err, f.Close())
		}
	}
	return &Place{Folder: f, Way: path.Clean(filepath.ToSlash(name)), shown: shown}, nil
}

// Builder builds the program of a folder; nil: none is built.
type Builder func(f Folder) (name string, program []byte, err error)

// Replace writes the folders below out. A folder that exists, is not
// empty and was not generated (it has no manifest.json) is never replaced, nor
// without force one with files that were changed by hand. A program that
// somebody built in one stays when all that it was built from does, and build
// makes no other; removed are the paths of those that do not. A store knows large files again.
func Replace(out *Place, folders []Folder, force bool, build Builder, store *cache.Store) (removed []string, err error) {
	work, err := replace.Begin(out.Folder, out.Way, true)
	if err != nil {
		return nil, fmt.Errorf("begin to write %s: %w", filepath.ToSlash(out.shown), err)
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	there := make([]*onDisk, len(folders))
	defer func() {
		for _, d := range there {
			err = errors.Join(err, d.close())
		}
	}()
	for i, f := range folders {
		if err := refuseForeign(out, f.Path); err != nil {
			return nil, err
		}
		if there[i], err = readDisk(out, f.Path, store); err != nil {
			return nil, err
		}
	}
	if !force {
		if err := refuseEdited(folders, there); err != nil {
			return nil, err
		}
	}
	written := make([]map[string]stamp, len(folders))
	for i, f := range folders {
		to, err := work.Folder(f.Path, nil)
		if err != nil {
			return nil, err
		}
		var found []Difference
		if there[i] != nil {
			found = there[i].compare(f)
		}
		kept := map[string]bool{}
		for _, file := range f.Files {
			if kept[file.Path], err = write(to, f, file, there[i], found); err != nil {
				return nil, fmt.Errorf("write %s: %w", f.Path, err)
			}
		}
		built := ""
		if build != nil {
			name, program, err := build(f)
			if err != nil {
				return nil, err
			}
			if err := writeProgram(to, name, program); err != nil {
				return nil, fmt.Errorf("write the program of %s: %w", f.Path, err)
			}
			built = name
		}
		gone, err := keepPrograms(to, f, there[i], found, built)
		if err != nil {
			return nil, fmt.Errorf("keep the program of %s: %w", f.Path, err)
		}
		removed = append(removed, gone...)
		if written[i], err = stamps(to, f, there[i], kept); err != nil {
			return nil, err
		}
	}
	if err := work.Commit(); err != nil {
		return removed, err
	}
	for i, f := range folders {
		keepStamps(store, out, f.Path, written[i])
	}
	return removed, nil
}

// write writes a file of a folder, or takes over the one that is there where it is the same: that is
// on disk already. found is how the folder that is there differs.
func write(to *replace.Folder, f Folder, file codegen.File, d *onDisk, found []Difference) (kept bool, err error) {
	if d != nil && !slices.ContainsFunc(found, func(x Difference) bool { return x.Path == d.show(file.Path) }) {
		if kept, err := to.Keep(file.Path); err != nil || kept {
			return kept, err
		}
	}
	text := file.Text()
	if file.Make != nil && !slices.Contains(f.Sums, desired.OutputOf(file.Path, text)) { // the digest was kept
		return false, fmt.Errorf("%s is another file than its digest says: compile with --no-cache", file.Path)
	}
	return false, to.Write(file.Path, text)
}

// keepPrograms keeps those of a folder's programs whose inputs are as they were,
// and returns the others; found is how the folder differs, built is one that there is a
// new one of.
func keepPrograms(to *replace.Folder, f Folder, d *onDisk, found []Difference, built string) (removed []string, err error) {
	if d == nil {
		return nil, nil
	}
	script := d.show("mongosh.js") // no program has it in it
	same := !slices.ContainsFunc(found, func(x Difference) bool { return x.Path != script })
	for _, name := range programs(f.Weave) {
		if digest := d.files[name]; digest == "" || name == built { // none, or no plain file
			continue
		}
		if !same {
			removed = append(removed, d.show(name))
			continue
		}
		kept, err := to.Keep(name)
		if err == nil && !kept {
			err = copyProgram(to, name, d.folder)
		}
		if err != nil {
			return nil, err
		}
	}
	return removed, nil
}

// copyProgram is for file systems without hard links.
func copyProgram(to *replace.Folder, name string, from fs.FS) error {
	data, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	return writeProgram(to, name, data)
}

func writeProgram(to *replace.Folder, name string, data []byte) error {
	file, err := to.Create(name)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Chmod(0o755), file.Close())
}

// refuseForeign returns an error for a path that compile did not make.
func refuseForeign(out *Place, name string) error {
	entries, err := fs.ReadDir(out, out.at(name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s is in the way: %w", out.Show(name), err)
	}
	if _, err := fs.Stat(out, path.Join(out.at(name), desired.ManifestName)); err != nil {
		return fmt.Errorf("%s holds files that mongocd did not write (there is no manifest.json); move them away or give another --out", out.Show(name))
	}
	return nil
}
