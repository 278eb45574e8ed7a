package main

// The `runs` command: the runs that have changed a destination.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
)

func (a *app) runsCommand() *cobra.Command {
	o := &live.Options{Command: "runs"}
	cmd := &cobra.Command{
		Use:   "runs [show RUN]",
		Short: "List the runs that have changed a destination, newest first, or show what one of them wrote",
		Long: `Lists number, outcome, date, counts and labels of each run of the weaves that has changed something, whether it was undone, and its databases when not all
runs wrote to the same. How many are kept says ` + "`backup keep`" + ` (default 20). Dates are the server's, in UTC. It only reads.

runs show RUN is the report of one of them: who ran what, when, of which commit, and what it wrote, document by document, as its journal says; last is the newest
one. Values that the rules hide stay hidden, and of documents that it inserted the journal knows no more than their identity. The journal
of a run with a key is encrypted: MONGOCD_JOURNAL_KEY shows it.` + live.RememberHelp + `

Exit codes: 0 done; 1 failed; 3 there is no such run, or its record or journal is damaged; 64 wrong usage.`,
		Example: `  mongocd runs --env prod
  mongocd runs show last --env prod
  mongocd runs --from build/prod/shop --output json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.ShownRun(args); err != nil {
				return console.Usagef("%s", err)
			}
			if o.HTML != "" && o.Show == "" {
				return console.Usagef("--html goes with `runs show RUN`: it is the page of one run")
			}
			return (&live.Session{Console: a.Console}).Runs(cmd.Context(), o)
		},
	}
	o.BindRemember(cmd)
	page.Bind(cmd.Flags(), &o.HTML)
	return cmd
}
