// Package raw has the elements of raw documents and arrays, as they lie in their bytes.
//
// In: well-formed documents, in which a secret may stand. Out:
// elements and values that share their memory. Of duplicate names the first counts.
package raw

import (
	"bytes"
	"encoding/binary"
	"iter"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Hidden is the type of secrets and links, which BSON does not have. Its value is
// a length in four bytes and as many bytes.
const Hidden bson.Type = 0x20

// Element is where an element of a document or array lies in its bytes.
type Element struct {
	Start, Name, Data, End int // type byte; first byte of the name; of the value; after it
}

// Type is the type of the value.
func (e Element) Type(d []byte) bson.Type { return bson.Type(d[e.Start]) }

// NameIn is the name, or position as text.
func (e Element) NameIn(d []byte) string { return string(d[e.Name : e.Data-1]) }

// Value is the value; it shares the memory of the document.
func (e Element) Value(d []byte) bson.RawValue {
	return bson.RawValue{Type: bson.Type(d[e.Start]), Value: d[e.Data:e.End:e.End]}
}

// Next gives the element at offset at; false at the end or at malformed bytes.
func Next(d []byte, at int) (Element, bool) {
	if at >= len(d) || d[at] == 0 {
		return Element{}, false
	}
	n := bytes.IndexByte(d[at+1:], 0)
	if n < 0 {
		return Element{}, false
	}
	data := at + 1 + n + 1
	size := valueSize(bson.Type(d[at]), d[data:])
	if size < 0 || data+size >= len(d) {
		return Element{}, false
	}
	return Element{Start: at, Name: at + 1, Data: data, End: data + size}, true
}

// Elements walks the elements of a document or array.
func Elements(d []byte) iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for e, ok := Next(d, 4); ok; e, ok = Next(d, e.End) {
			if !yield(e) {
				return
			}
		}
	}
}

// valueSize is how many of the bytes are a value of the type; -1: malformed.
func valueSize(t bson.Type, b []byte) int {
	if t != Hidden {
		return doc.ValueSize(t, b)
	}
	if len(b) < 4 {
		return -1
	}
	n := int(int32(binary.LittleEndian.Uint32(b)))
	if n < 0 || n+4 > len(b) {
		return -1
	}
	return n + 4
}

// Member finds a field of a document.
func Member(d []byte, name string) (Element, bool) {
	for at := 4; at < len(d) && d[at] != 0; {
		nul := at + 1 // names are short: a loop is faster than a search
		for nul < len(d) && d[nul] != 0 {
			nul++
		}
		if nul == len(d) {
			break
		}
		size := doc.FixedSize(bson.Type(d[at]))
		if size < 0 {
			size = valueSize(bson.Type(d[at]), d[nul+1:])
		}
		if size < 0 || nul+1+size >= len(d) {
			break
		}
		if string(d[at+1:nul]) == name {
			return Element{Start: at, Name: at + 1, Data: nul + 1, End: nul + 1 + size}, true
		}
		at = nul + 1 + size
	}
	return Element{}, false
}

// At finds an element of an array by its place.
func At(d []byte, n int) (Element, bool) {
	e, ok := Next(d, 4)
	for ; ok && n > 0; n-- {
		e, ok = Next(d, e.End)
	}
	return e, ok
}

// Insert appends a new field to a document; `_id` of the top document goes first.
func Insert(dst, d []byte, name string, v bson.RawValue, top bool) []byte {
	start := len(dst)
	if top && name == "_id" {
		dst = append(dst, d[:4]...)
		dst = AppendElement(dst, name, v)
		dst = append(dst, d[4:]...)
	} else {
		dst = append(dst, d[:len(d)-1]...)
		dst = AppendElement(dst, name, v)
		dst = append(dst, 0)
	}
	return Sized(dst, start)
}

// Sized writes the length of the document that begins at start and ends dst.
func Sized(dst []byte, start int) []byte {
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// AppendNumbered appends an element of an array.
func AppendNumbered(dst []byte, n int, v bson.RawValue) []byte {
	dst = append(strconv.AppendInt(append(dst, byte(v.Type)), int64(n), 10), 0)
	return append(dst, v.Value...)
}

// AppendElement appends an element of a document.
func AppendElement(dst []byte, name string, v bson.RawValue) []byte {
	dst = append(dst, byte(v.Type))
	dst = append(append(dst, name...), 0)
	return append(dst, v.Value...)
}

// Depth is how deep documents and arrays are nested in a value: 0 for a scalar.
// It stops counting above limit.
func Depth(v bson.RawValue, limit int) int {
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray || limit < 0 {
		return 0
	}
	deepest := 0
	for e := range Elements(v.Value) {
		if t := e.Type(v.Value); t == bson.TypeEmbeddedDocument || t == bson.TypeArray {
			deepest = max(deepest, Depth(e.Value(v.Value), limit-1))
		}
	}
	return deepest + 1
}
