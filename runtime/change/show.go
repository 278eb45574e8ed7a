package change

// Values and names for people. In: BSON, or any text; out:
// one short line that is safe on a terminal, the same from both engines
// (docs/enforcement.md, The report as text).

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

//js:table
const showWidth = 80

// MissingText stands for a value that is missing.
//
//js:table
const MissingText = "(missing)"

// ShowOr is the short form of a value that may be missing.
func ShowOr(v Value) string {
	if v.Missing() {
		return MissingText
	}
	return ShowValue(v.RawValue)
}

// ShowValue writes the short form of a value.
func ShowValue(v bson.RawValue) string { return Shorten(show(v, 4*showWidth+16, nil)) }

// ShowWith is ShowValue, or with whole ShowWhole, with other texts for values at their
// places in it: instead has them.
func ShowWith(v bson.RawValue, whole bool, instead func(at []string, v bson.RawValue) (text string, ok bool)) string {
	if whole {
		return show(v, 0, instead)
	}
	return Shorten(show(v, 4*showWidth+16, instead))
}

// ShowDocument writes the short form of a document.
func ShowDocument(d bson.Raw) string { return ShowValue(doc.Value(d)) }

// ShowWhole writes all of a value.
func ShowWhole(v bson.RawValue) string { return show(v, 0, nil) }

// Shorten cuts to showWidth code points, the last one then "…".
func Shorten(s string) string {
	if utf8.RuneCountInString(s) <= showWidth {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == showWidth {
			return s[:i] + "…"
		}
	}
	return s
}

// shower writes a value. instead has other texts for values in it, by places.
type shower struct {
	b       strings.Builder
	limit   int // bytes after which nothing more is worth writing; 0: none
	instead func(at []string, v bson.RawValue) (text string, ok bool)
	at      []string // of what is written; only with instead
}

func show(v bson.RawValue, limit int, instead func(at []string, v bson.RawValue) (string, bool)) string {
	s := &shower{limit: limit, instead: instead}
	s.value(v)
	return s.b.String()
}

func (s *shower) full() bool { return s.limit > 0 && s.b.Len() > s.limit }

func (s *shower) value(v bson.RawValue) {
	if s.instead != nil {
		if text, ok := s.instead(s.at, v); ok {
			s.b.WriteString(text)
			return
		}
	}
	switch v.Type {
	case bson.TypeInt32, bson.TypeDouble:
		s.b.WriteString(doc.NumberText(v))
	case bson.TypeInt64:
		s.call("long", doc.NumberText(v))
	case bson.TypeDecimal128:
		s.call("decimal", doc.NumberText(v))
	case bson.TypeString:
		quote(&s.b, s.text(v.StringValue()))
	case bson.TypeBoolean:
		s.b.WriteString(strconv.FormatBool(v.Boolean()))
	case bson.TypeNull:
		s.b.WriteString("null")
	case bson.TypeEmbeddedDocument:
		s.elements(v, '{', '}')
	case bson.TypeArray:
		s.elements(v, '[', ']')
	case bson.TypeObjectID:
		s.call("objectId", `"`+v.ObjectID().Hex()+`"`)
	case bson.TypeDateTime:
		s.date(v.DateTime())
	case bson.TypeTimestamp:
		t, i := v.Timestamp()
		s.call("timestamp", fmt.Sprint(t, ", ", i))
	case bson.TypeBinary:
		subtype, data, _ := doc.BinaryParts(v.Value)
		s.binary(subtype, data)
	case bson.TypeRegex:
		pattern, options := v.Regex()
		s.b.WriteByte('/')
		escape(&s.b, s.text(pattern), "")
		s.b.WriteByte('/')
		escape(&s.b, options, "")
	case bson.TypeSymbol:
		s.b.WriteString("symbol(")
		quote(&s.b, s.text(v.Symbol()))
		s.b.WriteByte(')')
	case bson.TypeJavaScript:
		s.b.WriteString("code(")
		quote(&s.b, s.text(v.JavaScript()))
		s.b.WriteByte(')')
	case bson.TypeCodeWithScope:
		code, scope := v.CodeWithScope()
		s.b.WriteString("code(")
		quote(&s.b, s.text(code))
		s.b.WriteString(", ")
		s.elements(doc.Value(scope), '{', '}')
		s.b.WriteByte(')')
	case bson.TypeDBPointer:
		collection, id := v.DBPointer()
		s.b.WriteString("dbPointer(")
		quote(&s.b, s.text(collection))
		s.b.WriteString(`, "` + id.Hex() + `")`)
	default: // undefined, minKey(), maxKey()
		name := doc.TypeName(v)
		if v.Type != bson.TypeUndefined {
			name += "()"
		}
		s.b.WriteString(name)
	}
}

// text cuts what is behind the limit in any case.
func (s *shower) text(text string) string {
	if s.limit > 0 && len(text) > s.limit {
		return text[:s.limit]
	}
	return text
}

func (s *shower) elements(v bson.RawValue, open, end byte) {
	s.b.WriteByte(open)
	first := true
	for name, e := range doc.Fields(v.Value) {
		if s.full() {
			break
		}
		if !first {
			s.b.WriteString(", ")
		}
		first = false
		if open == '{' {
			s.b.WriteString(doc.Path{name}.String() + ": ")
		}
		s.at = append(s.at, name)
		s.value(e)
		s.at = s.at[:len(s.at)-1]
	}
	s.b.WriteByte(end)
}

func (s *shower) call(name, arg string) { s.b.WriteString(name + "(" + arg + ")") }

func (s *shower) date(ms int64) {
	if t := time.UnixMilli(ms).UTC(); t.Year() >= 0 && t.Year() <= 9999 {
		s.call("date", t.Format(`"2006-01-02T15:04:05.000Z"`))
		return
	}
	s.call("date", strconv.FormatInt(ms, 10))
}

func (s *shower) binary(subtype byte, data []byte) {
	if subtype == bson.TypeBinaryUUID && len(data) == 16 {
		h := hex.EncodeToString(data)
		s.call("uuid", `"`+strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")+`"`)
		return
	}
	s.call("binary", fmt.Sprintf(`"%s", %d`, base64.StdEncoding.EncodeToString(data), subtype))
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	escape(b, s, `"\`)
	b.WriteByte('"')
}

// escape writes s as safe.Escape does, bytes that are no UTF-8 as U+FFFD: scripts see
// them so.
func escape(b *strings.Builder, s, special string) {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	safe.Escape(b, s, special)
}

// Clean escapes a name.
func Clean(s string) string {
	var b strings.Builder
	escape(&b, s, "")
	return b.String()
}

// PathTexts joins the first n paths for a message.
func PathTexts(paths []doc.Path, n int) string {
	texts := make([]string, 0, n+1)
	for i, p := range paths {
		if i == n {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ", ")
}
