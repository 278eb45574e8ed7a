package main

// The `version` command: which mongocd this is. Its first line stands in every
// manifest, so that holds no commit, date or toolchain.

import (
	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
)

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and what it was built from",
		Long: `The version, which every manifest has, too; the commit that it was built from, with its date; Go and the platform; and the
version of MongoDB's driver. A mongocd of "go install" knows its version alone, and with --json the sum of that module.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := version.Of()
			if asJSON {
				return a.WriteJSON(b)
			}
			return a.Print(b.Text())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on stdout")
	return cmd
}
