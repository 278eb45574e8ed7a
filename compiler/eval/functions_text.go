package eval

// Functions on texts, ids and hashes. Positions and lengths count code points.

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// UnicodeVersion is the version of Unicode that lower, upper, white space and
// the classes of regular expressions are of. Every code point is mapped by
// itself (simple case mapping), by the rules of no language; nothing is normalised.
const UnicodeVersion = unicode.Version

func stringOf(s string) Value { return Value{raw: doc.String(s)} }

func textFunc(f func(string) string) func(*call) (Value, *Error) {
	return func(c *call) (Value, *Error) { return stringOf(f(c.text(0))), nil }
}

func textTest(f func(s, t string) bool) func(*call) (Value, *Error) {
	return func(c *call) (Value, *Error) { return truth(f(c.text(0), c.text(1))), nil }
}

func trimStart(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }
func trimEnd(s string) string   { return strings.TrimRightFunc(s, unicode.IsSpace) }

func replace(c *call) (Value, *Error) {
	s, by := c.text(0), c.text(2)
	re, err := c.regex(1)
	if err != nil {
		return Value{}, err
	}
	if re == nil {
		what := c.text(1)
		if what == "" {
			return Value{}, c.arg(1, &Error{Code: diag.WrongType, Message: "the text to replace is empty"})
		}
		if n := strings.Count(s, what); n*(len(by)-len(what)) > maxSize {
			return Value{}, tooLarge(c.span)
		}
		return stringOf(strings.ReplaceAll(s, what, by)), nil
	}
	var out []byte
	at := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, s[at:m[0]]...)
		out = expand(out, by, s, m)
		at = m[1]
		if len(out) > maxSize {
			return Value{}, tooLarge(c.span)
		}
	}
	return stringOf(string(append(out, s[at:]...))), nil
}

func split(c *call) (Value, *Error) {
	re, err := c.regex(1)
	if err != nil {
		return Value{}, err
	}
	var parts []string
	if re != nil {
		parts = re.Split(c.text(0), -1)
	} else if c.text(1) == "" {
		return Value{}, c.arg(1, &Error{Code: diag.WrongType, Message: "the separator is empty"})
	} else {
		parts = strings.Split(c.text(0), c.text(1))
	}
	values := make([]Value, len(parts))
	for i, p := range parts {
		values[i] = stringOf(p)
	}
	return list(values), nil
}

func join(c *call) (Value, *Error) {
	var out []byte
	n := 0
	for e := range c.args[0].elements {
		if n++; n > 1 {
			out = append(out, c.text(1)...)
		}
		var ok bool
		if out, ok = appendText(out, e); !ok {
			return Value{}, c.arg(0, &Error{Code: diag.WrongType, Message: c.nodes[0].shown + " has an element without text form", Evidence: e.show()})
		}
		if len(out) > maxSize {
			return Value{}, tooLarge(c.span)
		}
	}
	return stringOf(string(out)), nil
}

func slice(c *call) (Value, *Error) {
	start, err := c.count(1)
	if err != nil {
		return Value{}, err
	}
	end := maxSize
	if len(c.args) > 2 {
		if end, err = c.count(2); err != nil {
			return Value{}, err
		}
	}
	if c.args[0].isArray() {
		var taken []Value
		n := 0
		for e := range c.args[0].elements {
			if n >= start && n < end {
				taken = append(taken, e)
			}
			n++
		}
		return list(taken), nil
	}
	var b strings.Builder
	n := 0
	for _, r := range c.text(0) {
		if n >= start && n < end {
			b.WriteRune(r)
		}
		n++
	}
	return stringOf(b.String()), nil
}

func padStart(c *call) (Value, *Error) {
	s, fill := c.text(0), " "
	want, err := c.count(1)
	if err != nil {
		return Value{}, err
	}
	if len(c.args) > 2 {
		if fill = c.text(2); fill == "" {
			return Value{}, c.arg(2, &Error{Code: diag.WrongType, Message: "the text to fill with is empty"})
		}
	}
	if want > maxSize {
		return Value{}, tooLarge(c.span)
	}
	runes := []rune(fill)
	var b strings.Builder
	for i := range want - utf8.RuneCountInString(s) {
		b.WriteRune(runes[i%len(runes)])
	}
	return stringOf(b.String() + s), nil
}

