// What the words around a brace say about it: see repair.go.
package slip

import (
	"slices"

	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/token"
)

// margins are the columns that the closing brace of the `{` at token i may have:
// that of its line and that of its statement.
func (m *braces) margins(i int) (line, statement int) {
	line = m.Indent(m.Tokens[i])
	k := i
	for k > 0 && !(m.Tokens[k].First && m.keyword(k)) {
		if k--; m.Pair[k] > k && m.Pair[k] >= i || m.Bracket(m.Tokens[k]) == '{' && m.Pair[k] < 0 {
			return line, line
		}
	}
	return line, min(line, m.Column(m.Tokens[k]))
}

// keyword reports whether a declaration or statement may begin at token i, or a part of one in a block.
func (m *braces) keyword(i int) bool {
	t := m.Tokens[i]
	if p := m.KeywordAt(i); p != nil {
		return p.Place != keyword.Declaration || t.First || i == 0 || m.Is(m.Tokens[i-1], "{") || m.Is(m.Tokens[i-1], "}")
	}
	return t.Kind == token.Ident && (m.Keywords.InTests(m.Text(t)) != nil || slices.Contains([]string{"run", "database", "cluster"}, m.Text(t)))
}

// sibling reports whether the statement at token i can stand beside that of the
// `{` at token o and not inside it.
func (m *braces) sibling(o, i int) bool {
	p := m.KeywordAt(i)
	if p == nil || !m.BeginsStatement(i) {
		return false
	}
	h := o
	for h > 0 && m.KeywordAt(h) == nil {
		h--
	}
	owner := m.KeywordAt(h)
	return owner != nil && (p.Place == keyword.FromOnly && owner.Place != keyword.Declaration || p.Place == keyword.Declaration && m.Column(m.Tokens[i]) == 0)
}

// isObject reports whether the `{` at token o holds fields.
func (m *braces) isObject(o int) bool {
	if o+1 >= len(m.Tokens) {
		return false
	}
	k := o + 1
	if m.Is(m.Tokens[k], "create") && k+1 < len(m.Tokens) && !m.Is(m.Tokens[k+1], ":") {
		k++
	}
	return m.FieldEnd(k) > 0 || m.Is(m.Tokens[o+1], ",") || m.Is(m.Tokens[o+1], "[") || m.Bracket(m.Tokens[o+1]) == '}'
}

// looseField reports whether `name:` begins at token i where no object is open; o
// is the innermost open bracket, -1 when there is none.
func (m *braces) looseField(o, i int) bool {
	if i == 0 || m.FieldEnd(i) == 0 || m.Is(m.Tokens[i-1], "{") || m.Is(m.Tokens[i-1], "-") || m.Is(m.Tokens[i-1], ".") || m.Is(m.Tokens[i-1], "input") || m.Is(m.Tokens[i-1], "create") {
		return false
	}
	before := m.Tokens[i-1]
	if m.Is(before, ":") || m.Is(before, "=") || m.Is(before, "environment") {
		return true
	}
	return o < 0 || m.Bracket(m.Tokens[o]) != '{' || !m.isObject(o)
}

// closer is the index of the `}` that closes what is open at token i or begins there, 0 when there is none.
func (m *braces) closer(i int) int {
	depth := 0
	for k := i; k < len(m.Tokens); k++ {
		switch m.Bracket(m.Tokens[k]) {
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return k
			}
		}
	}
	return 0
}

// statementOf is the first token of the statement that token i belongs to, as far as its line shows.
func (m *braces) statementOf(i int) int {
	for h := i - 1; h > 0; h-- {
		if m.keyword(h) && m.FieldEnd(h) == 0 {
			return h
		}
	}
	return 0
}

// blockWords begin what holds a block of statements; the words beside each are clauses of it, and no statements.
var blockWords = map[string][]string{
	"from": nil, "defaults": nil, "sync": {"except", "expect"}, "where": {"expect"}, "for": nil, "each": {"where", "expect"}, "amend": {"from", "for"}, "test": {"for"},
	"before": nil, "after": nil, "source": nil, "environment": nil,
}
