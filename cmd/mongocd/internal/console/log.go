package console

// What is said beside the result, on stderr: errors, warnings, notes and
// progress. In: a level and a message that is safe on a terminal; out: a line of
// text, or with --log-format json one JSON document a line.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// Levels of messages. With --quiet, errors alone are said.
const (
	LevelError   = "error"
	LevelWarning = "warning"
	LevelInfo    = "info"
	levelDefault = "default" // a value that nobody gave, with --verbose
	// levelProgress is how far the work is, in JSON alone: people see a line that changes.
	levelProgress = "progress"
)

const (
	LogText = "text"
	LogJSON = "json"
)

// logLine is one line with --log-format json. A diagnostic has its own fields,
// as --output json gives them, with its severity as the level.
type logLine struct {
	Level string `json:"level"` // error, warning, hint, info, default, progress
	*diag.JSON
	Severity string `json:"severity,omitempty"` // hides that of JSON
	Message  string `json:"message"`
	// Setting, Value and Where are of a default.
	Setting string `json:"setting,omitempty"`
	Value   string `json:"value,omitempty"`
	Where   string `json:"where,omitempty"`
}

// Log says something.
func (c *Console) Log(level, message string) error {
	if c.Quiet && level != LevelError {
		return nil
	}
	if c.LogFormat == LogJSON {
		return c.logLine(logLine{Level: level, Message: message})
	}
	if level == LevelError || level == LevelWarning {
		message = level + ": " + message
	}
	_, err := fmt.Fprintln(c.Stderr, message)
	return err
}

func (c *Console) logLine(line logLine) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(line); err != nil {
		return err
	}
	_, err := c.Stderr.Write(view.EscapeJSON(b.Bytes()))
	return err
}

// LogDiagnostics says the messages about a user's files, sorted by the caller.
func (c *Console) LogDiagnostics(diagnostics diag.List, hints bool) error {
	if c.Quiet {
		kept := diag.List{}
		for _, d := range diagnostics {
			if d.Severity == diag.Error {
				kept = append(kept, d)
			}
		}
		diagnostics = kept
	}
	if c.LogFormat != LogJSON {
		return diag.Render(c.Stderr, diagnostics, diag.RenderOptions{Color: c.Colored(), Hints: hints, Accepted: true})
	}
	var failed error
	for _, d := range diag.ToJSON(diagnostics) {
		failed = errors.Join(failed, c.logLine(logLine{Level: d.Severity, JSON: &d, Message: d.Message}))
	}
	return failed
}

// Setting is a value that nobody gave.
type Setting struct {
	Of          string // what it is a setting of; empty: the command
	Name, Value string
	Where       string // the edit or flag that gives another one
}

// LogDefaults says which values a default supplied, and where to set them.
func (c *Console) LogDefaults(settings []Setting) error {
	if len(settings) == 0 || c.Quiet {
		return nil
	}
	if c.LogFormat == LogJSON {
		var failed error
		for _, s := range settings {
			failed = errors.Join(failed, c.logLine(logLine{Level: levelDefault, Message: strings.TrimSpace(s.Of + " " + s.Name + ": " + s.Value),
				Setting: s.Name, Value: s.Value, Where: s.Where}))
		}
		return failed
	}
	var b strings.Builder
	b.WriteString("values that defaults supply:\n")
	of := ""
	for _, s := range settings {
		if s.Of != of {
			fmt.Fprintf(&b, "  %s\n", s.Of)
			of = s.Of
		}
		indent := "  "
		if of != "" {
			indent = "    "
		}
		fmt.Fprintf(&b, "%s%s: %s (%s)\n", indent, s.Name, s.Value, s.Where)
	}
	_, err := fmt.Fprint(c.Stderr, b.String())
	return err
}
