package live

// Which states the commands on destinations are about. In: the workspace or a
// build folder; out: one state for each weave.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// States are what is wanted, one for each weave, from the workspace or a build folder.
func (l *Session) States(ctx context.Context, o *Options) ([]*desired.State, error) {
	switch {
	case o.From != "":
	case slices.Contains([]string{"runs", "release-hold"}, o.Command): // the names are enough
		return l.namedStates(o)
	case o.Command == "undo":
		key, err := cli.JournalKey(l.LookupEnv)
		switch {
		case err != nil:
			return nil, console.Usagef("%s", view.Printable(err.Error()))
		case key != "" && len(o.Redirections) == 0: // the run says what it wrote to, and nobody else can
			return l.namedStates(o)
		}
		states, err := l.compiledStates(ctx, o)
		o.workspace = nil // its other values are no matter of undo
		return states, err
	default:
		return l.compiledStates(ctx, o)
	}
	if o.Environment != "" || len(o.Weaves) > 0 || len(o.Inputs) > 0 {
		return nil, console.Usagef("--from takes what was compiled: --env, --weave and --input do not go with it")
	}
	if info, err := os.Stat(o.From); err != nil || !info.IsDir() {
		return nil, console.Usagef("--from %q is no folder; compile makes build/<environment>/<weave>", o.From)
	}
	folders := []string{o.From}
	if _, err := os.Stat(filepath.Join(o.From, desired.ManifestName)); errors.Is(err, fs.ErrNotExist) {
		// The folder of an environment: one for each weave is in it.
		manifests, err := filepath.Glob(filepath.Join(outputs.GlobQuote(o.From), "*", desired.ManifestName))
		if err != nil {
			return nil, console.Failf("look into %q: %s", o.From, err)
		}
		if len(manifests) > 0 {
			folders = nil
		}
		for _, m := range manifests {
			folders = append(folders, filepath.Dir(m))
		}
	}
	var states []*desired.State
	for _, folder := range folders {
		name, err := filepath.Rel(o.From, folder)
		if err != nil {
			return nil, console.Failf("%s", err)
		}
		state, err := readFolder(o.From, name)
		if err != nil {
			return nil, console.Failf("%s: %s", filepath.ToSlash(folder), view.Printable(err.Error()))
		}
		if len(states) > 0 && state.Environment != states[0].Environment {
			return nil, console.Failf("%s is for %s, and %s for %s: name one of them", filepath.ToSlash(folders[0]), view.Printable(states[0].Environment),
				filepath.ToSlash(folder), view.Printable(state.Environment))
		}
		states = append(states, state)
	}
	slices.SortFunc(states, func(a, b *desired.State) int { return strings.Compare(a.Weave, b.Weave) })
	return states, nil
}

// readFolder reads what was compiled, below the folder that was named: no link leads
// out of it.
func readFolder(from, name string) (*desired.State, error) {
	root, err := os.OpenRoot(from)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	folder, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return desired.Read(folder.FS())
}

func (l *Session) compiledStates(ctx context.Context, o *Options) ([]*desired.State, error) {
	environment, err := compiled.OneEnvironment(l.Console, o.Environment)
	if err != nil {
		return nil, err
	}
	options := compiled.Options{
		DiagnosticOptions: console.DiagnosticOptions{Output: "text"}, Environments: environment, Weaves: o.Weaves, Inputs: o.Inputs, WithEdits: o.withEdits, Targets: []string{"go"},
	}
	result, diagnostics, err := compiled.Run(ctx, l.Console, options)
	if err != nil {
		return nil, err
	}
	shown := console.DiagnosticOptions{Output: "text"}
	if diagnostics.HasErrors() && o.Output == "json" {
		shown.Output = "json" // they are the one document on stdout
	}
	if err := l.Report(diagnostics, shown); err != nil {
		return nil, err
	}
	if len(result.States) == 0 {
		return nil, console.Usagef("no weave that is asked for has the environment %s", strings.Join(environment, ", "))
	}
	o.workspace, o.diagnostics = result.Workspace, diagnostics
	if o.inputValues, err = options.InputValues(); err != nil {
		return nil, err
	}
	return result.States, l.grouped(o, result.Workspace, result.States)
}

// grouped puts states in the order in which their environments are declared. Of
// a group each environment needs a destination of its own: the variable for all
// would lead each of them to the same one.
func (l *Session) grouped(o *Options, w *workspace.Workspace, states []*desired.State) error {
	order := w.Members(o.Environment)
	slices.SortStableFunc(states, func(a, b *desired.State) int {
		return slices.Index(order, a.Environment) - slices.Index(order, b.Environment)
	})
	found := compiled.EnvironmentsOf(states)
	if len(found) < 2 {
		return nil
	}
	if reason := o.oneOnly(); reason != "" {
		return compiled.GroupError(o.Environment, found, reason)
	}
	for _, environment := range found {
		if variable, given := cli.OwnDestination(l.LookupEnv, environment); !given {
			return console.Usagef("--env %s is a group: each of its environments (%s) needs a destination of its own; %s is not set", o.Environment, strings.Join(found, ", "), variable)
		}
	}
	return nil
}

// oneOnly says why the command is about one environment; empty: it may be a group.
func (o *Options) oneOnly() string {
	switch {
	case o.Command == "privileges":
		return "a role is for one destination"
	case o.Out != "":
		return "a saved plan is of one environment"
	case o.commands:
		return "commands are for one destination"
	case o.Undo != "":
		return "a run has another number in each of them (--last is the newest run of each)"
	}
	return ""
}

// ofEnvironment are those of the states that are for one environment.
func ofEnvironment(states []*desired.State, environment string) []*desired.State {
	return slices.DeleteFunc(slices.Clone(states), func(s *desired.State) bool { return s.Environment != environment })
}

// namedStates are weaves of the workspace by name alone: nothing is compiled.
func (l *Session) namedStates(o *Options) ([]*desired.State, error) {
	dir, err := l.Workspace()
	if err != nil {
		return nil, err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if w == nil || diagnostics.HasErrors() {
		if err := l.Report(diagnostics, console.DiagnosticOptions{Output: "text"}); err != nil {
			return nil, err
		}
		return nil, console.Failf("the workspace cannot be read; name a build folder with --from")
	}
	environments := w.Members(o.Environment)
	if o.Environment == "" {
		if environments, err = compiled.OneEnvironment(l.Console, ""); err != nil {
			return nil, err
		}
	} else if len(environments) == 0 {
		if err := l.Report(diag.List{w.NoEnvironment(o.Environment)}, console.DiagnosticOptions{Output: "text"}); err != nil {
			return nil, err
		}
	}
	var states []*desired.State
	var names []string
	for _, weave := range w.Weaves {
		names = append(names, weave.Module.Name)
		for _, environment := range environments {
			if slices.Contains(weave.Module.Environments, environment) && (len(o.Weaves) == 0 || slices.Contains(o.Weaves, weave.Module.Name)) {
				states = append(states, &desired.State{Weave: weave.Module.Name, Environment: environment})
			}
		}
	}
	for _, name := range o.Weaves {
		if !slices.Contains(names, name) {
			return nil, console.Usagef("there is no weave %s; there are %s", diag.Quote(name, 80), strings.Join(names, ", "))
		}
	}
	if len(states) == 0 {
		return nil, console.Usagef("no weave that is asked for has the environment %s", fmt.Sprintf("%q", strings.Join(environments, ", ")))
	}
	return states, l.grouped(o, w, states)
}
