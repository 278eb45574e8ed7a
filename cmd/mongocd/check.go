package main

// The `check` command: a workspace in, every diagnostic that the rules and the
// extracted data can show out. It reads files only.

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/watch"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/lang/diag"
)

func (a *app) checkCommand() *cobra.Command {
	var o compiled.Options
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Show the errors of the rules, then those that the extracted data shows, offline",
		Long: `Checks the weaves of the workspace against the extracted data, for every environment, and writes nothing.
All syntax errors are shown first; when there are none, all errors of the rules; when there are none, those that the data shows. What only the
destination can show is found by plan.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Samples, o.Bare = true, true
			result, diagnostics, err := compiled.Run(cmd.Context(), a.Console, o)
			if err != nil {
				return err
			}
			if err := a.Report(diagnostics, o.DiagnosticOptions); err != nil {
				return err
			}
			if err := compiled.SayDefaults(a.Console, cmd, o, result); err != nil {
				return err
			}
			if o.Output == "text" {
				fmt.Fprintf(a.Stdout, "ok: %s%s\n", counted(result), acceptedOf(diagnostics))
			}
			return nil
		},
	}
	o.Bind(cmd)
	watch.Add(a.Console, cmd, nil)
	return cmd
}

// counted says what a result has: "2 weaves for 2 environments, 210 documents".
func counted(r *compiler.Result) string {
	var weaves, environments []string
	documents := 0
	for _, s := range r.States {
		weaves = append(weaves, s.Weave)
		environments = append(environments, s.Environment)
		for _, c := range s.Collections {
			documents += len(c.Documents)
		}
	}
	return fmt.Sprintf("%s for %s, %s", console.Plural(distinct(weaves), "weave"), console.Plural(distinct(environments), "environment"), console.Plural(documents, "document"))
}

// acceptedOf says how many messages the files accept: ", 2 messages accepted (shown with --verbose)".
func acceptedOf(diagnostics diag.List) string {
	n := len(compiled.Accepted(diagnostics))
	if n == 0 {
		return ""
	}
	return ", " + console.Plural(n, "message") + " accepted (shown with --verbose)"
}

func distinct(names []string) int {
	slices.Sort(names)
	return len(slices.Compact(names))
}
