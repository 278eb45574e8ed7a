package doc

// Extended JSON v2, read. In: text, canonical, relaxed or mixed; out: the exact
// bytes of the document or value it stands for, or a *SyntaxError. One pass, no
// tree: values are appended to the document as they are met.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// SyntaxError says where a text is no Extended JSON, and why.
type SyntaxError struct {
	Offset  int    // bytes before the place
	Message string // one sentence without a full stop, safe to print
}

// Error gives the message and the offset.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at byte %d)", e.Message, e.Offset)
}

// ParseExtJSON reads one document. Field order and duplicate names are kept. A
// number without point and exponent is an int32 where it fits, else an int64;
// one with them is a double. An object whose first name is one of Extended
// JSON's wrappers ($oid, $date, …) is that value and nothing else. The error is a *SyntaxError.
func ParseExtJSON(text []byte) (bson.Raw, error) {
	v, err := ParseExtJSONValue(text)
	if err != nil {
		return nil, err
	}
	if v.Type != bson.TypeEmbeddedDocument {
		return nil, &SyntaxError{Message: "expected a document { … }, found a value of type " + TypeName(v)}
	}
	return v.Value, nil
}

// ParseExtJSONValue reads one value of any type, as ParseExtJSON does.
func ParseExtJSONValue(text []byte) (bson.RawValue, error) {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.src, r.pos, r.dst, r.depth, r.wraps, r.err = text, 0, r.dst[:0], 0, 0, nil
	defer func() { r.src = nil }()
	t, ok := r.value()
	if ok {
		if r.space(); r.pos < len(r.src) {
			ok = r.fail(r.pos, "text after the end of the value")
		}
	}
	if !ok {
		return bson.RawValue{}, r.err
	}
	if cap(r.dst) > 1<<20 {
		v := bson.RawValue{Type: t, Value: bytes.Clone(r.dst)}
		r.dst = nil // one huge document must not pin its buffer
		return v, nil
	}
	return bson.RawValue{Type: t, Value: bytes.Clone(r.dst)}, nil
}

var readers = sync.Pool{New: func() any { return new(reader) }}

type reader struct {
	src     []byte
	pos     int
	dst     []byte
	scratch []byte
	depth   int // documents and arrays around the current place
	wraps   int // wrappers around it
	err     error
}

func (r *reader) fail(at int, format string, args ...any) bool {
	if r.err == nil {
		r.err = &SyntaxError{Offset: at, Message: fmt.Sprintf(format, args...)}
	}
	return false
}

