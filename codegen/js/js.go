// Package js prints JavaScript text: it is the only place where data becomes
// source code of a script.
//
// In: Go strings of any bytes. Out: string literals that every JavaScript
// engine reads back as the same text, that never end early, and that are safe
// inside of HTML, comments and terminals as well.
package js

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/runtime/safe"
)

const hexDigits = "0123456789abcdef"

// Strings returns a list of strings as an array literal.
func Strings(list []string) string {
	return List(list, Quote)
}

// List returns an array literal of what element makes of each item.
func List[T any](list []T, element func(T) string) string {
	parts := make([]string, len(list))
	for i, item := range list {
		parts[i] = element(item)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Quote returns s as a single-quoted string literal. Bytes that are not UTF-8
// become U+FFFD, one for each byte.
func Quote(s string) string {
	return string(AppendQuote(make([]byte, 0, len(s)+2), s))
}

// AppendQuote appends s as a single-quoted string literal.
func AppendQuote(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	dst = appendEscaped(dst, s)
	return append(dst, '\'')
}

// AppendLines appends one string literal that holds the lines, each followed by
// a newline, and shows one line of text a line of the script: a literal with
// line continuations. mongosh reads one long literal faster than many short ones.
// A line feed inside of a line stays an escape, so it does not begin a new one
// in the script, but it does in the literal: callers pass lines without any.
func AppendLines[T ~string | ~[]byte](dst []byte, lines iter.Seq[T]) []byte {
	dst = append(dst, '\'', '\\', '\n')
	for line := range lines {
		dst = appendEscaped(dst, line)
		dst = append(dst, '\\', 'n', '\\', '\n')
	}
	return append(dst, '\'')
}

// appendEscaped appends the characters of s as they stand in a literal. Escaped
// are single quotes and backticks, the backslash, `${` (templates), `</`, `<!` and `->` (markup),
// and hidden characters (runtime/safe).
func appendEscaped[T ~string | ~[]byte](dst []byte, s T) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '\'' || c == '\\':
				dst = append(dst, '\\', c)
			case c == '\n':
				dst = append(dst, '\\', 'n')
			case c < ' ' || c == 0x7f || c == '`' || starts(c, s[i:]) || c == '>' && i > 1 && s[i-2] == '-':
				dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
			default:
				dst = append(dst, c)
			}
			continue
		}
		r, size := decode(s[i:])
		if r == utf8.RuneError && size == 1 || safe.Hidden(r) {
			dst = safe.AppendUnits(dst, r)
		} else {
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

// starts reports whether c and what follows start a template's expression, the
// end of an element or a markup comment.
func starts[T ~string | ~[]byte](c byte, rest T) bool {
	if len(rest) == 0 {
		return false
	}
	return c == '$' && rest[0] == '{' || c == '<' && (rest[0] == '/' || rest[0] == '!')
}

func decode[T ~string | ~[]byte](s T) (rune, int) {
	return utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
}
