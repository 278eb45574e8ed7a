package doc

// Values for people. In: a value; out: one short line that is safe on a terminal.

import (
	"encoding/base64"
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
// TypeName is at hand, and binaries their size. At most max characters (80 when max is not positive),
// the last one then …; characters that a terminal would act on are escaped.
func Show(v bson.RawValue, max int) string {
	if max <= 0 {
		max = 80
	}
	s := shower{limit: 4*max + 16, plain: true}
	s.value(v.Type, v.Value, 0)
	return Shorten(s.b.String(), max)
}

// ShowTyped writes a value so that its type can be told: long(5), decimal(1.10),
// binary("AQI=", 0). What is not UTF-8 is U+FFFD, as scripts see it. limit is the
// number of bytes after which nothing more is written but what closes; 0 is none.
// instead, which may be nil, has other texts for values, by their places: names and positions.
func ShowTyped(v bson.RawValue, limit int, instead func(at []string, v bson.RawValue) (string, bool)) string {
	s := shower{limit: limit, instead: instead}
	s.value(v.Type, v.Value, 0)
	return s.b.String()
}

// Shorten cuts to max code points, the last one then "…".
func Shorten(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	for i := range s {
		if max--; max == 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// NumberText is a number as canonical Extended JSON writes its digits.
func NumberText(v bson.RawValue) string {
	s := shower{}
	s.number(v.Type, v.Value)
	return s.b.String()
}

// shower writes a value.
type shower struct {
	b       strings.Builder
	limit   int  // bytes after which nothing more is worth writing; 0: none
	plain   bool // numbers without their type, binaries by size
	instead func(at []string, v bson.RawValue) (text string, ok bool)
	at      []string // of what is written
}

func (s *shower) full() bool { return s.limit > 0 && s.b.Len() > s.limit }

func (s *shower) value(t bson.Type, data []byte, depth int) {
	if s.full() || depth > MaxDepth {
		return
	}
	if s.instead != nil {
		if text, ok := s.instead(s.at, bson.RawValue{Type: t, Value: data}); ok {
			s.b.WriteString(text)
			return
		}
	}
	name := TypeName(bson.RawValue{Type: t})
	if ValueSize(t, data) != len(data) {
		s.b.WriteString(name)
		return
	}
	switch t {
	case bson.TypeInt32, bson.TypeDouble:
		s.number(t, data)
	case bson.TypeInt64, bson.TypeDecimal128:
		if s.plain {
			s.number(t, data)
			return
		}
		s.call(name, func() { s.number(t, data) })
	case bson.TypeString:
		s.quote(text(data))
	case bson.TypeBoolean:
		s.b.WriteString(strconv.FormatBool(data[0] != 0))
	case bson.TypeDateTime:
		s.date(int64(uint64at(data)))
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
		s.escaped(pattern, "")
		s.b.WriteByte('/')
		s.escaped(options, "")
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		s.elements(t, data, depth)
	case bson.TypeJavaScript:
		s.call("code", func() { s.quote(text(data)) })
	case bson.TypeCodeWithScope:
		code, scope := codeParts(data)
		s.call("code", func() {
			s.quote(code)
			s.b.WriteString(", ")
			s.elements(bson.TypeEmbeddedDocument, scope, depth)
		})
	case bson.TypeSymbol:
		s.call("symbol", func() { s.quote(text(data)) })
	case bson.TypeDBPointer:
		s.call("dbPointer", func() {
			s.quote(text(data[:len(data)-12]))
			fmt.Fprintf(&s.b, `, "%x"`, data[len(data)-12:])
		})
	case bson.TypeMinKey, bson.TypeMaxKey:
		s.b.WriteString(name + "()")
	default:
		s.b.WriteString(name)
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

// date is written as in the language in the years 0 to 9999, else in milliseconds.
func (s *shower) date(ms int64) {
	if ms < -62167219200000 || ms >= endOfYear9999 {
		fmt.Fprintf(&s.b, "date(%d)", ms)
		return
	}
	fmt.Fprintf(&s.b, `date("%s")`, appendDate(nil, ms))
}

func (s *shower) binary(data []byte) {
	subtype, payload, _ := BinaryParts(data)
	switch {
	case subtype == bson.TypeBinaryUUID && len(payload) == 16:
		h := hex.EncodeToString(payload)
		fmt.Fprintf(&s.b, `uuid("%s-%s-%s-%s-%s")`, h[:8], h[8:12], h[12:16], h[16:20], h[20:])
	case s.plain:
		fmt.Fprintf(&s.b, "binary(%d bytes, %d)", len(payload), subtype)
	default:
		fmt.Fprintf(&s.b, `binary("%s", %d)`, base64.StdEncoding.EncodeToString(payload), subtype)
	}
}

func (s *shower) elements(t bson.Type, data []byte, depth int) {
	open, end := byte('{'), byte('}')
	if t == bson.TypeArray {
		open, end = '[', ']'
	}
	s.b.WriteByte(open)
	first := true
	for w := newWalk(data); w.next() && !s.full(); first = false {
		if !first {
			s.b.WriteString(", ")
		}
		if t == bson.TypeEmbeddedDocument {
			s.b.WriteString(Path{string(w.name)}.String())
			s.b.WriteString(": ")
		}
		if s.instead != nil {
			s.at = append(s.at, string(w.name))
		}
		s.value(w.typ, w.data, depth+1)
		if s.instead != nil {
			s.at = s.at[:len(s.at)-1]
		}
	}
	s.b.WriteByte(end)
}

func (s *shower) call(name string, arg func()) {
	s.b.WriteString(name + "(")
	arg()
	s.b.WriteByte(')')
}

func (s *shower) quote(b []byte) {
	s.b.WriteByte('"')
	s.escaped(b, `"\`)
	s.b.WriteByte('"')
}

// escaped writes text with escapes for special and for what a terminal acts on.
func (s *shower) escaped(b []byte, special string) {
	if s.limit > 0 && len(b) > s.limit { // behind the limit in any case
		b = b[:s.limit]
	}
	text := string(b)
	if !s.plain && !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	safe.Escape(&s.b, text, special)
}
