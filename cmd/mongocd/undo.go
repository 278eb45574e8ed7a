package main

// The `undo` command: what a run wrote is taken back (docs/state.md).

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/runtime/cli"
)

func (a *app) undoCommand() *cobra.Command {
	o := &live.Options{Command: "undo"}
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
run (run.journal). A journal that does not fit is refused as a whole. One that was killed goes on when it is run again.` + live.RememberHelp + `

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
			return (&live.Session{Console: a.Console}).Run(cmd, o)
		},
	}
	o.BindRemember(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&last, "last", false, "undo the newest run that is not undone")
	flags.BoolVar(&o.Plan, "plan", false, "only show what would be done")
	flags.StringVar(&journal, "journal", "", "refuse when the journal of the run is not the one with this `digest` (run.journal in its report)")
	o.BindInputs(flags)
	flags.StringArrayVar(&o.Redirections, "database", nil, "the run used the database NEW where the weave says OLD: `OLD=NEW`; or NAME: with --last, the newest run of this database of a fan-out (repeatable)")
	o.BindWriting(flags)
	flags.IntVar(&o.BatchSize, "batch-size", cli.DefaultBatchSize, "operations in one write batch, 1 to 1000")
	return cmd
}
