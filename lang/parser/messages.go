// What is wrong, in the user's words.
//
// In: a token that could not be taken and what was expected there. Out: the
// diagnostic, by what users of other languages write and what is forgotten most.
package parser

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// unexpected is the failure at token i. expected says in words what was
// wanted; "" is the end of the statement.
func (m *machine) unexpected(i int, expected string) *failure {
	t := m.tokens[i]
	var before token.Token
	if i > 0 {
		before = m.tokens[i-1]
	}
	fail := func(code diag.Code, message, label string, notes ...string) *failure {
		return &failure{index: i, diag: diag.Diagnostic{Code: code, Span: m.span(t, t), Message: message, Label: label, Notes: notes}}
	}
	if f := m.unclosed(i); f != nil {
		return f
	}
	if b := m.bracket(t); (b == ')' || b == ']' || b == '}') && m.pair[i] < 0 {
		return fail(diag.UnmatchedBracket, fmt.Sprintf("this `%c` closes nothing", b), "nothing is open here")
	}
	if f := m.habit(i, expected); f != nil {
		return f
	}
	if t.Kind == token.Regex && i > 0 && m.endsValue(i-1) {
		return m.division(i)
	}
	switch {
	case m.is(t, ".") && (before.Kind == token.Ident || before.Kind == token.Number) && before.End == t.Start:
		f := fail(diag.BadName, "a name with a dot is written in quotes", "")
		f.diag.Span = m.span(m.tokens[m.nameStart(i-1)], m.tokens[min(i+1, len(m.tokens)-1)])
		f.diag.Label = fmt.Sprintf("write `\"%s\"`", diag.Safe(f.diag.Span.Text(), 60))
		if m.ownerWord() == "weave" {
			f.diag.Message, f.diag.Label = "the name of a weave has no dot", fmt.Sprintf("write `%s`", diag.Safe(strings.ReplaceAll(f.diag.Span.Text(), ".", "-"), 60))
		}
		return f
	case t.Kind == token.Reserved && (expected == "a name" || expected == "a path"):
		return fail(diag.ReservedWord, fmt.Sprintf("`%s` is a reserved word and no name", m.text(t)), "choose another name")
	}
	if next := m.tokens[min(i+1, len(m.tokens)-1)]; m.is(t, ",") && before.Kind == token.Number && next.Kind == token.Number && next.Start == t.End {
		f := fail(diag.BadNumber, "a number has a point, not a comma", "")
		f.diag.Span = m.span(before, next)
		f.diag.Label = fmt.Sprintf("write `%s.%s`", m.text(before), m.text(next))
		return f
	}
	what := expected
	if what == "" {
		what = "the end of the statement"
	}
	after := ""
	if i > 0 {
		after = " after " + m.describe(i-1)
	}
	f := fail(diag.SyntaxError, fmt.Sprintf("expected %s%s, not %s", what, after, m.describe(i)), "expected "+what)
	if i > 0 && (t.First || t.Kind == token.EOF) {
		// The place is where the thing is missing, not the next line.
		f.diag.Span = source.Span{File: m.file, Start: before.End, End: before.End}
		f.diag.Message = fmt.Sprintf("expected %s%s", what, after)
		f.diag.Label = what + " is missing"
	} else if name := m.dashedField(i); name != "" {
		f.diag.Notes = []string{fmt.Sprintf("the name of a field with a dash in it is quoted, behind a dot: `%s`", diag.Safe(name, 64))}
	} else if before.Kind == token.TextEnd && before.End == t.Start {
		f.diag.Notes = []string{"a quote inside a text is written `\\\"`; inside `'…'` it needs no backslash"}
	}
	return f
}

// describe is a token for people.
func (m *machine) describe(i int) string {
	switch t := m.tokens[i]; t.Kind {
	case token.EOF:
		return "the end of the file"
	case token.TextStart, token.Chars, token.Escape, token.TextEnd, token.Raw:
		return "a text"
	case token.Regex:
		return "a regular expression"
	case token.InterpStart:
		return "`${`"
	default:
		return "`" + diag.Safe(m.text(t), 40) + "`"
	}
}

