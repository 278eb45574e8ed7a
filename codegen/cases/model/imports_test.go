package model

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The model knows nothing of the engines: of this module it imports the state as
// plain data alone.
func TestImports(t *testing.T) {
	const module = `"github.com/hayone1/mongocd/`
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if strings.HasPrefix(i.Path.Value, module) && i.Path.Value != module+`runtime/desired"` {
				t.Errorf("%s imports %s", name, i.Path.Value)
			}
		}
	}
}
