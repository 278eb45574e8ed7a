// Package diag is the one type for every message about a user's files.
//
// In: what a phase found wrong. Out: Diagnostic values, returned and never
// printed here; render.go turns them into text, json.go into JSON. codes.go
// has the registry of codes.
package diag

import (
	"cmp"
	"slices"

	"github.com/hayone1/mongocd/lang/source"
)

// Severity orders messages: errors stop, warnings do not (unless --strict),
// hints are shown on request, and so is what the file accepts with a reason.
type Severity int

// The severities, most severe first.
const (
	Error Severity = iota
	Warning
	Hint
	Accepted
)

// String returns "error", "warning", "hint" or "accepted".
func (s Severity) String() string {
	return [...]string{"error", "warning", "hint", "accepted"}[s]
}

// Code is the stable kebab-case name of a kind of message. Every code is
// registered in codes.go; a code is never reused for something else.
type Code string

// Diagnostic is one message. Message and Notes are in the user's words and
// already safe to print: document content in them goes through Quote.
type Diagnostic struct {
	Severity Severity
	Code     Code
	// Span is the tight place to underline; zero for messages about no file.
	Span source.Span
	// Message is one sentence without a full stop.
	Message string
	// Label stands beside the caret: what is wrong there, or the suggestion.
	Label string
	// Notes are the `=` lines: evidence first, then the edit to make.
	Notes []string
	// Related are other places that matter ("first declared here").
	Related []Related
	// Fix is the one edit that would mend it, when there is exactly one.
	Fix *Fix
	// Statements are those that mend it, where there are several ways: each by itself,
	// in the block of what stands at Span.
	Statements []string
}

// Related is another place with a few words about it.
type Related struct {
	Span    source.Span
	Message string
}

// Fix replaces the text of Span by Text.
type Fix struct {
	Span source.Span
	Text string
}

// List is diagnostics in no particular order until Sort.
type List []Diagnostic

// HasErrors reports whether any of them is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Errors are those of the list that are errors.
func (l List) Errors() List {
	return slices.DeleteFunc(slices.Clone(l), func(d Diagnostic) bool { return d.Severity != Error })
}

// Sort orders by file name, place, severity, code and message, and drops exact repeats.
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(fileName(a), fileName(b)),
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
	*l = slices.CompactFunc(*l, func(a, b Diagnostic) bool {
		return a.Span == b.Span && a.Code == b.Code && a.Message == b.Message && slices.Equal(a.Notes, b.Notes)
	})
}

func fileName(d Diagnostic) string {
	if d.Span.File == nil {
		return ""
	}
	return d.Span.File.Name
}
