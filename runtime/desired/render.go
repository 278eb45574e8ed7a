package desired

// A state as files. In: a State, and where texts are to be; out: manifest.json and the files of
// documents, with their digests. Documents are made into text once, for the files, the digest
// and every target; those of a file that was made before need not be.

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// File is one file of a state; Path is relative, with slashes.
type File struct {
	Path string
	Data []byte
	// Make makes Data of a file whose digest alone was needed (Texts.Known); nil: it is there.
	Make func() []byte
}

// Text is Data.
func (f File) Text() []byte {
	if f.Make != nil {
		return f.Make()
	}
	return f.Data
}

// Rendered is a state with its files.
type Rendered struct {
	State *State
	// Files are manifest.json, then the documents of the collections in their order;
	// collections of fan-outs that have the same ones share files.
	Files []File
	// Digest is the artefact's: "sha256:" and the SHA-256, in hex, over the files of
	// the state in order of path: path, NUL, size in decimal, NUL, bytes; of those of a collection that
	// lies in several, manifest.json has the SHA-256. It does not depend on Build (docs/state.md, runs).
	Digest string

	documents []documentsFile // the files but the manifest
	of        []fromTo        // by collection, which of documents it has
}

type fromTo struct{ from, to int }

// documentsFile is a file of documents.
type documentsFile struct {
	Output
	size  int64
	count int
	data  []byte           // nil: it is not made, or stored
	make  func() []byte    // what makes data
	read  func() io.Reader // where it is stored
}

// Made is what is known of a text that was made.
type Made struct {
	SHA256 string // in hex
	Size   int64
}

// FilesOf have the documents of the collection at a position, one a line.
func (r *Rendered) FilesOf(i int) []File { return r.Files[1+r.of[i].from : 1+r.of[i].to] }

// DocumentsOf are the same files with their digests.
func (r *Rendered) DocumentsOf(i int) []Output {
	return outputsOfFiles(r.documents[r.of[i].from:r.of[i].to])
}

// Documents are the files but the manifest.
func (r *Rendered) Documents() []Output { return outputsOfFiles(r.documents) }

// Size is how many bytes the files of documents have.
func (r *Rendered) Size() int64 {
	size := int64(0)
	for _, f := range r.documents {
		size += f.size
	}
	return size
}

func outputsOfFiles(files []documentsFile) []Output {
	out := make([]Output, len(files))
	for i, f := range files {
		out[i] = f.Output
	}
	return out
}

// Texts is where the texts of documents are; the zero value has them in memory. Several
// goroutines call each.
type Texts struct {
	// Hold has what write writes, about size bytes; nil: in memory.
	Hold func(size int, write func(io.Writer) error) ([]byte, error)
	// Keep may put other bytes in the place of a text, that are the same; nil: it does not.
	Keep func(text *[]byte)
	// Read says how many bytes of documents were read; nil: nobody asks.
	Read func(bytes int)
	// Known is the text of documents, of which DigestOf is said: what is known of it, or what is made. nil: all are made.
	Known func(documents [sha256.Size]byte, made func() Made) Made
}

// Render makes the files of a state. The error is for a collection that is there
// twice, or for what no manifest can hold.
func Render(s *State) (*Rendered, error) { return RenderInto(s, Texts{}) }

// RenderInto is Render with the texts elsewhere.
func RenderInto(s *State, texts Texts) (*Rendered, error) {
	if texts.Hold == nil {
		texts.Hold = inMemory
	}
	if texts.Read == nil {
		texts.Read = func(int) {}
	}
	r, err := render(s, texts)
	if err != nil {
		return nil, err
	}
	for n, f := range r.documents {
		if f.read != nil {
			if f.data, err = io.ReadAll(f.read()); err != nil {
				return nil, err
			}
		}
		if r.Files[1+n].Data = f.data; f.data == nil {
			r.Files[1+n].Make = f.make
		}
	}
	return r, nil
}

// Digest is that of Rendered. What is stored is read a piece at a time.
func (s *State) Digest() (string, error) {
	r, err := render(s, Texts{Hold: inMemory, Read: func(int) {}})
	if err != nil {
		return "", err
	}
	return r.Digest, nil
}

// inMemory is a text as bytes.
func inMemory(size int, write func(io.Writer) error) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, size))
	err := write(b)
	return b.Bytes(), err
}

