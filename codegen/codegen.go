// Package codegen holds what the back ends share: the files they make. A back
// end is a package with one function from a desired.Rendered to []File
// (codegen/mongosh, codegen/gosync); it never sees the syntax tree and never
// touches the disk.
package codegen

import (
	"cmp"
	"io/fs"
	"slices"
)

// File is one generated file.
type File struct {
	// Path is relative to the artefact's folder, with slashes; it never leaves it.
	Path string
	Data []byte
	// Make makes Data of a file whose digest alone was needed; nil: it is there.
	Make func() []byte
	Mode fs.FileMode
}

// Text is Data.
func (f File) Text() []byte {
	if f.Make != nil {
		return f.Make()
	}
	return f.Data
}

// Target names a back end.
type Target string

// The targets of `mongocd compile --target`.
const (
	Mongosh Target = "mongosh"
	Go      Target = "go"
	// Pipeline stands alone: what is extracted is a sample for it.
	Pipeline Target = "pipeline"
)

// Targets are those that are compiled where none is named, in that order.
var Targets = []Target{Mongosh, Go}

// Sort orders files by path.
func Sort(files []File) {
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
}
