package sources

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestFiles: every source below runtime is embedded, and no test.
func TestFiles(t *testing.T) {
	list := func(files fs.FS) (out []string) {
		err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".go") && strings.Contains(path, "/") && !strings.HasPrefix(path, "prelude/") {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := slices.DeleteFunc(list(os.DirFS(".")), func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	if got := list(Files); !slices.Equal(got, want) || len(want) < 50 {
		t.Errorf("embedded are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
