// What is wrong, in the user's words.
//
// In: a token that could not be taken and what was expected there. Out: the
// failure; what was probably meant is in slip.
package parser

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser/slip"
)

// unexpected is the failure at token i. expected says in words what was
// wanted; "" is the end of the statement.
func (m *machine) unexpected(i int, expected string) *failure {
	return &failure{index: i, diag: *slip.Unexpected(&m.Statement, i, expected)}
}

// unknownWord reports a word that is none of the few that may stand there.
func (m *machine) unknownWord(n ast.Name, what string, words []string) {
	d := diag.Diagnostic{
		Code: diag.SyntaxError, Span: n.Span, Message: fmt.Sprintf("there is no %s `%s`", what, diag.Safe(n.Text, 40)),
		Notes: []string{"there are " + slip.InList(words)},
	}
	if s := diag.Suggest(n.Text, words); s != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", s)
		d.Fix = &diag.Fix{Span: n.Span, Text: s}
	}
	m.report(d)
}

// expectedWords turns participle's EBNF of what it wanted into words: of every
// alternative the first term.
func expectedWords(ebnf string) string {
	names := map[string]string{
		"Name": "a name", "Code": "the code of a message", "Reason": "a reason in quotes", "Ident": "a name", "Path": "a path", "PathPattern": "a path", "Expr": "a value", "Block": "a block `{ … }`",
		"Number": "a number", "Regex": "a regular expression", "Object": "`{ … }`", "CollPattern": "the name of a collection",
		"CheckBody": "a condition", "IndexKey": "a path", "NameOrPerEnv": "a name", "EnvironmentEntry": "a name", "Bounds": "a number", "ForList": "the name of an environment",
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
