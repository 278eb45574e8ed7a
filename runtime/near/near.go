// Package near says what a misspelt word was probably meant to be. In: the word, and
// those that are known; out: one of them, or "". Messages of the language, of every
// command line and of the settings of scripts ask here; near.js is the scripts' half.
package near

import (
	"slices"
	"strings"
)

// Word returns the candidate that word most likely stands for, or "" when
// none is near: equal but for letter case first, then but for `_` and `-` too, else the smallest
// Damerau-Levenshtein distance of at most a third of the word's length (at
// least 1, at most 2 edits). Among equals the first candidate wins, so callers
// pass them in a fixed order.
func Word(word string, candidates []string) string {
	for _, c := range candidates {
		if c != word && strings.EqualFold(c, word) {
			return c
		}
	}
	plain := strings.NewReplacer("_", "", "-", "")
	for _, c := range candidates {
		if c != word && strings.EqualFold(plain.Replace(c), plain.Replace(word)) {
			return c
		}
	}
	w := []rune(strings.ToLower(word))
	best, bestDistance := "", min(2, max(1, len(w)/3))+1
	for _, c := range candidates {
		if c == word {
			continue
		}
		r := []rune(strings.ToLower(c))
		most := min(bestDistance, max(len(w), len(r)))
		if d := distance(w, r, most); d < most {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours count one each. It is looked for below
// most alone: else most is returned.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		// No later row has less than the two before it.
		if slices.Min(row) >= most && slices.Min(last) >= most {
			return most
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most)
}
