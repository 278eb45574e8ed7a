package main

// The `claim` command: databases and collections are taken over.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
)

func (a *app) claimCommand() *cobra.Command {
	o := &live.Options{Command: "claim"}
	cmd := &cobra.Command{
		Use:   "claim",
		Short: "Take over databases and collections from another environment, cluster or weave",
		Long: `The first apply claims the databases that it writes to for its environment and for the cluster they are on, and the collections for its weave;
others are refused from then on. This hands them over to the environment, the cluster and the weaves that are named now, on purpose: after a database
was moved, or a collection became another weave's. It shows what it changes and asks, on a terminal; elsewhere it needs --yes. The data itself it neither reads nor writes.` + live.RememberHelp + `

Exit codes: 0 done, or nothing to do; 1 failed; 3 refused or not approved; 64 wrong usage.`,
		Example: `  mongocd claim --env prod --plan
  mongocd claim --from build/prod/shop --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return (&live.Session{Console: a.Console}).Run(cmd, o) },
	}
	o.BindRemember(cmd)
	flags := cmd.Flags()
	o.BindInputs(flags)
	flags.StringArrayVar(&o.Redirections, "database", nil, "use the database NEW where the weave says OLD: `OLD=NEW`; or NAME: of the databases of a fan-out this one alone (repeatable)")
	flags.BoolVar(&o.Plan, "plan", false, "only show what would be done")
	flags.BoolVar(&o.Yes, "yes", false, "do not ask")
	return cmd
}
