// Forms of other languages that a statement begins with; see habits.go.
package parser

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// habitualStatement is the failure of a statement that begins at token i with no
// keyword, as a habit of another language; nil when it looks like none.
func (m *machine) habitualStatement(i int) *failure {
	t := m.token(i)
	fail := func(d *diag.Diagnostic) *failure {
		d.Code = diag.UnknownStatement
		return &failure{index: i, diag: *d}
	}
	if m.is(t, "-") && (m.is(m.token(i+1), "-") && m.token(i+1).Start == t.End) {
		return fail(m.foreignForm(i, i+1, "comments begin with `#` or `//`", "write `#`"))
	}
	if m.is(t, "-") && m.token(i+1).Kind == token.Ident {
		return fail(m.foreignForm(i, i, "statements have no `-` before them", "remove it"))
	}
	if t.Kind != token.Ident {
		return nil
	}
	end := m.pathEnd(i)
	next, path, word := m.token(end), m.source(i, end), m.text(t)
	verb := "set"
	if m.depth[i] == 0 {
		verb = "let"
	}
	switch {
	case m.is(next, "++"), m.is(next, "-") && m.is(m.token(end+1), "-") && m.token(end+1).Start == next.End:
		sign, last := "+", end
		if m.is(next, "-") {
			sign, last = "-", end+1
		}
		return fail(m.write(i, last, "a field is given a value by `set`", fmt.Sprintf("set %s = %s %s 1", path, path, sign)))
	case next.Kind == token.Foreign && strings.HasSuffix(m.text(next), "=") && len(m.text(next)) == 2 && strings.Contains("+-*", m.text(next)[:1]):
		value := m.valueEnd(end + 1)
		return fail(m.write(i, value-1, "a field is given a value by `set`", fmt.Sprintf("set %s = %s %s %s", path, path, m.text(next)[:1], m.source(end+1, value))))
	case m.is(next, ":="):
		value := m.valueEnd(end + 1)
		return fail(m.write(i, value-1, "a name is given a value by `let`", fmt.Sprintf("let %s = %s", path, m.source(end+1, value))))
	case m.is(next, "(") && end > i+1 && m.pair[end] > 0:
		d := m.called(end, "")
		if d == nil {
			return nil
		}
		if form := habit.Verb(word); form != "" && (word == "console" || word == "db") {
			d.Message, d.Label, d.Fix = "a statement begins with a word of the language", form, nil
		}
		return fail(d)
	case word == "db" && end > i+1:
		collection := strings.TrimPrefix(path, "db.")
		collection, _, _ = strings.Cut(collection, ".")
		return fail(m.foreignForm(i, end-1, "a collection is named by `sync`", fmt.Sprintf("write `sync %s { … }`", collection)))
	case m.is(next, ":") && !m.token(end+1).First:
		return fail(m.fieldStatement(i, end, verb))
	case m.depth[i] == 1 && m.productions[word] == nil && habit.Verb(word) == "" && habit.Clause(word) == "" && (m.is(next, "by") || m.bracket(next) == '{' && m.opensBlock(end)) && !m.inTest && diag.Suggest(word, m.words()) == "":
		return fail(m.foreignForm(i, end-1, fmt.Sprintf("no statement begins with `%s`", diag.Safe(word, 40)), fmt.Sprintf("did you mean `sync %s`?", path)))
	}
	return nil
}

// words are the keywords of statements.
func (m *machine) words() []string {
	var out []string
	for _, p := range m.ordered {
		out = append(out, p.word)
	}
	return out
}

// fieldStatement is `name: value` where a statement should stand; the colon is token end.
func (m *machine) fieldStatement(i, end int, verb string) *diag.Diagnostic {
	path, value := m.source(i, end), m.valueEnd(end+1)
	word := m.text(m.token(i))
	if strings.HasPrefix(word, "$") && m.bracket(m.token(end+1)) == '{' && m.fieldEnd(end+2) > 0 {
		field := strings.Trim(m.source(end+2, m.fieldEnd(end+2)), `"'`)
		of := m.source(m.fieldEnd(end+2)+1, m.operandEnd(m.fieldEnd(end+2)+1))
		form := map[string]string{"$set": "set F = V", "$unset": "remove F", "$inc": "set F = F + V", "$mul": "set F = F * V", "$push": "add V to F", "$addToSet": "add V to F", "$rename": "rename F to V"}[word]
		if form != "" {
			return m.write(i, value-1, fmt.Sprintf("`%s` is an operator of MongoDB's updates", word), strings.NewReplacer("F", field, "V", strings.Trim(of, "")).Replace(form))
		}
	}
	if m.productions[word] != nil {
		return m.write(i, value-1, fmt.Sprintf("`%s` takes its value without `:`", word), word+" "+m.source(end+1, value))
	}
	return m.write(i, value-1, fmt.Sprintf("a value is given with `%s`", verb), fmt.Sprintf("%s %s = %s", verb, path, m.source(end+1, value)))
}
