// Braces that are missing or too many.
//
// In: the tokens of a file whose braces do not match. Out: tokens whose braces
// do, with the missing one where its author most likely forgot it, and one
// message a brace. What is parsed afterwards is parsed as if it stood there, so
// that one slip is one message. The place is found by the indentation first,
// by the words second. A file whose braces match is never touched.
package parser

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// maxRepairs is how many braces are put right; after as many nobody knows what was meant.
const maxRepairs = 20

// repair makes the braces of the file match; false when brackets are nested too deeply.
func (m *machine) repair() bool {
	if m.level() && !m.match() {
		return false
	}
	for range maxRepairs {
		opened, closed, odd := 0, 0, false
		for i, t := range m.tokens {
			switch b := m.bracket(t); {
			case m.inText[i]:
			case b == '{':
				opened++
				odd = odd || m.pair[i] < 0
			case b == '}':
				closed++
				odd = odd || m.pair[i] < 0
			}
		}
		switch {
		case !odd:
			return true
		case opened > closed:
			m.closeBrace()
		case !m.openBrace():
			return true
		}
		if !m.match() {
			return false
		}
	}
	return true
}

// level makes the braces match within each line that has a text without an end,
// as that text may have taken some of them: what is around the line stays as it
// is. It reports whether it changed the tokens.
func (m *machine) level() bool {
	changed := false
	for _, d := range m.lexical {
		if !endless(d) {
			continue
		}
		from, to := m.line(d.Span.Start)
		i := m.indexAt(from)
		first, open := i, []int(nil)
		for ; i < len(m.tokens) && m.tokens[i].Kind != token.EOF && m.tokens[i].Start < to; i++ {
			switch b := m.bracket(m.tokens[i]); {
			case m.inText[i]:
			case b == '{':
				open = append(open, i)
			case b == '}' && len(open) > 0:
				open = open[:len(open)-1]
			case b == '}' && i > first:
				m.tokens = slices.Delete(m.tokens, i, i+1)
				m.inText = slices.Delete(m.inText, i, i+1)
				changed = true
				i--
			}
		}
		if n := len(open); n > 0 && open[n-1] == i-1 {
			open = open[:n-1] // what follows is its block
			i--
		}
		for range open {
			m.insert(i, '}')
			m.inText = slices.Insert(m.inText, i, false)
			changed = true
		}
	}
	return changed
}

// swallowed reports whether a text, comment or regular expression without an
// end may have taken braces with it: the message about it is the only one then.
func (m *machine) swallowed() bool {
	return slices.ContainsFunc(m.lexical, func(d diag.Diagnostic) bool {
		return d.Code == diag.UnclosedText || d.Code == diag.UnclosedComment || d.Code == diag.BadInterpolation
	}) || slices.ContainsFunc(m.tokens, func(t token.Token) bool { return t.Kind == token.Regex && t.Bad })
}

// structural reports what is wrong with a brace.
func (m *machine) structural(d diag.Diagnostic) {
	if !m.swallowed() {
		m.report(d)
	}
}

// insert puts a bracket before token i that the source does not have.
func (m *machine) insert(i int, bracket byte) {
	at := 0
	if i > 0 {
		at = m.tokens[i-1].End
	}
	m.tokens = slices.Insert(m.tokens, i, token.Token{Kind: token.Punct, Start: at, End: at, Made: bracket})
}

// closeBrace puts a `}` where one is missing.
func (m *machine) closeBrace() {
	var open []int // of all kinds of brackets
	for i, t := range m.tokens {
		if m.inText[i] {
			continue
		}
		b := m.bracket(t)
		if n := len(open); n > 0 && t.Kind != token.EOF && m.bracket(m.tokens[open[n-1]]) == '{' && m.endedBefore(open[n-1], i) {
			m.close(open[n-1], i)
			return
		}
		n := len(open)
		switch b {
		case '{', '[', '(':
			open = append(open, i)
		case ']', ')':
			if n > 0 && partner[m.bracket(m.tokens[open[n-1]])] == b {
				open = open[:n-1]
			} else if n > 1 && m.bracket(m.tokens[open[n-1]]) == '{' && partner[m.bracket(m.tokens[open[n-2]])] == b {
				m.close(open[n-1], i)
				return
			}
		case '}':
			for n > 0 && m.bracket(m.tokens[open[n-1]]) != '{' {
				n--
			}
			open = open[:max(0, n-1)]
		}
	}
	for n := len(open) - 1; n >= 0; n-- {
		if m.bracket(m.tokens[open[n]]) == '{' {
			m.close(open[n], len(m.tokens)-1)
			return
		}
	}
}

// endedBefore reports whether the block or object of the `{` at token o must
// have ended before token i.
func (m *machine) endedBefore(o, i int) bool {
	t := m.tokens[i]
	b := m.bracket(t)
	if m.isObject(o) && (m.endsValue(i-1) || i == o+1) && !m.perEnvironment(i) {
		next := m.tokens[min(i+1, len(m.tokens)-1)]
		switch {
		case b == '{' && !t.First:
			return true
		case m.is(t, ","):
			return i == o+1 || m.bracket(next) == '{' || m.bracket(next) == ']'
		case i > o+1 && t.Kind == token.Ident && !m.is(next, ":") && !m.is(next, "-") && !m.is(t, "create") && !m.is(m.tokens[i-1], "create"):
			return true
		}
	}
	if !t.First {
		return false
	}
	line, statement := m.margins(o)
	switch column := m.column(t); {
	case b == '}':
		return column < min(line, statement)
	case b != 0:
		return false
	case column <= statement && m.keyword(i):
		return !m.is(m.tokens[i+1], ":") // a field
	}
	return m.sibling(o, i)
}

