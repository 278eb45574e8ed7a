package desired

// The file format of a state: manifest.json and desired/<database>/<collection>.jsonl
// (names as runtime/layout encodes them, one doc.Line a document). In: a State,
// or a file system; out: the other one. The same state gives the same bytes.
//
//	{"format": 1, "weave": …, "environment": …, "compiler": …, "timeZones": …,
//	 "commit": …, "targets": […], "inputs": [{"name": …, "sha256": …}],       only in a build folder
//	 "collections": [{"database": …, "name": …, "origin": …, "mode": …, "identity": [path, …],
//	   "options": …, "indexes": […], "preserve": […], "ignore": […], "absent": […], "known": […],
//	   "prune": {"origin": …, "where": cond, "filter": …, "atMost": …, "percent": …},
//	   "documents": {"file": …, "sha256": …, "count": …, "origins": [{"line": …, "origin": …}]}}],
//	 "outputs": {"<path>": "<sha256>", …}}                       only in a build folder (outputs.go)
//
// A path is a name or a list of names; fields that would be empty are left out.

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// ManifestName is the name of the file that describes the others.
const ManifestName = "manifest.json"

// File is one file of a state; Path is relative, with slashes.
type File struct {
	Path string
	Data []byte
}

// Build is what the manifest of a build folder says besides the state.
type Build struct {
	Targets []string
	Inputs  []Input
	// Outputs are the other files of the folder; those of the state are added.
	// Read gives all of them. Nil: digests of outputs are not recorded.
	Outputs []Output

	commit string // State.Commit
}

// Input is a file or folder that the state was compiled from.
type Input struct {
	Name   string
	SHA256 string // in hex
}

// Rendered is a state with its files. Documents are made into text once, for the
// files, the digest and every target.
type Rendered struct {
	State *State
	// Files are manifest.json, then the documents of the collections in their order;
	// collections of fan-outs that have the same ones share a file.
	Files []File
	// Digest is the artefact's: "sha256:" and the SHA-256, in hex, over the files of
	// the state in order of path: path, NUL, size in decimal, NUL, bytes. It does not
	// depend on Build (docs/state.md, runs).
	Digest string

	documents []Output // the digests of the files but the manifest
	of        []int    // by collection, which of documents has its own
}

// FileOf has the documents of the collection at a position, one a line.
func (r *Rendered) FileOf(i int) File { return r.Files[1+r.of[i]] }

// Documents are the files but the manifest.
func (r *Rendered) Documents() []Output { return r.documents }

// SumOf is the SHA-256 of that file, in hex.
func (r *Rendered) SumOf(i int) string { return r.documents[r.of[i]].SHA256 }

// Render makes the files of a state. The error is for a collection that is there
// twice, or for what no manifest can hold.
func Render(s *State) (*Rendered, error) { return RenderInto(s, inMemory) }

// RenderInto is Render with the text of the documents where hold puts it, which is called
// with about its size and what writes it.
func RenderInto(s *State, hold func(size int, write func(io.Writer) error) ([]byte, error)) (*Rendered, error) {
	r, contents, err := render(s, hold)
	if err != nil {
		return nil, err
	}
	for n := range contents {
		r.Files[1+n].Data = contents[n].bytes()
	}
	return r, nil
}

// Digest is that of Rendered. What is stored is read a piece at a time.
func (s *State) Digest() (string, error) {
	r, _, err := render(s, inMemory)
	if err != nil {
		return "", err
	}
	return r.Digest, nil
}

// lines are the documents of a collection as text: where they are stored, or here.
type lines struct {
	of   *stored
	data []byte
}

func (l lines) size() int64 {
	if l.of != nil {
		return l.of.size()
	}
	return int64(len(l.data))
}

func (l lines) reader() io.Reader {
	if l.of != nil {
		return l.of.all()
	}
	return bytes.NewReader(l.data)
}

func (l lines) bytes() []byte {
	if l.of == nil {
		return l.data
	}
	data := make([]byte, l.of.size())
	if n, err := l.of.text.ReadAt(data, 0); n < len(data) {
		panic(fmt.Errorf("reading documents that were read before: %w", err))
	}
	return data
}

// linesOf are the documents of a collection as text, and their SHA-256 in hex.
func linesOf(c *Collection, hold func(int, func(io.Writer) error) ([]byte, error)) (lines, string, error) {
	if c.stored != nil && !slices.ContainsFunc(c.Documents, func(d Document) bool { return d.Raw != nil }) {
		return lines{of: c.stored}, c.stored.sha256, nil
	}
	h := sha256.New()
	data, err := hold(textSize(c), func(w io.Writer) error { return writeDocuments(io.MultiWriter(h, w), c) })
	return lines{data: data}, hex.EncodeToString(h.Sum(nil)), err
}

// inMemory is a text as bytes.
func inMemory(size int, write func(io.Writer) error) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, size))
	err := write(b)
	return b.Bytes(), err
}

