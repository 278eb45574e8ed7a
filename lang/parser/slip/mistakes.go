// What people write at first, by the statement that they write it in.
//
// In: the failure of a statement. Out: a diagnostic with the form that is
// meant, where the words show it.
package slip

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// Mistaken is what the failure at token i of a statement is better called; nil
// when the words tell nothing.
func Mistaken(m *Statement, p *keyword.Keyword, i int) *diag.Diagnostic {
	if p == nil || i < 2 || i >= len(m.Tokens) {
		return nil
	}
	t, before := m.Tokens[i], m.Tokens[i-1]
	switch {
	case behind(m, p, i) != nil:
		return behind(m, p, i)
	case m.Is(before, "expect") && p.Word != "expect" && t.Kind == token.Ident:
		return mistakenCount(m, i)
	case p.Word == "check" || p.Word == "warn":
		start := m.NameStart(i - 1)
		if start >= 2 && before.Kind == token.Ident && m.Is(m.Tokens[start-1], "to") && m.Is(m.Tokens[start-2], "refers") && !m.Is(t, ".") {
			span := m.Span(m.Tokens[start], before)
			return &diag.Diagnostic{Code: diag.SyntaxError, Span: span, Message: "`refers to` names a field of the other collection",
				Label: fmt.Sprintf("write `refers to %s._id`, or another field of it", diag.Safe(span.Text(), 60))}
		}
	case p.Word == "environments" && m.Is(t, "(") && before.Kind == token.Ident:
		name := m.Span(m.Tokens[m.NameStart(i-1)], before).Text()
		return &diag.Diagnostic{Code: diag.SyntaxError, Span: m.Span(t, t), Message: "a group of environments is written with `=`",
			Label: fmt.Sprintf("write `%s = (…)`", diag.Safe(name, 60)), Fix: &diag.Fix{Span: source.Span{File: m.File, Start: t.Start, End: t.Start}, Text: "= "}}
	case EndsInList(p.Word) && m.Is(t, "and") && p.Word != "check" && p.Word != "warn":
		return &diag.Diagnostic{Code: diag.MissingComma, Span: m.Span(t, t), Message: "the parts of a list have commas between them",
			Label: "put a comma in its place: `,`", Fix: &diag.Fix{Span: source.Span{File: m.File, Start: before.End, End: t.End}, Text: ","}}
	case p.Word == "sync" && m.Is(t, "*"):
		d := &diag.Diagnostic{Code: diag.SyntaxError, Span: m.Span(t, t), Message: "`*` stands for nothing in a name", Label: "all collections are `sync all`",
			Notes: []string{"a pattern is a regular expression, such as `/^ref_/`"}}
		if before.Kind == token.Ident && before.End == t.Start {
			d.Span = m.Span(m.Tokens[m.NameStart(i-1)], t)
			d.Label, d.Notes = fmt.Sprintf("a pattern is a regular expression: `/^%s/`", diag.Safe(m.Span(m.Tokens[m.NameStart(i-1)], before).Text(), 60)), []string{"all collections are `sync all`"}
		}
		return d
	}
	return nil
}

// limited are the statements that people write a condition behind.
var limited = []string{"set", "create", "remove", "rename", "add", "check", "warn", "document", "preserve", "ignore", "absent", "elements", "ensure", "mode", "let", "redact", "omit", "link", "prune", "backup", "drift", "indexes", "index", "drop", "options", "moved", "before", "after"}

