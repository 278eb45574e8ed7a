package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hayone1/mongocd/runtime/layout"
)

// The example data is as `extract` writes it, lock file included, so that the
// next extract finds nothing that was edited by hand.
func TestStarterDataIsAsExtracted(t *testing.T) {
	const folder = "init/extracted/shop_test/flags"
	c, err := layout.Read(t.Context(), os.DirFS("."), folder)
	if err != nil {
		t.Fatal(err)
	}
	files, err := layout.Render(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := filepath.Join(folder, filepath.FromSlash(f.Name))
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(name, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if data, err := os.ReadFile(name); err != nil || !bytes.Equal(data, f.Data) {
			t.Errorf("%s is not as extract writes it (%v); UPDATE_GOLDEN=1 writes it:\n%s", name, err, f.Data)
		}
	}
}