func length(c *call) (Value, *Error) {
	n := 0
	if c.args[0].isArray() {
		for range c.args[0].elements {
			n++
		}
	} else {
		n = utf8.RuneCountInString(c.text(0))
	}
	return Value{raw: int32Value(int32(n))}, nil
}

func toString(c *call) (Value, *Error) {
	b, _ := appendText(nil, c.args[0]) // the parameter's types all have a text form
	return stringOf(string(b)), nil
}

func badConstant(c *call, message, hint string) (Value, *Error) {
	return Value{}, c.arg(0, &Error{Code: diag.BadConstant, Message: message, Evidence: c.args[0].show(), Notes: []string{hint}})
}

func toObjectID(c *call) (Value, *Error) {
	b, err := hex.DecodeString(c.text(0))
	if err != nil || len(b) != 12 {
		return badConstant(c, "this is no ObjectId", "it is written as 24 hexadecimal digits")
	}
	return Value{raw: bson.RawValue{Type: bson.TypeObjectID, Value: b}}, nil
}

func toUUID(c *call) (Value, *Error) {
	s := c.text(0)
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
		if err == nil {
			return Value{raw: binaryValue(bson.TypeBinaryUUID, b)}, nil
		}
	}
	return badConstant(c, "this is no UUID", "it is written as 5f0e7a3c-9a55-4a4e-8a61-0d6f1f0f2b11")
}

func uuid5(c *call) (Value, *Error) {
	h := sha1.New()
	h.Write(c.args[0].raw.Value[5:]) // a hash never fails to write
	h.Write([]byte(c.text(1)))
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	return Value{raw: binaryValue(bson.TypeBinaryUUID, b)}, nil
}

func sha256Hex(c *call) (Value, *Error) {
	var data []byte
	if c.args[0].raw.Type == bson.TypeString {
		data = []byte(c.text(0))
	} else {
		data = c.args[0].raw.Value[5:]
		if c.args[0].raw.Value[4] == bson.TypeBinaryBinaryOld && len(data) >= 4 {
			data = data[4:]
		}
	}
	h := sha256.Sum256(data)
	return stringOf(hex.EncodeToString(h[:])), nil
}

func toDate(c *call) (Value, *Error) {
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
	return Value{raw: dateValue(t.UnixMilli())}, nil
}

func toBinary(c *call) (Value, *Error) {
	b, err := base64.StdEncoding.Strict().DecodeString(c.text(0))
	if err != nil {
		return badConstant(c, "this is no base64", "it has the letters A-Z a-z 0-9 + / and = to fill up to a multiple of four")
	}
	subtype := int64(0)
	if len(c.args) > 1 {
		if subtype = c.integer(1); subtype < 0 || subtype > 255 {
			return Value{}, c.arg(1, &Error{Code: diag.BadConstant, Message: "a subtype is a number from 0 to 255"})
		}
	}
	return Value{raw: binaryValue(byte(subtype), b)}, nil
}

func toTimestamp(c *call) (Value, *Error) {
	var parts [2]uint32
	for i := range parts {
		n := c.integer(i)
		if n < 0 || n > 1<<32-1 {
			return Value{}, c.arg(i, &Error{Code: diag.BadConstant, Message: "the parts of a timestamp are numbers from 0 to 4294967295"})
		}
		parts[i] = uint32(n)
	}
	b := binary.LittleEndian.AppendUint32(nil, parts[1])
	return Value{raw: bson.RawValue{Type: bson.TypeTimestamp, Value: binary.LittleEndian.AppendUint32(b, parts[0])}}, nil
}

func constantFunc(t bson.Type) func(*call) (Value, *Error) {
	return func(*call) (Value, *Error) { return Value{raw: bson.RawValue{Type: t, Value: []byte{}}}, nil }
}
