// Package pattern writes regular expressions for mongosh. In: the language's (RE2,
// with options); out: one of JavaScript with the flag `u` that matches the same
// texts. Pure. The generator puts it into the script, and approvals bind it.
package pattern

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// Script writes a regular expression for JavaScript.
func Script(pattern, options string) (string, error) {
	if options != "" {
		pattern = "(?" + options + ")" + pattern
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("the regular expression /%s/%s: %w", pattern, options, err)
	}
	var b strings.Builder
	writeExpression(&b, tree)
	return b.String(), nil
}

func writeExpression(b *strings.Builder, x *syntax.Regexp) {
	switch x.Op {
	case syntax.OpNoMatch:
		b.WriteString("[]")
	case syntax.OpLiteral:
		for _, r := range x.Rune {
			if x.Flags&syntax.FoldCase != 0 {
				writeFolded(b, r)
			} else {
				writeRune(b, r)
			}
		}
	case syntax.OpCharClass:
		b.WriteByte('[')
		for i := 0; i < len(x.Rune); i += 2 {
			writeRune(b, x.Rune[i])
			b.WriteByte('-')
			writeRune(b, x.Rune[i+1])
		}
		b.WriteByte(']')
	case syntax.OpAnyCharNotNL:
		b.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		b.WriteString("[^]")
	case syntax.OpBeginLine:
		b.WriteString(`(?<![^\n])`)
	case syntax.OpEndLine:
		b.WriteString(`(?![^\n])`)
	case syntax.OpBeginText:
		b.WriteByte('^')
	case syntax.OpEndText:
		b.WriteByte('$')
	case syntax.OpWordBoundary:
		b.WriteString(`\b`)
	case syntax.OpNoWordBoundary:
		b.WriteString(`\B`)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		writeGroup(b, x.Sub[0])
		b.WriteString(repetition(x)) // greedy or not, the same texts match
	case syntax.OpCapture:
		writeGroup(b, x.Sub[0])
	case syntax.OpConcat:
		for _, sub := range x.Sub {
			writeGroup(b, sub)
		}
	case syntax.OpAlternate:
		for i, sub := range x.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			writeGroup(b, sub)
		}
	}
}

func repetition(x *syntax.Regexp) string {
	switch x.Op {
	case syntax.OpStar:
		return "*"
	case syntax.OpPlus:
		return "+"
	case syntax.OpQuest:
		return "?"
	}
	if x.Max < 0 {
		return fmt.Sprintf("{%d,}", x.Min)
	}
	return fmt.Sprintf("{%d,%d}", x.Min, x.Max)
}

func writeGroup(b *strings.Builder, x *syntax.Regexp) {
	b.WriteString("(?:")
	writeExpression(b, x)
	b.WriteByte(')')
}

func writeRune(b *strings.Builder, r rune) {
	if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		b.WriteRune(r)
		return
	}
	fmt.Fprintf(b, `\u{%x}`, r)
}

// writeFolded writes a character in either case.
func writeFolded(b *strings.Builder, r rune) {
	b.WriteByte('[')
	writeRune(b, r)
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		writeRune(b, other)
	}
	b.WriteByte(']')
}
