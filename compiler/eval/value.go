package eval

// Values: BSON values, missing, and what literals are before they have a type.

import (
	"encoding/binary"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Value is a BSON value, missing (the zero Value), or a literal that holds
// untyped numeric constants: such a constant is an exact decimal number without
// a type until it is written or meets a typed operand.
type Value struct {
	raw   bson.RawValue
	loose *loose
}

// loose is what is not BSON yet: exactly one of the three forms.
type loose struct {
	num    *untyped
	list   []Value // with isList
	isList bool
	fields []field // an object
}

type field struct {
	name  string
	value Value
}

// BSON makes a Value of a BSON value; the zero RawValue is missing.
func BSON(v bson.RawValue) Value { return Value{raw: v} }

// Missing reports whether there is no value.
func (v Value) Missing() bool { return v.raw.Type == 0 && v.loose == nil }

// Untyped reports whether the value is or holds an untyped numeric constant.
func (v Value) Untyped() bool { return v.loose != nil }

// Raw gives the BSON value; an untyped constant becomes int if it is integral
// and fits, else long if it fits, else double for fractions. The error is an
// integer that no integer type holds; a missing value gives the zero RawValue.
//
// A value that is or holds a secret is an error: it is known only when it is
// written into a document.
func (v Value) Raw() (bson.RawValue, *Error) {
	if v.holdsSecret() {
		return bson.RawValue{}, secretUsed("this value", source.Span{})
	}
	return v.settle(nil, nil)
}

// target is where a value is written: it decides the types of untyped constants.
type target struct {
	at    *ast.Path
	env   *Env
	steps []ast.Step // from the document's root
}

// types gives the numeric types at a place inside the target.
func (t *target) types(inner []ast.Step) []string {
	if t == nil || t.env.NumericTypes == nil {
		return nil
	}
	return t.env.NumericTypes(t.at, append(t.steps[:len(t.steps):len(t.steps)], inner...))
}

// settle turns a value into BSON for a target; nil: the default types.
func (v Value) settle(to *target, inner []ast.Step) (bson.RawValue, *Error) {
	l := v.loose
	switch {
	case l == nil:
		return v.raw, nil
	case l.num != nil:
		types := to.types(inner)
		r, err := l.num.settle(types)
		if err != nil && len(types) > 0 {
			err.Message = "`" + showSteps(append(to.steps[:len(to.steps):len(to.steps)], inner...)) + "` is " + orList(types) + " in the collection; " + err.Message
		}
		return r, err
	case l.isList:
		settled := make([]bson.RawValue, 0, len(l.list))
		for _, e := range l.list {
			r, err := e.settle(to, append(inner[:len(inner):len(inner)], ast.Step{Kind: ast.AllStep}))
			if err != nil {
				return bson.RawValue{}, err
			}
			settled = append(settled, r)
		}
		return doc.Array(settled...), nil
	default:
		var b doc.Builder
		for _, f := range l.fields {
			r, err := f.value.settle(to, append(inner[:len(inner):len(inner)], ast.Step{Kind: ast.FieldStep, Name: f.name}))
			if err != nil {
				return bson.RawValue{}, err
			}
			b.Append(f.name, r)
		}
		return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: b.Raw()}, nil
	}
}

// clone copies what shares memory with a document.
func (l *loose) clone() *loose {
	if l == nil || l.num != nil {
		return l
	}
	c := &loose{isList: l.isList, list: slices.Clone(l.list), fields: slices.Clone(l.fields)}
	for i, v := range c.list {
		c.list[i] = v.clone()
	}
	for i, f := range c.fields {
		c.fields[i].value = f.value.clone()
	}
	return c
}

// clone copies what shares memory with a document.
func (v Value) clone() Value {
	v.raw.Value = slices.Clone(v.raw.Value)
	v.loose = v.loose.clone()
	return v
}

// isArray reports whether the value is an array or a list literal.
func (v Value) isArray() bool {
	return v.raw.Type == bson.TypeArray || v.loose != nil && v.loose.isList
}

func (v Value) isNull() bool { return v.raw.Type == bson.TypeNull }