// nameStart is the first token of the dashed name that ends at token i.
func (m *machine) nameStart(i int) int {
	for i >= 2 && m.is(m.tokens[i-1], "-") && m.tokens[i-1].End == m.tokens[i].Start && m.tokens[i-2].End == m.tokens[i-1].Start {
		i -= 2
	}
	return i
}

// dashedField is how the field is written whose name seems to have the dash at token i; "": none seems to.
func (m *machine) dashedField(i int) string {
	word := func(i int) bool {
		return i >= 0 && i < len(m.tokens) && (m.tokens[i].Kind == token.Ident || m.tokens[i].Kind == token.Reserved || m.tokens[i].Kind == token.Number)
	}
	last := i - 1
	for m.is(m.tokens[last+1], "-") && word(last) && word(last+2) && m.tokens[last].End == m.tokens[last+1].Start && m.tokens[last+1].End == m.tokens[last+2].Start {
		last += 2
	}
	if last < i || m.tokens[i-1].Kind == token.Number {
		return ""
	}
	name := m.span(m.tokens[i-1], m.tokens[last]).Text()
	if i >= 2 && m.is(m.tokens[i-2], ".") {
		return ".'" + name + "'"
	}
	return "this.'" + name + "'"
}

// endsValue reports whether a value may end at token i.
func (m *machine) endsValue(i int) bool {
	switch t := m.tokens[i]; t.Kind {
	case token.Ident, token.Number, token.Raw, token.Regex, token.TextEnd:
		return true
	case token.Reserved:
		return m.is(t, "true") || m.is(t, "false") || m.is(t, "null")
	case token.Punct:
		return m.is(t, ")") || m.is(t, "]") || m.is(t, "}")
	}
	return false
}

// unclosed is the failure of a bracket without a partner around token i, when
// that token is where the parser finds out: a closing bracket of another kind,
// the beginning of a statement or the end of the file.
func (m *machine) unclosed(i int) *failure {
	t := m.tokens[i]
	closing := m.bracket(t)
	if t.Kind != token.EOF && closing != '}' && closing != ')' && closing != ']' && closing != '%' && !t.First {
		return nil
	}
	o := m.outer[i]
	if o < 0 || m.pair[o] >= 0 || m.tokens[o].Kind == token.InterpStart {
		return nil
	}
	b := m.bracket(m.tokens[o])
	if b == '{' || o < m.start {
		return nil // reported before
	}
	d := diag.Diagnostic{
		Code: diag.UnclosedBracket, Span: m.span(m.tokens[o], m.tokens[o]), Message: fmt.Sprintf("this `%c` is not closed", b),
		Label: "opened here",
	}
	if t.Kind != token.EOF {
		d.Related = []diag.Related{{Span: m.span(t, t), Message: fmt.Sprintf("`%c` is missing before this", partner[b])}}
	}
	return &failure{index: i, diag: d}
}

