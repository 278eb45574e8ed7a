// What stands where a statement should begin and is none.
//
// In: the place of a word that no production has. Out: the failure with the
// word that is meant.
package parser

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// unknown is the failure of a statement that begins with no keyword.
func (in input) unknown() error {
	i, t := in.index(), in.peek()
	if t.Kind != token.Ident && t.Kind != token.Reserved {
		if f := in.unclosed(i); f != nil && f.diag.Code != diag.UnclosedBracket {
			return f
		}
		if f := in.habitualStatement(i); f != nil {
			return f
		}
		f := in.unexpected(i, "a statement")
		if f.diag.Code == diag.SyntaxError {
			f.diag.Message, f.diag.Label, f.diag.Span = "a statement begins with a word, not with "+in.describe(i), "", in.span(t, t)
		}
		return f
	}
	word := in.text(t)
	if f := in.habitualStatement(i); f != nil {
		return f
	}
	d := diag.Diagnostic{
		Code: diag.UnknownStatement, Span: in.span(t, t), Message: fmt.Sprintf("no statement begins with `%s`", diag.Safe(word, 40)),
	}
	top := in.depth[i] == 0
	var words []string
	for _, p := range in.ordered {
		if p.place == anywhere || in.inTest == (p.place == testOnly) && (p.declares() == top || p.word == "let") {
			words = append(words, strings.Replace(p.word, "not", "not secret", 1))
		}
	}
	end := in.pathEnd(i)
	switch s := diag.Suggest(word, words); {
	case in.is(in.tokens[end], "=") && end == i+1 && in.productions[word] != nil && in.productions[word].place == policy:
		value := in.source(end+1, in.valueEnd(end+1))
		d.Message, d.Label = fmt.Sprintf("`%s` takes its value without `=`", word), fmt.Sprintf("write `%s %s`", word, value)
		d.Notes = []string{fmt.Sprintf("a field of that name is given a value by `set %s = …`", word)}
		d.Fix = &diag.Fix{Span: in.span(in.tokens[end], in.tokens[end])}
	case in.is(in.tokens[end], "=") && in.productions[word] != nil:
		d.Message, d.Label = fmt.Sprintf("a value is given with `set`, not with `%s … =`", word), fmt.Sprintf("did you mean `set %s = …`?", word)
	case diag.Lookalike(word, words) != "":
		d.Label = diag.Lookalike(word, words)
	case in.deletesOthers(i) != "":
		d.Label = fmt.Sprintf("did you mean `%s`?", diag.Safe(in.deletesOthers(i), 60))
	case habit.Clause(word) != "" && word != "else":
		d.Label = habit.Clause(word)
	case word == "not":
		d.Label = "did you mean `not secret PATH`?"
	case s != "":
		d.Label = fmt.Sprintf("did you mean `%s`?", s)
		d.Fix = &diag.Fix{Span: d.Span, Text: s}
	case in.is(in.tokens[end], "="):
		verb := "set"
		if top {
			verb = "let"
		}
		d.Label = fmt.Sprintf("did you mean `%s %s = …`?", verb, diag.Safe(in.span(t, in.tokens[end-1]).Text(), 60))
		d.Fix = &diag.Fix{Span: source.Span{File: in.file, Start: t.Start, End: t.Start}, Text: verb + " "}
	case habit.Verb(word) != "":
		d.Label = habit.Verb(word)
	case top:
		d.Label = "a file holds declarations"
		if len(words) > 0 { // brackets that do not match can put the words of a test here, and none of them declares
			d.Notes = []string{"declarations begin with " + inList(words)}
		}
	default:
		d.Label = "a statement belongs here"
		d.Notes = []string{"statements begin with " + inList(words)}
	}
	return &failure{index: i, diag: d}
}

// keyKind is the message about a word behind the path of an index key.
func (in input) keyKind(t token.Token) diag.Diagnostic {
	span, word := in.span(t, t), in.text(t)
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
