package eval

// Texts, interpolation and regular expressions (docs/language.md, Expressions).

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// maxSize bounds every value that is made, in bytes: a document cannot be larger.
const maxSize = 16 << 20

func checkSize(v Value, span source.Span) (Value, *Error) {
	if len(v.raw.Value) > maxSize {
		return Value{}, tooLarge(span)
	}
	return v, nil
}

func tooLarge(span source.Span) *Error {
	return &Error{Code: diag.ResultTooLarge, Span: span, Message: "the value is larger than 16 MiB",
		Notes: []string{"no document can be larger"}}
}

// text compiles a string with its interpolations.
func (c *compiler) text(x *ast.Text) *node {
	parts := make([]*node, len(x.Parts))
	for i, p := range x.Parts {
		if p.Expr == nil {
			parts[i] = constantNode(p.Span, Value{raw: doc.String(p.Literal)})
		} else {
			parts[i] = c.expr(p.Expr)
		}
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		var buf []byte
		var secrets []SecretPart // what is before buf
		for _, p := range parts {
			v, err := p.solid(f)
			if err != nil {
				return Value{}, err
			}
			if v.raw.Type == secretType {
				secrets = append(append(secrets, SecretPart{Text: string(buf)}), secretParts(v.raw)...)
				buf = buf[:0]
				continue
			}
			var ok bool
			if buf, ok = appendText(buf, v); !ok {
				return Value{}, &Error{Code: diag.WrongType, Span: p.span, Message: p.shown + " is " + withArticle(v.typeName()) + ", which has no text form", Evidence: v.show()}
			}
			if len(buf) > maxSize {
				return Value{}, tooLarge(x.Span)
			}
		}
		if secrets != nil {
			return checkSize(secretValue(append(secrets, SecretPart{Text: string(buf)})), x.Span)
		}
		return Value{raw: doc.String(string(buf))}, nil
	}}, parts...)
}

// appendText appends a scalar as interpolation and string() write it; false
// for types that have no text form.
func appendText(dst []byte, v Value) ([]byte, bool) {
	if v.loose != nil {
		if v.loose.num == nil {
			return dst, false
		}
		return append(dst, v.loose.num.String()...), true
	}
	r := v.raw
	switch r.Type {
	case bson.TypeString:
		return append(dst, r.Value[4:len(r.Value)-1]...), true
	case bson.TypeBoolean:
		return strconv.AppendBool(dst, r.Value[0] != 0), true
	case bson.TypeObjectID:
		return hex.AppendEncode(dst, r.Value), true
	case bson.TypeDateTime:
		return append(dst, isoDate(int64(binary.LittleEndian.Uint64(r.Value)))...), true
	case bson.TypeBinary:
		if doc.TypeName(r) == "uuid" {
			return append(dst, uuidText(r.Value[5:])...), true
		}
		return dst, false
	}
	n, ok := number(v)
	if !ok {
		return dst, false
	}
	switch n.kind {
	case doubleNum:
		return append(dst, formatDouble(n.f)...), true
	case decimalNum:
		return append(dst, plain(n.d)...), true
	}
	return strconv.AppendInt(dst, n.i, 10), true
}

// isoDate is ISO 8601 in UTC with milliseconds; years outside 0 to 9999 have a
// sign and six digits or more.
func isoDate(ms int64) string {
	t := time.UnixMilli(ms).UTC()
	return isoYear(t.Year()) + t.Format("-01-02T15:04:05.000Z")
}

func uuidText(b []byte) string {
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// matches compiles `x matches /…/`: false for whatever is no string.
func (c *compiler) matches(x *ast.Matches) *node {
	in := c.plain(c.expr(x.X))
	re, err := compileRegex(x.Regex)
	if err != nil {
		return c.fail(err)
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		v, err := in.eval(f)
		if err == nil {
			err = in.noArray(v)
		}
		if err != nil || v.raw.Type != bson.TypeString {
			return falseValue, err
		}
		return truth(re.Match(v.raw.Value[4 : len(v.raw.Value)-1])), nil
	}}, in)
}

