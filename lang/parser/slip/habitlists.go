// Lists owned in part (`elements`, `ensure`) as people write them who know other
// languages; see habits.go.
package slip

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

// parted is `elements` or `ensure` in other words.
func parted(m *Statement, i int, expected string) *diag.Diagnostic {
	if t := m.Token(i); i <= m.Start || t.First || t.Kind == token.EOF {
		return nil
	}
	switch m.OwnerWord() {
	case "except":
		return behindElements(m)
	case "elements":
		return keptElements(m, i)
	case "ensure":
		return ensured(m, i, expected)
	}
	return nil
}

// keptElements is `elements` at the token that it could not take.
func keptElements(m *Statement, i int) *diag.Diagnostic {
	t := m.Token(i)
	const form = "write `elements LIST by FIELD without VALUE`"
	first := m.Text(m.Token(m.Start + 1))
	switch {
	case m.Is(t, "by") && i == m.Start+3 && (first == "of" || first == "in"):
		return m.write(m.Start, i-2, "the list stands behind `elements`", "elements")
	case i == m.Start+2 && (first == "of" || first == "in") && t.Kind == token.Ident:
		return m.write(m.Start, i-1, "the list stands behind `elements`", "elements")
	case i == m.Start+2 && first == "by":
		return m.foreignForm(m.Start, i, "the list stands before `by`", form)
	case slices.Contains([]string{"key", "on", "using", "keyed", "identified", "match", "id"}, m.Text(t)) && t.Kind == token.Ident:
		end := i
		if m.Is(m.Token(i+1), "by") {
			end++
		}
		return m.write(i, end, "the field that tells elements apart stands behind `by`", "by")
	case m.Bracket(t) == '{' && slices.ContainsFunc(m.Tokens[m.Start:i], func(t token.Token) bool { return m.Is(t, "by") }):
		return m.foreignForm(i, i, "an element has no statements of its own: it is owned as its document is", "leave the block out; in `mode merge` the destination keeps the fields that the weave's element lacks")
	case m.Bracket(t) == '{' || m.Bracket(t) == '(':
		return m.foreignForm(i, i, "the field that tells elements apart stands behind `by`", form)
	case slices.Contains([]string{"except", "remove", "absent", "no", "not", "minus"}, m.Text(t)):
		return m.write(i, i, "elements that are not to be there stand behind `without`", "without")
	case m.Is(t, "per"):
		return m.foreignForm(i, i, "what is otherwise in an environment stands in a `for`", "write `for ENVIRONMENT { elements … }`")
	}
	return nil
}

// ensured is `ensure` at the token that it could not take.
func ensured(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	const message = "`ensure` says what is in a list of the destination"
	switch {
	case expected != "`has`" && !(expected == "a name" && i > m.Start+1): // the latter: where a comma could be
		return nil
	case m.Bracket(t) == '(':
		return m.foreignForm(m.Start, i, message, "write `ensure LIST has VALUE`")
	case i == m.Start+2 && m.Is(m.Token(i-1), "no"):
		return m.foreignForm(m.Start, i, "what is not to be in a list stands behind `has no`", fmt.Sprintf("write `ensure %s has no …`", m.Source(i, m.PathEnd(i))))
	}
	has, end := "has", i+1
	switch m.Text(t) {
	case "lacks", "without", "excludes":
		has = "has no"
	case "not", "never":
		has = "has no"
		if next := m.Text(m.Token(end)); next == "has" || next == "have" || next == "contains" || next == "in" {
			end++
		}
	case "must", "should", "does":
		if m.Is(m.Token(end), "not") {
			has = "has no"
			end++
		}
		if m.Token(end).Kind == token.Ident && !m.Token(end).First {
			end++
		}
	case "contains", "contain", "includes", "include", "have", "having", "with", "is", "==", "=", ":", "in":
	default:
		return nil
	}
	if m.Is(m.Token(m.Start+1), "has") || slices.ContainsFunc(m.Tokens[m.Start:i], func(t token.Token) bool { return m.Is(t, "has") }) {
		return m.foreignForm(i, i, "one `ensure` says what a list has, or what it has not", "write another `ensure LIST has no VALUE`")
	}
	return m.write(i, end-1, message, has)
}

