// Values as other languages write them; see habits.go.
package slip

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// constructed is `new Date()` and `new X(…)`.
func constructed(m *Statement, i int, _ string) *diag.Diagnostic {
	if i == 0 || !m.Is(m.Token(i-1), "new") || m.Token(i).Kind != token.Ident || !m.Is(m.Token(i+1), "(") || m.Pair[i+1] < 0 {
		return nil
	}
	end, name := m.Pair[i+1], m.Text(m.Token(i))
	args := m.Source(i+2, end)
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
	if d := token.Dates.FindString(strings.Trim(text, `"'`)); len(d) == len("2026-01-01") {
		return `"` + d + `T00:00:00Z"`
	}
	return text
}

// called is a method call, `x.name(…)`.
func called(m *Statement, i int, _ string) *diag.Diagnostic {
	if i < 3 || !m.Is(m.Token(i), "(") || m.Pair[i] < 0 || !m.Is(m.Token(i-2), ".") || m.Token(i-1).Kind != token.Ident && m.Token(i-1).Kind != token.Reserved {
		return nil
	}
	start, name, args := m.Operand(i-1), m.Text(m.Token(i-1)), m.Source(i+1, m.Pair[i])
	x := m.Source(start, i-2)
	const message = "there are no methods: functions take their values in brackets"
	if here := habit.Function(x + "." + name); here != "" {
		if renamed := habit.Renamed(x + "." + name); renamed != "" {
			return m.write(start, m.Pair[i], message, renamed+"("+args+")")
		}
		return m.foreignForm(start, m.Pair[i], message, strings.ReplaceAll(here, "ARGS", args))
	}
	if here := habit.Method(x, name, args); here != "" {
		return m.write(start, m.Pair[i], message, here)
	}
	if renamed := habit.Renamed(name); renamed != "" {
		name = renamed
	}
	if args != "" {
		x += ", " + args
	}
	return m.foreignForm(start, m.Pair[i], message, fmt.Sprintf("write `%s(%s)`, if there is such a function", name, x))
}

// typed is `typeof x`, `x::type` and `cast(x as type)`.
func typed(m *Statement, i int, _ string) *diag.Diagnostic {
	t := m.Token(i)
	word := func(text string) string {
		if here := habit.Type(text); here != "" {
			return here
		}
		return text
	}
	switch {
	case i > 0 && m.Is(m.Token(i-1), "typeof"):
		end := m.OperandEnd(i)
		if value := m.Token(end + 2); (m.Is(m.Token(end), "==") || m.Is(m.Token(end), "===")) && (value.Kind == token.Chars || m.Token(end+1).Kind == token.Raw) {
			of := strings.Trim(m.Source(end+1, m.OperandEnd(end+1)), `"'`)
			return m.write(i-1, m.OperandEnd(end+1)-1, "the type is asked for by `is`", m.Source(i, end)+" is "+word(of))
		}
		return m.foreignForm(i-1, end-1, "the type is asked for by `is`", fmt.Sprintf("write `%s is …` and the type", m.Source(i, end)))
	case i > 0 && m.Is(t, ":") && m.Is(m.Token(i+1), ":") && m.Token(i+2).Kind == token.Ident:
		start := m.Operand(i - 1)
		return m.write(start, i+2, "a value gets another type by a function", word(m.Text(m.Token(i+2)))+"("+m.Source(start, i)+")")
	case m.Is(t, "as") && m.Outer[i] > 0 && (m.Is(m.Token(m.Outer[i]-1), "cast") || m.Is(m.Token(m.Outer[i]-1), "CAST")) && m.Pair[m.Outer[i]] > 0 && m.Token(i+1).Kind == token.Ident:
		open := m.Outer[i]
		return m.write(open-1, m.Pair[open], "a value gets another type by a function", word(m.Text(m.Token(i+1)))+"("+m.Source(open+1, i)+")")
	}
	return nil
}

