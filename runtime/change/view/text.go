package view

// A page as plain text (docs/enforcement.md, The report as text). In: a page; out: text,
// the same from both engines. Pure.

import (
	"strings"
	"unicode/utf8"
)

//js:table
const screen = 40 // lines after which the totals are said once more

// text is the page as plain text.
func (p *page) text(f Form) string {
	w := &textWriter{colors: f.Colors}
	if len(p.title) > 0 {
		w.strong(p.title)
	}
	if len(p.filtered) > 0 {
		w.line("", p.filtered)
	}
	totals := p.rows()
	w.table(totals)
	if len(p.quiet) > 0 {
		w.line("", nil)
		w.line("", p.quiet)
	}
	began := w.lines
	for _, o := range p.outlines {
		if len(o.of) > 0 {
			w.line("", nil)
			w.strong(line("=== ", o.of, " ==="))
		}
		w.outline(o)
	}
	for _, c := range append(p.conflicts[:len(p.conflicts):len(p.conflicts)], p.failures...) {
		w.line("", nil)
		w.strong(c.title())
		for _, text := range cleanLines(c.message) {
			w.line("  ", line(text))
		}
		if len(c.more) > 0 {
			w.line("", nil)
			w.line("", c.more)
		}
	}
	if w.lines-began > screen {
		w.table(totals)
	}
	for i, l := range p.tail {
		if i == 0 {
			w.line("", nil)
		}
		w.line("", l)
	}
	for i, l := range p.results {
		if i == 0 {
			w.line("", nil)
		}
		w.strong(l)
	}
	return strings.TrimPrefix(w.b.String(), "\n")
}

// rows are the totals as a table, when there are several.
func (p *page) rows() [][2]string {
	var out [][2]string
	for _, t := range p.totals {
		of := plain(t.name)
		if len(t.of) > 0 {
			of += " in " + plain(t.of)
		}
		out = append(out, [2]string{of, t.text(p.verbs)})
	}
	if len(p.totals) == 1 && len(p.totals[0].of) == 0 {
		return nil // the title has them
	}
	return out
}

// textWriter writes lines.
type textWriter struct {
	b      strings.Builder
	lines  int
	colors bool
}

// line writes a line.
func (w *textWriter) line(indent string, l []span) {
	w.b.WriteString(indent + terminal(l, w.colors) + "\n")
	w.lines++
}

// strong writes a line that stands out on a terminal.
func (w *textWriter) strong(l []span) {
	text := plain(l)
	if w.colors {
		text = paint(bold, text)
	}
	w.b.WriteString(text + "\n")
	w.lines++
}

// table writes rows of two columns behind an empty line.
func (w *textWriter) table(rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r[0]))
	}
	if len(rows) > 0 {
		w.line("", nil)
	}
	for _, r := range rows {
		w.line("  ", line(r[0]+strings.Repeat(" ", width-utf8.RuneCountInString(r[0]))+"  "+r[1]))
	}
}

// outline writes the parts: what binds and bounds first, unless one part is all there is.
func (w *textWriter) outline(o *outline) {
	together := func(p part) bool { return len(o.parts) == 1 || p.made }
	for _, p := range o.parts {
		if !together(p) && len(p.policies) > 0 {
			w.head(p)
			w.entries(p.policies)
		}
	}
	for _, p := range o.parts {
		if together(p) || len(p.documents)+len(p.notes) > 0 {
			w.head(p)
		}
		if together(p) {
			w.entries(p.policies)
		}
		w.entries(p.documents)
		for _, n := range p.notes {
			w.line("  ", n)
		}
	}
	for _, l := range o.lists {
		w.list(l.lines)
	}
	for _, n := range o.notes {
		w.line("", nil)
		w.line("", n)
	}
}

// head writes the heading of a part.
func (w *textWriter) head(p part) {
	w.line("", nil)
	w.strong(line(p.name, p.about))
}

// list writes lines behind an empty one.
func (w *textWriter) list(lines [][]span) {
	if len(lines) > 0 {
		w.line("", nil)
	}
	for _, l := range lines {
		w.line("", l)
	}
}

// entries writes entries with their lines.
func (w *textWriter) entries(entries []entry) {
	for _, e := range entries {
		w.line("  ", line(w.sign(e.sign, " "), e.head))
		for _, f := range e.lines {
			w.line("      ", line(w.sign(f.sign, " "), f.line()))
			for _, r := range f.rows {
				w.line("        ", line(w.sign(r.sign, " "), r.text))
			}
		}
	}
}

// sign is a sign with what goes behind it, or nothing.
func (w *textWriter) sign(sign, behind string) string {
	style := map[string]string{"+": green, "-": red, "~": yellow, "!": red, "?": yellow}[sign]
	switch {
	case sign == "":
		return ""
	case w.colors && style != "":
		return paint(style, sign) + behind
	}
	return sign + behind
}
