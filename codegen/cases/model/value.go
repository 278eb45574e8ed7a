package model

// Values: decoded from BSON, and back; which are identical, which are the same,
// and the order of those that can be ordered (docs/enforcement.md, Values).

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Value is a BSON value. Documents and arrays have Fields, all others Bytes. The
// zero Value is no value.
type Value struct {
	Type   bson.Type
	Bytes  []byte
	Fields []Field
}

// Field is one field of a document, or one element of an array.
type Field struct {
	Name  string
	Value Value
}

// Decode decodes a document. It panics on bytes that are no BSON: tests make them.
func Decode(raw bson.Raw) Value {
	return decode(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: raw})
}

func decode(v bson.RawValue) Value {
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
		return Value{Type: v.Type, Bytes: v.Value}
	}
	out := Value{Type: v.Type}
	elements, err := bson.Raw(v.Value).Elements()
	if err != nil {
		panic(err)
	}
	for _, e := range elements {
		out.Fields = append(out.Fields, Field{Name: e.Key(), Value: decode(e.Value())})
	}
	return out
}

// Encode is the BSON of a document.
func (v Value) Encode() bson.Raw {
	if !v.isDocument() && v.Type != bson.TypeArray {
		return v.Bytes
	}
	var body []byte
	for _, f := range v.Fields {
		body = append(append(append(body, byte(f.Value.Type)), f.Name...), 0)
		body = append(body, f.Value.Encode()...)
	}
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(body)+5)), body...), 0)
}

func stringValue(s string) Value {
	return Value{Type: bson.TypeString, Bytes: append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(s)+1)), s...), 0)}
}

func (v Value) isDocument() bool { return v.Type == bson.TypeEmbeddedDocument }

// get is the value at a path; a path enters documents only.
func (v Value) get(path ...string) (Value, bool) {
	for _, name := range path {
		i := -1
		if v.isDocument() {
			i = v.index(name)
		}
		if i < 0 {
			return Value{}, false
		}
		v = v.Fields[i].Value
	}
	return v, true
}

// index is the place of the first field of a name, -1 when there is none.
func (v Value) index(name string) int {
	for i, f := range v.Fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// id is the key of `_id`.
func (v Value) id() string {
	id, _ := v.get("_id")
	return id.key()
}

func (v Value) text() string { return string(v.Bytes[4 : len(v.Bytes)-1]) }

func identical(a, b Value) bool { return a.Type == b.Type && bytes.Equal(a.Encode(), b.Encode()) }

func same(a, b Value) bool { return a.key() == b.key() }

// key is equal for two values exactly when they are the same.
func (v Value) key() string {
	if n, ok := v.number(); ok {
		return "number " + n.String() + ";"
	}
	if !v.isDocument() && v.Type != bson.TypeArray {
		return fmt.Sprintf("%d %x;", v.Type, v.Bytes)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d{", v.Type)
	for _, f := range v.Fields {
		name := f.Name
		if v.Type == bson.TypeArray {
			name = ""
		}
		fmt.Fprintf(&b, "%x:%s", name, f.Value.key())
	}
	return b.String() + "};"
}

// number is the exact value of a number: NaN, an infinity or a fraction.
type number struct {
	nan      bool
	infinite int // -1, 0, 1
	exact    *big.Rat
}

func (n number) String() string {
	switch {
	case n.nan:
		return "nan"
	case n.infinite != 0:
		return fmt.Sprintf("%d infinite", n.infinite)
	}
	return n.exact.RatString()
}

// compareNumbers: NaN is below all numbers.
func compareNumbers(a, b number) int {
	switch {
	case a.nan && b.nan:
		return 0
	case a.nan:
		return -1
	case b.nan:
		return 1
	case a.infinite != 0 || b.infinite != 0:
		return cmp.Compare(a.infinite, b.infinite)
	}
	return a.exact.Cmp(b.exact)
}

func (v Value) number() (number, bool) {
	switch v.Type {
	case bson.TypeInt32:
		return number{exact: big.NewRat(int64(int32(binary.LittleEndian.Uint32(v.Bytes))), 1)}, true
	case bson.TypeInt64:
		return number{exact: big.NewRat(int64(binary.LittleEndian.Uint64(v.Bytes)), 1)}, true
	case bson.TypeDouble:
		f := math.Float64frombits(binary.LittleEndian.Uint64(v.Bytes))
		switch {
		case math.IsNaN(f):
			return number{nan: true}, true
		case math.IsInf(f, 0):
			return number{infinite: int(math.Copysign(1, f))}, true
		}
		return number{exact: new(big.Rat).SetFloat64(f)}, true
	case bson.TypeDecimal128:
		low, high := binary.LittleEndian.Uint64(v.Bytes), binary.LittleEndian.Uint64(v.Bytes[8:])
		d := bson.NewDecimal128(high, low)
		if d.IsNaN() {
			return number{nan: true}, true
		}
		if infinite := d.IsInf(); infinite != 0 {
			return number{infinite: infinite}, true
		}
		digits, exponent, err := d.BigInt()
		if err != nil {
			panic(err)
		}
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
		exact := new(big.Rat).SetInt(digits)
		if exponent < 0 {
			return number{exact: exact.Quo(exact, new(big.Rat).SetInt(power))}, true
		}
		return number{exact: exact.Mul(exact, new(big.Rat).SetInt(power))}, true
	}
	return number{}, false
}

// families of values that `<` and its like compare, in BSON's order of types
// (MongoDB manual: reference/bson-type-comparison-order).
const (
	familyNumber = iota + 1
	familyString
	familyObjectID
	familyBool
	familyDate
	familyTimestamp
)

func (v Value) family() int {
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return familyNumber
	case bson.TypeString:
		return familyString
	case bson.TypeObjectID:
		return familyObjectID
	case bson.TypeBoolean:
		return familyBool
	case bson.TypeDateTime:
		return familyDate
	case bson.TypeTimestamp:
		return familyTimestamp
	}
	return 0
}

// compareFamily orders two values of one family; false when they are of none or of two.
func compareFamily(a, b Value) (int, bool) {
	if a.family() == 0 || a.family() != b.family() {
		return 0, false
	}
	switch a.family() {
	case familyNumber:
		x, _ := a.number()
		y, _ := b.number()
		return compareNumbers(x, y), true
	case familyString:
		return strings.Compare(a.text(), b.text()), true
	case familyDate:
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a.Bytes)), int64(binary.LittleEndian.Uint64(b.Bytes))), true
	case familyTimestamp:
		return cmp.Compare(binary.LittleEndian.Uint64(a.Bytes), binary.LittleEndian.Uint64(b.Bytes)), true
	}
	return bytes.Compare(a.Bytes, b.Bytes), true
}