// ranged is `1..3`.
func ranged(m *Statement, i int, _ string) *diag.Diagnostic {
	if i > 1 && m.Is(m.Token(i), ".") && m.Is(m.Token(i-1), ".") && m.Token(i-2).Kind == token.Number {
		i--
	}
	if !m.Is(m.Token(i), ".") || !m.Is(m.Token(i+1), ".") || i == 0 || m.Token(i-1).Kind != token.Number {
		return nil
	}
	end := i + 2
	if m.Is(m.Token(end), ".") {
		end++
	}
	if m.Token(end).Kind != token.Number {
		return nil
	}
	low, high := m.Text(m.Token(i-1)), m.Text(m.Token(end))
	switch {
	case i > 1 && m.Is(m.Token(i-2), "expect"):
		return m.write(i-1, end, "a range is written in words", low+" to "+high)
	case i > 1 && m.Is(m.Token(i-2), "between"):
		d := m.write(i-2, end, "a range is written in words", "between "+low+" and "+high)
		return d
	}
	return m.foreignForm(i-1, end, "there are no ranges as values", fmt.Sprintf("write the list, `[%s, …, %s]`, or `between %s and %s`", low, high, low, high))
}

// chosen is `a ? b : c`, `a if b else c` and `case when … then … end`.
func chosen(m *Statement, i int, _ string) *diag.Diagnostic {
	t := m.Token(i)
	switch {
	case m.Is(t, "?") && m.Is(m.Token(i+1), ".") && m.Token(i+1).Start == t.End:
		start, end := m.Operand(i-1), m.PathEnd(i+2)
		d := m.foreignForm(i, i+1, "`?.` is not an operator of this language", fmt.Sprintf("`.` is enough: what is missing has missing fields; write `%s.%s ?? …`", m.Source(start, i), m.Source(i+2, end)))
		d.Fix = &diag.Fix{Span: d.Span, Text: "."}
		return d
	case (m.Is(t, "order") || m.Is(t, "sorted") || m.Is(t, "ordered")) && m.Is(m.Token(i+1), "by") && m.Outer[i] >= 0 && hasFor(m, m.Outer[i]):
		return m.write(i, i, "a list is ordered with `sort by`", "sort")
	case m.Is(t, "if") && i > 0 && m.EndsValue(i-1) && m.Outer[i] >= 0 && (m.Bracket(m.Token(m.Outer[i])) == '[' || m.Bracket(m.Token(m.Outer[i])) == '{' && m.Pair[m.Outer[i]] > 0 && hasFor(m, m.Outer[i])):
		return m.write(i, i, "the condition of a list is written with `where`", "where")
	case m.Is(t, "if") && i > 0 && m.EndsValue(i-1) && !t.First:
		for k := i + 1; k < len(m.Tokens) && !m.Token(k).First; k++ {
			if m.Is(m.Token(k), "else") {
				start, end := m.Operand(i-1), m.OperandEnd(k+1)
				return m.write(start, end-1, "the condition of a choice stands first", fmt.Sprintf("if %s then %s else %s", m.Source(i+1, k), m.Source(start, i), m.Source(k+1, end)))
			}
		}
	case m.Is(t, "when") && i > 0 && strings.EqualFold(m.Text(m.Token(i-1)), "case"):
		end := i
		for end < len(m.Tokens)-1 && !m.Token(end).First && !strings.EqualFold(m.Text(m.Token(end)), "end") {
			end++
		}
		last := end
		if m.Token(end).First || m.Token(end).Kind == token.EOF {
			last--
		}
		return m.write(i-1, last, "a choice is written with `if`", "if "+m.Source(i+1, end))
	}
	return nil
}

// listed is a list in other brackets.
func listed(m *Statement, i int, expected string) *diag.Diagnostic {
	o := m.Outer[i]
	if o <= 0 || m.Pair[o] < 0 {
		return nil
	}
	before, b := m.Token(o-1), m.Bracket(m.Token(o))
	if b == '[' && expected == "`]`" && m.Is(m.Token(i), "from") && m.Is(m.Token(i-2), "in") {
		return m.foreignForm(i-1, min(i+1, m.Pair[o]), "a list is walked, and this is a collection", fmt.Sprintf("a lookup finds one document: `lookup %s in %s from %s where …`", m.Source(i-3, i-2), m.Source(i-1, i), m.Source(i+1, i+2)))
	}
	if b == '(' && m.Is(m.Token(i), ",") && before.Kind != token.Ident || b == '{' && expected == "`:`" && m.FieldEnd(o+1) == 0 && !m.PerEnvironment(o) && (m.Is(m.Token(i), ",") || i == m.Pair[o]) {
		return m.write(o, m.Pair[o], "a list has square brackets", "["+m.Source(o+1, m.Pair[o])+"]")
	}
	if b == '(' && m.Is(m.Token(i), "for") && before.Kind == token.Ident {
		word := map[string]string{"all": "every", "any": "any", "every": "every", "some": "any"}[m.Text(before)]
		if word != "" && m.Is(m.Token(i+2), "in") {
			return m.write(o-1, m.Pair[o], "a list is asked by `any` and `every`", fmt.Sprintf("%s %s has %s", word, m.Source(i+1, m.Pair[o]), m.Source(o+1, i)))
		}
		return m.write(o, m.Pair[o], "a list that is made of another one has brackets of its own", "(["+m.Source(o+1, m.Pair[o])+"])")
	}
	return nil
}

