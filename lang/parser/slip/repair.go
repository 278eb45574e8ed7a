// Braces that are missing or too many.
//
// In: the tokens of a file whose braces do not match. Out: tokens whose braces
// do, with the missing one where its author most likely forgot it, and one
// message a brace. What is parsed afterwards is parsed as if it stood there, so
// that one slip is one message. The place is found by the indentation first,
// by the words second. A file whose braces match is never touched.
package slip

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// maxRepairs is how many braces are put right; after as many nobody knows what was meant.
const maxRepairs = 20

// braces are tokens whose braces are put right.
type braces struct {
	*keyword.Reading
	lexical diag.List         // what the scanner reported, in order
	said    []diag.Diagnostic // a message a brace
}

// Braces makes the braces of the tokens match. lexical is what the scanner
// reported, in order. It returns what is wrong with them, the last one that
// brackets are nested too deeply, when ok is false.
func Braces(text *keyword.Reading, lexical diag.List) (said []diag.Diagnostic, ok bool) {
	m := &braces{Reading: text, lexical: lexical}
	if d := m.repair(); d != nil {
		return append(m.said, *d), false
	}
	return m.said, true
}

// repair makes the braces match; it returns the message that brackets are nested too deeply.
func (m *braces) repair() *diag.Diagnostic {
	if m.level() {
		if d := m.Match(); d != nil {
			return d
		}
	}
	for range maxRepairs {
		opened, closed, odd := 0, 0, false
		for i, t := range m.Tokens {
			switch b := m.Bracket(t); {
			case m.InText[i]:
			case b == '{':
				opened++
				odd = odd || m.Pair[i] < 0
			case b == '}':
				closed++
				odd = odd || m.Pair[i] < 0
			}
		}
		switch {
		case !odd:
			return nil
		case opened > closed:
			m.closeBrace()
		case !m.openBrace():
			return nil
		}
		if d := m.Match(); d != nil {
			return d
		}
	}
	return nil
}

// level makes the braces match within each line that has a text without an end,
// as that text may have taken some of them: what is around the line stays as it
// is. It reports whether it changed the tokens.
func (m *braces) level() bool {
	changed := false
	for _, d := range m.lexical {
		if !Endless(d) {
			continue
		}
		from, to := m.File.LineAt(d.Span.Start)
		i := m.IndexAt(from)
		first, open := i, []int(nil)
		for ; i < len(m.Tokens) && m.Tokens[i].Kind != token.EOF && m.Tokens[i].Start < to; i++ {
			switch b := m.Bracket(m.Tokens[i]); {
			case m.InText[i]:
			case b == '{':
				open = append(open, i)
			case b == '}' && len(open) > 0:
				open = open[:len(open)-1]
			case b == '}' && i > first:
				m.Tokens = slices.Delete(m.Tokens, i, i+1)
				m.InText = slices.Delete(m.InText, i, i+1)
				changed = true
				i--
			}
		}
		if n := len(open); n > 0 && open[n-1] == i-1 {
			open = open[:n-1] // what follows is its block
			i--
		}
		for range open {
			m.Insert(i, '}')
			m.InText = slices.Insert(m.InText, i, false)
			changed = true
		}
	}
	return changed
}

// swallowed reports whether a text, comment or regular expression without an
// end may have taken braces with it: the message about it is the only one then.
func (m *braces) swallowed() bool {
	return slices.ContainsFunc(m.lexical, func(d diag.Diagnostic) bool {
		return d.Code == diag.UnclosedText || d.Code == diag.UnclosedComment || d.Code == diag.BadInterpolation
	}) || slices.ContainsFunc(m.Tokens, func(t token.Token) bool { return t.Kind == token.Regex && t.Bad })
}

// structural reports what is wrong with a brace.
func (m *braces) structural(d diag.Diagnostic) {
	if !m.swallowed() {
		m.said = append(m.said, d)
	}
}

