package workspace

// What a compilation depends on, with digests.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/paged"
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
// options and indexes. The space, which may be nil, is where the documents lie.
func (c *Collection) Input(space *paged.Space) Input {
	h := sha256.New()
	for _, list := range [][]bson.Raw{{c.Options}, c.Indexes, c.Documents} {
		fmt.Fprintf(h, "%d\n", len(list))
		for _, d := range list {
			h.Write(d)
			space.Touched(len(d))
		}
	}
	return Input{Name: c.Folder, SHA256: hex.EncodeToString(h.Sum(nil))}
}
