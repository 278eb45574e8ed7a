// Clauses of statements as other languages write them; see habits.go.
package parser

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// messaged is a message behind a `check` without `else`.
func (m *machine) messaged(i int, expected string) *diag.Diagnostic {
	if w := m.ownerWord(); expected != "" || w != "check" && w != "warn" || i == 0 || !m.endsValue(i-1) {
		return nil
	}
	text := i
	if m.token(i).Kind != token.TextStart && m.token(i).Kind != token.Raw {
		text++
	}
	if k := m.token(text).Kind; m.token(text).First || k != token.TextStart && k != token.Raw || !m.is(m.token(i), ",") && !m.is(m.token(i), ":") && m.token(i).Kind != token.Ident && text != i {
		return nil
	}
	if m.token(i).Kind == token.Ident && (habit.Infix(m.text(m.token(i))) != "" || binaryWord(m.text(m.token(i)))) {
		return nil
	}
	end := m.operandEnd(text)
	return m.write(i, end-1, "the message of a `"+m.ownerWord()+"` stands behind `else`", "else "+m.source(text, end))
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
func (m *machine) keyed(i int, expected string) *diag.Diagnostic {
	if m.ownerWord() != "index" {
		return nil
	}
	t := m.token(i)
	key := func(name string, value int) string {
		if m.is(m.token(value), "-") {
			return name + " desc"
		}
		if m.token(value).Kind == token.TextStart || m.token(value).Kind == token.Raw {
			return name + " " + m.source(value, m.operandEnd(value))
		}
		return name
	}
	switch {
	case m.is(t, ":") && i > 0 && m.token(i-1).Kind == token.Ident:
		start, end := m.operand(i-1), m.operandEnd(i+1)
		if m.is(m.token(i+1), "-") {
			end = i + 3
		}
		return m.write(m.start, end-1, "the keys of an index are paths", m.source(m.start, start)+" "+key(m.source(start, i), i+1))
	case m.bracket(t) == '{' && expected == "a path" && m.pair[i] > 0:
		var keys []string
		for k := i + 1; k < m.pair[i]; k++ {
			if colon := m.fieldEnd(k); colon > 0 {
				keys = append(keys, key(strings.Trim(m.source(k, colon), `"'`), colon+1))
				k = colon
			}
		}
		return m.write(m.start, m.pair[i], "the keys of an index are paths", "index on "+strings.Join(keys, ", "))
	case expected == "`on`" && t.Kind == token.Ident:
		return m.write(m.start, m.pathEnd(i)-1, "an index is `on` its keys", "index on "+m.source(i, m.pathEnd(i)))
	}
	return nil
}

// assigned is an assignment of another kind: `a += 5`, `a ??= 5`, `a = 1, b = 2`.
func (m *machine) assigned(i int, expected string) *diag.Diagnostic {
	t := m.token(i)
	owner := m.ownerWord()
	if i == 0 || owner != "set" && owner != "create" && owner != "let" {
		return nil
	}
	path := m.source(m.start+1, i)
	switch {
	case (m.is(t, "??") || m.is(t, "|")) && m.is(m.token(i+1), "=") && expected == "`=`":
		end := m.valueEnd(i + 2)
		if m.is(t, "|") {
			return m.foreignForm(m.start, end-1, "a field is not given a value by `|=`", fmt.Sprintf("write `%s %s = …`", owner, path))
		}
		return m.write(m.start, end-1, "a field is given a value by `=`", fmt.Sprintf("%s %s = %s ?? %s", owner, path, path, m.source(i+2, end)))
	case t.Kind == token.Foreign && len(m.text(t)) == 2 && strings.HasSuffix(m.text(t), "=") && strings.Contains("+-*", m.text(t)[:1]):
		end := m.valueEnd(i + 1)
		return m.write(m.start, end-1, "a field is given a value by `=`", fmt.Sprintf("%s %s = %s %s %s", owner, path, path, m.text(t)[:1], m.source(i+1, end)))
	case m.is(t, ",") && expected == "" && m.token(i+1).Kind == token.Ident && m.is(m.token(m.pathEnd(i+1)), "="):
		end := m.valueEnd(m.pathEnd(i+1) + 1)
		return m.write(m.start, end-1, "one statement gives one field its value", fmt.Sprintf("%s %s %s", m.source(m.start, i), owner, m.source(i+1, end)))
	}
	return nil
}

// valueEnd is the index behind the value that begins at token i, as far as its line shows.
func (m *machine) valueEnd(i int) int {
	end := i
	for end < len(m.tokens)-1 && !m.token(end).First && m.bracket(m.token(end)) != '}' {
		if m.pair[end] > end {
			end = m.pair[end]
		}
		end++
	}
	return max(end, i+1)
}

// plainName is a name that needs no quotes.
var plainName = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)

