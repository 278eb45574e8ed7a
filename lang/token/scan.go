// Package token turns the text of a .weave file into tokens.
//
// In: a source.File. Out: its tokens, and what is wrong inside single ones;
// matched.go finds which bracket belongs to which. The scanner is total: every
// byte ends up in a token, in white space or in a reported error, so that one
// bad character never hides the errors behind it. It is written by hand because
// interpolation nests texts in expressions in texts, and participle's own lexers
// stop at the first text that no rule takes.
package token

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Kind is the kind of a token.
type Kind int

// The kinds of tokens. A text is TextStart, then Chars, Escape and
// interpolations (InterpStart, tokens, InterpEnd), then TextEnd.
const (
	EOF         Kind = iota
	Ident            // a name, keywords of statements included
	Reserved         // one of the 16 words that are reserved in expressions
	Number           // 42, 1.5, 2e3
	Raw              // '…'
	Regex            // /…/flags
	TextStart        // " or """
	Chars            // literal characters of a text
	Escape           // \n, \u0041 and the like; a surrogate pair is one token
	InterpStart      // ${
	InterpEnd        // }
	TextEnd          // " or """; empty when the text is not closed
	Punct            // operators and brackets
	Foreign          // operators of other languages
	Comment          // # …, // …, /* … */
)

// Token is a piece of a file.
type Token struct {
	Kind       Kind
	Start, End int  // byte offsets, [Start, End)
	First      bool // the first token of its line
	Bad        bool // malformed: the scanner has reported it (a Regex: the parser does)
	Made       byte // the bracket that stands here though the source has none or another one
}

// Longest first: the first that fits is taken.
var operators = []struct {
	text string
	kind Kind
}{
	{"===", Foreign}, {"!==", Foreign}, {"<=>", Foreign},
	{"==", Punct}, {"!=", Punct}, {"<=", Punct}, {">=", Punct}, {"??", Punct},
	{"&&", Foreign}, {"||", Foreign}, {"=>", Foreign}, {"->", Foreign}, {"++", Foreign}, {"+=", Foreign}, {"-=", Foreign},
	{"*=", Foreign}, {"**", Foreign}, {"<>", Foreign}, {":=", Foreign}, {"=~", Foreign}, {"!~", Foreign}, {"=<", Foreign}, {"*/", Foreign},
	{"<", Punct}, {">", Punct}, {"+", Punct}, {"-", Punct}, {"*", Punct}, {"/", Punct}, {"%", Punct}, {"=", Punct},
	{".", Punct}, {",", Punct}, {":", Punct}, {"(", Punct}, {")", Punct}, {"[", Punct}, {"]", Punct}, {"{", Punct}, {"}", Punct},
	{"!", Foreign}, {";", Foreign}, {"?", Foreign}, {"&", Foreign}, {"|", Foreign}, {"^", Foreign}, {"~", Foreign},
}

// scope is an open text or interpolation.
type scope struct {
	kind  byte // '"' text, 'm' text over several lines, '$' interpolation
	start int
	depth int // open braces within an interpolation
}

type scanner struct {
	file   *source.File
	text   string
	pos    int
	first  bool
	tokens []Token
	scopes []scope
	errs   diag.List
}

// Scan splits a file into tokens, comments included; the last one is EOF. The
// list has what is wrong inside single tokens.
func Scan(f *source.File) ([]Token, diag.List) {
	s := &scanner{file: f, text: f.Text, first: true}
	for {
		if n := len(s.scopes); n > 0 && s.scopes[n-1].kind != '$' {
			s.textPiece()
		} else if !s.token() {
			break
		}
	}
	s.emit(EOF, len(s.text))
	return s.tokens, s.errs
}

// emit adds a token from the current position to end.
func (s *scanner) emit(k Kind, end int) *Token {
	s.tokens = append(s.tokens, Token{Kind: k, Start: s.pos, End: end, First: s.first})
	s.pos, s.first = end, false
	return &s.tokens[len(s.tokens)-1]
}

func (s *scanner) report(code diag.Code, start, end int, message, label string, notes ...string) *diag.Diagnostic {
	s.errs = append(s.errs, diag.Diagnostic{
		Code: code, Span: source.Span{File: s.file, Start: start, End: end}, Message: message, Label: label, Notes: notes,
	})
	return &s.errs[len(s.errs)-1]
}

