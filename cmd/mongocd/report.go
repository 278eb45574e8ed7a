package main

// Showing diagnostics: a list in, text on stderr or JSON on stdout and the
// command's exit code out.

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

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
func (c *console) report(diagnostics diag.List, o diagnosticOptions) error {
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
			_, err = c.stdout.Write(view.EscapeJSON(text.Bytes()))
		}
	} else {
		err = c.logDiagnostics(diagnostics, o.hints)
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
			if err := c.log(levelInfo, fmt.Sprintf("with --strict a warning fails; one that is as it should be is accepted in the file, below its statement, that of a `sync` first in its block: accept %s \"REASON\"", d.Code)); err != nil {
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

// reportBeside shows diagnostics of a command that has another result: on
// stderr, but as JSON they are the one document on stdout when there are errors.
func (c *console) reportBeside(diagnostics diag.List, output string) error {
	shown := diagnosticOptions{output: "text"}
	if output == "json" && diagnostics.HasErrors() {
		shown.output = "json"
	}
	return c.report(diagnostics, shown)
}