// behind is the failure of a `where` or `for` without a block that stands
// behind another statement on its line, as a condition does in other languages;
// the token where the block should begin is i.
func behind(m *Statement, p *keyword.Keyword, i int) *diag.Diagnostic {
	if p.Word != "where" && p.Word != "for" || m.Start == 0 || m.Tokens[m.Start].First || m.Is(m.Tokens[i], "{") {
		return nil
	}
	first := m.Start - 1
	for first > 0 && !m.Tokens[first].First && !m.Is(m.Tokens[first-1], "{") {
		first--
	}
	before := m.KeywordAt(first)
	if before == nil || !slices.Contains(limited, before.Word) {
		return nil
	}
	if (before.Word == "check" || before.Word == "warn") && m.Is(m.Tokens[first+1], "unique") {
		return &diag.Diagnostic{Code: diag.SyntaxError, Span: m.Span(m.Tokens[m.Start], m.Tokens[i-1]), Message: "`check unique` is about the whole collection and takes no `where`",
			Label: "remove it", Notes: []string{"what is unique among some documents only is an index of its own: `index on … { unique: true, partialFilterExpression: { … } }`"}}
	}
	condition, statement := m.Span(m.Tokens[m.Start], m.Tokens[i-1]), m.Span(m.Tokens[first], m.Tokens[m.Start-1])
	d := &diag.Diagnostic{Code: diag.SyntaxError, Span: condition, Message: fmt.Sprintf("`%s` stands before what it limits, and holds it in a block", p.Word),
		Label: fmt.Sprintf("write `%s { %s }`", diag.Safe(condition.Text(), 60), diag.Safe(statement.Text(), 60))}
	if before.Word == "prune" {
		d.Notes = []string{otherBounds}
	}
	return d
}

const otherBounds = "another bound for each environment is `at most per environment { NAME: 5, else: any }`"

// PrunedIn is a `prune` with `for ENVIRONMENT` before its bound, at the `for`; nil when it
// is something else.
func PrunedIn(m *Statement, i int) *diag.Diagnostic {
	if !m.Is(m.Token(i), "for") || m.Token(i).First || m.Token(i+1).Kind != token.Ident {
		return nil
	}
	end := i + 2
	for end < len(m.Tokens)-1 && (m.Token(end).Start == m.Token(end-1).End || m.Is(m.Token(end-1), ",")) { // names with dashes, and several
		end++
	}
	bound := "at most 5"
	if m.Is(m.Token(end), "at") && m.Is(m.Token(end+1), "most") && m.Token(end+2).Kind == token.Number {
		last := end + 3
		if m.Is(m.Token(last), "%") {
			last++
		}
		bound = m.Source(end, last)
	}
	return &diag.Diagnostic{Code: diag.SyntaxError, Span: m.Span(m.Token(i), m.Token(end-1)), Message: "`for` stands before what it limits, and holds it in a block",
		Label: fmt.Sprintf("write `%s { %s %s }`", m.Source(i, end), m.Source(m.Start, i), bound), Notes: []string{otherBounds}}
}

// mistakenCount is the failure of `expect at most 5` and the like; the word is
// at token i.
func mistakenCount(m *Statement, i int) *diag.Diagnostic {
	end := i
	for end+1 < len(m.Tokens) && m.Tokens[end].Kind != token.Number && !m.Tokens[end+1].First && (m.Tokens[end+1].Kind == token.Ident || m.Tokens[end+1].Kind == token.Number) {
		end++
	}
	d := &diag.Diagnostic{Code: diag.SyntaxError, Span: m.Span(m.Tokens[i], m.Tokens[end]), Message: "`expect` takes a number or `any`",
		Notes: []string{"the forms are `expect 3`, `expect 1 to 5`, `expect 1 or more` and `expect any`"}}
	if m.Tokens[end].Kind != token.Number {
		d.Span = m.Span(m.Tokens[i], m.Tokens[i])
		return d
	}
	n := m.Text(m.Tokens[end])
	switch word, next := m.Text(m.Tokens[i]), m.Text(m.Tokens[i+1]); {
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
func deletesOthers(m *Statement, i int) string {
	for k := i + 1; k+2 < len(m.Tokens) && k < i+12 && !m.Tokens[k].First; k++ {
		if !m.Is(m.Tokens[k], "at") || !m.Is(m.Tokens[k+1], "most") || m.Tokens[k+2].Kind != token.Number {
			continue
		}
		end := k + 2
		if m.Is(m.Tokens[end+1], "%") {
			end++
		}
		return "prune all " + m.Span(m.Tokens[k], m.Tokens[end]).Text()
	}
	return ""
}

// EndsInList reports whether the statement of a keyword ends in a list.
func EndsInList(word string) bool { return slices.Contains(listWords, word) }

// listWords begin statements that end in a list.
var listWords = []string{"sync", "remove", "redact", "omit", "preserve", "ignore", "absent", "elements", "ensure", "index", "check", "warn", "environments", "for", "amend", "test"}
