package main

// install.sh, which says what is missing before anything is installed: in a copy
// of what the Makefile needs, with programs of the test's own for Go, Node.js, npm
// and Python.

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// plain are the programs that Makefile and install.sh use and every system has.
var plain = []string{"sh", "make", "sed", "cut", "cksum", "mktemp", "date", "sleep", "cat", "rm", "mkdir", "cp", "touch", "dirname", "ln"}

// fake are programs that answer for their version and note what else they are asked for.
var fake = map[string]string{
	"go":     `[ "$1" = version ] && { echo "go version go1.$V linux/amd64"; exit; }`,
	"node":   `echo "v$V"; exit`,
	"npm":    ``,
	"python": `case "$*" in *version_info*) echo $V; exit ;; *ensurepip*) exit $N ;; esac`,
}

func TestWhatIsMissing(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		have map[string]string // programs and their versions
		make []string
		want []string // none: all is there, and the installation begins
	}{
		{"all", map[string]string{"go": "26.8", "node": "20.0.0", "npm": "", "python3": "12"}, nil, nil},
		{"an older Go that fetches a newer one, the newest Node.js and Python", map[string]string{"go": "21.0", "node": "24.1.0", "npm": "", "python3": "13"}, nil, nil},
		{"another Python beside", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": "14", "python3.11": "11"}, nil, nil},
		{"a Python that is named", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": "14", "mine": "10"}, []string{"PYTHON=mine"}, nil},
		{"nothing", nil, nil, []string{"Go is missing.", "https://go.dev/dl", "Node.js is missing", "https://nodejs.org", "npm is missing", "Python is missing (python3)"}},
		{"Go", map[string]string{"node": "22.1.0", "npm": "", "python3": "12"}, nil, []string{"Go is missing.", "Install Go 1."}},
		{"a newer Go", map[string]string{"go": "19.3", "node": "22.1.0", "npm": "", "python3": "12"}, nil, []string{"Go is too old: go version go1.19.3"}},
		{"Node.js", map[string]string{"go": "26.8", "npm": "", "python3": "12"}, nil, []string{"Node.js is missing"}},
		{"a newer Node.js", map[string]string{"go": "26.8", "node": "18.20.1", "npm": "", "python3": "12"}, nil, []string{"Node.js is too old for mongosh: v18.20.1.", "Install Node.js 20 or newer"}},
		{"npm", map[string]string{"go": "26.8", "node": "22.1.0", "python3": "12"}, nil, []string{"npm is missing"}},
		{"Python", map[string]string{"go": "26.8", "node": "22.1.0", "npm": ""}, nil, []string{"Python is missing (python3)", "Install Python 3.10 to 3.13"}},
		{"the Python that is named", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": "12"}, []string{"PYTHON=/opt/p y"}, []string{"Python is missing (/opt/p y)"}},
		{"Python 3", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": ""}, nil, []string{"python3 is none"}},
		{"an older Python", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": "14", "python3.9": "9"}, nil,
			[]string{"Python is too new for the test server, which is built for 3.10 to 3.13: python3 is 3.14.", "Install Python 3.13 beside it", "make PYTHON="}},
		{"a newer Python", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": "9"}, nil, []string{"Python is too old for the test server", "python3 is 3.9."}},
		{"venv", map[string]string{"go": "26.8", "node": "22.1.0", "npm": "", "python3": "12-bare"}, nil, []string{"python3 has no venv", "python3-venv"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			copied, path := t.TempDir(), t.TempDir()
			for _, file := range []string{"Makefile", ".tools.mk", "go.mod", "cmd/testserver/install.sh", "cmd/testserver/requirements.txt", "cmd/testserver/npm/package-lock.json", "docs/guides/requirements.txt"} {
				data, err := os.ReadFile(filepath.Join(root, file))
				if err != nil {
					t.Fatal(err)
				}
				create(t, filepath.Join(copied, file), string(data), 0o600)
			}
			for _, name := range plain {
				real, err := exec.LookPath(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(real, filepath.Join(path, name)); err != nil {
					t.Fatal(err)
				}
			}
			asked := filepath.Join(t.TempDir(), "asked")
			for name, version := range test.have {
				kind := name
				if strings.HasPrefix(name, "python") || name == "mine" {
					kind = "python"
				}
				version, bare := strings.CutSuffix(version, "-bare")
				no := "0"
				if bare {
					no = "1"
				}
				create(t, filepath.Join(path, name), "#!/bin/sh\nV='"+version+"' N="+no+"\n"+fake[kind]+"\necho \""+name+" $*\" >> '"+asked+"'\nexit 9\n", 0o700)
			}
			cmd := exec.Command(filepath.Join(path, "make"), append([]string{"demo"}, test.make...)...)
			cmd.Dir, cmd.Env = copied, []string{"PATH=" + path, "HOME=" + copied, "TMPDIR=" + t.TempDir()}
			var output bytes.Buffer
			cmd.Stdout, cmd.Stderr = &output, &output
			if err := cmd.Run(); err == nil || errors.Is(err, exec.ErrNotFound) {
				t.Fatalf("%v\n%s", err, &output)
			}
			for _, want := range test.want {
				if !strings.Contains(output.String(), want) {
					t.Errorf("no %q in\n%s", want, &output)
				}
			}
			log, _ := os.ReadFile(asked) // there when something was asked for
			_, err := os.Stat(filepath.Join(copied, ".tools"))
			if test.want == nil {
				if !strings.HasPrefix(string(log), "go build ") || !strings.Contains(output.String(), "The first time this installs") || strings.Contains(output.String(), "Nothing was installed") {
					t.Errorf("asked for %q\n%s", log, &output)
				}
				return
			}
			if len(log) > 0 || err == nil || !strings.Contains(output.String(), "Nothing was installed.") || strings.Count(output.String(), "    ") != strings.Count(output.String(), "\n    ") {
				t.Errorf("asked for %q; .tools: %v\n%s", log, err, &output)
			}
		})
	}
}

// TestInstallWithProgress: dots and the time, the output only of what failed.
func TestInstallWithProgress(t *testing.T) {
	run := func(script string) (string, error) {
		output, err := exec.Command("sh", "install.sh", "run", "a thing", "sh", "-c", script).CombinedOutput()
		return string(output), err
	}
	if said, err := run("echo quiet; sleep 2"); err != nil || !strings.HasPrefix(said, "a thing ..") || !strings.HasSuffix(said, " s\n") || strings.Contains(said, "quiet") {
		t.Errorf("%q, %v", said, err)
	}
	said, err := run("echo loud; exit 7")
	if exit := (&exec.ExitError{}); !errors.As(err, &exit) || exit.ExitCode() != 7 || !strings.Contains(said, "failed:\nloud\n") {
		t.Errorf("%q, %v", said, err)
	}
}

func create(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
