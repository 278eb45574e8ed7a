// Package doc works on BSON documents as the bytes they are: paths into them,
// equality and order of values, Extended JSON in both directions, well-formedness.
//
// In: bson.Raw and bson.RawValue. Out: the same, or text. Nothing here decodes
// into Go values or uses reflection; an edit makes new bytes. Functions that
// take a document expect one for which Validate (or the reader that made it)
// found no fault; malformed bytes end a walk early and never panic in Fields,
// Validate, Lossless and Show.
package doc

import (
	"encoding/binary"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// MaxDepth is how deep documents and arrays may be nested in each other;
// MongoDB's own limit.
//
//js:table
const MaxDepth = 100

// Fields yields the fields of a document in order. It stops at the first
// malformed one (Validate says where that is).
func Fields(d bson.Raw) iter.Seq2[string, bson.RawValue] {
	return func(yield func(string, bson.RawValue) bool) {
		for w := newWalk(d); w.next(); {
			if !yield(string(w.name), w.value()) {
				return
			}
		}
	}
}

// Elements is Fields with names that are bytes of the document, for who goes through many and keeps few.
func Elements(d bson.Raw) iter.Seq2[[]byte, bson.RawValue] {
	return func(yield func([]byte, bson.RawValue) bool) {
		for w := newWalk(d); w.next(); {
			if !yield(w.name, w.value()) {
				return
			}
		}
	}
}

// Get returns the value at a path. It finds nothing when a field is missing or
// when a step before the last meets something else than a document; arrays are
// never entered. Of duplicate names the first counts.
func Get(d bson.Raw, p Path) (bson.RawValue, bool) {
	for i, name := range p {
		v, ok := field(d, name)
		if !ok {
			return bson.RawValue{}, false
		}
		if i == len(p)-1 {
			return v, true
		}
		if v.Type != bson.TypeEmbeddedDocument {
			return bson.RawValue{}, false
		}
		d = v.Value
	}
	return bson.RawValue{}, false
}

func field(d bson.Raw, name string) (bson.RawValue, bool) {
	for w := newWalk(d); w.next(); {
		if string(w.name) == name {
			return w.value(), true
		}
	}
	return bson.RawValue{}, false
}

// walk goes through the elements of a document or array without allocating.
type walk struct {
	rest []byte // elements not yet visited
	name []byte
	typ  bson.Type
	data []byte
	ok   bool // whether what was visited so far is well-formed
}

func newWalk(d []byte) walk {
	if len(d) < 5 || int(uint32at(d)) != len(d) || d[len(d)-1] != 0 {
		return walk{}
	}
	return walk{rest: d[4 : len(d)-1], ok: true}
}

// next moves to the next element; false at the end or at a malformed element.
func (w *walk) next() bool {
	if len(w.rest) == 0 {
		return false
	}
	typ := bson.Type(w.rest[0])
	end := 1
	for end < len(w.rest) && w.rest[end] != 0 {
		end++
	}
	if end == len(w.rest) {
		w.rest, w.ok = nil, false
		return false
	}
	size := ValueSize(typ, w.rest[end+1:])
	if size < 0 {
		w.rest, w.ok = nil, false
		return false
	}
	w.typ, w.name = typ, w.rest[1:end:end]
	w.data = w.rest[end+1 : end+1+size : end+1+size]
	w.rest = w.rest[end+1+size:]
	return true
}

func (w *walk) value() bson.RawValue { return bson.RawValue{Type: w.typ, Value: w.data} }

// fixedSizes are one more than the sizes of the values of a type, 0 for types whose sizes differ.
var fixedSizes = [256]uint8{
	bson.TypeUndefined: 1, bson.TypeNull: 1, bson.TypeMinKey: 1, bson.TypeMaxKey: 1, bson.TypeBoolean: 2, bson.TypeInt32: 5,
	bson.TypeDouble: 9, bson.TypeDateTime: 9, bson.TypeTimestamp: 9, bson.TypeInt64: 9, bson.TypeObjectID: 13, bson.TypeDecimal128: 17,
}

// FixedSize is the size of the values of a type, -1 for types whose sizes differ.
func FixedSize(t bson.Type) int { return int(fixedSizes[t]) - 1 }

// ValueSize is how many of the bytes are the value of a type, -1 when there are
// too few, its own length field contradicts them, or the type is none.
func ValueSize(t bson.Type, b []byte) int {
	size := FixedSize(t)
	switch t {
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol, bson.TypeDBPointer:
		size = stringSize(b)
		if size > 0 && t == bson.TypeDBPointer {
			size += 12
		}
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		if n := length(b); n >= 5 && n <= len(b) && b[n-1] == 0 {
			size = n
		}
	case bson.TypeBinary:
		if n := length(b); n >= 0 {
			size = n + 5
		}
	case bson.TypeCodeWithScope:
		n := length(b)
		if n < 14 || n > len(b) {
			return -1
		}
		code := stringSize(b[4:n])
		if code < 0 || length(b[4+code:n]) != n-4-code || n-4-code < 5 || b[n-1] != 0 {
			return -1
		}
		size = n
	case bson.TypeRegex:
		pattern := cstringSize(b)
		if pattern < 0 {
			return -1
		}
		options := cstringSize(b[pattern:])
		if options < 0 {
			return -1
		}
		size = pattern + options
	}
	if size > len(b) {
		return -1
	}
	return size
}

// length reads the length at the start of a value, -1 when it is cut off or negative.
func length(b []byte) int {
	if len(b) < 4 {
		return -1
	}
	return max(-1, int(int32(uint32at(b))))
}

// stringSize is the size of a string value with its length and its NUL.
func stringSize(b []byte) int {
	n := length(b)
	if n < 1 || n > len(b)-4 || b[4+n-1] != 0 {
		return -1
	}
	return n + 4
}

func cstringSize(b []byte) int {
	for i, c := range b {
		if c == 0 {
			return i + 1
		}
	}
	return -1
}

func uint32at(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func uint64at(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// text returns the bytes of a string, symbol or code value.
func text(data []byte) []byte { return data[4 : len(data)-1] }

// regexParts splits a regex value into pattern and options.
func regexParts(data []byte) (pattern, options []byte) {
	n := cstringSize(data)
	return data[:n-1], data[n : len(data)-1]
}

// BinaryParts splits a binary value. Subtype 2 has its length a second time in
// front of the payload: it is taken off when it is right (exact is false when not).
func BinaryParts(data []byte) (subtype byte, payload []byte, exact bool) {
	subtype, payload = data[4], data[5:]
	if subtype != bson.TypeBinaryBinaryOld {
		return subtype, payload, true
	}
	if len(payload) >= 4 && int(uint32at(payload)) == len(payload)-4 {
		return subtype, payload[4:], true
	}
	return subtype, payload, false
}

// codeParts splits a code-with-scope value.
func codeParts(data []byte) (code []byte, scope bson.Raw) {
	n := stringSize(data[4:])
	return text(data[4 : 4+n]), bson.Raw(data[4+n:])
}

// Empty is the document without fields.
var Empty = bson.Raw{5, 0, 0, 0, 0}

// Value is a document as a value.
func Value(d bson.Raw) bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
}

// IsDocument reports whether v is a document; an array is none.
func IsDocument(v bson.RawValue) bool { return v.Type == bson.TypeEmbeddedDocument }

// IsEmpty reports whether v is a document without fields.
func IsEmpty(v bson.RawValue) bool { return IsDocument(v) && len(v.Value) == len(Empty) }

// TypeName returns the language's name of a value's type: int long double
// decimal string bool date timestamp objectId uuid binary regex object array
// null minKey maxKey code symbol dbPointer undefined; "missing" for the zero value.
func TypeName(v bson.RawValue) string {
	switch v.Type {
	case 0:
		return "missing"
	case bson.TypeInt32:
		return "int"
	case bson.TypeInt64:
		return "long"
	case bson.TypeDouble:
		return "double"
	case bson.TypeDecimal128:
		return "decimal"
	case bson.TypeString:
		return "string"
	case bson.TypeBoolean:
		return "bool"
	case bson.TypeDateTime:
		return "date"
	case bson.TypeTimestamp:
		return "timestamp"
	case bson.TypeObjectID:
		return "objectId"
	case bson.TypeBinary:
		if len(v.Value) == 5+16 && v.Value[4] == bson.TypeBinaryUUID {
			return "uuid"
		}
		return "binary"
	case bson.TypeRegex:
		return "regex"
	case bson.TypeEmbeddedDocument:
		return "object"
	case bson.TypeArray:
		return "array"
	case bson.TypeNull:
		return "null"
	case bson.TypeMinKey:
		return "minKey"
	case bson.TypeMaxKey:
		return "maxKey"
	case bson.TypeJavaScript, bson.TypeCodeWithScope:
		return "code"
	case bson.TypeSymbol:
		return "symbol"
	case bson.TypeDBPointer:
		return "dbPointer"
	case bson.TypeUndefined:
		return "undefined"
	}
	return "unknown"
}
