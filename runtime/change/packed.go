package change

// Items of documents in little memory. In: items; out: the same ones, as often as they are asked for.
// What a report has no room for is packed until it is shown or written.

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"reflect"
	"sync"
)

// packedBytes are those of items that are compressed at once.
const packedBytes = 128 << 10

// Packed are items in their order. The zero value has none.
type Packed struct {
	pieces [][]byte // compressed
	last   []byte   // not yet
	count  int
	// instead are what stands in the place of items, by their positions.
	instead map[int][]DocumentItem
}

// packers compress pieces.
var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // of a level that there is not
	}
	return w
}}

// Len is how many items were added.
func (p *Packed) Len() int { return p.count }

// Add adds an item.
func (p *Packed) Add(item *DocumentItem) {
	p.count++
	p.last = appendPacked(p.last, reflect.ValueOf(item).Elem())
	if len(p.last) < packedBytes {
		return
	}
	var piece bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&piece)
	if _, err := w.Write(p.last); err != nil {
		panic(err) // of a buffer, which has none
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	p.pieces, p.last = append(p.pieces, bytes.Clone(piece.Bytes())), p.last[:0]
}

// Replace puts items in the place of one that was added.
func (p *Packed) Replace(at int, items []DocumentItem) {
	if p.instead == nil {
		p.instead = map[int][]DocumentItem{}
	}
	p.instead[at] = items
}

// All are the items, each with values in memory of its own or of those near it.
func (p *Packed) All() iter.Seq[DocumentItem] {
	return func(yield func(DocumentItem) bool) {
		n := 0
		each := func(data []byte) bool {
			for len(data) > 0 {
				var item DocumentItem
				data = unpack(data, reflect.ValueOf(&item).Elem())
				items, replaced := p.instead[n]
				if n++; !replaced {
					items = []DocumentItem{item}
				}
				for _, item := range items {
					if !yield(item) {
						return false
					}
				}
			}
			return true
		}
		for _, piece := range p.pieces {
			data, err := io.ReadAll(flate.NewReader(bytes.NewReader(piece)))
			if err != nil {
				panic(fmt.Errorf("an item that was packed is damaged: %w", err))
			}
			if !each(data) {
				return
			}
		}
		each(bytes.Clone(p.last))
	}
}

// appendPacked appends a value: lengths and numbers as varints, lists and what is pointed to with one
// more than their length, 0 where they are nil.
func appendPacked(to []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				to = appendPacked(to, v.Field(i))
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return append(to, 0)
		}
		to = appendPacked(append(to, 1), v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return append(to, 0)
		}
		to = binary.AppendUvarint(to, uint64(v.Len())+1)
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return append(to, v.Bytes()...)
		}
		for i := range v.Len() {
			to = appendPacked(to, v.Index(i))
		}
	case reflect.String:
		to = append(binary.AppendUvarint(to, uint64(v.Len())), v.String()...)
	case reflect.Int:
		to = binary.AppendVarint(to, v.Int())
	case reflect.Uint8:
		to = append(to, byte(v.Uint()))
	default:
		panic("items have no " + v.Type().String())
	}
	return to
}

// unpack reads a value into v, and returns what is behind it.
func unpack(data []byte, v reflect.Value) []byte {
	length := func() int {
		n, size := binary.Uvarint(data)
		data = data[size:]
		return int(n)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				data = unpack(data, v.Field(i))
			}
		}
	case reflect.Pointer:
		if length() > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			data = unpack(data, v.Elem())
		}
	case reflect.Slice:
		n := length() - 1
		switch {
		case n < 0:
		case v.Type().Elem().Kind() == reflect.Uint8:
			v.SetBytes(data[:n:n])
			data = data[n:]
		default:
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				data = unpack(data, v.Index(i))
			}
		}
	case reflect.String:
		n := length()
		v.SetString(string(data[:n]))
		data = data[n:]
	case reflect.Int:
		n, size := binary.Varint(data)
		v.SetInt(n)
		data = data[size:]
	case reflect.Uint8:
		v.SetUint(uint64(data[0]))
		data = data[1:]
	}
	return data
}
