// The tokens of a file with their brackets matched, and what is read of them alone.
package token

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Matched are the tokens of a file without its comments, ended by EOF, with their
// brackets matched. Indexes of tokens are into Tokens.
type Matched struct {
	File   *source.File
	Tokens []Token
	// Pair is the index of the bracket that a bracket belongs to, -1 when it has none.
	Pair []int
	// Depth is how many `{` are open around a token; brackets belong to the outside.
	Depth []int
	// Outer is the index of the innermost bracket open at a token, -1 at the top.
	Outer []int
	// InText says which tokens stand in the `${ }` of a text.
	InText []bool
}

// MaxNesting is the limit of brackets in brackets, which is BSON's own.
const MaxNesting = 100

// Match finds the partner of every bracket and the depth of every token. A
// closing brace passes over open brackets of other kinds: they stay without one. It returns the
// message that brackets are nested too deeply, nil when they are not.
func (m *Matched) Match() *diag.Diagnostic {
	m.Pair, m.Depth, m.Outer = make([]int, len(m.Tokens)), make([]int, len(m.Tokens)), make([]int, len(m.Tokens))
	m.InText = make([]bool, len(m.Tokens))
	var open []int
	braces, texts := 0, 0
	for i, t := range m.Tokens {
		m.Pair[i], m.Depth[i], m.Outer[i] = -1, braces, -1
		if n := len(open); n > 0 {
			m.Outer[i] = open[n-1]
		}
		c := m.Bracket(t)
		switch c {
		case '$':
			texts++
		case '%':
			texts--
		}
		m.InText[i] = texts > 0
		switch c {
		case '{', '(', '[', '$':
			if len(open) == MaxNesting {
				return &diag.Diagnostic{
					Code: diag.NestedTooDeeply, Span: m.Span(t, t), Message: "brackets are nested too deeply",
					Label: fmt.Sprintf("more than %d are open here", MaxNesting),
				}
			}
			open = append(open, i)
			if c == '{' {
				braces++
			}
		case '}', ')', ']', '%':
			at := len(open) - 1
			for at >= 0 && Partner[m.Bracket(m.Tokens[open[at]])] != c {
				if b := m.Bracket(m.Tokens[open[at]]); b == '{' && c != '%' || b == '$' {
					at = 0 // other brackets do not reach out of braces
				}
				at--
			}
			if at < 0 {
				continue
			}
			for _, o := range open[at:] {
				if m.Bracket(m.Tokens[o]) == '{' {
					braces--
				}
			}
			m.Pair[i], m.Pair[open[at]] = open[at], i
			m.Depth[i] = braces
			open = open[:at]
		}
	}
	return nil
}

// Partner is the closing bracket of an opening one, as Bracket names them.
var Partner = map[byte]byte{'{': '}', '(': ')', '[': ']', '$': '%'}

// Bracket returns the character of a bracket, '$' and '%' for `${` and its
// `}`, and 0 for anything else.
func (m *Matched) Bracket(t Token) byte {
	switch {
	case t.Made != 0:
		return t.Made
	case t.Kind == InterpStart:
		return '$'
	case t.Kind == InterpEnd:
		return '%'
	case t.Kind == Punct && t.End == t.Start+1:
		switch c := m.File.Text[t.Start]; c {
		case '{', '}', '(', ')', '[', ']':
			return c
		}
	}
	return 0
}

func (m *Matched) Text(t Token) string {
	if t.Made != 0 {
		return string(t.Made)
	}
	return m.File.Text[t.Start:t.End]
}

// Is reports whether a token is this word or operator, and not part of a text.
func (m *Matched) Is(t Token, text string) bool {
	return (t.Kind == Ident || t.Kind == Reserved || t.Kind == Punct || t.Kind == Foreign) && m.Text(t) == text
}

// Span is the range from one token to another.
func (m *Matched) Span(from, to Token) source.Span {
	return source.Span{File: m.File, Start: from.Start, End: max(from.End, to.End)}
}

// Column is the 0-based column of a token in bytes.
func (m *Matched) Column(t Token) int {
	return t.Start - m.File.LineStart(m.File.Position(t.Start).Line)
}

func (m *Matched) LineOf(i int) int { return m.File.Position(m.Tokens[i].Start).Line }

// IndexAt returns the index of the token at or behind an offset.
func (m *Matched) IndexAt(offset int) int {
	i := sort.Search(len(m.Tokens), func(i int) bool { return m.Tokens[i].Start >= offset })
	return min(i, len(m.Tokens)-1)
}

// Token is token i, EOF behind the last one.
func (m *Matched) Token(i int) Token { return m.Tokens[max(0, min(i, len(m.Tokens)-1))] }

// Source is the text from token i up to, not including, token j, on one line.
func (m *Matched) Source(i, j int) string {
	if j <= i {
		return ""
	}
	return diag.Safe(strings.Join(strings.Fields(m.Span(m.Token(i), m.Token(j-1)).Text()), " "), 60)
}

