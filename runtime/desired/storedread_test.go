package desired

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/runtime/doc"
)

// A file of many pieces, with lines longer than one, is read as one line after the other.
func TestStoredInPieces(t *testing.T) {
	var lines [][]byte
	for i := range 3000 {
		length := i % 700
		if i%1100 == 7 {
			length = 3*pieceBytes + i
		}
		line := fmt.Appendf(nil, `{"_id": %d, "text": "%s"}`, i, strings.Repeat("x", length))
		if i%5 == 0 {
			raw, err := doc.ParseLine(line)
			if err != nil {
				t.Fatal(err)
			}
			line = doc.AppendBase64Line(nil, raw)
		}
		lines = append(lines, line)
	}
	c := &Collection{Identity: []doc.Path{{"_id"}, {"text"}}}
	for _, broken := range []int{-1, 0, 1500, 1501, 2999} {
		for _, end := range []string{"", "\n"} {
			all := make([][]byte, len(lines))
			copy(all, lines)
			if broken >= 0 {
				all[broken] = []byte(`{"_id": `)
				all[len(all)-1] = []byte(`{`) // it is not the first
			}
			text, files, names := append(bytes.Join(all, []byte("\n")), end...), fstest.MapFS{}, []string{}
			var counts []int
			for from, to := 0, 0; from < len(all); from = to { // one file, or several
				if to = len(all); end != "" {
					to = min(from+1+from/2, len(all))
				}
				part := bytes.Join(all[from:to], []byte("\n"))
				if to < len(all) {
					part = append(part, '\n')
				} else {
					part = append(part, end...)
				}
				name := fmt.Sprint("f", len(names))
				files[name], names, counts = &fstest.MapFile{Data: part}, append(names, name), append(counts, to-from)
			}
			s, err := store(files, names, c)
			if err != nil {
				t.Fatal(err)
			}
			for n, f := range s.files {
				if sum := sha256.Sum256(files[names[n]].Data); f.sha256 != hex.EncodeToString(sum[:]) {
					t.Errorf("broken %d: the digest of file %d is %s", broken, n, f.sha256)
				}
			}
			if broken >= 0 {
				n, line := 0, broken
				for line >= counts[n] {
					line -= counts[n]
					n++
				}
				if s.broken == nil || !strings.HasPrefix(s.broken.Error(), fmt.Sprintf("%s line %d: ", names[n], line+1)) {
					t.Errorf("broken %d: %v", broken, s.broken)
				}
				continue
			}
			if s.count() != len(lines) || s.starts[s.count()] != int64(len(text)) || s.broken != nil {
				t.Fatalf("%d documents, %d bytes, %v", s.count(), s.starts[s.count()], s.broken)
			}
			for n, f := range s.files {
				if f.count != counts[n] || f.to-f.from != int64(len(files[names[n]].Data)) {
					t.Errorf("file %d has %d documents and %d bytes", n, f.count, f.to-f.from)
				}
			}
			for i, line := range lines {
				want, err := doc.ParseLine(line)
				if err != nil {
					t.Fatal(err)
				}
				values, _ := c.IdentityOf(want)
				if key := s.identities.at(nil, i); !bytes.Equal(s.document(i), want) || s.sums[i] != sha256.Sum256(want) || doc.Key(key...) != doc.Key(values...) {
					t.Fatalf("document %d is another one: %v", i, key)
				}
			}
		}
	}
}
