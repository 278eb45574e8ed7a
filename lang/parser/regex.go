// The custom production of regular expressions.
package parser

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// parseRegex parses /pattern/flags.
func (m *machine) parseRegex(lex *lexer.PeekingLexer) (regex, error) {
	in := input{m, lex}
	t := in.peek()
	if t.Kind != token.Regex {
		return nil, errNoMatch
	}
	if t.Bad {
		return nil, in.unclosedRegex()
	}
	in.next()
	text := m.Text(t)
	end := strings.LastIndexByte(text, '/')
	return &ast.Regex{At: in.since(t), Pattern: unescapeSlashes(text[1:end]), Options: text[end+1:]}, nil
}

func (in input) unclosedRegex() error {
	t := in.peek()
	return &failure{index: in.index(), diag: diag.Diagnostic{
		Code: diag.UnclosedRegex, Span: source.Span{File: in.File, Start: t.Start, End: t.Start + 1},
		Message: "this regular expression has no closing `/`", Label: "opened here",
		Notes: []string{"close it on the same line; a slash inside it is written `\\/`"},
	}}
}

// unescapeSlashes turns `\/`, which only keeps the slash from ending the
// pattern, into `/`; every other escape is the pattern's own.
func unescapeSlashes(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
			if pattern[i] != '/' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}