// close puts the `}` of the `{` at token o before token i.
func (m *machine) close(o, i int) {
	d := diag.Diagnostic{Code: diag.UnclosedBracket, Span: m.span(m.tokens[o], m.tokens[o]), Message: "this `{` is not closed", Label: "opened here"}
	if t := m.tokens[i]; t.Kind != token.EOF {
		d.Related = []diag.Related{{Span: m.span(t, t), Message: "`}` is missing before this"}}
	}
	m.structural(d)
	m.insert(i, '}')
}

// openBrace puts a `{` where one is missing, or takes out a `}` that is too many; false when it found neither.
func (m *machine) openBrace() bool {
	type opener struct {
		i int
		c byte
	}
	var open []opener
	for i, t := range m.tokens {
		if m.inText[i] {
			continue
		}
		b := m.bracket(t)
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
			if n := len(open); n > 0 && partner[open[n-1].c] == b {
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
func (m *machine) wrongKind(o, i int) bool {
	t := m.tokens[i]
	if line, _ := m.margins(o); t.First && m.column(t) != line || !t.First && m.lineOf(o) != m.lineOf(i) {
		return false
	}
	want := partner[m.bracket(m.tokens[o])]
	m.structural(diag.Diagnostic{
		Code: diag.UnmatchedBracket, Span: m.span(t, t), Message: fmt.Sprintf("`%c` is wanted here, not `}`", want), Label: fmt.Sprintf("write `%c`", want),
		Fix:     &diag.Fix{Span: m.span(t, t), Text: string(want)},
		Related: []diag.Related{{Span: m.span(m.tokens[o], m.tokens[o]), Message: "opened here"}},
	})
	m.tokens[i].Made = want
	return true
}

// opensLate judges the `}` at token i, which would close the `{` at token o (-1:
// nothing is open). It reports whether it changed the tokens.
func (m *machine) opensLate(o, i int) bool {
	t := m.tokens[i]
	from := 0
	if i > 0 && !t.First && slices.Contains([]string{"=", ":", "(", "["}, m.text(m.tokens[i-1])) {
		return m.open(m.statementOf(i), i, i) // `= }`
	}
	if t.First {
		if o >= 0 {
			line, statement := m.margins(o)
			if c := m.column(t); c <= max(line, statement) || m.lineOf(o) == m.lineOf(i) {
				return false
			}
			from = o + 1
		}
		for h := i - 1; h >= from; h-- {
			if m.tokens[h].First && m.column(m.tokens[h]) == m.column(t) && m.keyword(h) && m.openAt(h, i) {
				return true
			}
		}
	} else {
		if o >= 0 && m.lineOf(o) == m.lineOf(i) {
			return false
		}
		first := i
		for first > 0 && !m.tokens[first].First {
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
	d := diag.Diagnostic{Code: diag.UnmatchedBracket, Span: m.span(t, t), Message: "this `}` closes nothing", Label: "nothing is open here"}
	if o >= 0 {
		d.Label = "nothing that is open begins in this column"
		d.Related = []diag.Related{{Span: m.span(m.tokens[o], m.tokens[o]), Message: "it would close this one too early"}}
	}
	m.structural(d)
	m.tokens = slices.Delete(m.tokens, i, i+1)
	return true
}

// openAt puts a `{` into the statement that begins at token h, whose `}` is at
// token i; false when no place in it lacks one.
func (m *machine) openAt(h, i int) bool {
	word := m.text(m.tokens[h])
	clauses, holds := blockWords[word]
	depth := 0
	for k := h + 1; k <= i; k++ {
		t := m.tokens[k]
		b := m.bracket(t)
		switch {
		case depth == 0 && b == '{' && holds && !m.perEnvironment(k):
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
		case holds && m.keyword(k) && !(slices.Contains(clauses, m.text(t)) && !t.First && !m.is(m.tokens[k+1], "where")):
			return m.open(h, k, i)
		case !holds && t.First && m.keyword(k):
			return false // the next statement
		}
	}
	return false
}

// open puts a `{` before token k of the statement at token h; its `}` is at token i.
func (m *machine) open(h, k, i int) bool {
	before := m.span(m.tokens[h], m.tokens[k-1])
	at := source.Span{File: m.file, Start: before.End, End: before.End}
	m.structural(diag.Diagnostic{
		Code: diag.UnmatchedBracket, Span: at, Message: fmt.Sprintf("`{` is missing after `%s`", diag.Safe(before.Text(), 60)), Label: "write `{` here",
		Fix:     &diag.Fix{Span: at, Text: " {"},
		Related: []diag.Related{{Span: m.span(m.tokens[i], m.tokens[i]), Message: "this closes it"}},
	})
	m.insert(k, '{')
	return true
}
