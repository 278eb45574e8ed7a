package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
)

// TestPageExamples checks the examples of every page of lang/diag/pages: the
// broken one gives the page's code, the mended one nothing but hints (and what
// this version does not carry out).
// UPDATE_GOLDEN=1 rewrites what mongocd says to the broken one.
func TestPageExamples(t *testing.T) {
	for _, info := range diag.Codes {
		t.Run(string(info.Code), func(t *testing.T) {
			t.Parallel()
			page, err := diag.Explain(info.Code)
			if err != nil {
				t.Fatal(err)
			}
			if page.ShownBy != "" {
				return
			}
			broken := exampleDir(t, page.Both, page.Broken)
			isIt := func(d diag.JSON) bool { return d.Code == page.Code }
			if found := checkJSON(t, broken); !slices.ContainsFunc(found, isIt) {
				t.Errorf("the broken example does not give the code, but %+v", found)
			}
			for _, d := range checkJSON(t, exampleDir(t, page.Both, page.Mended)) {
				if isIt(d) || d.Severity != diag.Hint.String() {
					t.Errorf("the mended example gives %+v", d)
				}
			}
			says := checkText(t, broken)
			if says == page.Says {
				return
			}
			if os.Getenv("UPDATE_GOLDEN") == "" {
				t.Fatalf("UPDATE_GOLDEN=1 accepts this (-want +got):\n%s", cmp.Diff(page.Says, says))
			}
			updateSays(t, filepath.Join("../../lang/diag/pages", string(page.Code)+".txtar"), says)
		})
	}
}

// exampleDir writes an example's workspace into a new folder.
func exampleDir(t *testing.T, sets ...[]diag.PageFile) string {
	t.Helper()
	files := map[string]string{}
	for _, set := range sets {
		for _, f := range set {
			files[f.Name] = f.Text
		}
	}
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkJSON is what `mongocd check --hints` reports about a workspace.
func checkJSON(t *testing.T, dir string) []diag.JSON {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run([]string{"check", "--workspace", dir, "--hints", "--output", "json"}, strings.NewReader(""), &stdout, &stderr, noEnvironment)
	if code == console.ExitUsage || stderr.Len() > 0 {
		t.Fatalf("check: exit code %d\n%s", code, stderr.String())
	}
	var found []diag.JSON
	if err := json.Unmarshal(stdout.Bytes(), &found); err != nil {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	return found
}

// checkText is what `mongocd check --hints` prints about a workspace.
func checkText(t *testing.T, dir string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	run([]string{"check", "--workspace", dir, "--hints"}, strings.NewReader(""), &stdout, &stderr, noEnvironment)
	return stderr.String()
}

func noEnvironment(string) (string, bool) { return "", false }

// updateSays rewrites the file `says` of a page.
func updateSays(t *testing.T, file, says string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "says" })
	if i < 0 {
		i = slices.IndexFunc(archive.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "mended/") })
		archive.Files = slices.Insert(archive.Files, i, txtar.File{Name: "says"})
	}
	archive.Files[i].Data = []byte(says)
	if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
