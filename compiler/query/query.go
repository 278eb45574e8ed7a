// Package query answers questions about a workspace while its files are being
// written: what is wrong, what stands at a place, what could stand there, where it is
// declared, how many documents it concerns. It is one analysis for every view of it:
// a language server, a page.
//
// In: a file system, texts that are not saved yet, and places in files. Out: plain
// values; nothing here knows a protocol. query.go has the workspace as it is now;
// analysis.go runs its rules · around.go reads the tokens around a place, names.go what names and
// paths mean there, pinned.go by which data, complete.go and completevalue.go what could stand there,
// hover.go what stands there · occurrences.go has every mention of a name: where it is declared, who
// refers to it, rename.go its edits · counts.go how many documents statements concern,
// evaluate.go and values.go what an expression gives · outline.go symbols and folds, select.go what encloses a place, tokens.go
// what each word is.
package query

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Workspace is a workspace that is being written. Several goroutines may use it.
type Workspace struct {
	files   fs.FS
	options workspace.Options
	further func(o *rules.Outcome) diag.List
	cache   workspace.Cache
	rules   rules.Cache

	mutex    sync.Mutex
	saved    map[string]*source.File // by name; nil: not read yet
	wrong    diag.List               // files that cannot be read
	unsaved  map[string]*source.File
	snapshot *Snapshot
	last     map[string][]*job.Finished // of each weave that was right, by its directory
}

// Open is the workspace in a file system. Of the options, environments and weaves
// are not looked at: all are analysed. further, which may be nil, finds in the finished
// documents of a collection what is no rule's business; it is asked once for the same ones.
func Open(files fs.FS, o workspace.Options, further func(o *rules.Outcome) diag.List) *Workspace {
	o.Environments, o.Weaves = nil, nil
	return &Workspace{files: files, options: o, further: further, unsaved: map[string]*source.File{}, last: map[string][]*job.Finished{}}
}

// Edit gives a file a text that is not saved; name is relative to the workspace, with slashes.
func (w *Workspace) Edit(name, text string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.unsaved[name] = source.NewFile(name, text)
	w.snapshot = nil
}

// SetInputs gives the `input` declarations other values, by name.
func (w *Workspace) SetInputs(values map[string]string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.options.Inputs, w.snapshot = maps.Clone(values), nil
}

// Inputs are the values of `input` declarations, by name.
func (w *Workspace) Inputs() map[string]string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return maps.Clone(w.options.Inputs)
}

// Discard makes a file what it is in the file system.
func (w *Workspace) Discard(name string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.unsaved, name)
	w.saved, w.snapshot = nil, nil
}

// Refresh takes up what has changed in the file system: weaves and extracted data.
func (w *Workspace) Refresh() {
	w.cache.Refresh(w.files)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.saved, w.snapshot = nil, nil
}

// Now is the workspace as it is now.
func (w *Workspace) Now() *Snapshot {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.snapshot != nil {
		return w.snapshot
	}
	if w.saved == nil {
		read, wrong := workspace.Files(w.files)
		w.saved, w.wrong = map[string]*source.File{}, wrong
		for _, list := range read {
			for _, f := range list {
				w.saved[f.Name] = f
			}
		}
	}
	all := maps.Clone(w.saved)
	maps.Copy(all, w.unsaved)
	byDir := map[string][]*source.File{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		byDir[path.Dir(name)] = append(byDir[path.Dir(name)], all[name])
	}
	s := &Snapshot{workspace: w, options: w.options, weaves: w.cache.Parse(byDir), wrong: w.wrong}
	s.analysing = make(chan struct{}, 1)
	w.snapshot = s
	return s
}

// Snapshot is a workspace at one time. Nothing changes it; what takes long is done
// once, when it is first asked for.
type Snapshot struct {
	workspace *Workspace
	options   workspace.Options
	weaves    []*workspace.Parsed
	wrong     diag.List

	analysing chan struct{} // held by who makes the analysis
	analysis  *Analysis
}

// Files are the names of the weave files, sorted.
func (s *Snapshot) Files() []string {
	var out []string
	for _, p := range s.weaves {
		for _, f := range p.Files {
			out = append(out, f.Name)
		}
	}
	slices.Sort(out)
	return out
}

// File is a weave file by name; nil when there is none.
func (s *Snapshot) File(name string) *source.File {
	if p, i := s.parsed(name); p != nil {
		return p.Files[i]
	}
	return nil
}

// parsed is the weave of a file, and its position there.
func (s *Snapshot) parsed(name string) (*workspace.Parsed, int) {
	for _, p := range s.weaves {
		if p.Dir == path.Dir(name) {
			if i := slices.IndexFunc(p.Files, func(f *source.File) bool { return f.Name == name }); i >= 0 {
				return p, i
			}
		}
	}
	return nil, 0
}

// Static is what is wrong without looking at data: the errors of the text, and
// those of weaves without any.
func (s *Snapshot) Static() diag.List {
	out := slices.Clone(s.wrong)
	for _, p := range s.weaves {
		out = append(out, p.Syntax...)
	}
	if len(s.weaves) == 0 {
		out = append(out, workspace.NoWeave())
	}
	_, found := s.Checked()
	out = append(out, found...)
	out.Sort()
	return out
}

// Checked is the workspace of the weaves that are right by themselves, with what was
// found in all.
func (s *Snapshot) Checked() (*workspace.Workspace, diag.List) {
	w, found := workspace.New(s.workspace.files, s.weaves)
	return w.With(&s.workspace.cache), found
}

// collections are the names of the extracted collections of a source; none when
// nothing of it was extracted.
func (s *Snapshot) collections(from string) []string {
	return data{of: s.workspace}.collections(from)
}

// sources are the names of what was extracted and declared.
func (s *Snapshot) sources(p *workspace.Parsed) []string {
	names, err := layout.Databases(s.workspace.files, "extracted")
	if err != nil {
		names = nil // as above
	}
	for d := range decls(p) {
		if d, ok := d.(*ast.SourceDecl); ok {
			names = append(names, d.Name.Text)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// environments are the names that `for` takes in a weave: environments, then groups
// with their members.
func environments(p *workspace.Parsed) (names []string, groups map[string][]string) {
	groups = map[string][]string{}
	for d := range decls(p) {
		d, ok := d.(*ast.EnvironmentsDecl)
		if !ok {
			continue
		}
		for _, e := range d.Entries {
			if len(e.Members) == 0 {
				names = append(names, e.Name.Text)
			}
			for _, m := range e.Members {
				names = append(names, m.Text)
				groups[e.Name.Text] = append(groups[e.Name.Text], m.Text)
			}
		}
	}
	return unique(names), groups
}

// unique are the first ones of equal names.
func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// decls yields the declarations of a weave in order of its files.
func decls(p *workspace.Parsed) func(func(ast.Decl) bool) {
	return func(yield func(ast.Decl) bool) {
		if p == nil {
			return
		}
		for _, tree := range p.Trees {
			for _, d := range tree.Decls {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// head is a text up to the end of its first line.
func head(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, " \t\r{")
}
