package workspace

// What a compilation depends on, with digests.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Input is a .weave file or the folder of an extracted collection, relative to
// the workspace, with the SHA-256 of its content in hex.
type Input struct {
	Name   string
	SHA256 string
}

// Digests are what took part in compiling jobs: their .weave files and the
// folders of the collections that were read, which may come several times. The
// digest of a collection is of its content: documents, options and indexes.
func Digests(jobs []*Job, read []*Collection) []Input {
	var out []Input
	seen := map[string]bool{}
	add := func(name string, digest []byte) {
		seen[name] = true
		out = append(out, Input{Name: name, SHA256: hex.EncodeToString(digest)})
	}
	for _, j := range jobs {
		for _, f := range j.Weave.Files {
			if !seen[f.Name] {
				sum := sha256.Sum256([]byte(f.Text))
				add(f.Name, sum[:])
			}
		}
	}
	for _, c := range read {
		if seen[c.Folder] {
			continue
		}
		h := sha256.New()
		for _, list := range [][]bson.Raw{{c.Options}, c.Indexes, c.Documents} {
			fmt.Fprintf(h, "%d\n", len(list))
			for _, d := range list {
				h.Write(d)
			}
		}
		add(c.Folder, h.Sum(nil))
	}
	slices.SortFunc(out, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	return out
}
