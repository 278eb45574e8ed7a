// Package promotion is the command `promote`: data of one environment in, that of another
// out. compiler/promote chooses it and writes releases/; command.go has flags and names,
// result.go what is said.
package promotion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/connect"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/promote"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/layout"
)

// session is a command under way.
type session struct{ *console.Console }

// flags are those of the command.
type flags struct {
	compiled.Options
	choice    promote.Choice
	documents []string
	dryRun    bool
	relock    bool
}

// extractedData is what promote calls the data of extracted/.
const extractedData = "extracted"

// Command is `mongocd promote`.
func Command(c *console.Console) *cobra.Command {
	a := &session{c}
	var o flags
	cmd := &cobra.Command{
		Use:   "promote FROM TO",
		Short: "Give an environment the data of another one, and pin it in releases/",
		Long: `Writes releases/TO/: the collections that the rules of TO read, as FROM is compiled with them, and pin.json with their
digests. From then on TO is compiled with these and not with extracted/, until it is promoted to again; its rules are those
of the workspace. FROM is an environment, pinned or not, or ` + "`extracted`" + ` (or extracted/): the data as it is extracted now.

With --collection or --document only those are promoted, and the rest of the pin stays. A document that FROM has no more
is taken out of TO. Documents that the chosen ones link or refer to, and those whose keys of unique indexes theirs take, are to be
in TO or to be chosen, too: else they are named, and nothing is written; --with-references takes them along. Whatever is
chosen, nothing is written unless TO compiles with it.

Undone as any change: git revert. An environment whose folder in releases/ is removed is compiled with extracted/ again.
After a git merge, --relock TO writes the digests of a pin anew.

Exit codes: 0 done, or nothing to do; 1 failed, nothing written; 64 wrong usage.`,
		Example: `  mongocd promote extracted prod
  mongocd promote preprod prod --collection flags
  mongocd promote preprod prod --document 'flags[_id=new-cart]' --with-references
  mongocd promote --relock prod`,
		Args: func(_ *cobra.Command, args []string) error {
			if want := map[bool]int{false: 2, true: 1}[o.relock]; len(args) != want {
				return console.Usagef("%s", map[bool]string{false: "promote takes two arguments, FROM and TO: mongocd promote preprod prod", true: "promote --relock takes one argument, an environment"}[o.relock])
			}
			return nil
		},
		ValidArgsFunction: a.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.relock {
				return a.relock(cmd.Context(), o, args[0])
			}
			return a.promote(cmd.Context(), o, args[0], args[1])
		},
	}
	set := cmd.Flags()
	set.StringArrayVar(&o.choice.Collections, "collection", nil, "only this `collection`, by its name at the source (repeatable)")
	set.StringArrayVar(&o.documents, "document", nil, "only documents such as this: `COLLECTION[field=value,…]`, values as JSON or bare text (repeatable)")
	set.BoolVar(&o.choice.WithReferences, "with-references", false, "take along the documents that the chosen ones need")
	set.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	compiled.WithEditsFlag(set, &o.WithEdits)
	set.BoolVar(&o.dryRun, "dry-run", false, "say what would be promoted, and write nothing")
	set.BoolVar(&o.relock, "relock", false, "write the digests of a pin anew, from its files as they are")
	set.StringVar(&o.Output, "output", "text", "`form` of the result: text, or json, one document on stdout")
	return cmd
}

// complete offers environments, and for the first argument the extracted data.
func (a *session) complete(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if dir, err := a.Workspace(); err == nil {
		if w, _ := workspace.LoadDir(dir); w != nil {
			names = w.Environments()
		}
	}
	if len(args) == 0 {
		names = append([]string{extractedData}, names...)
	} else if len(args) > 1 {
		names = nil
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *session) promote(ctx context.Context, o flags, from, to string) (err error) {
	if err := o.Validate(); err != nil {
		return err
	}
	for _, text := range o.documents {
		s, err := describe.ParseSelector(text)
		if err != nil {
			return console.Usagef("--document: %s", err)
		}
		o.choice.Documents = append(o.choice.Documents, s)
	}
	options, err := o.CompilerOptions()
	if err != nil {
		return err
	}
	options.Compiler = version.Program()
	dir, w, err := a.load(to, o.Output)
	if err != nil {
		return err
	}
	pin, err := a.promotedFrom(w, from, o.Output)
	if err != nil {
		return err
	}
	p, diagnostics := promote.Plan(ctx, w, pin, to, o.choice, options)
	if diagnostics.HasErrors() {
		return a.ReportBeside(diagnostics, o.Output)
	}
	written := p.Changes() && !o.dryRun
	if written {
		place, err := outputs.Open(dir, workspace.Releases)
		if err != nil {
			return err
		}
		err = promote.Write(ctx, place.Folder, p)
		if err = errors.Join(err, place.Close()); err != nil {
			if len(layout.Errors(err)) > 0 {
				return connect.Faults(err)
			}
			return console.Failf("%s", view.Printable(err.Error()))
		}
	}
	if o.Output == "json" {
		return a.WriteJSON(promotedJSON(from, p, written))
	}
	return a.Print(promotedText(from, p, o.dryRun))
}

// oneOf reports a name that is no single environment.
func (a *session) oneOf(w *workspace.Workspace, name, output string) error {
	switch members := w.Members(name); {
	case len(members) == 0:
		return a.ReportBeside(diag.List{w.NoEnvironment(name)}, output)
	case !slices.Contains(w.Environments(), name):
		return compiled.GroupError(name, members, "each has data of its own")
	}
	return nil
}

// promotedFrom is the pin of an environment; nil: the extracted data.
func (a *session) promotedFrom(w *workspace.Workspace, name, output string) (*workspace.Pin, error) {
	if strings.TrimSuffix(name, "/") == extractedData {
		if name == extractedData && len(w.Members(name)) > 0 {
			return nil, console.Usagef("an environment is named %s here, as the folder of extracted data is: write extracted/ for the folder, or rename the environment", extractedData)
		}
		return nil, nil
	}
	if err := a.oneOf(w, name, output); err != nil {
		return nil, err
	}
	pin, diagnostics := w.PinOf(name)
	return pin, a.ReportBeside(diagnostics, output)
}

// load is the workspace with its directory; it has to have the environment.
func (a *session) load(environment, output string) (string, *workspace.Workspace, error) {
	dir, err := a.Workspace()
	if err != nil {
		return "", nil, err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if diagnostics.HasErrors() {
		return "", nil, a.ReportBeside(diagnostics, output)
	}
	return dir, w, a.oneOf(w, environment, output)
}

func (a *session) relock(ctx context.Context, o flags, environment string) error {
	if o.choice.Partial() || len(o.documents) > 0 || o.dryRun {
		return console.Usagef("--relock is about a whole pin: it goes with no --collection, --document or --dry-run")
	}
	dir, _, err := a.load(environment, o.Output)
	if err != nil {
		return err
	}
	place, err := outputs.Open(dir, workspace.Releases)
	if err != nil {
		return err
	}
	n, err := promote.Relock(ctx, place.Folder, environment)
	switch err = errors.Join(err, place.Close()); {
	case errors.Is(err, fs.ErrNotExist):
		return console.Failf("the data of %s is not pinned: there is no folder %s", environment, workspace.PinFolder(environment))
	case len(layout.Errors(err)) > 0:
		return connect.Faults(err)
	case err != nil:
		return console.Failf("%s", view.Printable(err.Error()))
	}
	return a.Print(fmt.Sprintf("%s: %s as they are now\n", workspace.PinFolder(environment), console.Plural(n, "collection")))
}