// filesOf are the documents of a collection as text.
func filesOf(c *Collection, texts Texts) ([]documentsFile, error) {
	if c.stored != nil && !slices.ContainsFunc(c.Documents, func(d Document) bool { return d.Raw != nil }) {
		return c.stored.texts(c), nil
	}
	cuts := c.cuts(texts.Read)
	files := make([]documentsFile, len(cuts)-1)
	if len(files) > 1 {
		parallel.Each(runtime.GOMAXPROCS(0), len(files), func(n int) { files[n] = fileOf(c, cuts[n], cuts[n+1], texts) })
	} else {
		h := sha256.New()
		data, err := texts.Hold(textSize(c), func(w io.Writer) error { return writeDocuments(io.MultiWriter(h, w), c) })
		if err != nil {
			return nil, err
		}
		files[0] = documentsFile{Output: Output{SHA256: hex.EncodeToString(h.Sum(nil))}, size: int64(len(data)), count: len(c.Documents), data: data}
	}
	for n, name := range filePaths(c, len(files)) {
		files[n].Path = name
	}
	return files, nil
}

// fileOf is one of the files of a collection.
func fileOf(c *Collection, from, to int, texts Texts) documentsFile {
	f := documentsFile{count: to - from, make: func() []byte { return textOf(c, from, to) }}
	made := func() Made {
		f.data = f.make()
		sum := sha256.Sum256(f.data)
		return Made{hex.EncodeToString(sum[:]), int64(len(f.data))}
	}
	var m Made
	if texts.Known == nil {
		m = made()
	} else {
		m = texts.Known(c.DigestOf(from, to, texts.Read), made)
	}
	f.SHA256, f.size = m.SHA256, m.Size
	if f.data != nil && texts.Keep != nil {
		texts.Keep(&f.data)
	}
	return f
}

// textOf are documents as text.
func textOf(c *Collection, from, to int) []byte {
	size := 0
	for _, d := range c.Documents[from:to] {
		size += len(d.Raw) + len(d.Raw)/4
	}
	text := make([]byte, 0, size)
	for i := from; i < to; i++ {
		text = append(doc.AppendLine(text, c.Raw(i)), '\n')
	}
	return text
}

// render makes all but the data of the files of documents.
func render(s *State, texts Texts) (*Rendered, error) {
	r := &Rendered{State: s, Files: make([]File, 1, len(s.Collections)+1)}
	seen, first := map[string]bool{}, map[string]fromTo{}
	for _, c := range s.Collections {
		if seen[c.Namespace()] {
			return nil, fmt.Errorf("the collection %s is in the state twice", c.Namespace())
		}
		seen[c.Namespace()] = true
		files, err := filesOf(c, texts)
		if err != nil {
			return nil, err
		}
		var sums []string
		for _, f := range files {
			sums = append(sums, f.SHA256)
		}
		sum := strings.Join(sums, " ")
		at, held := first[sum]
		if !held || !slices.Contains(s.Apart, c.Database) { // the databases of fan-outs hold once what they share
			at = fromTo{len(r.documents), len(r.documents) + len(files)}
			for _, f := range files {
				r.Files = append(r.Files, File{Path: f.Path})
			}
			r.documents = append(r.documents, files...)
		}
		if !held {
			first[sum] = at
		}
		r.of = append(r.of, at)
	}
	var err error
	if r.Files[0], err = r.manifest(Build{}); err != nil {
		return nil, err
	}
	r.Digest, err = r.digest()
	return r, err
}

// digest is Rendered.Digest.
func (r *Rendered) digest() (string, error) {
	whole := []documentsFile{{Output: Output{Path: ManifestName}, size: int64(len(r.Files[0].Data)), data: r.Files[0].Data}}
	for at, of := range r.of {
		if of.to == of.from+1 && !slices.Contains(r.of[:at], of) {
			whole = append(whole, r.documents[of.from])
		}
	}
	slices.SortFunc(whole, func(a, b documentsFile) int { return cmp.Compare(a.Path, b.Path) })
	h := sha256.New()
	for _, f := range whole {
		h.Write(fmt.Appendf(nil, "%s\x00%d\x00", f.Path, f.size))
		var from io.Reader = bytes.NewReader(f.data)
		if f.read != nil {
			from = f.read()
		}
		if _, err := io.Copy(h, from); err != nil {
			return "", err
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// format is the least version of the file format that has all that the manifest has: so what
// every program can read stays what it was.
func (r *Rendered) format() int32 {
	if slices.ContainsFunc(r.of, func(of fromTo) bool { return of.to > of.from+1 }) {
		return Format
	}
	return 1
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
