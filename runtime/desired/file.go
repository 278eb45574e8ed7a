package desired

// The file format of a state: manifest.json and desired/<database>/<collection>.jsonl
// (names as runtime/layout encodes them, one doc.Line a document); render.go makes the files of
// documents. In: a State, or a file system; out: the other one. The same state gives the same bytes.
//
//	{"format": 1, "weave": …, "environment": …, "compiler": …, "timeZones": …,
//	 "commit": …, "targets": […], "inputs": [{"name": …, "sha256": …}],       only in a build folder
//	 "collections": [{"database": …, "name": …, "origin": …, "mode": …, "identity": [path, …],
//	   "options": …, "indexes": […], "preserve": […], "ignore": […], "absent": […], "known": […],
//	   "prune": {"origin": …, "where": cond, "filter": …, "atMost": …, "percent": …},
//	   "documents": {"file": …, "sha256": …, "count": …, "origins": [{"line": …, "origin": …}]}}],   many (split.go):
//	   "documents": {"files": [{"file": …, "sha256": …, "count": …}], "count": …, …}                 format 2
//	 "outputs": {"<path>": "<sha256>", …}}                       only in a build folder (outputs.go)
//
// A path is a name or a list of names; fields that would be empty are left out.

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// ManifestName is the name of the file that describes the others.
const ManifestName = "manifest.json"

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
	b.AppendInt32("format", r.format())
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
		collections = append(collections, collectionValue(c, r.documents[r.of[i].from:r.of[i].to]))
	}
	b.AppendArray("collections", collections...)
	manifest := b.Raw()
	if build.Outputs != nil {
		manifest = appendOutputs(manifest, build.Outputs, r.Documents())
	}
	if err := doc.Validate(manifest); err != nil {
		return File{}, fmt.Errorf("the manifest cannot be written: %w", err)
	}
	return File{Path: ManifestName, Data: manifestText(manifest)}, nil
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

func collectionValue(c *Collection, files []documentsFile) bson.RawValue {
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
	d := new(doc.Builder)
	if len(files) == 1 {
		d.AppendString("file", files[0].Path).AppendString("sha256", files[0].SHA256)
	} else {
		d.AppendArray("files", list(files, func(f documentsFile) bson.RawValue {
			return object(new(doc.Builder).AppendString("file", f.Path).AppendString("sha256", f.SHA256).Append("count", whole(int64(f.count))))
		})...)
	}
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
