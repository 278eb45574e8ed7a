package eval

// Reading and editing raw documents by a path of fields and positions.
//
// In: well-formed documents. Out: values that share their memory, or new
// documents; what is given is never changed. Of duplicate names the first counts.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
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
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
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

// walker reads a path; shown is the path as text for messages.
type walker struct {
	steps []ast.Step
	shown func(steps int) string // the path up to so many steps
}

// get follows the steps from i on; missing is the zero value.
func (w *walker) get(v bson.RawValue, i int) (bson.RawValue, *Error) {
	for ; i < len(w.steps); i++ {
		s := &w.steps[i]
		switch s.Kind {
		case ast.FieldStep:
			if v.Type == bson.TypeArray {
				return bson.RawValue{}, w.throughArray(i, s.Name)
			}
			if v.Type != bson.TypeEmbeddedDocument {
				return bson.RawValue{}, nil
			}
			e, ok := member(v.Value, s.Name)
			if !ok {
				return bson.RawValue{}, nil
			}
			v = e.value(v.Value)
		case ast.PositionStep:
			if missing, err := w.wantArray(v, i); missing || err != nil {
				return bson.RawValue{}, err
			}
			e, ok := position(v.Value, s.Position)
			if !ok {
				return bson.RawValue{}, nil
			}
			v = e.value(v.Value)
		case ast.AllStep:
			if missing, err := w.wantArray(v, i); missing || err != nil {
				return bson.RawValue{}, err
			}
			var all []bson.RawValue
			if err := w.collect(v, i, &all); err != nil {
				return bson.RawValue{}, err
			}
			return doc.Array(all...), nil
		}
	}
	return v, nil
}