// closeBrace puts a `}` where one is missing.
func (m *braces) closeBrace() {
	var open []int // of all kinds of brackets
	for i, t := range m.Tokens {
		if m.InText[i] {
			continue
		}
		b := m.Bracket(t)
		if n := len(open); n > 0 && t.Kind != token.EOF && m.Bracket(m.Tokens[open[n-1]]) == '{' && m.endedBefore(open[n-1], i) {
			m.close(open[n-1], i)
			return
		}
		n := len(open)
		switch b {
		case '{', '[', '(':
			open = append(open, i)
		case ']', ')':
			if n > 0 && token.Partner[m.Bracket(m.Tokens[open[n-1]])] == b {
				open = open[:n-1]
			} else if n > 1 && m.Bracket(m.Tokens[open[n-1]]) == '{' && token.Partner[m.Bracket(m.Tokens[open[n-2]])] == b {
				m.close(open[n-1], i)
				return
			}
		case '}':
			for n > 0 && m.Bracket(m.Tokens[open[n-1]]) != '{' {
				n--
			}
			open = open[:max(0, n-1)]
		}
	}
	for n := len(open) - 1; n >= 0; n-- {
		if m.Bracket(m.Tokens[open[n]]) == '{' {
			m.close(open[n], len(m.Tokens)-1)
			return
		}
	}
}

// endedBefore reports whether the block or object of the `{` at token o must
// have ended before token i.
func (m *braces) endedBefore(o, i int) bool {
	t := m.Tokens[i]
	b := m.Bracket(t)
	if m.isObject(o) && (m.EndsValue(i-1) || i == o+1) && !m.PerEnvironment(i) {
		next := m.Tokens[min(i+1, len(m.Tokens)-1)]
		switch {
		case b == '{' && !t.First:
			return true
		case m.Is(t, ","):
			return i == o+1 || m.Bracket(next) == '{' || m.Bracket(next) == ']'
		case i > o+1 && t.Kind == token.Ident && !m.Is(m.Tokens[o+1], "[") && !m.Is(next, ":") && !m.Is(next, "-") && !m.Is(t, "create") && !m.Is(m.Tokens[i-1], "create"):
			return true
		}
	}
	if !t.First {
		return false
	}
	line, statement := m.margins(o)
	switch column := m.Column(t); {
	case b == '}':
		return column < min(line, statement)
	case b != 0:
		return false
	case column <= statement && m.keyword(i):
		return !m.Is(m.Tokens[i+1], ":") // a field
	}
	return m.sibling(o, i)
}

// close puts the `}` of the `{` at token o before token i.
func (m *braces) close(o, i int) {
	d := diag.Diagnostic{Code: diag.UnclosedBracket, Span: m.Span(m.Tokens[o], m.Tokens[o]), Message: "this `{` is not closed", Label: "opened here"}
	if t := m.Tokens[i]; t.Kind != token.EOF {
		d.Related = []diag.Related{{Span: m.Span(t, t), Message: "`}` is missing before this"}}
	}
	m.structural(d)
	m.Insert(i, '}')
}

// openBrace puts a `{` where one is missing, or takes out a `}` that is too many; false when it found neither.
func (m *braces) openBrace() bool {
	type opener struct {
		i int
		c byte
	}
	var open []opener
	for i, t := range m.Tokens {
		if m.InText[i] {
			continue
		}
		b := m.Bracket(t)
		if n := len(open); n > 0 && m.looseField(open[n-1].i, i) {
			if close := m.closer(i); close > 0 {
				return m.open(m.statementOf(i), i, close)
			}
		} else if n == 0 && m.looseField(-1, i) {
			if close := m.closer(i); close > 0 {
				return m.open(m.statementOf(i), i, close)
			}
		}
		switch b {
		case '{', '[', '(':
			open = append(open, opener{i, b})
		case ']', ')':
			if n := len(open); n > 0 && token.Partner[open[n-1].c] == b {
				open = open[:n-1]
			}
		case '}':
			n := len(open)
			if n > 0 && open[n-1].c != '{' && m.wrongKind(open[n-1].i, i) {
				return true
			}
			for n > 0 && open[n-1].c != '{' {
				n--
			}
			inner := -1
			if n > 0 {
				inner = open[n-1].i
			}
			if m.opensLate(inner, i) {
				return true
			}
			open = open[:max(0, n-1)]
		}
	}
	return false
}

// wrongKind puts the bracket that is wanted in the place of the `}` at token i.
func (m *braces) wrongKind(o, i int) bool {
	t := m.Tokens[i]
	if line, _ := m.margins(o); t.First && m.Column(t) != line || !t.First && m.LineOf(o) != m.LineOf(i) {
		return false
	}
	want := token.Partner[m.Bracket(m.Tokens[o])]
	m.structural(diag.Diagnostic{
		Code: diag.UnmatchedBracket, Span: m.Span(t, t), Message: fmt.Sprintf("`%c` is wanted here, not `}`", want), Label: fmt.Sprintf("write `%c`", want),
		Fix:     &diag.Fix{Span: m.Span(t, t), Text: string(want)},
		Related: []diag.Related{{Span: m.Span(m.Tokens[o], m.Tokens[o]), Message: "opened here"}},
	})
	m.Tokens[i].Made = want
	return true
}

