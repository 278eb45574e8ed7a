// Quoting of data in messages.
package diag

import (
	"strings"

	"github.com/hayone1/mongocd/runtime/safe"
)

// Quote returns s in double quotes, safe for any terminal: hidden characters
// (runtime/safe) and bytes that are no UTF-8 are escaped, and at most max code points of s are shown (0: all), then "…".
func Quote(s string, max int) string {
	return `"` + escape(s, max, `"\`) + `"`
}

// Safe is Quote without the quotes, for text that is already words, as names
// in backquotes are.
func Safe(s string, max int) string { return escape(s, max, "") }

func escape(s string, max int, special string) string {
	var b strings.Builder
	for n := 0; s != ""; n++ {
		if max > 0 && n == max {
			b.WriteString("…")
			break
		}
		s = s[safe.EscapeOne(&b, s, special):]
	}
	return b.String()
}

// Backquote is a name or a piece of source in backquotes, up to 64 code points of it.
func Backquote(text string) string { return "`" + Safe(text, 64) + "`" }
