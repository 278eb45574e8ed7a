package main

// The `undo`, `runs`, `release-hold` and `claim` commands: what runs remember at
// a destination (docs/state.md). In: weave and environment, of the workspace or
// a build folder; out: reports, or the list of runs.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

const rememberHelp = `

The destination's connection string is in MONGOCD_DESTINATION_URI_<ENVIRONMENT>, in capitals and with _ for what is no letter or
digit (prod-eu: MONGOCD_DESTINATION_URI_PROD_EU), else in MONGOCD_DESTINATION_URI; with _FILE behind the name, in the file that the
variable names. With a group, each of its environments needs a variable of its own. A directory (dir:PATH) remembers no runs: git does.`

// bindRemember binds the flags that these commands have in common.
func (o *liveOptions) bindRemember(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.environment, "env", "", "the `environment`, or a group of them: one after the other, up to the first that fails (default: the only one of the workspace)")
	flags.StringArrayVar(&o.weaves, "weave", nil, "a `weave` (repeatable; default: all, in order of name)")
	flags.StringVar(&o.from, "from", "", "a build `folder`, such as build/prod/shop, instead of the workspace")
	flags.StringVar(&o.Output, "output", "text", "`form` of the result: text, markdown, or json, one document on stdout")
	flags.DurationVar(&o.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	flags.BoolVarP(&o.Verbose, "verbose", "v", false, "list every document and conflict in the text or markdown, not only the first 20 of each kind")
	flags.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destination that keeps what runs remember")
	o.BatchSize = cli.DefaultBatchSize
}

