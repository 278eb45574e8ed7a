// Clauses of statements as other languages write them; see habits.go.
package slip

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// messaged is a message behind a `check` without `else`.
func messaged(m *Statement, i int, expected string) *diag.Diagnostic {
	if w := m.OwnerWord(); expected != "" || w != "check" && w != "warn" || i == 0 || !m.EndsValue(i-1) {
		return nil
	}
	text := i
	if m.Token(i).Kind != token.TextStart && m.Token(i).Kind != token.Raw {
		text++
	}
	if k := m.Token(text).Kind; m.Token(text).First || k != token.TextStart && k != token.Raw || !m.Is(m.Token(i), ",") && !m.Is(m.Token(i), ":") && m.Token(i).Kind != token.Ident && text != i {
		return nil
	}
	if m.Token(i).Kind == token.Ident && (habit.Infix(m.Text(m.Token(i))) != "" || binaryWord(m.Text(m.Token(i)))) {
		return nil
	}
	end := m.OperandEnd(text)
	return m.write(i, end-1, "the message of a `"+m.OwnerWord()+"` stands behind `else`", "else "+m.Source(text, end))
}

// binaryWord reports whether a function of two values is written between them elsewhere.
func binaryWord(word string) bool {
	switch strings.ToLower(word) {
	case "startswith", "endswith", "contains", "starts_with", "ends_with", "includes":
		return true
	}
	return false
}

// keyed are the keys of an index as MongoDB has them.
func keyed(m *Statement, i int, expected string) *diag.Diagnostic {
	if m.OwnerWord() != "index" {
		return nil
	}
	t := m.Token(i)
	key := func(name string, value int) string {
		if m.Is(m.Token(value), "-") {
			return name + " desc"
		}
		if m.Token(value).Kind == token.TextStart || m.Token(value).Kind == token.Raw {
			return name + " " + m.Source(value, m.OperandEnd(value))
		}
		return name
	}
	switch {
	case m.Is(t, ":") && i > 0 && m.Token(i-1).Kind == token.Ident:
		start, end := m.Operand(i-1), m.OperandEnd(i+1)
		if m.Is(m.Token(i+1), "-") {
			end = i + 3
		}
		return m.write(m.Start, end-1, "the keys of an index are paths", m.Source(m.Start, start)+" "+key(m.Source(start, i), i+1))
	case m.Bracket(t) == '{' && expected == "a path" && m.Pair[i] > 0:
		var keys []string
		for k := i + 1; k < m.Pair[i]; k++ {
			if colon := m.FieldEnd(k); colon > 0 {
				keys = append(keys, key(strings.Trim(m.Source(k, colon), `"'`), colon+1))
				k = colon
			}
		}
		return m.write(m.Start, m.Pair[i], "the keys of an index are paths", "index on "+strings.Join(keys, ", "))
	case expected == "`on`" && t.Kind == token.Ident:
		return m.write(m.Start, m.PathEnd(i)-1, "an index is `on` its keys", "index on "+m.Source(i, m.PathEnd(i)))
	}
	return nil
}

// assigned is an assignment of another kind: `a += 5`, `a ??= 5`, `a = 1, b = 2`.
func assigned(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	owner := m.OwnerWord()
	if i == 0 || owner != "set" && owner != "create" && owner != "let" {
		return nil
	}
	path := m.Source(m.Start+1, i)
	switch {
	case (m.Is(t, "??") || m.Is(t, "|")) && m.Is(m.Token(i+1), "=") && expected == "`=`":
		end := m.ValueEnd(i + 2)
		if m.Is(t, "|") {
			return m.foreignForm(m.Start, end-1, "a field is not given a value by `|=`", fmt.Sprintf("write `%s %s = …`", owner, path))
		}
		return m.write(m.Start, end-1, "a field is given a value by `=`", fmt.Sprintf("%s %s = %s ?? %s", owner, path, path, m.Source(i+2, end)))
	case t.Kind == token.Foreign && len(m.Text(t)) == 2 && strings.HasSuffix(m.Text(t), "=") && strings.Contains("+-*", m.Text(t)[:1]):
		end := m.ValueEnd(i + 1)
		return m.write(m.Start, end-1, "a field is given a value by `=`", fmt.Sprintf("%s %s = %s %s %s", owner, path, path, m.Text(t)[:1], m.Source(i+1, end)))
	case m.Is(t, ",") && expected == "" && m.Token(i+1).Kind == token.Ident && m.Is(m.Token(m.PathEnd(i+1)), "="):
		end := m.ValueEnd(m.PathEnd(i+1) + 1)
		return m.write(m.Start, end-1, "one statement gives one field its value", fmt.Sprintf("%s %s %s", m.Source(m.Start, i), owner, m.Source(i+1, end)))
	}
	return nil
}

