package compiler

// Jobs that were compiled before. In: jobs, and a cache.Store; out: those of them that
// it has, as compiling them again would give them: messages, state, digests and what was
// used. A job is two entries: JSON of all but the documents, and their BSON, which is read
// where it is needed. What would not come out of JSON as it went in is not kept.

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// done is a job that was taken through all phases, now or before.
type done struct {
	*job.Finished              // nil: before
	found         [2]diag.List // by phase
	written       []job.Written
	inputs        []workspace.Input
	used          limit.Used
	state         *desired.State // without Sources; nil while it is not made
	key           string         // of what it comes of; empty: that is not known
	bare          bool           // its documents were not read
}

// memory is what a store has of the jobs of a compilation. nil has nothing.
type memory struct {
	store    *cache.Store
	compiler string
	survey   *workspace.Cache
	bare     bool    // Options.Bare: nobody needs the documents of jobs that are known
	known    []*done // by job; nil: it is not known
}

// recall looks for jobs; nil: nothing is kept of this workspace.
func recall(ctx context.Context, w *workspace.Workspace, jobs []*workspace.Job, o workspace.Options) *memory {
	if o.Cache == nil || o.Budget != nil {
		return nil
	}
	survey := w.Survey(ctx, jobs, o.Cache)
	if survey == nil {
		return nil
	}
	m := &memory{store: o.Cache, compiler: o.Compiler, survey: survey, bare: o.Bare, known: make([]*done, len(jobs))}
	for i, j := range jobs {
		m.known[i] = m.get(j, m.bare)
	}
	if m.bare && o.Together && slices.Contains(m.known, nil) {
		for i, j := range jobs {
			if m.known[i] != nil {
				m.known[i] = m.get(j, false)
			}
		}
	}
	for i, j := range jobs {
		if m.known[i] == nil {
			survey.Forget(j)
		}
	}
	return m
}

// workspace is that which leaves the documents alone that nobody needs.
func (m *memory) workspace(w *workspace.Workspace) *workspace.Workspace {
	if m == nil {
		return w
	}
	return w.With(m.survey)
}

func (m *memory) of(i int) *done {
	if m == nil {
		return nil
	}
	return m.known[i]
}

func (m *memory) in() *cache.Store {
	if m == nil {
		return nil
	}
	return m.store
}

// The two entries of a job.
const jobs, documents = "job", "documents"

// key is what a job comes of; empty: that is not known.
func (m *memory) key(j *workspace.Job, collection func(workspace.Key) *workspace.Collection) string {
	of, ok := j.ComesOf(collection)
	if !ok {
		return ""
	}
	k := cache.NewKey("of")
	k.Add(m.compiler)
	k.Add(of...)
	return k.Sum()
}

// get is a job that is kept, bare or with its documents; nil: there is none.
func (m *memory) get(j *workspace.Job, bare bool) *done {
	key := m.key(j, m.survey.Surveyed(j))
	if key == "" {
		return nil
	}
	e, ok := cache.Value[entry](m.store, cache.KeyOf(jobs, key))
	if !ok {
		return nil
	}
	d := e.done(j)
	if d == nil {
		return nil
	}
	d.key, d.bare = key, bare
	if bare {
		return d
	}
	if raw, ok := m.store.Get(cache.KeyOf(documents, key)); !ok || !d.fill(raw) {
		return nil
	}
	return d
}

// keep keeps a job that was run; data is what it read.
func (m *memory) keep(data *workspace.Snapshot, j *workspace.Job, d *done) {
	if m == nil {
		return
	}
	key := m.key(j, data.Of(j))
	if key == "" {
		return
	}
	e, ok := entryOf(d, j)
	if ok && cache.PutValue(m.store, cache.KeyOf(jobs, key), e) {
		d.key = key
		if m.bare { // who needs them later makes them of what is kept of files
			return
		}
		m.store.Put(cache.KeyOf(documents, key), func(w io.Writer) error { return writeDocuments(w, d.state, m.store.Space) })
	}
}

// entry is the JSON of a job.
type entry struct {
	Found   [2][]message
	Written []job.Written
	Inputs  []workspace.Input
	Used    limit.Used
	State   *desired.State // without documents
	// Documents are the numbers of documents of its collections, -1 for none at all, and
	// Beside what some have beside their BSON.
	Documents []int
	Beside    []beside
}

type beside struct {
	Collection, At int
	Document       desired.Document
}

// message is a diag.Diagnostic with its files by name.
type message struct {
	Diagnostic diag.Diagnostic // without files
	Files      []string        // of Span, those of Related, and that of Fix; "" for none
}

