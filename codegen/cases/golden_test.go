package cases

// What is generated, for a few cases, as files that reviewers see change:
// testdata/golden/CASE/. The runtime's sources and the prelude are left out;
// they are in the repository already.

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/prelude"
)

const goldens = "../../testdata/golden"

var goldenCases = []string{"preserve", "rules-per-environment", "structure-missing-collection", "string-hostile"}

func TestGoldenArtefacts(t *testing.T) {
	var produced []string
	for _, c := range readCases(t) {
		if !slices.Contains(goldenCases, c.name) {
			continue
		}
		dir := t.TempDir()
		c.writeWorkspace(t, dir)
		state := compile(t, dir, c.env)
		program, err := gosync.Generate(render(t, state), nil)
		if err != nil {
			t.Fatal(err)
		}
		script, err := mongosh.Generate(render(t, state))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Concat(script, program) {
			switch {
			case strings.HasPrefix(f.Path, "internal/"), f.Path == "go.sum":
				continue
			case f.Path == "main.go":
				f.Data = planDigest.ReplaceAll(f.Data, []byte("(digest)"))
			case strings.HasSuffix(f.Path, ".js"):
				f.Data = withoutPrelude(t, f)
				if c.name != goldenCases[0] { // one shows the digest of its state
					f.Data = planDigest.ReplaceAll(f.Data, []byte("(digest)"))
				}
			case f.Path == "go.mod":
				// No go.mod below testdata: it would be a module of its own.
				f.Path = "go.mod.txt"
			}
			name := filepath.Join(c.name, filepath.FromSlash(f.Path))
			produced = append(produced, name)
			compareGolden(t, name, f.Data)
		}
	}
	err := filepath.WalkDir(goldens, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(goldens, path)
		if err == nil && !slices.Contains(produced, name) {
			t.Errorf("%s: no test produces this golden: remove it", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// withoutPrelude cuts out of a script what is the same in all of them: the
// header's digest and the engine. The state and the call are left.
func withoutPrelude(t *testing.T, f codegen.File) []byte {
	t.Helper()
	header, rest, ok := strings.Cut(string(f.Data), prelude.Shell())
	_, state, found := strings.Cut(rest, "// The desired state.")
	if !ok || !found {
		t.Fatalf("%s is not header, prelude and state any more", f.Path)
	}
	header = digest.ReplaceAllString(header, "${1}(digest)")
	return []byte(header + "// (the engine)\n\n// The desired state." + state)
}

// digest is over the engine too.
var digest = regexp.MustCompile(`(// sha256 of [^:]*: )[0-9a-f]{64}`)

// A digest in a golden changes with all that it is over, so that a change of one line
// touches every golden. These are about digests, or have made up ones.
var withDigests = []string{
	"testdata/golden/preserve/mongosh.js",
	"docs/enforcement.md", "docs/guides/requirements.txt", "docs/site/requirements.txt",
	"cmd/mongocd/testdata/server/undo.txtar", "cmd/mongocd/testdata/script/apply_several.txtar", "cmd/mongocd/testdata/script/live.txtar",
}

func TestDigestsAreMaskedInGoldens(t *testing.T) {
	root := os.DirFS("../..")
	for _, folder := range []string{"testdata", "docs", "cmd/mongocd/testdata", "compiler/testdata", "README.md"} {
		err := fs.WalkDir(root, folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(root, path)
			if has := planDigest.Match(text); has != slices.Contains(withDigests, path) {
				t.Errorf("%s has a digest: %t", path, has)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func compareGolden(t *testing.T, name string, data []byte) {
	t.Helper()
	path := filepath.Join(goldens, name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		writeFile(t, path, data)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v; UPDATE_GOLDEN=1 writes it", err)
		return
	}
	if !bytes.Equal(want, data) {
		t.Errorf("%s differs; UPDATE_GOLDEN=1 writes it:\n%s", path, lineDiff(string(want), string(data)))
	}
}
