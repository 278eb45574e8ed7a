package eval

// The elements of raw documents and arrays, as they lie in their bytes.
//
// In: well-formed documents, in which a secret may stand (secret.go). Out:
// elements and values that share their memory. Of duplicate names the first counts.

import (
	"bytes"
	"encoding/binary"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
)

// element is where an element of a document or array lies in its bytes.
type element struct {
	start, name, data, end int // type byte; first byte of the name; of the value; after it
}

func (e element) typ(d []byte) bson.Type { return bson.Type(d[e.start]) }

func (e element) value(d []byte) bson.RawValue {
	return bson.RawValue{Type: bson.Type(d[e.start]), Value: d[e.data:e.end:e.end]}
}

// next gives the element at offset at; false at the end or at malformed bytes.
func next(d []byte, at int) (element, bool) {
	if at >= len(d) || d[at] == 0 {
		return element{}, false
	}
	n := bytes.IndexByte(d[at+1:], 0)
	if n < 0 {
		return element{}, false
	}
	data := at + 1 + n + 1
	size := valueSize(bson.Type(d[at]), d[data:])
	if size < 0 || data+size >= len(d) {
		return element{}, false
	}
	return element{start: at, name: at + 1, data: data, end: data + size}, true
}

// elementsOf walks the elements of a document or array.
func elementsOf(d []byte) iter.Seq[element] {
	return func(yield func(element) bool) {
		for e, ok := next(d, 4); ok; e, ok = next(d, e.end) {
			if !yield(e) {
				return
			}
		}
	}
}

// valueSize is how many of the bytes are a value of the type; -1: malformed.
func valueSize(t bson.Type, b []byte) int {
	switch t {
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol, secretType:
		return prefixed(b, 4)
	case bson.TypeInt32:
		return fixed(b, 4)
	case bson.TypeInt64, bson.TypeDouble, bson.TypeDateTime, bson.TypeTimestamp:
		return fixed(b, 8)
	case bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeCodeWithScope:
		if n := prefixed(b, 0); n >= 5 {
			return n
		}
	case bson.TypeBoolean:
		return fixed(b, 1)
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
		return 0
	case bson.TypeObjectID:
		return fixed(b, 12)
	case bson.TypeDecimal128:
		return fixed(b, 16)
	case bson.TypeBinary:
		return prefixed(b, 5)
	case bson.TypeDBPointer:
		return prefixed(b, 16)
	case bson.TypeRegex:
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			return -1
		}
		j := bytes.IndexByte(b[i+1:], 0)
		if j < 0 {
			return -1
		}
		return i + j + 2
	}
	return -1
}

func fixed(b []byte, n int) int {
	if len(b) < n {
		return -1
	}
	return n
}

func prefixed(b []byte, more int) int {
	if len(b) < 4 {
		return -1
	}
	n := int(int32(binary.LittleEndian.Uint32(b)))
	if n < 0 || n+more > len(b) {
		return -1
	}
	return n + more
}

// member finds a field of a document.
func member(d []byte, name string) (element, bool) {
	for at := 4; at < len(d) && d[at] != 0; {
		nul := at + 1 // names are short: a loop is faster than a search
		for nul < len(d) && d[nul] != 0 {
			nul++
		}
		if nul == len(d) {
			break
		}
		size := valueSize(bson.Type(d[at]), d[nul+1:])
		if size < 0 || nul+1+size >= len(d) {
			break
		}
		if string(d[at+1:nul]) == name {
			return element{start: at, name: at + 1, data: nul + 1, end: nul + 1 + size}, true
		}
		at = nul + 1 + size
	}
	return element{}, false
}

// position finds an element of an array by its place.
func position(d []byte, n int) (element, bool) {
	e, ok := next(d, 4)
	for ; ok && n > 0; n-- {
		e, ok = next(d, e.end)
	}
	return e, ok
}

func find(d []byte, s *ast.Step) (element, bool) {
	if s.Kind == ast.PositionStep {
		return position(d, s.Position)
	}
	return member(d, s.Name)
}

// insert appends a new field to a document; `_id` of the top document goes first.
func insert(dst, d []byte, name string, v bson.RawValue, top bool) []byte {
	start := len(dst)
	if top && name == "_id" {
		dst = append(dst, d[:4]...)
		dst = appendElement(dst, name, v)
		dst = append(dst, d[4:]...)
	} else {
		dst = append(dst, d[:len(d)-1]...)
		dst = appendElement(dst, name, v)
		dst = append(dst, 0)
	}
	return sized(dst, start)
}

// sized writes the length of the document that begins at start and ends dst.
func sized(dst []byte, start int) []byte {
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// depth is how deep documents and arrays are nested in a value: 0 for a scalar.
// It stops counting above limit.
func depth(v bson.RawValue, limit int) int {
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray || limit < 0 {
		return 0
	}
	deepest := 0
	for e := range elementsOf(v.Value) {
		if t := e.typ(v.Value); t == bson.TypeEmbeddedDocument || t == bson.TypeArray {
			deepest = max(deepest, depth(e.value(v.Value), limit-1))
		}
	}
	return deepest + 1
}
