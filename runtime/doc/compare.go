package doc

// Equality and order. In: two values; out: whether they are identical, the
// same (docs/enforcement.md, Values), or how they are ordered (MongoDB manual,
// "Comparison/Sort Order"; the types it leaves out stand where the server has them).

import (
	"bytes"
	"cmp"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Identical reports whether two values have the same type and the same bytes.
func Identical(a, b bson.RawValue) bool {
	return a.Type == b.Type && bytes.Equal(a.Value, b.Value)
}

// Same is the language's ==: numbers are compared exactly across their types,
// NaN is the same as NaN and -0 as 0; other values by type and value; documents
// have the same fields in the same order, arrays are compared element by element.
func Same(a, b bson.RawValue) bool {
	return same(a.Type, a.Value, b.Type, b.Value)
}

func same(at bson.Type, a []byte, bt bson.Type, b []byte) bool {
	if at != bt {
		return isNumber(at) && isNumber(bt) && compareNumbers(numberOf(at, a), numberOf(bt, b)) == 0
	}
	if bytes.Equal(a, b) {
		return true
	}
	switch at {
	case bson.TypeDouble, bson.TypeDecimal128:
		return compareNumbers(numberOf(at, a), numberOf(bt, b)) == 0
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		x, y := newWalk(a), newWalk(b)
		for x.next() {
			if !y.next() || at == bson.TypeEmbeddedDocument && !bytes.Equal(x.name, y.name) ||
				!same(x.typ, x.data, y.typ, y.data) {
				return false
			}
		}
		return !y.next()
	}
	return false
}

// Compare is a total order of all values in MongoDB's order of types; it is 0
// exactly when the values are Same. A symbol stands right after the equal string.
func Compare(a, b bson.RawValue) int {
	return compare(a.Type, a.Value, b.Type, b.Value)
}

func compare(at bson.Type, a []byte, bt bson.Type, b []byte) int {
	rank := typeRank(at)
	if c := cmp.Compare(rank, typeRank(bt)); c != 0 {
		return c
	}
	switch rank {
	case rankNumber:
		return compareNumbers(numberOf(at, a), numberOf(bt, b))
	case rankString:
		if c := bytes.Compare(text(a), text(b)); c != 0 {
			return c
		}
		return cmp.Compare(btoi(at == bson.TypeSymbol), btoi(bt == bson.TypeSymbol))
	case rankObject, rankArray:
		return compareElements(a, b, rank == rankObject)
	case rankBinary:
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a[4], b[4]), bytes.Compare(a[5:], b[5:]))
	case rankDate:
		return cmp.Compare(int64(uint64at(a)), int64(uint64at(b)))
	case rankTimestamp:
		return cmp.Compare(uint64at(a), uint64at(b))
	case rankRegex:
		ap, ao := regexParts(a)
		bp, bo := regexParts(b)
		return cmp.Or(bytes.Compare(ap, bp), bytes.Compare(ao, bo))
	case rankCode:
		return bytes.Compare(text(a), text(b))
	case rankCodeWithScope:
		ac, as := codeParts(a)
		bc, bs := codeParts(b)
		return cmp.Or(bytes.Compare(ac, bc), compareElements(as, bs, true), bytes.Compare(as, bs))
	}
	return bytes.Compare(a, b) // objectId, bool, dbPointer; the others have no bytes
}

// compareElements orders documents as MongoDB does: element by element, first
// by type, then by name, then by value; what ends first is less.
func compareElements(a, b []byte, names bool) int {
	x, y := newWalk(a), newWalk(b)
	for x.next() {
		if !y.next() {
			return 1
		}
		if names {
			if c := cmp.Or(cmp.Compare(typeRank(x.typ), typeRank(y.typ)), bytes.Compare(x.name, y.name)); c != 0 {
				return c
			}
		}
		if c := compare(x.typ, x.data, y.typ, y.data); c != 0 {
			return c
		}
	}
	if y.next() {
		return -1
	}
	return 0
}