// plainName is a name that needs no quotes.
var plainName = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)

// QuotedPath is a path in quotes, or a value where `add` wants the list.
func QuotedPath(m *Statement, i int) *diag.Diagnostic {
	end := m.OperandEnd(i)
	if m.OwnerWord() == "add" && i > 0 && m.Is(m.Token(i-1), "to") {
		return m.write(m.Start, end-1, "the value comes first, the list behind `to`", fmt.Sprintf("add %s to %s", m.Source(i, end), m.Source(m.Start+1, i-1)))
	}
	if d := quotedElement(m, i, end); d != nil {
		return d
	}
	name := strings.Trim(m.Source(i, end), `"'`)
	if !plainName.MatchString(name) || ast.Reserved[name] {
		return nil
	}
	d := m.write(i, end-1, "a path has no quotes", name)
	if m.OwnerWord() == "rename" {
		d.Notes = []string{"an identity that has changed is `moved OLD to NEW`"}
	}
	d.Code = diag.BadName
	return d
}

// blocked is a block that begins with a word or a colon.
func blocked(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	word := m.Is(t, "do") || m.Is(t, "then") || m.Is(t, "begin")
	if !strings.HasPrefix(expected, "a block") || !word && !(m.Is(t, ":") && m.Token(i+1).First) {
		return nil
	}
	m.WordBlock = m.WordBlock || word
	return m.foreignForm(i, i, "a block stands in `{ }`", fmt.Sprintf("write `%s … { … }`", m.OwnerWord()))
}

// elseBlock is an `else` behind a block that has none, and `else if`.
func elseBlock(m *Statement, i int, _ string) *diag.Diagnostic {
	t := m.Token(i)
	switch {
	case i == 0:
	case m.OwnerWord() == "where" && m.Is(m.Token(i-1), "else") && (m.Is(t, "if") || m.Is(t, "when") || m.Is(t, "only")):
		return m.write(i, i, "another condition behind `else` is written with `where`", "where")
	case m.OwnerWord() == "each" && m.Is(t, "else") && m.Bracket(m.Token(i-1)) == '}' && m.Pair[i-1] >= 0:
		return m.foreignForm(i, i, "an `each` has no `else`", "`else` stands behind the block of a `where`: put the condition into one")
	case m.OwnerWord() == "for" && m.Is(t, "else") && m.Bracket(m.Token(i-1)) == '}' && m.Pair[i-1] >= 0:
		return m.foreignForm(i, i, "a `for` has no `else`", "write a `for` with the other environments, or the value `per environment { …, else: … }`")
	}
	return nil
}

// quantified are the words of other languages for `any` and `every`.
func quantifiedBy(m *Statement, i int, _ string) *diag.Diagnostic {
	if i == 0 || m.Token(i).Kind != token.Ident || !m.Is(m.Token(i+1), "in") {
		return nil
	}
	switch m.Text(m.Token(i - 1)) {
	case "all", "each", "forall":
		if m.Is(m.Token(i-2), "for") {
			return m.write(i-1, i, "the elements of a list are named behind `for`", m.Text(m.Token(i)))
		}
		return m.write(i-1, i-1, "a condition on all elements begins with `every`", "every")
	case "some", "exists", "one":
		return m.write(i-1, i-1, "a condition on some element begins with `any`", "any")
	case "no", "none":
		return m.foreignForm(i-1, i-1, "a condition on no element is a negated one", "write `not (any …)`")
	}
	return nil
}

