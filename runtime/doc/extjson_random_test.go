package doc

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// randomDoc makes documents of every type, some of them not expressible.
func randomDoc(r *rand.Rand, depth int) bson.Raw {
	b := new(Builder)
	for range r.IntN(6) {
		b.Append(randomText(r), randomValue(r, depth))
	}
	return b.Raw()
}

var fragments = []string{"a", "b", "$oid", "$date", "$numberLong", "$code", "$scope", ".", "", "0", "1", "é", "😀", "\u2028", "\"", "\\", "\x1b", "\x7f", "\u200d", "x\ty"}

func randomText(r *rand.Rand) string {
	return fragments[r.IntN(len(fragments))] + strings.Repeat(fragments[r.IntN(len(fragments))], r.IntN(2))
}

var interestingDoubles = []float64{0, 1, -1, 0.1, 0.5, 1e15, 1e16, 1e17, 9007199254740992, 9007199254740994, 9.223372036854775e18, 9.223372036854776e18, 1e22, 1e23, 1e300, 5e-324, 1e-7, math.Inf(1), math.Inf(-1), math.Float64frombits(canonicalNaN)}
var interestingInts = []int64{0, 1, -1, 2147483647, 2147483648, -2147483648, 9007199254740993, math.MaxInt64, math.MinInt64}
var interestingDecimals = []string{"0", "-0", "0.1", "0.10", "0.5", "1", "1.0", "1E+1", "-1", "9007199254740993", "9223372036854775807", "9223372036854775808", "9223372036854775807.5", "1E+22", "1E+23", "1E+300", "1E-7", "1E+6111", "1E-6176", "0.1000000000000000055511151231257827", "NaN", "Infinity", "-Infinity", "9999999999999999999999999999999999"}

func randomValue(r *rand.Rand, depth int) bson.RawValue {
	b := new(Builder)
	put := func(v any) bson.RawValue {
		t, data, err := bson.MarshalValue(v)
		if err != nil {
			panic(err)
		}
		return bson.RawValue{Type: bson.Type(t), Value: data}
	}
	switch r.IntN(24) {
	case 0:
		return String(randomText(r))
	case 1:
		return put(int32(interestingInts[r.IntN(5)]))
	case 2, 3:
		return put(interestingInts[r.IntN(len(interestingInts))] + int64(r.IntN(3)))
	case 4, 5:
		return put(interestingDoubles[r.IntN(len(interestingDoubles))])
	case 6:
		return put(math.Float64frombits(r.Uint64()))
	case 7, 8:
		h, l, ok := parseDecimal([]byte(interestingDecimals[r.IntN(len(interestingDecimals))]))
		if !ok {
			panic("decimal")
		}
		return put(bson.NewDecimal128(h, l))
	case 9:
		return put(bson.NewDecimal128(r.Uint64(), r.Uint64()))
	case 10, 11, 12:
		if depth > 0 {
			return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: randomDoc(r, depth-1)}
		}
	case 13, 14:
		var values []bson.RawValue
		for range r.IntN(3) * min(depth, 1) {
			values = append(values, randomValue(r, depth-1))
		}
		return Array(values...)
	case 15:
		return put(bson.DateTime(interestingInts[r.IntN(len(interestingInts))]))
	case 16:
		return put(bson.Timestamp{T: r.Uint32(), I: uint32(r.IntN(3))})
	case 17:
		return put(bson.Binary{Subtype: byte(r.IntN(6)), Data: []byte(randomText(r))})
	case 18:
		return put(bson.Regex{Pattern: randomText(r), Options: []string{"", "i", "mi"}[r.IntN(3)]})
	case 19:
		return put(bson.CodeWithScope{Code: bson.JavaScript(randomText(r)), Scope: randomDoc(r, min(depth, 1)-1*min(depth, 1))})
	case 20:
		return put([]any{bson.JavaScript("f"), bson.Symbol("a"), bson.DBPointer{DB: "a", Pointer: bson.ObjectID{1}}}[r.IntN(3)])
	case 21:
		return put([]any{bson.MinKey{}, bson.MaxKey{}, bson.Undefined{}, bson.Null{}}[r.IntN(4)])
	case 22:
		return put(r.IntN(2) == 0)
	}
	b.AppendInt32("x", int32(r.IntN(3)))
	v, _ := Get(b.Raw(), Path{"x"})
	return v
}

func TestRandomDocuments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	lossy := 0
	for range 20000 {
		d := randomDoc(r, 3)
		if err := Validate(d); err != nil {
			t.Fatal(err)
		}
		checkRoundTrip(t, d)
		if !Lossless(d) {
			lossy++
		}
	}
	if lossy == 0 || lossy > 15000 {
		t.Errorf("%d of 20000 documents are lossy: the generator lost its point", lossy)
	}
}

func checkRoundTrip(t *testing.T, d bson.Raw) {
	t.Helper()
	for _, text := range [][]byte{AppendCanonical(nil, d), AppendReview(nil, d, false), AppendReview(nil, d, true)} {
		back, err := ParseExtJSON(text)
		if same := err == nil && bytes.Equal(back, d); same != Lossless(d) {
			t.Fatalf("Lossless is %v, read back %v (%v):\n%x\n%s", Lossless(d), same, err, []byte(d), text)
		}
	}
	if back, err := ParseLine(Line(d)); err != nil || !bytes.Equal(back, d) {
		t.Fatalf("line of %x reads back as %x (%v)", []byte(d), []byte(back), err)
	}
}

func FuzzBSON(f *testing.F) {
	f.Add([]byte(every(f)))
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add([]byte(randomDoc(r, 3)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Lossless(data)
		Show(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: data}, 40)
		for range Fields(data) {
		}
		if ValidateStructure(data) == nil {
			checkRoundTrip(t, data)
		}
	})
}

func FuzzParseExtJSON(f *testing.F) {
	f.Add([]byte(AppendCanonical(nil, every(f))))
	f.Add([]byte(AppendReview(nil, every(f), true)))
	f.Add([]byte(`{"a":{"$date":"2026-01-01T00:00:00Z"},"b":{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseExtJSON(text)
		if err != nil {
			return
		}
		if err := Validate(d); err != nil {
			t.Fatalf("%q makes malformed BSON: %v", text, err)
		}
		if !Lossless(d) {
			t.Fatalf("%q makes a document that is not lossless: %x", text, []byte(d))
		}
		checkRoundTrip(t, d)
	})
}