// token scans white space and one token outside texts; false at the end of the file.
func (s *scanner) token() bool {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '\n':
			if len(s.scopes) > 0 {
				s.openInterpolation()
				return true
			}
			s.first = true
			s.pos++
			continue
		case ' ', '\t', '\r':
			s.pos++
			continue
		}
		break
	}
	if s.pos == len(s.text) {
		if len(s.scopes) == 0 {
			return false
		}
		s.openInterpolation()
		return true
	}
	rest := s.text[s.pos:]
	c := rest[0]
	switch {
	case c == '#' || strings.HasPrefix(rest, "//"):
		if len(s.scopes) > 0 {
			s.comment(len(rest) - len(strings.TrimLeft(rest, "#/")))
			return true
		}
		s.emit(Comment, s.pos+lineLength(rest))
	case strings.HasPrefix(rest, "/*"):
		s.blockComment(rest)
	case c == '"':
		kind, width := byte('"'), 1
		if strings.HasPrefix(rest, `"""`) {
			kind, width = 'm', 3
		}
		s.scopes = append(s.scopes, scope{kind: kind, start: s.pos})
		s.emit(TextStart, s.pos+width)
	case c == '\'':
		s.raw(rest)
	case c == '/' && len(rest) > 1 && !strings.ContainsRune(" \t\r\n", rune(rest[1])):
		s.regex(rest)
	case c == '/' && s.spacedRegex(rest):
		s.regex(rest)
	case '0' <= c && c <= '9':
		s.number(rest)
	case IsNameStart(rest):
		end := NameLength(rest)
		kind := Ident
		if ast.Reserved[rest[:end]] {
			kind = Reserved
		}
		s.emit(kind, s.pos+end)
	default:
		s.operator(rest)
	}
	return true
}

// comment reports a comment inside an interpolation, which would swallow the rest of the text.
func (s *scanner) comment(width int) {
	s.report(diag.BadInterpolation, s.pos, s.pos+width, "a comment cannot stand inside `${ }`", "the text would have no end")
	s.pos += width
}

func (s *scanner) blockComment(rest string) {
	end := strings.Index(rest[2:], "*/")
	if end < 0 {
		s.report(diag.UnclosedComment, s.pos, s.pos+2, "this comment has no end", "opened here", "close it with `*/`")
		s.emit(Comment, len(s.text)).Bad = true
		return
	}
	comment := rest[:2+end+2]
	if line := rest[len(comment):]; strings.Contains(comment[2:], "/*") && !strings.Contains(line[:max(0, strings.Index(line, "*/"))], "/*") {
		if again := strings.Index(line[:lineLength(line)], "*/"); again >= 0 {
			s.report(diag.UnclosedComment, s.pos+len(comment)-2, s.pos+len(comment), "comments do not nest: this one has ended here", "the first `*/` ends it",
				"write what is inside with `#` or `//`")
			s.emit(Comment, s.pos+len(comment)+again+2)
			return
		}
	}
	if len(s.scopes) > 0 && strings.Contains(comment, "\n") {
		s.comment(2)
		return
	}
	first := s.first || strings.Contains(comment, "\n")
	s.emit(Comment, s.pos+len(comment))
	s.first = first
}

func (s *scanner) operator(rest string) {
	for _, op := range operators {
		if !strings.HasPrefix(rest, op.text) {
			continue
		}
		if n := len(s.scopes); n > 0 {
			switch in := &s.scopes[n-1]; {
			case op.text == "{":
				in.depth++
			case op.text == "}" && in.depth > 0:
				in.depth--
			case op.text == "}":
				s.scopes = s.scopes[:n-1]
				s.emit(InterpEnd, s.pos+1)
				return
			}
		}
		if op.text == ";" && s.first {
			s.report(diag.ForeignOperator, s.pos, s.pos+1, "comments begin with `#` or `//`", "write `#`").Fix = &diag.Fix{Span: source.Span{File: s.file, Start: s.pos, End: s.pos + 1}, Text: "#"}
			s.emit(Comment, s.pos+lineLength(rest))
			return
		}
		if op.text == ";" && s.inList() {
			d := s.report(diag.ForeignOperator, s.pos, s.pos+1, "values have commas between them", "write `,`")
			d.Fix = &diag.Fix{Span: d.Span, Text: ","}
			s.emit(Punct, s.pos+1).Made = ','
			return
		}
		if op.text == ";" {
			d := s.report(diag.ForeignOperator, s.pos, s.pos+1, "statements need no `;`", "remove it")
			d.Fix = &diag.Fix{Span: d.Span}
			s.pos++
			return
		}
		s.emit(op.kind, s.pos+len(op.text))
		return
	}
	s.stray(rest)
}

