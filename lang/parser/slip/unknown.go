// What stands where a statement should begin and is none.
//
// In: the place of a word that no production has. Out: the failure with the
// word that is meant.
package slip

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/parser/keyword"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// Unknown is the failure of a statement that begins with no keyword, at token i.
func Unknown(m *Statement, i int) *diag.Diagnostic {
	t := m.Tokens[i]
	if t.Kind != token.Ident && t.Kind != token.Reserved {
		if f := Unclosed(m, i); f != nil && f.Code != diag.UnclosedBracket {
			return f
		}
		if f := habitualStatement(m, i); f != nil {
			return f
		}
		f := Unexpected(m, i, "a statement")
		if f.Code == diag.SyntaxError {
			f.Message, f.Label, f.Span = "a statement begins with a word, not with "+m.Describe(i), "", m.Span(t, t)
		}
		return f
	}
	word := m.Text(t)
	if f := FannedFirst(m, i); f != nil {
		return f
	}
	if f := habitualStatement(m, i); f != nil {
		return f
	}
	d := diag.Diagnostic{
		Code: diag.UnknownStatement, Span: m.Span(t, t), Message: fmt.Sprintf("no statement begins with `%s`", diag.Safe(word, 40)),
	}
	top := m.Depth[i] == 0
	var words []string
	for _, p := range m.Keywords.Ordered {
		if p.Place == keyword.Anywhere || m.InTest == (p.Place == keyword.TestOnly) && (p.Declares() == top || p.Word == "let") {
			words = append(words, strings.Replace(p.Word, "not", "not secret", 1))
		}
	}
	end := m.PathEnd(i)
	switch s := diag.Suggest(word, words); {
	case m.Is(m.Tokens[end], "=") && end == i+1 && m.Keywords.Named(word) != nil && m.Keywords.Named(word).Place == keyword.Policy:
		value := m.Source(end+1, m.ValueEnd(end+1))
		d.Message, d.Label = fmt.Sprintf("`%s` takes its value without `=`", word), fmt.Sprintf("write `%s %s`", word, value)
		d.Notes = []string{fmt.Sprintf("a field of that name is given a value by `set %s = …`", word)}
		d.Fix = &diag.Fix{Span: m.Span(m.Tokens[end], m.Tokens[end])}
	case m.Is(m.Tokens[end], "=") && m.Keywords.Named(word) != nil:
		d.Message, d.Label = fmt.Sprintf("a value is given with `set`, not with `%s … =`", word), fmt.Sprintf("did you mean `set %s = …`?", word)
	case diag.Lookalike(word, words) != "":
		d.Label = diag.Lookalike(word, words)
	case deletesOthers(m, i) != "":
		d.Label = fmt.Sprintf("did you mean `%s`?", diag.Safe(deletesOthers(m, i), 60))
	case habit.Clause(word) != "" && word != "else":
		d.Label = habit.Clause(word)
	case word == "not":
		d.Label = "did you mean `not secret PATH`?"
	case s != "":
		d.Label = fmt.Sprintf("did you mean `%s`?", s)
		d.Fix = &diag.Fix{Span: d.Span, Text: s}
	case m.Is(m.Tokens[end], "="):
		verb := "set"
		if top {
			verb = "let"
		}
		d.Label = fmt.Sprintf("did you mean `%s %s = …`?", verb, diag.Safe(m.Span(t, m.Tokens[end-1]).Text(), 60))
		d.Fix = &diag.Fix{Span: source.Span{File: m.File, Start: t.Start, End: t.Start}, Text: verb + " "}
	case habit.Verb(word) != "":
		d.Label = habit.Verb(word)
	case top:
		d.Label = "a file holds declarations"
		if len(words) > 0 { // brackets that do not match can put the words of a test here, and none of them declares
			d.Notes = []string{"declarations begin with " + InList(words)}
		}
	default:
		d.Label = "a statement belongs here"
		d.Notes = []string{"statements begin with " + InList(words)}
	}
	return &d
}

// KeyKind is the message about a word behind the path of an index key.
func KeyKind(m *Statement, t token.Token) diag.Diagnostic {
	span, word := m.Span(t, t), m.Text(t)
	d := diag.Diagnostic{Code: diag.SyntaxError, Span: span, Message: fmt.Sprintf("`%s` is no kind of index key", diag.Safe(word, 40)),
		Notes: []string{"the kinds are `asc`, `desc`, `text` and `hashed`; others stand in quotes: `'2dsphere'`; several keys have commas between them"}}
	near := diag.Suggest(word, []string{"asc", "desc", "text", "hashed"})
	switch strings.ToLower(word) {
	case "ascending":
		near = "asc"
	case "descending":
		near = "desc"
	}
	if near != "" {
		d.Label, d.Fix = fmt.Sprintf("did you mean `%s`?", near), &diag.Fix{Span: span, Text: near}
	}
	return d
}
