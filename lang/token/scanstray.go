// Characters that have no meaning, and files that are no text: see scan.go.
package token

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/safe"
)

// inList reports whether the innermost bracket that is open on this line is a list's or a call's.
func (s *scanner) inList() bool {
	depth := 0
	for i := len(s.tokens) - 1; i >= 0; i-- {
		switch text := s.text[s.tokens[i].Start:s.tokens[i].End]; text {
		case ")", "]", "}":
			depth--
		case "(", "[", "{":
			if depth++; depth > 0 {
				return text != "{"
			}
		}
		if s.tokens[i].First {
			break
		}
	}
	return false
}

// lookalikes are characters that word processors and keyboards make of others.
var lookalikes = map[rune]string{
	'“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`, '‘': "'", '’': "'", '`': `"`, '–': "-", '—': "-", '−': "-", '×': "*", '÷': "/",
	'≤': "<=", '≥': ">=", '≠': "!=", '…': "...", '，': ",", '：': ":", '（': "(", '）': ")", '＝': "=", '\u00a0': " ", '\u3000': " ",
}

func (s *scanner) stray(rest string) {
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case r == utf8.RuneError && size == 1:
		for size < len(rest) {
			if next, n := utf8.DecodeRuneInString(rest[size:]); next != utf8.RuneError || n != 1 {
				break
			}
			size++
		}
		s.report(diag.UnexpectedCharacter, s.pos, s.pos+size, "this is not UTF-8 text", "not readable",
			"save the file as UTF-8")
	case strings.ContainsRune("“„«‘`", r) && s.quoted(rest):
		return
	case lookalikes[r] != "":
		d := s.report(diag.UnexpectedCharacter, s.pos, s.pos+size, fmt.Sprintf("%s has no meaning here", nameOf(r)),
			fmt.Sprintf("did you mean %s?", inWords(lookalikes[r])))
		d.Fix = &diag.Fix{Span: d.Span, Text: lookalikes[r]}
	default:
		s.report(diag.UnexpectedCharacter, s.pos, s.pos+size, fmt.Sprintf("%s has no meaning here", nameOf(r)), "remove it",
			"inside a text, in quotes, any character may stand")
	}
	s.pos += size
}

// quoted reports a text in typographic quotes and passes over it; false when
// its line has no closing quote.
func (s *scanner) quoted(rest string) bool {
	_, width := utf8.DecodeRuneInString(rest)
	line := rest[:lineLength(rest)]
	closing := "”“»’\""
	if rest[0] == '`' {
		closing = "`"
	}
	end := strings.IndexAny(line[width:], closing)
	if end < 0 {
		return false
	}
	_, last := utf8.DecodeRuneInString(line[width+end:])
	inner := line[width : width+end]
	d := s.report(diag.UnexpectedCharacter, s.pos, s.pos+width+end+last, "this text is in typographic quotes",
		"write it in `\"` or `'`", "word processors make them; switch \"smart quotes\" off")
	if closing == "`" {
		d.Message, d.Notes = "this text is in backquotes", nil
		if !strings.Contains(inner, `"`) {
			d.Label = fmt.Sprintf("write `\"%s\"`", diag.Safe(inner, 60))
			d.Fix = &diag.Fix{Span: d.Span, Text: "\"" + inner + "\""}
			s.pos += width + end + last
			return true
		}
	}
	if !strings.ContainsAny(inner, `\'`) {
		d.Fix = &diag.Fix{Span: d.Span, Text: "'" + inner + "'"}
	}
	s.pos += width + end + last
	return true
}

func inWords(s string) string {
	if s == " " {
		return "a space"
	}
	return "`" + s + "`"
}

// nameOf is a character for people: itself, or its number when it is not visible.
func nameOf(r rune) string {
	if r == ' ' || safe.Hidden(r) {
		return fmt.Sprintf("the invisible character U+%04X", r)
	}
	return "`" + string(r) + "`"
}

// judged is how much of a file is looked at.
const judged = 8000

// NoText is the message about a file that is no UTF-8 text at all; nil when it
// is one, though perhaps with a few bad bytes.
func NoText(f *source.File) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: diag.UnexpectedCharacter, Span: source.Span{File: f}}
	head := f.Text[:min(len(f.Text), judged)]
	if utf16Text(head) {
		d.Message, d.Label = "this file is UTF-16, and a weave is UTF-8", "save it as UTF-8"
		return d
	}
	bad := 0
	for i := 0; i < len(head); {
		r, size := utf8.DecodeRuneInString(head[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && !strings.ContainsRune("\t\n\r\f", r) {
			bad++
		}
		i += size
	}
	if bad < 8 || bad*20 < len(head) {
		return nil
	}
	d.Message, d.Label = "this is not a text file", "is it a weave?"
	d.Notes = []string{"a weave is UTF-8 text"}
	return d
}

// utf16Text reports whether a text has the mark of UTF-16, or a zero in every other byte.
func utf16Text(head string) bool {
	if strings.HasPrefix(head, "\xff\xfe") || strings.HasPrefix(head, "\xfe\xff") {
		return true
	}
	for first := range 2 {
		var half []byte
		for i := first; i < len(head); i += 2 {
			half = append(half, head[i])
		}
		if n := bytes.Count(half, []byte{0}); n >= 4 && n*10 > len(half)*8 && n*10 > strings.Count(head, "\x00")*8 {
			return true
		}
	}
	return false
}
