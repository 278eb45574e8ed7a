// The printer: a stream of words, places for line breaks and groups, after
// Oppen. A group is written in one line when it fits into the width with what
// follows it up to the next place for a break, else broken at all its places.
package format

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// width is how many columns a line has.
const width = 100

type kind int

const (
	wordItem  kind = iota
	space          // stays one
	soft           // a space, or nothing, or a break of its group
	hard           // a line break
	blank          // a line break and an empty line
	openItem       // begins a group
	closeItem      // ends it
	inItem         // one level deeper from here on
	outItem
	commaItem // a comma where its group is broken
)

// item is one part of the stream.
type item struct {
	kind kind
	text string
	wide bool // soft: a space when it is no break
	deep bool // hard: one level deeper for this line
	// openItem: how many levels deeper its lines are where it is broken.
	nests int
	// openItem: something in it breaks the line.
	broken bool
}

const indentation = "  "

type printer struct {
	items  []item
	out    strings.Builder
	level  int
	line   int // the level of the current line
	column int
	groups []group
}

type group struct {
	broken bool
	nests  int
}

func (p *printer) print() string {
	p.mark()
	for i := range p.items {
		it := &p.items[i]
		switch it.kind {
		case wordItem:
			p.word(it.text)
		case space:
			p.word(" ")
		case soft:
			if p.broken() {
				p.newline(false, false)
			} else if it.wide {
				p.word(" ")
			}
		case hard:
			p.newline(false, it.deep)
		case blank:
			p.newline(true, it.deep)
		case openItem:
			g := group{broken: it.broken || !p.fits(i+1), nests: it.nests}
			p.groups = append(p.groups, g)
			if g.broken {
				p.level += g.nests
			}
		case closeItem:
			g := p.groups[len(p.groups)-1]
			p.groups = p.groups[:len(p.groups)-1]
			if g.broken {
				p.level -= g.nests
			}
		case inItem:
			p.level++
		case outItem:
			p.level--
		case commaItem:
			if p.broken() {
				p.word(",")
			}
		}
	}
	return p.out.String()
}

func (p *printer) broken() bool { return len(p.groups) > 0 && p.groups[len(p.groups)-1].broken }

// word writes a word; the lines of a """ text are put below the current one.
func (p *printer) word(text string) {
	if strings.HasPrefix(text, `"""`) {
		text = reindent(text, strings.Repeat(indentation, p.line+1))
	}
	p.out.WriteString(text)
	if at := strings.LastIndexByte(text, '\n'); at >= 0 {
		p.column = runewidth.StringWidth(text[at+1:])
		return
	}
	p.column += runewidth.StringWidth(text)
}

func (p *printer) newline(empty, deep bool) {
	p.out.WriteByte('\n')
	if empty {
		p.out.WriteByte('\n')
	}
	p.line = p.level
	if deep {
		p.line++
	}
	p.out.WriteString(strings.Repeat(indentation, p.line))
	p.column = p.line * len(indentation)
}

// mark marks the groups that something breaks.
func (p *printer) mark() {
	var open []int
	for i, it := range p.items {
		switch {
		case it.kind == openItem:
			open = append(open, i)
		case it.kind == closeItem:
			open = open[:len(open)-1]
		case it.kind == hard, it.kind == blank, it.kind == wordItem && strings.Contains(it.text, "\n"):
			for _, o := range open {
				p.items[o].broken = true
			}
		}
	}
}

// fits reports whether the group whose first item is i fits into the line with
// what follows it up to the next place for a break.
func (p *printer) fits(i int) bool {
	left, depth := width-p.column, 1
	for ; i < len(p.items) && left >= 0; i++ {
		switch it := p.items[i]; it.kind {
		case wordItem:
			if at := strings.IndexByte(it.text, '\n'); at >= 0 {
				return runewidth.StringWidth(it.text[:at]) <= left
			}
			left -= runewidth.StringWidth(it.text)
		case space:
			left--
		case soft:
			if depth <= 0 {
				return true
			}
			if it.wide {
				left--
			}
		case hard, blank:
			return true
		case openItem:
			if depth > 0 {
				depth++
			}
		case closeItem:
			if depth > 0 {
				depth--
			}
		}
	}
	return left >= 0
}