// isNumber reports whether the value is of a numeric type or an untyped constant.
func (v Value) isNumber() bool {
	if v.loose != nil {
		return v.loose.num != nil
	}
	return numeric(v.raw.Type)
}

func numeric(t bson.Type) bool {
	return t == bson.TypeInt32 || t == bson.TypeInt64 || t == bson.TypeDouble || t == bson.TypeDecimal128
}

// typeName is the language's name of the value's type.
func (v Value) typeName() string {
	switch {
	case v.Missing():
		return "missing"
	case v.raw.Type == secretType:
		return "secret"
	case v.loose == nil:
		return doc.TypeName(v.raw)
	case v.loose.num != nil:
		return "number"
	case v.loose.isList:
		return "array"
	default:
		return "object"
	}
}

// show is the value for people: short and safe for terminals.
func (v Value) show() string {
	if v.Missing() {
		return "missing"
	}
	if v.loose != nil && v.loose.num != nil {
		return v.loose.num.String()
	}
	r, err := v.Raw()
	if err != nil {
		return v.typeName()
	}
	return doc.Show(r, 60)
}

// elements gives the elements of an array or list literal.
func (v Value) elements(yield func(Value) bool) {
	if v.loose != nil {
		for _, e := range v.loose.list {
			if !yield(e) {
				return
			}
		}
		return
	}
	for e := range elementsOf(v.raw.Value) {
		if !yield(Value{raw: e.value(v.raw.Value)}) {
			return
		}
	}
}

// list makes an array value of values, BSON when none is untyped.
func list(values []Value) Value {
	for _, v := range values {
		if v.loose != nil {
			return Value{loose: &loose{list: values, isList: true}}
		}
	}
	raws := make([]bson.RawValue, len(values))
	for i, v := range values {
		raws[i] = v.raw
	}
	return Value{raw: doc.Array(raws...)}
}

// object makes an object value, BSON when no field is untyped.
func object(fields []field) Value {
	for _, f := range fields {
		if f.value.loose != nil {
			return Value{loose: &loose{fields: fields}}
		}
	}
	var b doc.Builder
	for _, f := range fields {
		b.Append(f.name, f.value.raw)
	}
	return Value{raw: bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: b.Raw()}}
}

func boolValue(t bool) bson.RawValue {
	b := []byte{0}
	if t {
		b[0] = 1
	}
	return bson.RawValue{Type: bson.TypeBoolean, Value: b}
}

func int32Value(i int32) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt32, Value: binary.LittleEndian.AppendUint32(nil, uint32(i))}
}

func int64Value(i int64) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt64, Value: binary.LittleEndian.AppendUint64(nil, uint64(i))}
}

func doubleValue(f float64) bson.RawValue {
	return bson.RawValue{Type: bson.TypeDouble, Value: binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))}
}

func dateValue(ms int64) bson.RawValue {
	return bson.RawValue{Type: bson.TypeDateTime, Value: binary.LittleEndian.AppendUint64(nil, uint64(ms))}
}

func binaryValue(subtype byte, data []byte) bson.RawValue {
	n := len(data)
	if subtype == 2 { // the old form repeats the length
		n += 4
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(n))
	b = append(b, subtype)
	if subtype == 2 {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	}
	return bson.RawValue{Type: bson.TypeBinary, Value: append(b, data...)}
}

var (
	trueValue  = Value{raw: boolValue(true)}
	falseValue = Value{raw: boolValue(false)}
	nullValue  = Value{raw: bson.RawValue{Type: bson.TypeNull, Value: []byte{}}}
)

func truth(t bool) Value {
	if t {
		return trueValue
	}
	return falseValue
}

// text gives the string that a string value holds.
func text(v bson.RawValue) string {
	if len(v.Value) < 5 {
		return ""
	}
	return string(v.Value[4 : len(v.Value)-1])
}

func appendElement(dst []byte, name string, v bson.RawValue) []byte {
	dst = append(dst, byte(v.Type))
	dst = append(append(dst, name...), 0)
	return append(dst, v.Value...)
}
