package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// TestLanguageFiles holds that the complete files of the language's design have
// no error.
func TestLanguageFiles(t *testing.T) {
	names, err := filepath.Glob("../../testdata/language/*.weave")
	if err != nil || len(names) < 6 {
		t.Fatalf("%d files: %v", len(names), err)
	}
	weaves := map[string][]*ast.File{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, diags := parser.Parse(source.NewFile(filepath.Base(name), string(text)))
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		weave := filepath.Base(name)[:2]
		if strings.HasSuffix(name, ".prod.weave") {
			weave = "04" // it amends the file before it
		}
		weaves[weave] = append(weaves[weave], file)
	}
	for _, files := range weaves {
		module, diags := Check(files)
		for _, d := range diags {
			t.Errorf("%s: %s: %s", d.Span, d.Code, d.Message)
		}
		if len(diags) == 0 && (module == nil || module.Name == "") {
			t.Errorf("%s: no module", files[0].Source.Name)
		}
	}
}