// render makes all but the data of the files of documents, which it returns beside them.
func render(s *State, hold func(int, func(io.Writer) error) ([]byte, error)) (*Rendered, []lines, error) {
	r := &Rendered{State: s, Files: make([]File, 1, len(s.Collections)+1)}
	var contents []lines
	seen, first := map[string]bool{}, map[string]int{}
	for _, c := range s.Collections {
		if seen[c.Namespace()] {
			return nil, nil, fmt.Errorf("the collection %s is in the state twice", c.Namespace())
		}
		seen[c.Namespace()] = true
		text, sum, err := linesOf(c, hold)
		if err != nil {
			return nil, nil, err
		}
		at, held := first[sum]
		if !held || !slices.Contains(s.Apart, c.Database) { // the databases of fan-outs hold once what they share
			at = len(r.documents)
			r.Files, contents = append(r.Files, File{Path: documentsPath(c)}), append(contents, text)
			r.documents = append(r.documents, Output{Path: documentsPath(c), SHA256: sum})
		}
		if !held {
			first[sum] = at
		}
		r.of = append(r.of, at)
	}
	var err error
	if r.Files[0], err = r.manifest(Build{}); err != nil {
		return nil, nil, err
	}
	inOrder := make([]int, len(r.Files))
	for n := range inOrder {
		inOrder[n] = n
	}
	slices.SortFunc(inOrder, func(a, b int) int { return cmp.Compare(r.Files[a].Path, r.Files[b].Path) })
	h := sha256.New()
	for _, n := range inOrder {
		text := lines{data: r.Files[n].Data}
		if n > 0 {
			text = contents[n-1]
		}
		h.Write(fmt.Appendf(nil, "%s\x00%d\x00", r.Files[n].Path, text.size()))
		if _, err := io.Copy(h, text.reader()); err != nil {
			return nil, nil, err
		}
	}
	r.Digest = "sha256:" + hex.EncodeToString(h.Sum(nil))
	return r, contents, nil
}

// OfBuild are the files, the manifest with what the compiler adds for a build folder.
func (r *Rendered) OfBuild(build Build) ([]File, error) {
	build.commit = r.State.Commit
	manifest, err := r.manifest(build)
	return append([]File{manifest}, r.Files[1:]...), err
}

// manifest makes manifest.json of the files of documents.
func (r *Rendered) manifest(build Build) (File, error) {
	s := r.State
	b := doc.NewBuilder(4096)
	b.AppendInt32("format", Format)
	b.AppendString("weave", s.Weave)
	b.AppendString("environment", s.Environment)
	b.AppendString("compiler", s.Compiler)
	if s.TimeZones != "" {
		b.AppendString("timeZones", s.TimeZones)
	}
	if build.commit != "" {
		b.AppendString("commit", build.commit)
	}
	if len(build.Targets) > 0 {
		b.AppendArray("targets", list(build.Targets, doc.String)...)
	}
	if len(build.Inputs) > 0 {
		b.AppendArray("inputs", list(build.Inputs, func(i Input) bson.RawValue {
			return object(new(doc.Builder).AppendString("name", i.Name).AppendString("sha256", i.SHA256))
		})...)
	}
	appendStatePolicies(b, s)
	var collections []bson.RawValue
	for i, c := range s.Collections {
		collections = append(collections, collectionValue(c, r.documents[r.of[i]]))
	}
	b.AppendArray("collections", collections...)
	manifest := b.Raw()
	if build.Outputs != nil {
		manifest = appendOutputs(manifest, build.Outputs, r.documents)
	}
	if err := doc.Validate(manifest); err != nil {
		return File{}, fmt.Errorf("the manifest cannot be written: %w", err)
	}
	return File{Path: ManifestName, Data: manifestText(manifest)}, nil
}

// textSize is about how large the documents of a collection are as text.
func textSize(c *Collection) int {
	size := 0
	for _, d := range c.Documents {
		size += len(d.Raw) + len(d.Raw)/4
	}
	return size
}

// writtenBytes are about how many bytes of documents one goroutine makes into text at once.
const writtenBytes = 1 << 20

// writeDocuments writes the documents of a collection, one a line.
func writeDocuments(w io.Writer, c *Collection) error {
	var texts [2][]byte
	var ends [len(texts) + 1]int
	for ends[0] < len(c.Documents) {
		for n := range texts {
			to := ends[n]
			for size := 0; to < len(c.Documents) && size < writtenBytes; to++ {
				if size += len(c.Documents[to].Raw); c.Documents[to].Raw == nil { // stored: nobody knows how large it is
					size = writtenBytes
				}
			}
			ends[n+1] = to
		}
		parallel.Run(len(texts), func(n int) {
			text := texts[n][:0]
			for i := ends[n]; i < ends[n+1]; i++ {
				text = append(doc.AppendLine(text, c.Raw(i)), '\n')
			}
			texts[n] = text
		})
		for _, text := range texts {
			if _, err := w.Write(text); err != nil {
				return err
			}
		}
		ends[0] = ends[len(texts)]
	}
	return nil
}

