package diag

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestPages: every code has a page and every page a code, short and complete.
// TestPageExamples of cmd/mongocd compiles the examples.
func TestPages(t *testing.T) {
	for _, info := range Codes {
		p, err := Explain(info.Code)
		if err != nil {
			t.Error(err)
			continue
		}
		lines := strings.Split(p.Text, "\n")
		if len(lines) < 2 || len(lines) > 12 {
			t.Errorf("%s: the page has %d lines, want 2 to 12", p.Code, len(lines))
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Errorf("%s: a line of %d characters, want at most 100: %s", p.Code, n, line)
			}
		}
		if p.ShownBy != "" {
			if len(p.Both)+len(p.Broken)+len(p.Mended) > 0 || p.Says != "" {
				t.Errorf("%s: the page has examples, and a test that stands for them", p.Code)
			}
			if name, dir, ok := strings.Cut(p.ShownBy, " in "); !ok || !hasTest(t, filepath.Join("../..", dir), name) {
				t.Errorf("%s: there is no test %s", p.Code, p.ShownBy)
			}
			continue
		}
		if len(p.Broken) == 0 || len(p.Mended) == 0 || p.Says == "" {
			t.Errorf("%s: the page needs a broken and a mended example and what mongocd says", p.Code)
		}
	}
	entries, err := fs.ReadDir(pages, "pages")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), ".txtar")
		if _, err := Explain(Code(name)); err != nil {
			t.Errorf("pages/%s: %v", entry.Name(), err)
		}
	}
	if _, err := Explain("no-such-code"); err == nil {
		t.Error("a page of an unknown code")
	}
}

// hasTest reports whether a folder's tests have a function of that name.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
