// Package gosync makes the Go artefact: a module that builds anywhere with the
// Go toolchain, embeds the desired state, and has the runtime's own sources
// copied in, or requires them as a released module.
//
// In: a desired.Rendered, a release or none. Out: []codegen.File, deterministic and
// gofmt'ed:
//
//	main.go         names, places, one call (main.go in this package)
//	manifest.json   desired/…   the state, as runtime/desired writes it
//	internal/…      the runtime's sources, where they are copied (copy.go)
//	go.mod go.sum   the modules it needs, with their sums (module.go)
//
// build.go runs the toolchain on them; vendor.go adds vendor/ when that is asked for.
package gosync

import (
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Generate returns the files of the artefact, sorted by path. Its runtime is that of
// the release; nil: a copy of this program's.
func Generate(wanted *desired.Rendered, release *Release) ([]codegen.File, error) {
	files := make([]codegen.File, 0, len(wanted.Files)+128)
	for _, f := range wanted.Files {
		files = append(files, codegen.File{Path: f.Path, Data: f.Data, Make: f.Make, Mode: 0o644})
	}
	code, err := engineFiles(release)
	if err != nil {
		return nil, err
	}
	program, err := mainFile(wanted, release.packages(), digestOf(code))
	if err != nil {
		return nil, err
	}
	files = append(append(files, code...), codegen.File{Path: "main.go", Data: program, Mode: 0o644})
	codegen.Sort(files)
	return files, nil
}
