package main

// The `runs` command: the runs that have changed a destination.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
)

func (a *app) runsCommand() *cobra.Command {
	o := &live.Options{Command: "runs"}
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs that have changed a destination, newest first",
		Long: `Lists number, outcome, date, counts and labels of each run of the weaves that has changed something, whether it was undone, and its databases when not all
runs wrote to the same. How many are kept says ` + "`backup keep`" + ` (default 20). Dates are the server's, in UTC. It only reads.` + live.RememberHelp + `

Exit codes: 0 done; 1 failed; 64 wrong usage.`,
		Example: `  mongocd runs --env prod
  mongocd runs --from build/prod/shop --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return (&live.Session{Console: a.Console}).Runs(cmd.Context(), o)
		},
	}
	o.BindRemember(cmd)
	return cmd
}
