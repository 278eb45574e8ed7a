package compiler_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// wrongDir has slips of first users, one a file: what was wanted of the message
// about it, the weave and, as `want`, what compiling it says. All of them are
// compiled with the data of workspace.txt. UPDATE_GOLDEN=1 rewrites `want`.
const wrongDir = "../testdata/wrong"

// mostShown is how many bytes of messages about one file are worth a reader's time.
const mostShown = 20_000

func TestWrongWeaves(t *testing.T) {
	shared, err := txtar.ParseFile(filepath.Join(wrongDir, "workspace.txt"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(wrongDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 76 {
		t.Errorf("%d files, want at least 76", len(files))
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) != 2 || archive.Files[1].Name != "want" || !strings.Contains(string(archive.Comment), "Wanted: ") {
				t.Fatal("want the wish, a weave and `want`")
			}
			weave := archive.Files[0]
			if plain, quoted := strings.CutSuffix(weave.Name, ".quoted"); quoted { // bytes that are no text
				text, err := strconv.Unquote(strings.TrimSpace(string(weave.Data)))
				if err != nil {
					t.Fatal(err)
				}
				weave = txtar.File{Name: plain, Data: []byte(text)}
			}
			got := renderAll(t, compileDir(t, unpack(t, &txtar.Archive{Files: append([]txtar.File{weave}, shared.Files...)})))
			if len(got) > mostShown {
				t.Errorf("%d bytes are shown, want at most %d", len(got), mostShown)
			}
			if want := string(archive.Files[1].Data); got != want {
				if os.Getenv("UPDATE_GOLDEN") == "" {
					t.Fatalf("UPDATE_GOLDEN=1 accepts this (-want +got):\n%s", cmp.Diff(want, got))
				}
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
