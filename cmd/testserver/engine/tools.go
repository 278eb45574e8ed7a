package engine

// Where the installed tools are. In: the folder .tools of this repository (or MONGOCD_TOOLS), filled by `make tools`.
// Out: paths and command lines, or an error that says how to get what is missing.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The engines. docs/testing.md has what each one keeps and does, seen by running `make probe`.
const (
	// SecantusRust keeps BSON byte for byte and is fast. It is built from source, which needs cargo.
	SecantusRust = "secantus-rs"
	// SecantusPython installs in seconds where there is Python, is slower and loses a few rare types.
	SecantusPython = "secantus-py"
)

const (
	toolsVariable = "MONGOCD_TOOLS"
	marker        = "cmd/testserver/requirements.txt" // only this repository's root has it
)

// names are all engines, the better one first.
var names = []string{SecantusRust, SecantusPython}

// Default is SecantusRust if it is installed, else SecantusPython.
func Default() string {
	if _, err := tool("bin", "secantusd-rs"); err != nil {
		return SecantusPython
	}
	return SecantusRust
}

// commandLine is what starts an engine on a free port; it prints "listening on 127.0.0.1:PORT".
// Data to keep is synced on every commit, as MongoDB does for majority writes: what was acknowledged survives a SIGKILL.
func commandLine(name, dataDir string, keep bool) ([]string, error) {
	var path []string
	var flags []string
	switch name {
	case SecantusRust:
		path, flags = []string{"bin", "secantusd-rs"}, []string{"--log-file-max", "16MB"} // each store allocates one in full
	case SecantusPython:
		path = []string{"venv", "bin", "secantusd-py"}
	default:
		return nil, fmt.Errorf("unknown engine %q: there are %s and %s", name, SecantusRust, SecantusPython)
	}
	if keep {
		flags = append(flags, "--sync-on-commit")
	}
	program, err := tool(path...)
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", name, err)
	}
	config, err := tool("secantusd.toml") // empty: one of the user must not change what tests see
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", name, err)
	}
	return append([]string{program, "--config", config, "--host", "127.0.0.1", "--port", "0",
		"--storage-path", dataDir, "--cache-size", "256M", "--log-level", "INFO"}, flags...), nil
}

// tool finds an installed file below the folder of tools.
func tool(elements ...string) (string, error) {
	dir, err := toolsDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(append([]string{dir}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not installed: run `make tools` (without cargo: `make tools-quick`)", elements[len(elements)-1])
	}
	return path, nil
}

// toolsDir is MONGOCD_TOOLS, else .tools beside go.mod of this repository, looked for from the working directory upwards.
func toolsDir() (string, error) {
	if dir := os.Getenv(toolsVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, marker)); err == nil {
			return filepath.Join(dir, ".tools"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside the mongocd repository: set " + toolsVariable + " to the .tools folder that `make tools` filled")
		}
		dir = parent
	}
}
