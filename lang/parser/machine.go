// The machine: what one parse shares.
//
// participle's parsers see a cursor over tokens and nothing else; the custom
// productions of expr.go, names.go and block.go are methods of a machine, which
// holds the file, the tokens with their brackets matched, and the errors found.
package parser

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

type machine struct {
	file   *source.File
	tokens []token.Token // without comments, ended by EOF
	// pair is the index of the bracket that a bracket belongs to, -1 when it has none.
	pair []int
	// depth is how many `{` are open around a token; brackets belong to the outside.
	depth []int
	// outer is the index of the innermost bracket open at a token, -1 at the top.
	outer []int
	// inText says which tokens stand in the `${ }` of a text.
	inText      []bool
	nesting     int       // of expressions
	start       int       // the first token of the statement
	owner       string    // the keyword of the statement that the next block belongs to
	lexical     diag.List // what the scanner reported, in order
	wordBlock   bool      // a block that begins with a word was reported, so that it may end with one
	wholeFile   bool      // nothing in the file is what it seems to be: a """ has no end
	errs        diag.List
	ordered     []*production
	productions map[string]*production // but for those of tests
	inTest      bool                   // in the block of a `test`
	tests       map[string]*production // the statements of tests: keywords there only
}

// machines are pooled because building participle's parsers costs more than a small file.
var machines = sync.Pool{New: func() any { return newMachine() }}

func newMachine() *machine {
	m := &machine{productions: map[string]*production{}, tests: map[string]*production{}}
	options := []participle.Option{
		participle.Lexer(tokenDefinition{}),
		// With no lookahead a production that has begun is never given up for
		// another one, so errors stay where they are.
		participle.UseLookahead(0),
		participle.ParseTypeWith(m.parseExpr),
		participle.ParseTypeWith(m.parsePath),
		participle.ParseTypeWith(m.parsePathPattern),
		participle.ParseTypeWith(m.parseName),
		participle.ParseTypeWith(m.parseCode),
		participle.ParseTypeWith(m.parseReason),
		participle.ParseTypeWith(m.parseIdent),
		participle.ParseTypeWith(m.parseRegex),
		participle.ParseTypeWith(m.parseNumber),
		participle.ParseTypeWith(m.parseRaw),
		participle.ParseTypeWith(m.parseObject),
		participle.ParseTypeWith(m.parsePerEnv),
		participle.ParseTypeWith(m.parseBlock),
	}
	m.ordered = grammar(options)
	for _, p := range m.ordered {
		if p.place == testOnly {
			m.tests[p.word] = p
		} else {
			m.productions[p.word] = p
		}
	}
	return m
}

// begin takes up a file; it reports false when brackets are nested too deeply to parse it.
func (m *machine) begin(f *source.File) bool {
	tokens, lexical := token.Scan(f)
	slices.SortStableFunc(lexical, func(a, b diag.Diagnostic) int { return a.Span.Start - b.Span.Start })
	m.file, m.lexical, m.errs, m.inTest, m.wordBlock = f, lexical, nil, false, false
	m.tokens = m.tokens[:0]
	for _, t := range tokens {
		if t.Kind != token.Comment {
			m.tokens = append(m.tokens, t)
		}
	}
	m.foremost()
	if !m.match() {
		return false
	}
	return m.repair()
}

// maxNesting is the limit of brackets in brackets, which is BSON's own.
const maxNesting = 100

// match finds the partner of every bracket and the depth of every token. A
// closing brace passes over open brackets of other kinds: they stay without one.
func (m *machine) match() bool {
	m.pair, m.depth, m.outer = make([]int, len(m.tokens)), make([]int, len(m.tokens)), make([]int, len(m.tokens))
	m.inText = make([]bool, len(m.tokens))
	var open []int
	braces, texts := 0, 0
	for i, t := range m.tokens {
		m.pair[i], m.depth[i], m.outer[i] = -1, braces, -1
		if n := len(open); n > 0 {
			m.outer[i] = open[n-1]
		}
		c := m.bracket(t)
		switch c {
		case '$':
			texts++
		case '%':
			texts--
		}
		m.inText[i] = texts > 0
		switch c {
		case '{', '(', '[', '$':
			if len(open) == maxNesting {
				m.errs = append(m.errs, diag.Diagnostic{
					Code: diag.NestedTooDeeply, Span: m.span(t, t), Message: "brackets are nested too deeply",
					Label: fmt.Sprintf("more than %d are open here", maxNesting),
				})
				return false
			}
			open = append(open, i)
			if c == '{' {
				braces++
			}
		case '}', ')', ']', '%':
			at := len(open) - 1
			for at >= 0 && partner[m.bracket(m.tokens[open[at]])] != c {
				if b := m.bracket(m.tokens[open[at]]); b == '{' && c != '%' || b == '$' {
					at = 0 // other brackets do not reach out of braces
				}
				at--
			}
			if at < 0 {
				continue
			}
			for _, o := range open[at:] {
				if m.bracket(m.tokens[o]) == '{' {
					braces--
				}
			}
			m.pair[i], m.pair[open[at]] = open[at], i
			m.depth[i] = braces
			open = open[:at]
		}
	}
	return true
}

var partner = map[byte]byte{'{': '}', '(': ')', '[': ']', '$': '%'}

