// Package cli is the command line of the Go artefact: plan, apply, verify,
// version.
//
// In: arguments, streams, an environment lookup and the embedded state. Out:
// a report on stdout, diagnostics on stderr, and an exit code
// (docs/enforcement.md, Exit codes).
package cli

import (
	"fmt"
	"io"
	"io/fs"
)

// Info says what the artefact is.
type Info struct {
	Weave       string
	Environment string
	Compiler    string // "mongocd VERSION"
}

// Main runs the artefact's command line and returns the exit code. lookup is
// os.LookupEnv; state holds manifest.json and desired/.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, lookup func(string) (string, bool), state fs.FS, info Info) int {
	fmt.Fprintln(stderr, "being written")
	return 1
}