func documentsPath(c *Collection) string {
	return path.Join("desired", layout.EncodeName(c.Database), layout.EncodeName(c.Name)+".jsonl")
}

func list[T any](of []T, value func(T) bson.RawValue) []bson.RawValue {
	values := make([]bson.RawValue, len(of))
	for i, e := range of {
		values[i] = value(e)
	}
	return values
}

func object(b *doc.Builder) bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: b.Raw()}
}

func appendPaths(b *doc.Builder, name string, paths []doc.Path) {
	if len(paths) > 0 {
		b.AppendArray(name, list(paths, doc.Path.Value)...)
	}
}

// whole is an int where it fits, so that the file shows a plain number.
func whole(n int64) bson.RawValue {
	if n == int64(int32(n)) {
		v, _ := doc.Get(new(doc.Builder).AppendInt32("n", int32(n)).Raw(), doc.Path{"n"})
		return v
	}
	return long(n)
}

func collectionValue(c *Collection, f Output) bson.RawValue {
	b := doc.NewBuilder(1024)
	b.AppendString("database", c.Database)
	b.AppendString("name", c.Name)
	b.AppendString("origin", c.Origin)
	b.AppendString("mode", string(c.Mode))
	appendPaths(b, "identity", c.Identity)
	if len(c.Options) > 0 {
		b.Append("options", doc.Embed(c.Options))
	}
	if len(c.Indexes) > 0 {
		b.AppendArray("indexes", list(c.Indexes, doc.Embed)...)
	}
	appendPaths(b, "preserve", c.Preserve)
	appendPaths(b, "ignore", c.Ignore)
	appendPaths(b, "absent", c.Absent)
	appendPaths(b, "known", c.Known)
	if c.Prune != nil {
		b.Append("prune", pruneValue(c.Prune))
	}
	appendPolicies(b, c)
	d := new(doc.Builder).AppendString("file", f.Path).AppendString("sha256", f.SHA256)
	d.Append("count", whole(int64(len(c.Documents))))
	var origins []bson.RawValue
	for i, document := range c.Documents {
		if document.Origin != "" && document.Origin != c.Origin {
			origins = append(origins, object(new(doc.Builder).Append("line", whole(int64(i+1))).AppendString("origin", document.Origin)))
		}
	}
	if len(origins) > 0 {
		d.AppendArray("origins", origins...)
	}
	appendFilledIn(d, c.Documents)
	return object(b.Append("documents", object(d)))
}

func pruneValue(p *Prune) bson.RawValue {
	b := new(doc.Builder).AppendString("origin", p.Origin)
	if p.Where != nil {
		b.Append("where", condValue(p.Where))
	}
	if len(p.Filter) > 0 {
		b.Append("filter", doc.Embed(p.Filter))
	}
	b.Append("atMost", whole(p.AtMost))
	return object(b.Append("percent", boolean(p.Percent)))
}

func condValue(c *Cond) bson.RawValue {
	b := new(doc.Builder).AppendString("op", string(c.Op))
	if len(c.Path) > 0 {
		b.Append("path", c.Path.Value())
	}
	if c.Values != nil {
		b.Append("values", held(c.Values...))
	}
	if c.Word != "" {
		b.AppendString("word", c.Word)
	}
	if len(c.Args) > 0 {
		b.AppendArray("args", list(c.Args, condValue)...)
	}
	return object(b)
}

// Read reads a state and checks that it is whole: format, digests, counts. The
// error says in words which file is wrong and what to do.
func Read(files fs.FS) (*State, error) {
	s, _, err := ReadBuild(files)
	return s, err
}

// ReadBuild is Read for a build folder.
func ReadBuild(files fs.FS) (*State, Build, error) {
	text, err := fs.ReadFile(files, ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Build{}, fmt.Errorf("%s is missing: compile again", ManifestName)
	}
	if err != nil {
		return nil, Build{}, err
	}
	manifest, err := parseManifest(text)
	if err != nil {
		return nil, Build{}, err
	}
	r := &reader{files: files, seen: map[string]bool{}, held: map[string]*stored{}}
	if err := r.manifest(manifest); err != nil {
		return nil, Build{}, err
	}
	return &r.state, r.build, nil
}

func manifestText(manifest bson.Raw) []byte {
	return append(doc.AppendReview(nil, manifest, true), '\n')
}

func parseManifest(text []byte) (bson.Raw, error) {
	manifest, err := doc.ParseExtJSON(text)
	if err != nil {
		var syntax *doc.SyntaxError
		if errors.As(err, &syntax) {
			line := bytes.Count(text[:min(syntax.Offset, len(text))], []byte{'\n'}) + 1
			err = fmt.Errorf("line %d: %s", line, syntax.Message)
		}
		return nil, fmt.Errorf("%s cannot be read: %w", ManifestName, err)
	}
	return manifest, nil
}
