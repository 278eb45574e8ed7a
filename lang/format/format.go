// Package format writes .weave files in the one style of the language.
//
// In: a source.File. Out: its text with the same meaning and the same
// comments: two spaces a level, single spaces between words, one statement a
// line unless its block holds nothing else and was written in one line, at
// most one blank line, commas in objects, `as` before `by`. Where values,
// lists and objects are broken into lines is the author's choice.
//
// It works on the tokens of the source, so that nothing is lost; layout.go
// asks the syntax tree what they are, and this file decides what stands
// between two of them.
package format

import (
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// Format returns the formatted text. A file with syntax errors is returned
// unchanged with its diagnostics.
func Format(f *source.File) (string, diag.List) {
	file, errs := parser.Parse(f)
	if len(errs) > 0 {
		return f.Text, errs
	}
	w := writer{pieces: pieces(f, newLayout(file))}
	for i := range w.pieces {
		w.piece(i)
	}
	if w.out.Len() > 0 {
		w.out.WriteByte('\n')
	}
	return w.out.String(), nil
}

// bracket is an open bracket while writing.
type bracket struct {
	role  role
	line  int // the indentation of the line it opened on
	inner int // the indentation of lines inside
}

type writer struct {
	pieces    []piece
	out       strings.Builder
	open      []bracket
	line      int // indentation of the current line, in levels
	statement int // indentation of the current statement
}

const indentation = "  "

func (w *writer) piece(i int) {
	p := &w.pieces[i]
	if i > 0 {
		before := &w.pieces[i-1]
		switch {
		case !w.breaks(before, p):
			if spaced(before, p) {
				w.out.WriteByte(' ')
			}
		case p.newlines > 1 && !p.attached && !before.role.opens() && !p.role.closes():
			w.out.WriteString("\n\n")
			w.indent(i)
		default:
			w.out.WriteByte('\n')
			w.indent(i)
		}
	}
	if p.starts {
		w.statement = w.inner()
	}
	w.out.WriteString(p.written(w.line))
	switch {
	case p.role.opens():
		b := bracket{role: p.role, line: w.line, inner: w.line + 1}
		if p.role == blockOpen {
			b.line, b.inner = w.statement, w.statement+1
		}
		w.open = append(w.open, b)
	case p.role.closes():
		closed := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if closed.role == blockOpen {
			w.statement = closed.line
		}
	}
}

// inner is the indentation of lines directly inside the innermost bracket.
func (w *writer) inner() int {
	if len(w.open) == 0 {
		return 0
	}
	return w.open[len(w.open)-1].inner
}

// breaks reports whether p begins a line.
func (w *writer) breaks(before, p *piece) bool {
	switch {
	case before.role == lineComment:
		return true
	case p.role == lineComment || p.role == blockComment:
		return p.newlines > 0
	case p.role == blockOpen, p.role == comma, p.role == dot, p.role == colon, p.role == callOpen, p.role == stepOpen,
		p.role == stepClose, before.role == dot, before.role == unary, before.role == stepOpen:
		return false
	case p.role == blockClose:
		return !p.inline && before.role != blockOpen
	case p.starts, p.attached:
		return !p.inline
	case before.role == blockOpen:
		return !before.inline
	}
	return p.newlines > 0
}

// indent begins the line of piece i.
func (w *writer) indent(i int) {
	w.line = w.level(i)
	w.out.WriteString(strings.Repeat(indentation, w.line))
}

// level is the indentation of a line that begins with piece i. A comment
// stands as what follows it does, before a closing bracket as what is inside.
func (w *writer) level(i int) int {
	p := &w.pieces[i]
	comment := false
	for p.role == lineComment || p.role == blockComment {
		comment = true
		if i++; i == len(w.pieces) {
			return w.inner()
		}
		p = &w.pieces[i]
	}
	if len(w.open) == 0 || w.open[len(w.open)-1].role == blockOpen {
		switch {
		case p.starts, p.role == blockClose && comment:
			return w.inner()
		case p.role == blockClose:
			return w.open[len(w.open)-1].line
		case p.role == blockOpen:
			return w.statement
		}
		return w.statement + 1
	}
	top := w.open[len(w.open)-1]
	switch {
	case p.role.closes() && !comment:
		return top.line
	case p.role.closes(), p.element, top.role == groupOpen:
		return top.inner
	}
	return top.inner + 1
}

// spaced reports whether a space stands between two pieces of a line.
func spaced(a, b *piece) bool {
	switch a.role {
	case blockOpen, objectOpen:
		return !b.role.closes()
	case listOpen, callOpen, groupOpen, stepOpen, dot, unary:
		return false
	}
	switch b.role {
	case comma, colon, dot, percent, callOpen, stepOpen, listClose, callClose, groupClose, stepClose:
		return false
	}
	return true
}
