package compiler_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// TestFromMemory compiles workspaces out of memory as from a disk: the same states
// byte for byte, and the same messages. They are the examples, the examples with
// something wrong in their data, and every workspace of the diagnostics.
func TestFromMemory(t *testing.T) {
	for _, example := range []string{"planets", "markets", "growthbook", "saas"} {
		files := readTree(t, filepath.Join("..", "examples", example))
		t.Run(example, func(t *testing.T) {
			if states := sameFromMemory(t, files); strings.Count(states, "== ") < 4 {
				t.Errorf("no states:\n%s", states)
			}
		})
		t.Run(example+" with errors", func(t *testing.T) {
			wrong := fstest.MapFS{}
			maps.Copy(wrong, files)
			documents := 0
			for _, name := range slices.Sorted(maps.Keys(files)) {
				switch {
				case path.Ext(name) == ".jsonl" || path.Base(path.Dir(name)) == "documents":
					if documents++; documents <= 3 {
						wrong[name] = &fstest.MapFile{Data: append(bytes.Clone(files[name].Data), "\n{\"no\": JSON}\n"...)}
					}
				case path.Base(name) == "mongocd.lock":
					wrong[name] = &fstest.MapFile{Data: append([]byte("<<<<<<< HEAD\n"), files[name].Data...)}
				}
			}
			if said := sameFromMemory(t, wrong); !strings.Contains(said, string(diag.BadExtract)) {
				t.Errorf("nothing is wrong:\n%s", said)
			}
			for name := range wrong {
				if strings.HasPrefix(name, "extracted/") {
					delete(wrong, name)
				}
			}
			if said := sameFromMemory(t, wrong); !strings.Contains(said, string(diag.NotExtracted)) {
				t.Errorf("it was extracted:\n%s", said)
			}
		})
	}
	archives, err := filepath.Glob(filepath.Join(diagnosticsDir, "*.txtar"))
	if err != nil || len(archives) < 100 {
		t.Fatalf("%d workspaces: %v", len(archives), err)
	}
	for _, file := range archives {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			for _, f := range archive.Files {
				if f.Name != "want" {
					files[f.Name] = &fstest.MapFile{Data: f.Data}
				}
			}
			sameFromMemory(t, files)
		})
	}
}

// Links within a file system in memory are as those within a workspace: a weave
// may be one, extracted data may not.
func TestLinksInMemory(t *testing.T) {
	const rules = "weave w\nenvironments prod\nfrom s into d { sync c  sync f }\n"
	link := func(to string) *fstest.MapFile { return &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(to)} }
	said := sameFromMemory(t, fstest.MapFS{
		"rules/text":                    {Data: []byte(rules)},
		"w.weave":                       link("rules/text"),
		"elsewhere/c/documents.jsonl":   {Data: []byte("{}\n")},
		"extracted/s/c":                 link("../../elsewhere/c"),
		"extracted/s/f/documents.jsonl": link("../../../elsewhere/c/documents.jsonl"),
	})
	for _, want := range []string{"links to extracted data are not followed", "extracted/s/f/documents.jsonl: this is no regular file"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s is not said:\n%s", want, said)
		}
	}
}

// sameFromMemory compiles files twice and gives what came of it.
func sameFromMemory(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	dir := t.TempDir()
	for name, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		err := error(nil)
		if f.Mode&fs.ModeSymlink != 0 {
			err = os.Symlink(string(f.Data), to)
		} else {
			err = os.WriteFile(to, f.Data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	onDisk, inMemory := compiled(t, fromDisk(dir)), compiled(t, func() (*workspace.Workspace, diag.List) { return workspace.Load(files) })
	if d := cmp.Diff(onDisk, inMemory); d != "" {
		t.Errorf("out of memory it is otherwise (-disk +memory):\n%s", d)
	}
	return inMemory
}

func fromDisk(dir string) func() (*workspace.Workspace, diag.List) {
	return func() (*workspace.Workspace, diag.List) { return workspace.LoadDir(dir) }
}

// compiled is everything that compiling a workspace gives.
func compiled(t *testing.T, load func() (*workspace.Workspace, diag.List)) string {
	t.Helper()
	var out bytes.Buffer
	w, diags := load()
	if w != nil {
		result, more := compiler.Compile(t.Context(), w, workspace.Options{Compiler: "mongocd test"})
		diags = append(diags, more...)
		if result != nil {
			for _, s := range result.States {
				writeState(t, &out, s)
			}
			fmt.Fprintf(&out, "inputs: %v\n", result.Inputs)
		}
	}
	return renderAll(t, diags) + out.String()
}

// readTree reads the files of a directory into memory.
func readTree(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
