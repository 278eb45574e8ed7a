package gosync

// Building the artefact. In: a folder with its files; out: a static binary.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

var platformForm = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9]+$`)

// Build compiles the artefact in dir to the static binary out, for platform
// "os/arch" or, when it is empty, for this machine. The error says what is
// missing or what the toolchain said.
func Build(ctx context.Context, dir, platform, out string) error {
	if platform != "" && !platformForm.MatchString(platform) {
		return fmt.Errorf("the platform is %q: it has the form os/arch, such as linux/arm64 (`go tool dist list` prints them all)", platform)
	}
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return errors.New("building the Go target needs the Go toolchain, and there is no `go` on the PATH: install it (https://go.dev/doc/install), or compile without --build and run `go build` in the artefact's folder elsewhere")
	}
	if out, err = filepath.Abs(out); err != nil {
		return fmt.Errorf("finding the folder of the binary: %w", err)
	}
	from, err := modules(dir)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, toolchain, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, ".")
	command.Dir = dir
	command.Env = append(command.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="+from)
	if os, arch, ok := strings.Cut(platform, "/"); ok {
		command.Env = append(command.Env, "GOOS="+os, "GOARCH="+arch)
	}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("`go build` in %s failed: %w\n%s\nCheck that the Go module proxy can be reached, or that the module cache has the MongoDB driver", dir, err, strings.TrimSpace(output.String()))
	}
	return nil
}
