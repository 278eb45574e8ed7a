package view

// Two values that differ, shown where they do. In: the values; out: pieces of one line, or
// rows of several. Pure. What differs is found by runtime/change/between.

import (
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
)

//js:table
const (
	windowFrom  = 60  // code points; shorter texts are shown whole, one beside the other
	windowText  = 30  // code points that are shown around a difference
	windowParts = 6   // differences of one text that are shown
	windowLines = 2   // lines that are shown around a difference
	windowRow   = 160 // code points of a line that are shown
)

// window shows two values where they differ; false: they are shown whole, one beside the other.
func (o *outliner) window(x *change.Change) (said []span, rows []row, ok bool) {
	if x.Before.Missing() || x.After.Missing() || len(x.Links) > 0 || masked(x.Before) || masked(x.After) {
		return nil, nil, false
	}
	before, isText := x.Before.StringValueOK()
	after, both := x.After.StringValueOK()
	around := `"`
	if !isText || !both {
		if x.Before.Type != x.After.Type {
			return nil, nil, false
		}
		around, before, after = "", change.ShowWhole(x.Before.RawValue), change.ShowWhole(x.After.RawValue)
	}
	lines := strings.Count(before, "\n") + strings.Count(after, "\n")
	if isText && both && lines > 1 {
		return nil, o.lines(before, after), true
	}
	if max(utf8.RuneCountInString(before), utf8.RuneCountInString(after)) < windowFrom || !isText && x.Before.Type != bson.TypeBinary {
		return nil, nil, false
	}
	return line(around, o.inline(between.TextParts(before, after)), around), nil, true
}

// masked reports whether a value is a word for what nobody may see.
func masked(v change.Value) bool {
	_, ok := maskedWord(v.RawValue)
	return ok
}

// inline are parts of a text on one line.
func (o *outliner) inline(parts []between.TextPart) []span {
	short := func(text string) string { return change.Clean(text) }
	if !o.form.Verbose {
		parts = between.Around(parts, windowText)
		short = func(text string) string { return change.Shorten(change.Clean(text)) }
	}
	var out []span
	differences, left := 0, 0
	for _, p := range parts {
		switch {
		case !p.Same && differences == windowParts && !o.form.Verbose:
			left++
		case left > 0:
		case p.Left > 0:
			out = append(out, span{data, "…"})
		case p.Same:
			out = append(out, span{data, change.Clean(p.Old)})
		default:
			differences++
			if p.Old != "" {
				out = append(out, span{cut, short(p.Old)})
			}
			if p.New != "" {
				out = append(out, span{put, short(p.New)})
			}
		}
	}
	if left > 0 {
		out = append(out, span{words, " (" + count(left) + " more " + plural(left, "difference", "differences") + ")"})
	}
	return joinData(out)
}

// joinData joins pieces of data that stand side by side.
func joinData(spans []span) []span {
	var out []span
	for _, s := range spans {
		if n := len(out) - 1; n >= 0 && s.kind == data && out[n].kind == data {
			out[n].text += s.text
			continue
		}
		out = append(out, s)
	}
	return out
}

// lines are the rows of two texts of several lines.
func (o *outliner) lines(before, after string) []row {
	n := windowLines
	if o.form.Verbose {
		n = -1
	}
	found := between.LineRows(before, after, n)
	var out []row
	for i := 0; i < len(found); {
		from := i
		for i < len(found) && found[i].Sign == "-" {
			i++
		}
		gone := found[from:i]
		from = i
		for i < len(found) && found[i].Sign == "+" {
			i++
		}
		came := found[from:i]
		if len(gone)+len(came) == 0 {
			r := found[i]
			i++
			if r.Left > 0 {
				out = append(out, row{"", "… " + count(r.Left) + " more " + plural(r.Left, "line", "lines")})
			} else {
				out = append(out, row{" ", o.rowText(r.Text)})
			}
			continue
		}
		for k, r := range gone {
			text := o.rowText(r.Text)
			if k < len(came) {
				text = o.rowBeside(r.Text, came[k].Text, true)
			}
			out = append(out, row{"-", text})
		}
		for k, r := range came {
			text := o.rowText(r.Text)
			if k < len(gone) {
				text = o.rowBeside(gone[k].Text, r.Text, false)
			}
			out = append(out, row{"+", text})
		}
	}
	return out
}

// rowText is a line, cut where it is long.
func (o *outliner) rowText(text string) string {
	text = change.Clean(text)
	if runes := []rune(text); len(runes) > windowRow && !o.form.Verbose {
		return string(runes[:windowRow-1]) + "…"
	}
	return text
}

// rowBeside is a line that takes another one's place, or gives its own: where it is long,
// what differs in it.
func (o *outliner) rowBeside(before, after string, gone bool) string {
	if o.form.Verbose || max(utf8.RuneCountInString(before), utf8.RuneCountInString(after)) <= windowRow {
		if gone {
			return change.Clean(before)
		}
		return change.Clean(after)
	}
	var b strings.Builder
	for _, p := range between.Around(between.TextParts(before, after), windowText) {
		switch {
		case p.Left > 0:
			b.WriteString("…")
		case gone:
			b.WriteString(p.Old)
		default:
			b.WriteString(p.New)
		}
	}
	return change.Clean(b.String())
}

// Edit is what differs between two long texts, without what stands around it: the same for
// changes that are said together; empty: they are no such texts.
func Edit(x *change.Change) string {
	if x.Before.Missing() || x.After.Missing() || x.Kind != change.KindChanged || len(x.Links) > 0 || masked(x.Before) || masked(x.After) {
		return ""
	}
	before, one := x.Before.StringValueOK()
	after, both := x.After.StringValueOK()
	short := strings.Count(before, "\n")+strings.Count(after, "\n") <= 1 && max(utf8.RuneCountInString(before), utf8.RuneCountInString(after)) < windowFrom
	if !one || !both || short {
		return ""
	}
	var b strings.Builder
	for _, p := range between.TextParts(before, after) {
		if !p.Same {
			b.WriteString(p.Old + "\x00" + p.New + "\x00")
		}
	}
	return b.String()
}