// quotedPath is a path in quotes, or a value where `add` wants the list.
func (m *machine) quotedPath(i int) *diag.Diagnostic {
	end := m.operandEnd(i)
	if m.ownerWord() == "add" && i > 0 && m.is(m.token(i-1), "to") {
		return m.write(m.start, end-1, "the value comes first, the list behind `to`", fmt.Sprintf("add %s to %s", m.source(i, end), m.source(m.start+1, i-1)))
	}
	name := strings.Trim(m.source(i, end), `"'`)
	if !plainName.MatchString(name) || ast.Reserved[name] {
		return nil
	}
	d := m.write(i, end-1, "a path has no quotes", name)
	d.Code = diag.BadName
	return d
}

// blocked is a block that begins with a word or a colon.
func (m *machine) blocked(i int, expected string) *diag.Diagnostic {
	t := m.token(i)
	word := m.is(t, "do") || m.is(t, "then") || m.is(t, "begin")
	if !strings.HasPrefix(expected, "a block") || !word && !(m.is(t, ":") && m.token(i+1).First) {
		return nil
	}
	m.wordBlock = m.wordBlock || word
	return m.foreignForm(i, i, "a block stands in `{ }`", fmt.Sprintf("write `%s … { … }`", m.ownerWord()))
}

// elseBlock is an `else` behind a block.
func (m *machine) elseBlock(i int, _ string) *diag.Diagnostic {
	if !m.is(m.token(i), "else") || i == 0 || m.bracket(m.token(i-1)) != '}' || m.pair[i-1] < 0 || m.ownerWord() != "where" && m.ownerWord() != "for" {
		return nil
	}
	if m.ownerWord() == "for" {
		return m.foreignForm(i, i, "there is no `else` block", "write a `for` with the other environments, or the value `per environment { …, else: … }`")
	}
	condition := m.source(m.start+1, m.pair[i-1])
	d := m.foreignForm(i, i, "there is no `else` block", fmt.Sprintf("write `where not (%s) { … }`", condition))
	d.Notes = []string{fmt.Sprintf("or one statement for both: `set … = if %s then … else …`", condition)}
	return d
}

// quantified are the words of other languages for `any` and `every`.
func (m *machine) quantifiedBy(i int, _ string) *diag.Diagnostic {
	if i == 0 || m.token(i).Kind != token.Ident || !m.is(m.token(i+1), "in") {
		return nil
	}
	switch m.text(m.token(i - 1)) {
	case "all", "each", "forall":
		return m.write(i-1, i-1, "a condition on all elements begins with `every`", "every")
	case "some", "exists", "one":
		return m.write(i-1, i-1, "a condition on some element begins with `any`", "any")
	case "no", "none":
		return m.foreignForm(i-1, i-1, "a condition on no element is a negated one", "write `not (any …)`")
	}
	return nil
}