// clause is a clause of a statement with the word of another language.
func clause(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	text := m.Text(t)
	if i == 0 || t.First && m.OwnerWord() != "environment" {
		return nil
	}
	switch owner := m.OwnerWord(); {
	case owner == "sync" && m.Is(t, "by") && m.expectsBefore(i):
		return m.foreignForm(i, i, "`by` stands before `expect`", fmt.Sprintf("write `%s … by … expect …`: `by` stands before `expect`", m.Source(m.Start, m.Start+2)))
	case owner == "sync" && t.Kind == token.Ident && !t.First && (text == "on" || text == "key" || text == "using" || text == "keyed" || text == "identified" || text == "with" || text == "match"):
		return m.write(i, i, "the identity of documents is written with `by`", "by")
	case owner == "sync" && t.Kind == token.Ident && (text == "into" || text == "to"):
		return m.write(i, i, "another name at the destination is written with `as`", "as")
	case owner == "sync" && i == m.Start+2 && (m.Is(m.Token(i-1), "collection") || m.Is(m.Token(i-1), "table")) && t.Kind == token.Ident:
		return m.write(m.Start, i, "a collection is named alone", "sync "+text)
	case owner == "check" || owner == "warn":
		if m.Is(m.Token(i-1), "refers") && t.Kind == token.Ident {
			return m.write(i-1, m.OperandEnd(i)-1, "a reference is `refers to` a field", "refers to "+m.Source(i, m.OperandEnd(i)))
		}
	case owner == "for" && m.Is(t, "in") && m.Token(i-1).Kind == token.Ident:
		end := m.OperandEnd(i + 1)
		return m.foreignForm(m.Start, end-1, "`for` takes environments; elements are visited by `each`", fmt.Sprintf("write `each %s in %s { … }`", m.Source(i-1, i), m.Source(i+1, end)))
	case owner == "for" && i == m.Start+2 && m.Is(m.Token(i-1), "except") && t.Kind == token.Ident && !t.First:
		return m.write(m.Start, i-1, "environments are excepted by `for all except`", "for all except")
	case owner == "for" && i == m.Start+2 && slices.Contains([]string{"all", "every", "everything", "everywhere"}, m.Text(m.Token(i-1))) && t.Kind == token.Ident && !t.First:
		return m.write(m.Start, i, "environments are excepted by `for all except`", "for all except")
	case owner == "for" && m.Is(t, "(") && i == m.Start+1 && m.Pair[i] > 0:
		for k := i + 1; k < m.Pair[i]; k++ {
			if (m.Is(m.Token(k), "of") || m.Is(m.Token(k), "in")) && k > i+1 {
				return m.foreignForm(m.Start, m.Pair[i], "`for` takes environments; elements are visited by `each`", fmt.Sprintf("write `each %s in %s { … }`", m.Source(k-1, k), m.Source(k+1, m.Pair[i])))
			}
		}
		return m.foreignForm(m.Start, m.Pair[i], "`for` takes environments; elements are visited by `each`", "write `each x in LIST { … }`")
	case owner == "for" && t.Kind == token.Ident && (m.Is(m.Token(i-1), "environment") || m.Is(m.Token(i-1), "env")):
		return m.write(m.Start, i, "`for` takes the names of environments alone", "for "+text)
	case owner == "test" && t.Kind == token.Ident && m.Token(i-1).Kind == token.Ident && !t.First && m.Depth[i] == 0:
		end := i
		for end < len(m.Tokens)-1 && m.Bracket(m.Token(end)) != '{' && !m.Is(m.Token(end), "for") && !m.Token(end).First {
			end++
		}
		return m.write(m.Start, end-1, "a name of several words stands in quotes", fmt.Sprintf("test %q", m.Source(m.Start+1, end)))
	case (owner == "only" || owner == "except") && expected == "`where`":
		if m.Is(t, "if") || m.Is(t, "when") {
			return m.write(m.Start, i, "a selection is written with `where`", owner+" where")
		}
		return m.foreignForm(i-1, i, "a selection is written with `where`", fmt.Sprintf("write `%s where %s …`", owner, text))
	case owner == "environment" && expected == "`{`":
		return m.foreignForm(m.Start, m.Start, "`environment` says how the cluster of one is known", "did you mean `environments`, which declares them?")
	case owner == "from" && expected == "`into`" && (m.Is(t, "to") || m.Is(t, "as")):
		return m.write(i, i, "the destination is written with `into`", "into")
	case owner == "mode" && (m.Is(t, ":") || m.Is(t, "=")) && i == m.Start+1:
		return m.write(m.Start, i+1, "`mode` takes its value without `"+text+"`", "mode "+m.Source(i+1, i+2))
	}
	return nil
}

// expectsBefore reports whether the statement has an `expect` before token i.
func (m *Statement) expectsBefore(i int) bool {
	for k := m.Start; k < i; k++ {
		if m.Is(m.Token(k), "expect") {
			return true
		}
	}
	return false
}
