package outputs

// Build folders against what is recorded in their manifests and against what
// the workspace compiles to. In: folders on disk, generated files; out: the
// differences. `compile` and `compile --check` act on them.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/parallel"
	"github.com/hayone1/mongocd/runtime/replace"
)

// Difference is one file of the build that is not what it should be.
type Difference struct {
	Path string `json:"path"`
	// Kind is "stale": as it was compiled, but the workspace gives another one;
	// "edited": changed since it was compiled; "missing"; "extra": not compiled.
	Kind string `json:"kind"`
}

// TakeCommits gives states the commits that their builds name, so that a build is compared
// with what the workspace compiles to and not with when it was.
func TakeCommits(out *Place, states []*desired.State) error {
	for _, s := range states {
		text, err := fs.ReadFile(out, out.at(path.Join(StateFolder(s), desired.ManifestName)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return console.Failf("read the output: %s", err)
		}
		s.Commit = desired.CommitOf(text)
	}
	return nil
}

func sortDifferences(found []Difference) {
	slices.SortFunc(found, func(a, b Difference) int { return cmp.Compare(a.Path, b.Path) })
}

// onDisk is a build folder as it is.
type onDisk struct {
	folder   fs.FS
	dir      string            // for messages
	manifest string            // SHA-256 of all of it
	files    map[string]string // SHA-256 by path with slashes; "" for what is no plain file
	outputs  map[string]string // as recorded; nil when nothing is
	stamps   map[string]stamp  // of large files, before they were digested
	damaged  bool              // the manifest cannot be read
}

func (d *onDisk) close() error {
	if d == nil {
		return nil
	}
	return disk.CloseSub(d.folder)
}

func (d *onDisk) show(name string) string { return path.Join(d.dir, name) }

// readDisk reads a build folder; nil when there is none. Files that are as a store knows them are
// not digested again.
func readDisk(out *Place, at string, store *cache.Store) (*onDisk, error) {
	d := &onDisk{dir: out.Show(at), files: map[string]string{}, stamps: map[string]stamp{}}
	info, err := fs.Lstat(out, out.at(at))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		d.files["."] = ""
		return d, nil
	}
	if d.folder, err = fs.Sub(out, out.at(at)); err != nil {
		return nil, err
	}
	known := stampsOf(store, out, at)
	var names []string // that are digested, on all processors
	err = fs.WalkDir(d.folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !entry.Type().IsRegular() {
			d.files[name] = ""
			return nil
		}
		if name != desired.ManifestName {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			now, ok := stampOf(info)
			if ok {
				d.stamps[name] = now
			}
			if was := known[name]; ok && was == (stamp{now.Inode, now.Size, now.Modified, was.SHA256}) {
				d.files[name] = was.SHA256
			} else {
				names = append(names, name)
			}
			return nil
		}
		data, err := fs.ReadFile(d.folder, name)
		if err != nil {
			return err
		}
		d.manifest = desired.OutputOf(name, data).SHA256
		recorded, itself, err := desired.ReadOutputs(data)
		if err != nil {
			d.damaged, d.files[name] = true, d.manifest
			return nil
		}
		if recorded != nil {
			d.outputs = map[string]string{}
		}
		for _, o := range recorded {
			d.outputs[o.Path] = o.SHA256
		}
		d.files[name] = itself.SHA256
		return nil
	})
	if err != nil {
		return d, err
	}
	sums, errs := make([]string, len(names)), make([]error, len(names))
	parallel.Each(runtime.GOMAXPROCS(0), len(names), func(i int) { sums[i], errs[i] = sumOf(d.folder, names[i]) })
	for i, name := range names {
		d.files[name] = sums[i]
	}
	return d, errors.Join(errs...)
}

