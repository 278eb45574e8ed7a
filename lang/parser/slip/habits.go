// Forms of other languages, by the tokens around the place of a failure.
//
// In: the token that could not be taken. Out: the failure that names the edit,
// nil when nothing looks like a habit. The words are in lang/habit; here are the
// forms. habitstmt.go has those that a statement begins with.
package slip

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// Habit is the failure at token i as a habit of another language; expected is
// what was wanted there, "" the end of the statement.
func Habit(m *Statement, i int, expected string) *diag.Diagnostic {
	for _, form := range []func(*Statement, int, string) *diag.Diagnostic{
		parted, blocked, eached, elseBlock, fanned, moving, bounded, defaulted, quantifiedBy, clause, constructed, called, typed, ranged, chosen, listed, conditioned, messaged, keyed, assigned, spread, prefixed, sliced,
		negated, upperCase, worded, operated,
	} {
		if d := form(m, i, expected); d != nil {
			return d
		}
	}
	return nil
}

func (m *Statement) foreignForm(from, to int, message, write string) *diag.Diagnostic {
	return &diag.Diagnostic{Code: diag.ForeignOperator, Span: m.Span(m.Token(from), m.Token(to)), Message: message, Label: write}
}

// write says an edit and makes it the fix.
func (m *Statement) write(from, to int, message, text string) *diag.Diagnostic {
	d := m.foreignForm(from, to, message, fmt.Sprintf("write `%s`", text))
	if !strings.ContainsAny(text, "…`") {
		d.Fix = &diag.Fix{Span: d.Span, Text: text}
	}
	return d
}

// conditioned is MongoDB's `path: { $gt: 5 }` and `{ path: 5 }` where a condition stands.
func conditioned(m *Statement, i int, expected string) *diag.Diagnostic {
	if !m.Is(m.Token(i), ":") || expected != "" && !strings.HasPrefix(expected, "a block") || i == 0 || m.Token(i-1).Kind != token.Ident && m.Token(i-1).Kind != token.TextEnd {
		return nil
	}
	switch m.OwnerWord() {
	case "only", "except", "where", "check", "warn", "prune":
	default:
		return nil
	}
	if next := m.Token(i + 1); next.First || next.Kind == token.EOF {
		return nil
	}
	start, end := m.Operand(i-1), m.OperandEnd(i+1)
	write := m.Source(start, i) + " == " + m.Source(i+1, end)
	if m.Bracket(m.Token(i+1)) == '{' && m.FieldEnd(i+2) > 0 {
		if op := comparisonOf(m.Text(m.Token(i + 2))); op != "" {
			write = m.Source(start, i) + " " + op + " " + m.Source(m.FieldEnd(i+2)+1, end-1)
		}
	}
	return m.write(start, end-1, "a condition compares a field with a value", write)
}

// comparisonOf is the operator of a query operator of MongoDB.
func comparisonOf(name string) string {
	return map[string]string{"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$eq": "==", "$ne": "!=", "$in": "in", "$nin": "not in", "$regex": "matches"}[name]
}

// OwnerWord is the keyword of the statement that is parsed.
func (m *Statement) OwnerWord() string {
	if m.Start < len(m.Tokens) {
		return m.Text(m.Tokens[m.Start])
	}
	return ""
}

// negated is `not like "…"`, `is true` and `is "text"`.
func negated(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	switch {
	case m.Is(t, "not") && i > 0 && m.EndsValue(i-1) && !binaryWord(m.Text(m.Token(i+1))): // `x not like "a%"`
		d := worded(m, i+1, expected)
		if d != nil && d.Fix != nil && d.Fix.Span.Start == m.Token(i+1).Start {
			return m.write(i, m.IndexAt(d.Fix.Span.End)-1, d.Message, "not "+d.Fix.Text)
		}
		return d
	case strings.HasPrefix(expected, "a type, `missing`") && (t.Kind == token.TextStart || t.Kind == token.Raw || t.Kind == token.Number || m.Is(t, "true") || m.Is(t, "false")):
		op, at := "==", i-1
		if m.Is(m.Token(at), "not") {
			op, at = "!=", at-1
		}
		return m.write(at, m.OperandEnd(i)-1, "`is` asks for a type; a value is compared", op+" "+m.Source(i, m.OperandEnd(i)))
	}
	return nil
}

// upperCase is a word of the language in upper case, AND or IS NOT NULL.
func upperCase(m *Statement, i int, expected string) *diag.Diagnostic {
	word := func(i int) string {
		t := m.Token(i)
		lower := strings.ToLower(m.Text(t))
		if t.Kind == token.Ident && lower != m.Text(t) && ast.Reserved[lower] {
			return lower
		}
		return ""
	}
	from := i
	if word(i) == "" {
		if from--; i == 0 || word(from) == "" || m.Token(i).First {
			return nil
		}
	}
	end := from
	words := []string{}
	for word(end) != "" {
		words = append(words, word(end))
		end++
	}
	return m.write(from, end-1, "the words of the language are in lower case", strings.Join(words, " "))
}

