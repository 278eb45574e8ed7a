package main

// The `release-hold` command: an artefact that was undone may be applied again.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
)

func (a *app) releaseHoldCommand() *cobra.Command {
	o := &live.Options{Command: "release-hold"}
	cmd := &cobra.Command{
		Use:   "release-hold",
		Short: "Let an artefact that was undone be applied again",
		Long: `Undo holds the artefact back that it has undone, so that what applies it again and again does not bring it back. This lifts the hold; applying
another artefact to the same databases does so, too.` + live.RememberHelp + `

Exit codes: 0 done, or there is no hold; 1 failed; 3 refused; 64 wrong usage.`,
		Example: `  mongocd release-hold --env prod --weave shop`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return (&live.Session{Console: a.Console}).Run(cmd, o) },
	}
	o.BindRemember(cmd)
	cmd.Flags().BoolVar(&o.Plan, "plan", false, "only show what would be done")
	return cmd
}
