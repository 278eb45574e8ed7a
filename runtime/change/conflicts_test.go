package change

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestConflictInfos holds that every text of conflicts.go, and every code that the
// JavaScript engine gives, is told of, with a place that has its rules.
func TestConflictInfos(t *testing.T) {
	var codes, texts []string
	for _, info := range ConflictInfos() {
		codes = append(codes, info.Code)
		if len(info.Texts) == 0 {
			t.Errorf("%s has no text", info.Code)
		}
		for _, text := range info.Texts {
			texts = append(texts, text.Message)
			if text.Message == "" || text.Fix == "" || text.Code != info.Code {
				t.Errorf("%s: %q", info.Code, text)
			}
		}
		if !strings.Contains(section(t, info.Rules), "`"+info.Code+"`") {
			t.Errorf("%s: %s does not name it", info.Code, info.Rules)
		}
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(codes))); len(unique) != len(codes) {
		t.Errorf("a code is told of twice: %q", codes)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "conflicts.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		value, ok := n.(*ast.CompositeLit)
		if !ok || len(value.Elts) != 3 {
			return true
		}
		if message, ok := value.Elts[1].(*ast.BasicLit); ok {
			declared++
			if !slices.Contains(texts, unquoted(t, message)) {
				t.Errorf("%s belongs to no code", message.Value)
			}
		}
		return true
	})
	if declared != len(texts) {
		t.Errorf("%d texts are declared, %d are told of", declared, len(texts))
	}
	// The engines give codes by their texts, which are those above.
	literal := regexp.MustCompile(`Conflict\{\s*Code: "|\bconflict(?:Of)?\(['"]|\bcode: '`)
	for _, name := range sources(t) {
		if filepath.Base(name) != "tables.js" && literal.MatchString(read(t, name)) {
			t.Errorf("%s writes a code as a string", name)
		}
	}
}

// Conflicts are reported in the order of their codes.
func TestSortConflicts(t *testing.T) {
	conflicts := []Conflict{{Code: VerifyFailed.Code}, {Code: IDTaken.Code, Message: "a"}, {Code: SecretMissing.Code}, {Code: MadeIDTaken.Code, Message: "b"}}
	SortConflicts(conflicts)
	for i, want := range []string{"secret-missing", "id-taken", "id-taken", "verify-failed"} {
		if conflicts[i].Code != want {
			t.Errorf("%d is %s, want %s", i, conflicts[i].Code, want)
		}
	}
	if conflicts[1].Message != "a" {
		t.Error("conflicts of one code change places")
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

// sources are the engines' files, without tests.
func sources(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if ext := filepath.Ext(name); err == nil && !entry.IsDir() && (ext == ".js" || ext == ".go" && !strings.HasSuffix(name, "_test.go")) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