// bracket returns the character of a bracket, '$' and '%' for `${` and its
// `}`, and 0 for anything else.
func (m *machine) bracket(t token.Token) byte {
	switch {
	case t.Made != 0:
		return t.Made
	case t.Kind == token.InterpStart:
		return '$'
	case t.Kind == token.InterpEnd:
		return '%'
	case t.Kind == token.Punct && t.End == t.Start+1:
		switch c := m.file.Text[t.Start]; c {
		case '{', '}', '(', ')', '[', ']':
			return c
		}
	}
	return 0
}

func (m *machine) text(t token.Token) string {
	if t.Made != 0 {
		return string(t.Made)
	}
	return m.file.Text[t.Start:t.End]
}

// is reports whether a token is this word or operator, and not part of a text.
func (m *machine) is(t token.Token, text string) bool {
	return (t.Kind == token.Ident || t.Kind == token.Reserved || t.Kind == token.Punct || t.Kind == token.Foreign) && m.text(t) == text
}

// span is the range from one token to another.
func (m *machine) span(from, to token.Token) source.Span {
	return source.Span{File: m.file, Start: from.Start, End: max(from.End, to.End)}
}

// column is the 0-based column of a token in bytes.
func (m *machine) column(t token.Token) int {
	return t.Start - m.file.LineStart(m.file.Position(t.Start).Line)
}

// lexicalFrom returns the index of the first message about a token at or behind an offset.
func (m *machine) lexicalFrom(offset int) int {
	return sort.Search(len(m.lexical), func(i int) bool { return m.lexical[i].Span.Start >= offset })
}

// report adds a message, but none about what stands behind a malformed token on
// its line, or beside a text without an end: that is the cause.
func (m *machine) report(d diag.Diagnostic) {
	if m.wholeFile {
		return
	}
	from, to := m.line(d.Span.Start)
	for i := m.lexicalFrom(from); i < len(m.lexical) && m.lexical[i].Span.Start <= to; i++ {
		if m.lexical[i].Span.Start < d.Span.Start || endless(m.lexical[i]) {
			return
		}
	}
	m.errs = append(m.errs, d)
}

// line is where the line of an offset begins and ends.
func (m *machine) line(offset int) (from, to int) {
	n := m.file.Position(offset).Line
	from = m.file.LineStart(n)
	return from, from + len(m.file.Line(n))
}

// endless reports whether a malformed token has taken up to the end of its line,
// so that nothing on the line is what it seems to be.
func endless(d diag.Diagnostic) bool {
	return d.Code == diag.UnclosedText || d.Code == diag.BadInterpolation
}

// foremost drops messages of the scanner that follow from others: on a line with
// a text without an end all but that one, and all others when """ has no end.
func (m *machine) foremost() {
	var kept diag.List
	m.wholeFile = false
	for _, d := range m.lexical {
		if d.Code == diag.UnclosedText && d.Span.Text() == `"""` {
			m.wholeFile, kept = true, diag.List{d}
			break
		}
		from, _ := m.line(d.Span.Start)
		at := len(kept)
		for at > 0 && kept[at-1].Span.Start >= from {
			at--
		}
		switch {
		case at < len(kept) && endless(kept[at]):
			continue
		case endless(d):
			kept = kept[:at]
		}
		kept = append(kept, d)
	}
	m.lexical = kept
}

// indexAt returns the index of the token at or behind an offset.
func (m *machine) indexAt(offset int) int {
	i := sort.Search(len(m.tokens), func(i int) bool { return m.tokens[i].Start >= offset })
	return min(i, len(m.tokens)-1)
}

// failure is an error that ends a statement. It travels through participle.
type failure struct {
	diag    diag.Diagnostic
	index   int    // the token that could not be taken
	outside bool   // in a clause of the statement, not inside a value of it
	form    string // how the statement is written, when that helps
}

func (f *failure) Error() string { return f.diag.Message }

// lexer.Definition over the scanner, as participle wants it.
type tokenDefinition struct{}

var symbols = map[string]lexer.TokenType{
	"EOF": lexer.EOF, "Ident": tokenType(token.Ident), "Reserved": tokenType(token.Reserved), "Number": tokenType(token.Number),
	"Raw": tokenType(token.Raw), "Regex": tokenType(token.Regex), "TextStart": tokenType(token.TextStart), "Chars": tokenType(token.Chars),
	"Escape": tokenType(token.Escape), "InterpStart": tokenType(token.InterpStart), "InterpEnd": tokenType(token.InterpEnd),
	"TextEnd": tokenType(token.TextEnd), "Punct": tokenType(token.Punct), "Foreign": tokenType(token.Foreign),
}

func tokenType(k token.Kind) lexer.TokenType {
	if k == token.EOF {
		return lexer.EOF
	}
	return lexer.TokenType(-1 - k)
}

// Symbols returns participle's numbers of the token kinds.
func (tokenDefinition) Symbols() map[string]lexer.TokenType { return symbols }

// Lex scans a whole reader; it serves participle's own entry points.
func (tokenDefinition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	m := &machine{}
	m.begin(source.NewFile(name, string(text)))
	return &tokenStream{machine: m}, nil
}

// tokenStream hands the machine's tokens to participle.
type tokenStream struct {
	*machine
	next int
}

// Next returns the next token, EOF for ever at the end.
func (s *tokenStream) Next() (lexer.Token, error) {
	t := s.tokens[s.next]
	s.next = min(s.next+1, len(s.tokens)-1)
	return lexer.Token{Type: tokenType(t.Kind), Value: s.text(t), Pos: lexer.Position{Offset: t.Start}}, nil
}
