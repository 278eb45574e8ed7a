package changeset

// Values as statements of a shell write them: object literals and constructors. In: BSON;
// out: text that mongosh and the parser of Bytebase (github.com/bytebase/omni, mongo/parser, and
// github.com/bytebase/gomongo, internal/translator, as of August 2026) read as the same bytes, or
// why there is none. That parser has no `new`, no computed names, no escapes beyond \uXXXX and
// no constructors but ObjectId, ISODate, UUID, NumberLong, NumberDecimal, Double and Timestamp
// among those that are needed here; mongosh reads an object literal as JavaScript does, which
// takes some names for something else and sorts those that are numbers.

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/js"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

// literals appends values, up to the first that cannot be written.
type literals struct {
	strings.Builder
	why string // phrase such as `flags.pattern is a regular expression`; empty: all was written
}

// argument is a value that a method is called with.
func (l *literals) argument(v bson.RawValue) {
	if doc.IsDocument(v) {
		if reason, bad := mongosh.CannotHold(v.Document()); bad {
			l.refuse("%s", reason)
		}
	}
	l.value(v, nil)
}

func (l *literals) refuse(format string, args ...any) {
	if l.why == "" {
		l.why = fmt.Sprintf(format, args...)
	}
}

func (l *literals) fields(d bson.Raw, at doc.Path) {
	l.WriteByte('{')
	order := newOrder()
	first := true
	for name, v := range doc.Fields(d) {
		path := append(at[:len(at):len(at)], name)
		if reason := order.add(name, path); reason != "" {
			l.refuse("%s", reason)
		}
		if !first {
			l.WriteByte(',')
		}
		first = false
		l.WriteByte(' ')
		l.text(name, path)
		l.WriteString(": ")
		l.value(v, path)
	}
	if !first {
		l.WriteByte(' ')
	}
	l.WriteByte('}')
}

func (l *literals) value(v bson.RawValue, at doc.Path) {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		l.fields(v.Value, at)
	case bson.TypeArray:
		l.WriteByte('[')
		first := true
		for name, element := range doc.Fields(v.Value) {
			if !first {
				l.WriteString(", ")
			}
			first = false
			l.value(element, append(at[:len(at):len(at)], name))
		}
		l.WriteByte(']')
	case bson.TypeString:
		l.text(v.StringValue(), at)
	case bson.TypeNull:
		l.WriteString("null")
	case bson.TypeBoolean:
		l.WriteString(strconv.FormatBool(v.Boolean()))
	case bson.TypeInt32:
		l.WriteString(strconv.FormatInt(int64(v.Int32()), 10))
	case bson.TypeInt64:
		fmt.Fprintf(l, "NumberLong('%d')", v.Int64())
	case bson.TypeDouble:
		l.double(v.Double(), at)
	case bson.TypeDecimal128:
		d := v.Decimal128()
		back, err := bson.ParseDecimal128(d.String())
		if err != nil || back != d {
			l.refuse("%s is a decimal that no text stands for", at)
		}
		fmt.Fprintf(l, "NumberDecimal('%s')", d)
	case bson.TypeObjectID:
		fmt.Fprintf(l, "ObjectId('%s')", v.ObjectID().Hex())
	case bson.TypeDateTime:
		t := time.UnixMilli(v.DateTime()).UTC()
		if t.Year() < 1000 || t.Year() > 9999 {
			l.refuse("%s is a date before the year 1000 or after 9999", at)
		}
		fmt.Fprintf(l, "ISODate('%s')", t.Format("2006-01-02T15:04:05.000Z"))
	case bson.TypeTimestamp:
		t, i := v.Timestamp()
		fmt.Fprintf(l, "Timestamp({ 't': %d, 'i': %d })", t, i)
	case bson.TypeBinary:
		subtype, data := v.Binary()
		if subtype != bson.TypeBinaryUUID || len(data) != 16 {
			l.refuse("%s is binary data that is no UUID", at)
			return
		}
		fmt.Fprintf(l, "UUID('%x-%x-%x-%x-%x')", data[:4], data[4:6], data[6:8], data[8:10], data[10:])
	default:
		l.refuse("%s is a %s", at, doc.TypeName(v))
	}
}

// double writes a number that both read as one with a fraction: a shell takes a number
// without for an integer.
func (l *literals) double(f float64, at doc.Path) {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		l.refuse("%s is %s", at, text)
	case f == math.Trunc(f):
		text = "Double(" + text + ")"
	}
	l.WriteString(text)
}

// text is a string literal.
func (l *literals) text(s string, at doc.Path) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r > 0xFFFF && safe.Hidden(r) }) {
		l.refuse("%s has characters for which there is no escape", at)
	}
	l.WriteString(js.Quote(s))
}
