// Values as other languages write them; see habits.go.
package parser

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// constructed is `new Date()` and `new X(…)`.
func (m *machine) constructed(i int, _ string) *diag.Diagnostic {
	if i == 0 || !m.is(m.token(i-1), "new") || m.token(i).Kind != token.Ident || !m.is(m.token(i+1), "(") || m.pair[i+1] < 0 {
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
	if d := token.Dates.FindString(strings.Trim(text, `"'`)); len(d) == len("2026-01-01") {
		return `"` + d + `T00:00:00Z"`
	}
	return text
}

// called is a method call, `x.name(…)`.
func (m *machine) called(i int, _ string) *diag.Diagnostic {
	if i < 3 || !m.is(m.token(i), "(") || m.pair[i] < 0 || !m.is(m.token(i-2), ".") || m.token(i-1).Kind != token.Ident && m.token(i-1).Kind != token.Reserved {
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
		if value := m.token(end + 2); (m.is(m.token(end), "==") || m.is(m.token(end), "===")) && (value.Kind == token.Chars || m.token(end+1).Kind == token.Raw) {
			of := strings.Trim(m.source(end+1, m.operandEnd(end+1)), `"'`)
			return m.write(i-1, m.operandEnd(end+1)-1, "the type is asked for by `is`", m.source(i, end)+" is "+word(of))
		}
		return m.foreignForm(i-1, end-1, "the type is asked for by `is`", fmt.Sprintf("write `%s is …` and the type", m.source(i, end)))
	case i > 0 && m.is(t, ":") && m.is(m.token(i+1), ":") && m.token(i+2).Kind == token.Ident:
		start := m.operand(i - 1)
		return m.write(start, i+2, "a value gets another type by a function", word(m.text(m.token(i+2)))+"("+m.source(start, i)+")")
	case m.is(t, "as") && m.outer[i] > 0 && (m.is(m.token(m.outer[i]-1), "cast") || m.is(m.token(m.outer[i]-1), "CAST")) && m.pair[m.outer[i]] > 0 && m.token(i+1).Kind == token.Ident:
		open := m.outer[i]
		return m.write(open-1, m.pair[open], "a value gets another type by a function", word(m.text(m.token(i+1)))+"("+m.source(open+1, i)+")")
	}
	return nil
}

// ranged is `1..3`.
func (m *machine) ranged(i int, _ string) *diag.Diagnostic {
	if i > 1 && m.is(m.token(i), ".") && m.is(m.token(i-1), ".") && m.token(i-2).Kind == token.Number {
		i--
	}
	if !m.is(m.token(i), ".") || !m.is(m.token(i+1), ".") || i == 0 || m.token(i-1).Kind != token.Number {
		return nil
	}
	end := i + 2
	if m.is(m.token(end), ".") {
		end++
	}
	if m.token(end).Kind != token.Number {
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
		if m.token(end).First || m.token(end).Kind == token.EOF {
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
	if b == '(' && m.is(m.token(i), ",") && before.Kind != token.Ident || b == '{' && expected == "`:`" && m.fieldEnd(o+1) == 0 && !m.perEnvironment(o) && (m.is(m.token(i), ",") || i == m.pair[o]) {
		return m.write(o, m.pair[o], "a list has square brackets", "["+m.source(o+1, m.pair[o])+"]")
	}
	if b == '(' && m.is(m.token(i), "for") && before.Kind == token.Ident {
		word := map[string]string{"all": "every", "any": "any", "every": "every", "some": "any"}[m.text(before)]
		if word != "" && m.is(m.token(i+2), "in") {
			return m.write(o-1, m.pair[o], "a list is asked by `any` and `every`", fmt.Sprintf("%s %s has %s", word, m.source(i+1, m.pair[o]), m.source(o+1, i)))
		}
		return m.write(o, m.pair[o], "a list that is made of another one has brackets of its own", "(["+m.source(o+1, m.pair[o])+"])")
	}
	return nil
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
	case (t.Kind == token.TextStart || t.Kind == token.Raw) && before.Kind == token.Ident && before.End == t.Start && before.End-before.Start == 1:
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

// lastElement is the position of the last element as other languages write it.
var lastElement = regexp.MustCompile(`(?i)(length|len|size|count)\b.*-\s*1$`)
