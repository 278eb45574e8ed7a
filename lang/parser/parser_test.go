package parser

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// render is the list as users see it.
func render(t *testing.T, l diag.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.Render(&b, l, diag.RenderOptions{Hints: true}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLanguageFiles(t *testing.T) {
	files, err := filepath.Glob("../../testdata/language/*.weave")
	if err != nil || len(files) < 6 {
		t.Fatalf("six files of the language's design are wanted, got %d (%v)", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, errs := Parse(source.NewFile(filepath.Base(name), string(text))); len(errs) > 0 {
			t.Errorf("%s", render(t, errs))
		}
	}
}