// space skips white space and returns the next byte, 0 at the end.
func (r *reader) space() byte {
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; c {
		case ' ', '\n', '\t', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// expect skips white space and the given byte.
func (r *reader) expect(c byte, context string) bool {
	if r.space() != c {
		return r.fail(r.pos, "expected %q %s, found %s", c, context, r.found())
	}
	r.pos++
	return true
}

// found describes what stands at the current place.
func (r *reader) found() string {
	if r.pos >= len(r.src) {
		return "the end of the text"
	}
	c, _ := utf8.DecodeRune(r.src[r.pos:])
	return strconv.QuoteRune(c)
}

// value reads a value, appends its bytes and returns its type.
func (r *reader) value() (bson.Type, bool) {
	switch c := r.space(); c {
	case '{':
		return r.object()
	case '[':
		return bson.TypeArray, r.array()
	case '"':
		return bson.TypeString, r.stringBytes()
	case 't':
		r.dst = append(r.dst, 1)
		return bson.TypeBoolean, r.word("true")
	case 'f':
		r.dst = append(r.dst, 0)
		return bson.TypeBoolean, r.word("false")
	case 'n':
		return bson.TypeNull, r.word("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return r.number()
	}
	return 0, r.fail(r.pos, "expected a value, found %s", r.found())
}

func (r *reader) word(w string) bool {
	if !bytes.HasPrefix(r.src[r.pos:], []byte(w)) {
		return r.fail(r.pos, "expected a value; text stands in double quotes")
	}
	r.pos += len(w)
	return true
}

// deeper counts one more document, array or wrapper around what is read.
func (r *reader) deeper(count *int) bool {
	if *count++; *count > MaxDepth {
		return r.fail(r.pos, "nested more than %d deep, MongoDB's limit", MaxDepth)
	}
	return true
}

// enter starts a document or array: it returns where its length is to be put.
func (r *reader) enter() int {
	r.pos++
	r.dst = append(r.dst, 0, 0, 0, 0)
	return len(r.dst) - 4
}

func (r *reader) leave(start int) bool {
	r.depth--
	r.pos++
	r.dst = append(r.dst, 0)
	size := len(r.dst) - start
	if size > math.MaxInt32 {
		return r.fail(r.pos, "larger than BSON can be")
	}
	binary.LittleEndian.PutUint32(r.dst[start:], uint32(size))
	return true
}

// object reads { … }: a document, or the value that a wrapper stands for.
func (r *reader) object() (bson.Type, bool) {
	start := r.enter()
	if r.space() == '}' {
		return bson.TypeEmbeddedDocument, r.deeper(&r.depth) && r.leave(start)
	}
	for first := true; ; first = false {
		if r.space() != '"' {
			return 0, r.fail(r.pos, "expected a field name in double quotes, found %s", r.found())
		}
		typeAt, nameAt := len(r.dst), r.pos
		r.dst = append(r.dst, 0)
		var ok bool
		if r.dst, ok = r.str(r.dst); !ok {
			return 0, false
		}
		name := r.dst[typeAt+1:]
		if first && len(name) > 3 && name[0] == '$' {
			if w := wrapperOf(name); w != notWrapper {
				r.dst = r.dst[:start]
				return r.wrapper(w)
			}
		}
		if first && !r.deeper(&r.depth) {
			return 0, false
		}
		if bytes.IndexByte(name, 0) >= 0 {
			return 0, r.fail(nameAt, "a field name must not contain NUL (\\u0000)")
		}
		r.dst = append(r.dst, 0)
		if !r.expect(':', "after a field name") {
			return 0, false
		}
		t, ok := r.value()
		if !ok {
			return 0, false
		}
		r.dst[typeAt] = byte(t)
		switch r.space() {
		case ',':
			r.pos++
		case '}':
			return bson.TypeEmbeddedDocument, r.leave(start)
		default:
			return 0, r.fail(r.pos, "expected a comma or } after a field, found %s", r.found())
		}
	}
}

func (r *reader) array() bool {
	if !r.deeper(&r.depth) {
		return false
	}
	start := r.enter()
	if r.space() == ']' {
		return r.leave(start)
	}
	for i := int64(0); ; i++ {
		typeAt := len(r.dst)
		r.dst = append(r.dst, 0)
		r.dst = strconv.AppendInt(r.dst, i, 10)
		r.dst = append(r.dst, 0)
		t, ok := r.value()
		if !ok {
			return false
		}
		r.dst[typeAt] = byte(t)
		switch r.space() {
		case ',':
			r.pos++
		case ']':
			return r.leave(start)
		default:
			return r.fail(r.pos, "expected a comma or ] after an array element, found %s", r.found())
		}
	}
}

// stringBytes reads a string and appends it as a string value.
func (r *reader) stringBytes() bool {
	start := len(r.dst)
	r.dst = append(r.dst, 0, 0, 0, 0)
	var ok bool
	if r.dst, ok = r.str(r.dst); !ok {
		return false
	}
	r.dst = append(r.dst, 0)
	binary.LittleEndian.PutUint32(r.dst[start:], uint32(len(r.dst)-start-4))
	return true
}

// str reads a JSON string, the opening quote being next, and appends its text.
func (r *reader) str(dst []byte) ([]byte, bool) {
	r.pos++
	src := r.src
	start, i := r.pos, r.pos
	ascii := true
	for {
		for i < len(src) && plain[src[i]] {
			i++
		}
		if i == len(src) {
			return dst, r.fail(start-1, "this text has no closing quote")
		}
		c := src[i]
		if c >= 0x7f {
			ascii = false
			i++
			continue
		}
		if !ascii && !utf8.Valid(src[start:i]) {
			return dst, r.invalidUTF8(start, i)
		}
		ascii = true
		dst = append(dst, src[start:i]...)
		switch c {
		case '"':
			r.pos = i + 1
			return dst, true
		case '\\':
			r.pos = i
			var ok bool
			if dst, ok = r.escape(dst); !ok {
				return dst, false
			}
			i = r.pos
			start = i
		default:
			return dst, r.fail(i, "a control character in text must be written as \\u%04x", c)
		}
	}
}

func (r *reader) invalidUTF8(from, to int) bool {
	for i := from; i < to; {
		c, size := utf8.DecodeRune(r.src[i:to])
		if c == utf8.RuneError && size == 1 {
			return r.fail(i, "text that is not valid UTF-8")
		}
		i += size
	}
	return r.fail(from, "text that is not valid UTF-8")
}

// escape reads one \ sequence, surrogate pairs included.
func (r *reader) escape(dst []byte) ([]byte, bool) {
	at := r.pos
	if at+1 >= len(r.src) {
		return dst, r.fail(at, "this text has no closing quote")
	}
	r.pos += 2
	switch c := r.src[at+1]; c {
	case '"', '\\', '/':
		return append(dst, c), true
	case 'b':
		return append(dst, '\b'), true
	case 'f':
		return append(dst, '\f'), true
	case 'n':
		return append(dst, '\n'), true
	case 'r':
		return append(dst, '\r'), true
	case 't':
		return append(dst, '\t'), true
	case 'u':
		high, ok := r.hex4()
		switch {
		case !ok:
			return dst, r.fail(at, "\\u needs four hex digits")
		case high < 0xd800 || high > 0xdfff:
			return utf8.AppendRune(dst, high), true
		case high < 0xdc00 && bytes.HasPrefix(r.src[r.pos:], []byte(`\u`)):
			r.pos += 2
			if low, ok := r.hex4(); ok && low >= 0xdc00 && low <= 0xdfff {
				return utf8.AppendRune(dst, (high-0xd800)<<10+(low-0xdc00)+0x10000), true
			}
		}
		return dst, r.fail(at, "\\u%04x is half of a surrogate pair, which is no character", high)
	}
	return dst, r.fail(at, "unknown escape; a backslash in text is written \\\\")
}

func (r *reader) hex4() (rune, bool) {
	if r.pos+4 > len(r.src) {
		return 0, false
	}
	n := rune(0)
	for _, c := range r.src[r.pos : r.pos+4] {
		d := hexValue(c)
		if d > 15 {
			return 0, false
		}
		n = n<<4 | rune(d)
	}
	r.pos += 4
	return n, true
}

// hexValue returns the value of a hex digit, more than 15 when it is none.
func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// number reads a plain JSON number: an integer or a double.
func (r *reader) number() (bson.Type, bool) {
	start := r.pos
	end, integer, ok := scanNumber(r.src, start)
	if !ok {
		return 0, r.fail(start, "this is no number")
	}
	if end < len(r.src) && !endsNumber[r.src[end]] {
		return 0, r.fail(start, "this is no number")
	}
	r.pos = end
	if !integer {
		return bson.TypeDouble, r.double(start, r.src[start:end])
	}
	n, ok := parseInt(r.src[start:end])
	if !ok {
		return 0, r.fail(start, `this integer does not fit 64 bits: write {"$numberDecimal": "…"}, or with a point for a double`)
	}
	if n >= math.MinInt32 && n <= math.MaxInt32 {
		r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(n))
		return bson.TypeInt32, true
	}
	r.dst = binary.LittleEndian.AppendUint64(r.dst, uint64(n))
	return bson.TypeInt64, true
}

var endsNumber = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, ',': true, ']': true, '}': true}

// double appends the double that a JSON number stands for.
func (r *reader) double(at int, s []byte) bool {
	f, err := strconv.ParseFloat(string(s), 64)
	if err != nil {
		return r.fail(at, "this number is beyond the range of a double")
	}
	r.dst = binary.LittleEndian.AppendUint64(r.dst, math.Float64bits(f))
	return true
}

// scanNumber finds the end of a JSON number and whether it has neither point nor exponent.
func scanNumber(s []byte, i int) (end int, integer, ok bool) {
	digits := func() bool {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	zero := i < len(s) && s[i] == '0'
	start := i
	if !digits() || zero && i > start+1 {
		return i, false, false
	}
	integer = true
	if i < len(s) && s[i] == '.' {
		i++
		integer = false
		if !digits() {
			return i, false, false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		integer = false
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return i, false, false
		}
	}
	return i, integer, true
}

// parseInt reads an optional minus and digits, nothing else, into 64 bits.
func parseInt(s []byte) (int64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	switch {
	case neg && n <= 1<<63:
		return -int64(n), true
	case !neg && n < 1<<63:
		return int64(n), true
	}
	return 0, false
}
