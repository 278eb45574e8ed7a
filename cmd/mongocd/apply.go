package main

// The `apply` command: a destination is brought to the wanted state.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
)

func (a *app) applyCommand() *cobra.Command {
	o := &live.Options{Command: "apply"}
	cmd := &cobra.Command{
		Use:   "apply [FILE]",
		Short: "Bring a destination to the wanted state, and verify it",
		Long: `Compares a destination with what the rules want of it, shows the differences, asks, writes them, and verifies.
When nothing differs, nothing is asked. Where stdin is no terminal, --yes is needed; it answers the question and raises no bound.` + live.Help + `

Exit codes: 0 done, or nothing to do; 1 failed, nothing written; 3 refused by a guard or not approved, nothing written;
4 stopped after something was written; 64 wrong usage.
With several weaves all are planned first, and the question is asked once; when apply would refuse one of them, nothing is written
at all. Then one after the other is applied, each held to its plan; those behind one that stops are not begun.

apply FILE carries out a plan that ` + "`plan --out FILE`" + ` saved, without a question. It compiles the workspace again (or takes --from),
and refuses, naming what changed, when the artefact, the destination or a value that was read is another one now.

--approved DIGEST, or FILE with the JSON report of plan (of mongocd or of an artefact), refuses any other plan. With a file it shows
what differs, as apply FILE does: what was approved and is no more planned, what is planned and was not approved, what is planned otherwise.`,
		Example: `  mongocd apply --env prod
  mongocd apply --env prod --yes                  # in a pipeline
  mongocd apply --from build/prod/shop --yes
  mongocd plan --env prod --out prod.plan && mongocd apply prod.plan
  mongocd apply --env prod --yes --approved plan.json   # of plan --report plan.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := o.Load(args[0]); err != nil {
					return err
				}
			}
			return (&live.Session{Console: a.Console}).Run(cmd, o)
		},
	}
	o.Bind(cmd)
	o.BindApply(cmd)
	return cmd
}
