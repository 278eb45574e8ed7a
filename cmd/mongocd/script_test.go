package main

// Runs the scripts of testdata/script: each one reads like a terminal session
// with mongocd in an empty folder. UPDATE_GOLDEN=1 rewrites what `cmp` compares.

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/schema"
)

func TestMain(m *testing.M) {
	if _, given := os.LookupEnv("MONGOCD_CACHE"); !given { // tests keep nothing in the folders of who runs them
		if err := os.Setenv("MONGOCD_CACHE", "off"); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"mongocd": main})
}

func TestScripts(t *testing.T) {
	runScripts(t, "testdata/script", nil)
}

// TestServerScripts runs the sessions that need a server: its URI is in $URI,
// the pinned mongosh is on PATH.
func TestServerScripts(t *testing.T) { engine.OnEach(t, testServerScripts) }

func testServerScripts(t *testing.T) {
	uri := engine.ForTest(t)
	mongosh := engine.MongoshPath(t)
	runScripts(t, "testdata/server", func(env *testscript.Env) error {
		env.Setenv("URI", uri)
		env.Setenv("PATH", filepath.Dir(mongosh)+string(os.PathListSeparator)+env.Getenv("PATH"))
		config := filepath.Join(env.WorkDir, "home", ".mongodb", "mongosh")
		env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
		if err := os.MkdirAll(config, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(config, "config"), []byte(`{"enableTelemetry":false,"disableLogging":true}`), 0o600)
	})
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// masked FILE: what the last command wrote, without digests, which change with all that they are over.
			"masked": func(ts *testscript.TestScript, _ bool, args []string) {
				text := digests.ReplaceAllString(ts.ReadFile("stdout"), "sha256:…")
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
			},
			// shown FILE: what the last command wrote, every date and commit the same one.
			"shown": func(ts *testscript.TestScript, _ bool, args []string) {
				text := commits.ReplaceAllString(dates.ReplaceAllString(ts.ReadFile("stdout"), "2026-11-30T08:00:00.000Z"), "=4f2c81a0d9b35e67c1f8a2b4d6e9037c5a1b8f42")
				text = digests.ReplaceAllString(text, "sha256:…")
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
			},
			// keep NAME: what the last command wrote, as a variable.
			"keep": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
			},
			// reports: what the last command wrote is described by the published schema.
			"reports": func(ts *testscript.TestScript, _ bool, _ []string) { schema.Reports(t, []byte(ts.ReadFile("stdout"))) },
		},
		UpdateScripts: os.Getenv("UPDATE_GOLDEN") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("MONGOCD_CACHE", "off")
			// The Go program of an artefact is built with the caches of this machine.
			for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "GOSUMDB", "GOROOT"} {
				if value := goEnv(t, name); value != "" {
					env.Setenv(name, value)
				}
			}
			if setup != nil {
				return setup(env)
			}
			return nil
		},
	})
}

var (
	digests = regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	dates   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)
	commits = regexp.MustCompile(`=[0-9a-f]{40}`)
)

// goEnvironment asks the go command for its variables, once for all scripts.
var goEnvironment = sync.OnceValues(func() (map[string]string, error) {
	out, err := exec.Command("go", "env", "-json").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var variables map[string]string
	err = json.Unmarshal(out, &variables)
	return variables, err
})

func goEnv(t *testing.T, name string) string {
	t.Helper()
	variables, err := goEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	return variables[name]
}
