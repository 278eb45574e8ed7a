// What the words around a brace say about it: see repair.go.
package parser

import (
	"slices"

	"github.com/hayone1/mongocd/lang/token"
)

// margins are the columns that the closing brace of the `{` at token i may have:
// that of its line and that of its statement.
func (m *machine) margins(i int) (line, statement int) {
	line = m.indent(m.tokens[i])
	k := i
	for k > 0 && !(m.tokens[k].First && m.keyword(k)) {
		if k--; m.pair[k] > k && m.pair[k] >= i || m.bracket(m.tokens[k]) == '{' && m.pair[k] < 0 {
			return line, line
		}
	}
	return line, min(line, m.column(m.tokens[k]))
}

// keyword reports whether a declaration or statement may begin at token i, or a part of one in a block.
func (m *machine) keyword(i int) bool {
	t := m.tokens[i]
	if p := m.productionAt(i); p != nil {
		return p.place != declaration || t.First || i == 0 || m.is(m.tokens[i-1], "{") || m.is(m.tokens[i-1], "}")
	}
	return t.Kind == token.Ident && (m.tests[m.text(t)] != nil || slices.Contains([]string{"run", "database", "cluster"}, m.text(t)))
}

// sibling reports whether the statement at token i can stand beside that of the
// `{` at token o and not inside it.
func (m *machine) sibling(o, i int) bool {
	p := m.productionAt(i)
	if p == nil || !m.beginsStatement(i) {
		return false
	}
	h := o
	for h > 0 && m.productionAt(h) == nil {
		h--
	}
	owner := m.productionAt(h)
	return owner != nil && (p.place == fromOnly && owner.place != declaration || p.place == declaration && m.column(m.tokens[i]) == 0)
}

// isObject reports whether the `{` at token o holds fields.
func (m *machine) isObject(o int) bool {
	if o+1 >= len(m.tokens) {
		return false
	}
	k := o + 1
	if m.is(m.tokens[k], "create") && k+1 < len(m.tokens) && !m.is(m.tokens[k+1], ":") {
		k++
	}
	return m.fieldEnd(k) > 0 || m.is(m.tokens[o+1], ",") || m.bracket(m.tokens[o+1]) == '}'
}

// fieldEnd is the index of the colon behind the name of a field that begins at token i, 0 when none does.
func (m *machine) fieldEnd(i int) int {
	end := i
	switch m.tokens[i].Kind {
	case token.Ident, token.Reserved, token.Raw, token.Number:
		for m.is(m.tokens[min(end+1, len(m.tokens)-1)], "-") && m.tokens[end+1].Start == m.tokens[end].End && end+2 < len(m.tokens) {
			end += 2
		}
	case token.TextStart:
		for end < len(m.tokens)-1 && m.tokens[end].Kind != token.TextEnd {
			end++
		}
	default:
		return 0
	}
	if end++; end >= len(m.tokens) || !m.is(m.tokens[end], ":") {
		return 0
	}
	return end
}

// perEnvironment reports whether the `{` at token i belongs to `per environment`.
func (m *machine) perEnvironment(i int) bool {
	return i >= 2 && m.is(m.tokens[i-1], "environment") && m.is(m.tokens[i-2], "per")
}

// looseField reports whether `name:` begins at token i where no object is open; o
// is the innermost open bracket, -1 when there is none.
func (m *machine) looseField(o, i int) bool {
	if i == 0 || m.fieldEnd(i) == 0 || m.is(m.tokens[i-1], "{") || m.is(m.tokens[i-1], "-") || m.is(m.tokens[i-1], ".") || m.is(m.tokens[i-1], "input") || m.is(m.tokens[i-1], "create") {
		return false
	}
	before := m.tokens[i-1]
	if m.is(before, ":") || m.is(before, "=") || m.is(before, "environment") {
		return true
	}
	return o < 0 || m.bracket(m.tokens[o]) != '{' || !m.isObject(o)
}

// closer is the index of the `}` that closes what is open at token i or begins there, 0 when there is none.
func (m *machine) closer(i int) int {
	depth := 0
	for k := i; k < len(m.tokens); k++ {
		switch m.bracket(m.tokens[k]) {
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
func (m *machine) statementOf(i int) int {
	for h := i - 1; h > 0; h-- {
		if m.keyword(h) && m.fieldEnd(h) == 0 {
			return h
		}
	}
	return 0
}

// blockWords begin what holds a block of statements; the words beside each are clauses of it, and no statements.
var blockWords = map[string][]string{
	"from": nil, "sync": {"except", "expect"}, "where": {"expect"}, "for": nil, "each": {"where", "expect"}, "amend": {"from", "for"}, "test": {"for"},
	"before": nil, "after": nil, "source": nil, "environment": nil,
}

func (m *machine) lineOf(i int) int { return m.file.Position(m.tokens[i].Start).Line }
