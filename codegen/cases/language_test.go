package cases

// The complete files of the language's design, with data that fits them:
// testdata/language. Every environment through both targets.

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// languageWeaves are the files of each weave with its environments.
var languageWeaves = []struct {
	files        []string
	environments []string
}{
	{[]string{"01-flags.weave"}, []string{"preprod", "prod"}},
	{[]string{"02-flags-per-environment.weave"}, []string{"preprod", "prod"}},
	{[]string{"03-price-lists.weave"}, []string{"preprod", "prod"}},
	{[]string{"04-tenants.weave", "05-tenants.prod.weave"}, []string{"preprod", "prod"}},
	{[]string{"06-reference-data.weave"}, []string{"prod-eu", "prod-us", "staging"}},
}

// languageRuns are the environments that both artefacts run here, with who finds what is deleted. Of
// the other weaves cases of the corpus have them do so (TestLanguageRuns); the rest is checked as data.
var languageRuns = map[string]struct {
	environment string
	drifts      int
}{
	"03-price-lists.weave":    {"prod", 0},
	"06-reference-data.weave": {"prod-us", 1},
}

const language = "../../testdata/language"

// languageStates compiles the weave of some files over the data that all share.
func languageStates(t *testing.T, files []string) (*compiler.Result, string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(language, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "extracted"), os.DirFS(filepath.Join(language, "extracted"))); err != nil {
		t.Fatal(err)
	}
	w, diagnostics := workspace.LoadDir(dir)
	if diagnostics.HasErrors() {
		t.Fatal(rendered(t, diagnostics))
	}
	inputs := map[string]string{}
	if slices.Contains(files, "04-tenants.weave") {
		inputs["release"] = "2026.03"
	}
	result, diagnostics := compiler.Compile(t.Context(), w, workspace.Options{Compiler: "mongocd test", Inputs: inputs})
	if diagnostics.HasErrors() {
		t.Fatal(rendered(t, diagnostics))
	}
	return result, rendered(t, diagnostics)
}

func TestLanguageWorkspaces(t *testing.T) {
	t.Setenv("MAIL_PASSWORD", "of the mail server")
	t.Setenv("ACME_HOOK_TOKEN", "of the hook")
	for _, weave := range languageWeaves {
		t.Run(weave.files[0], func(t *testing.T) {
			result, said := languageStates(t, weave.files)
			archive := &txtar.Archive{Files: []txtar.File{{Name: "said", Data: []byte(said)}}}
			var environments []string
			for _, state := range result.States {
				environments = append(environments, state.Environment)
				if _, err := gosync.Generate(render(t, state), nil); err != nil {
					t.Error(err)
				}
				if _, err := mongosh.Generate(render(t, state)); err != nil {
					t.Error(err)
				}
				files := render(t, state).Files
				for _, f := range files {
					archive.Files = append(archive.Files, txtar.File{Name: state.Environment + "/" + f.Path, Data: f.Data})
				}
				back, err := desired.Read(stateFS(files))
				if err != nil {
					t.Fatal(err)
				}
				if a, b := digestOf(t, state), digestOf(t, back); a != b {
					t.Errorf("%s is another state when it is read back", state.Environment)
				}
			}
			for _, state := range result.States {
				if run := languageRuns[weave.files[0]]; state.Environment == run.environment {
					t.Run(state.Environment, func(t *testing.T) { runExample(t, withoutText(state), run.drifts) })
				}
			}
			compareGolden(t, filepath.Join("..", "language", "states", strings.TrimSuffix(weave.files[0], ".weave")+".txtar"), txtar.Format(archive))
			if !slices.Equal(environments, weave.environments) {
				t.Errorf("environments %q", environments)
			}
		})
	}
}

// Both artefacts run each of the weaves: here, or as a case.
func TestLanguageRuns(t *testing.T) {
	cases := readCases(t)
	for _, weave := range languageWeaves {
		_, here := languageRuns[weave.files[0]]
		if !here && !slices.ContainsFunc(cases, func(c *testCase) bool { return slices.Equal(c.language, weave.files) && !c.desiredOnly }) {
			t.Errorf("%s is not run by any test", weave.files[0])
		}
	}
}

// withoutText is a state without text indexes, which the test engine has not.
func withoutText(state *desired.State) *desired.State {
	if os.Getenv(engine.TestURIVariable) != "" {
		return state
	}
	copied := *state
	copied.Collections = nil
	for _, c := range state.Collections {
		plain := *c
		plain.Indexes = slices.DeleteFunc(slices.Clone(c.Indexes), func(spec bson.Raw) bool {
			_, text := spec.Lookup("weights").DocumentOK()
			for _, v := range doc.Fields(bson.Raw(spec.Lookup("key").Value)) {
				kind, _ := v.StringValueOK()
				text = text || kind == "text"
			}
			return text
		})
		copied.Collections = append(copied.Collections, &plain)
	}
	return &copied
}

func stateFS(files []desired.File) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range files {
		m[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return m
}

func digestOf(t *testing.T, s *desired.State) string {
	t.Helper()
	d, err := s.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
