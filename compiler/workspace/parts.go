package workspace

// Files of documents that were parsed before. In: the digests of a collection's files, as
// they were just found, and a cache; out: for each file its documents and their shape,
// from the cache or to be kept there. What an extracted file says depends on its bytes
// alone.

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"io"
	"math"
	"path"
	"runtime"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// partBytes is from how many bytes of documents on a file is kept: less is parsed as soon
// as it is looked for.
const partBytes = 256 << 10

// Part is the documents of one file: From to To in Collection.Documents.
type Part struct {
	From, To int
	// Digest is that of the file, in hex.
	Digest string
	// Kept: it is large enough to be kept in the cache.
	Kept bool

	shape *shape.Shape // that was kept; nil: it is not known
	// content is the SHA-256 of the documents; nil: it was not calculated.
	content []byte
}

// parts are the files of a collection that is read.
type parts struct {
	store   *cache.Store
	digests map[string]layout.Digest // of the files, just now
	mutex   sync.Mutex
	were    map[string]filePart // those that are known
}

// filePart is what is kept of a file beside its documents.
type filePart struct {
	shape   *shape.Shape
	content []byte // Part.content
}

// known is Known of layout.Parsing.
func (p *parts) known(file string) ([]layout.Document, layout.Digest, bool) {
	digest, ok := p.digests[file]
	if !ok || path.Ext(file) != ".jsonl" {
		return nil, digest, false
	}
	text, ok := p.store.Get(partKey(digest.String()))
	if !ok {
		return nil, digest, false
	}
	docs, was, ok := decodePart(text, file)
	if !ok {
		return nil, digest, false
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.were[file] = was
	return docs, digest, true
}

func partKey(digest string) *cache.Key { return cache.KeyOf("file", digest) }

// of are the files of a collection that was read, in the order of its documents.
func (p *parts) of(c *Collection, digests map[string]layout.Digest) []Part {
	out := partsOf(c.Read)
	for i := range out {
		part := &out[i]
		file := c.Read[part.From].File
		was, known := p.were[file]
		part.Digest, part.Kept, part.shape, part.content = digests[file].String(), known, was.shape, was.content
	}
	return out
}

// partsOf are the files of documents, of which nothing is known.
func partsOf(read []layout.Document) []Part {
	var out []Part
	for from := 0; from < len(read); {
		to := from
		for to < len(read) && read[to].File == read[from].File {
			to++
		}
		out = append(out, Part{From: from, To: to})
		from = to
	}
	return out
}

// shapeOf is the shape of all documents, by way of those of their files, which are kept
// with their documents.
func (p *parts) shapeOf(c *Collection) *shape.Shape {
	shapes := make([]*shape.Shape, len(c.Parts))
	workers := min(runtime.GOMAXPROCS(0), len(c.Parts))
	parallel.Run(workers, func(w int) {
		for i := w; i < len(c.Parts); i += workers {
			part := &c.Parts[i]
			if shapes[i] = part.shape; shapes[i] == nil {
				shapes[i] = p.keep(part, c.Read[part.From:part.To])
			}
		}
	})
	return shape.Join(shapes)
}

// keep infers the shape of a file and keeps the file.
func (p *parts) keep(part *Part, docs []layout.Document) *shape.Shape {
	s, size := shape.New(), int64(0)
	for _, d := range docs {
		s.Add(d.Raw)
		size += int64(len(d.Raw))
		p.store.Space.Touched(len(d.Raw))
	}
	if part.Kept = path.Ext(docs[0].File) == ".jsonl" && size >= min(partBytes, p.store.Worth); part.Kept {
		part.content = contentOf(docs, p.store.Space)
		p.store.Put(partKey(part.Digest), func(w io.Writer) error { return encodePart(w, docs, filePart{s, part.content}) })
	}
	return s
}

// encodePart writes a file: the digest of its documents, how many there are, the line of each,
// the length of the shape, the shape, and the documents.
func encodePart(w io.Writer, docs []layout.Document, of filePart) error {
	var shaped bytes.Buffer
	if err := gob.NewEncoder(&shaped).Encode(of.shape); err != nil {
		return err
	}
	head := binary.LittleEndian.AppendUint32(slices.Clone(of.content), uint32(len(docs)))
	for _, d := range docs {
		head = binary.LittleEndian.AppendUint32(head, uint32(d.Line))
	}
	head = binary.LittleEndian.AppendUint32(head, uint32(shaped.Len()))
	for _, text := range [][]byte{head, shaped.Bytes()} {
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	for _, d := range docs {
		if _, err := w.Write(d.Raw); err != nil {
			return err
		}
	}
	return nil
}

// filled makes values of no bytes what they were: gob has nothing for these.
func filled(n *shape.Node) {
	for i := range n.Values {
		if n.Values[i].Value == nil {
			n.Values[i].Value = []byte{}
		}
	}
	for _, f := range n.Fields {
		filled(f)
	}
	if n.Elements != nil {
		filled(n.Elements)
	}
}

// decodePart reads what encodePart wrote; false: it did not.
func decodePart(text []byte, file string) (_ []layout.Document, of filePart, _ bool) {
	if len(text) < sha256.Size {
		return nil, of, false
	}
	of.content, text = text[:sha256.Size], text[sha256.Size:]
	number := func() int {
		if len(text) < 4 {
			return math.MaxInt
		}
		n := binary.LittleEndian.Uint32(text)
		text = text[4:]
		return int(n)
	}
	count := number()
	if count > len(text)/4 {
		return nil, of, false
	}
	docs := make([]layout.Document, count)
	for i := range docs {
		docs[i] = layout.Document{File: file, Line: number()}
	}
	size := number()
	if size > len(text) {
		return nil, of, false
	}
	var s shape.Shape
	if gob.NewDecoder(bytes.NewReader(text[:size])).Decode(&s) != nil || s.Root == nil {
		return nil, of, false
	}
	filled(s.Root)
	text = text[size:]
	for i := range docs {
		if len(text) < 5 {
			return nil, of, false
		}
		size := int(int32(binary.LittleEndian.Uint32(text)))
		if size < 5 || size > len(text) {
			return nil, of, false
		}
		docs[i].Raw, text = bson.Raw(text[:size:size]), text[size:]
	}
	of.shape = &s
	return docs, of, len(text) == 0
}
