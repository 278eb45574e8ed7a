package doc

// Extended JSON v2, written. In: a document's bytes; out: text appended to a buffer.
// What Extended JSON cannot carry (Lossless says so) is written as near as it
// can be: invalid UTF-8 as U+FFFD, any NaN as NaN, any non-canonical decimal as its value.

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/safe"
)

// Canonical is a document as canonical Extended JSON v2, as AppendCanonical writes it.
func Canonical(d bson.Raw) []byte { return AppendCanonical(nil, d) }

// CanonicalValue is one value as canonical Extended JSON v2.
func CanonicalValue(v bson.RawValue) []byte { return AppendCanonicalValue(nil, v) }

// AppendCanonical appends a document as canonical Extended JSON v2: one line,
// no spaces, hidden characters (runtime/safe) as \uXXXX.
func AppendCanonical(dst []byte, d bson.Raw) []byte {
	w := jsonWriter{dst: dst}
	w.document(d)
	return w.dst
}

// AppendCanonicalValue appends one value as canonical Extended JSON v2.
func AppendCanonicalValue(dst []byte, v bson.RawValue) []byte {
	w := jsonWriter{dst: dst}
	w.value(v.Type, v.Value)
	return w.dst
}

// AppendReview appends a document as Extended JSON for people: int32 as 5,
// double always with a point or exponent, dates from 1970 to 9999 as ISO text,
// every other type in its canonical wrapper. With indent, one field or element
// a line and two spaces a level, wrappers on one line; else all on one line. No
// newline at the end.
func AppendReview(dst []byte, d bson.Raw, indent bool) []byte {
	w := jsonWriter{dst: dst, review: true, indent: indent}
	w.document(d)
	return w.dst
}

type jsonWriter struct {
	dst    []byte
	review bool // relaxed where lossless, and spaces after : and ,
	indent bool
	depth  int
}

func (w *jsonWriter) add(s string) { w.dst = append(w.dst, s...) }

func (w *jsonWriter) document(d []byte) {
	w.elements(d, '{', '}', true)
}

func (w *jsonWriter) elements(d []byte, open, end byte, names bool) {
	w.dst = append(w.dst, open)
	w.depth++
	first := true
	for e := newWalk(d); e.next(); first = false {
		switch {
		case !first && w.review && !w.indent:
			w.dst = append(w.dst, ',', ' ')
		case !first:
			w.dst = append(w.dst, ',')
		}
		if w.indent {
			w.newline(w.depth)
		}
		if names {
			w.str(e.name)
			w.dst = append(w.dst, ':')
			if w.review {
				w.dst = append(w.dst, ' ')
			}
		}
		w.value(e.typ, e.data)
	}
	w.depth--
	if w.indent && !first {
		w.newline(w.depth)
	}
	w.dst = append(w.dst, end)
}

func (w *jsonWriter) newline(depth int) {
	w.dst = append(w.dst, '\n')
	for range depth {
		w.dst = append(w.dst, ' ', ' ')
	}
}

// wrap writes the start of a wrapper, {"$name":
func (w *jsonWriter) wrap(name string) {
	w.add(`{"`)
	w.add(name)
	w.colon()
}

// colon closes a name, with the space that goes after it in text for people.
func (w *jsonWriter) colon() {
	if w.review {
		w.add(`": `)
	} else {
		w.add(`":`)
	}
}

// member goes from one member of a wrapper to the next: ,"name":
func (w *jsonWriter) member(name string) {
	if w.review {
		w.add(`, "`)
	} else {
		w.add(`,"`)
	}
	w.add(name)
	w.colon()
}

func (w *jsonWriter) value(t bson.Type, data []byte) {
	switch t {
	case bson.TypeString:
		w.str(text(data))
	case bson.TypeEmbeddedDocument:
		w.document(data)
	case bson.TypeArray:
		w.elements(data, '[', ']', false)
	case bson.TypeBoolean:
		w.dst = strconv.AppendBool(w.dst, data[0] != 0)
	case bson.TypeNull:
		w.add("null")
	case bson.TypeInt32:
		n := int64(int32(uint32at(data)))
		if w.review {
			w.dst = strconv.AppendInt(w.dst, n, 10)
			return
		}
		w.add(`{"$numberInt":"`)
		w.dst = strconv.AppendInt(w.dst, n, 10)
		w.add(`"}`)
	case bson.TypeInt64:
		w.long(data)
	case bson.TypeDouble:
		f := math.Float64frombits(uint64at(data))
		if w.review && f-f == 0 {
			w.dst = appendDouble(w.dst, f)
			return
		}
		w.wrap("$numberDouble")
		w.dst = append(w.dst, '"')
		w.dst = appendDouble(w.dst, f)
		w.add(`"}`)
	case bson.TypeDecimal128:
		w.wrap("$numberDecimal")
		w.dst = append(w.dst, '"')
		w.dst = appendDecimal(w.dst, uint64at(data[8:]), uint64at(data))
		w.add(`"}`)
	case bson.TypeObjectID:
		w.wrap("$oid")
		w.dst = append(w.dst, '"')
		w.dst = hex.AppendEncode(w.dst, data)
		w.add(`"}`)
	case bson.TypeDateTime:
		w.wrap("$date")
		ms := int64(uint64at(data))
		if w.review && ms >= 0 && ms < endOfYear9999 {
			w.dst = append(w.dst, '"')
			w.dst = appendDate(w.dst, ms)
			w.add(`"}`)
			return
		}
		w.long(data)
		w.dst = append(w.dst, '}')
	default:
		w.rare(t, data)
	}
}

