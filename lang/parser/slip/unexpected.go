// A token that could not be taken, in words of the user.
package slip

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// Unexpected is the failure at token i. expected says in words what was
// wanted; "" is the end of the statement.
func Unexpected(m *Statement, i int, expected string) *diag.Diagnostic {
	t := m.Tokens[i]
	var before token.Token
	if i > 0 {
		before = m.Tokens[i-1]
	}
	fail := func(code diag.Code, message, label string, notes ...string) *diag.Diagnostic {
		return &diag.Diagnostic{Code: code, Span: m.Span(t, t), Message: message, Label: label, Notes: notes}
	}
	if f := Unclosed(m, i); f != nil {
		return f
	}
	if b := m.Bracket(t); (b == ')' || b == ']' || b == '}') && m.Pair[i] < 0 {
		return fail(diag.UnmatchedBracket, fmt.Sprintf("this `%c` closes nothing", b), "nothing is open here")
	}
	if f := Habit(m, i, expected); f != nil {
		return f
	}
	if t.Kind == token.Regex && i > 0 && m.EndsValue(i-1) {
		return division(m, i)
	}
	switch {
	case m.Is(t, ".") && (before.Kind == token.Ident || before.Kind == token.Number) && before.End == t.Start:
		f := fail(diag.BadName, "a name with a dot is written in quotes", "")
		f.Span = m.Span(m.Tokens[m.NameStart(i-1)], m.Tokens[min(i+1, len(m.Tokens)-1)])
		f.Label = fmt.Sprintf("write `\"%s\"`", diag.Safe(f.Span.Text(), 60))
		if m.OwnerWord() == "weave" {
			f.Message, f.Label = "the name of a weave has no dot", fmt.Sprintf("write `%s`", diag.Safe(strings.ReplaceAll(f.Span.Text(), ".", "-"), 60))
		}
		return f
	case t.Kind == token.Reserved && (expected == "a name" || expected == "a path"):
		return fail(diag.ReservedWord, fmt.Sprintf("`%s` is a reserved word and no name", m.Text(t)), "choose another name")
	}
	if next := m.Tokens[min(i+1, len(m.Tokens)-1)]; m.Is(t, ",") && before.Kind == token.Number && next.Kind == token.Number && next.Start == t.End {
		f := fail(diag.BadNumber, "a number has a point, not a comma", "")
		f.Span = m.Span(before, next)
		f.Label = fmt.Sprintf("write `%s.%s`", m.Text(before), m.Text(next))
		return f
	}
	what := expected
	if what == "" {
		what = "the end of the statement"
	}
	after := ""
	if i > 0 {
		after = " after " + m.Describe(i-1)
	}
	f := fail(diag.SyntaxError, fmt.Sprintf("expected %s%s, not %s", what, after, m.Describe(i)), "expected "+what)
	if i > 0 && (t.First || t.Kind == token.EOF) {
		// The place is where the thing is missing, not the next line.
		f.Span = source.Span{File: m.File, Start: before.End, End: before.End}
		f.Message = fmt.Sprintf("expected %s%s", what, after)
		f.Label = what + " is missing"
	} else if name := dashedField(m, i); name != "" {
		f.Notes = []string{fmt.Sprintf("the name of a field with a dash in it is quoted, behind a dot: `%s`", diag.Safe(name, 64))}
	} else if before.Kind == token.TextEnd && before.End == t.Start {
		f.Notes = []string{"a quote inside a text is written `\\\"`; inside `'…'` it needs no backslash"}
	}
	return f
}

// dashedField is how the field is written whose name seems to have the dash at token i; "": none seems to.
func dashedField(m *Statement, i int) string {
	word := func(i int) bool {
		return i >= 0 && i < len(m.Tokens) && (m.Tokens[i].Kind == token.Ident || m.Tokens[i].Kind == token.Reserved || m.Tokens[i].Kind == token.Number)
	}
	last := i - 1
	for m.Is(m.Tokens[last+1], "-") && word(last) && word(last+2) && m.Tokens[last].End == m.Tokens[last+1].Start && m.Tokens[last+1].End == m.Tokens[last+2].Start {
		last += 2
	}
	if last < i || m.Tokens[i-1].Kind == token.Number {
		return ""
	}
	name := m.Span(m.Tokens[i-1], m.Tokens[last]).Text()
	if i >= 2 && m.Is(m.Tokens[i-2], ".") {
		return ".'" + name + "'"
	}
	return "this.'" + name + "'"
}

