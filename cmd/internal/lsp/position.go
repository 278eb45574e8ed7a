package lsp

// Positions of the protocol and byte offsets. In: a text, an encoding and one of
// the two; out: the other one. A line ends with \n, \r\n or \r, and a column is
// counted in the units of the encoding (specification, Position).

import (
	"strings"
	"unicode/utf8"
)

// The encodings of positions.
const (
	utf8Units  = "utf-8"
	utf16Units = "utf-16"
	utf32Units = "utf-32"
)

// lines are where the lines of a text begin.
type lines struct {
	text     string
	encoding string
	starts   []int
}

func linesOf(text, encoding string) *lines {
	l := &lines{text: text, encoding: encoding, starts: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && !strings.HasPrefix(text[i+1:], "\n") {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// end is where the content of a line ends.
func (l *lines) end(line int) int {
	if line+1 >= len(l.starts) {
		return len(l.text)
	}
	end := l.starts[line+1] - 1
	if end > l.starts[line] && l.text[end] == '\n' && l.text[end-1] == '\r' {
		end--
	}
	return end
}

// offset is the byte offset of a position; what lies outside of the text or of its
// line is moved to its nearer end.
func (l *lines) offset(p position) int {
	switch {
	case p.Line < 0:
		return 0
	case p.Line >= len(l.starts):
		return len(l.text)
	}
	at, end := l.starts[p.Line], l.end(p.Line)
	for units := 0; at < end; {
		r, size := utf8.DecodeRuneInString(l.text[at:end])
		units += l.units(r, size)
		if units > p.Character {
			break
		}
		at += size
	}
	return at
}

// position is where a byte offset is; one outside of the text is moved to its nearer end.
func (l *lines) position(offset int) position {
	offset = max(0, min(offset, len(l.text)))
	low, high := 0, len(l.starts)
	for high-low > 1 {
		if mid := (low + high) / 2; l.starts[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	p := position{Line: low}
	for at := l.starts[low]; at < offset; {
		r, size := utf8.DecodeRuneInString(l.text[at:])
		p.Character += l.units(r, size)
		at += size
	}
	return p
}

// units is how many units of the encoding a character has.
func (l *lines) units(r rune, size int) int {
	switch {
	case l.encoding == utf8Units:
		return size
	case l.encoding == utf16Units && r > 0xffff:
		return 2
	}
	return 1
}

func (l *lines) rang(start, end int) rang { return rang{l.position(start), l.position(end)} }

// negotiated is the encoding to use: the first one offered that this server has,
// else the one that every client has.
func negotiated(offered []string) string {
	for _, e := range offered {
		if e == utf8Units || e == utf16Units || e == utf32Units {
			return e
		}
	}
	return utf16Units
}