func (w *jsonWriter) long(data []byte) {
	w.wrap("$numberLong")
	w.dst = append(w.dst, '"')
	w.dst = strconv.AppendInt(w.dst, int64(uint64at(data)), 10)
	w.add(`"}`)
}

// rare writes the types that documents seldom have.
func (w *jsonWriter) rare(t bson.Type, data []byte) {
	switch t {
	case bson.TypeBinary:
		subtype, payload, _ := BinaryParts(data)
		w.wrap("$binary")
		w.wrap("base64")
		w.dst = append(w.dst, '"')
		w.dst = base64.StdEncoding.AppendEncode(w.dst, payload)
		w.dst = append(w.dst, '"')
		w.member("subType")
		w.dst = append(w.dst, '"')
		w.dst = hex.AppendEncode(w.dst, []byte{subtype})
		w.add(`"}}`)
	case bson.TypeRegex:
		pattern, options := regexParts(data)
		w.wrap("$regularExpression")
		w.wrap("pattern")
		w.str(pattern)
		w.member("options")
		w.str(options)
		w.add(`}}`)
	case bson.TypeTimestamp:
		w.wrap("$timestamp")
		w.wrap("t")
		w.dst = strconv.AppendUint(w.dst, uint64at(data)>>32, 10)
		w.member("i")
		w.dst = strconv.AppendUint(w.dst, uint64at(data)&math.MaxUint32, 10)
		w.add(`}}`)
	case bson.TypeMinKey:
		w.wrap("$minKey")
		w.add(`1}`)
	case bson.TypeMaxKey:
		w.wrap("$maxKey")
		w.add(`1}`)
	case bson.TypeUndefined:
		w.wrap("$undefined")
		w.add(`true}`)
	case bson.TypeSymbol:
		w.wrap("$symbol")
		w.str(text(data))
		w.add(`}`)
	case bson.TypeJavaScript:
		w.wrap("$code")
		w.str(text(data))
		w.add(`}`)
	case bson.TypeCodeWithScope:
		code, scope := codeParts(data)
		w.wrap("$code")
		w.str(code)
		w.member("$scope")
		inner := jsonWriter{dst: w.dst, review: w.review}
		inner.document(scope)
		w.dst = append(inner.dst, '}')
	case bson.TypeDBPointer:
		w.wrap("$dbPointer")
		w.wrap("$ref")
		w.str(text(data[:len(data)-12]))
		w.member("$id")
		w.wrap("$oid")
		w.dst = append(w.dst, '"')
		w.dst = hex.AppendEncode(w.dst, data[len(data)-12:])
		w.add(`"}}}`)
	}
}

// endOfYear9999 is the first millisecond of the year 10000.
const endOfYear9999 = 253402300800000

func appendDate(dst []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

// appendDouble writes the shortest text that reads back as the same double,
// with a point or an exponent so that it is never taken for an integer.
func appendDouble(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(dst, f, 'E', -1, 64)
	}
	if i := int64(f); float64(i) == f && i != 0 && i > -1<<53 && i < 1<<53 {
		return append(strconv.AppendInt(dst, i, 10), '.', '0')
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

// plain marks the ASCII characters that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// str writes a JSON string, hidden characters (runtime/safe) as escapes.
func (w *jsonWriter) str(s []byte) {
	dst := append(w.dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			bad := r == utf8.RuneError && size == 1
			if !bad && !safe.Hidden(r) {
				i += size
				continue
			}
			dst = append(dst, s[start:i]...)
			if bad {
				dst = append(dst, "\ufffd"...)
			} else {
				dst = safe.AppendUnits(dst, r)
			}
			i += size
			start = i
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = safe.AppendUnits(dst, rune(c))
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	w.dst = append(dst, '"')
}
