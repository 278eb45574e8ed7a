// Package compiled is what the workspace compiles to.
//
// In: the flags that commands share; out: the compiler's result, messages about the
// user's files, and with --verbose what defaults supplied.
package compiled

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/rendered"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Options are the flags that check and compile share.
type Options struct {
	console.DiagnosticOptions
	Environments            []string
	Weaves                  []string
	Targets                 []string
	Inputs                  []string
	WithEdits               bool
	Samples, Bare, Together bool // as those of workspace.Options; no flags
}

// WithEditsFlag adds the flag of that name.
func WithEditsFlag(flags *pflag.FlagSet, value *bool) {
	flags.BoolVar(value, "with-edits", false, "take extracted files that were changed by hand as they are, with a warning")
}

func (o *Options) Bind(cmd *cobra.Command) {
	o.DiagnosticOptions.Bind(cmd)
	cmd.Flags().StringArrayVar(&o.Environments, "env", nil, "an `environment` (repeatable; default: all)")
	cmd.Flags().StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	cmd.Flags().BoolVarP(&o.Verbose, "verbose", "v", false, "say on stderr which values defaults supply, where to set them, and what the files accept")
	WithEditsFlag(cmd.Flags(), &o.WithEdits)
	cmd.Flags().StringArrayVar(&o.Targets, "target", nil, "a `target`: mongosh or go (repeatable; default: both), or pipeline alone")
}

func (o *Options) Validate() error {
	if err := o.DiagnosticOptions.Validate(); err != nil {
		return err
	}
	for _, t := range o.Targets {
		switch {
		case codegen.Target(t) == codegen.Pipeline:
			if len(o.Targets) > 1 {
				return console.Usagef("--target pipeline stands alone: what is extracted is a sample for it, and all that is wanted for the others")
			}
		case !slices.Contains(codegen.Targets, codegen.Target(t)):
			return console.Usagef("--target is %q; it takes mongosh, go or pipeline", t)
		}
	}
	_, err := o.InputValues()
	return err
}

// InputValues are the values of --input by name.
func (o *Options) InputValues() (map[string]string, error) {
	values := map[string]string{}
	for _, text := range o.Inputs {
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

// Wanted are the targets that are asked for.
func (o *Options) Wanted() []codegen.Target {
	var out []codegen.Target
	for _, t := range append(codegen.Targets[:len(codegen.Targets):len(codegen.Targets)], codegen.Pipeline) {
		if o.Wants(t) {
			out = append(out, t)
		}
	}
	return out
}

// Wants reports whether a target is asked for.
func (o *Options) Wants(t codegen.Target) bool {
	if len(o.Targets) == 0 {
		return slices.Contains(codegen.Targets, t)
	}
	return slices.Contains(o.Targets, string(t))
}

// CompilerOptions are the options for the compiler; the error is wrong usage.
func (o *Options) CompilerOptions() (workspace.Options, error) {
	inputs, err := o.InputValues()
	return workspace.Options{Environments: o.Environments, Weaves: o.Weaves, Inputs: inputs, WithEdits: o.WithEdits, Compiler: version.Program(), Samples: o.Samples, Bare: o.Bare, Together: o.Together}, err
}

// SayDefaults says what defaults supply to a compilation, with --verbose; more are those
// of the command's own flags whose default is no constant.
func SayDefaults(c *console.Console, cmd *cobra.Command, o Options, result *compiler.Result, more ...console.Setting) error {
	if !o.Verbose {
		return nil
	}
	inputs, err := o.InputValues()
	if err != nil {
		return err
	}
	if len(o.Targets) == 0 && cmd.Flags().Lookup("target") != nil {
		more = append(more, console.Setting{Name: "target", Value: "mongosh, go", Where: "--target"})
	}
	return ShowDefaults(c, cmd, result.States, result.Workspace, inputs, more...)
}

// ballast is held from the first compilation with a cache on. It takes address space but no memory, as nobody
// writes into it. By it garbage is collected from some 32 MB on (runtime, GOGC) and not again and
// again from 4 MB on, which took a fifth of a compilation where one document had changed.
var ballast = sync.OnceValue(func() []byte { return make([]byte, 16<<20) })

// Run runs the compiler over the workspace. The error is about the command
// (flags, the directory), never about the user's files: those are diagnostics.
func Run(ctx context.Context, c *console.Console, o Options) (*compiler.Result, diag.List, error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	dir, err := c.Workspace()
	if err != nil {
		return nil, nil, err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if diagnostics.HasErrors() {
		return nil, diagnostics, nil
	}
	options, err := o.CompilerOptions()
	if err != nil {
		return nil, nil, err
	}
	store, why := Cache(c, dir)
	options.Cache = store
	if store != nil {
		ballast()
	}
	if !c.Watching {
		options.Space = paged.New(paged.Worth)
		if store != nil {
			store.Space = options.Space
		}
	}
	compile := compiler.Compile
	if o.Wants(codegen.Pipeline) {
		compile = compiler.CompilePipelines
	}
	result, more := compile(ctx, w, options)
	var refused diag.List
	if result != nil && o.Wants(codegen.Mongosh) {
		var ok bool
		if refused, ok = rendered.MongoshCannotHold(w, result, store); !ok {
			options.Bare = false
			if result, more = compile(ctx, w, options); result != nil {
				refused, _ = rendered.MongoshCannotHold(w, result, store)
			}
		}
	}
	if err := sayUnused(c, o.Verbose, store, why, options.Space); err != nil {
		return nil, nil, err
	}
	diagnostics = append(diagnostics, more...)
	if diagnostics.HasErrors() {
		return nil, diagnostics, nil
	}
	return result, append(diagnostics, refused...), nil
}

// Accepted are the messages that the files accept.
func Accepted(diagnostics diag.List) diag.List {
	var out diag.List
	for _, d := range diagnostics {
		if d.Severity == diag.Accepted {
			out = append(out, d)
		}
	}
	return out
}

// GroupError is for the name of a group where one of its environments is meant.
func GroupError(name string, members []string, reason string) error {
	return console.Usagef("%s is a group of environments, and %s: name one of them: %s", diag.Quote(name, 80), reason, strings.Join(members, ", "))
}

// EnvironmentsOf are the environments of states, each once, in their order.
func EnvironmentsOf(states []*desired.State) []string {
	var out []string
	for _, s := range states {
		if !slices.Contains(out, s.Environment) {
			out = append(out, s.Environment)
		}
	}
	return out
}

// OneEnvironment is the environment to compile; none when the workspace cannot
// be loaded: compiling says why.
func OneEnvironment(c *console.Console, name string) ([]string, error) {
	if name != "" {
		return []string{name}, nil
	}
	dir, err := c.Workspace()
	if err != nil {
		return nil, err
	}
	w, _ := workspace.LoadDir(dir)
	if w == nil {
		return nil, nil
	}
	all := w.Environments()
	if len(all) > 1 {
		return nil, console.Usagef("this workspace has several environments: name one with --env: %s", strings.Join(all, ", "))
	}
	return all, nil
}
