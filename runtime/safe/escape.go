package safe

// Hidden characters, written. In: text; out: the same, with escapes where it could
// mislead. escape.js is the scripts' half.

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// Escape writes text for people: line breaks and tabs as \n, \r and \t, other hidden
// characters as \u{hex}, a byte that is no UTF-8 as \xhh, and a backslash before each
// of the special characters.
func Escape(b *strings.Builder, s, special string) {
	for s != "" {
		s = s[EscapeOne(b, s, special):]
	}
}

// EscapeOne writes the first character of a text as Escape does, and gives its size in bytes.
func EscapeOne(b *strings.Builder, s, special string) int {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		fmt.Fprintf(b, `\x%02x`, s[0])
	case strings.ContainsRune(special, r):
		b.WriteByte('\\')
		b.WriteRune(r)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case Hidden(r):
		fmt.Fprintf(b, `\u{%x}`, r)
	default:
		b.WriteRune(r)
	}
	return size
}

// AppendUnits appends a character as JSON and JavaScript escape it: \uXXXX for each of
// its UTF-16 units.
func AppendUnits(dst []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		return AppendUnits(AppendUnits(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
