// Forms of other languages, by the tokens around the place of a failure.
//
// In: the token that could not be taken. Out: the failure that names the edit,
// nil when nothing looks like a habit. The words are in lang/habit; here are the
// forms. habitstmt.go has those that a statement begins with.
package parser

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// habit is the failure at token i as a habit of another language; expected is
// what was wanted there, "" the end of the statement.
func (m *machine) habit(i int, expected string) *failure {
	for _, form := range []func(int, string) *diag.Diagnostic{
		m.blocked, m.elseBlock, m.quantifiedBy, m.clause, m.constructed, m.called, m.typed, m.ranged, m.chosen, m.listed, m.conditioned, m.messaged, m.keyed, m.assigned, m.spread, m.prefixed, m.sliced,
		m.negated, m.upperCase, m.worded, m.operated,
	} {
		if d := form(i, expected); d != nil {
			return &failure{index: i, diag: *d}
		}
	}
	return nil
}

// at is token i, EOF behind the last one.
func (m *machine) token(i int) token.Token { return m.tokens[max(0, min(i, len(m.tokens)-1))] }

// source is the text from token i up to, not including, token j, on one line.
func (m *machine) source(i, j int) string {
	if j <= i {
		return ""
	}
	return diag.Safe(strings.Join(strings.Fields(m.span(m.token(i), m.token(j-1)).Text()), " "), 60)
}

// operand is the first token of the path, call or constant that ends at token i.
func (m *machine) operand(i int) int {
	for {
		switch b := m.bracket(m.token(i)); {
		case b == ')' || b == ']':
			if m.pair[i] < 0 {
				return i
			}
			i = m.pair[i]
			if i > 0 && (m.token(i-1).Kind == token.Ident || b == ']' && m.bracket(m.token(i-1)) == ')') {
				i--
				continue
			}
		case m.token(i).Kind == token.TextEnd:
			for i > 0 && m.token(i).Kind != token.TextStart {
				i--
			}
		}
		if i < 2 || !m.is(m.token(i-1), ".") {
			return i
		}
		i -= 2
	}
}

// operandEnd is the index behind the path, call or constant that begins at token i.
func (m *machine) operandEnd(i int) int {
	t := m.token(i)
	switch {
	case t.Kind == token.TextStart:
		for i < len(m.tokens)-1 && m.token(i).Kind != token.TextEnd {
			i++
		}
		return i + 1
	case m.pair[i] > i:
		return m.pair[i] + 1
	case t.Kind != token.Ident:
		return i + 1
	}
	end := m.pathEnd(i)
	if m.is(m.token(end), "(") && m.pair[end] > end {
		return m.pair[end] + 1
	}
	return end
}

func (m *machine) foreignForm(from, to int, message, write string) *diag.Diagnostic {
	return &diag.Diagnostic{Code: diag.ForeignOperator, Span: m.span(m.token(from), m.token(to)), Message: message, Label: write}
}

// write says an edit and makes it the fix.
func (m *machine) write(from, to int, message, text string) *diag.Diagnostic {
	d := m.foreignForm(from, to, message, fmt.Sprintf("write `%s`", text))
	if !strings.ContainsAny(text, "…`") {
		d.Fix = &diag.Fix{Span: d.Span, Text: text}
	}
	return d
}

// conditioned is MongoDB's `path: { $gt: 5 }` and `{ path: 5 }` where a condition stands.
func (m *machine) conditioned(i int, expected string) *diag.Diagnostic {
	if !m.is(m.token(i), ":") || expected != "" && !strings.HasPrefix(expected, "a block") || i == 0 || m.token(i-1).Kind != token.Ident && m.token(i-1).Kind != token.TextEnd {
		return nil
	}
	switch m.ownerWord() {
	case "only", "except", "where", "check", "warn", "prune":
	default:
		return nil
	}
	if next := m.token(i + 1); next.First || next.Kind == token.EOF {
		return nil
	}
	start, end := m.operand(i-1), m.operandEnd(i+1)
	write := m.source(start, i) + " == " + m.source(i+1, end)
	if m.bracket(m.token(i+1)) == '{' && m.fieldEnd(i+2) > 0 {
		if op := comparisonOf(m.text(m.token(i + 2))); op != "" {
			write = m.source(start, i) + " " + op + " " + m.source(m.fieldEnd(i+2)+1, end-1)
		}
	}
	return m.write(start, end-1, "a condition compares a field with a value", write)
}

// comparisonOf is the operator of a query operator of MongoDB.
func comparisonOf(name string) string {
	return map[string]string{"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$eq": "==", "$ne": "!=", "$in": "in", "$nin": "not in", "$regex": "matches"}[name]
}

// ownerWord is the keyword of the statement that is parsed.
func (m *machine) ownerWord() string {
	if m.start < len(m.tokens) {
		return m.text(m.tokens[m.start])
	}
	return ""
}

