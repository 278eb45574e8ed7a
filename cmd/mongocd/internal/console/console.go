// Package console is what every command works with: streams, the environment, the
// global flags, and how commands end.
//
// In: text, a value, messages, an error; out: results on stdout, as they are or as JSON
// that is safe on a terminal, what is said beside them on stderr, an exit code.
package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/hayone1/mongocd/runtime/change/view"
)

// Console is what every command works with.
type Console struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)

	WorkspaceFlag string
	LogFormat     string
	Quiet         bool
	NoCache       bool
	// Command is the name of the one that runs; "" where there is no such one.
	Command string
	// Watching is set while a command runs again and again.
	Watching bool
	// Changing is set while a command may be writing to a destination.
	Changing bool
}

func (c *Console) Print(text string) error {
	if _, err := io.WriteString(c.Stdout, text); err != nil {
		return Failf("print: %s", err)
	}
	return nil
}

// WriteJSON writes one document on stdout.
func (c *Console) WriteJSON(v any) error {
	text, err := IndentedJSON(v)
	if err == nil {
		_, err = c.Stdout.Write(text)
	}
	if err != nil {
		return Failf("write: %s", err)
	}
	return nil
}

// IndentedJSON is a value as JSON that is safe on a terminal.
func IndentedJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return view.EscapeJSON(b.Bytes()), err
}

// WriteReport writes a value as JSON into a file, for its owner alone: values of a
// destination may be in it.
func WriteReport(name string, v any) error {
	text, err := IndentedJSON(v)
	if err == nil {
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return Failf("write the report: %s", err)
	}
	return nil
}

// Workspace returns the directory of the workspace.
func (c *Console) Workspace() (string, error) {
	dir := c.WorkspaceFlag
	if dir == "" {
		dir, _ = c.LookupEnv("CONFIGFOLDER")
	}
	if dir == "" {
		dir = "."
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return "", Failf("%q is no directory; name the workspace with --workspace", dir)
	}
	return dir, nil
}

// Colored reports whether messages go to a terminal that wants colour.
func (c *Console) Colored() bool { return c.Colors(c.Stderr) }

// Colors reports whether a stream is a terminal that wants colour
// (https://no-color.org).
func (c *Console) Colors(stream io.Writer) bool {
	if v, _ := c.LookupEnv("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := c.LookupEnv("TERM"); v == "dumb" {
		return false
	}
	return c.Terminal(stream)
}

// Terminal reports whether a stream is a terminal.
func (c *Console) Terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func PluralOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