// Unclosed is the failure of a bracket without a partner around token i, when
// that token is where the parser finds out: a closing bracket of another kind,
// the beginning of a statement or the end of the file.
func Unclosed(m *Statement, i int) *diag.Diagnostic {
	t := m.Tokens[i]
	closing := m.Bracket(t)
	if t.Kind != token.EOF && closing != '}' && closing != ')' && closing != ']' && closing != '%' && !t.First {
		return nil
	}
	o := m.Outer[i]
	if o < 0 || m.Pair[o] >= 0 || m.Tokens[o].Kind == token.InterpStart {
		return nil
	}
	b := m.Bracket(m.Tokens[o])
	if b == '{' || o < m.Start {
		return nil // reported before
	}
	d := diag.Diagnostic{
		Code: diag.UnclosedBracket, Span: m.Span(m.Tokens[o], m.Tokens[o]), Message: fmt.Sprintf("this `%c` is not closed", b),
		Label: "opened here",
	}
	if t.Kind != token.EOF {
		d.Related = []diag.Related{{Span: m.Span(t, t), Message: fmt.Sprintf("`%c` is missing before this", token.Partner[b])}}
	}
	return &d
}

// division is the failure of a division that was read as a regular expression.
func division(m *Statement, i int) *diag.Diagnostic {
	t := m.Tokens[i]
	if before := m.Tokens[i-1]; before.Kind == token.Regex && before.End == t.Start {
		text := m.Span(before, t).Text()
		last := strings.LastIndexByte(text, '/')
		if t.Bad {
			last = len(text)
		}
		body := strings.ReplaceAll(strings.ReplaceAll(text[1:last], `\/`, "/"), "/", `\/`)
		d := diag.Diagnostic{Code: diag.RegexNotDivision, Span: source.Span{File: m.File, Start: before.End - 1, End: before.End}, Message: "the regular expression ends at this `/`",
			Label: fmt.Sprintf("write `/%s/%s`", diag.Safe(body, 60), diag.Safe(text[min(last+1, len(text)):], 10))}
		return &d
	}
	d := diag.Diagnostic{
		Code: diag.RegexNotDivision, Span: m.Span(t, t), Message: "this was read as a regular expression",
		Label: "for a division put a space after `/`",
	}
	if t.Bad {
		d.Span.End = t.Start + 1
	}
	end := t.Start + 1
	d.Fix = &diag.Fix{Span: source.Span{File: m.File, Start: t.Start, End: end}, Text: "/ "}
	if text := m.Text(t); !t.Bad && strings.Count(text, "/") == 2 {
		last := strings.LastIndexByte(text, '/')
		d.Notes = []string{fmt.Sprintf("write `… / %s / %s`", diag.Safe(text[1:last], 40), diag.Safe(rest(m, i, text[last+1:]), 40))}
		d.Fix = nil
	}
	return &d
}

// rest is what stands behind the second slash of a regex that was meant as two divisions.
func rest(m *Statement, i int, flags string) string {
	next := m.Tokens[min(i+1, len(m.Tokens)-1)]
	if flags == "" && !next.First && (next.Kind == token.Number || next.Kind == token.Ident) {
		return m.Text(next)
	}
	return flags
}

// InList is words for a message: `a`, `b` and `c`.
func InList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "`" + w + "`"
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}

// MissingComma is the failure of two paths or names side by side on one line.
func MissingComma(m *Statement, i int) *diag.Diagnostic {
	if i == 0 {
		return nil
	}
	if f := Habit(m, i, "a name"); f != nil {
		return f
	}
	t, before := m.Tokens[i], m.Tokens[i-1]
	names := func(k token.Kind) bool {
		return k == token.Ident || k == token.Raw || k == token.TextStart || k == token.TextEnd
	}
	if t.First || t.Kind == token.Ident && habit.Infix(m.Text(t)) != "" || !names(t.Kind) || !names(before.Kind) && !m.Is(before, "]") || m.KeywordAt(i) != nil || before.Kind == token.Ident && m.KeywordAt(i-1) != nil {
		return nil
	}
	return &diag.Diagnostic{
		Code: diag.MissingComma, Span: m.Span(t, t), Message: "a comma is missing between two names", Label: "put a comma before this",
	}
}

// MissingValue is the failure of a value that is not there, at token i.
func MissingValue(m *Statement, i int) *diag.Diagnostic {
	t := m.Tokens[i]
	if f := Unclosed(m, i); f != nil {
		return f
	}
	if f := Habit(m, i, "a value"); f != nil {
		return f
	}
	if i == 0 {
		return Unexpected(m, i, "a value")
	}
	before := m.Tokens[i-1]
	d := diag.Diagnostic{
		Code: diag.MissingValue, Span: m.Span(before, before), Message: "a value is missing after " + m.Describe(i-1), Label: "a value belongs behind this",
	}
	if !t.First && t.Kind != token.EOF && m.Bracket(t) == 0 {
		d.Code, d.Span = diag.MissingValue, m.Span(t, t)
		d.Message, d.Label = fmt.Sprintf("expected a value after %s, not %s", m.Describe(i-1), m.Describe(i)), "no value begins like this"
		if t.Kind == token.Reserved {
			d.Code, d.Label = diag.ReservedWord, fmt.Sprintf("a field of that name is `this.%s`", m.Text(t))
		}
	}
	return &d
}
