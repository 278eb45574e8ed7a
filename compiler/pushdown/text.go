package pushdown

// Interpolation and regular expressions.

import (
	"regexp/syntax"
	"strings"
	"unicode"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

func (c forms) text(x *ast.Text) *node {
	var parts, faults []any
	for _, p := range x.Parts {
		if p.Expr == nil {
			parts = append(parts, literal(p.Literal))
			continue
		}
		n := c.expr(p.Expr, nil)
		if n.constant != nil {
			// As in every document; what has no text form is an error of eval.Env.
			text, _ := value.AppendText(nil, *n.constant)
			parts = append(parts, literal(string(text)))
			continue
		}
		part, fault := c.written(n)
		parts, faults = append(parts, part), append(faults, fault)
	}
	return &node{at: x.Span, value: op("concat", parts...), fault: c.first(faults...), kinds: []string{"string"}}
}

// texts are the types that have a text form.
var texts = append([]string{"string", "bool", "objectId", "date", "binData"}, numbers...)

// written is the text form of a value, and its fault.
func (c *compiler) written(n *node) (text, fault any) {
	if len(n.kinds) == 1 && n.kinds[0] == "string" {
		return n.value, n.fault
	}
	text = c.use(n, func(v any) any {
		return choose(of("toString", v),
			branch{eq(typeOf(v), "string"), v},
			branch{eq(typeOf(v), "date"), of("dateToString", bson.D{{Key: "date", Value: v}, {Key: "format", Value: "%Y-%m-%dT%H:%M:%S.%LZ"}})})
	})
	return text, c.first(c.solid(n, diag.WrongType, texts...), c.use(n, func(v any) any {
		return c.let(typeOf(v), func(t string) any {
			return choose(nil,
				branch{among(t, "double", "binData"), limitText}, // the shortest form, and that of a uuid
				branch{eq(t, "decimal"), cond(operands{c}.long(v), limitText, nil)},
				branch{eq(t, "date"), cond(or(op("lt", v, bson.DateTime(-62167219200000)), op("gt", v, bson.DateTime(253402300799999))), limitText, nil)})
		})
	}))
}

func (c forms) matches(x *ast.Matches) *node {
	in := c.settled(c.expr(x.X, nil))
	pattern, why := portable(x.Regex.Pattern, x.Regex.Options)
	if why != "" {
		return c.refuse(x.Regex.Span, "this regular expression", why)
	}
	return &node{at: x.Span, kinds: []string{"bool"}, fault: c.first(in.fault, c.noArray(in)), value: c.use(in, func(v any) any {
		return cond(eq(typeOf(v), "string"), of("regexMatch", bson.D{{Key: "input", Value: v}, {Key: "regex", Value: literal(pattern)}}), false)
	})}
}

// portable writes an RE2 expression in the part of PCRE that means the same whatever the
// options of the server: literal characters, classes by their ranges, groups,
// alternatives, repetition, and the ends of the text. why says what it cannot write.
//
// Only whether it matches counts, so that the order of alternatives and greed mean nothing.
func portable(pattern, options string) (out, why string) {
	flags := syntax.Perl
	for _, o := range options {
		switch o {
		case 'i':
			flags |= syntax.FoldCase
		case 'm':
			flags &^= syntax.OneLine
		case 's':
			flags |= syntax.DotNL
		}
	}
	re, err := syntax.Parse(pattern, flags)
	if err != nil {
		return "", "it cannot be read"
	}
	var b strings.Builder
	if why := translate(&b, re, 0); why != "" {
		return "", why
	}
	return b.String(), ""
}

func translate(b *strings.Builder, re *syntax.Regexp, repeated int) (why string) {
	group := func(suffix string) string {
		b.WriteString("(?:")
		for i, sub := range re.Sub {
			if i > 0 && re.Op == syntax.OpAlternate {
				b.WriteByte('|')
			}
			if why := translate(b, sub, repeated); why != "" {
				return why
			}
		}
		b.WriteString(")" + suffix)
		return ""
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		b.WriteString("(?:)")
	case syntax.OpNoMatch:
		b.WriteString("(?!)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase == 0 {
				b.WriteString(character(r))
				continue
			}
			b.WriteByte('[')
			b.WriteString(character(r))
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				b.WriteString(character(f))
			}
			b.WriteByte(']')
		}
	case syntax.OpCharClass:
		if len(re.Rune) > 64 {
			return "a class of so many characters (`\\p{…}`, `\\pL`) is another one in the server's version of Unicode"
		}
		b.WriteByte('[')
		for i := 0; i < len(re.Rune); i += 2 {
			lo, hi := re.Rune[i], re.Rune[i+1]
			if lo == 0 {
				lo = 1 // BSON texts in filters have none, and patterns cannot spell it
			}
			if lo <= 0xDFFF && hi >= 0xD800 { // no text holds surrogates, and no class may
				if lo < 0xD800 {
					span(b, lo, 0xD7FF)
				}
				if lo = 0xE000; hi < lo {
					continue
				}
			}
			span(b, lo, hi)
		}
		b.WriteByte(']')
	case syntax.OpAnyCharNotNL:
		b.WriteString("[^\\n]")
	case syntax.OpAnyChar:
		b.WriteString("[\\s\\S]")
	case syntax.OpBeginText:
		b.WriteString("(?<![\\s\\S])")
	case syntax.OpEndText:
		b.WriteString("(?![\\s\\S])")
	case syntax.OpBeginLine:
		b.WriteString("(?<![^\\n])")
	case syntax.OpEndLine:
		b.WriteString("(?![^\\n])")
	case syntax.OpCapture, syntax.OpConcat, syntax.OpAlternate:
		return group("")
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if repeated++; repeated > 1 {
			return "repetition within repetition can take the server very long"
		}
		suffix := map[syntax.Op]string{syntax.OpStar: "*", syntax.OpPlus: "+", syntax.OpQuest: "?"}[re.Op]
		if re.Op == syntax.OpRepeat {
			suffix = "{" + decimalText(re.Min) + ",}"
			if re.Max >= 0 {
				suffix = "{" + decimalText(re.Min) + "," + decimalText(re.Max) + "}"
			}
		}
		return group(suffix)
	default:
		return "`\\b` and `\\B` know other words there"
	}
	return ""
}

func span(b *strings.Builder, lo, hi rune) {
	b.WriteString(character(lo))
	if hi > lo {
		b.WriteString("-" + character(hi))
	}
}

// character is a literal in and outside of classes.
func character(r rune) string {
	switch {
	case r == '\n':
		return "\\n"
	case r == '\r':
		return "\\r"
	case r == '\t':
		return "\\t"
	case r < 0x20 || r == 0x7F:
		const digits = "0123456789abcdef"
		return "\\x" + string(digits[r>>4]) + string(digits[r&15])
	case r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != ' ':
		return "\\" + string(r)
	}
	return string(r)
}