// HasAll is `ensure LIST has all ["a", "b"]`, at the token behind the bracket; nil when it
// is something else.
func HasAll(m *Statement, i int) *diag.Diagnostic {
	open := i - 1
	if word := m.Text(m.Token(open - 1)); m.OwnerWord() != "ensure" || open < 2 || !m.Is(m.Token(open-2), "has") || m.Pair[open] <= 0 || word != "all" && word != "any" && word != "each" && word != "both" {
		return nil
	}
	return m.write(open-1, m.Pair[open], "`ensure` names the values, with commas between them", m.Source(i, m.Pair[open]))
}

// behindElements is the word between `elements` and what is not to be there, where it
// begins a statement elsewhere; nil when it is something else.
func behindElements(m *Statement) *diag.Diagnostic {
	if m.Start == 0 || m.Token(m.Start).First || !slices.Contains([]string{"except", "remove", "absent"}, m.OwnerWord()) {
		return nil
	}
	first := m.Start - 1
	for first > 0 && !m.Token(first).First && !m.Is(m.Token(first-1), "{") {
		first--
	}
	if !m.Is(m.Token(first), "elements") {
		return nil
	}
	return m.write(m.Start, m.Start, "elements that are not to be there stand behind `without`", "without")
}

// owned is a list owned in part as a statement that begins with the list, or with a word of
// another language; its first token is i.
func owned(m *Statement, i int) *diag.Diagnostic {
	end := m.PathEnd(i)
	next, path := m.Token(end), m.Source(i, end)
	if next.First || next.Kind == token.EOF {
		return nil
	}
	const message = "what is in a list of the destination is said by `ensure`"
	switch after := m.Token(end + 1); {
	case m.Is(next, "has"), m.Is(next, "contains"), m.Is(next, "includes"):
		return m.write(i, end, message, "ensure "+path+" has")
	case (m.Is(next, "must") || m.Is(next, "should")) && (m.Is(after, "have") || m.Is(after, "contain") || m.Is(after, "include") || m.Is(after, "has")):
		return m.write(i, end+1, message, "ensure "+path+" has")
	}
	if end != i+1 || next.Kind != token.Ident && next.Kind != token.TextStart && next.Kind != token.Raw {
		return nil
	}
	switch word := m.Text(m.Token(i)); word {
	case "merge", "own", "upsert", "patch", "combine":
		if m.Depth[i] < 2 { // directly in `from` it is of a collection
			return nil
		}
		if list := m.PathEnd(end); m.Is(m.Token(list), "by") {
			return m.write(i, i, "a list of which the destination keeps its other elements is said by `elements`", "elements")
		}
	case "addToSet", "addUnique":
		return m.foreignForm(i, i, "a value that a list is to have is added to the extracted one by `add`, and to the destination's by `ensure`", "write `ensure LIST has VALUE`, or `add VALUE to LIST`")
	case "pull", "pullAll":
		return m.foreignForm(i, i, "a value that a list is not to have is removed from the extracted one by `each`, and from the destination's by `ensure`",
			"write `ensure LIST has no VALUE`, or `each x in LIST where … { remove x }`")
	}
	return nil
}

// quotedElement is a value where `ensure` wants the list, `ensure "a" in tags`, or one
// that `remove` is to take from a list; the text is tokens i up to end.
func quotedElement(m *Statement, i, end int) *diag.Diagnostic {
	if d := behindElements(m); d != nil {
		return d
	}
	value, has := m.Source(i, end), "has"
	if m.Is(m.Token(end), "not") {
		end, has = end+1, "has no"
	}
	word := m.Text(m.Token(end))
	if !slices.Contains([]string{"in", "from", "to", "into"}, word) || m.Token(end+1).Kind != token.Ident || i != m.Start+1 {
		return nil
	}
	last := m.PathEnd(end+1) - 1
	list := m.Source(end+1, last+1)
	switch m.OwnerWord() {
	case "ensure":
		return m.write(m.Start, last, "the list comes first, the value behind `has`", fmt.Sprintf("ensure %s %s %s", list, has, value))
	case "remove":
		return m.foreignForm(m.Start, last, "`remove` is for fields", strings.NewReplacer("LIST", list, "VALUE", value).Replace("write `each x in LIST where x == VALUE { remove x }`; from the destination's list: `ensure LIST has no VALUE`"))
	}
	return nil
}
