// Custom productions: texts, their escapes, interpolations and indentation.
package parser

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/token"
)

// textLiteral parses '…', "…" and """…""".
func (in values) textLiteral() (*ast.Text, error) {
	start := in.next()
	text := &ast.Text{Form: '"'}
	if start.Kind == token.Raw {
		text.At, text.Form = in.since(start), '\''
		inner := strings.TrimPrefix(in.Text(start), "'")
		if !start.Bad {
			inner = strings.TrimSuffix(inner, "'")
		}
		if inner != "" {
			text.Parts = []ast.TextPart{{At: text.At, Literal: strings.ReplaceAll(inner, "''", "'")}}
		}
		return text, nil
	}
	trim := func(s string, _, _ bool) string { return s }
	if start.End-start.Start == 3 {
		text.Form = 'm'
		trim = in.undented(start)
	}
	fresh := true // the next characters begin a line of the source
	for {
		t := in.next()
		switch t.Kind {
		case token.Chars:
			end := in.peek().Kind == token.TextEnd
			literal(text, in.since(t), trim(in.Text(t), fresh && text.Form == 'm' && len(text.Parts) == 0, end))
		case token.Escape:
			if s, _, ok := token.Unescape(in.Text(t)); ok && !t.Bad {
				literal(text, in.since(t), s)
			}
		case token.InterpStart:
			if end := in.peek(); end.Kind == token.InterpEnd && !end.Bad {
				return nil, &failure{index: in.index(), diag: diag.Diagnostic{
					Code: diag.BadInterpolation, Span: in.Span(t, end), Message: "this `${ }` holds nothing", Label: "a value is missing",
					Notes: []string{"to write the characters `${` themselves, use `\\${`"},
				}}
			}
			x, err := in.expr()
			if err != nil {
				return nil, err
			}
			if in.peek().Kind != token.InterpEnd {
				return nil, in.secondValue()
			}
			in.next()
			text.Parts = append(text.Parts, ast.TextPart{At: in.since(t), Expr: x})
		default:
			text.At = in.since(start)
			return text, nil
		}
		fresh = false
	}
}

// secondValue is the failure of what stands behind the value of `${ }`.
func (in values) secondValue() error {
	f := in.unexpected(in.index(), "`}`")
	if f.diag.Code == diag.SyntaxError {
		f.diag.Code, f.diag.Message = diag.BadInterpolation, "`${ }` holds one value, and this is behind it"
	}
	return f
}

// literal appends characters to a text, to its last part when that is literal as well.
func literal(text *ast.Text, at ast.At, s string) {
	if n := len(text.Parts); n > 0 && text.Parts[n-1].Expr == nil {
		last := &text.Parts[n-1]
		last.Literal += s
		last.Span = last.Span.To(at.Span)
		return
	}
	if s != "" {
		text.Parts = append(text.Parts, ast.TextPart{At: at, Literal: s})
	}
}

// undented returns the function that takes the common indentation out of the
// characters of the """ text that begins with start. A line break right behind
// the opening quotes goes, and so do the blanks before the closing ones.
func (in values) undented(start token.Token) func(s string, first, last bool) string {
	end := len(in.File.Text)
	for i, open := in.index(), 1; i < len(in.Tokens); i++ {
		switch in.Tokens[i].Kind {
		case token.TextStart:
			open++
		case token.TextEnd:
			open--
		}
		if open == 0 {
			end = in.Tokens[i].Start
			break
		}
	}
	indent := CommonIndent(in.File.Text[start.End:end])
	return func(s string, first, last bool) string {
		lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
		for i := 1; i < len(lines); i++ {
			if strings.Trim(lines[i], " \t") == "" && (i < len(lines)-1 || last) {
				lines[i] = ""
			}
			lines[i] = strings.TrimPrefix(lines[i], indent)
		}
		if first && len(lines) > 1 && strings.Trim(lines[0], " \t") == "" {
			lines = lines[1:]
		}
		return strings.Join(lines, "\n")
	}
}

// CommonIndent returns the white space that all lines of a """ text begin
// with: of what stands between the quotes, all lines but the first that are
// not blank, and the last, which holds the closing quotes.
func CommonIndent(between string) string {
	lines := strings.Split(strings.ReplaceAll(between, "\r\n", "\n"), "\n")
	common, any := "", false
	for i, line := range lines[1:] {
		content := strings.TrimLeft(line, " \t")
		if content == "" && i < len(lines)-2 {
			continue
		}
		indent := line[:len(line)-len(content)]
		if !any {
			common, any = indent, true
		}
		for !strings.HasPrefix(indent, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}
