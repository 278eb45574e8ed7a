// Package keyword knows the words that declarations and statements begin with.
//
// In: the keywords of the grammar, and the tokens of a file. Out: which keyword
// stands at a token, and whether a statement begins there: most keywords are
// names of fields as well.
package keyword

import (
	"github.com/hayone1/mongocd/lang/token"
)

// Place is where what begins with a keyword may stand: at the top of a file, in
// a block, or in one of those that also stand in `from`.
type Place int

// The places.
const (
	Declaration Place = iota
	Statement
	Policy   // a statement, in `from` as well
	FromOnly // sync
	TestOnly // what stands in `test` and nowhere else
	Anywhere // accept
)

// Keyword is a word that a declaration or statement begins with.
type Keyword struct {
	Word  string
	Place Place
	Form  string // how what begins with it is written, for messages
}

// Table are the keywords of the language. The zero value has none.
type Table struct {
	Ordered []*Keyword          // in the order of the language's reference
	all     map[string]*Keyword // but for those of tests
	tests   map[string]*Keyword // the statements of tests: keywords there only
}

// NewTable makes the table of keywords in the order of the language's reference.
func NewTable(ordered []*Keyword) Table {
	t := Table{Ordered: ordered, all: map[string]*Keyword{}, tests: map[string]*Keyword{}}
	for _, k := range ordered {
		if k.Place == TestOnly {
			t.tests[k.Word] = k
		} else {
			t.all[k.Word] = k
		}
	}
	return t
}

// Named is the keyword of a word outside tests, nil when there is none.
func (t Table) Named(word string) *Keyword { return t.all[word] }

// InTests is the keyword of a word in a `test`, nil when it is none there alone.
func (t Table) InTests(word string) *Keyword { return t.tests[word] }

// Reading are the tokens of a file, read with the keywords of the language.
type Reading struct {
	token.Matched
	Keywords Table
	InTest   bool // in the block of a `test`
}

// fanOut reports whether a word of `for each NAME in COLLECTION [from SOURCE] where`, a
// part of a `from`, stands at token i.
func (m *Reading) fanOut(i int) bool {
	const longest = 16 // names with dashes
	for k := i; k >= 0 && k > i-longest; k-- {
		if t := m.Tokens[k]; m.Is(t, "{") || m.Is(t, "}") || k < i && !m.Is(m.Tokens[i], "where") && !m.Is(m.Tokens[i], "each") {
			return false
		}
		if m.Is(m.Tokens[k], "for") && m.Is(m.Tokens[min(k+1, len(m.Tokens)-1)], "each") && m.Tokens[min(k+2, len(m.Tokens)-1)].Kind == token.Ident {
			return true
		}
	}
	return false
}

// KeywordAt is the production of the keyword at token i, nil when there is none.
func (m *Reading) KeywordAt(i int) *Keyword {
	t := m.Tokens[i]
	// `not secret` alone begins with a word that is reserved; `not secret == 5` is a condition.
	if last := len(m.Tokens) - 1; m.Is(t, "not") && m.Is(m.Tokens[min(i+1, last)], "secret") {
		if behind := m.Tokens[min(i+2, last)]; behind.Kind == token.Ident && !behind.First || m.Is(behind, "*") {
			return m.Keywords.all["not"]
		}
	}
	if t.Kind != token.Ident {
		return nil
	}
	word := m.Text(t)
	if m.fanOut(i) {
		return nil
	}
	if m.InTest && m.Keywords.tests[word] != nil {
		return m.Keywords.tests[word]
	}
	// `test` is what many call an environment: `environments prod, test`.
	if word == "test" && !(t.First && m.Depth[i] == 0) && i+1 < len(m.Tokens) && m.Tokens[i+1].Kind != token.TextStart && m.Tokens[i+1].Kind != token.Raw {
		return nil
	}
	return m.Keywords.all[word]
}

// BeginsStatement reports whether a token looks like the beginning of a
// statement: the first word of a line, a keyword, and not used as a value.
func (m *Reading) BeginsStatement(i int) bool {
	t := m.Tokens[i]
	if !t.First || m.KeywordAt(i) == nil {
		return false
	}
	next := m.Tokens[i+1]
	if next.First || next.Kind == token.EOF {
		return false
	}
	switch next.Kind {
	case token.Ident, token.Raw, token.TextStart, token.Number, token.Regex:
		return true
	case token.Reserved:
		switch m.Text(next) {
		case "any", "every", "not", "if", "per", "true", "false", "null":
			return true
		}
	case token.Punct:
		return m.Is(next, "{") || m.Is(next, "(") || m.Is(next, "[") && m.Text(t) == "add"
	}
	return false
}

// OpensBlock reports whether the `{` at token i holds statements.
func (m *Reading) OpensBlock(i int) bool {
	return m.Tokens[i+1].Kind == token.Ident && m.FieldEnd(i+1) == 0
}

// Declares reports whether it may stand at the top of a file.
func (k *Keyword) Declares() bool {
	return k.Place == Declaration || k.Place == Anywhere || k.Word == "let"
}