// compileRegex compiles a regular expression of the RE2 dialect with the flags i, m and s.
func compileRegex(x *ast.Regex) (*regexp.Regexp, *Error) {
	for _, o := range x.Options {
		if !strings.ContainsRune("ims", o) {
			return nil, &Error{Code: diag.BadRegex, Span: x.Span, Message: "the flag " + diag.Quote(string(o), 10) + " cannot be used here",
				Notes: []string{"conditions know the flags i (any case), m (^ and $ at lines) and s (. matches newlines)"}}
		}
	}
	pattern := x.Pattern
	if x.Options != "" {
		pattern = "(?" + x.Options + ")" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, &Error{Code: diag.BadRegex, Span: x.Span, Message: "this regular expression cannot be used: " + regexFault(err), Notes: regexHints(x.Pattern)}
	}
	return re, nil
}

func regexFault(err error) string {
	var fault *syntax.Error
	if errors.As(err, &fault) {
		return diag.Safe(string(fault.Code), 80) + " " + diag.Quote(fault.Expr, 40)
	}
	return diag.Safe(err.Error(), 120)
}

// foreignRegex are constructs of PCRE2 that RE2 lacks, and the way around.
var foreignRegex = []struct{ construct, hint string }{
	{"(?=", "look-ahead `(?=…)` is not in this dialect: join two conditions with `and`"},
	{"(?!", "look-ahead `(?!…)` is not in this dialect: add `and not (… matches /…/)`"},
	{"(?<=", "look-behind `(?<=…)` is not in this dialect: match the text before as well"},
	{"(?<!", "look-behind `(?<!…)` is not in this dialect: add `and not (… matches /…/)`"},
	{"(?>", "atomic groups `(?>…)` are not in this dialect and not needed: matching takes linear time"},
	{"(?x", "the flag x is not in this dialect: write the expression without spaces and comments"},
	{"++", "possessive repetition is not in this dialect and not needed: write one `+`"},
	{"*+", "possessive repetition is not in this dialect and not needed: write `*`"},
	{"?+", "possessive repetition is not in this dialect and not needed: write `?`"},
	{`\K`, `\K is not in this dialect: use a group and replace with $1`},
	{`\G`, `\G is not in this dialect`},
	{`\R`, `\R is not in this dialect: write \r?\n`},
	{`\h`, `\h is not in this dialect: write [ \t]`},
	{`\X`, `\X is not in this dialect`},
	{`\Z`, `\Z is not in this dialect: write \n?\z`},
	{`\1`, "back-references are not in this dialect"},
	{`\2`, "back-references are not in this dialect"},
}

func regexHints(pattern string) []string {
	for _, f := range foreignRegex {
		if strings.Contains(pattern, f.construct) {
			return []string{f.hint}
		}
	}
	return nil
}

// regexValue is a regular expression as a BSON value: its text untouched, its
// options in the order that BSON wants.
func regexValue(x *ast.Regex) (Value, *Error) {
	options := []byte(x.Options)
	slices.Sort(options)
	for i, o := range options {
		if !strings.ContainsRune("imsxu", rune(o)) || i > 0 && options[i-1] == o {
			return Value{}, &Error{Code: diag.BadRegex, Span: x.Span, Message: "the options of a regular expression are some of i, m, s, x and u, each once"}
		}
	}
	if strings.ContainsRune(x.Pattern, 0) {
		return Value{}, &Error{Code: diag.BadRegex, Span: x.Span, Message: "a regular expression cannot contain the character NUL"}
	}
	b := append([]byte(x.Pattern), 0)
	b = append(append(b, options...), 0)
	return Value{raw: bson.RawValue{Type: bson.TypeRegex, Value: b}}, nil
}

// expand replaces $0 to $99 in a replacement by the groups of a match and $$ by
// a dollar. Two digits are read as one where there are not so many groups; a
// group that did not take part is empty; any other $ stands for itself.
func expand(dst []byte, replacement, src string, match []int) []byte {
	for i := 0; i < len(replacement); i++ {
		rest := replacement[i:]
		if strings.HasPrefix(rest, "$$") {
			dst = append(dst, '$')
			i++
			continue
		}
		group, digits := 0, 0
		for n := 1; n <= 2 && n < len(rest) && rest[0] == '$' && rest[n] >= '0' && rest[n] <= '9'; n++ {
			g := group*10 + int(rest[n]-'0')
			if 2*g+1 >= len(match) {
				break
			}
			group, digits = g, n
		}
		if digits == 0 {
			dst = append(dst, rest[0])
			continue
		}
		if match[2*group] >= 0 {
			dst = append(dst, src[match[2*group]:match[2*group+1]]...)
		}
		i += digits
	}
	return dst
}
