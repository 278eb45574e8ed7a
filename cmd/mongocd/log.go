package main

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
	levelError   = "error"
	levelWarning = "warning"
	levelInfo    = "info"
	levelDefault = "default" // a value that nobody gave, with --verbose
	// levelProgress is how far the work is, in JSON alone: people see a line that changes.
	levelProgress = "progress"
)

const (
	logText = "text"
	logJSON = "json"
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

// log says something.
func (c *console) log(level, message string) error {
	if c.quiet && level != levelError {
		return nil
	}
	if c.logFormat == logJSON {
		return c.logLine(logLine{Level: level, Message: message})
	}
	if level == levelError || level == levelWarning {
		message = level + ": " + message
	}
	_, err := fmt.Fprintln(c.stderr, message)
	return err
}

func (c *console) logLine(line logLine) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(line); err != nil {
		return err
	}
	_, err := c.stderr.Write(view.EscapeJSON(b.Bytes()))
	return err
}

// logDiagnostics says the messages about a user's files, sorted by the caller.
func (c *console) logDiagnostics(diagnostics diag.List, hints bool) error {
	if c.quiet {
		kept := diag.List{}
		for _, d := range diagnostics {
			if d.Severity == diag.Error {
				kept = append(kept, d)
			}
		}
		diagnostics = kept
	}
	if c.logFormat != logJSON {
		return diag.Render(c.stderr, diagnostics, diag.RenderOptions{Color: c.colored(), Hints: hints, Accepted: true})
	}
	var failed error
	for _, d := range diag.ToJSON(diagnostics) {
		failed = errors.Join(failed, c.logLine(logLine{Level: d.Severity, JSON: &d, Message: d.Message}))
	}
	return failed
}

// setting is a value that nobody gave.
type setting struct {
	of          string // what it is a setting of; empty: the command
	name, value string
	where       string // the edit or flag that gives another one
}

// logDefaults says which values a default supplied, and where to set them.
func (c *console) logDefaults(settings []setting) error {
	if len(settings) == 0 || c.quiet {
		return nil
	}
	if c.logFormat == logJSON {
		var failed error
		for _, s := range settings {
			failed = errors.Join(failed, c.logLine(logLine{Level: levelDefault, Message: strings.TrimSpace(s.of + " " + s.name + ": " + s.value),
				Setting: s.name, Value: s.value, Where: s.where}))
		}
		return failed
	}
	var b strings.Builder
	b.WriteString("values that defaults supply:\n")
	of := ""
	for _, s := range settings {
		if s.of != of {
			fmt.Fprintf(&b, "  %s\n", s.of)
			of = s.of
		}
		indent := "  "
		if of != "" {
			indent = "    "
		}
		fmt.Fprintf(&b, "%s%s: %s (%s)\n", indent, s.name, s.value, s.where)
	}
	_, err := fmt.Fprint(c.stderr, b.String())
	return err
}
