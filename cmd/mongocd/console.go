package main

// What every command works with: streams, the environment and the global flags. In:
// text, or a value; out: it on stdout, as it is or as JSON that is safe on a terminal.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/hayone1/mongocd/runtime/change/view"
)

// console is what every command works with.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	lookupEnv      func(string) (string, bool)

	workspaceFlag string
	logFormat     string
	quiet         bool
}

func (c *console) print(text string) error {
	if _, err := io.WriteString(c.stdout, text); err != nil {
		return failf("print: %s", err)
	}
	return nil
}

// writeJSON writes one document on stdout.
func (c *console) writeJSON(v any) error {
	text, err := indentedJSON(v)
	if err == nil {
		_, err = c.stdout.Write(text)
	}
	if err != nil {
		return failf("write: %s", err)
	}
	return nil
}

// indentedJSON is a value as JSON that is safe on a terminal.
func indentedJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return view.EscapeJSON(b.Bytes()), err
}

// workspace returns the directory of the workspace.
func (c *console) workspace() (string, error) {
	dir := c.workspaceFlag
	if dir == "" {
		dir, _ = c.lookupEnv("CONFIGFOLDER")
	}
	if dir == "" {
		dir = "."
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return "", failf("%q is no directory; name the workspace with --workspace", dir)
	}
	return dir, nil
}

// colored reports whether messages go to a terminal that wants colour.
func (c *console) colored() bool { return c.colors(c.stderr) }

// colors reports whether a stream is a terminal that wants colour
// (https://no-color.org).
func (c *console) colors(stream io.Writer) bool {
	if v, _ := c.lookupEnv("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := c.lookupEnv("TERM"); v == "dumb" {
		return false
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func pluralOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
