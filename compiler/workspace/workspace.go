// Package workspace finds and reads what is compiled: the .weave files of a
// directory, and the data that was extracted for them, on a disk or in memory.
//
// In: a directory or another file system, and Options. Out: a Workspace, the Jobs that the options choose,
// and a Snapshot of the data that they need, all plain values that nothing
// changes afterwards; and diagnostics.
package workspace

// Finding, reading and parsing the .weave files of a workspace.

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/disk"
)

// Workspace is the parsed and statically checked content of a directory.
type Workspace struct {
	// dir is the directory; nothing outside of it is ever read. files is in its
	// place where that is another file system.
	dir   string
	files fs.FS
	// Weaves by directory, in order of name.
	Weaves []*Weave
	// accepted is what loading found and the weaves accept.
	accepted diag.List
	// cache has collections that were read before; nil: there is none.
	cache *Cache
	// instead are other data of environments than the workspace says (Instead).
	instead map[string]*Pin
}

// Weave is the .weave files of one directory.
type Weave struct {
	// Dir is the directory within the workspace, with slashes; "." for the workspace itself.
	Dir    string
	Files  []*source.File
	Module *check.Module
}

// Options choose what is compiled.
type Options struct {
	// Environments to compile, or groups of them; empty: all.
	Environments []string
	// Weaves to compile by name; empty: all.
	Weaves []string
	// Inputs are the values of `input` declarations by name, as text.
	Inputs map[string]string
	// WithEdits takes extracted files that were changed by hand as they are, with
	// a warning; without it they are an error.
	WithEdits bool
	// Compiler is "mongocd VERSION", written into every state.
	Compiler string
	// Budget counts what the compilation uses; nil: a new one.
	Budget *limit.Budget
	// Cache has what was compiled before; nil: there is none.
	Cache *cache.Store
	// Space has the documents that are not to stay in memory; nil: all do.
	Space *paged.Space
	// Bare: states that the cache has come without the BSON of their documents; with Together
	// where it has all of them alone.
	Bare, Together bool
	// Samples: data that is a sample is taken as well, as nothing is made of the states.
	Samples bool
}

// MaxSource is the size in bytes up to which a .weave file is read.
const MaxSource = 16 << 20

// LoadDir is Load of a directory of a disk, which no name and no symbolic link
// leads out of.
func LoadDir(dir string) (_ *Workspace, diags diag.List) {
	doing := "reading the weaves"
	defer mistake.Recovered(&doing, &diags)
	root, err := disk.Open(dir)
	if err != nil {
		return nil, diag.List{{Code: diag.UnreadableFile, Message: "the workspace cannot be opened: " + reason(err),
			Notes: []string{"looked for the folder " + diag.Quote(dir, 200)}}}
	}
	w, diags := Load(root)
	if err := root.Close(); err != nil && w != nil {
		return nil, append(diags, unreadable(".", err))
	}
	if w != nil {
		w.dir, w.files = dir, nil // it is opened again for the data
	}
	return w, diags
}

// Load reads and checks all weaves of a file system without their data. Every
// directory with .weave files is a weave; extracted/, build/, pinned data and folders
// whose name begins with a dot are left out. Syntax errors of all files come alone;
// without any, the errors of all weaves. The workspace is nil exactly when
// there are errors. The data is read from the same file system, when it is needed.
func Load(files fs.FS) (_ *Workspace, diags diag.List) {
	doing := "reading the weaves"
	defer mistake.Recovered(&doing, &diags)
	read, diags := Files(files)
	weaves := new(Cache).Parse(read)
	if len(weaves) == 0 && !diags.HasErrors() {
		diags = append(diags, NoWeave())
	}
	for _, p := range weaves {
		diags = append(diags, p.Syntax...)
	}
	if diags.HasErrors() {
		diags.Sort()
		return nil, diags
	}
	w, found := New(files, weaves)
	diags = append(diags, found...)
	diags.Sort()
	if diags.HasErrors() {
		return nil, diags
	}
	return w, diags
}

// NoWeave is the error for a workspace without rules.
func NoWeave() diag.Diagnostic {
	return diag.Diagnostic{Code: diag.NoWeave, Message: "there are no .weave files in this workspace",
		Notes: []string{"name another directory with --workspace, or begin one with `mongocd init`"}}
}

// New is the workspace of parsed weaves, with what is wrong with them and between
// them; those with errors of their own are not part of it.
func New(files fs.FS, weaves []*Parsed) (*Workspace, diag.List) {
	w := &Workspace{files: files}
	var diags diag.List
	for _, p := range weaves {
		diags = append(diags, p.Static...)
		if p.Module != nil {
			w.Weaves = append(w.Weaves, &Weave{Dir: p.Dir, Files: p.Files, Module: p.Module})
		}
	}
	if !diags.HasErrors() {
		diags = append(diags, w.collisions()...)
	}
	diags.Sort()
	w.accepted = w.Accept(diags)
	return w, w.accepted
}

