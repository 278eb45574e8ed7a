// The scanner inside texts: characters, escapes, interpolations.
package token

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hayone1/mongocd/lang/diag"
)

// textPiece scans one token of the innermost text.
func (s *scanner) textPiece() {
	in := s.scopes[len(s.scopes)-1]
	rest := s.text[s.pos:]
	closing := `"`
	if in.kind == 'm' {
		closing = `"""`
	}
	switch {
	case rest == "" || in.kind == '"' && (rest[0] == '\n' || strings.HasPrefix(rest, "\r\n")):
		s.unclosedText(in)
	case strings.HasPrefix(rest, closing):
		s.scopes = s.scopes[:len(s.scopes)-1]
		s.emit(TextEnd, s.pos+len(closing))
	case strings.HasPrefix(rest, "${"):
		s.scopes = append(s.scopes, scope{kind: '$', start: s.pos})
		s.emit(InterpStart, s.pos+2)
	case rest[0] == '\\':
		s.escape(rest)
	default:
		s.chars(rest, in.kind, closing)
	}
}

func (s *scanner) chars(rest string, kind byte, closing string) {
	end := 0
	for end < len(rest) {
		c := rest[end]
		if c == '\\' || strings.HasPrefix(rest[end:], closing) || strings.HasPrefix(rest[end:], "${") ||
			kind == '"' && (c == '\n' || strings.HasPrefix(rest[end:], "\r\n")) {
			break
		}
		r, size := utf8.DecodeRuneInString(rest[end:])
		if r == utf8.RuneError && size == 1 {
			s.report(diag.UnexpectedCharacter, s.pos+end, s.pos+end+1, "this is not UTF-8 text", "not readable",
				"save the file as UTF-8; for binary data write `binary(\"base64\", subtype)`")
		}
		end += size
	}
	s.emit(Chars, s.pos+end)
}

// unclosedText ends a text at the end of its line or of the file.
func (s *scanner) unclosedText(in scope) {
	width, notes := 1, []string{"close it with `\"` on the same line; text over several lines is written `\"\"\" … \"\"\"`"}
	if in.kind == 'm' {
		width, notes = 3, []string{"close it with `\"\"\"`"}
	}
	if in.kind == '"' && s.overLines(in) {
		return
	}
	s.report(diag.UnclosedText, in.start, in.start+width, "this text has no closing quote", "opened here", notes...)
	if last := &s.tokens[len(s.tokens)-1]; in.kind == '"' && last.Kind == Chars && last.End == s.pos {
		// The brackets that end the line are those of what is around the text.
		if end := max(last.Start, in.start+s.unclosedLength(s.text[in.start:s.pos])); end < s.pos {
			last.End, s.pos = end, end
		}
	}
	s.scopes = s.scopes[:len(s.scopes)-1]
	s.emit(TextEnd, s.pos).Bad = true
}

// overLines reports a text in simple quotes that ends on one of the next lines,
// where its closing quote stands behind a letter, and takes it up to there.
func (s *scanner) overLines(in scope) bool {
	rest := s.text[s.pos:]
	for line := 0; line < 20; line++ {
		at := strings.IndexByte(rest, '\n')
		if at < 0 {
			return false
		}
		rest = rest[at+1:]
		text := rest[:lineLength(rest)]
		quote := strings.IndexByte(text, '"')
		if quote < 0 && strings.Trim(text, " \t}") == "" {
			return false // the block ends
		}
		if quote < 0 {
			continue
		}
		if strings.Count(text, `"`)%2 == 0 || quote == 0 || strings.ContainsRune(" \t([{:,=$", rune(text[quote-1])) {
			return false
		}
		end := len(s.text) - len(rest) + quote + 1
		s.report(diag.UnclosedText, in.start, in.start+1, "this text ends on another line", "opened here", "text over several lines is written `\"\"\" … \"\"\"`")
		s.scopes = s.scopes[:len(s.scopes)-1]
		s.emit(TextEnd, end).Bad = true
		return true
	}
	return false
}

