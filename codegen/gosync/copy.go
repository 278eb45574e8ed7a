package gosync

// The code of a program. Out: the runtime's sources as the files of internal/, with
// import paths that are the artefact's own, go.mod and go.sum; and the digest of these.

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/format"
	"io/fs"
	"strings"
	"sync"

	"github.com/hayone1/mongocd/codegen"
	sources "github.com/hayone1/mongocd/runtime"
)

const (
	runtimePath  = ModulePath + "/runtime/"
	internalPath = moduleName + "/internal/"
)

// EngineDigest is the digest of a program's code, the same in all programs of one
// version: that of all files but main.go and the state. Those of a release pin its
// sources by their sum.
func EngineDigest(release *Release) (string, error) {
	files, err := engineFiles(release)
	return digestOf(files), err
}

// Prepare copies the runtime's sources while the caller does something else.
func Prepare(release *Release) {
	if release == nil {
		go func() { _, _ = runtimeFiles() }() // whoever needs them gets the error
	}
}

// Engine is the code of a program, all files but main.go and what it embeds, and its digest.
func Engine(release *Release) ([]codegen.File, string, error) {
	files, err := engineFiles(release)
	return files, digestOf(files), err
}

// engineFiles are the same in all artefacts of a release, or of none, in order.
func engineFiles(release *Release) ([]codegen.File, error) {
	files := moduleFiles(release)
	if release == nil {
		copied, err := runtimeFiles()
		if err != nil {
			return nil, err
		}
		files = append(files, copied...)
	}
	codegen.Sort(files)
	return files, nil
}

// digestOf is SHA-256 of a line for each file: its own SHA-256, and its path.
func digestOf(files []codegen.File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%x  %s\n", sha256.Sum256(f.Data), f.Path)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

// runtimeFiles copies every source but what puts scripts together, once.
var runtimeFiles = sync.OnceValues(func() ([]codegen.File, error) {
	var files []codegen.File
	err := fs.WalkDir(sources.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path, "prelude/") {
			return err
		}
		text, err := fs.ReadFile(sources.Files, path)
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte(`"`+runtimePath), []byte(`"`+internalPath))
		if text, err = sorted(text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, codegen.File{Path: "internal/" + path, Data: text, Mode: 0o644})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("copying the runtime's sources: %w", err)
	}
	return files, nil
})

// sorted is a source with its imports in gofmt's order, which other paths change; all else is
// formatted already, and formatting it again takes a tenth of a compilation.
func sorted(text []byte) ([]byte, error) {
	const begin, end = "\nimport (\n", "\n)\n"
	from := bytes.Index(text, []byte(begin))
	if from < 0 {
		return text, nil
	}
	to := bytes.Index(text[from:], []byte(end))
	if to < 0 {
		return format.Source(text)
	}
	to += from + len(end)
	head, err := format.Source(text[:to:to])
	return append(head, text[to:]...), err
}
