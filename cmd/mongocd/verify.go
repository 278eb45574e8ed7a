package main

// The `verify` command: whether a destination has drifted.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
)

func (a *app) verifyCommand() *cobra.Command {
	o := &live.Options{Command: "verify"}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Exit with 2 when a destination differs from the wanted state",
		Long: `Compares a destination with what the rules want of it, for pipelines that watch for drift. It only reads.` + live.Help + `

--metrics writes the numbers for a node exporter's textfile collector: mongocd_status_up, mongocd_differences, mongocd_unknown, mongocd_kept,
mongocd_refused, mongocd_held, mongocd_last_run_timestamp_seconds, with the labels environment and weave.

Exit codes: 0 in sync; 1 failed; 2 differences, or drift that is kept, or secrets that are not given and were not compared (--allow-unknown: 0); 3 apply would refuse; 64 wrong usage.
With several weaves each is verified, and the code is the most severe: 3, then 1, then 2.`,
		Example: `  mongocd verify --env prod
  mongocd verify --from build/prod/shop --output json
  mongocd verify --env prod --metrics /var/lib/node_exporter/shop.prom`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return (&live.Session{Console: a.Console}).Run(cmd, o) },
	}
	o.Bind(cmd)
	o.BindUnknown(cmd)
	o.BindMetrics(cmd)
	return cmd
}
