package between

// Two texts, for people. In: texts; out: what is the same in them and what differs, by
// words or by lines, and the same without what is far from a difference.

import (
	"strings"
	"unicode/utf8"
)

// maxTable is how many pairs of words, or of lines, are compared; texts with more
// differ from the first difference to the last.
//
//js:table
const maxTable = 1 << 20

// TextPart is a part of two texts: one that both have, one that differs, or one that
// both have and that is not shown.
type TextPart struct {
	Same     bool
	Old, New string
	Left     int // code points that are not shown; then there is no text
}

// TextParts are the parts of two texts, by words.
func TextParts(before, after string) []TextPart {
	var joined []edits
	found := edit(words(before), words(after))
	for i, e := range found {
		if e.same && i > 0 && i < len(found)-1 && !found[i-1].same && !found[i+1].same && !hasWord(e.old) {
			e.same = false // a point between two words that differ
		}
		if n := len(joined) - 1; n >= 0 && joined[n].same == e.same {
			joined[n].old, joined[n].now = append(joined[n].old, e.old...), append(joined[n].now, e.now...)
			continue
		}
		joined = append(joined, e)
	}
	out := make([]TextPart, len(joined))
	for i, p := range joined {
		out[i] = TextPart{Same: p.same, Old: strings.Join(p.old, ""), New: strings.Join(p.now, "")}
	}
	return out
}

// Around are parts without what is more than n code points away from a difference.
func Around(parts []TextPart, n int) []TextPart {
	var out []TextPart
	for i, p := range parts {
		text := []rune(p.Old)
		head, tail := n, n // of what is shown behind the part before, and before the one behind
		if i == 0 {
			head = 0
		}
		if i == len(parts)-1 {
			tail = 0
		}
		if !p.Same || len(text) <= head+tail+1 {
			out = append(out, p)
			continue
		}
		same := func(text []rune) {
			if len(text) > 0 {
				out = append(out, TextPart{Same: true, Old: string(text), New: string(text)})
			}
		}
		same(text[:head])
		out = append(out, TextPart{Same: true, Left: len(text) - head - tail})
		same(text[len(text)-tail:])
	}
	return out
}

// LineRow is a line of two texts: one that both have (" "), that one has ("-", "+"), or
// lines that both have and that are not shown ("").
type LineRow struct {
	Sign, Text string
	Left       int // lines that are not shown
}

// LineRows are the lines of two texts, without what is more than n lines away from a
// difference; n below 0: all.
func LineRows(before, after string, n int) []LineRow {
	var out []LineRow
	edits := edit(strings.Split(before, "\n"), strings.Split(after, "\n"))
	for i, e := range edits {
		if !e.same {
			for _, line := range e.old {
				out = append(out, LineRow{Sign: "-", Text: line})
			}
			for _, line := range e.now {
				out = append(out, LineRow{Sign: "+", Text: line})
			}
			continue
		}
		head, tail := n, n
		if i == 0 {
			head = 0
		}
		if i == len(edits)-1 {
			tail = 0
		}
		left := len(e.old) - head - tail
		for k, line := range e.old {
			switch {
			case n < 0 || left <= 1 || k < head || k >= len(e.old)-tail:
				out = append(out, LineRow{Sign: " ", Text: line})
			case k == head:
				out = append(out, LineRow{Left: left})
			}
		}
	}
	return out
}

// words cuts a text into words, spaces and single other characters. Of letters beyond
// ASCII all are taken for those of words.
func words(text string) []string {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	var out []string
	last, start := byte(0), 0
	for at, r := range text {
		kind := byte('.')
		switch {
		case r >= 0x80 || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			kind = 'w'
		case r == ' ' || r == '\t':
			kind = ' '
		}
		if at > 0 && (kind != last || kind == '.') {
			out = append(out, text[start:at])
			start = at
		}
		last = kind
	}
	if text != "" {
		out = append(out, text[start:])
	}
	return out
}

func hasWord(list []string) bool {
	for _, w := range list {
		if c := w[0]; c >= 0x80 || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}

// edits are stretches of two lists: the same in both, or different.
type edits struct {
	same     bool
	old, now []string
}

// edit finds a longest list that both have, of such the one in which what goes stands
// before what comes.
func edit(a, b []string) (out []edits) {
	start, end := 0, 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	add := func(same bool, old, now []string) {
		if len(old)+len(now) == 0 {
			return
		}
		if n := len(out) - 1; n >= 0 && out[n].same == same {
			out[n].old, out[n].now = append(out[n].old, old...), append(out[n].now, now...)
			return
		}
		out = append(out, edits{same, append([]string{}, old...), append([]string{}, now...)})
	}
	add(true, a[:start], b[:start])
	x, y := a[start:len(a)-end], b[start:len(b)-end]
	if width := len(y) + 1; (len(x)+1)*width > maxTable {
		add(false, x, y)
	} else {
		longest := make([]int32, (len(x)+1)*width) // of what begins at i and j
		for i := len(x) - 1; i >= 0; i-- {
			for j := len(y) - 1; j >= 0; j-- {
				if x[i] == y[j] {
					longest[i*width+j] = longest[(i+1)*width+j+1] + 1
				} else {
					longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
				}
			}
		}
		for i, j := 0, 0; i < len(x) || j < len(y); {
			switch {
			case i < len(x) && j < len(y) && x[i] == y[j]:
				add(true, x[i:i+1], y[j:j+1])
				i, j = i+1, j+1
			case j == len(y) || i < len(x) && longest[(i+1)*width+j] >= longest[i*width+j+1]:
				add(false, x[i:i+1], nil)
				i++
			default:
				add(false, nil, y[j:j+1])
				j++
			}
		}
	}
	add(true, a[len(a)-end:], b[len(b)-end:])
	return out
}