func (a *app) undoCommand() *cobra.Command {
	o := &liveOptions{command: "undo"}
	last, journal := false, ""
	cmd := &cobra.Command{
		Use:   "undo RUN|--last",
		Short: "Take back what a run wrote, where it is still so",
		Long: `Writes back what a run changed, from its journal at the destination: fields that are as the run left them get what they were before, documents that it
deleted are inserted again, and those that it inserted are deleted unless someone changed them since. What was changed since is left, and listed.
RUN is a number that ` + "`mongocd runs`" + ` shows; runs that share a database are undone from the newest on. It shows what it would do, and asks;
where stdin is no terminal, --yes is needed. The artefact that is undone is then held back from the run's databases: apply refuses it there until
another one was applied, or ` + "`mongocd release-hold`" + `.

It needs no secret, and writes to nothing but the collections of the build or workspace at hand (with --database, as the run had it): name the build of
the run with --from where the weave has others now. With MONGOCD_JOURNAL_KEY, or _FILE behind it (16 bytes or more), apply seals and encrypts what undo writes back;
then the run's own collections are proven, and undo needs that key instead of a build. Without one, --journal takes the digest from the report of the
run (run.journal). A journal that does not fit is refused as a whole. One that was killed goes on when it is run again.` + rememberHelp + `

Exit codes: 0 done, or nothing to do; 1 failed, nothing written; 3 refused or not approved, nothing written; 4 stopped after something was
written; 64 wrong usage.`,
		Example: `  mongocd runs --env prod
  mongocd undo 12 --env prod --weave shop --plan
  mongocd undo --last --from build/prod/shop --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if last == (len(args) > 0) {
				return console.Usagef("undo takes a run, or --last")
			}
			o.Undo = strings.Join(args, "")
			if journal != "" {
				if err := o.KeepTo(journal); err != nil {
					return console.Usagef("--journal %q: %s", journal, err)
				}
			}
			return a.live(cmd, o)
		},
	}
	o.bindRemember(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&last, "last", false, "undo the newest run that is not undone")
	flags.BoolVar(&o.Plan, "plan", false, "only show what would be done")
	flags.StringVar(&journal, "journal", "", "refuse when the journal of the run is not the one with this `digest` (run.journal in its report)")
	flags.StringArrayVar(&o.inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	flags.StringArrayVar(&o.databases, "database", nil, "the run used the database NEW where the weave says OLD: `OLD=NEW` (repeatable)")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	flags.IntVar(&o.BatchSize, "batch-size", cli.DefaultBatchSize, "operations in one write batch, 1 to 1000")
	flags.DurationVar(&o.Wait, "wait", 0, "wait as long for another run that is writing")
	flags.StringVar(&o.ForceUnlock, "force-unlock", "", "take over from the `run` that is said to be writing, when it is not any more")
	return cmd
}

func (a *app) releaseHoldCommand() *cobra.Command {
	o := &liveOptions{command: "release-hold"}
	cmd := &cobra.Command{
		Use:   "release-hold",
		Short: "Let an artefact that was undone be applied again",
		Long: `Undo holds the artefact back that it has undone, so that what applies it again and again does not bring it back. This lifts the hold; applying
another artefact to the same databases does so, too.` + rememberHelp + `

Exit codes: 0 done, or there is no hold; 1 failed; 3 refused; 64 wrong usage.`,
		Example: `  mongocd release-hold --env prod --weave shop`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.live(cmd, o) },
	}
	o.bindRemember(cmd)
	cmd.Flags().BoolVar(&o.Plan, "plan", false, "only show what would be done")
	return cmd
}

func (a *app) claimCommand() *cobra.Command {
	o := &liveOptions{command: "claim"}
	cmd := &cobra.Command{
		Use:   "claim",
		Short: "Take over databases and collections from another environment, cluster or weave",
		Long: `The first apply claims the databases that it writes to for its environment and for the cluster they are on, and the collections for its weave;
others are refused from then on. This hands them over to the environment, the cluster and the weaves that are named now, on purpose: after a database
was moved, or a collection became another weave's. It shows what it changes and asks, on a terminal; elsewhere it needs --yes. The data itself it neither reads nor writes.` + rememberHelp + `

Exit codes: 0 done, or nothing to do; 1 failed; 3 refused or not approved; 64 wrong usage.`,
		Example: `  mongocd claim --env prod --plan
  mongocd claim --from build/prod/shop --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.live(cmd, o) },
	}
	o.bindRemember(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&o.inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	flags.StringArrayVar(&o.databases, "database", nil, "use the database NEW where the weave says OLD: `OLD=NEW` (repeatable)")
	flags.BoolVar(&o.Plan, "plan", false, "only show what would be done")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) runsCommand() *cobra.Command {
	o := &liveOptions{command: "runs"}
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs that have changed a destination, newest first",
		Long: `Lists number, outcome, date, counts and labels of each run of the weaves that has changed something, whether it was undone, and its databases when not all
runs wrote to the same. How many are kept says ` + "`backup keep`" + ` (default 20). Dates are the server's, in UTC. It only reads.` + rememberHelp + `

Exit codes: 0 done; 1 failed; 64 wrong usage.`,
		Example: `  mongocd runs --env prod
  mongocd runs --from build/prod/shop --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runs(cmd.Context(), o) },
	}
	o.bindRemember(cmd)
	return cmd
}

// runs lists the runs of each weave.
func (a *app) runs(ctx context.Context, o *liveOptions) error {
	o.Quiet = a.Quiet
	if err := o.Check(o.command); err != nil {
		return console.Usagef("%s", err)
	}
	states, err := a.states(ctx, o)
	if err != nil {
		return err
	}
	lists, code := []*change.RunList{}, console.ExitDone
	for i, state := range states {
		if code != console.ExitDone && state.Environment != states[i-1].Environment {
			break // as the others do with a group
		}
		list, closing, err := cli.Runs(ctx, state, &o.Flags, a.LookupEnv)
		if err != nil {
			return console.Usagef("%s", view.Printable(err.Error()))
		}
		var said error
		if closing != nil {
			said = a.Log(console.LevelWarning, view.Printable(closing.Error()))
		}
		if list.Failure != nil {
			said = errors.Join(said, a.Log(console.LevelError, view.Printable(list.Failure.Message)))
		}
		if said != nil {
			return console.ExitError{Code: console.ExitFailed, Message: said.Error()}
		}
		lists, code = append(lists, list), max(code, list.Exit)
		if o.Output == "json" {
			continue
		}
		text := view.Runs(list, o.Form())
		if i > 0 {
			text = "\n" + text
		}
		if err := a.Print(text); err != nil {
			return err
		}
	}
	if o.Output == "json" {
		named := states[0].Environment
		if len(environmentsOf(states)) > 1 {
			named = o.environment
		}
		if err := a.WriteJSON(runsJSON{Format: 1, Command: o.command, Environment: named, Exit: code, Reports: lists}); err != nil {
			return err
		}
	}
	if code != console.ExitDone {
		return console.ExitError{Code: code}
	}
	return nil
}

// runsJSON is what runs writes with --output json: the list of each weave, as its
// artefact writes it.
type runsJSON struct {
	Format      int               `json:"format"` // 1
	Command     string            `json:"command"`
	Environment string            `json:"environment"`
	Exit        int               `json:"exit"`
	Reports     []*change.RunList `json:"reports"`
}

// namedStates are weaves of the workspace by name alone: nothing is compiled.
func (a *app) namedStates(o *liveOptions) ([]*desired.State, error) {
	dir, err := a.Workspace()
	if err != nil {
		return nil, err
	}
	w, diagnostics := workspace.LoadDir(dir)
	if w == nil || diagnostics.HasErrors() {
		if err := a.Report(diagnostics, console.DiagnosticOptions{Output: "text"}); err != nil {
			return nil, err
		}
		return nil, console.Failf("the workspace cannot be read; name a build folder with --from")
	}
	environments := w.Members(o.environment)
	if o.environment == "" {
		if environments, err = a.oneEnvironment(""); err != nil {
			return nil, err
		}
	} else if len(environments) == 0 {
		if err := a.Report(diag.List{w.NoEnvironment(o.environment)}, console.DiagnosticOptions{Output: "text"}); err != nil {
			return nil, err
		}
	}
	var states []*desired.State
	var names []string
	for _, weave := range w.Weaves {
		names = append(names, weave.Module.Name)
		for _, environment := range environments {
			if slices.Contains(weave.Module.Environments, environment) && (len(o.weaves) == 0 || slices.Contains(o.weaves, weave.Module.Name)) {
				states = append(states, &desired.State{Weave: weave.Module.Name, Environment: environment})
			}
		}
	}
	for _, name := range o.weaves {
		if !slices.Contains(names, name) {
			return nil, console.Usagef("there is no weave %s; there are %s", diag.Quote(name, 80), strings.Join(names, ", "))
		}
	}
	if len(states) == 0 {
		return nil, console.Usagef("no weave that is asked for has the environment %s", fmt.Sprintf("%q", strings.Join(environments, ", ")))
	}
	return states, a.grouped(o, w, states)
}
