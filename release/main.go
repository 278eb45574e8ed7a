// Command release makes what goreleaser does not: manual pages, a bill of materials, and container images
// without a daemon. It is a module of its own, so that mongocd's has none of what only releases need.
//
//	release man COMMANDS.md DIR DATE        manual pages of docs/commands.md
//	release sbom PROGRAM LICENCES.md FILE   what a program is built from, as CycloneDX
//	release image DIST ROOT DIR [MORE]      an OCI layout of the Linux programs in goreleaser's folder; with what mongosh.sh made, too
//	release push DIR REFERENCE              the layout to a registry; prints its digest
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
)

const usage = "release man COMMANDS.md DIR DATE | sbom PROGRAM LICENCES.md FILE | image DIST ROOT DIR [MORE] | push DIR REFERENCE"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 4 && args[0] == "man":
		return writeManual(args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "sbom":
		return writeBill(args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "image":
		return writeImage(args[1], args[2], args[3], "")
	case len(args) == 5 && args[0] == "image":
		return writeImage(args[1], args[2], args[3], args[4])
	case len(args) == 3 && args[0] == "push":
		return push(ctx, args[1], args[2], pushLimit)
	}
	return errors.New("usage: " + usage)
}
