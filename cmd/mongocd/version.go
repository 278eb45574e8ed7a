package main

// The `version` command: which mongocd this is. The same text stands in every
// manifest, so it holds no date, host or build path.

import (
	"fmt"

	"github.com/spf13/cobra"
)

// version is the release; set by the linker for releases built from a tag.
var version = "0.1.0-dev"

// compilerName is written into manifests: "mongocd VERSION".
func compilerName() string { return "mongocd " + version }

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.Stdout, compilerName())
			return err
		},
	}
}