// sumOf is the SHA-256 of a file, which is not read into memory.
func sumOf(folder fs.FS, name string) (string, error) {
	f, err := folder.Open(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}

// programs are the names of what people and --build compile in a folder.
func programs(weave string) []string {
	name := programOf(weave)
	return []string{name, name + ".exe", "artefact", "artefact.exe"}
}

// edited are the files of a folder that somebody changed or added since it was
// compiled. A folder whose manifest records no outputs has none.
func (d *onDisk) edited(weave string) []Difference {
	var found []Difference
	if d.damaged {
		return []Difference{{d.show(desired.ManifestName), "edited"}}
	}
	if d.outputs == nil {
		return nil
	}
	for name, digest := range d.files {
		recorded, known := d.outputs[name]
		path := d.show(name)
		switch {
		case known && recorded != digest:
			found = append(found, Difference{path, "edited"})
		case !known && !slices.Contains(programs(weave), name):
			found = append(found, Difference{path, "extra"})
		}
	}
	sortDifferences(found)
	return found
}

// compare finds how a folder differs from the generated files.
func (d *onDisk) compare(of Folder) []Difference {
	var found []Difference
	wanted := map[string]bool{}
	for _, f := range of.Sums {
		wanted[f.Path] = true
		digest, there := d.files[f.Path]
		kind := ""
		switch {
		case !there:
			kind = "missing"
		case f.Path == desired.ManifestName: // digested without its outputs, and compared with them
			if d.manifest != f.SHA256 {
				kind = "stale"
			}
		case digest != f.SHA256:
			kind = "stale"
		}
		if recorded, known := d.outputs[f.Path]; kind == "stale" && (d.damaged && f.Path == desired.ManifestName || known && recorded != digest) {
			kind = "edited"
		}
		if kind != "" {
			found = append(found, Difference{d.show(f.Path), kind})
		}
	}
	for name, digest := range d.files {
		if wanted[name] || slices.Contains(programs(of.Weave), name) {
			continue
		}
		kind := "extra"
		if recorded, known := d.outputs[name]; known && recorded == digest {
			kind = "stale" // of another target or collection
		}
		found = append(found, Difference{d.show(name), kind})
	}
	return found
}

// Check finds how the build differs from what was generated. With all,
// folders that nothing was generated for count too. Without a store all files are read.
func Check(out *Place, folders []Folder, all bool, store *cache.Store) ([]Difference, error) {
	var found []Difference
	known := map[string]bool{}
	for _, f := range folders {
		known[out.at(f.Path)] = true
		d, err := readDisk(out, f.Path, store)
		if err != nil {
			return nil, err
		}
		if d == nil {
			found = append(found, Difference{out.Show(f.Path) + "/", "missing"})
			continue
		}
		found = append(found, d.compare(f)...)
		if err := d.close(); err != nil {
			return nil, err
		}
	}
	if all {
		manifests, err := fs.Glob(out, path.Join(GlobQuote(out.Way), "*", "*", desired.ManifestName))
		if err != nil {
			return nil, err
		}
		for _, m := range manifests {
			dir := path.Dir(m)
			name, err := layout.Below(out.Way, dir)
			if err != nil {
				return nil, err
			}
			if !known[dir] && path.Base(path.Dir(dir)) != replace.Area {
				found = append(found, Difference{out.Show(name) + "/", "extra"})
			}
		}
	}
	sortDifferences(found)
	return found, nil
}

// GlobQuote makes a path match itself only (path, Match).
func GlobQuote(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// refuseEdited returns an error that names the files of the build that were
// changed by hand and would be written over.
func refuseEdited(folders []Folder, there []*onDisk) error {
	var found []Difference
	for i, f := range folders {
		if d := there[i]; d != nil {
			found = append(found, d.edited(f.Weave)...)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("nothing was written, because somebody changed the output since it was compiled:\n%sMove what is yours into the rules, then `mongocd compile --force` discards these changes", Lines(found, "  "))
}

// maxPath is how much of a path is shown.
const maxPath = 1000

// ShownPath is a path on a line of its own: nothing in it acts on a terminal, and it is
// no command of a runner, which begins with two colons or `##[`.
func ShownPath(name string) string {
	name = diag.Safe(filepath.ToSlash(name), maxPath)
	if at := strings.TrimSpace(name); strings.HasPrefix(at, "::") || strings.HasPrefix(at, "##[") {
		return "./" + name
	}
	return name
}

// Lines are differences for people, one a line.
func Lines(found []Difference, indent string) string {
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%s%-7s  %s\n", indent, d.Kind, diag.Safe(d.Path, maxPath))
	}
	return b.String()
}
