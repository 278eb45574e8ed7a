// Diagnostics as text, for people.
//
// In: a List, sorted by the caller. Out: per diagnostic its headline, place,
// source excerpt with carets, notes, and the other places that matter; then
// one line that counts. It reads the same without colour.
package diag

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/lang/source"
)

// RenderOptions says how Render writes. The zero value is plain text without hints.
type RenderOptions struct {
	Color bool // SGR colours, for terminals
	Hints bool // show hints as well
	// Accepted: show what the files accept as well.
	Accepted bool
	Bare     bool // no line with the numbers of messages at the end
}

// Render writes the list as text.
func Render(w io.Writer, l List, opts RenderOptions) error {
	r := renderer{color: opts.Color}
	counts := map[Severity]int{}
	var shown List
	for _, d := range l {
		if d.Severity == Hint && !opts.Hints || d.Severity == Accepted && !opts.Accepted {
			continue
		}
		counts[d.Severity]++
		shown = append(shown, d)
	}
	shown, more := once(shown)
	texts := make([]string, len(shown))
	for i, d := range shown {
		if more[i] > 0 {
			d.Notes = append(slices.Clip(d.Notes), fmt.Sprintf("and %d more like it of the same place: the first %d are shown", more[i], mostAlike))
		}
		r.diagnostic(d)
		texts[i] = r.out.String() + "\n"
		r.out.Reset()
	}
	kept := bounded(shown, texts)
	for i := range shown {
		if kept[i] {
			r.out.WriteString(texts[i])
		}
	}
	left := 0
	for i := range shown {
		if !kept[i] {
			left += 1 + more[i]
		}
	}
	if left > 0 {
		fmt.Fprintf(&r.out, "%d more are not shown: mend these first\n\n", left)
	}
	var words []string
	for _, s := range []Severity{Error, Warning, Hint, Accepted} {
		switch n := counts[s]; {
		case n > 0 && s == Accepted:
			words = append(words, fmt.Sprintf("%d accepted", n))
		case n == 1:
			words = append(words, "1 "+s.String())
		case n > 1:
			words = append(words, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(words) > 0 && !opts.Bare {
		r.out.WriteString(strings.Join(words, ", ") + "\n")
	}
	_, err := w.Write(r.out.Bytes())
	return err
}

// mostAlike is how many messages of a kind and place are shown: a block of a thousand collections, or of as many databases,
// has as many.
const mostAlike = 10

// once leaves out what says the same of the same place once more than is shown; more counts it at the last one shown.
func once(l List) (shown List, more []int) {
	type kind struct {
		severity Severity
		code     Code
		span     source.Span
	}
	seen, last := map[kind]int{}, map[kind]int{}
	for _, d := range l {
		k := kind{d.Severity, d.Code, d.Span}
		if seen[k]++; seen[k] > mostAlike && !d.Span.IsZero() {
			more[last[k]]++
			continue
		}
		last[k] = len(shown)
		shown, more = append(shown, d), append(more, 0)
	}
	return shown, more
}

// The styles of the parts, as SGR parameters.
const (
	bold = "1"
	blue = "1;34"
)

var severityStyle = map[Severity]string{Error: "1;31", Warning: "1;33", Hint: "1;36", Accepted: "1;32"}

type renderer struct {
	out   bytes.Buffer
	color bool
}

// paint wraps s in a style when colours are on.
func (r *renderer) paint(style, s string) string {
	if !r.color || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (r *renderer) diagnostic(d Diagnostic) {
	style := severityStyle[d.Severity]
	head := fmt.Sprintf("%s[%s]", d.Severity, d.Code)
	fmt.Fprintf(&r.out, "%s%s\n", r.paint(style, head), r.paint(bold, ": "+cut(d.Message)))

	// One gutter width for all excerpts of a diagnostic keeps its bars in one column.
	gutter := 0
	if !d.Span.IsZero() {
		gutter = lineWidth(d.Span)
	}
	for _, rel := range d.Related {
		if !rel.Span.IsZero() {
			gutter = max(gutter, lineWidth(rel.Span))
		}
	}
	if !d.Span.IsZero() {
		r.excerpt(d.Span, gutter, style, "^", cut(d.Label))
	} else if d.Label != "" {
		fmt.Fprintf(&r.out, "%s %s %s\n", strings.Repeat(" ", gutter), r.paint(blue, "="), cut(d.Label))
	}
	for _, note := range d.Notes {
		// A note of several lines is aligned under its first.
		indent := strings.Repeat(" ", gutter+3)
		fmt.Fprintf(&r.out, "%s %s %s\n", strings.Repeat(" ", gutter), r.paint(blue, "="), strings.ReplaceAll(cut(note), "\n", "\n"+indent))
	}
	for _, rel := range d.Related {
		if rel.Span.IsZero() {
			fmt.Fprintf(&r.out, "%s %s %s\n", strings.Repeat(" ", gutter), r.paint(blue, "="), cut(rel.Message))
			continue
		}
		r.excerpt(rel.Span, gutter, blue, "-", cut(rel.Message))
	}
}

func lineWidth(s source.Span) int { return len(strconv.Itoa(s.Position().Line)) }

// excerpt writes the place and the first line of the span, underlined.
func (r *renderer) excerpt(s source.Span, gutter int, style, mark, label string) {
	pad := strings.Repeat(" ", gutter)
	pos := s.Position()
	line := s.File.Line(pos.Line)
	start := s.Start - s.File.LineStart(pos.Line)
	end := min(s.End-s.File.LineStart(pos.Line), len(line))
	start = min(start, len(line))

	before, under, after := window(line[:start], line[start:max(start, end)], line[max(start, end):])
	width := columns(before)
	count := max(1, columns(under))

	fmt.Fprintf(&r.out, "%s%s %s:%d:%d\n", pad, r.paint(blue, "-->"), Safe(s.File.Name, 0), pos.Line, pos.Column)
	fmt.Fprintf(&r.out, "%s %s\n", pad, r.paint(blue, "|"))
	text := strings.TrimRight(before+under+after, " ")
	number := fmt.Sprintf("%*d", gutter, pos.Line)
	if text == "" {
		fmt.Fprintf(&r.out, "%s %s\n", r.paint(blue, number), r.paint(blue, "|"))
	} else {
		fmt.Fprintf(&r.out, "%s %s %s\n", r.paint(blue, number), r.paint(blue, "|"), text)
	}
	carets := strings.Repeat(mark, count)
	if label != "" {
		carets += " " + label
	}
	fmt.Fprintf(&r.out, "%s %s %s%s\n", pad, r.paint(blue, "|"), strings.Repeat(" ", width), r.paint(style, carets))
}
