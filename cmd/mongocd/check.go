package main

// The `check` command: a workspace in, every diagnostic that the rules and the
// extracted data can show out. It reads files only.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// compileOptions are the flags that check and compile share.
type compileOptions struct {
	console.DiagnosticOptions
	environments []string
	weaves       []string
	targets      []string
	inputs       []string
	withEdits    bool
	vendor       bool // of compile: with the modules of the Go program
}

// withEditsFlag adds the flag of that name.
func withEditsFlag(flags *pflag.FlagSet, value *bool) {
	flags.BoolVar(value, "with-edits", false, "take extracted files that were changed by hand as they are, with a warning")
}

func (o *compileOptions) bind(cmd *cobra.Command) {
	o.DiagnosticOptions.Bind(cmd)
	cmd.Flags().StringArrayVar(&o.environments, "env", nil, "an `environment` (repeatable; default: all)")
	cmd.Flags().StringArrayVar(&o.inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	cmd.Flags().BoolVarP(&o.Verbose, "verbose", "v", false, "say on stderr which values defaults supply, where to set them, and what the files accept")
	withEditsFlag(cmd.Flags(), &o.withEdits)
	cmd.Flags().StringArrayVar(&o.targets, "target", nil, "a `target`: mongosh or go (repeatable; default: both)")
}

func (o *compileOptions) validate() error {
	if err := o.DiagnosticOptions.Validate(); err != nil {
		return err
	}
	for _, t := range o.targets {
		if !slices.Contains(codegen.Targets, codegen.Target(t)) {
			return console.Usagef("--target is %q; it takes mongosh or go", t)
		}
	}
	_, err := o.inputValues()
	return err
}

// inputValues are the values of --input by name.
func (o *compileOptions) inputValues() (map[string]string, error) {
	values := map[string]string{}
	for _, text := range o.inputs {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, console.Usagef("--input is %q; it has the form NAME=VALUE", text)
		}
		if _, twice := values[name]; twice {
			return nil, console.Usagef("--input gives %q twice", name)
		}
		values[name] = value
	}
	return values, nil
}

// wanted are the targets that are asked for.
func (o *compileOptions) wanted() []codegen.Target {
	var out []codegen.Target
	for _, t := range codegen.Targets {
		if o.wants(t) {
			out = append(out, t)
		}
	}
	return out
}

// wants reports whether a target is asked for.
func (o *compileOptions) wants(t codegen.Target) bool {
	return len(o.targets) == 0 || slices.Contains(o.targets, string(t))
}

func (a *app) checkCommand() *cobra.Command {
	var o compileOptions
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Show the errors of the rules, then those that the extracted data shows, offline",
		Long: `Checks the weaves of the workspace against the extracted data, for every environment, and writes nothing.
All syntax errors are shown first; when there are none, all errors of the rules; when there are none, those that the data shows. What only the
destination can show is found by plan.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			result, diagnostics, err := a.compile(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := a.Report(diagnostics, o.DiagnosticOptions); err != nil {
				return err
			}
			if err := a.verboseOf(cmd, o, result); err != nil {
				return err
			}
			if o.Output == "text" {
				fmt.Fprintf(a.Stdout, "ok: %s%s\n", counted(result), acceptedOf(diagnostics))
			}
			return nil
		},
	}
	o.bind(cmd)
	return cmd
}

// verboseOf says what defaults supply to a compilation, with --verbose.
func (a *app) verboseOf(cmd *cobra.Command, o compileOptions, result *compiler.Result) error {
	if !o.Verbose {
		return nil
	}
	inputs, err := o.inputValues()
	if err != nil {
		return err
	}
	var more []console.Setting
	if len(o.targets) == 0 && cmd.Flags().Lookup("target") != nil {
		more = append(more, console.Setting{Name: "target", Value: "mongosh, go", Where: "--target"})
	}
	return a.showDefaults(cmd, result.States, result.Workspace, inputs, more...)
}

// compile runs the compiler over the workspace. The error is about the command
// (flags, the directory), never about the user's files: those are diagnostics.
func (a *app) compile(ctx context.Context, o compileOptions) (*compiler.Result, diag.List, error) {
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	dir, err := a.Workspace()
	if err != nil {
		return nil, nil, err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if diagnostics.HasErrors() {
		return nil, diagnostics, nil
	}
	options, err := o.compilerOptions()
	if err != nil {
		return nil, nil, err
	}
	result, more := compiler.Compile(ctx, w, options)
	diagnostics = append(diagnostics, more...)
	if diagnostics.HasErrors() {
		return nil, diagnostics, nil
	}
	if o.wants(codegen.Mongosh) {
		diagnostics = append(diagnostics, outputs.MongoshCannotHold(w, result)...)
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics, nil
	}
	return result, diagnostics, nil
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
	n := len(accepted(diagnostics))
	if n == 0 {
		return ""
	}
	return ", " + console.Plural(n, "message") + " accepted (shown with --verbose)"
}

func accepted(diagnostics diag.List) diag.List {
	var out diag.List
	for _, d := range diagnostics {
		if d.Severity == diag.Accepted {
			out = append(out, d)
		}
	}
	return out
}

func distinct(names []string) int {
	slices.Sort(names)
	return len(slices.Compact(names))
}
