// Package source holds the text of .weave files and places in it.
//
// In: file names and their bytes. Out: File, Span and Position values that
// every later phase carries; nothing here knows the language.
package source

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// File is one source file. It is immutable once made by NewFile.
type File struct {
	// Name is the path shown to users: relative to the workspace, with slashes.
	Name string
	// Text is the whole content without a byte-order mark. Offsets count its bytes.
	Text string

	lines []int // offset of the first byte of each line
}

// NewFile makes a File; a leading UTF-8 byte-order mark is dropped.
func NewFile(name, text string) *File {
	text = strings.TrimPrefix(text, "\ufeff")
	f := &File{Name: name, Text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// Position is a place for people: 1-based line and 1-based column in code points.
type Position struct {
	Line, Column int
}

// Position returns the line and column of a byte offset; offsets outside the
// text are moved to its nearer end.
func (f *File) Position(offset int) Position {
	offset = max(0, min(offset, len(f.Text)))
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset }) - 1
	return Position{Line: line + 1, Column: utf8.RuneCountInString(f.Text[f.lines[line]:offset]) + 1}
}

// Line returns the text of a 1-based line without its line ending.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	end := len(f.Text)
	if n < len(f.lines) {
		end = f.lines[n] - 1
	}
	return strings.TrimSuffix(f.Text[f.lines[n-1]:end], "\r")
}

// LineStart returns the offset of the first byte of a 1-based line; lines
// outside the file are moved to its nearer end.
func (f *File) LineStart(n int) int {
	if n > len(f.lines) {
		return len(f.Text)
	}
	return f.lines[max(n, 1)-1]
}

// Lines returns how many lines the file has; an empty file has one.
func (f *File) Lines() int { return len(f.lines) }

// Span is a range of bytes [Start, End) of one file. The zero Span is nowhere.
type Span struct {
	File       *File
	Start, End int
}

// IsZero reports whether the span is nowhere.
func (s Span) IsZero() bool { return s.File == nil }

// Position returns where the span starts.
func (s Span) Position() Position {
	if s.File == nil {
		return Position{}
	}
	return s.File.Position(s.Start)
}

// Text returns the source text of the span.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	return s.File.Text[s.Start:s.End]
}

// To returns the span from the start of s to the end of t, both in one file.
func (s Span) To(t Span) Span {
	if s.File == nil {
		return t
	}
	if t.File == nil {
		return s
	}
	return Span{File: s.File, Start: min(s.Start, t.Start), End: max(s.End, t.End)}
}

// Within reports whether the span is, or is part of, another one.
func (s Span) Within(outer Span) bool {
	return s.File == outer.File && outer.Start <= s.Start && s.End <= outer.End
}

// String returns "name:line:column", the form editors and terminals link.
func (s Span) String() string {
	if s.File == nil {
		return "-"
	}
	p := s.Position()
	return fmt.Sprintf("%s:%d:%d", s.File.Name, p.Line, p.Column)
}

// LineAt is where the line of an offset begins and ends.
func (f *File) LineAt(offset int) (from, to int) {
	n := f.Position(offset).Line
	from = f.LineStart(n)
	return from, from + len(f.Line(n))
}
