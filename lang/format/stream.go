// What stands between the tokens of a file: spaces, places for breaks, groups.
//
// In: an ast.File. Out: the stream that the printer writes.
package format

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/token"
)

// pieces are the tokens of a range, texts and dashed names whole.
func (l *layout) pieces(from, to int) []piece {
	var out []piece
	end := from
	for i := l.after(from); l.tokens[i].Kind != token.EOF && l.tokens[i].Start < to; i++ {
		t := l.tokens[i]
		p := piece{
			role: l.role(t), newlines: strings.Count(l.file.Text[end:t.Start], "\n"), start: t.Start, end: t.End,
			starts: l.starts[t.Start], attached: l.attached[t.Start], inline: l.inline[t.Start], element: l.elements[t.Start],
		}
		switch {
		case t.Kind == token.TextStart:
			i = l.textEnd(i)
			p.end = l.tokens[i].End
		case l.names[t.Start] > t.End:
			for p.end = l.names[t.Start]; l.tokens[i].End < p.end; {
				i++
			}
		}
		p.text, end = l.file.Text[t.Start:p.end], p.end
		switch p.role {
		case lineComment:
			p.text = strings.TrimRight(p.text, " \t\r")
		case blockComment, word:
			p.text = strings.ReplaceAll(p.text, "\r\n", "\n")
		}
		out = append(out, p)
	}
	return out
}

