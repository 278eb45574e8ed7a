package gosync

// Building the artefact. In: its files; out: a static binary.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/codegen"
)

var platformForm = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9]+$`)

// Build compiles an artefact of these files to a static binary for platform
// "os/arch" or, when it is empty, for this machine. environment is what the
// toolchain is given. It is built in a folder of
// its own: nobody can exchange a file on the way. The error says what is missing
// or what the toolchain said.
func Build(ctx context.Context, environment []string, files []codegen.File, platform string) (program []byte, err error) {
	if platform != "" && !platformForm.MatchString(platform) {
		return nil, fmt.Errorf("the platform is %q: it has the form os/arch, such as linux/arm64 (`go tool dist list` prints them all)", platform)
	}
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("building the Go target needs the Go toolchain, and there is no `go` on the PATH: install it (https://go.dev/doc/install), or compile without --build and run `go build` in the artefact's folder elsewhere")
	}
	dir, err := os.MkdirTemp("", "mongocd-build-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to build in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := writeFiles(dir, files); err != nil {
		return nil, err
	}
	modules := "-mod=readonly"
	if slices.ContainsFunc(files, func(f codegen.File) bool { return f.Path == vendorList }) {
		modules = "-mod=vendor"
	}
	out := filepath.Join(dir, "program")
	command := exec.CommandContext(ctx, toolchain, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, ".")
	command.Dir = dir
	command.Env = append(slices.Clone(environment), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="+modules)
	if os, arch, ok := strings.Cut(platform, "/"); ok {
		command.Env = append(command.Env, "GOOS="+os, "GOARCH="+arch)
	}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("`go build` failed: %w\n%s\nCheck that the Go module proxy can be reached, or that the module cache has the MongoDB driver", err, strings.TrimSpace(output.String()))
	}
	return os.ReadFile(out)
}
