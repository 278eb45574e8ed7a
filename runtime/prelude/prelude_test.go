package prelude

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	sources "github.com/hayone1/mongocd/runtime"
)

// scripts are the JavaScript files of a file system, by their paths under runtime.
func scripts(t *testing.T, files fs.FS) (out []string) {
	t.Helper()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".js") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestScripts: every JavaScript file below runtime is embedded, and joined once.
func TestScripts(t *testing.T) {
	joined := slices.Sorted(slices.Values(append([]string{shell}, pure...)))
	if got := scripts(t, sources.Scripts); !slices.Equal(got, joined) {
		t.Errorf("embedded are\n%s\njoined are\n%s", strings.Join(got, "\n"), strings.Join(joined, "\n"))
	}
	if got := scripts(t, os.DirFS("..")); !slices.Equal(got, joined) {
		t.Errorf("there are\n%s\njoined are\n%s", strings.Join(got, "\n"), strings.Join(joined, "\n"))
	}
}
