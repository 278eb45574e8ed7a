package cases

// Artefacts of a case: compiled through the compiler's own interface, written
// to a folder, the Go program built and vetted, both run as a user would.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
)

// runTimeout ends what hangs. It is far beyond what any run takes, so that no test fails because much else runs.
const runTimeout = 10 * time.Minute

// clientTimeout is the same of a command that a test sends; it goes along as its maxTimeMS, of which Atlas
// takes no more.
const clientTimeout = 5 * time.Minute

// compile compiles one environment of the workspace in dir, which has one weave.
func compile(t *testing.T, dir, environment string) *desired.State {
	t.Helper()
	state, _ := compileWith(t, dir, workspace.Options{Environments: []string{environment}})
	return state
}

// compileWith compiles the one state that the options name; said are the warnings.
func compileWith(t *testing.T, dir string, options workspace.Options) (state *desired.State, said diag.List) {
	t.Helper()
	options.Compiler = "mongocd test"
	w, diagnostics := workspace.LoadDir(dir)
	if !diagnostics.HasErrors() {
		result, more := compiler.Compile(t.Context(), w, options)
		diagnostics = append(diagnostics, more...)
		if !diagnostics.HasErrors() {
			if len(result.States) != 1 {
				t.Fatalf("%d states, want 1", len(result.States))
			}
			diagnostics = slices.DeleteFunc(diagnostics, func(d diag.Diagnostic) bool { return d.Severity == diag.Hint || d.Severity == diag.Accepted })
			return result.States[0], diagnostics
		}
	}
	t.Fatalf("the workspace does not compile:\n%s", rendered(t, diagnostics))
	return nil, nil
}

func rendered(t *testing.T, diagnostics diag.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.Render(&b, diagnostics, diag.RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// render is a state with its files.
func render(t *testing.T, state *desired.State) *desired.Rendered {
	t.Helper()
	r, err := desired.Render(state)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// buildGo writes, vets and builds the Go artefact; it returns the program's path.
func buildGo(t *testing.T, state *desired.State) (program string) {
	t.Helper()
	files, err := gosync.Generate(render(t, state), nil)
	if err != nil {
		t.Fatalf("gosync: %v", err)
	}
	settleSoon(t, files, "/late.go", "settleSeconds = 60", "settleSeconds = 2")
	return builtOnce(t, files, func(folder string) string {
		goTool(t, folder, "vet", ".") // internal/ is this repository's runtime, vetted with it
		program := filepath.Join(folder, "artefact")
		goBuild(t, folder, program)
		return program
	})
}

// goBuild builds the program in a folder, without what debuggers need: it links in half the time.
func goBuild(t *testing.T, folder, program string) {
	t.Helper()
	goTool(t, folder, "build", "-ldflags=-s -w", "-o", program, ".")
}

// settleSoon makes an artefact wait 2 s, not 60, for what the run before it sent.
func settleSoon(t *testing.T, files []codegen.File, path, from, to string) {
	t.Helper()
	for i := range files {
		if data := bytes.Replace(files[i].Data, []byte(from), []byte(to), 1); strings.HasSuffix(files[i].Path, path) && !bytes.Equal(data, files[i].Data) {
			files[i].Data = data
			return
		}
	}
	t.Fatalf("the artefact has no %q in %s", from, path)
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0",
		"GOFLAGS=-mod=readonly -trimpath") // without folders' names in the cache's keys, artefacts share what is compiled
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// buildScript writes the mongosh script and lets node check its syntax; it
// returns the script's path.
func buildScript(t *testing.T, state *desired.State) (script string) {
	t.Helper()
	files, err := mongosh.Generate(render(t, state))
	if err != nil {
		t.Fatalf("mongosh: %v", err)
	}
	settleSoon(t, files, "mongosh.js", "const SETTLE_SECONDS = 60;", "const SETTLE_SECONDS = 2;")
	return builtOnce(t, files, func(folder string) string {
		script := filepath.Join(folder, "mongosh.js")
		ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "node", "--check", script).CombinedOutput(); err != nil {
			t.Fatalf("node --check: %v\n%s", err, out)
		}
		return script
	})
}

func writeArtefact(t *testing.T, dir string, files []codegen.File) {
	t.Helper()
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			t.Fatalf("the artefact has a file outside of its folder: %q", f.Path)
		}
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Path)), f.Data)
	}
}

// artefact is one of the two targets, built, with one way to run it.
type artefact struct {
	name string
	run  func(t *testing.T, mode, uri string, redirects []string, json bool) result
}

// result is how a run ended.
type result struct {
	code           int
	stdout, stderr string
}

// report is the JSON on stdout; the published schema has to describe it.
func (r result) report(t *testing.T, original func(string) string) change.Report {
	t.Helper()
	schema.Report(t, []byte(r.stdout))
	decoder := json.NewDecoder(strings.NewReader(original(r.stdout)))
	decoder.DisallowUnknownFields()
	var report change.Report
	if err := decoder.Decode(&report); err != nil {
		t.Fatalf("stdout is not a report: %v\n%s%s", err, r.stdout, r.stderr)
	}
	if decoder.More() {
		t.Fatalf("stdout has more than one JSON document:\n%s", r.stdout)
	}
	if report.Exit != r.code {
		t.Errorf("the report says exit %d, the process ended with %d\n%s%s", report.Exit, r.code, r.stdout, r.stderr)
	}
	return report
}

// goArtefact runs a built Go program; first are arguments before the command.
func goArtefact(program string, first ...string) artefact {
	return artefact{name: "go", run: func(t *testing.T, mode, uri string, redirects []string, asJSON bool) result {
		t.Helper()
		args := append(slices.Clone(first), strings.Fields(mode)...) // "undo 1" is a command with a run
		for _, r := range redirects {
			if slices.Contains([]string{"plan", "apply", "verify", "undo"}, args[len(first)]) { // others know the destination's names
				args = append(args, "--database", r)
			}
		}
		args = append(args, "--state-database", stateDatabase(redirects))
		if asJSON {
			args = append(args, "--output", "json")
		}
		ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "MONGOCD_DESTINATION_URI="+uri)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
			t.Fatalf("%s: %v\n%s", mode, err, &stderr)
		}
		return result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	}}
}

// scriptArtefact runs a script with the pinned mongosh.
func scriptArtefact(script string) artefact {
	return artefact{name: "mongosh", run: func(t *testing.T, mode, uri string, redirects []string, asJSON bool) result {
		t.Helper()
		mode, last, _ := strings.Cut(mode, " ")
		env := []string{"MONGOCD_MODE=" + mode, "MONGOCD_RUN=" + strings.TrimPrefix(last, "--"), "MONGOCD_DATABASE=" + strings.Join(redirects, ","), "MONGOCD_STATE_DATABASE=" + stateDatabase(redirects)}
		if asJSON {
			env = append(env, "MONGOCD_OUTPUT=json")
		}
		run := engine.Mongosh(t, uri, script, env...)
		return result{code: run.Code, stdout: run.Stdout, stderr: run.Stderr}
	}}
}