// Files reads all .weave files by directory.
func Files(root fs.FS) (map[string][]*source.File, diag.List) {
	files := map[string][]*source.File{}
	var diags diag.List
	walk := func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			diags = append(diags, unreadable(name, err))
			return nil
		}
		if entry.IsDir() {
			if name == extractedDir || name == "build" || name != "." && strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
			if path.Dir(name) == Releases {
				if _, err := fs.Lstat(root, path.Join(name, PinName)); err == nil {
					return fs.SkipDir
				}
			}
			return nil
		}
		if !strings.HasSuffix(name, ".weave") {
			return nil
		}
		text, err := readFile(root, name, MaxSource)
		if err != nil {
			diags = append(diags, unreadable(name, err))
			return nil
		}
		files[path.Dir(name)] = append(files[path.Dir(name)], source.NewFile(name, string(text)))
		return nil
	}
	if err := fs.WalkDir(root, ".", walk); err != nil {
		diags = append(diags, unreadable(".", err))
	}
	return files, diags
}

// readFile reads a plain file; one that is larger than limit bytes is an error.
func readFile(root fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(root, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("it is larger than %d MiB", limit>>20)
	}
	return fs.ReadFile(root, name)
}

func unreadable(name string, err error) diag.Diagnostic {
	code := diag.UnreadableFile
	if disk.Escapes(err) {
		code = diag.OutsideWorkspace
	}
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf("%s cannot be read: %s", diag.Quote(name, 200), reason(err))}
}

// reason is an error of the file system without the path, which is said already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		if disk.Escapes(err) {
			return "it is a link that leads out of the workspace"
		}
		return p.Err.Error()
	}
	return diag.Safe(err.Error(), 200)
}

// collisions reports weaves of one name, and weaves that write one collection.
func (w *Workspace) collisions() diag.List {
	var diags diag.List
	names := map[string]*Weave{}
	type key struct{ environment, database, collection string }
	written := map[key]*check.Target{}
	for _, weave := range w.Weaves {
		m := weave.Module
		if other := names[m.Name]; other != nil {
			diags = append(diags, diag.Diagnostic{Code: diag.DuplicateName, Span: m.Span,
				Message: fmt.Sprintf("two weaves of this workspace are named %s", diag.Quote(m.Name, 64)),
				Related: []diag.Related{{Span: other.Module.Span, Message: "the other one"}}})
		}
		names[m.Name] = weave
		for _, s := range named(m) {
			for _, env := range m.Environments {
				if s.FanOut != nil {
					continue // the data shows its databases: Overlaps
				}
				k := key{env, s.Database[env], s.Destination}
				other := written[k]
				if other == nil {
					written[k] = s
					continue
				}
				if other.NameSpan.File == s.NameSpan.File || path.Dir(other.NameSpan.File.Name) == weave.Dir {
					continue // within one weave: lang/check has reported it
				}
				diags = append(diags, diag.Diagnostic{Code: diag.OverlappingSync, Span: s.NameSpan,
					Message: fmt.Sprintf("two weaves write %s.%s in %s", k.database, k.collection, env),
					Related: []diag.Related{{Span: other.NameSpan, Message: "the other one"}},
					Notes:   []string{"a collection belongs to one weave: move the rules into one of them"}})
				break
			}
		}
	}
	return diags
}

// named are the collections that the syncs of a module name.
func named(m *check.Module) []*check.Target {
	var out []*check.Target
	for _, s := range m.Syncs {
		out = append(out, s.Named()...)
	}
	return out
}

// Environments are those of all weaves, each once, sorted.
func (w *Workspace) Environments() []string {
	var names []string
	for _, weave := range w.Weaves {
		names = append(names, weave.Module.Environments...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Members are the environments that a name, of one or of a group, stands for in
// any weave, each once, as they are declared; none when there is no such name.
func (w *Workspace) Members(name string) []string {
	var out []string
	add := func(members ...string) {
		for _, m := range members {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	for _, weave := range w.Weaves {
		if slices.Contains(weave.Module.Environments, name) {
			add(name)
		}
		add(weave.Module.Groups[name]...)
	}
	return out
}

// NoEnvironment is the error for a name that no environment or group has.
func (w *Workspace) NoEnvironment(name string) diag.Diagnostic {
	all := w.Environments()
	var groups, known []string
	for _, weave := range w.Weaves {
		groups = slices.AppendSeq(groups, maps.Keys(weave.Module.Groups))
	}
	slices.Sort(groups)
	groups = slices.Compact(groups)
	known = append(slices.Clone(all), groups...)
	d := Unknown(diag.UnknownEnvironment, "environment", name, known)
	last := "there are " + strings.Join(all, ", ")
	for _, g := range groups {
		last += "; " + g + " stands for " + strings.Join(w.Members(g), ", ")
	}
	d.Notes[len(d.Notes)-1] = last
	return d
}

// Known is the options without the environments, weaves and inputs that the
// workspace does not have; false: with nothing left of what they ask for.
func (w *Workspace) Known(o Options) (Options, bool) {
	known := o
	known.Environments = slices.DeleteFunc(slices.Clone(o.Environments), func(name string) bool { return len(w.Members(name)) == 0 })
	known.Weaves = slices.DeleteFunc(slices.Clone(o.Weaves), func(name string) bool {
		return !slices.ContainsFunc(w.Weaves, func(weave *Weave) bool { return weave.Module.Name == name })
	})
	known.Inputs = map[string]string{}
	for _, weave := range w.Weaves {
		for _, in := range weave.Module.Inputs {
			if value, ok := o.Inputs[in.Name.Text]; ok {
				known.Inputs[in.Name.Text] = value
			}
		}
	}
	gone := len(o.Environments) > 0 && len(known.Environments) == 0 || len(o.Weaves) > 0 && len(known.Weaves) == 0
	return known, !gone
}
