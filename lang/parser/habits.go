// Forms of other languages, by the tokens around the place of a failure.
//
// In: the token that could not be taken. Out: the failure that names the edit,
// nil when nothing looks like a habit. The words are in lang/habit; here are the
// forms. habitstmt.go has those that a statement begins with.
package parser

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
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
func (m *machine) token(i int) Token { return m.tokens[max(0, min(i, len(m.tokens)-1))] }

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
			if i > 0 && (m.token(i-1).Kind == Ident || b == ']' && m.bracket(m.token(i-1)) == ')') {
				i--
				continue
			}
		case m.token(i).Kind == TextEnd:
			for i > 0 && m.token(i).Kind != TextStart {
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
	case t.Kind == TextStart:
		for i < len(m.tokens)-1 && m.token(i).Kind != TextEnd {
			i++
		}
		return i + 1
	case m.pair[i] > i:
		return m.pair[i] + 1
	case t.Kind != Ident:
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

// constructed is `new Date()` and `new X(…)`.
func (m *machine) constructed(i int, _ string) *diag.Diagnostic {
	if i == 0 || !m.is(m.token(i-1), "new") || m.token(i).Kind != Ident || !m.is(m.token(i+1), "(") || m.pair[i+1] < 0 {
		return nil
	}
	end, name := m.pair[i+1], m.text(m.token(i))
	args := m.source(i+2, end)
	switch {
	case name == "Date" && args == "":
		return m.foreignForm(i-1, end, "`new Date()` is the clock", habit.Function("new Date"))
	case name == "Date":
		return m.write(i-1, end, "values are made by functions, without `new`", "date("+wholeDate(args)+")")
	case habit.Renamed(name) != "":
		name = habit.Renamed(name)
	}
	return m.write(i-1, end, "values are made by functions, without `new`", name+"("+args+")")
}

// wholeDate gives a day in quotes the time that date() wants.
func wholeDate(text string) string {
	if d := dates.FindString(strings.Trim(text, `"'`)); len(d) == len("2026-01-01") {
		return `"` + d + `T00:00:00Z"`
	}
	return text
}

// called is a method call, `x.name(…)`.
func (m *machine) called(i int, _ string) *diag.Diagnostic {
	if i < 3 || !m.is(m.token(i), "(") || m.pair[i] < 0 || !m.is(m.token(i-2), ".") || m.token(i-1).Kind != Ident && m.token(i-1).Kind != Reserved {
		return nil
	}
	start, name, args := m.operand(i-1), m.text(m.token(i-1)), m.source(i+1, m.pair[i])
	x := m.source(start, i-2)
	const message = "there are no methods: functions take their values in brackets"
	if here := habit.Function(x + "." + name); here != "" {
		if renamed := habit.Renamed(x + "." + name); renamed != "" {
			return m.write(start, m.pair[i], message, renamed+"("+args+")")
		}
		return m.foreignForm(start, m.pair[i], message, strings.ReplaceAll(here, "ARGS", args))
	}
	if here := habit.Method(x, name, args); here != "" {
		return m.write(start, m.pair[i], message, here)
	}
	if renamed := habit.Renamed(name); renamed != "" {
		name = renamed
	}
	if args != "" {
		x += ", " + args
	}
	return m.foreignForm(start, m.pair[i], message, fmt.Sprintf("write `%s(%s)`, if there is such a function", name, x))
}

// typed is `typeof x`, `x::type` and `cast(x as type)`.
func (m *machine) typed(i int, _ string) *diag.Diagnostic {
	t := m.token(i)
	word := func(text string) string {
		if here := habit.Type(text); here != "" {
			return here
		}
		return text
	}
	switch {
	case i > 0 && m.is(m.token(i-1), "typeof"):
		end := m.operandEnd(i)
		if value := m.token(end + 2); (m.is(m.token(end), "==") || m.is(m.token(end), "===")) && (value.Kind == Chars || m.token(end+1).Kind == Raw) {
			of := strings.Trim(m.source(end+1, m.operandEnd(end+1)), `"'`)
			return m.write(i-1, m.operandEnd(end+1)-1, "the type is asked for by `is`", m.source(i, end)+" is "+word(of))
		}
		return m.foreignForm(i-1, end-1, "the type is asked for by `is`", fmt.Sprintf("write `%s is …` and the type", m.source(i, end)))
	case i > 0 && m.is(t, ":") && m.is(m.token(i+1), ":") && m.token(i+2).Kind == Ident:
		start := m.operand(i - 1)
		return m.write(start, i+2, "a value gets another type by a function", word(m.text(m.token(i+2)))+"("+m.source(start, i)+")")
	case m.is(t, "as") && m.outer[i] > 0 && (m.is(m.token(m.outer[i]-1), "cast") || m.is(m.token(m.outer[i]-1), "CAST")) && m.pair[m.outer[i]] > 0 && m.token(i+1).Kind == Ident:
		open := m.outer[i]
		return m.write(open-1, m.pair[open], "a value gets another type by a function", word(m.text(m.token(i+1)))+"("+m.source(open+1, i)+")")
	}
	return nil
}

// ranged is `1..3`.
func (m *machine) ranged(i int, _ string) *diag.Diagnostic {
	if i > 1 && m.is(m.token(i), ".") && m.is(m.token(i-1), ".") && m.token(i-2).Kind == Number {
		i--
	}
	if !m.is(m.token(i), ".") || !m.is(m.token(i+1), ".") || i == 0 || m.token(i-1).Kind != Number {
		return nil
	}
	end := i + 2
	if m.is(m.token(end), ".") {
		end++
	}
	if m.token(end).Kind != Number {
		return nil
	}
	low, high := m.text(m.token(i-1)), m.text(m.token(end))
	switch {
	case i > 1 && m.is(m.token(i-2), "expect"):
		return m.write(i-1, end, "a range is written in words", low+" to "+high)
	case i > 1 && m.is(m.token(i-2), "between"):
		d := m.write(i-2, end, "a range is written in words", "between "+low+" and "+high)
		return d
	}
	return m.foreignForm(i-1, end, "there are no ranges as values", fmt.Sprintf("write the list, `[%s, …, %s]`, or `between %s and %s`", low, high, low, high))
}

// chosen is `a ? b : c`, `a if b else c` and `case when … then … end`.
func (m *machine) chosen(i int, _ string) *diag.Diagnostic {
	t := m.token(i)
	switch {
	case m.is(t, "?") && m.is(m.token(i+1), ".") && m.token(i+1).Start == t.End:
		start, end := m.operand(i-1), m.pathEnd(i+2)
		d := m.foreignForm(i, i+1, "`?.` is not an operator of this language", fmt.Sprintf("`.` is enough: what is missing has missing fields; write `%s.%s ?? …`", m.source(start, i), m.source(i+2, end)))
		d.Fix = &diag.Fix{Span: d.Span, Text: "."}
		return d
	case m.is(t, "if") && i > 0 && m.endsValue(i-1) && m.outer[i] >= 0 && m.bracket(m.token(m.outer[i])) == '[':
		return m.write(i, i, "the condition of a list is written with `where`", "where")
	case m.is(t, "if") && i > 0 && m.endsValue(i-1) && !t.First:
		for k := i + 1; k < len(m.tokens) && !m.token(k).First; k++ {
			if m.is(m.token(k), "else") {
				start, end := m.operand(i-1), m.operandEnd(k+1)
				return m.write(start, end-1, "the condition of a choice stands first", fmt.Sprintf("if %s then %s else %s", m.source(i+1, k), m.source(start, i), m.source(k+1, end)))
			}
		}
	case m.is(t, "when") && i > 0 && strings.EqualFold(m.text(m.token(i-1)), "case"):
		end := i
		for end < len(m.tokens)-1 && !m.token(end).First && !strings.EqualFold(m.text(m.token(end)), "end") {
			end++
		}
		last := end
		if m.token(end).First || m.token(end).Kind == EOF {
			last--
		}
		return m.write(i-1, last, "a choice is written with `if`", "if "+m.source(i+1, end))
	}
	return nil
}

// listed is a list in other brackets.
func (m *machine) listed(i int, expected string) *diag.Diagnostic {
	o := m.outer[i]
	if o <= 0 || m.pair[o] < 0 {
		return nil
	}
	before, b := m.token(o-1), m.bracket(m.token(o))
	if b == '[' && expected == "`]`" && m.is(m.token(i), "from") && m.is(m.token(i-2), "in") {
		return m.foreignForm(i-1, min(i+1, m.pair[o]), "a list is walked, and this is a collection", fmt.Sprintf("a lookup finds one document: `lookup %s in %s from %s where …`", m.source(i-3, i-2), m.source(i-1, i), m.source(i+1, i+2)))
	}
	if b == '(' && m.is(m.token(i), ",") && before.Kind != Ident || b == '{' && expected == "`:`" && m.fieldEnd(o+1) == 0 && !m.perEnvironment(o) && (m.is(m.token(i), ",") || i == m.pair[o]) {
		return m.write(o, m.pair[o], "a list has square brackets", "["+m.source(o+1, m.pair[o])+"]")
	}
	if b == '(' && m.is(m.token(i), "for") && before.Kind == Ident {
		word := map[string]string{"all": "every", "any": "any", "every": "every", "some": "any"}[m.text(before)]
		if word != "" && m.is(m.token(i+2), "in") {
			return m.write(o-1, m.pair[o], "a list is asked by `any` and `every`", fmt.Sprintf("%s %s has %s", word, m.source(i+1, m.pair[o]), m.source(o+1, i)))
		}
		return m.write(o, m.pair[o], "a list that is made of another one has brackets of its own", "(["+m.source(o+1, m.pair[o])+"])")
	}
	return nil
}

// conditioned is MongoDB's `path: { $gt: 5 }` and `{ path: 5 }` where a condition stands.
func (m *machine) conditioned(i int, expected string) *diag.Diagnostic {
	if !m.is(m.token(i), ":") || expected != "" && !strings.HasPrefix(expected, "a block") || i == 0 || m.token(i-1).Kind != Ident && m.token(i-1).Kind != TextEnd {
		return nil
	}
	switch m.ownerWord() {
	case "only", "except", "where", "check", "warn", "prune":
	default:
		return nil
	}
	if next := m.token(i + 1); next.First || next.Kind == EOF {
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

// messaged is a message behind a `check` without `else`.
func (m *machine) messaged(i int, expected string) *diag.Diagnostic {
	if w := m.ownerWord(); expected != "" || w != "check" && w != "warn" || i == 0 || !m.endsValue(i-1) {
		return nil
	}
	text := i
	if m.token(i).Kind != TextStart && m.token(i).Kind != Raw {
		text++
	}
	if k := m.token(text).Kind; m.token(text).First || k != TextStart && k != Raw || !m.is(m.token(i), ",") && !m.is(m.token(i), ":") && m.token(i).Kind != Ident && text != i {
		return nil
	}
	if m.token(i).Kind == Ident && (habit.Infix(m.text(m.token(i))) != "" || binaryWord(m.text(m.token(i)))) {
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
		if m.token(value).Kind == TextStart || m.token(value).Kind == Raw {
			return name + " " + m.source(value, m.operandEnd(value))
		}
		return name
	}
	switch {
	case m.is(t, ":") && i > 0 && m.token(i-1).Kind == Ident:
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
	case expected == "`on`" && t.Kind == Ident:
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
	case t.Kind == Foreign && len(m.text(t)) == 2 && strings.HasSuffix(m.text(t), "=") && strings.Contains("+-*", m.text(t)[:1]):
		end := m.valueEnd(i + 1)
		return m.write(m.start, end-1, "a field is given a value by `=`", fmt.Sprintf("%s %s = %s %s %s", owner, path, path, m.text(t)[:1], m.source(i+1, end)))
	case m.is(t, ",") && expected == "" && m.token(i+1).Kind == Ident && m.is(m.token(m.pathEnd(i+1)), "="):
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

// spread is `{ ...a, b: 1 }`.
func (m *machine) spread(i int, expected string) *diag.Diagnostic {
	if !m.is(m.token(i), ".") || !m.is(m.token(i+1), ".") || !m.is(m.token(i+2), ".") || m.outer[i] < 0 || m.pair[m.outer[i]] < 0 {
		return nil
	}
	open := m.outer[i]
	end := m.operandEnd(i + 3)
	x := m.source(i+3, end)
	if m.bracket(m.token(open)) == '[' {
		return m.foreignForm(open, m.pair[open], "there is no `...`", fmt.Sprintf("write `concat(%s, […])`", x))
	}
	if m.bracket(m.token(open)) != '{' {
		return nil
	}
	rest := m.source(end, m.pair[open])
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ","))
	first := strings.TrimSuffix(m.source(open+1, i), ",")
	switch {
	case first != "":
		return m.foreignForm(open, m.pair[open], "objects are joined by `merge`", fmt.Sprintf("write `merge({ %s }, %s, …)`", first, x))
	case rest == "":
		return m.write(open, m.pair[open], "objects are joined by `merge`", x)
	}
	return m.write(open, m.pair[open], "objects are joined by `merge`", fmt.Sprintf("merge(%s, { %s })", x, rest))
}

// prefixed is f"…" and lambda.
func (m *machine) prefixed(i int, _ string) *diag.Diagnostic {
	if i == 0 {
		return nil
	}
	before, t := m.token(i-1), m.token(i)
	switch {
	case (t.Kind == TextStart || t.Kind == Raw) && before.Kind == Ident && before.End == t.Start && before.End-before.Start == 1:
		end := m.operandEnd(i)
		text := strings.Trim(m.source(i, end), `"'`)
		if m.is(before, "f") {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "${", "{"), "{", "${")
		}
		return m.write(i-1, end-1, "a text has no letter before it", `"`+text+`"`)
	case m.is(before, "lambda") || m.is(before, "function"):
		return m.foreignForm(i-1, i-1, "there are no functions as values", "there are no functions: a list is walked by `[… for x in list]`")
	}
	return nil
}

// sliced is `x[0:2]`.
func (m *machine) sliced(i int, _ string) *diag.Diagnostic {
	o := m.outer[i]
	if !m.is(m.token(i), ":") || o <= 0 || m.bracket(m.token(o)) != '[' || m.pair[o] < 0 || !m.endsValue(o-1) {
		return nil
	}
	start := m.operand(o - 1)
	from, to := m.source(o+1, i), m.source(i+1, m.pair[o])
	if from == "" {
		from = "0"
	}
	if to != "" {
		to = ", " + to
	}
	return m.write(start, m.pair[o], "a part of a list is taken by `slice`", fmt.Sprintf("slice(%s, %s%s)", m.source(start, o), from, to))
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
	case strings.HasPrefix(expected, "a type, `missing`") && (t.Kind == TextStart || t.Kind == Raw || t.Kind == Number || m.is(t, "true") || m.is(t, "false")):
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
		if t.Kind == Ident && lower != m.text(t) && ast.Reserved[lower] {
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
	if t.Kind != Ident || expected != "" && !strings.HasPrefix(expected, "a block") && expected != "`)`" || i == 0 || !m.endsValue(i-1) {
		return nil
	}
	next := m.token(i + 1)
	value := !next.First && next.Kind != EOF && m.bracket(next) != '}'
	start, end := m.operand(i-1), m.operandEnd(min(i+1, len(m.tokens)-1))
	switch lower := strings.ToLower(text); {
	case binaryWord(text) && value:
		name := map[string]string{"startswith": "startsWith", "starts_with": "startsWith", "endswith": "endsWith", "ends_with": "endsWith"}[lower]
		x, y := m.source(start, i), m.source(i+1, end)
		if name == "" {
			return m.foreignForm(start, end-1, fmt.Sprintf("`%s` is not an operator of this language", diag.Safe(text, 40)), fmt.Sprintf("write `contains(%s, %s)` for a text, `%s in %s` for a list", x, y, y, x))
		}
		return m.write(start, end-1, fmt.Sprintf("`%s` is a function", name), fmt.Sprintf("%s(%s, %s)", name, x, y))
	case (lower == "like" || lower == "ilike") && (next.Kind == TextStart || next.Kind == Raw):
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
	case t.Kind == Foreign:
		here, label := habit.Operator(text)
		d.Message, d.Label = fmt.Sprintf("`%s` is not an operator of this language", text), label
		if here != "" {
			d.Fix = &diag.Fix{Span: d.Span, Text: here}
		}
		if next := m.token(i + 1); text == "|" && next.Kind == Ident && !next.First {
			m.piped(i, d)
		}
		if text == "=~" || text == "!~" {
			if m.token(i+1).Kind == Regex && i > 0 {
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
			typ := map[Kind]string{Number: "int", TextStart: "string", Raw: "string", Reserved: "bool"}[m.token(i+1).Kind]
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

// lastElement is the position of the last element as other languages write it.
var lastElement = regexp.MustCompile(`(?i)(length|len|size|count)\b.*-\s*1$`)

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
	if i == 0 || m.token(i).Kind != Ident || !m.is(m.token(i+1), "in") {
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
	case owner == "sync" && t.Kind == Ident && !t.First && (text == "on" || text == "key" || text == "using" || text == "keyed" || text == "identified" || text == "with" || text == "match"):
		return m.write(i, i, "the identity of documents is written with `by`", "by")
	case owner == "sync" && t.Kind == Ident && (text == "into" || text == "to"):
		return m.write(i, i, "another name at the destination is written with `as`", "as")
	case owner == "sync" && i == m.start+2 && (m.is(m.token(i-1), "collection") || m.is(m.token(i-1), "table")) && t.Kind == Ident:
		return m.write(m.start, i, "a collection is named alone", "sync "+text)
	case owner == "check" || owner == "warn":
		if m.is(m.token(i-1), "refers") && t.Kind == Ident {
			return m.write(i-1, m.operandEnd(i)-1, "a reference is `refers to` a field", "refers to "+m.source(i, m.operandEnd(i)))
		}
	case owner == "for" && m.is(t, "in") && m.token(i-1).Kind == Ident:
		end := m.operandEnd(i + 1)
		return m.foreignForm(m.start, end-1, "`for` takes environments; elements are visited by `each`", fmt.Sprintf("write `each %s in %s { … }`", m.source(i-1, i), m.source(i+1, end)))
	case owner == "for" && m.is(t, "(") && i == m.start+1 && m.pair[i] > 0:
		for k := i + 1; k < m.pair[i]; k++ {
			if (m.is(m.token(k), "of") || m.is(m.token(k), "in")) && k > i+1 {
				return m.foreignForm(m.start, m.pair[i], "`for` takes environments; elements are visited by `each`", fmt.Sprintf("write `each %s in %s { … }`", m.source(k-1, k), m.source(k+1, m.pair[i])))
			}
		}
		return m.foreignForm(m.start, m.pair[i], "`for` takes environments; elements are visited by `each`", "write `each x in LIST { … }`")
	case owner == "for" && t.Kind == Ident && (m.is(m.token(i-1), "environment") || m.is(m.token(i-1), "env")):
		return m.write(m.start, i, "`for` takes the names of environments alone", "for "+text)
	case owner == "test" && t.Kind == Ident && m.token(i-1).Kind == Ident && !t.First && m.depth[i] == 0:
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
	case owner == "prune" && t.Kind == Ident && strings.HasPrefix(expected, "`all`"):
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
