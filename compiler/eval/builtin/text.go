package builtin

// Functions on texts, ids and hashes. Positions and lengths count code points.

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
)

// UnicodeVersion is the version of Unicode that lower, upper, white space and
// the classes of regular expressions are of. Every code point is mapped by
// itself (simple case mapping), by the rules of no language; nothing is normalised.
const UnicodeVersion = unicode.Version

func textFunc(f func(string) string) func(*call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) { return value.String(f(c.text(0))), nil }
}

func textTest(f func(s, t string) bool) func(*call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) { return value.Bool(f(c.text(0), c.text(1))), nil }
}

func trimStart(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }
func trimEnd(s string) string   { return strings.TrimRightFunc(s, unicode.IsSpace) }

func replace(c *call) (value.Value, *value.Error) {
	s, by := c.text(0), c.text(2)
	re, err := c.regex(1)
	if err != nil {
		return value.Value{}, err
	}
	if re == nil {
		what := c.text(1)
		if what == "" {
			return value.Value{}, c.arg(1, &value.Error{Code: diag.WrongType, Message: "the text to replace is empty"})
		}
		if n := strings.Count(s, what); n*(len(by)-len(what)) > value.MaxSize {
			return value.Value{}, value.TooLarge(c.Span)
		}
		return value.String(strings.ReplaceAll(s, what, by)), nil
	}
	var out []byte
	at := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, s[at:m[0]]...)
		out = expand(out, by, s, m)
		at = m[1]
		if len(out) > value.MaxSize {
			return value.Value{}, value.TooLarge(c.Span)
		}
	}
	return value.String(string(append(out, s[at:]...))), nil
}

// match gives what the groups of a pattern match: by name where one has a name,
// else by position, the whole match first and null for a group that is not part of it.
func match(c *call) (value.Value, *value.Error) {
	re, err := c.regex(1)
	if err != nil {
		return value.Value{}, err
	}
	s := c.text(0)
	at := re.FindStringSubmatchIndex(s)
	if at == nil {
		return value.Value{}, nil
	}
	var list []value.Value
	var named []value.Field
	for i, name := range re.SubexpNames() {
		group, in := value.Null, at[2*i] >= 0
		if in {
			group = value.String(s[at[2*i]:at[2*i+1]])
		}
		list = append(list, group)
		if name != "" && in {
			named = append(named, value.Field{Name: name, Value: group})
		}
	}
	if slices.ContainsFunc(re.SubexpNames(), func(name string) bool { return name != "" }) {
		return value.Object(named), nil
	}
	return value.List(list), nil
}

func split(c *call) (value.Value, *value.Error) {
	re, err := c.regex(1)
	if err != nil {
		return value.Value{}, err
	}
	var parts []string
	if re != nil {
		parts = re.Split(c.text(0), -1)
	} else if c.text(1) == "" {
		return value.Value{}, c.arg(1, &value.Error{Code: diag.WrongType, Message: "the separator is empty"})
	} else {
		parts = strings.Split(c.text(0), c.text(1))
	}
	values := make([]value.Value, len(parts))
	for i, p := range parts {
		values[i] = value.String(p)
	}
	return value.List(values), nil
}

func join(c *call) (value.Value, *value.Error) {
	var out []byte
	n := 0
	for e := range c.args[0].Elements {
		if n++; n > 1 {
			out = append(out, c.text(1)...)
		}
		var ok bool
		if out, ok = value.AppendText(out, e); !ok {
			return value.Value{}, c.arg(0, &value.Error{Code: diag.WrongType, Message: c.Shown[0] + " has an element without text form", Evidence: e.Evidence()})
		}
		if len(out) > value.MaxSize {
			return value.Value{}, value.TooLarge(c.Span)
		}
	}
	return value.String(string(out)), nil
}

func slice(c *call) (value.Value, *value.Error) {
	start, err := c.count(1)
	if err != nil {
		return value.Value{}, err
	}
	end := value.MaxSize
	if len(c.args) > 2 {
		if end, err = c.count(2); err != nil {
			return value.Value{}, err
		}
	}
	if c.args[0].IsArray() {
		var taken []value.Value
		n := 0
		for e := range c.args[0].Elements {
			if n >= start && n < end {
				taken = append(taken, e)
			}
			n++
		}
		return value.List(taken), nil
	}
	var b strings.Builder
	n := 0
	for _, r := range c.text(0) {
		if n >= start && n < end {
			b.WriteRune(r)
		}
		n++
	}
	return value.String(b.String()), nil
}

func padStart(c *call) (value.Value, *value.Error) {
	s, fill := c.text(0), " "
	want, err := c.count(1)
	if err != nil {
		return value.Value{}, err
	}
	if len(c.args) > 2 {
		if fill = c.text(2); fill == "" {
			return value.Value{}, c.arg(2, &value.Error{Code: diag.WrongType, Message: "the text to fill with is empty"})
		}
	}
	if want > value.MaxSize {
		return value.Value{}, value.TooLarge(c.Span)
	}
	runes := []rune(fill)
	var b strings.Builder
	for i := range want - utf8.RuneCountInString(s) {
		b.WriteRune(runes[i%len(runes)])
	}
	return value.String(b.String() + s), nil
}

func length(c *call) (value.Value, *value.Error) {
	n := 0
	if c.args[0].IsArray() {
		for range c.args[0].Elements {
			n++
		}
	} else {
		n = utf8.RuneCountInString(c.text(0))
	}
	return value.Int(int32(n)), nil
}

