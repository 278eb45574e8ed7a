package lsp

// The texts that are open in the editor, and the workspaces that they belong to. In:
// what the editor says of them; out: a query.Workspace that has their texts.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/disk"
)

// document is a text that is open.
type document struct {
	uri     string
	version int
	text    string
	in      *workspaceFiles
	name    string // within its workspace, with slashes
}

// memory is the directory of the workspace of Options.Files.
const memory = ""

// workspaceFiles is one workspace: the folder that holds extracted/.
type workspaceFiles struct {
	dir    string
	folder io.Closer
	query  *query.Workspace
	// stop ends the analysis that is running; shown are the files with diagnostics.
	stop  context.CancelFunc
	shown map[string]bool
}

// path is the file of a URI.
func path(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return "", fmt.Errorf("%q is no file", uri)
	}
	name := u.Path
	if runtime.GOOS == "windows" {
		name = strings.TrimPrefix(name, "/")
	}
	return filepath.FromSlash(name), nil
}

// uri is the URI of a file.
func uri(name string) string {
	name = filepath.ToSlash(name)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	return (&url.URL{Scheme: "file", Path: name}).String()
}

// addFolder takes up a workspace folder of the editor; the mutex is held.
func (s *server) addFolder(uri string) {
	if name, err := path(uri); err == nil && s.options.Files == nil && !slices.Contains(s.folders, name) {
		s.folders = append(s.folders, name)
	}
}

// openFolders analyses the folders of the editor that hold weaves.
func (s *server) openFolders() error {
	s.mutex.Lock()
	var failed error
	if s.options.Files != nil {
		_, failed = s.workspace(memory)
	}
	for _, dir := range s.folders {
		if info, err := os.Stat(filepath.Join(dir, "extracted")); err != nil || !info.IsDir() {
			if weaves, err := filepath.Glob(filepath.Join(dir, "*.weave")); err != nil || len(weaves) == 0 {
				continue // its workspaces are found when one of their files is opened
			}
		}
		_, err := s.workspace(dir)
		failed = errors.Join(failed, err)
	}
	all := s.all()
	s.mutex.Unlock()
	for _, w := range all {
		s.analyse(w)
	}
	return failed
}

// all are the workspaces; the mutex is held.
func (s *server) all() []*workspaceFiles {
	var out []*workspaceFiles
	for _, w := range s.workspaces {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *workspaceFiles) int { return strings.Compare(a.dir, b.dir) })
	return out
}

// workspace is the workspace in a directory; the mutex is held.
func (s *server) workspace(dir string) (*workspaceFiles, error) {
	if w := s.workspaces[dir]; w != nil {
		return w, nil
	}
	files, folder := s.options.Files, io.Closer(io.NopCloser(nil))
	if files == nil {
		opened, err := disk.Open(dir)
		if err != nil {
			return nil, fmt.Errorf("the workspace cannot be opened: %w", err)
		}
		files, folder = opened, opened
	}
	inputs := map[string]string{}
	for _, list := range []map[string]string{s.client.Options.Inputs, s.options.Inputs} {
		for name, value := range list {
			inputs[name] = value
		}
	}
	w := &workspaceFiles{dir: dir, folder: folder, shown: map[string]bool{}, stop: func() {},
		query: query.Open(files, workspace.Options{Inputs: inputs, WithEdits: true, Compiler: "mongocd " + s.options.Version}, s.options.Further)}
	s.workspaces[dir] = w
	return w, nil
}

// place is the directory of the workspace of a URI, and the name of the file there,
// with slashes. The mutex is held.
func (s *server) place(uri string) (dir, name string, err error) {
	file, err := path(uri)
	if err != nil {
		return "", "", err
	}
	if s.options.Files != nil {
		if name = strings.TrimPrefix(filepath.ToSlash(file), "/"); !fs.ValidPath(name) {
			return "", "", fmt.Errorf("%q is no file", uri)
		}
		return memory, name, nil
	}
	dir = s.home(file)
	name, err = filepath.Rel(dir, file)
	return dir, filepath.ToSlash(name), err
}

// home is the directory of the workspace that a file belongs to: the nearest one
// above it that holds extracted/, else the folder of the editor that holds the file,
// else its own directory. The mutex is held.
func (s *server) home(file string) string {
	limit := ""
	for _, f := range s.folders {
		if rel, err := filepath.Rel(f, file); err == nil && filepath.IsLocal(rel) && len(f) > len(limit) {
			limit = f
		}
	}
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "extracted")); err == nil && info.IsDir() {
			return dir
		}
		if dir == limit || dir == filepath.Dir(dir) {
			break
		}
	}
	if limit != "" {
		return limit
	}
	return filepath.Dir(file)
}

func (s *server) closeAll() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var err error
	for _, w := range s.workspaces {
		w.stop()
		err = errors.Join(err, w.folder.Close())
	}
	return err
}

type didOpenParams struct {
	TextDocument struct {
		URI     string `json:"uri"`
		Version int    `json:"version"`
		Text    string `json:"text"`
	} `json:"textDocument"`
}

func answerDidOpen(_ context.Context, s *server, p didOpenParams) (any, error) {
	s.mutex.Lock()
	dir, name, err := s.place(p.TextDocument.URI)
	if err != nil {
		s.mutex.Unlock()
		return nil, err
	}
	w, err := s.workspace(dir)
	if err != nil {
		s.mutex.Unlock()
		return nil, err
	}
	d := &document{uri: p.TextDocument.URI, version: p.TextDocument.Version, text: plain(p.TextDocument.Text), in: w, name: name}
	s.documents[d.uri] = d
	s.mutex.Unlock()
	w.query.Edit(d.name, d.text)
	s.analyse(w)
	return nil, nil
}

