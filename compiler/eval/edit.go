package eval

// Reading and editing raw documents by a path of fields and positions.
//
// In: well-formed documents. Out: values that share their memory, or new
// documents; what is given is never changed. Package raw walks the bytes.

import (
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// walker reads a path; shown is the path as text for messages.
type walker struct {
	steps []ast.Step
	shown func(steps int) string // the path up to so many steps
}

// get follows the steps from i on; missing is the zero value.
func (w *walker) get(v bson.RawValue, i int) (bson.RawValue, *value.Error) {
	for ; i < len(w.steps); i++ {
		s := &w.steps[i]
		switch s.Kind {
		case ast.FieldStep:
			if v.Type == bson.TypeArray {
				return bson.RawValue{}, w.throughArray(i, s.Name, false)
			}
			if v.Type != bson.TypeEmbeddedDocument {
				return bson.RawValue{}, nil
			}
			e, ok := raw.Member(v.Value, s.Name)
			if !ok {
				return bson.RawValue{}, nil
			}
			v = e.Value(v.Value)
		case ast.PositionStep:
			if missing, err := w.wantArray(v, i); missing || err != nil {
				return bson.RawValue{}, err
			}
			e, ok := raw.At(v.Value, s.Position)
			if !ok {
				return bson.RawValue{}, nil
			}
			v = e.Value(v.Value)
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
func (w *walker) collect(array bson.RawValue, i int, all *[]bson.RawValue) *value.Error {
	for e := range raw.Elements(array.Value) {
		v := e.Value(array.Value)
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

func (w *walker) wantArray(v bson.RawValue, i int) (missing bool, err *value.Error) {
	switch v.Type {
	case bson.TypeArray:
		return false, nil
	case 0, bson.TypeNull:
		return true, nil
	}
	return true, &value.Error{Code: diag.NotAnArray, Span: w.steps[i].Span, Message: "`" + w.shown(i) + "` is no array", Evidence: value.Of(v).Evidence()}
}

func (w *walker) throughArray(i int, name string, write bool) *value.Error {
	p := w.shown(i)
	hint := fmt.Sprintf("say which elements: `%s[].%s`, `%s[0].%s`, or each element by name", p, name, p, name)
	if write {
		hint = fmt.Sprintf("edit its elements, `each x in %s { … }`, or one of them, `%s[0].%s`", p, p, name)
	}
	return &value.Error{Code: diag.PathThroughArray, Span: w.steps[i].Span, Message: "`" + p + "` is an array",
		Notes: []string{hint}}
}

// put writes v at the path w in a document (or array, below the top), keeping
// the place of a field that exists, making missing parents objects and
// appending what is new (`_id` of the document first). It appends the new bytes to
// dst; old is what was there before, the zero value for nothing.
func (w *walker) put(dst, d []byte, i int, v bson.RawValue) (buf []byte, old bson.RawValue, err *value.Error) {
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
		return raw.Insert(dst, d, s.Name, v, i == 0), old, nil
	}
	start := len(dst)
	dst = append(dst, d[:e.Start]...)
	if last {
		old = e.Value(d)
		dst = append(dst, byte(v.Type))
		dst = append(dst, d[e.Name:e.Data]...)
		dst = append(dst, v.Value...)
	} else {
		inner := e.Value(d)
		if err := w.enter(inner, i+1); err != nil {
			return nil, old, err
		}
		dst = append(dst, d[e.Start:e.Data]...)
		if dst, old, err = w.put(dst, inner.Value, i+1, v); err != nil {
			return nil, old, err
		}
	}
	dst = append(dst, d[e.End:]...)
	return raw.Sized(dst, start), old, nil
}

// enter checks that the step at i can be taken into v to write there.
func (w *walker) enter(v bson.RawValue, i int) *value.Error {
	s := &w.steps[i]
	switch {
	case s.Kind == ast.FieldStep && v.Type == bson.TypeEmbeddedDocument, s.Kind == ast.PositionStep && v.Type == bson.TypeArray:
		return nil
	case s.Kind == ast.FieldStep && v.Type == bson.TypeArray:
		return w.throughArray(i, s.Name, true)
	case s.Kind == ast.PositionStep:
		return &value.Error{Code: diag.NotAnArray, Span: s.Span, Message: "`" + w.shown(i) + "` is no array", Evidence: value.Of(v).Evidence()}
	}
	return &value.Error{Code: diag.ParentNotObject, Message: "`" + w.shown(i) + "` is " + value.WithArticle(doc.TypeName(v)) + ", not an object", Evidence: value.Of(v).Evidence(),
		Notes: []string{"write the parent first: `set " + w.shown(i) + " = { … }`"}}
}

func (w *walker) beyondEnd(i int, d []byte) *value.Error {
	n := 0
	for range raw.Elements(d) {
		n++
	}
	return &value.Error{Code: diag.PositionOutOfRange, Span: w.steps[i].Span, Message: "`" + w.shown(i+1) + "` is beyond the end of the array",
		Evidence: elementCount(n), Notes: []string{"`add … to " + w.shown(i) + "` appends an element"}}
}

func elementCount(n int) string {
	if n == 1 {
		return "1 element"
	}
	return strconv.Itoa(n) + " elements"
}

// cut removes what is at the path; false when there is nothing. Removing an
// element of an array moves the later ones up.
func (w *walker) cut(dst, d []byte, i int) ([]byte, bool, *value.Error) {
	s := &w.steps[i]
	e, ok := find(d, s)
	if !ok {
		return dst, false, nil
	}
	start := len(dst)
	if i < len(w.steps)-1 {
		inner := e.Value(d)
		if ok, err := w.inside(inner, i+1); !ok || err != nil {
			return dst, false, err
		}
		dst = append(dst, d[:e.Data]...)
		longer, ok, err := w.cut(dst, inner.Value, i+1)
		if !ok || err != nil {
			return dst[:start], false, err
		}
		dst = append(longer, d[e.End:]...)
		return raw.Sized(dst, start), true, nil
	}
	dst = append(dst, d[:e.Start]...)
	if s.Kind != ast.PositionStep {
		dst = append(dst, d[e.End:]...)
		return raw.Sized(dst, start), true, nil
	}
	n := s.Position
	for e, ok := raw.Next(d, e.End); ok; e, ok = raw.Next(d, e.End) {
		dst = append(dst, d[e.Start])
		dst = append(strconv.AppendInt(dst, int64(n), 10), 0)
		dst = append(dst, d[e.Data:e.End]...)
		n++
	}
	return raw.Sized(append(dst, 0), start), true, nil
}

// inside reports whether the step at i can be taken into v to remove something
// there; into a scalar it cannot, which is no error.
func (w *walker) inside(v bson.RawValue, i int) (bool, *value.Error) {
	s := &w.steps[i]
	switch {
	case s.Kind == ast.FieldStep && v.Type == bson.TypeArray:
		return false, w.throughArray(i, s.Name, true)
	case s.Kind == ast.PositionStep:
		missing, err := w.wantArray(v, i)
		return !missing, err
	}
	return v.Type == bson.TypeEmbeddedDocument, nil
}

// retitle renames the last field of the path in place. The new name is known
// to be free; `_id` of the document moves to the front.
func (w *walker) retitle(dst, d []byte, i int, name string) []byte {
	e, _ := find(d, &w.steps[i])
	start := len(dst)
	if i < len(w.steps)-1 {
		dst = append(dst, d[:e.Data]...)
		dst = w.retitle(dst, d[e.Data:e.End], i+1, name)
		dst = append(dst, d[e.End:]...)
		return raw.Sized(dst, start)
	}
	if i == 0 && name == "_id" {
		dst = append(dst, d[:4]...)
		dst = raw.AppendElement(dst, name, e.Value(d))
		dst = append(dst, d[4:e.Start]...)
	} else {
		dst = append(dst, d[:e.Start]...)
		dst = raw.AppendElement(dst, name, e.Value(d))
	}
	dst = append(dst, d[e.End:]...)
	return raw.Sized(dst, start)
}

func find(d []byte, s *ast.Step) (raw.Element, bool) {
	if s.Kind == ast.PositionStep {
		return raw.At(d, s.Position)
	}
	return raw.Member(d, s.Name)
}
