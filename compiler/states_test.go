package compiler_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/desired"
)

// TestStates holds what the desired states of sound workspaces have:
// testdata/states has one workspace a file, with inputs in its first line
// (`inputs: a=1 b=x`) and as `want` what compiling it says, then every state.
func TestStates(t *testing.T) {
	files, err := filepath.Glob("testdata/states/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			if archive.Files[last].Name != "want" {
				t.Fatal("the last file must be `want`")
			}
			inputs := map[string]string{}
			first, _, _ := strings.Cut(string(archive.Comment), "\n")
			if list, ok := strings.CutPrefix(first, "inputs: "); ok {
				for _, pair := range strings.Fields(list) {
					name, value, _ := strings.Cut(pair, "=")
					inputs[name] = value
				}
			}
			w, diags := workspace.LoadDir(unpack(t, archive))
			var got bytes.Buffer
			if w != nil {
				result, found := compiler.Compile(t.Context(), w, workspace.Options{Compiler: "mongocd test", Inputs: inputs})
				diags = append(diags, found...)
				got.WriteString(renderAll(t, diags))
				if result != nil {
					for _, s := range result.States {
						writeState(t, &got, s)
					}
				}
			} else {
				got.WriteString(renderAll(t, diags))
			}
			if want := string(archive.Files[last].Data); got.String() != want {
				if os.Getenv("UPDATE_GOLDEN") == "" {
					t.Fatalf("UPDATE_GOLDEN=1 accepts this (-want +got):\n%s", cmp.Diff(want, got.String()))
				}
				archive.Files[last].Data = got.Bytes()
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func writeState(t *testing.T, out *bytes.Buffer, s *desired.State) {
	t.Helper()
	wanted, err := desired.Render(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range wanted.Files {
		fmt.Fprintf(out, "== %s %s\n%s", s.Environment, f.Path, f.Data)
	}
}
