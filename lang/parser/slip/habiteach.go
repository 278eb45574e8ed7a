// Visits of fields, and of all that is in a value, as other languages write them; see habits.go.
package slip

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

// eached is what `each` goes through in other words.
func eached(m *Statement, i int, expected string) *diag.Diagnostic {
	if m.OwnerWord() != "each" || i <= m.Start {
		return nil
	}
	t, before := m.Token(i), strings.ToLower(m.Text(m.Token(i-1)))
	names := m.Source(m.Start+1, m.Start+2)
	if m.Is(m.Token(m.Start+2), ",") {
		names = m.Source(m.Start+1, m.Start+4)
	}
	deep := func(to, at int) *diag.Diagnostic {
		return m.write(m.Start, to, "what is in a value, however deep, is visited by `at any depth of`", "each "+names+" at any depth of "+m.Source(at, m.PathEnd(at)))
	}
	called := m.Is(t, "(") && m.Pair[i] > i+1
	switch {
	case called && slices.Contains([]string{"recurse", "walk", "descendants", "recursive", "deep", "leaves"}, before):
		return deep(m.Pair[i], i+1)
	case m.Is(t, "(") && m.Pair[i] > i && slices.Contains([]string{"items", "entries", "to_entries", "object"}, before):
		x := m.Source(i+1, m.Pair[i])
		if m.Is(m.Token(i-2), ".") && x == "" {
			x = m.Source(m.Operand(i-1), i-2)
		}
		if !strings.Contains(names, ",") {
			names = "key, " + names
		}
		return m.write(m.Start, m.Pair[i], "the fields of an object are visited with two names", "each "+names+" in "+x)
	case strings.HasPrefix(expected, "`in`") && slices.Contains([]string{"anywhere", "everywhere", "deep", "deeply", "recursively", "recursive", "inside", "within", "under"}, m.Text(t)):
		at := i + 1
		if m.Is(m.Token(at), "in") || m.Is(m.Token(at), "of") {
			at++
		}
		return deep(m.PathEnd(at)-1, at)
	case strings.HasPrefix(expected, "a block") && m.Is(t, "at") && (m.Is(m.Token(i+1), "any") || m.Is(m.Token(i+1), "every")) && m.Is(m.Token(i+2), "depth"):
		for at := m.Start; at < i; at++ {
			if m.Is(m.Token(at), "in") {
				return deep(i+2, at+1)
			}
		}
	case strings.HasPrefix(expected, "`in`") && (m.Is(t, ":") || m.Is(t, "=>")) && m.Token(i+1).Kind == token.Ident && m.Is(m.Token(i+2), "in"):
		return m.write(i, i, "the fields of an object are visited with two names", ",")
	case expected == "a name" && i == m.Start+1 && (m.Is(t, "(") || m.Is(t, "[")) && m.Pair[i] == i+4 && m.Is(m.Token(i+2), ","):
		return m.write(i, i+4, "the names of an `each` stand without brackets", m.Source(i+1, i+4))
	case expected == "`depth`":
		return m.write(i, i, "the words are `at any depth of`", "depth")
	case expected == "`of`" && (m.Is(t, "in") || m.Is(t, "from")):
		return m.write(i, i, "the words are `at any depth of`", "of")
	case expected == "`of`" && m.Bracket(t) == '{':
		return m.foreignForm(i-3, i-1, "`at any depth` is of a field, or of the document", "write `at any depth of this`")
	case expected == "`any`" && m.Is(m.Token(i-1), "at"):
		return m.write(i, i, "the words are `at any depth of`", "any")
	}
	return nil
}