// indent is the column of the first token of a token's line.
func (m *machine) indent(t token.Token) int {
	line := m.file.Line(m.file.Position(t.Start).Line)
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// division is the failure of a division that was read as a regular expression.
func (m *machine) division(i int) *failure {
	t := m.tokens[i]
	if before := m.tokens[i-1]; before.Kind == token.Regex && before.End == t.Start {
		text := m.span(before, t).Text()
		last := strings.LastIndexByte(text, '/')
		if t.Bad {
			last = len(text)
		}
		body := strings.ReplaceAll(strings.ReplaceAll(text[1:last], `\/`, "/"), "/", `\/`)
		d := diag.Diagnostic{Code: diag.RegexNotDivision, Span: source.Span{File: m.file, Start: before.End - 1, End: before.End}, Message: "the regular expression ends at this `/`",
			Label: fmt.Sprintf("write `/%s/%s`", diag.Safe(body, 60), diag.Safe(text[min(last+1, len(text)):], 10))}
		return &failure{index: i, diag: d}
	}
	d := diag.Diagnostic{
		Code: diag.RegexNotDivision, Span: m.span(t, t), Message: "this was read as a regular expression",
		Label: "for a division put a space after `/`",
	}
	if t.Bad {
		d.Span.End = t.Start + 1
	}
	end := t.Start + 1
	d.Fix = &diag.Fix{Span: source.Span{File: m.file, Start: t.Start, End: end}, Text: "/ "}
	if text := m.text(t); !t.Bad && strings.Count(text, "/") == 2 {
		last := strings.LastIndexByte(text, '/')
		d.Notes = []string{fmt.Sprintf("write `… / %s / %s`", diag.Safe(text[1:last], 40), diag.Safe(m.rest(i, text[last+1:]), 40))}
		d.Fix = nil
	}
	return &failure{index: i, diag: d}
}

// rest is what stands behind the second slash of a regex that was meant as two divisions.
func (m *machine) rest(i int, flags string) string {
	next := m.tokens[min(i+1, len(m.tokens)-1)]
	if flags == "" && !next.First && (next.Kind == token.Number || next.Kind == token.Ident) {
		return m.text(next)
	}
	return flags
}

// missingValue is the failure of a value that is not there.
func (in input) missingValue() error {
	i := in.index()
	t := in.peek()
	if f := in.unclosed(i); f != nil {
		return f
	}
	if f := in.habit(i, "a value"); f != nil {
		return f
	}
	if i == 0 {
		return in.fail("a value")
	}
	before := in.previous()
	d := diag.Diagnostic{
		Code: diag.MissingValue, Span: in.span(before, before), Message: "a value is missing after " + in.describe(i-1), Label: "a value belongs behind this",
	}
	if !t.First && t.Kind != token.EOF && in.bracket(t) == 0 {
		d.Code, d.Span = diag.MissingValue, in.span(t, t)
		d.Message, d.Label = fmt.Sprintf("expected a value after %s, not %s", in.describe(i-1), in.describe(i)), "no value begins like this"
		if t.Kind == token.Reserved {
			d.Code, d.Label = diag.ReservedWord, fmt.Sprintf("a field of that name is `this.%s`", in.text(t))
		}
	}
	return &failure{index: i, diag: d}
}

// unknownWord reports a word that is none of the few that may stand there.
func (m *machine) unknownWord(n ast.Name, what string, words []string) {
	d := diag.Diagnostic{
		Code: diag.SyntaxError, Span: n.Span, Message: fmt.Sprintf("there is no %s `%s`", what, diag.Safe(n.Text, 40)),
		Notes: []string{"there are " + inList(words)},
	}
	if s := diag.Suggest(n.Text, words); s != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", s)
		d.Fix = &diag.Fix{Span: n.Span, Text: s}
	}
	m.report(d)
}

func inList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "`" + w + "`"
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}

// expectedWords turns participle's EBNF of what it wanted into words: of every
// alternative the first term.
func expectedWords(ebnf string) string {
	names := map[string]string{
		"Name": "a name", "Code": "the code of a message", "Reason": "a reason in quotes", "Ident": "a name", "Path": "a path", "PathPattern": "a path", "Expr": "a value", "Block": "a block `{ … }`",
		"Number": "a number", "Regex": "a regular expression", "Object": "`{ … }`", "CollPattern": "the name of a collection",
		"CheckBody": "a condition", "IndexKey": "a path", "NameOrPerEnv": "a name", "EnvironmentEntry": "a name",
	}
	var words []string
	first := true
	depth, inQuotes, start := 0, false, -1
	term := func(end int) {
		if start < 0 || !first {
			start = -1
			return
		}
		word := strings.TrimRight(ebnf[start:end], "?*+!")
		if unquoted := strings.Trim(word, `"`); unquoted != word {
			word = "`" + unquoted + "`"
		} else if n := names[word]; n != "" {
			word = n
		}
		if word != "" {
			words = append(words, word)
		}
		first, start = false, -1
	}
	for i, c := range ebnf {
		switch {
		case c == '"':
			inQuotes = !inQuotes
			if start < 0 {
				start = i
			}
		case inQuotes:
		case c == '(':
			if first {
				depth++
			} else {
				depth = -1 << 20 // a later group: its alternatives are not for here
			}
		case c == ' ' || c == ')':
			term(i)
			if c == ')' {
				depth--
				if depth <= 0 {
					return strings.Join(words, " or ")
				}
			}
		case c == '|':
			if depth > 0 {
				first = true
			}
		default:
			if start < 0 {
				start = i
			}
		}
	}
	term(len(ebnf))
	return strings.Join(words, " or ")
}