// spread is `{ ...a, b: 1 }`.
func spread(m *Statement, i int, expected string) *diag.Diagnostic {
	if !m.Is(m.Token(i), ".") || !m.Is(m.Token(i+1), ".") || !m.Is(m.Token(i+2), ".") || m.Outer[i] < 0 || m.Pair[m.Outer[i]] < 0 {
		return nil
	}
	open := m.Outer[i]
	end := m.OperandEnd(i + 3)
	x := m.Source(i+3, end)
	if m.Bracket(m.Token(open)) == '[' {
		return m.foreignForm(open, m.Pair[open], "there is no `...`", fmt.Sprintf("write `concat(%s, […])`", x))
	}
	if m.Bracket(m.Token(open)) != '{' {
		return nil
	}
	rest := m.Source(end, m.Pair[open])
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ","))
	first := strings.TrimSuffix(m.Source(open+1, i), ",")
	switch {
	case first != "":
		return m.foreignForm(open, m.Pair[open], "objects are joined by `merge`", fmt.Sprintf("write `merge({ %s }, %s, …)`", first, x))
	case rest == "":
		return m.write(open, m.Pair[open], "objects are joined by `merge`", x)
	}
	return m.write(open, m.Pair[open], "objects are joined by `merge`", fmt.Sprintf("merge(%s, { %s })", x, rest))
}

// prefixed is f"…" and lambda.
func prefixed(m *Statement, i int, _ string) *diag.Diagnostic {
	if i == 0 {
		return nil
	}
	before, t := m.Token(i-1), m.Token(i)
	switch {
	case (t.Kind == token.TextStart || t.Kind == token.Raw) && before.Kind == token.Ident && before.End == t.Start && before.End-before.Start == 1:
		end := m.OperandEnd(i)
		text := strings.Trim(m.Source(i, end), `"'`)
		if m.Is(before, "f") {
			text = strings.ReplaceAll(strings.ReplaceAll(text, "${", "{"), "{", "${")
		}
		return m.write(i-1, end-1, "a text has no letter before it", `"`+text+`"`)
	case m.Is(before, "lambda") || m.Is(before, "function"):
		return m.foreignForm(i-1, i-1, "there are no functions as values", "there are no functions: a list is walked by `[… for x in list]`")
	}
	return nil
}

// sliced is `x[0:2]`.
func sliced(m *Statement, i int, _ string) *diag.Diagnostic {
	o := m.Outer[i]
	if !m.Is(m.Token(i), ":") || o <= 0 || m.Bracket(m.Token(o)) != '[' || m.Pair[o] < 0 || !m.EndsValue(o-1) {
		return nil
	}
	start := m.Operand(o - 1)
	from, to := m.Source(o+1, i), m.Source(i+1, m.Pair[o])
	if from == "" {
		from = "0"
	}
	if to != "" {
		to = ", " + to
	}
	return m.write(start, m.Pair[o], "a part of a list is taken by `slice`", fmt.Sprintf("slice(%s, %s%s)", m.Source(start, o), from, to))
}

// LastElement is the position of the last element as other languages write it,
// `[list.length - 1]`, at the token behind the bracket; nil when there is another one.
func LastElement(m *Statement, i int) *diag.Diagnostic {
	open := i - 1
	if m.Pair[open] <= 0 || !lastElement.MatchString(m.Source(i, m.Pair[open])) {
		return nil
	}
	start := m.Operand(open - 1)
	return m.write(start, m.Pair[open], "a position is a number", "last("+m.Source(start, open)+")")
}

var lastElement = regexp.MustCompile(`(?i)(length|len|size|count)\b.*-\s*1$`)
