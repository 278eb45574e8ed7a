package mongosh

// What mongosh cannot send byte for byte. In: a document. Out: the first reason
// against it. Each rule was seen in mongosh 2.12 by sending values of every type
// and reading the stored bytes back (TestTypes); `unsendable` in
// runtime/prelude/drive.js is the twin for values met at the destination.

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// CannotHold reports whether mongosh cannot send a document byte for byte, and
// why: a phrase such as `n.v is a dbPointer`, with positions of arrays as `a[0]`.
func CannotHold(d bson.Raw) (reason string, bad bool) {
	reason = fieldsReason(d, false, "")
	return reason, reason != ""
}

func fieldsReason(d bson.Raw, array bool, at string) string {
	var seen map[string]bool // made for the second field
	first, index := "", 0
	for name, v := range doc.Fields(d) {
		var inner string
		switch {
		case array:
			if name != strconv.Itoa(index) {
				return at + " is an array whose elements are not numbered in order"
			}
			inner = at + "[" + name + "]"
		default:
			inner = doc.Path{name}.String()
			if at != "" {
				inner = at + "." + inner
			}
			if index == 0 {
				first = name
			} else {
				if seen == nil {
					seen = map[string]bool{first: true}
				}
				if seen[name] {
					return inner + " is there twice"
				}
				seen[name] = true
			}
			if !utf8.ValidString(name) {
				return inner + " is a name that is not valid UTF-8"
			}
		}
		index++
		if reason := valueReason(v, inner); reason != "" {
			return reason
		}
	}
	return ""
}

func valueReason(v bson.RawValue, at string) string {
	data := v.Value
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return fieldsReason(data, false, at)
	case bson.TypeArray:
		return fieldsReason(data, true, at)
	case bson.TypeUndefined:
		return at + " is undefined"
	case bson.TypeDBPointer:
		return at + " is a dbPointer"
	case bson.TypeDouble:
		if math.IsNaN(v.Double()) && data[6]&8 == 0 {
			return at + " is a signalling NaN"
		}
	case bson.TypeDateTime:
		// The range of a JavaScript Date (ECMAScript, "Time Values and Time Range").
		const reach = 8_640_000_000_000_000
		if ms := v.DateTime(); ms > reach || ms < -reach {
			return at + " is a date beyond the years that JavaScript has"
		}
	case bson.TypeBinary:
		payload := data[5:]
		if data[4] == bson.TypeBinaryVector && !isVector(payload) {
			return at + " is a vector (binary subtype 9) with a wrong header"
		}
		if data[4] == bson.TypeBinaryBinaryOld &&
			(len(payload) < 4 || int64(int32(binary.LittleEndian.Uint32(payload))) != int64(len(payload)-4)) {
			return at + " is binary data of the old subtype 2 with a wrong inner length"
		}
	case bson.TypeRegex:
		if !utf8.Valid(data) {
			return at + " is text that is not valid UTF-8"
		}
		if _, options, _ := bytes.Cut(data, []byte{0}); !sortedOptions(options[:len(options)-1]) {
			return at + " is a regex with options other than i, l, m, s, u, x in this order"
		}
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
		if !utf8.Valid(data[4:]) {
			return at + " is text that is not valid UTF-8"
		}
	case bson.TypeCodeWithScope:
		end := 8 + int(binary.LittleEndian.Uint32(data[4:]))
		if !utf8.Valid(data[8:end]) {
			return at + " is text that is not valid UTF-8"
		}
		return fieldsReason(data[end:], false, at)
	}
	return ""
}

// isVector makes the checks that the driver makes before it sends a vector.
// https://github.com/mongodb/specifications/blob/master/source/bson-binary-vector/bson-binary-vector.md
func isVector(data []byte) bool {
	kind, padding, size := -1, -1, len(data)
	if size > 0 {
		kind = int(data[0])
	}
	if size > 1 {
		padding = int(data[1])
	}
	switch kind {
	case 0x27:
		return padding == 0 && (size-2)%4 == 0
	case 0x03:
		return padding == 0
	case 0x10:
		return size < 2 || padding == 0 || size > 2 && padding <= 7
	}
	return true
}

func sortedOptions(options []byte) bool {
	for i, c := range options {
		if !bytes.ContainsRune([]byte("ilmsux"), rune(c)) || i > 0 && options[i-1] > c {
			return false
		}
	}
	return true
}
