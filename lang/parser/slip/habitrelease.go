// What is said of databases and destinations (fan-outs, defaults, moves, bounds) as
// people write it who have not read how it is said here; see habits.go.
package slip

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

// ForEach reports whether a word is `for each` in other languages.
func ForEach(word string) bool { return strings.EqualFold(word, "foreach") || word == "for_each" }

// fanned is a fan-out in other words.
func fanned(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	if m.OwnerWord() != "from" || i <= m.Start+1 {
		return nil
	}
	before := m.Token(i - 1)
	switch {
	case t.Kind == token.Ident && (m.Is(t, "each") || ForEach(m.Text(t))) && m.Token(i+1).Kind == token.Ident && !m.Is(before, "for"):
		return m.write(i, i, "a database for each document is written with `for each`", "for each")
	case m.Is(before, "for") && slices.Contains([]string{"every", "all", "any"}, m.Text(t)):
		return m.write(i, i, "a database for each document is written with `for each`", "each")
	case t.Kind == token.Ident && m.Is(before, "for") && m.Is(m.Token(i+1), "in"):
		return m.write(i-1, i-1, "a database for each document is written with `for each`", "for each")
	case m.Is(t, "of") && expected == "`in`":
		return m.write(i, i, "the documents are those `in` a collection", "in")
	case m.Is(t, "for") && expected == "`into`":
		return m.foreignForm(i, i, "the databases are named before the documents that they are for", "write `from SOURCE into \"NAME_${x.FIELD}\" for each x in …`")
	case m.Is(t, "+") && strings.HasPrefix(expected, "a block"):
		return m.foreignForm(i, i, "a text that is put together is written in one", "write `\"NAME_${x.FIELD}\"`")
	}
	return nil
}

// FannedFirst is a loop around `from` blocks, `for each t in tenants { … }`, at its first
// word; nil when it is something else.
func FannedFirst(m *Statement, i int) *diag.Diagnostic {
	name := i + 1
	switch {
	case m.Depth[i] > 0:
		return nil
	case m.Is(m.Token(i), "for"):
		if m.Is(m.Token(name), "(") {
			name++
		}
		if m.Is(m.Token(name), "each") || m.Is(m.Token(name), "every") || m.Is(m.Token(name), "let") || m.Is(m.Token(name), "const") {
			name++
		}
	case !m.Is(m.Token(i), "each") && !ForEach(m.Text(m.Token(i))):
		return nil
	}
	if m.Token(name).Kind != token.Ident || !m.Is(m.Token(name+1), "in") && !m.Is(m.Token(name+1), "of") || m.Token(name+2).Kind != token.Ident {
		return nil
	}
	element := m.Source(name, name+1)
	return m.foreignForm(i, name+2, "a database for each document is said behind `into`",
		fmt.Sprintf("write `from SOURCE into \"NAME_${%[1]s.FIELD}\" for each %[1]s in %[2]s { … }`", element, m.Source(name+2, m.PathEnd(name+2))))
}

// BareText is a text with `${ }` in it that has no quotes, at its first token; nil when it
// is something else. end is the token behind it.
func BareText(m *Statement, i int) (d *diag.Diagnostic, end int) {
	computed := false
	for end = i; end < len(m.Tokens)-1 && (end == i || m.Token(end).Start == m.Token(end-1).End); end++ {
		if t := m.Token(end); m.Bracket(t) == '{' {
			if end == i || !strings.HasSuffix(m.Text(m.Token(end-1)), "$") || m.Pair[end] < 0 {
				break
			}
			computed, end = true, m.Pair[end]
		}
	}
	if !computed {
		return nil, end
	}
	d = m.write(i, end-1, "a text with `${ }` in it stands in quotes", `"`+m.Source(i, end)+`"`)
	d.Code = diag.BadName
	if !m.Is(m.Token(end), "for") {
		d.Notes = []string{"a database for each document of a collection is `into \"…${t.…}\" for each t in COLLECTION`"}
	}
	return d, end
}

// moving is `moved` in other words.
func moving(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	const form = "write `moved OLD to NEW`"
	switch {
	case m.OwnerWord() != "moved":
	case i == m.Start+1 && m.Is(t, ":"):
		return m.foreignForm(i, i, "`moved` takes both identities without `:`", form)
	case expected != "`to`":
	case m.Is(m.Token(m.Start+1), "from") && i == m.Start+2:
		return m.write(m.Start, i-1, "the old identity stands behind `moved`", "moved")
	case m.Is(m.Token(m.Start+1), "{"):
		return m.foreignForm(m.Start, i-1, "`moved` takes the old identity, and behind `to` the new one", form)
	case i == m.Start+2 && (t.Kind == token.TextStart || t.Kind == token.Raw || t.Kind == token.Number):
		return m.write(m.Start, i-1, "an identity is its value alone, without the name of the field", "moved")
	case slices.Contains([]string{"into", "as", ",", ":", "->", "=>", "becomes"}, m.Text(t)):
		return m.write(i, i, "the new identity stands behind `to`", "to")
	}
	return nil
}

// bounded is the bound of `prune` in other words.
func bounded(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	switch {
	case m.OwnerWord() != "prune" || i == 0 || t.First:
	case m.Is(m.Token(i-1), "most"):
		switch {
		case m.Is(t, "if"):
			return m.foreignForm(i, i, "a bound is a number, a percentage or `any`", "write `at most per environment { NAME: 5, else: any }`")
		case m.Bracket(t) == '{':
			return m.write(i, i, "a bound for each environment is written with `per environment`", "per environment {")
		case m.Is(t, "*"):
			return m.write(i, i, "a bound is a number, a percentage or `any`", "any")
		case t.Kind == token.Ident:
			return m.foreignForm(i, i, "a bound is a number, a percentage or `any`", "write `at most 5`, `at most 2%` or `at most any`")
		}
	case expected == "" && (m.Is(t, "in") || m.Is(t, "for") || m.Is(t, "on")) && m.Token(i+1).Kind == token.Ident && m.EndsValue(i-1):
		return m.foreignForm(i, i+1, "a bound for each environment is written with `per environment`",
			fmt.Sprintf("write `at most per environment { %s: %s, else: … }`", m.Text(m.Token(i+1)), m.Source(i-1, i)))
	case t.Kind == token.Ident && strings.HasPrefix(expected, "`all`"):
		return m.write(m.Start, i, "`prune` is of all documents that the weave does not have, or of some", "prune all")
	}
	return nil
}

// defaulted is `defaults` in other words.
func defaulted(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	if m.OwnerWord() != "defaults" || !strings.HasPrefix(expected, "a block") || i != m.Start+1 {
		return nil
	}
	switch {
	case m.Is(t, ":"), m.Is(t, "="):
		return m.write(m.Start, i, "the statements of `defaults` stand in `{ }`", "defaults")
	case m.Is(t, "for"):
		return m.foreignForm(m.Start, i, "`defaults` are for all environments, and what is in a `for` in them for some", "write `defaults { for ENVIRONMENT { … } }`")
	}
	return nil
}