const (
	rankMissing = iota
	rankMinKey
	rankUndefined
	rankNull
	rankNumber
	rankString
	rankObject
	rankArray
	rankBinary
	rankObjectID
	rankBool
	rankDate
	rankTimestamp
	rankRegex
	rankDBPointer
	rankCode
	rankCodeWithScope
	rankMaxKey
)

func typeRank(t bson.Type) int {
	switch t {
	case bson.TypeMinKey:
		return rankMinKey
	case bson.TypeUndefined:
		return rankUndefined
	case bson.TypeNull:
		return rankNull
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return rankNumber
	case bson.TypeString, bson.TypeSymbol:
		return rankString
	case bson.TypeEmbeddedDocument:
		return rankObject
	case bson.TypeArray:
		return rankArray
	case bson.TypeBinary:
		return rankBinary
	case bson.TypeObjectID:
		return rankObjectID
	case bson.TypeBoolean:
		return rankBool
	case bson.TypeDateTime:
		return rankDate
	case bson.TypeTimestamp:
		return rankTimestamp
	case bson.TypeRegex:
		return rankRegex
	case bson.TypeDBPointer:
		return rankDBPointer
	case bson.TypeJavaScript:
		return rankCode
	case bson.TypeCodeWithScope:
		return rankCodeWithScope
	case bson.TypeMaxKey:
		return rankMaxKey
	}
	return rankMissing
}

// CompareFamily orders two values for < <= > >= and between. It is false when
// they are not of one family: number, string, date, timestamp, bool, objectId.
// NaN is the same as NaN and below every other number.
func CompareFamily(a, b bson.RawValue) (int, bool) {
	rank := typeRank(a.Type)
	if rank != typeRank(b.Type) || a.Type == bson.TypeSymbol || b.Type == bson.TypeSymbol {
		return 0, false
	}
	switch rank {
	case rankNumber, rankString, rankDate, rankTimestamp, rankBool, rankObjectID:
		return Compare(a, b), true
	}
	return 0, false
}

// Key returns a string that is equal for two lists of values exactly when they
// are Same one by one. It is a map key, not text for people.
func Key(values ...bson.RawValue) string {
	var buf [64]byte
	return string(AppendKey(buf[:0], values...))
}

// AppendKey appends the bytes of Key.
func AppendKey(dst []byte, values ...bson.RawValue) []byte {
	for _, v := range values {
		dst = appendKey(dst, v.Type, v.Value)
	}
	return dst
}

// appendKey writes a value so that no key is a prefix of another one: a tag,
// then a fixed number of bytes, or their number first, or marked elements and an end.
func appendKey(dst []byte, t bson.Type, data []byte) []byte {
	switch {
	case isNumber(t):
		return appendNumberKey(dst, numberOf(t, data).canonical())
	case t == bson.TypeEmbeddedDocument || t == bson.TypeArray:
		dst = append(dst, byte(t))
		for w := newWalk(data); w.next(); {
			dst = append(dst, 1)
			if t == bson.TypeEmbeddedDocument {
				dst = append(dst, w.name...)
				dst = append(dst, 0)
			}
			dst = appendKey(dst, w.typ, w.data)
		}
		return append(dst, 0)
	}
	dst = append(dst, byte(t))
	dst = appendUint(dst, uint64(len(data)))
	return append(dst, data...)
}

// The tags of numbers; no BSON type has one of these bytes.
const (
	keyNaN = 0x40 + iota
	keyInf
	keyNegInf
	keyInt
	keyDouble
	keyDecimal
	keyNegDecimal
)

func appendNumberKey(dst []byte, n number) []byte {
	switch n.kind {
	case numNaN:
		return append(dst, keyNaN)
	case numInf:
		if n.neg {
			return append(dst, keyNegInf)
		}
		return append(dst, keyInf)
	case numInt:
		return appendUint(append(dst, keyInt), uint64(n.i))
	case numDouble:
		return appendUint(append(dst, keyDouble), math.Float64bits(n.f))
	}
	tag := byte(keyDecimal)
	if n.neg {
		tag = keyNegDecimal
	}
	return appendUint(appendUint(appendUint(append(dst, tag), n.hi), n.lo), uint64(n.exp))
}

func appendUint(dst []byte, n uint64) []byte {
	return append(dst, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
