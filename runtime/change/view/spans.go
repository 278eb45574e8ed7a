package view

// Pieces of lines, and how text and Markdown write them. In Markdown every name, value
// and message stands in a code span or a fenced block, where nothing in it is markup, a
// link or a mention (https://spec.commonmark.org/0.31.2/#code-spans,
// #fenced-code-blocks). Pure.

import (
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// span is a piece of a line.
type span struct {
	kind spanKind
	text string // safe on a terminal, of one line
}

type spanKind byte

const (
	words spanKind = iota // of this program
	data                  // names and values
	old                   // what is gone, whole or within a value
	fresh                 // what came in its place
	cut                   // what is gone within a text
	put                   // what came within a text
)

// line joins spans, and texts of this program.
func line(pieces ...any) []span {
	var out []span
	for _, p := range pieces {
		switch p := p.(type) {
		case string:
			if p != "" {
				out = append(out, span{words, p})
			}
		case span:
			out = append(out, p)
		case []span:
			out = append(out, p...)
		}
	}
	return out
}

// name is a name as data.
func name(text string) span { return span{data, change.Clean(text)} }

// names are several, with commas between them.
func names(texts []string) []span {
	var out []span
	for i, text := range texts {
		if i > 0 {
			out = append(out, span{words, ", "})
		}
		out = append(out, name(text))
	}
	return out
}

// plain is a line without its kinds; within a text [-what is gone-] and {+what came+}
// stand in marks.
func plain(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.marked())
	}
	return b.String()
}

// marked is a piece as text.
func (s span) marked() string {
	switch s.kind {
	case cut:
		return "[-" + s.text + "-]"
	case put:
		return "{+" + s.text + "+}"
	}
	return s.text
}

// SGR parameters of a terminal (ECMA-48).
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// paint colours a text for a terminal.
func paint(style, text string) string { return "\x1b[" + style + "m" + text + "\x1b[0m" }

// terminal is a line as text, with colours or without.
func terminal(spans []span, colors bool) string {
	if !colors {
		return plain(spans)
	}
	var b strings.Builder
	for _, s := range spans {
		switch s.kind {
		case old, cut:
			b.WriteString(paint(red, s.marked()))
		case fresh, put:
			b.WriteString(paint(green, s.marked()))
		default:
			b.WriteString(s.text)
		}
	}
	return b.String()
}

// markdown is a line as Markdown.
func markdown(spans []span) string {
	var b strings.Builder
	for i, s := range spans {
		switch {
		case s.kind == words:
			b.WriteString(s.text)
		case s.kind == cut && i+1 < len(spans) && spans[i+1].kind == put:
			b.WriteString(" **" + code(s.text) + " → ")
		case s.kind == cut:
			b.WriteString(" **" + code(s.text) + " →** ")
		case s.kind == put && i > 0 && spans[i-1].kind == cut:
			b.WriteString(code(s.text) + "** ")
		case s.kind == put:
			b.WriteString(" **→ " + code(s.text) + "** ")
		default:
			b.WriteString(code(s.text))
		}
	}
	return b.String()
}

// code writes a text of one line so that nothing in it is markup.
func code(text string) string {
	pad := ""
	if text == "" || strings.Trim(text, " ") != text || strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		pad = " " // one on each side is not shown
	}
	fence := strings.Repeat("`", backticks(text)+1)
	return fence + pad + text + pad + fence
}

// fenced is a text of several lines as a block; kind is its info word.
func fenced(kind, text string) string {
	fence := strings.Repeat("`", max(3, backticks(text)+1))
	return fence + kind + "\n" + text + "\n" + fence + "\n"
}

// backticks is the length of the longest run of backticks.
func backticks(text string) int {
	longest, run := 0, 0
	for i := range len(text) {
		run++
		if text[i] != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// html is a text within a line of HTML: names stand in code there.
func html(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.kind == words {
			b.WriteString(escapeHTML.Replace(s.text))
			continue
		}
		b.WriteString("<code>" + escapeHTML.Replace(s.text) + "</code>")
	}
	return b.String()
}

var escapeHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// cleanLines escapes the lines of a message.
func cleanLines(message string) []string {
	lines := strings.Split(message, "\n")
	for i := range lines {
		lines[i] = change.Clean(lines[i])
	}
	return lines
}
