package main

// The `plan` command: what a destination would get.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
)

func (a *app) planCommand() *cobra.Command {
	o := &live.Options{Command: "plan"}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would do at a destination; change nothing",
		Long: `Compares a destination with what the rules want of it, and shows every difference. It only reads.` + live.Help + `

--output commands prints what apply would send instead of a report: the commands in order, one a line, as canonical Extended JSON
{"database": …, "command": …}; secrets and redacted fields are masked, so that it is nothing to run. It needs the secrets.

Four other forms are for teams whose changes pass through other tools: --output mongosh prints a script for mongosh, liquibase a
changelog of Liquibase's MongoDB extension as XML, liquibase-yaml the same as YAML, bytebase statements for Bytebase. Each carries
the plan's digest, looks at what the plan has read before anything is written, and has the guard of every write in its filter: what
changed meanwhile, or a second run, is refused. They leave what apply leaves; but mongocd knows nothing of it: no journal to undo, no
lease. Each is of one weave, and but for mongosh's of one database. Refused with 3 are plans with secrets or redacted fields, with
writes that need a transaction, or with what the tool has no words for (docs/guides/review.md, For other tools).

Exit codes: 0 done; 1 failed; 2 differences, with --detailed-exitcode; 3 apply would refuse; 64 wrong usage.
With several weaves each is planned, and the code is the most severe: 3, then 1, then 2.`,
		Example: `  MONGOCD_DESTINATION_URI_PROD=mongodb://… mongocd plan --env prod
  mongocd plan --from build/prod/shop --detailed-exitcode
  mongocd plan --env prod --weave shop --database shop=shop_copy
  mongocd plan --env prod --out prod.plan         # for mongocd apply prod.plan
  mongocd plan --env prod --output mongosh > changes.js
  mongocd plan --env prod --html prod.html        # to be reviewed in a browser`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return (&live.Session{Console: a.Console}).Run(cmd, o) },
	}
	o.Bind(cmd)
	cmd.Flags().Lookup("output").Usage = "`form` of the reports: text, markdown, or json, one document on stdout; or commands, mongosh, liquibase, liquibase-yaml or bytebase"
	cmd.Flags().BoolVar(&o.DetailedExit, "detailed-exitcode", false, "exit with 2 when there are differences, or secrets that could not be compared")
	o.BindUnknown(cmd)
	page.Bind(cmd.Flags(), &o.HTML)
	cmd.Flags().StringVar(&o.Out, "out", "", "save the plan in this `file`, for apply FILE; secrets are masked in it")
	return cmd
}
