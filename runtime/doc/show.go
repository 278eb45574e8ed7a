package doc

// Values for people. In: a value; out: one short line that is safe on a terminal.

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/safe"
)

// Show writes a value as the language would: "new-checkout", 5, 1.10,
// date("2026-01-01T00:00:00.000Z"), {name: "a"}. Numbers show no type, since
// TypeName is at hand. At most max characters (80 when max is not positive),
// the last one then …; characters that a terminal would act on are escaped.
func Show(v bson.RawValue, max int) string {
	if max <= 0 {
		max = 80
	}
	s := shower{limit: 4*max + 16}
	s.value(v.Type, v.Value, 0)
	out := s.b.String()
	if utf8.RuneCountInString(out) <= max {
		return out
	}
	for i := range out {
		if max--; max == 0 {
			return out[:i] + "…"
		}
	}
	return out
}

// NumberText is a number as canonical Extended JSON writes its digits.
func NumberText(v bson.RawValue) string {
	s := shower{}
	s.number(v.Type, v.Value)
	return s.b.String()
}

type shower struct {
	b     strings.Builder
	limit int // bytes after which nothing more is worth writing
}

func (s *shower) value(t bson.Type, data []byte, depth int) {
	if s.b.Len() > s.limit || depth > MaxDepth {
		return
	}
	if ValueSize(t, data) != len(data) {
		s.b.WriteString(TypeName(bson.RawValue{Type: t}))
		return
	}
	switch t {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		s.number(t, data)
	case bson.TypeString:
		s.quote(text(data))
	case bson.TypeBoolean:
		s.b.WriteString(strconv.FormatBool(data[0] != 0))
	case bson.TypeDateTime:
		ms := int64(uint64at(data))
		if ms < -62167219200000 || ms >= endOfYear9999 { // outside of the years 0 to 9999
			fmt.Fprintf(&s.b, "date(%d ms)", ms)
			return
		}
		fmt.Fprintf(&s.b, `date("%s")`, appendDate(nil, ms))
	case bson.TypeTimestamp:
		n := uint64at(data)
		fmt.Fprintf(&s.b, "timestamp(%d, %d)", n>>32, n&math.MaxUint32)
	case bson.TypeObjectID:
		fmt.Fprintf(&s.b, `objectId("%x")`, data)
	case bson.TypeBinary:
		s.binary(data)
	case bson.TypeRegex:
		pattern, options := regexParts(data)
		s.b.WriteByte('/')
		s.escaped(pattern, 0)
		s.b.WriteByte('/')
		s.escaped(options, 0)
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		s.elements(t, data, depth)
	case bson.TypeJavaScript:
		s.call("code", text(data))
	case bson.TypeCodeWithScope:
		code, _ := codeParts(data)
		s.call("code", code)
	case bson.TypeSymbol:
		s.call("symbol", text(data))
	case bson.TypeDBPointer:
		s.call("dbPointer", text(data[:len(data)-12]))
	case bson.TypeMinKey, bson.TypeMaxKey:
		s.b.WriteString(TypeName(bson.RawValue{Type: t}) + "()")
	default:
		s.b.WriteString(TypeName(bson.RawValue{Type: t}))
	}
}

func (s *shower) number(t bson.Type, data []byte) {
	switch t {
	case bson.TypeInt32:
		s.b.WriteString(strconv.FormatInt(int64(int32(uint32at(data))), 10))
	case bson.TypeInt64:
		s.b.WriteString(strconv.FormatInt(int64(uint64at(data)), 10))
	case bson.TypeDouble:
		s.b.Write(appendDouble(nil, math.Float64frombits(uint64at(data))))
	default:
		s.b.Write(appendDecimal(nil, uint64at(data[8:]), uint64at(data)))
	}
}

func (s *shower) binary(data []byte) {
	subtype, payload, _ := BinaryParts(data)
	if subtype == bson.TypeBinaryUUID && len(payload) == 16 {
		h := hex.EncodeToString(payload)
		fmt.Fprintf(&s.b, `uuid("%s-%s-%s-%s-%s")`, h[:8], h[8:12], h[12:16], h[16:20], h[20:])
		return
	}
	fmt.Fprintf(&s.b, "binary(%d bytes, %d)", len(payload), subtype)
}

func (s *shower) elements(t bson.Type, data []byte, depth int) {
	open, end := byte('{'), byte('}')
	if t == bson.TypeArray {
		open, end = '[', ']'
	}
	s.b.WriteByte(open)
	first := true
	for w := newWalk(data); w.next() && s.b.Len() <= s.limit; first = false {
		if !first {
			s.b.WriteString(", ")
		}
		if t == bson.TypeEmbeddedDocument {
			s.b.WriteString(Path{string(w.name)}.String())
			s.b.WriteString(": ")
		}
		s.value(w.typ, w.data, depth+1)
	}
	s.b.WriteByte(end)
}

func (s *shower) call(name string, arg []byte) {
	s.b.WriteString(name)
	s.b.WriteByte('(')
	s.quote(arg)
	s.b.WriteByte(')')
}

func (s *shower) quote(b []byte) {
	s.b.WriteByte('"')
	s.escaped(b, '"')
	s.b.WriteByte('"')
}

// escaped writes text with escapes for quote, for a backslash where there is a
// quote, and for what a terminal acts on.
func (s *shower) escaped(b []byte, quote rune) {
	special := ""
	if quote != 0 {
		special = string(quote) + `\`
	}
	for len(b) > 0 && s.b.Len() <= s.limit {
		b = b[safe.EscapeOne(&s.b, string(b[:min(len(b), utf8.UTFMax)]), special):]
	}
}