// negated is `x not matches …`, `is true` and `is "text"`.
func (m *machine) negated(i int, expected string) *diag.Diagnostic {
	t, next := m.token(i), m.token(i+1)
	switch {
	case m.is(t, "not") && i > 0 && (m.is(next, "matches") || m.is(next, "between")) && m.endsValue(i-1):
		start, end := m.operand(i-1), i+3
		if m.is(next, "between") {
			for k := i + 2; k < len(m.tokens)-1 && !m.token(k).First; k++ {
				if m.is(m.token(k), "and") {
					end = m.operandEnd(k + 1)
					break
				}
			}
		}
		return m.write(start, end-1, "a comparison is negated as a whole", fmt.Sprintf("not (%s %s)", m.source(start, i), m.source(i+1, end)))
	case strings.HasPrefix(expected, "a type, `missing`") && (t.Kind == token.TextStart || t.Kind == token.Raw || t.Kind == token.Number || m.is(t, "true") || m.is(t, "false")):
		op, at := "==", i-1
		if m.is(m.token(at), "not") {
			op, at = "!=", at-1
		}
		return m.write(at, m.operandEnd(i)-1, "`is` asks for a type; a value is compared", op+" "+m.source(i, m.operandEnd(i)))
	}
	return nil
}

// upperCase is a word of the language in upper case, AND or IS NOT NULL.
func (m *machine) upperCase(i int, expected string) *diag.Diagnostic {
	word := func(i int) string {
		t := m.token(i)
		lower := strings.ToLower(m.text(t))
		if t.Kind == token.Ident && lower != m.text(t) && ast.Reserved[lower] {
			return lower
		}
		return ""
	}
	from := i
	if word(i) == "" {
		if from--; i == 0 || word(from) == "" || m.token(i).First {
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
func (m *machine) worded(i int, expected string) *diag.Diagnostic {
	t := m.token(i)
	text := m.text(t)
	if t.Kind != token.Ident || expected != "" && !strings.HasPrefix(expected, "a block") && expected != "`)`" || i == 0 || !m.endsValue(i-1) {
		return nil
	}
	next := m.token(i + 1)
	value := !next.First && next.Kind != token.EOF && m.bracket(next) != '}'
	start, end := m.operand(i-1), m.operandEnd(min(i+1, len(m.tokens)-1))
	switch lower := strings.ToLower(text); {
	case binaryWord(text) && value:
		name := map[string]string{"startswith": "startsWith", "starts_with": "startsWith", "endswith": "endsWith", "ends_with": "endsWith"}[lower]
		x, y := m.source(start, i), m.source(i+1, end)
		if name == "" {
			return m.foreignForm(start, end-1, fmt.Sprintf("`%s` is not an operator of this language", diag.Safe(text, 40)), fmt.Sprintf("write `contains(%s, %s)` for a text, `%s in %s` for a list", x, y, y, x))
		}
		return m.write(start, end-1, fmt.Sprintf("`%s` is a function", name), fmt.Sprintf("%s(%s, %s)", name, x, y))
	case (lower == "like" || lower == "ilike") && (next.Kind == token.TextStart || next.Kind == token.Raw):
		pattern := strings.Trim(m.source(i+1, end), `"'`)
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
func (m *machine) operated(i int, expected string) *diag.Diagnostic {
	t := m.token(i)
	text := m.text(t)
	d := &diag.Diagnostic{Code: diag.ForeignOperator, Span: m.span(t, t)}
	switch {
	case t.Kind == token.Foreign:
		here, label := habit.Operator(text)
		d.Message, d.Label = fmt.Sprintf("`%s` is not an operator of this language", text), label
		if here != "" {
			d.Fix = &diag.Fix{Span: d.Span, Text: here}
		}
		if next := m.token(i + 1); text == "|" && next.Kind == token.Ident && !next.First {
			m.piped(i, d)
		}
		if text == "=~" || text == "!~" {
			if m.token(i+1).Kind == token.Regex && i > 0 {
				start := m.operand(i - 1)
				write := fmt.Sprintf("%s matches %s", m.source(start, i), m.source(i+1, i+2))
				if text == "!~" {
					d.Label = fmt.Sprintf("write `not (%s)`, in general `not (… matches /…/)`", write)
				}
			}
		}
	case m.is(t, "=="):
		if expected != "`=`" {
			return nil
		}
		d.Message, d.Label = "`==` compares; a value is given with `=`", "write `=`"
		d.Fix = &diag.Fix{Span: d.Span, Text: "="}
	case m.is(t, "="):
		if m.ownerWord() == "input" && i > 0 && expected == "`:`" {
			typ := map[token.Kind]string{token.Number: "int", token.TextStart: "string", token.Raw: "string", token.Reserved: "bool"}[m.token(i+1).Kind]
			if typ == "" {
				typ = "string"
			}
			return m.write(m.start, m.valueEnd(i+1)-1, "an input has a type", fmt.Sprintf("%s: %s = %s", m.source(m.start, i), typ, m.source(i+1, m.valueEnd(i+1))))
		}
		if expected == "`=`" || i == 0 || !m.endsValue(i-1) {
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
func (m *machine) piped(i int, d *diag.Diagnostic) {
	start := i
	if i > 0 {
		start = m.operand(i - 1)
	}
	x := strings.TrimSuffix(m.source(start, i), "[]")
	name := m.text(m.token(i + 1))
	args := ""
	if m.is(m.token(i+2), "(") && m.pair[i+2] > 0 {
		args = m.source(i+3, m.pair[i+2])
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
