// Package playground is a workspace in memory that a page works on: the language
// server for its editor, and what the workspace comes to for the rest of the page, from
// one analysis.
//
// In: messages of a page, carried by whatever connects both (a WebSocket of `mongocd
// playground`, a port of the worker that runs the WebAssembly); the first one is an
// Opening. Out: Opened, then the Language Server Protocol with methods of its own.
// memory.go has the files, opening.go what they come from, views.go what is shown of
// them. The page is the package page below, the WebAssembly wasm.
//
// No client of MongoDB is linked, and nothing is read but what the page gave.
package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"

	"github.com/hayone1/mongocd/cmd/internal/lsp"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/rendered"
	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/examples"
)

// Options are what the program that runs the session knows.
type Options struct {
	// Program is "mongocd VERSION", written into every state.
	Program string
	// Inputs are values of `input` declarations by name, for the workspace Here.
	Inputs map[string]string
	// Here is the workspace that the program was started in; nil: none.
	Here fs.FS
	// Log takes what goes wrong on the wire.
	Log io.Writer
}

// Serve is a session: until the page goes, or the context ends.
func Serve(ctx context.Context, m lsp.Messages, o Options) error {
	first, err := m.Read()
	if err != nil {
		return errors.Join(err, m.Close())
	}
	opened := Opened{Examples: examples.Names, Here: o.Here != nil}
	var asked Opening
	var files *Files
	if err := json.Unmarshal(first, &asked); err != nil {
		opened.Error = "the first message opens a workspace: " + err.Error()
	} else if files, err = asked.files(o.Here); err != nil {
		opened.Error = err.Error()
	} else {
		opened.Files = files.Names()
		opened.Inputs = map[string]string{}
		if asked.Here {
			maps.Copy(opened.Inputs, o.Inputs)
		}
		maps.Copy(opened.Inputs, asked.Inputs)
	}
	answer, err := json.Marshal(opened)
	if err != nil {
		return errors.Join(err, m.Close())
	}
	if err := m.Write(answer); err != nil || opened.Error != "" {
		return errors.Join(err, m.Close())
	}
	v := &views{files: files, program: o.Program}
	err = lsp.Speak(ctx, m, lsp.Options{Version: strings.TrimPrefix(o.Program, "mongocd "), Log: o.Log, Files: files, Inputs: opened.Inputs, Further: rendered.Warning, Methods: map[string]lsp.Method{
		"playground/about":   asks(v.about),
		"playground/read":    asks(v.read),
		"playground/write":   asks(v.write),
		"playground/inputs":  asks(v.inputs),
		"playground/result":  asks(v.result),
		"playground/diff":    asks(v.diff),
		"playground/explain": asks(v.explain),
		"playground/script":  asks(v.script),
		"playground/link":    asks(v.link),
	}})
	if errors.Is(err, lsp.ErrExit) {
		err = nil // pages go as they like
	}
	return err
}

// asks is a method with parameters of a type.
func asks[P, R any](answer func(ctx context.Context, at *query.Workspace, p P) (R, error)) lsp.Method {
	return func(ctx context.Context, w *query.Workspace, params json.RawMessage) (any, error) {
		var p P
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, fmt.Errorf("the parameters are not those of the method: %w", err)
		}
		return answer(ctx, w, p)
	}
}