// Insert puts a bracket before token i that the source does not have.
func (m *Matched) Insert(i int, bracket byte) {
	at := 0
	if i > 0 {
		at = m.Tokens[i-1].End
	}
	m.Tokens = slices.Insert(m.Tokens, i, Token{Kind: Punct, Start: at, End: at, Made: bracket})
}

// PathEnd is the index behind the path that may begin at token i.
func (m *Matched) PathEnd(i int) int {
	end := i + 1
	for m.Is(m.Tokens[end], ".") || m.Is(m.Tokens[end], "[") {
		if close := m.Pair[end]; close > end {
			end = close + 1
		} else {
			end = min(end+2, len(m.Tokens)-1)
		}
	}
	return end
}

// FieldEnd is the index of the colon behind the name of a field that begins at token i, 0 when none does.
func (m *Matched) FieldEnd(i int) int {
	end := i
	switch m.Tokens[i].Kind {
	case Ident, Reserved, Raw, Number:
		for m.Is(m.Tokens[min(end+1, len(m.Tokens)-1)], "-") && m.Tokens[end+1].Start == m.Tokens[end].End && end+2 < len(m.Tokens) {
			end += 2
		}
	case TextStart:
		for end < len(m.Tokens)-1 && m.Tokens[end].Kind != TextEnd {
			end++
		}
	default:
		return 0
	}
	if end++; end >= len(m.Tokens) || !m.Is(m.Tokens[end], ":") {
		return 0
	}
	return end
}

// ValueEnd is the index behind the value that begins at token i, as far as its line shows.
func (m *Matched) ValueEnd(i int) int {
	end := i
	for end < len(m.Tokens)-1 && !m.Token(end).First && m.Bracket(m.Token(end)) != '}' {
		if m.Pair[end] > end {
			end = m.Pair[end]
		}
		end++
	}
	return max(end, i+1)
}

// Operand is the first token of the path, call or constant that ends at token i.
func (m *Matched) Operand(i int) int {
	for {
		switch b := m.Bracket(m.Token(i)); {
		case b == ')' || b == ']':
			if m.Pair[i] < 0 {
				return i
			}
			i = m.Pair[i]
			if i > 0 && (m.Token(i-1).Kind == Ident || b == ']' && m.Bracket(m.Token(i-1)) == ')') {
				i--
				continue
			}
		case m.Token(i).Kind == TextEnd:
			for i > 0 && m.Token(i).Kind != TextStart {
				i--
			}
		}
		if i < 2 || !m.Is(m.Token(i-1), ".") {
			return i
		}
		i -= 2
	}
}

// OperandEnd is the index behind the path, call or constant that begins at token i.
func (m *Matched) OperandEnd(i int) int {
	t := m.Token(i)
	switch {
	case t.Kind == TextStart:
		for i < len(m.Tokens)-1 && m.Token(i).Kind != TextEnd {
			i++
		}
		return i + 1
	case m.Pair[i] > i:
		return m.Pair[i] + 1
	case t.Kind != Ident:
		return i + 1
	}
	end := m.PathEnd(i)
	if m.Is(m.Token(end), "(") && m.Pair[end] > end {
		return m.Pair[end] + 1
	}
	return end
}

// EndsValue reports whether a value may end at token i.
func (m *Matched) EndsValue(i int) bool {
	switch t := m.Tokens[i]; t.Kind {
	case Ident, Number, Raw, Regex, TextEnd:
		return true
	case Reserved:
		return m.Is(t, "true") || m.Is(t, "false") || m.Is(t, "null")
	case Punct:
		return m.Is(t, ")") || m.Is(t, "]") || m.Is(t, "}")
	}
	return false
}

// NameStart is the first token of the dashed name that ends at token i.
func (m *Matched) NameStart(i int) int {
	for i >= 2 && m.Is(m.Tokens[i-1], "-") && m.Tokens[i-1].End == m.Tokens[i].Start && m.Tokens[i-2].End == m.Tokens[i-1].Start {
		i -= 2
	}
	return i
}

// Describe is a token for people.
func (m *Matched) Describe(i int) string {
	switch t := m.Tokens[i]; t.Kind {
	case EOF:
		return "the end of the file"
	case TextStart, Chars, Escape, TextEnd, Raw:
		return "a text"
	case Regex:
		return "a regular expression"
	case InterpStart:
		return "`${`"
	default:
		return "`" + diag.Safe(m.Text(t), 40) + "`"
	}
}

// Indent is the column of the first token of a token's line.
func (m *Matched) Indent(t Token) int {
	line := m.File.Line(m.File.Position(t.Start).Line)
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// PerEnvironment reports whether the `{` at token i belongs to `per environment`.
func (m *Matched) PerEnvironment(i int) bool {
	return i >= 2 && m.Is(m.Tokens[i-1], "environment") && m.Is(m.Tokens[i-2], "per")
}
