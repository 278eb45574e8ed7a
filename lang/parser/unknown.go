// What stands where a statement should begin and is none.
//
// In: the place of a word that no production has. Out: the failure with the
// word that is meant.
package parser

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// clauses are words that stand inside statements only.
var clauses = map[string]string{
	"expect": "`expect` stands behind a condition, a path or a `sync`, before the `{`",
	"else":   "`else` stands behind the condition of a `check`",
	"by":     "`by` stands behind the collection of a `sync`, before the `{`",
	"as":     "`as` stands behind the collection of a `sync`, before the `{`",
	"into":   "`into` stands behind the source of a `from`",
	"given":  "`given` stands in `test \"…\" { }`, at the top of a file",
}

// elsewhere are the verbs of other tools.
var elsewhere = map[string]string{
	"delete": "remove", "unset": "remove", "del": "remove", "filter": "only where", "select": "only where", "match": "only where",
	"exclude": "except where", "skip": "except where", "if": "where", "when": "where", "unless": "except where",
	"assert": "check", "require": "check", "ensure": "check", "update": "set", "put": "set", "assign": "set", "append": "add", "push": "add",
	"foreach": "each", "move": "rename", "keep": "preserve", "collection": "sync", "const": "let", "var": "let", "insert": "document", "join": "lookup",
}

// unknown is the failure of a statement that begins with no keyword.
func (in input) unknown() error {
	i, t := in.index(), in.peek()
	if t.Kind != Ident && t.Kind != Reserved {
		if f := in.unclosed(i); f != nil && f.diag.Code != diag.UnclosedBracket {
			return f
		}
		f := in.unexpected(i, "a statement")
		if f.diag.Code == diag.SyntaxError {
			f.diag.Message, f.diag.Label, f.diag.Span = "a statement begins with a word, not with "+in.describe(i), "", in.span(t, t)
		}
		return f
	}
	word := in.text(t)
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
	case in.is(in.tokens[end], "=") && in.productions[word] != nil:
		d.Message, d.Label = fmt.Sprintf("a value is given with `set`, not with `%s … =`", word), fmt.Sprintf("did you mean `set %s = …`?", word)
	case in.deletesOthers(i) != "":
		d.Label = fmt.Sprintf("did you mean `%s`?", diag.Safe(in.deletesOthers(i), 60))
	case clauses[word] != "":
		d.Label = clauses[word]
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
	case elsewhere[strings.ToLower(word)] != "":
		d.Label = fmt.Sprintf("did you mean `%s`?", elsewhere[strings.ToLower(word)])
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
func (in input) keyKind(t Token) diag.Diagnostic {
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