// raw scans '…', in which ” is a quote and nothing else is special.
func (s *scanner) raw(rest string) {
	for i := 1; i < len(rest) && rest[i] != '\n'; i++ {
		if rest[i] != '\'' {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '\'' {
			i++
			continue
		}
		if s.apostrophe(rest, i) {
			return
		}
		s.emit(Raw, s.pos+i+1)
		return
	}
	end := s.pos + s.unclosedLength(rest)
	s.report(diag.UnclosedText, s.pos, s.pos+1, "this text has no closing quote", "opened here",
		"close it with `'` on the same line; a quote inside `'…'` is written `''`")
	s.emit(Raw, end).Bad = true
}

// apostrophe reports a text in '…' that seems to end within a word, at i, with a
// quote that has no partner behind it, and takes it up to that quote.
func (s *scanner) apostrophe(rest string, i int) bool {
	after := rest[i+1 : lineLength(rest)]
	last := strings.LastIndexByte(after, '\'')
	if after == "" || !IsNameStart(after) || last < 0 || strings.Count(after, "'")%2 == 0 {
		return false
	}
	end := strings.IndexByte(after, '\'')
	if end != last {
		return false
	}
	whole := rest[:i+1+end+1]
	d := s.report(diag.UnclosedText, s.pos+i, s.pos+i+1, "a quote inside `'…'` is written `''`", fmt.Sprintf("write `%s''%s`", diag.Safe(rest[:i], 40), diag.Safe(whole[i+1:], 40)))
	d.Fix = &diag.Fix{Span: d.Span, Text: "''"}
	s.emit(Raw, s.pos+len(whole)).Bad = true
	return true
}

// unclosedLength is where to go on after a text or regex without an end: at
// the end of the line, but before the brackets at its end that open or close
// something outside.
func (s *scanner) unclosedLength(rest string) int {
	line := strings.TrimRight(rest[:lineLength(rest)], " \t\r")
	whole := len(line)
	if strings.HasSuffix(line, "{") && len(line) > 1 {
		line = strings.TrimRight(line[:len(line)-1], " \t")
		whole = len(line)
	}
	for len(line) > 1 {
		end := line[len(line)-1]
		at := strings.IndexByte("{}[]()", end)
		if at < 0 && end != ',' {
			break
		}
		if at >= 0 && strings.Count(line, string(end)) <= strings.Count(line, string("}{][)("[at])) {
			break
		}
		line = strings.TrimRight(line[:len(line)-1], " \t")
		if at >= 0 {
			whole = len(line)
		}
	}
	return max(1, whole)
}

// regex scans /…/flags; a slash inside a class […] or after a backslash does not end it.
func (s *scanner) regex(rest string) {
	class := false
	for i := 1; i < len(rest) && rest[i] != '\n'; i++ {
		switch rest[i] {
		case '\\':
			if i+1 < len(rest) && rest[i+1] != '\n' {
				i++
			}
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if class {
				continue
			}
			i++
			s.emit(Regex, s.pos+i+NameLength(rest[i:]))
			return
		}
	}
	s.emit(Regex, s.pos+s.unclosedLength(rest)).Bad = true
}

// spacedRegex reports a regular expression that begins with a space: a slash
// where no value has ended, so that nothing can be divided, with another one on its line.
func (s *scanner) spacedRegex(rest string) bool {
	if len(rest) < 2 || rest[1] != ' ' && rest[1] != '\t' || !s.wantsValue() {
		return false
	}
	line := rest[:lineLength(rest)]
	end := strings.LastIndexByte(line, '/')
	if end <= 1 {
		return false
	}
	pattern := diag.Safe(strings.TrimLeft(line[1:end], " \t"), 40)
	blank := 1 + len(line[1:]) - len(strings.TrimLeft(line[1:], " \t"))
	d := s.report(diag.BadRegex, s.pos, s.pos+blank, "a regular expression does not begin with a space: `/ ` divides",
		fmt.Sprintf("write `/\\s%[1]s/`, or `/[ ]%[1]s/` for the space alone", pattern))
	d.Fix = &diag.Fix{Span: d.Span, Text: "/[" + rest[1:blank] + "]"}
	return true
}

// wantsValue reports whether a value must come next, by the token before.
func (s *scanner) wantsValue() bool {
	for i := len(s.tokens) - 1; i >= 0; i-- {
		t := s.tokens[i]
		text := s.text[t.Start:t.End]
		switch t.Kind {
		case Comment:
			continue
		case Reserved:
			return text != "true" && text != "false" && text != "null"
		case Punct:
			return text != ")" && text != "]" && text != "}"
		}
		return false
	}
	return false
}

func lineLength(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return len(strings.TrimSuffix(s[:i], "\r"))
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func IsNameStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || r == '$' || unicode.IsLetter(r)
}

// NameLength is how many bytes of letters, marks, digits, _ and $ s begins with.
func NameLength(s string) int {
	for i, r := range s {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return i
		}
	}
	return len(s)
}