// collect appends what the steps after the AllStep at i find in each element.
func (w *walker) collect(array bson.RawValue, i int, all *[]bson.RawValue) *Error {
	for e := range elementsOf(array.Value) {
		v := e.value(array.Value)
		j := i + 1
		for j < len(w.steps) && w.steps[j].Kind != ast.AllStep {
			j++
		}
		head := walker{steps: w.steps[:j], shown: w.shown}
		v, err := head.get(v, i+1)
		if err != nil {
			return err
		}
		switch {
		case v.Type == 0:
		case j == len(w.steps):
			*all = append(*all, v)
		default:
			if missing, err := w.wantArray(v, j); err != nil {
				return err
			} else if !missing {
				if err := w.collect(v, j, all); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *walker) wantArray(v bson.RawValue, i int) (missing bool, err *Error) {
	switch v.Type {
	case bson.TypeArray:
		return false, nil
	case 0, bson.TypeNull:
		return true, nil
	}
	return true, &Error{Code: diag.NotAnArray, Span: w.steps[i].Span, Message: "`" + w.shown(i) + "` is no array", Evidence: Value{raw: v}.show()}
}

func (w *walker) throughArray(i int, name string) *Error {
	p := w.shown(i)
	return &Error{Code: diag.PathThroughArray, Span: w.steps[i].Span, Message: "`" + p + "` is an array",
		Notes: []string{fmt.Sprintf("say which elements: `%s[].%s`, `%s[0].%s`, or each element by name", p, name, p, name)}}
}

// put writes v at the path w in a document (or array, below the top), keeping
// the place of a field that exists, making missing parents objects and
// appending what is new (`_id` of the document first). It appends the new bytes to
// dst; old is what was there before, the zero value for nothing.
func (w *walker) put(dst, d []byte, i int, v bson.RawValue) (buf []byte, old bson.RawValue, err *Error) {
	s := &w.steps[i]
	e, ok := find(d, s)
	last := i == len(w.steps)-1
	if !ok {
		if s.Kind != ast.FieldStep {
			return nil, old, w.beyondEnd(i, d)
		}
		for j := i + 1; j < len(w.steps); j++ {
			if w.steps[j].Kind != ast.FieldStep {
				return nil, old, w.beyondEnd(j, nil)
			}
		}
		for j := len(w.steps) - 1; j > i; j-- {
			v = bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: doc.NewBuilder(len(v.Value)+len(w.steps[j].Name)+2).Append(w.steps[j].Name, v).Raw()}
		}
		return insert(dst, d, s.Name, v, i == 0), old, nil
	}
	start := len(dst)
	dst = append(dst, d[:e.start]...)
	if last {
		old = e.value(d)
		dst = append(dst, byte(v.Type))
		dst = append(dst, d[e.name:e.data]...)
		dst = append(dst, v.Value...)
	} else {
		inner := e.value(d)
		if err := w.enter(inner, i+1); err != nil {
			return nil, old, err
		}
		dst = append(dst, d[e.start:e.data]...)
		if dst, old, err = w.put(dst, inner.Value, i+1, v); err != nil {
			return nil, old, err
		}
	}
	dst = append(dst, d[e.end:]...)
	return sized(dst, start), old, nil
}

// enter checks that the step at i can be taken into v to write there.
func (w *walker) enter(v bson.RawValue, i int) *Error {
	s := &w.steps[i]
	switch {
	case s.Kind == ast.FieldStep && v.Type == bson.TypeEmbeddedDocument, s.Kind == ast.PositionStep && v.Type == bson.TypeArray:
		return nil
	case s.Kind == ast.FieldStep && v.Type == bson.TypeArray:
		return w.throughArray(i, s.Name)
	case s.Kind == ast.PositionStep:
		return &Error{Code: diag.NotAnArray, Span: s.Span, Message: "`" + w.shown(i) + "` is no array", Evidence: Value{raw: v}.show()}
	}
	return &Error{Code: diag.ParentNotObject, Message: "`" + w.shown(i) + "` is " + withArticle(doc.TypeName(v)) + ", not an object", Evidence: Value{raw: v}.show(),
		Notes: []string{"write the parent first: `set " + w.shown(i) + " = { … }`"}}
}

func (w *walker) beyondEnd(i int, d []byte) *Error {
	n := 0
	for range elementsOf(d) {
		n++
	}
	return &Error{Code: diag.PositionOutOfRange, Span: w.steps[i].Span, Message: "`" + w.shown(i+1) + "` is beyond the end of the array",
		Evidence: strconv.Itoa(n) + " elements", Notes: []string{"`add … to " + w.shown(i) + "` appends an element"}}
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

// cut removes what is at the path; false when there is nothing. Removing an
// element of an array moves the later ones up.
func (w *walker) cut(dst, d []byte, i int) ([]byte, bool, *Error) {
	s := &w.steps[i]
	e, ok := find(d, s)
	if !ok {
		return dst, false, nil
	}
	start := len(dst)
	if i < len(w.steps)-1 {
		inner := e.value(d)
		into := &w.steps[i+1]
		switch {
		case into.Kind == ast.FieldStep && inner.Type == bson.TypeArray:
			return nil, false, w.throughArray(i+1, into.Name)
		case into.Kind == ast.PositionStep && inner.Type != bson.TypeArray:
			_, err := w.wantArray(inner, i+1)
			return dst, false, err
		case into.Kind == ast.FieldStep && inner.Type != bson.TypeEmbeddedDocument:
			return dst, false, nil
		}
		dst = append(dst, d[:e.data]...)
		longer, ok, err := w.cut(dst, inner.Value, i+1)
		if !ok || err != nil {
			return dst[:start], false, err
		}
		dst = append(longer, d[e.end:]...)
		return sized(dst, start), true, nil
	}
	dst = append(dst, d[:e.start]...)
	if s.Kind != ast.PositionStep {
		dst = append(dst, d[e.end:]...)
		return sized(dst, start), true, nil
	}
	n := s.Position
	for e, ok := next(d, e.end); ok; e, ok = next(d, e.end) {
		dst = append(dst, d[e.start])
		dst = append(strconv.AppendInt(dst, int64(n), 10), 0)
		dst = append(dst, d[e.data:e.end]...)
		n++
	}
	return sized(append(dst, 0), start), true, nil
}

// retitle renames the last field of the path in place. The new name is known
// to be free; `_id` of the document moves to the front.
func (w *walker) retitle(dst, d []byte, i int, name string) []byte {
	e, _ := find(d, &w.steps[i])
	start := len(dst)
	if i < len(w.steps)-1 {
		dst = append(dst, d[:e.data]...)
		dst = w.retitle(dst, d[e.data:e.end], i+1, name)
		dst = append(dst, d[e.end:]...)
		return sized(dst, start)
	}
	if i == 0 && name == "_id" {
		dst = append(dst, d[:4]...)
		dst = appendElement(dst, name, e.value(d))
		dst = append(dst, d[4:e.start]...)
	} else {
		dst = append(dst, d[:e.start]...)
		dst = appendElement(dst, name, e.value(d))
	}
	dst = append(dst, d[e.end:]...)
	return sized(dst, start)
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
