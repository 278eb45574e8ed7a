// How much of a line, a message and a list is shown.
//
// In: source lines, words and rendered diagnostics of any length. Out: what a
// person reads of them: the columns around a place, the first characters, the
// errors before the warnings.
package diag

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

const (
	// tabWidth is how many columns a tab of an excerpt takes.
	tabWidth = 4
	// longLine is how many columns of a line are shown as they are.
	longLine = 160
	// around is how many columns of a longer line are shown on either side of the place, and of the place.
	around = 50
	// longWords is how many characters of a message, a label or a note are shown.
	longWords = 2000
	// mostBytes is how long a list becomes; a list is a screen or two, never a log.
	mostBytes = 19_000
)

// window is a line in three parts, the place in the middle, as it is shown: a
// long line only around the place.
func window(before, under, after string) (string, string, string) {
	b := shown(before, 0)
	u := shown(under, columns(b))
	a := shown(after, columns(b)+columns(u))
	if columns(b)+columns(u)+columns(a) <= longLine {
		return b, u, a
	}
	if columns(b) > around {
		b = "…" + runewidth.TruncateLeft(b, columns(b)-around, "")
	}
	if columns(u) > 2*around {
		return b, runewidth.Truncate(u, 2*around, ""), "…"
	}
	return b, u, runewidth.Truncate(a, 2*around-min(columns(b), around), "…")
}

// cut is words that are shown, or their beginning.
func cut(words string) string {
	if len(words) <= longWords || utf8.RuneCountInString(words) <= longWords {
		return words
	}
	return string([]rune(words)[:longWords]) + "…"
}

// bounded says which of the texts are shown when there is room for mostBytes:
// the first ones of the most severe.
func bounded(l List, texts []string) []bool {
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l[a].Severity, l[b].Severity) })
	kept := make([]bool, len(l))
	room := mostBytes
	for n, i := range order {
		if room -= len(texts[i]); room < 0 && n > 0 {
			break
		}
		kept[i] = true
	}
	return kept
}

// shown is source text made safe for a terminal: tabs become spaces up to the
// next stop counted from column, everything a terminal would act upon or hide is escaped.
func shown(text string, column int) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\t' {
			n := tabWidth - column%tabWidth
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		}
		s := string(r)
		// Joiners and variation selectors are part of ordinary emoji; alone they do no harm.
		if r != '\u200d' && !unicode.Is(unicode.Mn, r) {
			s = Safe(s, 0)
		}
		b.WriteString(s)
		column += columns(s)
	}
	return b.String()
}

// columns is how many terminal cells s takes; wide runes take two.
func columns(s string) int { return runewidth.StringWidth(s) }