// opensLate judges the `}` at token i, which would close the `{` at token o (-1:
// nothing is open). It reports whether it changed the tokens.
func (m *braces) opensLate(o, i int) bool {
	t := m.Tokens[i]
	from := 0
	if i > 0 && !t.First && slices.Contains([]string{"=", ":", "(", "["}, m.Text(m.Tokens[i-1])) {
		return m.open(m.statementOf(i), i, i) // `= }`
	}
	if t.First {
		if o >= 0 {
			line, statement := m.margins(o)
			if c := m.Column(t); c <= max(line, statement) || m.LineOf(o) == m.LineOf(i) {
				return false
			}
			from = o + 1
		}
		for h := i - 1; h >= from; h-- {
			if m.Tokens[h].First && m.Column(m.Tokens[h]) == m.Column(t) && m.keyword(h) && m.openAt(h, i) {
				return true
			}
		}
	} else {
		if o >= 0 && m.LineOf(o) == m.LineOf(i) {
			return false
		}
		first := i
		for first > 0 && !m.Tokens[first].First {
			first--
		}
		for h := first; h < i; h++ {
			if m.keyword(h) && m.openAt(h, i) {
				return true
			}
		}
		if o >= 0 && m.isObject(o) {
			return false
		}
	}
	if o < 0 {
		for h := i - 1; h >= 0; h-- {
			if m.keyword(h) && m.openAt(h, i) {
				return true
			}
		}
	}
	d := diag.Diagnostic{Code: diag.UnmatchedBracket, Span: m.Span(t, t), Message: "this `}` closes nothing", Label: "nothing is open here"}
	if o >= 0 {
		d.Label = "nothing that is open begins in this column"
		d.Related = []diag.Related{{Span: m.Span(m.Tokens[o], m.Tokens[o]), Message: "it would close this one too early"}}
	}
	m.structural(d)
	m.Tokens = slices.Delete(m.Tokens, i, i+1)
	return true
}

// openAt puts a `{` into the statement that begins at token h, whose `}` is at
// token i; false when no place in it lacks one.
func (m *braces) openAt(h, i int) bool {
	word := m.Text(m.Tokens[h])
	clauses, holds := blockWords[word]
	depth := 0
	for k := h + 1; k <= i; k++ {
		t := m.Tokens[k]
		b := m.Bracket(t)
		switch {
		case depth == 0 && b == '{' && holds && !m.PerEnvironment(k):
			return false // it has its block
		case b == '{' || b == '[' || b == '(' || b == '$':
			depth++
		case depth > 0 && (b == '}' || b == ']' || b == ')' || b == '%'):
			depth--
		case depth > 0:
		case k == i:
			if !holds || k == h+1 && word != "sync" || !t.First && word == "sync" {
				return false
			}
			return m.open(h, k, i)
		case holds && m.keyword(k) && !(slices.Contains(clauses, m.Text(t)) && !t.First && !m.Is(m.Tokens[k+1], "where")):
			return m.open(h, k, i)
		case !holds && t.First && m.keyword(k):
			return false // the next statement
		}
	}
	return false
}

// open puts a `{` before token k of the statement at token h; its `}` is at token i.
func (m *braces) open(h, k, i int) bool {
	before := m.Span(m.Tokens[h], m.Tokens[k-1])
	at := source.Span{File: m.File, Start: before.End, End: before.End}
	m.structural(diag.Diagnostic{
		Code: diag.UnmatchedBracket, Span: at, Message: fmt.Sprintf("`{` is missing after `%s`", diag.Safe(before.Text(), 60)), Label: "write `{` here",
		Fix:     &diag.Fix{Span: at, Text: " {"},
		Related: []diag.Related{{Span: m.Span(m.Tokens[i], m.Tokens[i]), Message: "this closes it"}},
	})
	m.Insert(k, '{')
	return true
}

// Endless reports whether a malformed token has taken up to the end of its line,
// so that nothing on the line is what it seems to be.
func Endless(d diag.Diagnostic) bool {
	return d.Code == diag.UnclosedText || d.Code == diag.BadInterpolation
}
