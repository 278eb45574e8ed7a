package console

// Showing diagnostics: a list in, text on stderr or JSON on stdout and the
// command's exit code out.

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// DiagnosticOptions are the flags that commands with diagnostics share.
type DiagnosticOptions struct {
	Output string // text or json
	strict bool
	hints  bool
	// Verbose: show what the files accept, too.
	Verbose bool
}

// Bind adds the flags to a command.
func (o *DiagnosticOptions) Bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.Output, "output", "text", "`form` of the messages: text on stderr, or json, one document on stdout")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	cmd.Flags().BoolVar(&o.hints, "hints", false, "show hints too")
}

// Validate returns a usage error for a wrong flag value.
func (o *DiagnosticOptions) Validate() error {
	if o.Output != "text" && o.Output != "json" {
		return Usagef("--output is %q; it takes text or json", o.Output)
	}
	return nil
}

// Report shows the diagnostics and returns the error to end the command with:
// exit code 1 when there are errors (or warnings, with --strict), else nil.
func (c *Console) Report(diagnostics diag.List, o DiagnosticOptions) error {
	diagnostics.Sort()
	kept := diag.List{}
	for _, d := range diagnostics {
		if (o.hints || d.Severity != diag.Hint) && (o.Verbose || d.Severity != diag.Accepted) {
			kept = append(kept, d)
		}
	}
	diagnostics = kept
	var err error
	if o.Output == "json" {
		var text bytes.Buffer
		if err = diag.WriteJSON(&text, diagnostics); err == nil {
			_, err = c.Stdout.Write(view.EscapeJSON(text.Bytes()))
		}
	} else {
		err = c.LogDiagnostics(diagnostics, o.hints)
	}
	if err != nil {
		return Failf("write the messages: %s", err)
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
			if err := c.Log(LevelInfo, fmt.Sprintf("with --strict a warning fails; one that is as it should be is accepted in the file, below its statement, that of a `sync` first in its block: accept %s \"REASON\"", d.Code)); err != nil {
				return Failf("write the messages: %s", err)
			}
			break
		}
	}
	if failed {
		return ExitError{Code: ExitFailed}
	}
	return nil
}

// ReportBeside shows diagnostics of a command that has another result: on
// stderr. When there are errors they are that result: as JSON the one document on
// stdout, in Markdown a block, so that a summary says why there is nothing else in it.
func (c *Console) ReportBeside(diagnostics diag.List, output string) error {
	shown := DiagnosticOptions{Output: "text"}
	switch {
	case !diagnostics.HasErrors():
	case output == "json":
		shown.Output = "json"
	case output == "markdown":
		var text bytes.Buffer
		if err := diag.Render(&text, diagnostics, diag.RenderOptions{}); err != nil {
			return Failf("write the messages: %s", err)
		}
		if err := c.Print(view.Failure(c.Command, "the rules cannot be compiled", text.String())); err != nil {
			return err
		}
	}
	return c.Report(diagnostics, shown)
}
