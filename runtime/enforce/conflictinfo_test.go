package enforce

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/prelude"
)

// TestConflictInfos holds that every code and every text of messages.go, and
// every code that runtime/prelude gives, is told of, with a place that has its rules.
func TestConflictInfos(t *testing.T) {
	var codes, texts []string
	for _, info := range ConflictInfos() {
		codes = append(codes, info.Code)
		if len(info.Texts) == 0 {
			t.Errorf("%s has no text", info.Code)
		}
		for _, text := range info.Texts {
			texts = append(texts, text.Message)
			if text.Message == "" || text.Fix == "" {
				t.Errorf("%s: %q", info.Code, text)
			}
		}
		if !strings.Contains(section(t, info.Rules), "`"+info.Code+"`") {
			t.Errorf("%s: %s does not name it", info.Code, info.Rules)
		}
	}
	if len(conflictRules) != len(codes) {
		t.Errorf("%d codes with rules, %d in the order of reports", len(conflictRules), len(codes))
	}
	// The first declaration of messages.go has the codes.
	file, err := parser.ParseFile(token.NewFileSet(), "messages.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	first := true
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok == token.IMPORT {
			continue
		}
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.ValueSpec)
			if !ok || len(s.Values) != 1 {
				continue
			}
			switch value := s.Values[0].(type) {
			case *ast.BasicLit:
				if code := unquoted(t, value); first && d.Tok == token.CONST && !slices.Contains(codes, code) {
					t.Errorf("nothing is told of the code %s", code)
				}
			case *ast.CompositeLit:
				if !strings.HasPrefix(s.Names[0].Name, "text") {
					continue
				}
				if !slices.Contains(texts, unquoted(t, value.Elts[0].(*ast.BasicLit))) {
					t.Errorf("%s belongs to no code", s.Names[0].Name)
				}
			}
		}
		first = false
	}
	given := 0
	for _, m := range regexp.MustCompile(`(?:onflict\(|\bcode: )'([a-z-]+)'`).FindAllStringSubmatch(prelude.Pure(), -1) {
		given++
		if !slices.Contains(codes, m[1]) {
			t.Errorf("the prelude gives the code %s, of which nothing is told", m[1])
		}
	}
	// The Go engine names codes by their constants, which are those above.
	literal := regexp.MustCompile(`(?:onflict\(|Conflict\{\s*Code: )"`)
	for _, name := range glob(t, "*.go") {
		if !strings.HasSuffix(name, "_test.go") && literal.MatchString(read(t, name)) {
			t.Errorf("%s writes a code as a string", name)
		}
	}
	if given < 30 {
		t.Errorf("%d conflicts in the prelude", given)
	}
}

// section is the text of a section, named "FILE, TITLE", or of a whole file.
func section(t *testing.T, rules string) string {
	file, title, part := strings.Cut(rules, ", ")
	text := read(t, "../../"+file)
	if !part {
		return text
	}
	_, text, ok := strings.Cut(text, "\n## "+title+"\n")
	if !ok {
		t.Errorf("%s has no section %s", file, title)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

func unquoted(t *testing.T, l *ast.BasicLit) string {
	t.Helper()
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}
