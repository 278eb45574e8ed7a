// Package value has the values of expressions and what can be done with them, purely:
// no syntax tree, no documents but those that are given.
//
// In: values. Out: what an operator or a conversion makes of them, or an Error.
//
// A Value is a BSON value, missing, or a literal that holds numeric constants
// without a type; a secret or a link is one of a type that BSON does not have.
// Arithmetic, comparison and conversion follow docs/language-values.md, Values and
// types: exact, or an Error.
package value

import (
	"encoding/binary"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Value is a BSON value, missing (the zero Value), or a literal that holds
// untyped numeric constants: such a constant is an exact decimal number without
// a type until it is written or meets a typed operand.
type Value struct {
	// BSON is the value; Type 0 when it is missing or holds untyped constants.
	BSON  bson.RawValue
	loose *loose
}

// loose is what is not BSON yet: exactly one of the three forms.
type loose struct {
	num    *untyped
	list   []Value // with isList
	isList bool
	fields []Field // an object
}

// Field is a field of an object.
type Field struct {
	Name  string
	Value Value
}

// Of makes a Value of a BSON value; the zero RawValue is missing.
func Of(v bson.RawValue) Value { return Value{BSON: v} }

// Missing reports whether there is no value.
func (v Value) Missing() bool { return v.BSON.Type == 0 && v.loose == nil }

// Untyped reports whether the value is or holds an untyped numeric constant.
func (v Value) Untyped() bool { return v.loose != nil }

// Raw gives the BSON value; an untyped constant becomes int if it is integral
// and fits, else long if it fits, else double for fractions. The error is an
// integer that no integer type holds; a missing value gives the zero RawValue.
//
// A value that is or holds a secret is an error: it is known only when it is
// written into a document.
func (v Value) Raw() (bson.RawValue, *Error) {
	if v.HoldsSecret() {
		return bson.RawValue{}, SecretUsed("this value", source.Span{})
	}
	return v.Settle(nil)
}

// Target is where a value is written: it decides the types of untyped constants.
type Target interface {
	// Field and element are targets inside of it.
	Field(name string) Target
	Element() Target
	// Types are the numeric types that are known there.
	Types() []string
	// Place is the place for people.
	Place() string
}

// Settle turns a value into BSON for a place; nil: the default types.
func (v Value) Settle(at Target) (bson.RawValue, *Error) {
	l := v.loose
	switch {
	case l == nil:
		return v.BSON, nil
	case l.num != nil:
		var types []string
		if at != nil {
			types = at.Types()
		}
		r, err := l.num.settle(types)
		if err != nil && len(types) > 0 {
			err.Message = "`" + at.Place() + "` is " + OrList(types) + " in the collection; " + err.Message
		}
		return r, err
	case l.isList:
		var element Target
		if at != nil {
			element = at.Element()
		}
		settled := make([]bson.RawValue, 0, len(l.list))
		for _, e := range l.list {
			r, err := e.Settle(element)
			if err != nil {
				return bson.RawValue{}, err
			}
			settled = append(settled, r)
		}
		return doc.Array(settled...), nil
	default:
		var b doc.Builder
		for _, f := range l.fields {
			var field Target
			if at != nil {
				field = at.Field(f.Name)
			}
			r, err := f.Value.Settle(field)
			if err != nil {
				return bson.RawValue{}, err
			}
			b.Append(f.Name, r)
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
		c.list[i] = v.Clone()
	}
	for i, f := range c.fields {
		c.fields[i].Value = f.Value.Clone()
	}
	return c
}

// Clone copies what shares memory with a document.
func (v Value) Clone() Value {
	v.BSON.Value = slices.Clone(v.BSON.Value)
	v.loose = v.loose.clone()
	return v
}

// IsArray reports whether the value is an array or a list literal.
func (v Value) IsArray() bool {
	return v.BSON.Type == bson.TypeArray || v.loose != nil && v.loose.isList
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.BSON.Type == bson.TypeNull }

// IsNumber reports whether the value is of a numeric type or an untyped constant.
func (v Value) IsNumber() bool {
	if v.loose != nil {
		return v.loose.num != nil
	}
	return Numeric(v.BSON.Type)
}

// Empty reports whether the value is a text, array or object with nothing in it.
func (v Value) Empty() bool {
	if v.loose != nil {
		return v.loose.num == nil && len(v.loose.list) == 0 && len(v.loose.fields) == 0
	}
	switch v.BSON.Type {
	case bson.TypeString, bson.TypeArray, bson.TypeEmbeddedDocument:
		return len(v.BSON.Value) == 5 // the length and its end
	}
	return false
}

// Numeric reports whether values of a type are numbers.
func Numeric(t bson.Type) bool {
	return t == bson.TypeInt32 || t == bson.TypeInt64 || t == bson.TypeDouble || t == bson.TypeDecimal128
}

// TypeName is the language's name of the value's type.
func (v Value) TypeName() string {
	switch {
	case v.Missing():
		return "missing"
	case v.BSON.Type == raw.Hidden:
		return "secret"
	case v.loose == nil:
		return doc.TypeName(v.BSON)
	case v.loose.num != nil:
		return "number"
	case v.loose.isList:
		return "array"
	default:
		return "object"
	}
}

// Evidence is the value for people: short and safe for terminals.
func (v Value) Evidence() string {
	if v.Missing() {
		return "missing"
	}
	if v.loose != nil && v.loose.num != nil {
		return v.loose.num.String()
	}
	r, err := v.Raw()
	if err != nil {
		return v.TypeName()
	}
	return doc.Show(r, 60)
}

// Elements gives the elements of an array or list literal.
func (v Value) Elements(yield func(Value) bool) {
	if v.loose != nil {
		for _, e := range v.loose.list {
			if !yield(e) {
				return
			}
		}
		return
	}
	for e := range raw.Elements(v.BSON.Value) {
		if !yield(Value{BSON: e.Value(v.BSON.Value)}) {
			return
		}
	}
}

// List makes an array value of values, BSON when none is untyped.
func List(values []Value) Value {
	for _, v := range values {
		if v.loose != nil {
			return Value{loose: &loose{list: values, isList: true}}
		}
	}
	raws := make([]bson.RawValue, len(values))
	for i, v := range values {
		raws[i] = v.BSON
	}
	return Value{BSON: doc.Array(raws...)}
}

// Object makes an object value, BSON when no field is untyped.
func Object(fields []Field) Value {
	for _, f := range fields {
		if f.Value.loose != nil {
			return Value{loose: &loose{fields: fields}}
		}
	}
	var b doc.Builder
	for _, f := range fields {
		b.Append(f.Name, f.Value.BSON)
	}
	return Value{BSON: bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: b.Raw()}}
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
	True  = Value{BSON: boolValue(true)}
	False = Value{BSON: boolValue(false)}
	Null  = Value{BSON: bson.RawValue{Type: bson.TypeNull, Value: []byte{}}}
)

// Bool makes true or false.
func Bool(t bool) Value {
	if t {
		return True
	}
	return False
}

// Text gives the string that a string value holds.
func Text(v bson.RawValue) string {
	if len(v.Value) < 5 {
		return ""
	}
	return string(v.Value[4 : len(v.Value)-1])
}

// String makes a string of valid UTF-8.
func String(s string) Value { return Value{BSON: doc.String(s)} }

// Fields gives the fields of an object's value by name, the last one of a name.
func (v Value) Fields() map[string]Value {
	out := map[string]Value{}
	fields, _ := v.Members()
	for _, f := range fields {
		out[f.Name] = f.Value
	}
	return out
}

// Show is the value for people: short and safe for terminals.
func (v Value) Show() string { return shown(v) }

// shown is the value for people; a secret is named, never known.
func shown(v Value) string {
	if v.loose == nil && isLink(v.BSON) {
		return shownLink(v.BSON)
	}
	if v.loose == nil && v.BSON.Type == raw.Hidden {
		text := ""
		for _, p := range SecretParts(v.BSON) {
			if p.Name != "" {
				text += "${secret(" + p.Name + ")}"
			} else {
				text += diag.Safe(p.Text, 60)
			}
		}
		return `"` + text + `"`
	}
	if v.Missing() {
		return "missing"
	}
	if v.loose == nil && HoldsSecret(v.BSON) {
		plain, _ := WithoutSecrets(v.BSON.Value)
		v.BSON.Value = plain
	}
	return v.Evidence()
}

// Field gives a field of an object; missing where there is none.
func (v Value) Field(name string) Value {
	if v.loose != nil {
		for _, f := range v.loose.fields {
			if f.Name == name {
				return f.Value
			}
		}
		return Value{}
	}
	if v.BSON.Type == bson.TypeEmbeddedDocument {
		if e, ok := raw.Member(v.BSON.Value, name); ok {
			return Value{BSON: e.Value(v.BSON.Value)}
		}
	}
	return Value{}
}

// Element gives an element of an array; missing beyond its end.
func (v Value) Element(n int) Value {
	if v.loose != nil {
		if n < len(v.loose.list) {
			return v.loose.list[n]
		}
		return Value{}
	}
	if v.BSON.Type == bson.TypeArray {
		if e, ok := raw.At(v.BSON.Value, n); ok {
			return Value{BSON: e.Value(v.BSON.Value)}
		}
	}
	return Value{}
}

// Int makes an int.
func Int(i int32) Value { return Value{BSON: int32Value(i)} }

// Date makes a date of milliseconds since 1970.
func Date(ms int64) Value { return Value{BSON: dateValue(ms)} }

// Binary makes binary data.
func Binary(subtype byte, data []byte) Value { return Value{BSON: binaryValue(subtype, data)} }
