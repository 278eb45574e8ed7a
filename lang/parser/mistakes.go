// What people write at first, by the statement that they write it in.
//
// In: the failure of a statement. Out: a diagnostic with the form that is
// meant, where the words show it.
package parser

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// mistaken is what the failure at token i of a statement is better called; nil
// when the words tell nothing.
func (m *machine) mistaken(p *production, i int) *diag.Diagnostic {
	if p == nil || i < 2 || i >= len(m.tokens) {
		return nil
	}
	t, before := m.tokens[i], m.tokens[i-1]
	switch {
	case m.behind(p, i) != nil:
		return m.behind(p, i)
	case m.is(before, "expect") && p.word != "expect" && t.Kind == token.Ident:
		return m.mistakenCount(i)
	case p.word == "check" || p.word == "warn":
		start := m.nameStart(i - 1)
		if start >= 2 && before.Kind == token.Ident && m.is(m.tokens[start-1], "to") && m.is(m.tokens[start-2], "refers") && !m.is(t, ".") {
			span := m.span(m.tokens[start], before)
			return &diag.Diagnostic{Code: diag.SyntaxError, Span: span, Message: "`refers to` names a field of the other collection",
				Label: fmt.Sprintf("write `refers to %s._id`, or another field of it", diag.Safe(span.Text(), 60))}
		}
	case p.word == "environments" && m.is(t, "(") && before.Kind == token.Ident:
		name := m.span(m.tokens[m.nameStart(i-1)], before).Text()
		return &diag.Diagnostic{Code: diag.SyntaxError, Span: m.span(t, t), Message: "a group of environments is written with `=`",
			Label: fmt.Sprintf("write `%s = (…)`", diag.Safe(name, 60)), Fix: &diag.Fix{Span: source.Span{File: m.file, Start: t.Start, End: t.Start}, Text: "= "}}
	case slices.Contains(listWords, p.word) && m.is(t, "and") && p.word != "check" && p.word != "warn":
		return &diag.Diagnostic{Code: diag.MissingComma, Span: m.span(t, t), Message: "the parts of a list have commas between them",
			Label: "put a comma in its place: `,`", Fix: &diag.Fix{Span: source.Span{File: m.file, Start: before.End, End: t.End}, Text: ","}}
	case p.word == "sync" && m.is(t, "*"):
		d := &diag.Diagnostic{Code: diag.SyntaxError, Span: m.span(t, t), Message: "`*` stands for nothing in a name", Label: "all collections are `sync all`",
			Notes: []string{"a pattern is a regular expression, such as `/^ref_/`"}}
		if before.Kind == token.Ident && before.End == t.Start {
			d.Span = m.span(m.tokens[m.nameStart(i-1)], t)
			d.Label, d.Notes = fmt.Sprintf("a pattern is a regular expression: `/^%s/`", diag.Safe(m.span(m.tokens[m.nameStart(i-1)], before).Text(), 60)), []string{"all collections are `sync all`"}
		}
		return d
	}
	return nil
}

// limited are the statements that people write a condition behind.
var limited = []string{"set", "create", "remove", "rename", "add", "check", "warn", "document", "preserve", "ignore", "absent", "mode", "let", "redact", "omit", "link"}

// behind is the failure of a `where` or `for` without a block that stands
// behind another statement on its line, as a condition does in other languages;
// the token where the block should begin is i.
func (m *machine) behind(p *production, i int) *diag.Diagnostic {
	if p.word != "where" && p.word != "for" || m.start == 0 || m.tokens[m.start].First || m.is(m.tokens[i], "{") {
		return nil
	}
	first := m.start - 1
	for first > 0 && !m.tokens[first].First && !m.is(m.tokens[first-1], "{") {
		first--
	}
	before := m.productionAt(first)
	if before == nil || !slices.Contains(limited, before.word) {
		return nil
	}
	if (before.word == "check" || before.word == "warn") && m.is(m.tokens[first+1], "unique") {
		return &diag.Diagnostic{Code: diag.SyntaxError, Span: m.span(m.tokens[m.start], m.tokens[i-1]), Message: "`check unique` is about the whole collection and takes no `where`",
			Label: "remove it", Notes: []string{"what is unique among some documents only is an index of its own: `index on … { unique: true, partialFilterExpression: { … } }`"}}
	}
	condition, statement := m.span(m.tokens[m.start], m.tokens[i-1]), m.span(m.tokens[first], m.tokens[m.start-1])
	return &diag.Diagnostic{Code: diag.SyntaxError, Span: condition, Message: fmt.Sprintf("`%s` stands before what it limits, and holds it in a block", p.word),
		Label: fmt.Sprintf("write `%s { %s }`", diag.Safe(condition.Text(), 60), diag.Safe(statement.Text(), 60))}
}

// mistakenCount is the failure of `expect at most 5` and the like; the word is
// at token i.
func (m *machine) mistakenCount(i int) *diag.Diagnostic {
	end := i
	for end+1 < len(m.tokens) && m.tokens[end].Kind != token.Number && !m.tokens[end+1].First && (m.tokens[end+1].Kind == token.Ident || m.tokens[end+1].Kind == token.Number) {
		end++
	}
	d := &diag.Diagnostic{Code: diag.SyntaxError, Span: m.span(m.tokens[i], m.tokens[end]), Message: "`expect` takes a number or `any`",
		Notes: []string{"the forms are `expect 3`, `expect 1 to 5`, `expect 1 or more` and `expect any`"}}
	if m.tokens[end].Kind != token.Number {
		d.Span = m.span(m.tokens[i], m.tokens[i])
		return d
	}
	n := m.text(m.tokens[end])
	switch word, next := m.text(m.tokens[i]), m.text(m.tokens[i+1]); {
	case word == "exactly":
		d.Label = fmt.Sprintf("write `expect %s`", n)
	case word == "at" && next == "most":
		d.Label = fmt.Sprintf("write `expect 1 to %[1]s`, or `expect 0 to %[1]s` where none is fine", n)
	case word == "at" && next == "least":
		d.Label = fmt.Sprintf("write `expect %s or more`", n)
	}
	return d
}

// deletesOthers is what `delete … at most N%` means; "" when the statement at token i says no such thing.
func (m *machine) deletesOthers(i int) string {
	for k := i + 1; k+2 < len(m.tokens) && k < i+12 && !m.tokens[k].First; k++ {
		if !m.is(m.tokens[k], "at") || !m.is(m.tokens[k+1], "most") || m.tokens[k+2].Kind != token.Number {
			continue
		}
		end := k + 2
		if m.is(m.tokens[end+1], "%") {
			end++
		}
		return "prune all " + m.span(m.tokens[k], m.tokens[end]).Text()
	}
	return ""
}
