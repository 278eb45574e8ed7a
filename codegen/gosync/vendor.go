package gosync

// The modules that the artefact is built from, as files of it. In: the toolchain
// and a module cache or proxy; out: vendor/, by which it is built with neither.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/hayone1/mongocd/codegen"
)

// vendorList is there when an artefact has its modules with it.
const vendorList = "vendor/modules.txt"

// Vendor returns the files of vendor/, the same for all artefacts of a release, or of
// none, sorted by path: what `go mod vendor`, which is given the environment, makes,
// which holds each module to the sum in go.sum.
func Vendor(ctx context.Context, environment []string, release *Release) (files []codegen.File, err error) {
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("--vendor needs the Go toolchain, and there is no `go` on the PATH: install it (https://go.dev/doc/install)")
	}
	dir, err := os.MkdirTemp("", "mongocd-vendor-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for vendor/: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	code, err := engineFiles(release)
	if err != nil {
		return nil, err
	}
	code = append(code, codegen.File{Path: "main.go", Data: []byte("package main\n\nimport _ \"" + release.packages() + "cli\"\n\nfunc main() {}\n")})
	if err := writeFiles(dir, code); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, toolchain, "mod", "vendor")
	command.Dir = dir
	command.Env = append(slices.Clone(environment), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("`go mod vendor` failed: %w\n%s\nCheck that the Go module proxy can be reached, or that the module cache has the MongoDB driver", err, bytes.TrimSpace(output))
	}
	err = fs.WalkDir(os.DirFS(dir), "vendor", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		files = append(files, codegen.File{Path: path, Data: data, Mode: 0o644})
		return err
	})
	codegen.Sort(files)
	return files, err
}

// writeFiles writes files into a folder that nobody else writes to.
func writeFiles(dir string, files []codegen.File) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Text(), 0o600); err != nil {
			return err
		}
	}
	return nil
}