// plain is a text without a byte-order mark, which is no part of a source.File.
func plain(text string) string { return strings.TrimPrefix(text, "\ufeff") }

type didChangeParams struct {
	TextDocument   textDocument    `json:"textDocument"`
	ContentChanges []contentChange `json:"contentChanges"`
}

func answerDidChange(_ context.Context, s *server, p didChangeParams) (any, error) {
	s.mutex.Lock()
	d := s.documents[p.TextDocument.URI]
	if d == nil {
		s.mutex.Unlock()
		return nil, fmt.Errorf("%q is not open", p.TextDocument.URI)
	}
	for _, c := range p.ContentChanges {
		if c.Range == nil {
			d.text = plain(c.Text)
			continue
		}
		l := linesOf(d.text, s.encoding)
		from, to := l.offset(c.Range.Start), l.offset(c.Range.End)
		if to < from {
			from, to = to, from
		}
		d.text = d.text[:from] + c.Text + d.text[to:]
	}
	if p.TextDocument.Version != nil {
		d.version = *p.TextDocument.Version
	}
	text := d.text
	s.mutex.Unlock()
	d.in.query.Edit(d.name, text)
	s.analyse(d.in)
	return nil, nil
}

func answerDidClose(_ context.Context, s *server, p inDocument) (any, error) {
	s.mutex.Lock()
	d := s.documents[p.TextDocument.URI]
	delete(s.documents, p.TextDocument.URI)
	s.mutex.Unlock()
	if d != nil {
		d.in.query.Discard(d.name)
		s.analyse(d.in)
	}
	return nil, nil
}

// refresh takes up what has changed on the disk.
func (s *server) refresh() error {
	s.mutex.Lock()
	all := s.all()
	s.mutex.Unlock()
	for _, w := range all {
		w.query.Refresh()
		s.analyse(w)
	}
	return nil
}

type foldersParams struct {
	Event struct {
		Added   []workspaceFolder `json:"added"`
		Removed []workspaceFolder `json:"removed"`
	} `json:"event"`
}

func answerDidChangeFolders(_ context.Context, s *server, p foldersParams) (any, error) {
	s.mutex.Lock()
	for _, f := range p.Event.Removed {
		if name, err := path(f.URI); err == nil {
			s.folders = slices.DeleteFunc(s.folders, func(other string) bool { return other == name })
		}
	}
	for _, f := range p.Event.Added {
		s.addFolder(f.URI)
	}
	s.mutex.Unlock()
	return nil, s.openFolders()
}

type configurationParams struct {
	Settings struct {
		Mongocd *options `json:"mongocd"`
	} `json:"settings"`
}

func answerDidChangeConfiguration(ctx context.Context, s *server, p configurationParams) (any, error) {
	if p.Settings.Mongocd == nil {
		return nil, nil
	}
	s.mutex.Lock()
	s.client.Options.Environment, s.client.Options.Lenses = p.Settings.Mongocd.Environment, p.Settings.Mongocd.Lenses
	s.mutex.Unlock()
	s.work.Go(func() { s.renew(ctx) })
	return nil, nil
}

// file is a document that a request is about, as it is now.
type file struct {
	*source.File
	*lines
	server   *server
	in       *workspaceFiles
	snapshot *query.Snapshot
}

// errNotWeave is for files that are not part of a workspace.
var errNotWeave = errors.New("the file is no .weave file of a workspace")

// file is the document of a URI, open or not.
func (s *server) file(uri string) (*file, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if d := s.documents[uri]; d != nil {
		snapshot := d.in.query.Now()
		return s.fileOf(d.in, snapshot, d.name)
	}
	dir, name, err := s.place(uri)
	if err != nil {
		return nil, err
	}
	w := s.workspaces[dir]
	if w == nil {
		return nil, errNotWeave
	}
	return s.fileOf(w, w.query.Now(), name)
}

func (s *server) fileOf(w *workspaceFiles, snapshot *query.Snapshot, name string) (*file, error) {
	f := snapshot.File(name)
	if f == nil {
		return nil, fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	}
	return &file{File: f, lines: linesOf(f.Text, s.encoding), server: s, in: w, snapshot: snapshot}, nil
}

// location is where a span is.
func (f *file) location(at source.Span) location {
	l := f.lines
	if at.File != f.File {
		l = linesOf(at.File.Text, f.encoding)
	}
	return location{URI: f.server.uriOf(f.in, at.File.Name), Range: l.rang(at.Start, at.End)}
}

// span is the place of a range.
func (f *file) span(r rang) source.Span {
	return source.Span{File: f.File, Start: f.lines.offset(r.Start), End: f.lines.offset(r.End)}
}

// uriOf is the URI of a file of a workspace, as the editor writes it where it is open.
func (s *server) uriOf(w *workspaceFiles, name string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if d := s.openAs(w, name); d != nil {
		return d.uri
	}
	if s.options.Files != nil {
		return uri(name)
	}
	return uri(filepath.Join(w.dir, filepath.FromSlash(name)))
}

// openAs is the open document of a file; the mutex is held.
func (s *server) openAs(w *workspaceFiles, name string) *document {
	for _, d := range s.documents {
		if d.in == w && d.name == name {
			return d
		}
	}
	return nil
}

// versionOf is the version of a file that is open.
func (s *server) versionOf(w *workspaceFiles, name string) *int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if d := s.openAs(w, name); d != nil {
		version := d.version
		return &version
	}
	return nil
}
