package doc

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// every has each type of BSON at least once, with the values that go wrong most easily.
func every(t testing.TB) bson.Raw {
	t.Helper()
	oid := bson.ObjectID{0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	dec := func(s string) bson.Decimal128 {
		d, err := bson.ParseDecimal128(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return marshal(t, bson.D{
		{Key: "_id", Value: oid},
		{Key: "2", Value: "two"}, {Key: "1", Value: "one"}, {Key: "", Value: "empty name"}, {Key: "a.b", Value: "dot"}, {Key: "$set", Value: 1},
		{Key: "int", Value: int32(-5)}, {Key: "min", Value: int32(math.MinInt32)},
		{Key: "long", Value: int64(5)}, {Key: "big", Value: int64(math.MaxInt64)}, {Key: "small", Value: int64(math.MinInt64)},
		{Key: "double", Value: 5.0}, {Key: "third", Value: 1.0 / 3}, {Key: "huge", Value: 1e300}, {Key: "tiny", Value: 5e-324}, {Key: "minusZero", Value: math.Copysign(0, -1)},
		{Key: "1e21", Value: 1e21}, {Key: "1e20", Value: 1e20}, {Key: "2^53", Value: 9007199254740993.0},
		{Key: "inf", Value: math.Inf(1)}, {Key: "ninf", Value: math.Inf(-1)}, {Key: "nan", Value: math.Float64frombits(canonicalNaN)},
		{Key: "d110", Value: dec("1.10")}, {Key: "d0", Value: dec("0E-6176")}, {Key: "dmax", Value: dec("9.999999999999999999999999999999999E+6144")},
		{Key: "dn0", Value: dec("-0.00")}, {Key: "dnan", Value: dec("NaN")}, {Key: "dinf", Value: dec("-Infinity")},
		{Key: "text", Value: "quote \" back \\ ` ${x} \u2028 \x00 \x1b[31m \u202e é 😀 \u0085\r\n\t"},
		{Key: "true", Value: true}, {Key: "false", Value: false}, {Key: "null", Value: nil},
		{Key: "epoch", Value: bson.DateTime(0)}, {Key: "before", Value: bson.DateTime(-1)}, {Key: "y9999", Value: bson.DateTime(endOfYear9999 - 1)},
		{Key: "y10000", Value: bson.DateTime(endOfYear9999)}, {Key: "far", Value: bson.DateTime(math.MinInt64)},
		{Key: "ts", Value: bson.Timestamp{T: math.MaxUint32, I: 7}},
		{Key: "bin", Value: bson.Binary{Subtype: 0x80, Data: []byte{0, 1, 255}}}, {Key: "old", Value: bson.Binary{Subtype: 2, Data: []byte{1, 2}}},
		{Key: "uuid", Value: bson.Binary{Subtype: 4, Data: make([]byte, 16)}}, {Key: "nobytes", Value: bson.Binary{}},
		{Key: "regex", Value: bson.Regex{Pattern: `^a/"\d`, Options: "si"}},
		{Key: "min", Value: bson.MinKey{}}, {Key: "max", Value: bson.MaxKey{}}, {Key: "undefined", Value: bson.Undefined{}},
		{Key: "symbol", Value: bson.Symbol("s")}, {Key: "code", Value: bson.JavaScript("f()")},
		{Key: "scoped", Value: bson.CodeWithScope{Code: "g()", Scope: bson.D{{Key: "x", Value: int64(1)}, {Key: "y", Value: bson.D{}}}}},
		{Key: "pointer", Value: bson.DBPointer{DB: "db.c", Pointer: oid}},
		{Key: "object", Value: bson.D{{Key: "b", Value: 1}, {Key: "a", Value: bson.A{}}, {Key: "$ref", Value: "x"}}},
		{Key: "array", Value: bson.A{1, bson.A{2.5, bson.D{}}, bson.D{{Key: "x", Value: bson.A{}}}, nil}},
		{Key: "query", Value: bson.D{{Key: "$regex", Value: "^a"}, {Key: "$options", Value: "i"}}},
		{Key: "twice", Value: 1}, {Key: "twice", Value: 2},
	})
}

func marshal(t testing.TB, v any) bson.Raw {
	t.Helper()
	d, err := bson.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// raw makes a document of one field x from a type and the hex of its value.
func raw(t testing.TB, typ bson.Type, valueHex string) bson.Raw {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(valueHex, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return new(Builder).Append("x", bson.RawValue{Type: typ, Value: data}).Raw()
}

func TestEveryTypeReadsBackExactly(t *testing.T) {
	d := every(t)
	if err := Validate(d); err != nil {
		t.Fatal(err)
	}
	if !Lossless(d) {
		t.Error("Lossless is false")
	}
	for name, text := range map[string][]byte{
		"canonical": AppendCanonical(nil, d),
		"review":    AppendReview(nil, d, false),
		"indented":  AppendReview(nil, d, true),
	} {
		back, err := ParseExtJSON(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if !bytes.Equal(back, d) {
			t.Errorf("%s reads back as another document:\n%s\n%s", name, text, AppendCanonical(nil, back))
		}
		for _, c := range text {
			if c < 0x20 && c != '\n' || c == 0x7f {
				t.Errorf("%s has the control character %#x", name, c)
			}
		}
	}
	if line := Line(d); bytes.ContainsAny(line, "\n") {
		t.Errorf("a line with a newline: %s", line)
	}
}

// The driver's reader is a second opinion on what the text means.
func TestDriverReadsTheSame(t *testing.T) {
	d := every(t)
	for _, form := range []struct {
		text      []byte
		canonical bool
	}{{AppendCanonical(nil, d), true}, {AppendReview(nil, d, true), false}} {
		var got bson.D
		if err := bson.UnmarshalExtJSON(form.text, form.canonical, &got); err != nil {
			t.Fatal(err)
		}
		back := marshal(t, got)
		for name, want := range Fields(d) {
			switch name {
			case "query", "nan", "scoped", "uuid", "twice", "min":
				continue // read otherwise by the driver: legacy $regex, Go's NaN; bson.D keeps one decoding of the rest
			}
			if v, ok := Get(back, Path{name}); !ok || !Identical(v, want) {
				t.Errorf("%s: the driver reads %s, want %s", name, Show(v, 0), Show(want, 0))
			}
		}
	}
}

func TestReview(t *testing.T) {
	d := marshal(t, bson.D{
		{Key: "name", Value: "a"}, {Key: "n", Value: int32(5)}, {Key: "f", Value: 5.0}, {Key: "l", Value: int64(5)},
		{Key: "at", Value: bson.DateTime(1767225600000)}, {Key: "old", Value: bson.DateTime(-1)},
		{Key: "in", Value: bson.D{{Key: "e", Value: bson.D{}}, {Key: "l", Value: bson.A{1, "x"}}, {Key: "z", Value: bson.A{}}}},
	})
	want := `{
  "name": "a",
  "n": 5,
  "f": 5.0,
  "l": {"$numberLong": "5"},
  "at": {"$date": "2026-01-01T00:00:00.000Z"},
  "old": {"$date": {"$numberLong": "-1"}},
  "in": {
    "e": {},
    "l": [
      1,
      "x"
    ],
    "z": []
  }
}`
	if got := string(AppendReview(nil, d, true)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	line := `{"name": "a", "n": 5, "f": 5.0, "l": {"$numberLong": "5"}, "at": {"$date": "2026-01-01T00:00:00.000Z"}, "old": {"$date": {"$numberLong": "-1"}}, "in": {"e": {}, "l": [1, "x"], "z": []}}`
	if got := string(AppendReview(nil, d, false)); got != line {
		t.Errorf("got\n%s\nwant\n%s", got, line)
	}
}

func TestLossless(t *testing.T) {
	deep := marshal(t, bson.D{{Key: "x", Value: int64(1)}})
	for range MaxDepth - 1 {
		deep = new(Builder).AppendDocument("x", deep).Raw()
	}
	for _, c := range []struct {
		name string
		doc  bson.Raw
		want bool
	}{
		{"wrapper-like", marshal(t, bson.D{{Key: "x", Value: bson.D{{Key: "$oid", Value: "no"}}}}), false},
		{"wrapper-like at the top", marshal(t, bson.D{{Key: "$date", Value: "no"}}), false},
		{"wrapper-like in an array", marshal(t, bson.D{{Key: "x", Value: bson.A{bson.D{{Key: "$scope", Value: 1}}}}}), false},
		{"wrapper name second", marshal(t, bson.D{{Key: "x", Value: bson.D{{Key: "a", Value: 1}, {Key: "$oid", Value: "no"}}}}), true},
		{"operator", marshal(t, bson.D{{Key: "x", Value: bson.D{{Key: "$regex", Value: "no"}}}}), true},
		{"NaN with payload", raw(t, bson.TypeDouble, "01 00 00 00 00 00 f8 7f"), false},
		{"negative NaN", raw(t, bson.TypeDouble, "00 00 00 00 00 00 f8 ff"), false},
		{"NaN", raw(t, bson.TypeDouble, "00 00 00 00 00 00 f8 7f"), true},
		{"-Infinity", raw(t, bson.TypeDouble, "00 00 00 00 00 00 f0 ff"), true},
		{"decimal NaN with payload", raw(t, bson.TypeDecimal128, "12 00 00 00 00 00 00 00 00 00 00 00 00 00 00 7c"), false},
		{"decimal -NaN", raw(t, bson.TypeDecimal128, "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 fc"), false},
		{"decimal above 10^34-1", raw(t, bson.TypeDecimal128, "00 00 00 00 64 8e 8d 37 c0 87 ad be 09 ed 41 30"), false},
		{"decimal 10^34-1", raw(t, bson.TypeDecimal128, "ff ff ff ff 63 8e 8d 37 c0 87 ad be 09 ed 41 30"), true},
		{"decimal of the large form", raw(t, bson.TypeDecimal128, "00 00 00 00 00 00 00 00 00 00 00 00 00 00 10 6c"), false},
		{"string not UTF-8", raw(t, bson.TypeString, "02 00 00 00 ff 00"), false},
		{"surrogate in a string", raw(t, bson.TypeString, "04 00 00 00 ed a0 80 00"), false},
		{"array named 1", raw(t, bson.TypeArray, "0b 00 00 00 08 31 00 01 00"), false},
		{"array that starts at 1", raw(t, bson.TypeArray, "09 00 00 00 08 31 00 01 00"), false},
		{"array", raw(t, bson.TypeArray, "09 00 00 00 08 30 00 01 00"), true},
		{"bool 2", raw(t, bson.TypeBoolean, "02"), false},
		{"old binary with a wrong length", raw(t, bson.TypeBinary, "05 00 00 00 02 09 00 00 00 aa"), false},
		{"old binary", raw(t, bson.TypeBinary, "05 00 00 00 02 01 00 00 00 aa"), true},
		{"100 deep", deep, true},
		{"101 deep", new(Builder).AppendDocument("x", deep).Raw(), false},
	} {
		if got := Lossless(c.doc); got != c.want {
			t.Errorf("%s: Lossless is %v", c.name, got)
		}
		back, err := ParseExtJSON(AppendCanonical(nil, c.doc))
		if got := err == nil && bytes.Equal(back, c.doc); got != c.want {
			t.Errorf("%s: reads back: %v (%v)", c.name, got, err)
		}
		if c.name == "array named 1" || c.name == "bool 2" || c.name == "101 deep" {
			continue // no BSON that a server would store
		}
		line := Line(c.doc)
		if back, err := ParseLine(line); err != nil || !bytes.Equal(back, c.doc) {
			t.Errorf("%s: line %s reads back as %x (%v)", c.name, line, back, err)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, canonical string }{
		{`  { "a" : 1 , "b":[ ] }  `, `{"a":{"$numberInt":"1"},"b":[]}`},
		{`{"a":2147483647,"b":2147483648,"c":-2147483648,"d":-2147483649}`, `{"a":{"$numberInt":"2147483647"},"b":{"$numberLong":"2147483648"},"c":{"$numberInt":"-2147483648"},"d":{"$numberLong":"-2147483649"}}`},
		{`{"a":-9223372036854775808,"b":9223372036854775807}`, `{"a":{"$numberLong":"-9223372036854775808"},"b":{"$numberLong":"9223372036854775807"}}`},
		{`{"a":1.0,"b":1e2,"c":-0.0,"d":1E-7}`, `{"a":{"$numberDouble":"1.0"},"b":{"$numberDouble":"100.0"},"c":{"$numberDouble":"-0.0"},"d":{"$numberDouble":"1E-07"}}`},
		{`{"a":"\u0041\ud83d\ude00\/\b\f"}`, `{"a":"A😀/\u0008\u000c"}`},
		{`{"a":{"$date":"2026-01-31T10:00:00+01:30"}}`, `{"a":{"$date":{"$numberLong":"1769848200000"}}}`},
		{`{"a":{"$date":"1969-12-31T23:59:59.9990000Z"}}`, `{"a":{"$date":{"$numberLong":"-1"}}}`},
		{`{"a":{"$date":1000}}`, `{"a":{"$date":{"$numberLong":"1000"}}}`},
		{`{"a":{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}}`, `{"a":{"$binary":{"base64":"ABEiM0RVZneImaq7zN3u/w==","subType":"04"}}}`},
		{`{"a":{"$binary":{"subType":"0","base64":"AQ=="}}}`, `{"a":{"$binary":{"base64":"AQ==","subType":"00"}}}`},
		{`{"a":{"$numberDecimal":"1000000000000000000000000000000000000"}}`, `{"a":{"$numberDecimal":"1.000000000000000000000000000000000E+36"}}`},
		{`{"a":{"$numberDecimal":"1E6112"}}`, `{"a":{"$numberDecimal":"1.0E+6112"}}`},
		{`{"a":{"$numberDecimal":"0E+9999"}}`, `{"a":{"$numberDecimal":"0E+6111"}}`},
		{`{"a":{"$numberDecimal":"10E-6177"}}`, `{"a":{"$numberDecimal":"1E-6176"}}`},
		{`{"a":1,"a":2}`, `{"a":{"$numberInt":"1"},"a":{"$numberInt":"2"}}`},
	} {
		d, err := ParseExtJSON([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := string(AppendCanonical(nil, d)); got != c.canonical {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.canonical)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		text    string
		offset  int
		message string
	}{
		{``, 0, "the end of the text"},
		{`[1]`, 0, "expected a document"},
		{`{"a":1} x`, 8, "after the end"},
		{`{"a":1,}`, 7, "expected a field name"},
		{`{a:1}`, 1, "expected a field name in double quotes, found 'a'"},
		{`{"a" 1}`, 5, "expected ':'"},
		{`{"a":01}`, 5, "no number"},
		{`{"a":1.}`, 5, "no number"},
		{`{"a":+1}`, 5, "expected a value"},
		{`{"a":1x}`, 5, "no number"},
		{`{"a":NaN}`, 5, "expected a value"},
		{`{"a":1e999}`, 5, "range of a double"},
		{`{"a":9223372036854775808}`, 5, "64 bits"},
		{`{"a":tru}`, 5, "expected a value"},
		{`{"a":[1 2]}`, 8, "comma or ]"},
		{`{"a":"x`, 5, "no closing quote"},
		{`{"a":"x\`, 7, "no closing quote"},
		{"{\"a\":\"x\ny\"}", 7, `\u000a`},
		{`{"a":"\x"}`, 6, "unknown escape"},
		{`{"a":"\u12g4"}`, 6, "four hex digits"},
		{`{"a":"\ud83d"}`, 6, "surrogate"},
		{`{"a":"\ude00"}`, 6, "surrogate"},
		{`{"a":"\ud83d\ud83d"}`, 6, "surrogate"},
		{"{\"a\":\"xy\xff\"}", 8, "UTF-8"},
		{"{\"a\":\"\xed\xa0\x80\"}", 6, "UTF-8"},
		{`{"a\u0000":1}`, 1, "NUL"},
		{`{"a":{"$oid":"12"}}`, 13, "24 hex digits"},
		{`{"a":{"$oid":"50010203040506070809101z"}}`, 13, "24 hex digits"},
		{`{"a":{"$numberInt":"2147483648"}}`, 19, "32 bits"},
		{`{"a":{"$numberInt":5}}`, 19, "32 bits in quotes"},
		{`{"a":{"$numberLong":"+5"}}`, 20, "64 bits"},
		{`{"a":{"$numberDouble":"0x1p3"}}`, 22, "number in quotes"},
		{`{"a":{"$numberDecimal":"12345678901234567890123456789012345"}}`, 23, "34 digits"},
		{`{"a":{"$numberDecimal":"1E-6177"}}`, 23, "34 digits"},
		{`{"a":{"$date":"2026-02-30T00:00:00Z"}}`, 14, "a time like"},
		{`{"a":{"$date":"2026-01-01T00:00:00"}}`, 14, "a time like"},
		{`{"a":{"$date":"2026-01-01T00:00:00.0001Z"}}`, 14, "milliseconds"},
		{`{"a":{"$binary":{"base64":"A","subType":"00"}}}`, 16, "base64"},
		{`{"a":{"$timestamp":{"t":-1,"i":1}}}`, 19, "seconds"},
		{`{"a":{"$regularExpression":{"pattern":"\u0000","options":""}}}`, 27, "without NUL"},
		{`{"a":{"$oid":"500102030405060708091011","b":1}}`, 39, "stand alone"},
		{`{"a":{"$scope":{}}}`, 15, "$code"},
		{strings.Repeat(`{"a":`, 101) + `1` + strings.Repeat(`}`, 101), 504, "100 deep"},
		{`{"a":` + strings.Repeat(`[`, 100000), 104, "100 deep"},
		{strings.Repeat(`{"$date":`, 100000), 908, "100 deep"},
	} {
		_, err := ParseExtJSON([]byte(c.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.60q: error %v", c.text, err)
			continue
		}
		if !strings.Contains(syntax.Message, c.message) || syntax.Offset != c.offset {
			t.Errorf("%.60q: at %d: %s; want at %d: …%s…", c.text, syntax.Offset, syntax.Message, c.offset, c.message)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	for _, text := range []string{`"`, `"x`, `"AA"`, `"BQAAAAA="x`, `"BQAAAAE="`} {
		if d, err := ParseLine([]byte(text)); err == nil {
			t.Errorf("%s gives %x", text, []byte(d))
		}
	}
}
