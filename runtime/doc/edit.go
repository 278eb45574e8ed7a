package doc

// Documents made of others. In: a document or array, and what is other in it; out: new
// bytes, or those that were given where nothing is other. Every function that leaves
// out, masks, replaces or renames stands on Edit; edit.js is the scripts' half.

import (
	"bytes"
	"encoding/binary"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Edit is a document, or an array, with what change gives for the value of each field:
// the same, another one, or the zero value, which leaves the field out. The others keep
// their names, elements of an array too.
func Edit(d bson.Raw, change func(name string, v bson.RawValue) bson.RawValue) bson.Raw {
	var out []byte // nil: nothing is other so far
	copied, end := 4, 4
	for w := newWalk(d); w.next(); {
		start := end
		end = len(d) - 1 - len(w.rest)
		v := w.value()
		after := change(string(w.name), v)
		if after.Type == v.Type && sameBytes(after.Value, v.Value) {
			continue
		}
		if out == nil {
			out = append(make([]byte, 0, len(d)+max(0, len(after.Value)-len(v.Value))), 0, 0, 0, 0)
		}
		out = append(out, d[copied:start]...)
		copied = end
		if after.Type != 0 {
			out = append(out, byte(after.Type))
			out = append(out, d[start+1:start+2+len(w.name)]...)
			out = append(out, after.Value...)
		}
	}
	if out == nil {
		return d
	}
	out = append(append(out, d[copied:end]...), 0)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}

// AppendOnly appends a document that has those fields of d alone whose names are among the
// given ones, which are few.
func AppendOnly(dst []byte, d bson.Raw, names []string) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	at := 4
	for w := newWalk(d); w.next(); {
		from := at
		at = len(d) - 1 - len(w.rest)
		for _, name := range names {
			if string(w.name) == name {
				dst = append(dst, d[from:at]...)
				break
			}
		}
	}
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// AppendSorted appends a document with the same fields: first those of a name, then the others
// sorted by their names. Those of one name stay as they follow each other.
func AppendSorted(dst []byte, d bson.Raw, first string) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	type field struct {
		name     []byte
		from, to int
	}
	rest, end := make([]field, 0, 32), 4
	for w := newWalk(d); w.next(); {
		from := end
		end = len(d) - 1 - len(w.rest)
		if string(w.name) == first {
			dst = append(dst, d[from:end]...)
		} else {
			rest = append(rest, field{w.name, from, end})
		}
	}
	slices.SortStableFunc(rest, func(a, b field) int { return bytes.Compare(a.name, b.name) })
	for _, f := range rest {
		dst = append(dst, d[f.from:f.to]...)
	}
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	return dst
}

// sameBytes reports whether two values lie in the same memory.
func sameBytes(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// EditValue is Edit of a value that is a document or an array; others stay as they are.
func EditValue(v bson.RawValue, change func(name string, v bson.RawValue) bson.RawValue) bson.RawValue {
	if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
		v.Value = Edit(v.Value, change)
	}
	return v
}

// Replace is a document with another value in place of the one at a path: names of
// fields, and positions in decimal. What is not there is not made.
func Replace(d bson.Raw, path []string, by bson.RawValue) bson.Raw {
	return Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		switch {
		case name != path[0]:
			return v
		case len(path) == 1:
			return by
		case v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray:
			v.Value = Replace(v.Value, path[1:], by)
		}
		return v
	})
}

// Without is a document without its fields of some names.
func Without(d bson.Raw, names ...string) bson.Raw {
	return Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		if slices.Contains(names, name) {
			return bson.RawValue{}
		}
		return v
	})
}

// With is a document with a value in a field: in its place, else as the last one.
func With(d bson.Raw, name string, v bson.RawValue) bson.Raw {
	found := false
	out := Edit(d, func(n string, was bson.RawValue) bson.RawValue {
		if n != name || found {
			return was
		}
		found = true
		return v
	})
	if found {
		return out
	}
	return Appended(d, name, v)
}

// Appended is a document with one more field, its last.
func Appended(d bson.Raw, name string, v bson.RawValue) bson.Raw {
	return Joined(d, NewBuilder(len(name)+len(v.Value)+2).Append(name, v).Raw())
}

// Joined is a document with the fields of another one after its own.
func Joined(d, more bson.Raw) bson.Raw {
	switch {
	case len(d) == 0 && len(more) == 0:
		return Empty
	case len(more) == 0 || len(more) == len(Empty) && len(d) > 0:
		return d
	case len(d) <= len(Empty):
		return more
	}
	out := make([]byte, 0, len(d)+len(more)-len(Empty))
	out = append(append(out, d[:len(d)-1]...), more[4:]...)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}
