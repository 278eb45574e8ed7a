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
	return document(v.Type, v.Value)
}

// ParseExtJSONValue reads one value of any type, as ParseExtJSON does.
func ParseExtJSONValue(text []byte) (bson.RawValue, error) {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	t, ok := r.whole(text)
	if !ok {
		return bson.RawValue{}, r.err
	}
	v := bson.RawValue{Type: t, Value: bytes.Clone(r.dst)}
	if cap(r.dst) > 1<<20 {
		r.dst = nil // one huge document must not pin its buffer
	}
	return v, nil
}

// whole reads all of a text as one value, whose bytes are then in dst.
func (r *reader) whole(text []byte) (bson.Type, bool) {
	r.src, r.pos, r.dst, r.depth, r.wraps, r.err = text, 0, r.dst[:0], 0, 0, nil
	defer func() { r.src = nil }()
	t, ok := r.value()
	if ok {
		if r.space(); r.pos < len(r.src) {
			ok = r.fail(r.pos, "text after the end of the value")
		}
	}
	return t, ok
}

// document is that of a value.
func document(t bson.Type, data []byte) (bson.Raw, error) {
	if t != bson.TypeEmbeddedDocument {
		return nil, &SyntaxError{Message: "expected a document { … }, found a value of type " + TypeName(bson.RawValue{Type: t, Value: data})}
	}
	return data, nil
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// reader makes BSON of a text.
type reader struct {
	scanner
	dst     []byte
	scratch []byte
	depth   int // documents and arrays around the current place
	wraps   int // wrappers around it
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