// openInterpolation ends all interpolations at the end of their line. The
// outermost one is reported: what looks like a text opened inside it is
// usually the closing quote of the text around it.
func (s *scanner) openInterpolation() {
	outer := len(s.scopes) - 1
	for outer > 0 && s.scopes[outer-1].kind != 'm' {
		outer--
	}
	if s.scopes[outer].kind != '$' {
		outer++
	}
	in := s.scopes[outer]
	line := s.text[in.start:]
	line = line[:lineLength(line)]
	if end := strings.LastIndexByte(line, '}'); strings.Contains(line, `\"`) && end > 0 {
		s.report(diag.BadInterpolation, in.start, in.start+end+1, "inside `${ }` quotes are not escaped",
			fmt.Sprintf("write `%s`", diag.Safe(strings.ReplaceAll(line[:end+1], `\"`, `"`), 80)))
	} else {
		s.report(diag.BadInterpolation, in.start, in.start+2, "this `${` has no closing `}` on its line", "opened here",
			"to write the characters `${` themselves, use `\\${`")
	}
	s.dropErrorsFrom(in.start)
	if last := s.tokens[len(s.tokens)-1]; outer == 1 && s.scopes[0].kind == '"' && last.Kind == Punct && s.text[last.Start:last.End] == "{" {
		// A `{` that ends the line is of the statement that the text is in.
		s.tokens, s.pos = s.tokens[:len(s.tokens)-1], last.Start
	}
	for len(s.scopes) > outer {
		k := InterpEnd
		if s.scopes[len(s.scopes)-1].kind != '$' {
			k = TextEnd
		}
		s.emit(k, s.pos).Bad = true
		s.scopes = s.scopes[:len(s.scopes)-1]
	}
	// A text in one line ends with its line as well, without a second message.
	if n := len(s.scopes); n > 0 && s.scopes[n-1].kind == '"' {
		s.emit(TextEnd, s.pos).Bad = true
		s.scopes = s.scopes[:n-1]
	}
}

// dropErrorsFrom forgets what was reported behind an offset before the last
// error; all of it was reported last.
func (s *scanner) dropErrorsFrom(start int) {
	n := len(s.errs) - 1
	last := s.errs[n]
	for n > 0 && s.errs[n-1].Span.Start >= start {
		n--
	}
	s.errs = append(s.errs[:n], last)
}

// escape scans one escape; a bad one is reported and taken as a token.
func (s *scanner) escape(rest string) {
	if _, n, ok := Unescape(rest); ok {
		s.emit(Escape, s.pos+n)
		return
	}
	_, size := utf8.DecodeRuneInString(rest[1:])
	n := 1 + size
	if rest[1:] == "" || rest[1] == '\n' || rest[1] == '\r' {
		n = 1
	}
	label, notes := "", []string{"the escapes are `\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\$ \\uXXXX \\u{…}`; in `'…'` a backslash is only a backslash"}
	switch {
	case strings.HasPrefix(rest, "\\u"):
		n = 2
		for n < len(rest) && n < 10 && (isHex(rest[n]) || rest[n] == '{') {
			n++
		}
		if n < len(rest) && rest[n] == '}' {
			n++
		}
		label = "not the number of a character"
		notes = []string{"write four hexadecimal digits, `\\u00e9`, or the number in braces, `\\u{1f600}`"}
	case n == 1:
		label = "a backslash cannot end a line"
	default:
		label = fmt.Sprintf("for a backslash write `\\\\%s`", diag.Safe(rest[1:n], 0))
	}
	s.report(diag.BadEscape, s.pos, s.pos+n, fmt.Sprintf("`%s` is not an escape", diag.Safe(rest[:n], 0)), label, notes...)
	s.emit(Escape, s.pos+n).Bad = true
}

var simpleEscapes = map[byte]string{
	'"': `"`, '\\': `\`, '/': "/", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", '$': "$",
}

// Unescape reads the escape at the start of s: what it stands for and its length.
func Unescape(s string) (text string, length int, ok bool) {
	if len(s) < 2 {
		return "", 0, false
	}
	if t, ok := simpleEscapes[s[1]]; ok {
		return t, 2, true
	}
	if s[1] != 'u' {
		return "", 0, false
	}
	if strings.HasPrefix(s, `\u{`) {
		end := strings.IndexByte(s[:min(len(s), 12)], '}')
		if end < 4 {
			return "", 0, false
		}
		n, err := strconv.ParseUint(s[3:end], 16, 32)
		if err != nil || n > utf8.MaxRune || utf16.IsSurrogate(rune(n)) {
			return "", 0, false
		}
		return string(rune(n)), end + 1, true
	}
	r, ok := hex4(s)
	if !ok {
		return "", 0, false
	}
	if !utf16.IsSurrogate(r) {
		return string(r), 6, true
	}
	low, ok := hex4(s[6:])
	if !ok {
		return "", 0, false
	}
	pair := utf16.DecodeRune(r, low)
	return string(pair), 12, pair != utf8.RuneError
}

// hex4 reads \uXXXX.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(n), err == nil
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
