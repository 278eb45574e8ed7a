package mongosh

// What mongosh cannot send byte for byte. In: a document. Out: the first reason
// against it. Each rule was seen in mongosh 2.12 by sending values of every type
// and reading the stored bytes back (TestTypes); `unsendable` in
// runtime/prelude/drive.js is the twin for values met at the destination.

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// CannotHold reports whether mongosh cannot send a document byte for byte, and
// why: a phrase such as `n.v is a dbPointer`, with positions of arrays as `a[0]`.
func CannotHold(d bson.Raw) (reason string, bad bool) {
	var h holder
	reason = h.fields(d, false)
	return reason, reason != ""
}

// holder is where in a document the look is. A path is put into words when something is
// wrong there, which is rarely.
type holder struct {
	path  []string
	array []bool   // by element of path: it is a position
	names []string // of the fields so far, of each document on the way
}

// at is the place at hand, with what is said of it.
func (h *holder) at(what string) string {
	text := ""
	for i, name := range h.path {
		switch {
		case h.array[i]:
			text += "[" + name + "]"
		case text == "":
			text = doc.Path{name}.String()
		default:
			text += "." + doc.Path{name}.String()
		}
	}
	return text + what
}

// few names are looked through for one that is there twice faster than a map is made.
const few = 32

// twice reports whether a name is among those of the document that begins at from, and
// adds it. many has them where they are many.
func (h *holder) twice(name string, from int, many *map[string]bool) bool {
	own := h.names[from:]
	h.names = append(h.names, name)
	if len(own) < few {
		return slices.Contains(own, name)
	}
	if *many == nil {
		*many = make(map[string]bool, 2*few)
		for _, n := range own {
			(*many)[n] = true
		}
	}
	there := (*many)[name]
	(*many)[name] = true
	return there
}

func (h *holder) fields(d bson.Raw, array bool) string {
	var many map[string]bool
	from, index := len(h.names), 0
	for name, v := range doc.Fields(d) {
		if array && !isPosition(name, index) {
			return h.at(" is an array whose elements are not numbered in order")
		}
		h.path, h.array = append(h.path, name), append(h.array, array)
		if !array {
			if h.twice(name, from, &many) {
				return h.at(" is there twice")
			}
			if !utf8.ValidString(name) {
				return h.at(" is a name that is not valid UTF-8")
			}
		}
		index++
		if reason := h.value(v); reason != "" {
			return reason
		}
		h.path, h.array = h.path[:len(h.path)-1], h.array[:len(h.array)-1]
	}
	h.names = h.names[:from]
	return ""
}

// isPosition reports whether the name of an element is its position.
func isPosition(name string, index int) bool {
	var text [20]byte
	return name == string(strconv.AppendInt(text[:0], int64(index), 10))
}

func (h *holder) value(v bson.RawValue) string {
	data := v.Value
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return h.fields(data, false)
	case bson.TypeArray:
		return h.fields(data, true)
	case bson.TypeUndefined:
		return h.at(" is undefined")
	case bson.TypeDBPointer:
		return h.at(" is a dbPointer")
	case bson.TypeDouble:
		if math.IsNaN(v.Double()) && data[6]&8 == 0 {
			return h.at(" is a signalling NaN")
		}
	case bson.TypeDateTime:
		// The range of a JavaScript Date (ECMAScript, "Time Values and Time Range").
		const reach = 8_640_000_000_000_000
		if ms := v.DateTime(); ms > reach || ms < -reach {
			return h.at(" is a date beyond the years that JavaScript has")
		}
	case bson.TypeBinary:
		payload := data[5:]
		if data[4] == bson.TypeBinaryVector && !isVector(payload) {
			return h.at(" is a vector (binary subtype 9) with a wrong header")
		}
		if data[4] == bson.TypeBinaryBinaryOld &&
			(len(payload) < 4 || int64(int32(binary.LittleEndian.Uint32(payload))) != int64(len(payload)-4)) {
			return h.at(" is binary data of the old subtype 2 with a wrong inner length")
		}
	case bson.TypeRegex:
		if !utf8.Valid(data) {
			return h.at(" is text that is not valid UTF-8")
		}
		if _, options, _ := bytes.Cut(data, []byte{0}); !sortedOptions(options[:len(options)-1]) {
			return h.at(" is a regex with options other than i, l, m, s, u, x in this order")
		}
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
		if !utf8.Valid(data[4:]) {
			return h.at(" is text that is not valid UTF-8")
		}
	case bson.TypeCodeWithScope:
		end := 8 + int(binary.LittleEndian.Uint32(data[4:]))
		if !utf8.Valid(data[8:end]) {
			return h.at(" is text that is not valid UTF-8")
		}
		return h.fields(data[end:], false)
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
