package desired

// Large collections in several files, so that a changed document changes one of a few MB: what
// is compiled again, synced, reviewed and kept in git is that one. In: documents in order of
// their identities; out: where files begin, and their names.
//
// A file begins at a document that the hash of its identity picks, so the files around a
// document that comes, goes or grows stay as they are: no count of documents or bytes from
// the beginning decides it.

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

// splitBytes is from how many bytes of BSON on a collection lies in several files. Each has at
// least leastBytes, but the last one, and then about moreBytes more.
const (
	splitBytes = 8 << 20
	leastBytes = 2 << 20
	moreBytes  = 512 << 10
)

// around is how much of a mapped file comes into memory where one document of it is looked at, about.
const around = 16 << 10

// cuts are the positions of the documents that files begin with, and their number. read is told how
// many bytes were looked at.
func (c *Collection) cuts(read func(bytes int)) []int {
	cuts, size := []int{0}, 0
	for i := range c.Documents {
		if c.Documents[i].Raw == nil {
			return append(cuts, len(c.Documents)) // nobody knows how large they are: they come from files of other documents
		}
		size += len(c.Documents[i].Raw)
	}
	if size < splitBytes {
		return append(cuts, len(c.Documents))
	}
	size = 0
	for i := range c.Documents {
		if size >= leastBytes {
			if read(around); c.begins(i) {
				cuts, size = append(cuts, i), 0
			}
		}
		size += len(c.Documents[i].Raw)
	}
	return append(cuts, len(c.Documents))
}

// Several are the files that the documents of a collection lie in, where there are several: for each
// the position of its first document, and that behind its last. read is told how many bytes were looked at.
func (c *Collection) Several(read func(bytes int)) [][2]int {
	var out [][2]int
	cuts := c.cuts(read)
	for n := 1; n < len(cuts) && len(cuts) > 2; n++ {
		out = append(out, [2]int{cuts[n-1], cuts[n]})
	}
	return out
}

// DigestOf is the SHA-256 of the digests of documents, one after the other. read is told how many bytes
// were digested.
func (c *Collection) DigestOf(from, to int, read func(bytes int)) [sha256.Size]byte {
	h := sha256.New()
	for _, d := range c.Documents[from:to] {
		sum := d.Sum
		if sum == nil {
			of := sha256.Sum256(d.Raw)
			sum = &of
			read(len(d.Raw))
		}
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// begins reports whether a file that has its least begins with the document at a position: the
// larger it is, the likelier.
func (c *Collection) begins(i int) bool {
	key, _ := c.IdentityOf(c.Documents[i].Raw)
	sum := sha256.Sum256([]byte(doc.Key(key...)))
	return uint64(binary.BigEndian.Uint32(sum[:]))*moreBytes < uint64(len(c.Documents[i].Raw))<<32
}

func documentsPath(c *Collection) string {
	return path.Join("desired", layout.EncodeName(c.Database), layout.EncodeName(c.Name)+".jsonl")
}

// filePath is that of file n, from 0, of a collection that lies in several. No other collection
// has its folder: what these have ends with .jsonl or .d behind their whole names.
func filePath(c *Collection, n int) string {
	return path.Join("desired", layout.EncodeName(c.Database), layout.EncodeName(c.Name)+".d", fmt.Sprintf("%04d.jsonl", n+1))
}

// filePaths are those of a collection that lies in so many.
func filePaths(c *Collection, files int) []string {
	if files == 1 {
		return []string{documentsPath(c)}
	}
	paths := make([]string, files)
	for n := range paths {
		paths[n] = filePath(c, n)
	}
	return paths
}
