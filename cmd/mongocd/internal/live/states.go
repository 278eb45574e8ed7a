package live

// Which states the commands on destinations are about. In: the workspace or a
// build folder; out: one state for each weave.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/git"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
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
	return builtStates(o.From)
}

// builtStates are what was compiled into a build folder, or into those in the folder of
// an environment. It is opened once, and no link leads out of it; nor, to it, out of
// the current directory, if it is named by a way from there.
func builtStates(from string) (states []*desired.State, err error) {
	f, way, err := disk.Nearest(from)
	if err != nil {
		return nil, console.Failf("%s", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat(way)
	if disk.Escapes(err) {
		return nil, console.Usagef("--from %q is a link that leads out of the current directory; name a folder elsewhere by its absolute path", from)
	}
	if err != nil || !info.IsDir() {
		return nil, console.Usagef("--from %q is no folder; compile makes build/<environment>/<weave>", from)
	}
	root, err := f.Root().OpenRoot(way)
	if err != nil {
		return nil, console.Failf("look into %q: %s", from, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	folders := []string{"."}
	if _, err := root.Stat(desired.ManifestName); errors.Is(err, fs.ErrNotExist) {
		// The folder of an environment: one for each weave is in it.
		manifests, err := fs.Glob(root.FS(), "*/"+desired.ManifestName)
		if err != nil {
			return nil, console.Failf("look into %q: %s", from, err)
		}
		if len(manifests) > 0 {
			folders = nil
		}
		for _, m := range manifests {
			folders = append(folders, path.Dir(m))
		}
	}
	shown := func(folder string) string { return filepath.ToSlash(filepath.Join(from, folder)) }
	for _, folder := range folders {
		state, err := readFolder(root, folder)
		if err != nil {
			return nil, console.Failf("%s: %s", shown(folder), view.Printable(err.Error()))
		}
		if len(states) > 0 && state.Environment != states[0].Environment {
			return nil, console.Failf("%s is for %s, and %s for %s: name one of them", shown(folders[0]), view.Printable(states[0].Environment),
				shown(folder), view.Printable(state.Environment))
		}
		states = append(states, state)
	}
	slices.SortFunc(states, func(a, b *desired.State) int { return strings.Compare(a.Weave, b.Weave) })
	return states, nil
}

// readFolder reads what was compiled into a folder.
func readFolder(root *os.Root, name string) (state *desired.State, err error) {
	folder, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
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
	if err := l.ReportBeside(diagnostics, o.Output); err != nil {
		return nil, err
	}
	if len(result.States) == 0 {
		return nil, console.Usagef("no weave that is asked for has the environment %s", strings.Join(environment, ", "))
	}
	o.workspace, o.diagnostics = result.Workspace, diagnostics
	if o.inputValues, err = options.InputValues(); err != nil {
		return nil, err
	}
	if o.Command == "apply" {
		if err := l.nameCommit(ctx, result.States); err != nil {
			return nil, err
		}
	}
	return result.States, l.grouped(o, result.Workspace, result.States)
}

// nameCommit writes the commit of the workspace into the states, for the records of their runs.
func (l *Session) nameCommit(ctx context.Context, states []*desired.State) error {
	dir, err := l.Workspace()
	if err != nil {
		return err
	}
	commit, err := git.Commit(ctx, dir, l.LookupEnv)
	if err != nil {
		return console.Failf("the commit of the workspace: %s", err)
	}
	for _, s := range states {
		s.Commit = commit
	}
	return nil
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
