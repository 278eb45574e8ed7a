package main

// Showing diagnostics: a list in, text on stderr or JSON on stdout and the
// command's exit code out.

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// diagnosticOptions are the flags that commands with diagnostics share.
type diagnosticOptions struct {
	output string // text or json
	strict bool
	hints  bool
	// verbose: show what the files accept, too.
	verbose bool
}

// bind adds the flags to a command.
func (o *diagnosticOptions) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.output, "output", "text", "`form` of the messages: text on stderr, or json, one document on stdout")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	cmd.Flags().BoolVar(&o.hints, "hints", false, "show hints too")
}

// validate returns a usage error for a wrong flag value.
func (o *diagnosticOptions) validate() error {
	if o.output != "text" && o.output != "json" {
		return usagef("--output is %q; it takes text or json", o.output)
	}
	return nil
}

// report shows the diagnostics and returns the error to end the command with:
// exit code 1 when there are errors (or warnings, with --strict), else nil.
func (a *app) report(diagnostics diag.List, o diagnosticOptions) error {
	diagnostics.Sort()
	kept := diag.List{}
	for _, d := range diagnostics {
		if (o.hints || d.Severity != diag.Hint) && (o.verbose || d.Severity != diag.Accepted) {
			kept = append(kept, d)
		}
	}
	diagnostics = kept
	var err error
	if o.output == "json" {
		var text bytes.Buffer
		if err = diag.WriteJSON(&text, diagnostics); err == nil {
			_, err = a.stdout.Write(view.EscapeJSON(text.Bytes()))
		}
	} else {
		err = a.logDiagnostics(diagnostics, o.hints)
	}
	if err != nil {
		return failf("write the messages: %s", err)
	}
	failed := diagnostics.HasErrors()
	if o.strict && !failed {
		for _, d := range diagnostics {
			if d.Severity != diag.Warning {
				continue
			}
			failed = true
			if d.Code == diag.AcceptNeedless {
				continue // mended by removing it
			}
			if err := a.log(levelInfo, fmt.Sprintf("with --strict a warning fails; one that is as it should be is accepted in the file, below its statement, that of a `sync` first in its block: accept %s \"REASON\"", d.Code)); err != nil {
				return failf("write the messages: %s", err)
			}
			break
		}
	}
	if failed {
		return exitError{code: exitFailed}
	}
	return nil
}

// colored reports whether messages go to a terminal that wants colour.
func (a *app) colored() bool { return a.colors(a.stderr) }

// colors reports whether a stream is a terminal that wants colour
// (https://no-color.org).
func (a *app) colors(stream io.Writer) bool {
	if v, _ := a.lookupEnv("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := a.lookupEnv("TERM"); v == "dumb" {
		return false
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
