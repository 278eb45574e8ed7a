// Package codegen holds what all targets share. A target turns one desired
// state into the files of an artefact: codegen/mongosh one script for mongosh,
// codegen/gosync a Go program.
package codegen

// File is one generated file.
type File struct {
	// Path is relative to the artefact's folder, with slashes.
	Path string
	Data []byte
}
