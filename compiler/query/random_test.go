package query

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// tree is a directory in memory.
func tree(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// rendered is an analysis as text.
func rendered(t *testing.T, s *Snapshot) string {
	t.Helper()
	a, err := s.Analyse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := diag.Render(&b, a.Diagnostics, diag.RenderOptions{Hints: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range s.Files() {
		counts, err := s.Counts(context.Background(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			if c.Stale { // a fresh workspace knows nothing from before
				continue
			}
			fmt.Fprintf(&b, "%s %s %v\n", c.Kind, c.Span, c.In)
		}
	}
	return b.String()
}

// TestSameAsCheck holds that a workspace without errors is said what `check` says.
func TestSameAsCheck(t *testing.T) {
	for _, example := range []string{"planets", "markets", "growthbook", "saas"} {
		files := tree(t, filepath.Join("..", "..", "examples", example))
		w, found := workspace.Load(files)
		want := append(found, compiler.Check(context.Background(), w, workspace.Options{WithEdits: true})...)
		want.Sort()
		a, err := Open(files, workspace.Options{WithEdits: true}, nil).Now().Analyse(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		texts := make([]string, 2)
		for i, l := range []diag.List{want, a.Diagnostics} {
			var b strings.Builder
			if err := diag.Render(&b, l, diag.RenderOptions{Hints: true}); err != nil {
				t.Fatal(err)
			}
			texts[i] = b.String()
		}
		if texts[0] != texts[1] || texts[0] == "" {
			t.Errorf("%s: check says\n%s\nthe analysis\n%s", example, texts[0], texts[1])
		}
	}
}

// inserted are put in, besides characters.
var inserted = []string{"set ", "where ", "{", "}", "\n", "per environment {", "// x\n", "\"", "'", "${", "for prod ", "let x = 1\n", "(", "]", "rollout", "==", " in [", "sync ", "é", "😀", "\t", "\r\n", "accept no-effect \"y\"\n", "/*", "0", "-", "any e in tags has "}

// TestRandomEdits makes random insertions and deletions in files of a workspace: after
// each, the analysis that goes on from the last one is that of a fresh workspace, and
// nothing that is asked at a place panics. They are 150, with MONGOCD_SOAK=n five times
// n, from the seed MONGOCD_SEED.
func TestRandomEdits(t *testing.T) {
	n := 150
	if text := os.Getenv("MONGOCD_SOAK"); text != "" {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			t.Fatalf("MONGOCD_SOAK is %q, want a number of cases", text)
		}
		n = 5 * size
	}
	seed := uint64(1)
	if text := os.Getenv("MONGOCD_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for _, example := range []string{"planets", "markets", "growthbook", "saas"} {
		files := tree(t, filepath.Join("..", "..", "examples", example))
		w := Open(files, workspace.Options{WithEdits: true}, nil)
		texts, original := map[string]string{}, map[string]string{}
		names := w.Now().Files()
		for _, name := range names {
			original[name] = string(files[name].Data)
		}
		for step := range n / 3 {
			name := names[r.IntN(len(names))]
			text, ok := texts[name]
			if !ok || r.IntN(5) == 0 { // mended
				text = original[name]
			} else {
				from := r.IntN(len(text) + 1)
				to := min(len(text), from+r.IntN(8))
				insert := ""
				if r.IntN(3) > 0 {
					insert = inserted[r.IntN(len(inserted))]
				}
				if r.IntN(2) == 0 {
					to = from
				}
				text = text[:from] + insert + text[to:]
			}
			texts[name] = text
			w.Edit(name, text)
			s := w.Now()
			at := r.IntN(len(text) + 1)
			everything(t, s, name, at)
			fresh := Open(files, workspace.Options{WithEdits: true}, nil)
			for name, text := range texts {
				fresh.Edit(name, text)
			}
			if got, want := rendered(t, s), rendered(t, fresh.Now()); got != want {
				t.Fatalf("seed %d, step %d of %s: after an edit of %s, going on gives\n%s\nfresh\n%s\n%s", seed, step, example, name, got, want, text)
			}
		}
	}
}

// everything asks everything at a place.
func everything(t *testing.T, s *Snapshot, name string, at int) {
	t.Helper()
	items, replaced := s.Completions(name, at)
	if len(items) > 0 && (replaced.File == nil || replaced.Start > at || at > replaced.End) {
		t.Errorf("completions at %d of %s stand for %s", at, name, replaced)
	}
	s.Hover(name, at)
	s.Signature(name, at)
	s.Definition(name, at)
	s.References(name, at, true)
	if edits, err := s.Rename(name, at, "other"); err == nil && len(edits) == 0 {
		t.Errorf("renaming at %d of %s gives no edits", at, name)
	}
	s.Enclosing(name, at)
	s.Symbols(name)
	s.Folds(name)
	last := 0
	for _, w := range s.Words(name) {
		if w.Span.Start < last {
			t.Errorf("words of %s are out of order at %d", name, w.Span.Start)
		}
		last = w.Span.End
	}
	s.Closed(name, at)
	Tests(s, name)
}
