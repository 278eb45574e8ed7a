package workspace

// What a compilation depends on, with digests.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Input is a .weave file or the folder of an extracted collection, relative to
// the workspace, with the SHA-256 of its content in hex.
type Input struct {
	Name   string
	SHA256 string
}

// Digests are what took part in compiling jobs: their .weave files, and the folders
// of the collections that they read, of which the first of a name counts.
func Digests(jobs []*Job, read []Input) []Input {
	var out []Input
	seen := map[string]bool{}
	for _, j := range jobs {
		for _, f := range j.Weave.Files {
			if !seen[f.Name] {
				seen[f.Name] = true
				sum := sha256.Sum256([]byte(f.Text))
				out = append(out, Input{Name: f.Name, SHA256: hex.EncodeToString(sum[:])})
			}
		}
	}
	for _, in := range read {
		if !seen[in.Name] {
			seen[in.Name] = true
			out = append(out, in)
		}
	}
	slices.SortFunc(out, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Input is the folder of the collection. Its digest is of its content: documents,
// options and indexes; where documents lie in several files of lines, those of each file have one of
// their own, which is known of a file that was read before. The space, which may be nil, is where the
// documents lie.
func (c *Collection) Input(space *paged.Space) Input {
	h := sha256.New()
	write := func(list []bson.Raw) {
		fmt.Fprintf(h, "%d\n", len(list))
		for _, d := range list {
			h.Write(d)
			space.Touched(len(d))
		}
	}
	write([]bson.Raw{c.Options})
	write(c.Indexes)
	parts := c.Parts
	if parts == nil && len(c.Read) == len(c.Documents) {
		parts = partsOf(c.Read)
	}
	if len(parts) < 2 || path.Ext(c.Read[0].File) != ".jsonl" {
		write(c.Documents)
	} else {
		fmt.Fprintf(h, "%d files\n", len(parts))
		for _, p := range parts {
			sum := p.content
			if sum == nil {
				sum = contentOf(c.Read[p.From:p.To], space)
			}
			h.Write(sum)
		}
	}
	return Input{Name: c.Folder, SHA256: hex.EncodeToString(h.Sum(nil))}
}

// contentOf is the SHA-256 of the documents of a file.
func contentOf(docs []layout.Document, space *paged.Space) []byte {
	h := sha256.New()
	for _, d := range docs {
		h.Write(d.Raw)
		space.Touched(len(d.Raw))
	}
	return h.Sum(nil)
}
