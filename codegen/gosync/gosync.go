// Package gosync makes the Go artefact: a module that builds anywhere with the
// Go toolchain and the MongoDB driver, embeds the desired state, and has the
// runtime's own sources copied in.
//
// In: a desired.State. Out: []codegen.File, deterministic and gofmt'ed;
// build.go runs the toolchain.
package gosync

import (
	"context"
	"errors"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Generate returns the files of the artefact, sorted by path.
func Generate(state *desired.State) ([]codegen.File, error) {
	return nil, errors.New("gosync: being written")
}

// Build compiles the artefact in dir to the static binary out, for platform
// "os/arch" or, when it is empty, for this machine.
func Build(ctx context.Context, dir, platform, out string) error {
	return errors.New("gosync: being written")
}