// flat is a range of one expression on one line.
func (l *layout) flat(from, to int) string {
	var b strings.Builder
	pieces := l.pieces(from, to)
	for i := range pieces {
		p := &pieces[i]
		if p.role == comma && i+1 < len(pieces) && pieces[i+1].role.closes() {
			continue
		}
		if i > 0 && spaced(&pieces[i-1], p) {
			b.WriteByte(' ')
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// writer makes the stream.
type writer struct {
	*layout
	pieces []piece
	items  []item
	// open are the roles of the open brackets, groups the open groups.
	open   []role
	groups []groupRange
	next   int  // in layout.groups
	deeper bool // the lines of an accept have begun
	after  int  // the end of the last piece that was no comment
	apart  bool // the declaration before has empty lines around it
}

func stream(file *ast.File) []item {
	l := newLayout(file)
	w := &writer{layout: l, pieces: l.pieces(0, len(file.Source.Text))}
	for i := range w.pieces {
		w.piece(i)
	}
	return w.items
}

func (w *writer) add(items ...item) { w.items = append(w.items, items...) }

func (w *writer) piece(i int) {
	p := &w.pieces[i]
	inBrackets := len(w.open) > 0 && w.open[len(w.open)-1] != blockOpen
	if p.role == comma && inBrackets && w.open[len(w.open)-1] != groupOpen {
		return // commas come with the elements
	}
	if p.role.closes() {
		w.open = w.open[:len(w.open)-1]
		w.add(item{kind: outItem})
	}
	if w.begins(i) == attach && !w.deeper {
		w.add(item{kind: inItem})
		w.deeper = true
	}
	if i > 0 {
		w.between(i, w.previous(i), p)
	}
	for ; w.next < len(w.layout.groups) && w.layout.groups[w.next].start <= p.start; w.next++ {
		g := w.layout.groups[w.next]
		w.groups = append(w.groups, g)
		nests := 0
		if g.chain {
			nests = 1
		}
		if g.head {
			nests = 2
		}
		w.add(item{kind: openItem, nests: nests})
	}
	w.add(item{kind: wordItem, text: p.text})
	if p.role.opens() {
		w.open = append(w.open, p.role)
		w.add(item{kind: inItem})
	}
	if p.role == lineComment || p.role == blockComment {
		return
	}
	w.after = p.end
	for n := len(w.groups); n > 0 && w.groups[n-1].end <= p.end; n-- {
		w.groups = w.groups[:n-1]
		w.add(item{kind: closeItem})
	}
	if w.ends[p.end] > 0 && w.deeper {
		w.add(item{kind: outItem})
		w.deeper = false
	}
	switch w.follows[p.end] {
	case always:
		w.add(item{kind: wordItem, text: ","})
	case ifBroken:
		w.add(item{kind: commaItem})
	}
}

// previous is the piece before, without commas that are not written.
func (w *writer) previous(i int) *piece {
	if p := &w.pieces[i-1]; i < 2 || p.role != comma || len(w.open) == 0 || w.open[len(w.open)-1] == blockOpen || w.open[len(w.open)-1] == groupOpen {
		return p
	}
	before := w.pieces[i-2]
	before.comma = true
	return &before
}

// What the next piece that is no comment begins.
type beginning int

const (
	inside beginning = iota
	statement
	attach
	closing
	ending
)

func (w *writer) begins(i int) beginning {
	for ; i < len(w.pieces); i++ {
		switch p := &w.pieces[i]; {
		case p.role == lineComment || p.role == blockComment:
		case p.attached:
			return attach
		case p.starts:
			return statement
		case p.role.closes():
			return closing
		default:
			return inside
		}
	}
	return ending
}

// between puts what stands between two pieces.
func (w *writer) between(i int, before, p *piece) {
	comment := p.role == lineComment || p.role == blockComment
	newline := item{kind: hard}
	if begins := w.begins(i); begins != inside && (len(w.open) == 0 || w.open[len(w.open)-1] == blockOpen) {
		if w.empty(i, begins, before, p) {
			newline.kind = blank
		}
	} else if begins == inside {
		newline.deep = w.continues(i)
	}
	switch {
	case before.role == lineComment, comment && p.newlines > 0, before.role == blockComment && p.newlines > 0:
		w.add(newline)
	case comment:
		w.add(item{kind: space})
	case p.starts && !p.inline, p.attached, p.role == blockClose && !p.inline && before.role != blockOpen, before.role == blockOpen && !before.inline && p.role != blockClose:
		w.add(newline)
	case p.role == blockClose && before.role == blockOpen:
	case p.starts, p.role == blockClose, before.role == blockOpen, w.breaks[p.start]:
		w.add(item{kind: soft, wide: true})
	case before.role == objectOpen || p.role == objectClose:
		if !(before.role == objectOpen && p.role == objectClose) {
			w.add(w.elementBreak(i, true))
		}
	case before.role == listOpen, before.role == callOpen, before.role == groupOpen, p.role == listClose, p.role == callClose, p.role == groupClose:
		if !(before.role.opens() && p.role.closes()) {
			w.add(w.elementBreak(i, false))
		}
	case p.element:
		w.add(w.elementBreak(i, true))
	case spaced(before, p):
		w.add(item{kind: space})
	}
}

// elementBreak is the place for a break before piece i of a bracket. A word that
// would begin a statement there stays on its line.
func (w *writer) elementBreak(i int, wide bool) item {
	p := &w.pieces[i]
	createsField := p.text == "create" && i+2 < len(w.pieces) && w.pieces[i+2].role == colon
	if p.role == word && parser.Keyword(p.text) && i+1 < len(w.pieces) && w.pieces[i+1].role != colon && !createsField {
		if wide {
			return item{kind: space}
		}
		return item{kind: wordItem}
	}
	return item{kind: soft, wide: wide}
}

// empty reports whether an empty line stands before piece i, which begins a line
// outside of values: where the author put one, and around what stands apart.
func (w *writer) empty(i int, begins beginning, before, p *piece) bool {
	if before.role == blockOpen || p.role.closes() || p.attached || i == 0 {
		return false
	}
	if len(w.open) == 0 && p.newlines > 0 || len(w.open) == 0 && p.starts {
		first := before.end == w.after // nothing but what stands on the line of the declaration before it
		if next := w.nextStart(i); first && begins == statement && (w.apart || w.layout.apart[next]) {
			w.apart = w.layout.apart[next]
			return true
		} else if first && begins == statement {
			w.apart = w.layout.apart[next]
		}
		if first && begins == ending && w.apart {
			return true
		}
	}
	return p.newlines > 1
}

func (w *writer) nextStart(i int) int {
	for ; i < len(w.pieces); i++ {
		if w.pieces[i].starts {
			return w.pieces[i].start
		}
	}
	return -1
}

// continues reports whether a line that a comment has made begins within a
// statement or an element, so that it stands deeper.
func (w *writer) continues(i int) bool {
	for w.pieces[i].role == lineComment || w.pieces[i].role == blockComment {
		i++
	}
	p := &w.pieces[i]
	if p.role == blockOpen || p.element || w.breaks[p.start] || p.text == "else" && w.after > 0 && w.file.Text[w.after-1] == '}' {
		return false
	}
	if n := len(w.groups); n > 0 && w.groups[n-1].chain {
		return false
	}
	return true
}

// spaced reports whether a space stands between two pieces of a line.
func spaced(a, b *piece) bool {
	switch a.role {
	case blockOpen, objectOpen:
		return !b.role.closes()
	case listOpen, callOpen, groupOpen, stepOpen, keyOpen, dot, unary:
		return false
	}
	switch b.role {
	case comma, colon, dot, percent, callOpen, stepOpen, listClose, callClose, groupClose, stepClose, keyClose:
		return false
	}
	return true
}
