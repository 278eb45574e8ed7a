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
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/parser/slip"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

type machine struct {
	slip.Statement // the tokens and the statement in them that is parsed
	reports
	nesting     int    // of expressions
	owner       string // the keyword of the statement that the next block belongs to
	productions map[*keyword.Keyword]*production
}

// machines are pooled because building participle's parsers costs more than a small file.
var machines = sync.Pool{New: func() any { return newMachine() }}

func newMachine() *machine {
	m := &machine{productions: map[*keyword.Keyword]*production{}}
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
		participle.ParseTypeWith(m.parseForList),
		participle.ParseTypeWith(m.parseBounds),
		participle.ParseTypeWith(m.parseDatabase),
	}
	var words []*keyword.Keyword
	for _, p := range grammar(options) {
		words = append(words, &p.Keyword)
		m.productions[&p.Keyword] = p
	}
	m.Keywords = keyword.NewTable(words)
	return m
}

// begin takes up a file; it reports false when brackets are nested too deeply to parse it.
func (m *machine) begin(f *source.File) bool {
	tokens, lexical := token.Scan(f)
	slices.SortStableFunc(lexical, func(a, b diag.Diagnostic) int { return a.Span.Start - b.Span.Start })
	m.File, m.lexical, m.errs, m.InTest, m.WordBlock = f, lexical, nil, false, false
	m.Tokens = m.Tokens[:0]
	for _, t := range tokens {
		if t.Kind != token.Comment {
			m.Tokens = append(m.Tokens, t)
		}
	}
	m.foremost()
	if d := m.Match(); d != nil {
		m.errs = append(m.errs, *d)
		return false
	}
	said, ok := slip.Braces(&m.Reading, m.lexical)
	for _, d := range said {
		if d.Code == diag.NestedTooDeeply {
			m.errs = append(m.errs, d)
			continue
		}
		m.report(d)
	}
	return ok
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

// Next returns the next token, EOF for ever at the end. Column carries where the token ends: a bracket that was
// made where the source has none has a text and no length, and participle reads columns for its own messages only.
func (s *tokenStream) Next() (lexer.Token, error) {
	t := s.Tokens[s.next]
	s.next = min(s.next+1, len(s.Tokens)-1)
	return lexer.Token{Type: tokenType(t.Kind), Value: s.Text(t), Pos: lexer.Position{Offset: t.Start, Column: t.End}}, nil
}
