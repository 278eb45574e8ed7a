package main

// The `version` command: which mongocd this is. The same text stands in every
// manifest, so it holds no date, host or build path.

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.Stdout, version.Program())
			return err
		},
	}
}