// entryOf is the JSON of a job; false: it cannot be kept.
func entryOf(d *done, j *workspace.Job) (entry, bool) {
	e := entry{Written: d.written, Inputs: d.inputs, Used: d.used}
	for n, list := range d.found {
		for _, found := range list {
			m, ok := packed(found, j.Weave.Files)
			if !ok {
				return e, false
			}
			e.Found[n] = append(e.Found[n], m)
		}
	}
	state := *d.state
	state.Collections = nil
	for n, c := range d.state.Collections {
		count := len(c.Documents)
		if c.Documents == nil {
			count = -1
		}
		for i, document := range c.Documents {
			if document.Raw == nil {
				return e, false
			}
			if document.Origin != "" || document.Secrets != nil || document.Links != nil {
				document.Raw, document.Sum = nil, nil
				e.Beside = append(e.Beside, beside{n, i, document})
			}
		}
		e.Documents = append(e.Documents, count)
		bare := *c
		bare.Documents = nil
		state.Collections = append(state.Collections, &bare)
	}
	e.State = &state
	return e, true
}

// writeDocuments writes the documents of a job.
func writeDocuments(w io.Writer, state *desired.State, space *paged.Space) error {
	for _, c := range state.Collections {
		for _, d := range c.Documents {
			if _, err := w.Write(d.Raw); err != nil {
				return err
			}
			space.Touched(len(d.Raw))
		}
	}
	return nil
}

// done is the job, its documents without their BSON; nil: it is not one.
func (e entry) done(j *workspace.Job) *done {
	if e.State == nil || len(e.Documents) != len(e.State.Collections) {
		return nil
	}
	d := &done{written: e.Written, inputs: e.Inputs, used: e.Used, state: e.State}
	for n, list := range e.Found {
		for _, m := range list {
			found, err := m.unpacked(j.Weave.Files)
			if err != nil {
				return nil
			}
			d.found[n] = append(d.found[n], found)
		}
	}
	for n, c := range d.state.Collections {
		if c == nil || e.Documents[n] > cache.EntryLimit/5 { // the least that one has
			return nil
		}
		if e.Documents[n] >= 0 {
			c.Documents = make([]desired.Document, e.Documents[n])
		}
	}
	for _, b := range e.Beside {
		if b.Collection < 0 || b.At < 0 || b.Collection >= len(d.state.Collections) || b.At >= len(d.state.Collections[b.Collection].Documents) {
			return nil
		}
		d.state.Collections[b.Collection].Documents[b.At] = b.Document
	}
	return d
}

// fill gives the documents their BSON; false: it is not theirs.
func (d *done) fill(documents []byte) bool {
	for _, c := range d.state.Collections {
		for i := range c.Documents {
			if len(documents) < 4 {
				return false
			}
			size := int(int32(binary.LittleEndian.Uint32(documents)))
			var raw []byte
			var ok bool
			if raw, documents, ok = take(documents, size); !ok || size < 5 {
				return false
			}
			c.Documents[i].Raw = bson.Raw(raw)
		}
	}
	return len(documents) == 0
}

func take(text []byte, n int) (part, rest []byte, ok bool) {
	if n < 0 || n > len(text) {
		return nil, text, false
	}
	return text[:n:n], text[n:], true
}

// places are the spans of a message.
func places(d *diag.Diagnostic) []*source.Span {
	out := []*source.Span{&d.Span}
	for i := range d.Related {
		out = append(out, &d.Related[i].Span)
	}
	if d.Fix != nil {
		out = append(out, &d.Fix.Span)
	}
	return out
}

// packed is a message about some files.
func packed(d diag.Diagnostic, files []*source.File) (message, bool) {
	d = clonedMessage(d)
	m := message{}
	for _, at := range places(&d) {
		name := ""
		if at.File != nil {
			if name = at.File.Name; !slices.Contains(files, at.File) || name == "" {
				return m, false
			}
			at.File = nil
		}
		m.Files = append(m.Files, name)
	}
	m.Diagnostic = d
	return m, true
}

func (m message) unpacked(files []*source.File) (diag.Diagnostic, error) {
	d := m.Diagnostic
	list := places(&d)
	if len(list) != len(m.Files) {
		return d, errors.New("other places")
	}
	for i, at := range list {
		if m.Files[i] == "" {
			continue
		}
		n := slices.IndexFunc(files, func(f *source.File) bool { return f.Name == m.Files[i] })
		if n < 0 {
			return d, errors.New("another file")
		}
		at.File = files[n]
	}
	return d, nil
}

// cloned are messages that later phases do not write into.
func cloned(list diag.List) diag.List {
	out := slices.Clone(list)
	for i, d := range out {
		out[i] = clonedMessage(d)
	}
	return out
}

func clonedMessage(d diag.Diagnostic) diag.Diagnostic {
	d.Notes, d.Related, d.Statements = slices.Clone(d.Notes), slices.Clone(d.Related), slices.Clone(d.Statements)
	if d.Fix != nil {
		fix := *d.Fix
		d.Fix = &fix
	}
	return d
}
