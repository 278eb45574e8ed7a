package doc

// The text of JSON. In: bytes; out: the tokens that read.go and wrappers.go ask for:
// what stands at a place, words and strings with their escapes, or a *SyntaxError.

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// scanner is a text that is read from its beginning on.
type scanner struct {
	src []byte
	pos int
	err error // the first one
}

func (r *scanner) fail(at int, format string, args ...any) bool {
	if r.err == nil {
		r.err = &SyntaxError{Offset: at, Message: fmt.Sprintf(format, args...)}
	}
	return false
}

// space skips white space and returns the next byte, 0 at the end.
func (r *scanner) space() byte {
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; c {
		case ' ', '\n', '\t', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// expect skips white space and the given byte.
func (r *scanner) expect(c byte, context string) bool {
	if r.space() != c {
		return r.fail(r.pos, "expected %q %s, found %s", c, context, r.found())
	}
	r.pos++
	return true
}

// found describes what stands at the current place.
func (r *scanner) found() string {
	if r.pos >= len(r.src) {
		return "the end of the text"
	}
	c, _ := utf8.DecodeRune(r.src[r.pos:])
	return strconv.QuoteRune(c)
}

func (r *scanner) word(w string) bool {
	if !bytes.HasPrefix(r.src[r.pos:], []byte(w)) {
		return r.fail(r.pos, "expected a value; text stands in double quotes")
	}
	r.pos += len(w)
	return true
}

func (r *scanner) peek(c byte) bool { return r.space() == c }

// str reads a JSON string, the opening quote being next, and appends its text.
func (r *scanner) str(dst []byte) ([]byte, bool) {
	r.pos++
	src := r.src
	start, i := r.pos, r.pos
	ascii := true
	for {
		for i < len(src) && plain[src[i]] {
			i++
		}
		if i == len(src) {
			return dst, r.fail(start-1, "this text has no closing quote")
		}
		c := src[i]
		if c >= 0x7f {
			ascii = false
			i++
			continue
		}
		if !ascii && !utf8.Valid(src[start:i]) {
			return dst, r.invalidUTF8(start, i)
		}
		ascii = true
		dst = append(dst, src[start:i]...)
		switch c {
		case '"':
			r.pos = i + 1
			return dst, true
		case '\\':
			r.pos = i
			var ok bool
			if dst, ok = r.escape(dst); !ok {
				return dst, false
			}
			i = r.pos
			start = i
		default:
			return dst, r.fail(i, "a control character in text must be written as \\u%04x", c)
		}
	}
}

func (r *scanner) invalidUTF8(from, to int) bool {
	for i := from; i < to; {
		c, size := utf8.DecodeRune(r.src[i:to])
		if c == utf8.RuneError && size == 1 {
			return r.fail(i, "text that is not valid UTF-8")
		}
		i += size
	}
	return r.fail(from, "text that is not valid UTF-8")
}

// escape reads one \ sequence, surrogate pairs included.
func (r *scanner) escape(dst []byte) ([]byte, bool) {
	at := r.pos
	if at+1 >= len(r.src) {
		return dst, r.fail(at, "this text has no closing quote")
	}
	r.pos += 2
	switch c := r.src[at+1]; c {
	case '"', '\\', '/':
		return append(dst, c), true
	case 'b':
		return append(dst, '\b'), true
	case 'f':
		return append(dst, '\f'), true
	case 'n':
		return append(dst, '\n'), true
	case 'r':
		return append(dst, '\r'), true
	case 't':
		return append(dst, '\t'), true
	case 'u':
		high, ok := r.hex4()
		switch {
		case !ok:
			return dst, r.fail(at, "\\u needs four hex digits")
		case high < 0xd800 || high > 0xdfff:
			return utf8.AppendRune(dst, high), true
		case high < 0xdc00 && bytes.HasPrefix(r.src[r.pos:], []byte(`\u`)):
			r.pos += 2
			if low, ok := r.hex4(); ok && low >= 0xdc00 && low <= 0xdfff {
				return utf8.AppendRune(dst, (high-0xd800)<<10+(low-0xdc00)+0x10000), true
			}
		}
		return dst, r.fail(at, "\\u%04x is half of a surrogate pair, which is no character", high)
	}
	return dst, r.fail(at, "unknown escape; a backslash in text is written \\\\")
}

func (r *scanner) hex4() (rune, bool) {
	if r.pos+4 > len(r.src) {
		return 0, false
	}
	n := rune(0)
	for _, c := range r.src[r.pos : r.pos+4] {
		d := hexValue(c)
		if d > 15 {
			return 0, false
		}
		n = n<<4 | rune(d)
	}
	r.pos += 4
	return n, true
}

// hexValue returns the value of a hex digit, more than 15 when it is none.
func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}
