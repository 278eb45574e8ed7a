package gosync

// The runtime's sources. Out: the files of internal/, with import paths that
// are the artefact's own.

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"

	"github.com/hayone1/mongocd/codegen"
	sources "github.com/hayone1/mongocd/runtime"
)

const (
	runtimePath  = "github.com/hayone1/mongocd/runtime/"
	internalPath = moduleName + "/internal/"
)

// runtimeFiles copies every source.
func runtimeFiles() ([]codegen.File, error) {
	var files []codegen.File
	err := fs.WalkDir(sources.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources.Files, path)
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte(`"`+runtimePath), []byte(`"`+internalPath))
		if text, err = format.Source(text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, codegen.File{Path: "internal/" + path, Data: text, Mode: 0o644})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("copying the runtime's sources: %w", err)
	}
	return files, nil
}