// worded are operators that are words elsewhere.
func worded(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	text := m.Text(t)
	if t.Kind != token.Ident || expected != "" && !strings.HasPrefix(expected, "a block") && expected != "`)`" || i == 0 || !m.EndsValue(i-1) && !m.Is(m.Token(i-1), "not") {
		return nil
	}
	next := m.Token(i + 1)
	value := !next.First && next.Kind != token.EOF && m.Bracket(next) != '}'
	start, end := m.Operand(i-1), m.OperandEnd(min(i+1, len(m.Tokens)-1))
	switch lower := strings.ToLower(text); {
	case binaryWord(text) && value:
		name := map[string]string{"startswith": "startsWith", "starts_with": "startsWith", "endswith": "endsWith", "ends_with": "endsWith"}[lower]
		x, y := m.Source(start, i), m.Source(i+1, end)
		if name == "" {
			return m.foreignForm(start, end-1, fmt.Sprintf("`%s` is not an operator of this language", diag.Safe(text, 40)), fmt.Sprintf("write `contains(%s, %s)` for a text, `%s in %s` for a list", x, y, y, x))
		}
		return m.write(start, end-1, fmt.Sprintf("`%s` is a function", name), fmt.Sprintf("%s(%s, %s)", name, x, y))
	case (lower == "like" || lower == "ilike") && (next.Kind == token.TextStart || next.Kind == token.Raw):
		pattern := strings.Trim(m.Source(i+1, end), `"'`)
		if strings.ContainsAny(pattern, `/\.*+?()[]{}|^$`) {
			break
		}
		front, back := !strings.HasPrefix(pattern, "%"), !strings.HasSuffix(pattern, "%")
		pattern = strings.NewReplacer("%", ".*", "_", ".").Replace(strings.Trim(pattern, "%"))
		if front {
			pattern = "^" + pattern
		}
		if back {
			pattern += "$"
		}
		flags := map[string]string{"ilike": "i"}[lower]
		return m.write(i, end-1, fmt.Sprintf("`%s` is not an operator of this language", diag.Safe(text, 40)), "matches /"+pattern+"/"+flags)
	}
	if here := habit.Infix(text); here != "" {
		return m.foreignForm(i, i, fmt.Sprintf("`%s` is not an operator of this language", diag.Safe(text, 40)), "write "+here)
	}
	return nil
}

// operated are operators that the language does not have, or has for something else.
func operated(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Token(i)
	text := m.Text(t)
	d := &diag.Diagnostic{Code: diag.ForeignOperator, Span: m.Span(t, t)}
	switch {
	case t.Kind == token.Foreign:
		here, label := habit.Operator(text)
		d.Message, d.Label = fmt.Sprintf("`%s` is not an operator of this language", text), label
		if here != "" {
			d.Fix = &diag.Fix{Span: d.Span, Text: here}
		}
		if next := m.Token(i + 1); text == "|" && next.Kind == token.Ident && !next.First {
			piped(m, i, d)
		}
		if text == "=~" || text == "!~" {
			if m.Token(i+1).Kind == token.Regex && i > 0 {
				start := m.Operand(i - 1)
				if text == "!~" {
					d.Label = fmt.Sprintf("write `%s not matches %s`", m.Source(start, i), m.Source(i+1, i+2))
				}
			}
		}
	case m.Is(t, "=="):
		if expected != "`=`" {
			return nil
		}
		d.Message, d.Label = "`==` compares; a value is given with `=`", "write `=`"
		d.Fix = &diag.Fix{Span: d.Span, Text: "="}
	case m.Is(t, "="):
		if m.OwnerWord() == "input" && i > 0 && expected == "`:`" {
			typ := map[token.Kind]string{token.Number: "int", token.TextStart: "string", token.Raw: "string", token.Reserved: "bool"}[m.Token(i+1).Kind]
			if typ == "" {
				typ = "string"
			}
			return m.write(m.Start, m.ValueEnd(i+1)-1, "an input has a type", fmt.Sprintf("%s: %s = %s", m.Source(m.Start, i), typ, m.Source(i+1, m.ValueEnd(i+1))))
		}
		if expected == "`=`" || i == 0 || !m.EndsValue(i-1) {
			return nil
		}
		d.Message, d.Label = "`=` gives a value; two values are compared with `==`", "write `==`"
		d.Fix = &diag.Fix{Span: d.Span, Text: "=="}
	default:
		return nil
	}
	return d
}

// piped says what a pipe to the function behind token i means.
func piped(m *Statement, i int, d *diag.Diagnostic) {
	start := i
	if i > 0 {
		start = m.Operand(i - 1)
	}
	x := strings.TrimSuffix(m.Source(start, i), "[]")
	name := m.Text(m.Token(i + 1))
	args := ""
	if m.Is(m.Token(i+2), "(") && m.Pair[i+2] > 0 {
		args = m.Source(i+3, m.Pair[i+2])
	}
	if here := habit.Method(x, name, args); here != "" {
		d.Label = fmt.Sprintf("there are no pipes: write `%s`", here)
		if strings.EqualFold(name, "select") {
			d.Label = fmt.Sprintf("there are no pipes: write `[x for x in %s where …]`", x)
		}
	} else if here := habit.Renamed(name); here != "" {
		d.Label = fmt.Sprintf("there are no pipes: write `%s(%s)`", here, x)
	}
}
