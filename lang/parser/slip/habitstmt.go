// Forms of other languages that a statement begins with; see habits.go.
package slip

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/token"
)

// habitualStatement is the failure of a statement that begins at token i with no
// keyword, as a habit of another language; nil when it looks like none.
func habitualStatement(m *Statement, i int) *diag.Diagnostic {
	t := m.Token(i)
	fail := func(d *diag.Diagnostic) *diag.Diagnostic {
		d.Code = diag.UnknownStatement
		return d
	}
	if m.Is(t, "-") && (m.Is(m.Token(i+1), "-") && m.Token(i+1).Start == t.End) {
		return fail(m.foreignForm(i, i+1, "comments begin with `#` or `//`", "write `#`"))
	}
	if m.Is(t, "-") && m.Token(i+1).Kind == token.Ident {
		return fail(m.foreignForm(i, i, "statements have no `-` before them", "remove it"))
	}
	if t.Kind != token.Ident {
		return nil
	}
	end := m.PathEnd(i)
	next, path, word := m.Token(end), m.Source(i, end), m.Text(t)
	verb := "set"
	if m.Depth[i] == 0 {
		verb = "let"
	}
	switch {
	case m.Depth[i] > 0 && !m.InTest && owned(m, i) != nil:
		return fail(owned(m, i))
	case m.Is(next, "++"), m.Is(next, "-") && m.Is(m.Token(end+1), "-") && m.Token(end+1).Start == next.End:
		sign, last := "+", end
		if m.Is(next, "-") {
			sign, last = "-", end+1
		}
		return fail(m.write(i, last, "a field is given a value by `set`", fmt.Sprintf("set %s = %s %s 1", path, path, sign)))
	case next.Kind == token.Foreign && strings.HasSuffix(m.Text(next), "=") && len(m.Text(next)) == 2 && strings.Contains("+-*", m.Text(next)[:1]):
		value := m.ValueEnd(end + 1)
		return fail(m.write(i, value-1, "a field is given a value by `set`", fmt.Sprintf("set %s = %s %s %s", path, path, m.Text(next)[:1], m.Source(end+1, value))))
	case m.Is(next, ":="):
		value := m.ValueEnd(end + 1)
		return fail(m.write(i, value-1, "a name is given a value by `let`", fmt.Sprintf("let %s = %s", path, m.Source(end+1, value))))
	case m.Is(next, "(") && end > i+1 && m.Pair[end] > 0:
		d := called(m, end, "")
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
	case m.Is(next, ":") && !m.Token(end+1).First:
		return fail(fieldStatement(m, i, end, verb))
	case m.Depth[i] == 1 && m.Keywords.Named(word) == nil && habit.Verb(word) == "" && habit.Clause(word) == "" && (m.Is(next, "by") || m.Bracket(next) == '{' && m.OpensBlock(end)) && !m.InTest && diag.Suggest(word, words(m)) == "":
		return fail(m.foreignForm(i, end-1, fmt.Sprintf("no statement begins with `%s`", diag.Safe(word, 40)), fmt.Sprintf("did you mean `sync %s`?", path)))
	}
	return nil
}

// words are the keywords of statements.
func words(m *Statement) []string {
	var out []string
	for _, p := range m.Keywords.Ordered {
		out = append(out, p.Word)
	}
	return out
}

// fieldStatement is `name: value` where a statement should stand; the colon is token end.
func fieldStatement(m *Statement, i, end int, verb string) *diag.Diagnostic {
	path, value := m.Source(i, end), m.ValueEnd(end+1)
	word := m.Text(m.Token(i))
	if strings.HasPrefix(word, "$") && m.Bracket(m.Token(end+1)) == '{' && m.FieldEnd(end+2) > 0 {
		field := strings.Trim(m.Source(end+2, m.FieldEnd(end+2)), `"'`)
		of := m.Source(m.FieldEnd(end+2)+1, m.OperandEnd(m.FieldEnd(end+2)+1))
		form := map[string]string{"$set": "set F = V", "$unset": "remove F", "$inc": "set F = F + V", "$mul": "set F = F * V", "$push": "add V to F", "$addToSet": "add V to F", "$rename": "rename F to V"}[word]
		message := fmt.Sprintf("`%s` is an operator of MongoDB's updates", word)
		if word == "$pull" || word == "$pullAll" {
			return m.foreignForm(i, value-1, message, fmt.Sprintf("write `each x in %[1]s where … { remove x }`; from the destination's list: `ensure %[1]s has no VALUE`", field))
		}
		if form != "" {
			d := m.write(i, value-1, message, strings.NewReplacer("F", field, "V", of).Replace(form))
			if word == "$addToSet" {
				d.Notes = []string{fmt.Sprintf("`ensure %s has %s` adds it to the destination's list, of which the weave owns nothing else", field, of)}
			}
			return d
		}
	}
	if m.Keywords.Named(word) != nil {
		return m.write(i, value-1, fmt.Sprintf("`%s` takes its value without `:`", word), word+" "+m.Source(end+1, value))
	}
	return m.write(i, value-1, fmt.Sprintf("a value is given with `%s`", verb), fmt.Sprintf("%s %s = %s", verb, path, m.Source(end+1, value)))
}
