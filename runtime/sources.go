// Package sources holds the Go sources of everything under runtime, which
// codegen/gosync copies into the artefacts it makes. Out: a file system with
// paths such as "enforce/compare.go"; tests are in it and are left out there.
package sources

import "embed"

// Files are the sources, by their paths under runtime.
//
//go:embed cli/*.go desired/*.go doc/*.go enforce/*.go layout/*.go parallel/*.go replace/*.go stores/*.go stores/dir/*.go stores/mongo/*.go validator/*.go
var Files embed.FS