func toString(c *call) (value.Value, *value.Error) {
	b, _ := value.AppendText(nil, c.args[0]) // the parameter's types all have a text form
	return value.String(string(b)), nil
}

func badConstant(c *call, message, hint string) (value.Value, *value.Error) {
	return value.Value{}, c.arg(0, &value.Error{Code: diag.BadConstant, Message: message, Evidence: c.args[0].Evidence(), Notes: []string{hint}})
}

func toObjectID(c *call) (value.Value, *value.Error) {
	b, err := hex.DecodeString(c.text(0))
	if err != nil || len(b) != 12 {
		return badConstant(c, "this is no ObjectId", "it is written as 24 hexadecimal digits")
	}
	return value.Of(bson.RawValue{Type: bson.TypeObjectID, Value: b}), nil
}

func toUUID(c *call) (value.Value, *value.Error) {
	s := c.text(0)
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
		if err == nil {
			return value.Binary(bson.TypeBinaryUUID, b), nil
		}
	}
	return badConstant(c, "this is no UUID", "it is written as 5f0e7a3c-9a55-4a4e-8a61-0d6f1f0f2b11")
}

func uuid5(c *call) (value.Value, *value.Error) {
	h := sha1.New()
	h.Write(c.args[0].BSON.Value[5:]) // a hash never fails to write
	h.Write([]byte(c.text(1)))
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return value.Binary(bson.TypeBinaryUUID, b), nil
}

func sha256Hex(c *call) (value.Value, *value.Error) {
	var data []byte
	if c.args[0].BSON.Type == bson.TypeString {
		data = []byte(c.text(0))
	} else {
		data = c.args[0].BSON.Value[5:]
		if c.args[0].BSON.Value[4] == bson.TypeBinaryBinaryOld && len(data) >= 4 {
			data = data[4:]
		}
	}
	h := sha256.Sum256(data)
	return value.String(hex.EncodeToString(h[:])), nil
}

func toDate(c *call) (value.Value, *value.Error) {
	s := c.text(0)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		if _, err := time.Parse("2006-01-02T15:04:05", s); err == nil {
			return badConstant(c, "this date has no zone", "add Z for UTC or an offset: `"+diag.Safe(s, 40)+"Z`")
		}
		if _, err := time.Parse("2006-01-02", s); err == nil {
			return badConstant(c, "this date has no time and zone", "write `"+diag.Safe(s, 40)+"T00:00:00Z`")
		}
		return badConstant(c, "this is no date", "it is written as 2026-01-01T00:00:00Z or 2026-01-01T00:00:00.000+01:00")
	}
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return badConstant(c, "this date is finer than a millisecond", "BSON dates count milliseconds")
	}
	return value.Date(t.UnixMilli()), nil
}

func toBinary(c *call) (value.Value, *value.Error) {
	b, err := base64.StdEncoding.Strict().DecodeString(c.text(0))
	if err != nil {
		return badConstant(c, "this is no base64", "it has the letters A-Z a-z 0-9 + / and = to fill up to a multiple of four")
	}
	subtype := int64(0)
	if len(c.args) > 1 {
		if subtype = c.integer(1); subtype < 0 || subtype > 255 {
			return value.Value{}, c.arg(1, &value.Error{Code: diag.BadConstant, Message: "a subtype is a number from 0 to 255"})
		}
	}
	return value.Binary(byte(subtype), b), nil
}

func toTimestamp(c *call) (value.Value, *value.Error) {
	var parts [2]uint32
	for i := range parts {
		n := c.integer(i)
		if n < 0 || n > 1<<32-1 {
			return value.Value{}, c.arg(i, &value.Error{Code: diag.BadConstant, Message: "the parts of a timestamp are numbers from 0 to 4294967295"})
		}
		parts[i] = uint32(n)
	}
	b := binary.LittleEndian.AppendUint32(nil, parts[1])
	return value.Of(bson.RawValue{Type: bson.TypeTimestamp, Value: binary.LittleEndian.AppendUint32(b, parts[0])}), nil
}

func constantFunc(t bson.Type) func(*call) (value.Value, *value.Error) {
	return func(*call) (value.Value, *value.Error) {
		return value.Of(bson.RawValue{Type: t, Value: []byte{}}), nil
	}
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

// link is link(…), which only `expect` has.
func link(c *call) (value.Value, *value.Error) {
	if c.Link == nil {
		return misplacedLink(c)
	}
	identity := make([]bson.RawValue, len(c.args)-1)
	for i, v := range c.args[1:] {
		raw, err := v.Raw()
		if err != nil {
			return value.Value{}, err
		}
		identity[i] = raw
	}
	key, shown, err := c.Link(c.text(0), identity)
	if err != nil {
		return value.Value{}, err
	}
	return value.NewLink(key, shown), nil
}

func misplacedLink(c *call) (value.Value, *value.Error) {
	return badConstant(c, "`link(…)` says in `expect` of a test which document a field links to", "in rules, `link FIELD to COLLECTION` puts the destination's `_id` in a field")
}

// secretName is a name that every shell and operating system takes for a
// variable (POSIX.1-2024, 8.1 Environment Variable Definition).
var secretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func secret(c *call) (value.Value, *value.Error) {
	name := c.text(0)
	if !secretName.MatchString(name) || len(name) > 200 {
		return badConstant(c, "this cannot be the name of a secret", "it is the name of an environment variable: letters, digits and `_`, not beginning with a digit")
	}
	return value.NewSecret([]value.SecretPart{{Name: name}}), nil
}
