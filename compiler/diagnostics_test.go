package compiler_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// diagnosticsDir has one workspace a file: .weave files, extracted/ and, as
// `want`, everything that compiling it says. UPDATE_GOLDEN=1 rewrites `want`.
const diagnosticsDir = "../testdata/diagnostics"

func TestDiagnostics(t *testing.T) {
	entries, err := os.ReadDir(diagnosticsDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 100 {
		t.Errorf("%d broken workspaces, want at least 100", len(entries))
	}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".txtar")
		if !ok {
			t.Errorf("%s is no .txtar file: no test produces it", entry.Name())
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(diagnosticsDir, entry.Name())
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := unpack(t, archive)
			got := renderAll(t, compileDir(t, dir))
			if strings.Contains(got, dir) {
				t.Errorf("a path of this machine is shown:\n%s", got)
			}
			last := len(archive.Files) - 1
			if last < 0 || archive.Files[last].Name != "want" {
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
				last++
			}
			if want := string(archive.Files[last].Data); got != want {
				if os.Getenv("UPDATE_GOLDEN") == "" {
					t.Fatalf("UPDATE_GOLDEN=1 accepts this (-want +got):\n%s", cmp.Diff(want, got))
				}
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// unpack writes the files of an archive, but for `want`, into a new folder.
func unpack(t testing.TB, archive *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		if f.Name == "want" {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// compileDir is everything that compiling a workspace says.
func compileDir(t testing.TB, dir string) diag.List {
	t.Helper()
	w, diags := workspace.LoadDir(dir)
	if w == nil {
		return diags
	}
	result, more := compiler.Compile(context.Background(), w, workspace.Options{Compiler: "mongocd test"})
	if (result == nil) != more.HasErrors() {
		t.Errorf("a result is there: %v; errors: %v", result != nil, more)
	}
	return append(diags, more...)
}

func renderAll(t testing.TB, l diag.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.Render(&b, l, diag.RenderOptions{Hints: true, Accepted: true}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
