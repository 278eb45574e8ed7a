package workspace

// Extracted data: each collection that the jobs need is read once and its
// shape inferred.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Snapshot is the data of the jobs: what was extracted and, for environments whose
// data is pinned, what is pinned (For).
type Snapshot struct {
	Collections map[Key]*Collection
	pinned      map[string]*Snapshot // by environment
}

// For is the data that an environment is compiled with.
func (s *Snapshot) For(environment string) *Snapshot {
	if p := s.pinned[environment]; p != nil {
		return p
	}
	return s
}

type Key struct{ Source, Name string }

func (s *Snapshot) Collection(source, name string) *Collection {
	return s.Collections[Key{source, name}]
}

// Collection is the extracted data of one collection; changed by nobody.
type Collection struct {
	// Name is SOURCE.COLLECTION for messages.
	Name      string
	Kind      string // collection, view or timeseries
	Capped    bool
	Sample    int64  // as that of layout.Collection
	Folder    string // within the workspace, with slashes
	Documents []bson.Raw
	// Parts are the files that they were read from, in order; nil where that is not asked for.
	Parts []Part
	// Read are the documents with the files they were read from; a test has none.
	Read    []layout.Document
	Count   int
	Shape   *shape.Shape
	Options bson.Raw
	Indexes []bson.Raw
	// edits are the files that are not as the lock has them; unmerged: the lock
	// has the marks of a merge conflict.
	edits    []layout.Edit
	unmerged bool
	// unlocked and badLines are those of layout.Collection.
	unlocked bool
	badLines []int
	// sourceID is whose copy it is (layout.Collection); may be empty.
	sourceID string
	// digest is that of layout.Collection, in hex.
	digest string
	// surveyed: neither the documents nor the shape are known (Survey).
	surveyed bool
	// once has what Once keeps; nil where nothing is kept.
	once *sync.Map
}

