package view

// Reports and lists as JSON, and texts of other packages, that are safe on a
// terminal.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/safe"
)

// JSON writes a report or a list as one indented JSON document with a newline.
// What could act on a terminal stands in it as escapes.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return EscapeJSON(b.Bytes()), nil
}

// EscapeJSON returns JSON in which characters that act on a terminal, which JSON
// has in strings only and encoding/json leaves as they are, stand as escapes.
func EscapeJSON(text []byte) []byte {
	act := func(r rune) bool { return r != '\n' && safe.Hidden(r) }
	if !bytes.ContainsFunc(text, act) {
		return text
	}
	var out []byte
	for _, r := range string(text) {
		if act(r) {
			out = safe.AppendUnits(out, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// Printable returns a text of several lines without characters that a terminal
// acts on: they stand as \u{hex}.
func Printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = change.Clean(line)
	}
	return strings.Join(lines, "\n")
}