// clause is a clause of a statement with the word of another language.
func (m *machine) clause(i int, expected string) *diag.Diagnostic {
	t := m.token(i)
	text := m.text(t)
	if i == 0 || t.First && m.ownerWord() != "environment" {
		return nil
	}
	switch owner := m.ownerWord(); {
	case owner == "sync" && m.is(t, "by") && m.expectsBefore(i):
		return m.foreignForm(i, i, "`by` stands before `expect`", fmt.Sprintf("write `%s … by … expect …`: `by` stands before `expect`", m.source(m.start, m.start+2)))
	case owner == "sync" && t.Kind == token.Ident && !t.First && (text == "on" || text == "key" || text == "using" || text == "keyed" || text == "identified" || text == "with" || text == "match"):
		return m.write(i, i, "the identity of documents is written with `by`", "by")
	case owner == "sync" && t.Kind == token.Ident && (text == "into" || text == "to"):
		return m.write(i, i, "another name at the destination is written with `as`", "as")
	case owner == "sync" && i == m.start+2 && (m.is(m.token(i-1), "collection") || m.is(m.token(i-1), "table")) && t.Kind == token.Ident:
		return m.write(m.start, i, "a collection is named alone", "sync "+text)
	case owner == "check" || owner == "warn":
		if m.is(m.token(i-1), "refers") && t.Kind == token.Ident {
			return m.write(i-1, m.operandEnd(i)-1, "a reference is `refers to` a field", "refers to "+m.source(i, m.operandEnd(i)))
		}
	case owner == "for" && m.is(t, "in") && m.token(i-1).Kind == token.Ident:
		end := m.operandEnd(i + 1)
		return m.foreignForm(m.start, end-1, "`for` takes environments; elements are visited by `each`", fmt.Sprintf("write `each %s in %s { … }`", m.source(i-1, i), m.source(i+1, end)))
	case owner == "for" && m.is(t, "(") && i == m.start+1 && m.pair[i] > 0:
		for k := i + 1; k < m.pair[i]; k++ {
			if (m.is(m.token(k), "of") || m.is(m.token(k), "in")) && k > i+1 {
				return m.foreignForm(m.start, m.pair[i], "`for` takes environments; elements are visited by `each`", fmt.Sprintf("write `each %s in %s { … }`", m.source(k-1, k), m.source(k+1, m.pair[i])))
			}
		}
		return m.foreignForm(m.start, m.pair[i], "`for` takes environments; elements are visited by `each`", "write `each x in LIST { … }`")
	case owner == "for" && t.Kind == token.Ident && (m.is(m.token(i-1), "environment") || m.is(m.token(i-1), "env")):
		return m.write(m.start, i, "`for` takes the names of environments alone", "for "+text)
	case owner == "test" && t.Kind == token.Ident && m.token(i-1).Kind == token.Ident && !t.First && m.depth[i] == 0:
		end := i
		for end < len(m.tokens)-1 && m.bracket(m.token(end)) != '{' && !m.is(m.token(end), "for") && !m.token(end).First {
			end++
		}
		return m.write(m.start, end-1, "a name of several words stands in quotes", fmt.Sprintf("test %q", m.source(m.start+1, end)))
	case (owner == "only" || owner == "except") && expected == "`where`":
		if m.is(t, "if") || m.is(t, "when") {
			return m.write(m.start, i, "a selection is written with `where`", owner+" where")
		}
		return m.foreignForm(i-1, i, "a selection is written with `where`", fmt.Sprintf("write `%s where %s …`", owner, text))
	case owner == "prune" && t.Kind == token.Ident && strings.HasPrefix(expected, "`all`"):
		return m.write(m.start, i, "`prune` is of all documents that the weave does not have, or of some", "prune all")
	case owner == "environment" && expected == "`{`":
		return m.foreignForm(m.start, m.start, "`environment` says how the cluster of one is known", "did you mean `environments`, which declares them?")
	case owner == "from" && expected == "`into`" && (m.is(t, "to") || m.is(t, "as")):
		return m.write(i, i, "the destination is written with `into`", "into")
	case owner == "mode" && (m.is(t, ":") || m.is(t, "=")) && i == m.start+1:
		return m.write(m.start, i+1, "`mode` takes its value without `"+text+"`", "mode "+m.source(i+1, i+2))
	}
	return nil
}

// expectsBefore reports whether the statement has an `expect` before token i.
func (m *machine) expectsBefore(i int) bool {
	for k := m.start; k < i; k++ {
		if m.is(m.token(k), "expect") {
			return true
		}
	}
	return false
}
