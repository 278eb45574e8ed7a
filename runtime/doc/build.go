package doc

// Making documents: in, names and values; out, new bytes.

import (
	"encoding/binary"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Builder appends fields to a new document. The zero value is an empty
// document; Raw ends it. Names must not contain NUL.
type Builder struct{ buf []byte }

// NewBuilder makes a Builder with room for size bytes.
func NewBuilder(size int) *Builder {
	return &Builder{buf: append(make([]byte, 0, size+5), 0, 0, 0, 0)}
}

func (b *Builder) start(t bson.Type, name string) {
	if b.buf == nil {
		b.buf = append(make([]byte, 0, 128), 0, 0, 0, 0)
	}
	b.buf = append(b.buf, byte(t))
	b.buf = append(b.buf, name...)
	b.buf = append(b.buf, 0)
}

// Append adds a field.
func (b *Builder) Append(name string, v bson.RawValue) *Builder {
	b.start(v.Type, name)
	b.buf = append(b.buf, v.Value...)
	return b
}

// AppendDocument adds an embedded document.
func (b *Builder) AppendDocument(name string, d bson.Raw) *Builder {
	return b.Append(name, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d})
}

// AppendArray adds an array made of the values.
func (b *Builder) AppendArray(name string, values ...bson.RawValue) *Builder {
	return b.Append(name, Array(values...))
}

// AppendString adds a string.
func (b *Builder) AppendString(name, s string) *Builder {
	b.start(bson.TypeString, name)
	b.buf = appendString(b.buf, s)
	return b
}

// AppendInt32 adds an int.
func (b *Builder) AppendInt32(name string, n int32) *Builder {
	b.start(bson.TypeInt32, name)
	b.buf = binary.LittleEndian.AppendUint32(b.buf, uint32(n))
	return b
}

// Len returns the size in bytes that the document has when it is ended now.
func (b *Builder) Len() int { return max(len(b.buf), 4) + 1 }

// Raw ends the document and returns it. The Builder may be used on: it goes on
// with what it has, in other memory.
func (b *Builder) Raw() bson.Raw {
	d := make([]byte, 0, b.Len())
	d = append(d, b.buf...)
	if len(d) == 0 {
		d = append(d, 0, 0, 0, 0)
	}
	d = append(d, 0)
	binary.LittleEndian.PutUint32(d, uint32(len(d)))
	return d
}

// AppendSingle appends a document with one field, whose name is empty.
func AppendSingle(dst []byte, v bson.RawValue) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v.Value)+7))
	dst = append(dst, byte(v.Type), 0)
	return append(append(dst, v.Value...), 0)
}

// Array makes an array value of the values.
func Array(values ...bson.RawValue) bson.RawValue {
	size := 5
	for _, v := range values {
		size += len(v.Value) + 8
	}
	d := append(make([]byte, 0, size), 0, 0, 0, 0)
	for i, v := range values {
		d = append(d, byte(v.Type))
		d = strconv.AppendInt(d, int64(i), 10)
		d = append(d, 0)
		d = append(d, v.Value...)
	}
	d = append(d, 0)
	binary.LittleEndian.PutUint32(d, uint32(len(d)))
	return bson.RawValue{Type: bson.TypeArray, Value: d}
}

// String makes a string value.
func String(s string) bson.RawValue {
	return bson.RawValue{Type: bson.TypeString, Value: appendString(nil, s)}
}

// Strings makes an array of strings.
func Strings(list []string) bson.RawValue {
	values := make([]bson.RawValue, len(list))
	for i, s := range list {
		values[i] = String(s)
	}
	return Array(values...)
}

// StringsOf are the elements of an array of strings, the empty string for one that
// is none; nil when v is no array.
func StringsOf(v bson.RawValue) []string {
	array, ok := v.ArrayOK()
	if !ok {
		return nil
	}
	var list []string
	for _, e := range Fields(bson.Raw(array)) {
		s, _ := e.StringValueOK()
		list = append(list, s)
	}
	return list
}

// Bool makes a boolean.
func Bool(is bool) bson.RawValue {
	v := bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}}
	if is {
		v.Value[0] = 1
	}
	return v
}

// Binary makes binary data of subtype 0.
func Binary(data []byte) bson.RawValue {
	v := binary.LittleEndian.AppendUint32(make([]byte, 0, len(data)+5), uint32(len(data)))
	return bson.RawValue{Type: bson.TypeBinary, Value: append(append(v, 0), data...)}
}

// BinaryBytes are the bytes of binary data; nil when v is none.
func BinaryBytes(v bson.RawValue) []byte {
	_, data, _ := v.BinaryOK()
	return data
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)+1))
	dst = append(dst, s...)
	return append(dst, 0)
}
