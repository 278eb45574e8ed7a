package desired

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Raw of a document is nil where it is stored: whoever enforces asks its collection.
func TestRawIsAskedFor(t *testing.T) {
	direct := regexp.MustCompile(`\.Documents\[[^]]*\]\.Raw`)
	for _, folder := range []string{"compare", "enforce", "fanout", "journal", "order", "structure", "undo"} {
		files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", folder, err, len(files))
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if found := direct.Find(text); found != nil && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s: %s: ask the collection's Raw", name, found)
			}
		}
	}
}

//go:embed testdata/lines.jsonl
var embedded embed.FS

// What is embedded is read where it is, and gives the same as a file that is read at once.
func TestStoredIsReadAgain(t *testing.T) {
	c := &Collection{Identity: []doc.Path{{"_id"}}}
	for name, files := range map[string]fs.FS{"embedded": embedded, "a folder": os.DirFS(".")} {
		s, err := store(files, []string{"testdata/lines.jsonl"}, c)
		if err != nil || s.broken != nil {
			t.Fatal(name, err, s.broken)
		}
		want := []string{`{"_id": 1}`, `{"_id": 2, "text": "a line that is longer than the others"}`, `{"_id": 3}`}
		if s.count() != len(want) {
			t.Fatalf("%s: %d documents", name, s.count())
		}
		for _, i := range []int{2, 0, 1, 1, 2} {
			parsed, err := doc.ParseExtJSON([]byte(want[i]))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.document(i); string(got) != string(parsed) {
				t.Errorf("%s: document %d is %s", name, i, got)
			}
			of := &Collection{Identity: c.Identity, Documents: make([]Document, len(want)), stored: s}
			if !of.IsStored(i, parsed) || of.IsStored((i+1)%len(want), parsed) {
				t.Errorf("%s: document %d is another one, or two are the same", name, i)
			}
			by := &Collection{Identity: []doc.Path{{"text"}}, Documents: of.Documents, stored: s}
			if key := of.Key(i); len(key) != 1 || key[0].Int32() != int32(i+1) || (by.Key(i) != nil) != (i == 1) {
				t.Errorf("%s: document %d has the key %v, and %v", name, i, key, by.Key(i))
			}
		}
	}
	if _, err := store(embedded, []string{"testdata/lines.jsonl", "testdata/other.jsonl"}, c); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Documents that are read one after the other, or anyhow, are those that are asked for one by one.
func TestReading(t *testing.T) {
	files, names, count := fstest.MapFS{}, []string{}, 0
	for n := range 3 {
		var text []byte
		for range 200 {
			length := count % 900
			if count%150 == 99 {
				length = 2*readBytes + count
			}
			text = fmt.Appendf(text, "{\"_id\": %d, \"text\": \"%s\"}\n", count, strings.Repeat("x", length))
			count++
		}
		name := fmt.Sprint("f", n)
		files[name], names = &fstest.MapFile{Data: text}, append(names, name)
	}
	c := &Collection{Identity: []doc.Path{{"_id"}}, Documents: make([]Document, count)}
	var err error
	if c.stored, err = store(files, names, c); err != nil {
		t.Fatal(err)
	}
	c.Documents[5].Raw = doc.NewBuilder(16).AppendInt32("here", 5).Raw()
	r, random := c.Reading(), rand.New(rand.NewPCG(1, 2))
	at := 0
	for range 20 {
		for range random.IntN(300) {
			if got, want := r.Raw(at), c.Raw(at); string(got) != string(want) {
				t.Fatalf("document %d is %.80s, want %.80s", at, got, want)
			}
			at = (at + 1) % count
		}
		at = random.IntN(count)
	}
}