// Sources are the identities at their sources of the collections that a job
// reads, as far as they are known, sorted.
func (s *Snapshot) Sources(j *Job) []string {
	var out []string
	for _, n := range j.Needs() {
		if c := s.For(j.Environment).Collections[n.Key]; c != nil && c.sourceID != "" {
			out = append(out, c.sourceID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Read reads what the jobs need.
func (w *Workspace) Read(ctx context.Context, jobs []*Job, o Options) (*Snapshot, diag.List) {
	files, done, err := w.extracted()
	if err != nil {
		return nil, unusable(err)
	}
	s, diags := w.readAll(ctx, files, jobs, o)
	if err := done(); err != nil {
		diags = append(diags, unusable(err)...)
	}
	return s, diags
}

func (w *Workspace) readAll(ctx context.Context, files fs.FS, jobs []*Job, o Options) (*Snapshot, diag.List) {
	s := &Snapshot{Collections: map[Key]*Collection{}}
	var diags diag.List
	failed := map[place]bool{}
	for _, j := range jobs {
		into := s
		if j.pin != nil {
			if s.pinned == nil {
				s.pinned = map[string]*Snapshot{}
			}
			if s.pinned[j.Environment] == nil {
				s.pinned[j.Environment] = &Snapshot{Collections: map[Key]*Collection{}}
			}
			into = s.pinned[j.Environment]
		}
		for _, n := range j.Needs() {
			k := place{j.pin.root(), n.Key}
			if into.Collections[n.Key] != nil || failed[k] {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, diag.List{{Code: diag.Interrupted, Message: "stopped: " + err.Error()}}
			}
			var c *Collection
			var found diag.List
			if j.pin != nil {
				c, found = j.pin.read(ctx, w.cache, o.Space, files, n.Key, n.At)
			} else {
				c, found = w.cache.read(ctx, o.Space, files, k, n.At)
			}
			if err := ctx.Err(); err != nil {
				return nil, diag.List{{Code: diag.Interrupted, Message: "stopped: " + err.Error()}}
			}
			diags = append(diags, found...)
			if c == nil {
				failed[k] = true
				continue
			}
			into.Collections[n.Key] = c
			if j.pin == nil {
				diags = append(diags, c.edited(o.WithEdits)...)
				diags = append(diags, c.badLock(n.At)...)
			}
		}
	}
	diags.Sort()
	return s, diags
}

// extractedDir is the folder of extracted data in a workspace.
const extractedDir = "extracted"

// extracted opens the workspace to read its data. On a disk, what an interrupted
// `extract` or `promote` has committed is finished first.
func (w *Workspace) extracted() (files fs.FS, done func() error, err error) {
	if w.files != nil {
		return w.files, func() error { return nil }, nil
	}
	root, err := disk.Open(w.dir)
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range []string{extractedDir, Releases} {
		if err := replace.Finish(root, dir); err != nil {
			return nil, nil, errors.Join(err, root.Close())
		}
	}
	return root, root.Close, nil
}

// extractedNames are the collections that an environment has of a source: those that
// were extracted, or are pinned.
func (w *Workspace) extractedNames(p *Pin, source string) (names []string, err error) {
	files, done, err := w.extracted()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return p.names(files, source)
}

// read reads one collection, with the help of files that were parsed before; nil: without.
func read(ctx context.Context, space *paged.Space, before *parts, root fs.FS, p place, at source.Span) (*Collection, diag.List) {
	with := layout.Parsing{Keep: func(d []layout.Document) {
		space.Keep(len(d), func(i int) *[]byte { return (*[]byte)(&d[i].Raw) })
	}}
	if before != nil {
		with.Known = before.known
	}
	var digests map[string]layout.Digest
	c, diags := described(ctx, root, p, at, func(ctx context.Context, root fs.FS, folder string) (*layout.Collection, error) {
		c, err := layout.ReadWith(ctx, root, folder, with)
		if err == nil {
			digests = c.Digests
		}
		return c, err
	})
	if c == nil {
		return nil, diags
	}
	for i, d := range c.Read {
		c.Documents[i] = d.Raw
	}
	if before != nil {
		c.Parts = before.of(c, digests)
		c.Shape = before.shapeOf(c)
	} else {
		c.Shape = shape.Infer(c.Documents, runtime.GOMAXPROCS(0))
	}
	space.LetGo()
	return c, diags
}

// described finds and reads one collection; its documents are in Read alone.
func described(ctx context.Context, root fs.FS, p place, at source.Span, reading func(context.Context, fs.FS, string) (*layout.Collection, error)) (*Collection, diag.List) {
	k := p.Key
	folder, err := layout.Find(root, p.root, k.Source, k.Name)
	if errors.Is(err, fs.ErrNotExist) {
		folder := layout.Dir(p.root, k.Source, k.Name)
		if info, err := fs.Lstat(root, folder); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, diag.List{{Code: diag.OutsideWorkspace, Span: at,
				Message: fmt.Sprintf("%s is a link, and links to extracted data are not followed", diag.Quote(folder, 200))}}
		}
		return nil, diag.List{notExtracted(root, k, at)}
	}
	if err != nil {
		return nil, unusable(err)
	}
	if _, err := fs.Stat(root, folder); err != nil {
		return nil, diag.List{{Code: diag.OutsideWorkspace, Message: fmt.Sprintf("%s cannot be read: %s", diag.Quote(folder, 200), reason(err))}}
	}
	read, err := reading(ctx, root, folder)
	if err != nil {
		return nil, unusable(err)
	}
	c := &Collection{
		Name: diag.Safe(k.Source+"."+k.Name, 200), Kind: read.Kind, Sample: read.Sample, Folder: folder,
		Documents: make([]bson.Raw, len(read.Documents)), Read: read.Documents, Count: len(read.Documents), Options: read.Options, Indexes: read.Indexes, sourceID: read.SourceID,
		edits: read.Edits, unmerged: read.Unmerged, unlocked: read.Unlocked, badLines: read.BadLines, digest: read.Digest.String(),
	}
	if v, ok := doc.Get(read.Options, doc.Path{"capped"}); len(read.Options) > 0 && ok {
		c.Capped = stores.Truthy(v)
	}
	return c, nil
}

// asRegex is the regular expression for a name in which `*` is meant to stand
// for anything; "" for one without.
func asRegex(name string) string {
	parts := strings.Split(name, "*")
	if len(parts) < 2 {
		return ""
	}
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(regexp.QuoteMeta(part), "/", `\/`)
	}
	pattern := "^" + strings.Join(parts, ".*") + "$"
	return strings.TrimPrefix(strings.TrimSuffix(pattern, ".*$"), "^.*")
}

// notExtracted is the error for a collection that extracted/ lacks.
func notExtracted(root fs.FS, k Key, at source.Span) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.NotExtracted, Span: at,
		Message: fmt.Sprintf("the collection %s of %s was not extracted", diag.Quote(k.Name, 64), diag.Quote(k.Source, 64))}
	names, err := layout.Collections(root, extractedDir, k.Source)
	if err == nil {
		if near := diag.Suggest(k.Name, names); near != "" {
			d.Label = fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))
			if text := at.Text(); text == k.Name || text == ast.WrittenName(k.Name) {
				d.Fix = &diag.Fix{Span: at, Text: ast.WrittenName(near)}
			}
		}
	}
	if pattern := asRegex(k.Name); pattern != "" {
		d.Notes = append(d.Notes, fmt.Sprintf("a pattern is a regular expression: `/%s/`", diag.Safe(pattern, 64)))
	}
	if sources, err := layout.Databases(root, extractedDir); err == nil && len(names) == 0 {
		if near := diag.Suggest(k.Source, sources); near != "" {
			d.Notes = append(d.Notes, fmt.Sprintf("the source %s was extracted; did you mean that?", diag.Quote(near, 64)))
		}
	}
	d.Notes = append(d.Notes, "run `mongocd extract`")
	return d
}

// unusable words what is wrong with extracted files.
func unusable(err error) diag.List {
	var out diag.List
	for _, e := range layout.Errors(err) {
		at := diag.Safe(e.File, 300)
		if e.Line > 0 {
			at += fmt.Sprintf(":%d", e.Line)
			if e.Column > 0 {
				at += fmt.Sprintf(":%d", e.Column)
			}
		}
		d := diag.Diagnostic{Code: diag.BadExtract, Message: at + ": " + e.Message}
		if e.Hint != "" {
			d.Notes = []string{e.Hint}
		}
		out = append(out, d)
	}
	switch {
	case len(out) > 0:
	case disk.Escapes(err):
		out = diag.List{{Code: diag.OutsideWorkspace, Message: "the extracted data cannot be read: " + reason(err)}}
	default:
		out = diag.List{{Code: diag.BadExtract, Message: "the extracted data cannot be read: " + reason(err)}}
	}
	return out
}

// ValuesAt are the known values at a path of fields; none when there are many.
func (c *Collection) ValuesAt(p *ast.Path) []bson.RawValue {
	n := c.Shape.Root
	for _, name := range check.Fields(p) {
		n = n.Field(name)
	}
	if n == nil {
		return nil
	}
	if !n.Many {
		return n.Values
	}
	// Too many to be kept in the shape: this is for a message, so look again.
	var out []bson.RawValue
	for _, d := range c.Documents {
		if v, ok := doc.Get(d, check.Fields(p)); ok && v.Type == bson.TypeString {
			out = append(out, v)
			if len(out) == 10_000 {
				break
			}
		}
	}
	return out
}
