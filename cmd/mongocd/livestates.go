package main

// Which states the commands on destinations are about. In: the workspace or a
// build folder; out: one state for each weave.

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// states are what is wanted, one for each weave, from the workspace or a build folder.
func (a *app) states(ctx context.Context, o *liveOptions) ([]*desired.State, error) {
	switch {
	case o.from != "":
	case slices.Contains([]string{"runs", "release-hold"}, o.command): // the names are enough
		return a.namedStates(o)
	case o.command == "undo":
		key, err := cli.JournalKey(a.LookupEnv)
		switch {
		case err != nil:
			return nil, console.Usagef("%s", view.Printable(err.Error()))
		case key != "" && len(o.databases) == 0: // the run says what it wrote to, and nobody else can
			return a.namedStates(o)
		}
		states, err := a.compiledStates(ctx, o)
		o.workspace = nil // its other values are no matter of undo
		return states, err
	default:
		return a.compiledStates(ctx, o)
	}
	if o.environment != "" || len(o.weaves) > 0 || len(o.inputs) > 0 {
		return nil, console.Usagef("--from takes what was compiled: --env, --weave and --input do not go with it")
	}
	if info, err := os.Stat(o.from); err != nil || !info.IsDir() {
		return nil, console.Usagef("--from %q is no folder; compile makes build/<environment>/<weave>", o.from)
	}
	folders := []string{o.from}
	if _, err := os.Stat(filepath.Join(o.from, desired.ManifestName)); errors.Is(err, fs.ErrNotExist) {
		// The folder of an environment: one for each weave is in it.
		manifests, err := filepath.Glob(filepath.Join(outputs.GlobQuote(o.from), "*", desired.ManifestName))
		if err != nil {
			return nil, console.Failf("look into %q: %s", o.from, err)
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
		name, err := filepath.Rel(o.from, folder)
		if err != nil {
			return nil, console.Failf("%s", err)
		}
		state, err := readFolder(o.from, name)
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

func (a *app) compiledStates(ctx context.Context, o *liveOptions) ([]*desired.State, error) {
	environment, err := a.oneEnvironment(o.environment)
	if err != nil {
		return nil, err
	}
	options := compileOptions{
		DiagnosticOptions: console.DiagnosticOptions{Output: "text"}, environments: environment, weaves: o.weaves, inputs: o.inputs, withEdits: o.withEdits, targets: []string{"go"},
	}
	result, diagnostics, err := a.compile(ctx, options)
	if err != nil {
		return nil, err
	}
	shown := console.DiagnosticOptions{Output: "text"}
	if diagnostics.HasErrors() && o.Output == "json" {
		shown.Output = "json" // they are the one document on stdout
	}
	if err := a.Report(diagnostics, shown); err != nil {
		return nil, err
	}
	if len(result.States) == 0 {
		return nil, console.Usagef("no weave that is asked for has the environment %s", strings.Join(environment, ", "))
	}
	o.workspace = result.Workspace
	if o.inputValues, err = options.inputValues(); err != nil {
		return nil, err
	}
	return result.States, a.grouped(o, result.Workspace, result.States)
}

// grouped puts states in the order in which their environments are declared. Of
// a group each environment needs a destination of its own: the variable for all
// would lead each of them to the same one.
func (a *app) grouped(o *liveOptions, w *workspace.Workspace, states []*desired.State) error {
	order := w.Members(o.environment)
	slices.SortStableFunc(states, func(a, b *desired.State) int {
		return slices.Index(order, a.Environment) - slices.Index(order, b.Environment)
	})
	found := environmentsOf(states)
	if len(found) < 2 {
		return nil
	}
	if reason := o.oneOnly(); reason != "" {
		return groupError(o.environment, found, reason)
	}
	for _, environment := range found {
		if variable, given := cli.OwnDestination(a.LookupEnv, environment); !given {
			return console.Usagef("--env %s is a group: each of its environments (%s) needs a destination of its own; %s is not set", o.environment, strings.Join(found, ", "), variable)
		}
	}
	return nil
}

// oneOnly says why the command is about one environment; empty: it may be a group.
func (o *liveOptions) oneOnly() string {
	switch {
	case o.command == "privileges":
		return "a role is for one destination"
	case o.out != "":
		return "a saved plan is of one environment"
	case o.commands:
		return "commands are for one destination"
	case o.Undo != "":
		return "a run has another number in each of them (--last is the newest run of each)"
	}
	return ""
}

// groupError is for the name of a group where one of its environments is meant.
func groupError(name string, members []string, reason string) error {
	return console.Usagef("%s is a group of environments, and %s: name one of them: %s", diag.Quote(name, 80), reason, strings.Join(members, ", "))
}

// environmentsOf are the environments of states, each once, in their order.
func environmentsOf(states []*desired.State) []string {
	var out []string
	for _, s := range states {
		if !slices.Contains(out, s.Environment) {
			out = append(out, s.Environment)
		}
	}
	return out
}

// ofEnvironment are those of the states that are for one environment.
func ofEnvironment(states []*desired.State, environment string) []*desired.State {
	return slices.DeleteFunc(slices.Clone(states), func(s *desired.State) bool { return s.Environment != environment })
}

// oneEnvironment is the environment to compile; none when the workspace cannot
// be loaded: compiling says why.
func (a *app) oneEnvironment(name string) ([]string, error) {
	if name != "" {
		return []string{name}, nil
	}
	dir, err := a.Workspace()
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
