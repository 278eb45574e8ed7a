package doc

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func parse(t testing.TB, text string) bson.RawValue {
	t.Helper()
	v, err := ParseExtJSONValue([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// Each line is one class of values that are the same; classes are in order.
const inOrder = `
{"$minKey":1}
{"$undefined":true}
null
{"$numberDouble":"NaN"} {"$numberDecimal":"NaN"}
{"$numberDouble":"-Infinity"} {"$numberDecimal":"-Infinity"}
{"$numberDecimal":"-1E+6144"}
-1e300
-9223372036854775808 -9223372036854775808.0
-1.5 {"$numberDecimal":"-1.5"} {"$numberDecimal":"-1.50"}
-1 -1.0 {"$numberDecimal":"-1"}
{"$numberDecimal":"-1E-6176"}
0 0.0 -0.0 {"$numberLong":"0"} {"$numberDecimal":"0"} {"$numberDecimal":"-0E+10"}
{"$numberDecimal":"1E-6176"}
5e-324
{"$numberDecimal":"0.1"} {"$numberDecimal":"0.10"}
{"$numberDecimal":"0.1000000000000000055511151231257827"}
0.1
{"$numberDecimal":"0.1000000000000000055511151231257828"}
1 1.0 {"$numberLong":"1"} {"$numberDecimal":"1.000"}
9007199254740992 9007199254740992.0 {"$numberDecimal":"9007199254740992"}
9007199254740993 {"$numberDecimal":"9007199254740993.0"}
9007199254740994 9007199254740994.0
9223372036854775807 {"$numberDecimal":"9223372036854775807"}
{"$numberDecimal":"9223372036854775807.5"}
9223372036854775808.0 {"$numberDecimal":"9223372036854775808"}
1e22 {"$numberDecimal":"1E+22"}
{"$numberDecimal":"9.999999999999999E+22"}
1e23
{"$numberDecimal":"1E+23"}
1e300
{"$numberDecimal":"1E+6144"}
{"$numberDouble":"Infinity"} {"$numberDecimal":"Infinity"}
""
"A"
"a"
{"$symbol":"a"}
"a\u0000"
"aa"
"é"
{}
{"a":1}
{"a":1,"b":2} {"a":1.0,"b":{"$numberLong":"2"}}
{"a":2}
{"b":0,"a":1}
{"a":"x"}
[]
[1] [1.0]
[1,2]
[2]
{"$binary":{"base64":"","subType":"00"}}
{"$binary":{"base64":"AQ==","subType":"00"}}
{"$binary":{"base64":"AA==","subType":"05"}}
{"$oid":"000000000000000000000001"}
{"$oid":"000000000000000000000100"}
false
true
{"$date":{"$numberLong":"-1"}}
{"$date":"1970-01-01T00:00:00Z"}
{"$timestamp":{"t":1,"i":2}}
{"$timestamp":{"t":4294967295,"i":0}}
{"$regularExpression":{"pattern":"a","options":""}}
{"$regularExpression":{"pattern":"a","options":"i"}}
{"$regularExpression":{"pattern":"b","options":""}}
{"$dbPointer":{"$ref":"a","$id":{"$oid":"000000000000000000000001"}}}
{"$code":"a"}
{"$code":"b"}
{"$code":"a","$scope":{}}
{"$code":"a","$scope":{"x":1}}
{"$code":"a","$scope":{"x":1.0}}
{"$maxKey":1}
`

func TestOrder(t *testing.T) {
	var classes [][]bson.RawValue
	var texts []string
	for line := range strings.Lines(strings.TrimSpace(inOrder)) {
		line = strings.TrimSpace(line)
		var class []bson.RawValue
		for _, text := range strings.Fields(line) {
			class = append(class, parse(t, text))
		}
		classes = append(classes, class)
		texts = append(texts, line)
	}
	for i, a := range classes {
		for j, b := range classes {
			for _, x := range a {
				for _, y := range b {
					want := min(1, max(-1, i-j))
					if got := Compare(x, y); got != want {
						t.Errorf("Compare(%s, %s) = %d, want %d", texts[i], texts[j], got, want)
					}
					if got := Same(x, y); got != (i == j) {
						t.Errorf("Same(%s, %s) = %v", texts[i], texts[j], got)
					}
					if got := Key(x) == Key(y); got != (i == j) {
						t.Errorf("Key(%s) == Key(%s): %v", texts[i], texts[j], got)
					}
				}
			}
		}
	}
}

func TestRandomComparisons(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	values := make([]bson.RawValue, 400)
	for i := range values {
		values[i] = randomValue(r, 2)
	}
	for _, a := range values {
		for _, b := range values {
			checkPair(t, a, b)
		}
	}
	for range 400000 {
		checkTriple(t, values[r.IntN(400)], values[r.IntN(400)], values[r.IntN(400)])
	}
}

func checkPair(t *testing.T, a, b bson.RawValue) {
	t.Helper()
	c := Compare(a, b)
	same := Same(a, b)
	if (c == 0) != same || c != -Compare(b, a) || (Key(a) == Key(b)) != same || Identical(a, b) && !same {
		t.Fatalf("%s and %s: Compare %d and %d, Same %v, equal keys %v", AppendCanonicalValue(nil, a), AppendCanonicalValue(nil, b), c, Compare(b, a), same, Key(a) == Key(b))
	}
	if isNumber(a.Type) && isNumber(b.Type) {
		if x, y := exact(a), exact(b); x != nil && y != nil && x.Cmp(y) != c {
			t.Fatalf("Compare(%s, %s) = %d, exactly it is %d", Show(a, 0), Show(b, 0), c, x.Cmp(y))
		}
	}
}

func checkTriple(t *testing.T, a, b, c bson.RawValue) {
	t.Helper()
	if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
		t.Fatalf("no order: %s <= %s <= %s", Show(a, 0), Show(b, 0), Show(c, 0))
	}
}

// exact is a number as a fraction, found by other means than number.go; nil when it is not finite.
func exact(v bson.RawValue) *big.Rat {
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64:
		n, _ := v.AsInt64OK()
		return new(big.Rat).SetInt64(n)
	case bson.TypeDouble:
		f := v.Double()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
		return new(big.Rat).SetFloat64(f)
	}
	d := v.Decimal128()
	if d.IsNaN() || d.IsInf() != 0 {
		return nil
	}
	s := d.String()
	if h, l := d.GetBytes(); !splitDecimal(h, l).canonical {
		s = "0"
	}
	r, _ := new(big.Rat).SetString(s)
	return r
}

func FuzzCompare(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, s1, s2 uint64) {
		r := rand.New(rand.NewPCG(s1, s2))
		a, b, c := randomValue(r, 2), randomValue(r, 2), randomValue(r, 2)
		checkPair(t, a, b)
		checkTriple(t, a, b, c)
	})
}

func TestDecimalText(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 50000 {
		h, l := r.Uint64()&^(3<<61)|r.Uint64()&(1<<61), r.Uint64()
		if r.IntN(2) == 0 {
			h &^= 1<<49 - 1
			l >>= r.IntN(64)
		}
		if !splitDecimal(h, l).canonical {
			continue
		}
		want := bson.NewDecimal128(h, l).String()
		got := appendDecimal(nil, h, l)
		if string(got) != want {
			t.Fatalf("%016x%016x is %s, the driver writes %s", h, l, got, want)
		}
		if bh, bl, ok := parseDecimal(got); !ok || bh != h || bl != l {
			t.Fatalf("%s reads back as %016x%016x, want %016x%016x", got, bh, bl, h, l)
		}
	}
}

func TestCompareFamily(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
		ok   bool
	}{
		{`1`, `1.5`, -1, true}, {`"b"`, `"a"`, 1, true}, {`true`, `false`, 1, true},
		{`1`, `"1"`, 0, false}, {`null`, `null`, 0, false}, {`[1]`, `[1]`, 0, false}, {`"a"`, `{"$symbol":"a"}`, 0, false},
		{`{"$date":1}`, `{"$timestamp":{"t":1,"i":1}}`, 0, false}, {`{"$numberDouble":"NaN"}`, `{"$numberDouble":"-Infinity"}`, -1, true},
	} {
		if got, ok := CompareFamily(parse(t, c.a), parse(t, c.b)); got != c.want || ok != c.ok {
			t.Errorf("CompareFamily(%s, %s) = %d, %v", c.a, c.b, got, ok)
		}
	}
}

func TestKeyOfTuples(t *testing.T) {
	a, b, ab := String("a"), String("b"), String("ab")
	empty := String("")
	if Key(a, b) == Key(ab, empty) || Key(a, b) == Key(b, a) || Key(Array(a, b)) == Key(a, b) || Key(Array(Array(a), b)) == Key(Array(Array(a, b))) {
		t.Error("different tuples have one key")
	}
	if Key(parse(t, "1"), a) != Key(parse(t, "1.0"), a) {
		t.Error("same tuples have different keys")
	}
}

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		path Path
		want string
	}{
		{Path{"limits", "users"}, `limits.users`}, {Path{"m", "a.b"}, `m.'a.b'`}, {Path{""}, `''`}, {Path{"it's"}, `'it''s'`},
		{Path{"$x", "_1", "1"}, `$x._1.'1'`}, {Path{"a\x1b[31m\u202e"}, `'a\u{1b}[31m\u{202e}'`}, {Path{"\xff"}, `'\xff'`}, {Path{"né"}, `'né'`},
	} {
		if got := c.path.String(); got != c.want {
			t.Errorf("%q is written %s, want %s", []string(c.path), got, c.want)
		}
	}
	d := marshal(t, bson.D{{Key: "a", Value: bson.D{{Key: "b", Value: bson.A{bson.D{{Key: "c", Value: 1}}}}, {Key: "x.y", Value: 7}}}, {Key: "a", Value: 2}})
	if v, ok := Get(d, Path{"a", "x.y"}); !ok || Show(v, 0) != "7" {
		t.Error("a.'x.y' is not found")
	}
	for _, p := range []Path{{}, {"a", "b", "0"}, {"a", "b", "c"}, {"a", "x", "y"}, {"b"}, {"a", "x.y", "z"}} {
		if v, ok := Get(d, p); ok {
			t.Errorf("%s is %s", p, Show(v, 0))
		}
	}
	if p := (Path{"a", "b"}); !p.HasPrefix(Path{"a"}) || !p.HasPrefix(p) || !p.HasPrefix(nil) || p.HasPrefix(Path{"a", "b", "c"}) || p.HasPrefix(Path{"b"}) {
		t.Error("HasPrefix")
	}
	paths := []Path{{"b"}, {"a", "c"}, {"a"}, {"a.b"}}
	slices.SortFunc(paths, ComparePaths)
	if got := paths[0].String() + " " + paths[1].String() + " " + paths[2].String(); got != "a a.c 'a.b'" {
		t.Error(got)
	}
}

func TestShow(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`"new-checkout"`, `"new-checkout"`}, {`5`, `5`}, {`5.0`, `5.0`}, {`{"$numberDecimal":"1.10"}`, `1.10`},
		{`{"$date":"2026-01-01T00:00:00Z"}`, `date("2026-01-01T00:00:00.000Z")`}, {`{"$date":{"$numberLong":"-9223372036854775808"}}`, `date(-9223372036854775808)`},
		{`"a\u001b[2J\u202e\n\"\\"`, `"a\u{1b}[2J\u{202e}\n\"\\"`}, {`{"a b":[1,{"c":null}]}`, `{'a b': [1, {c: null}]}`},
		{`"0123456789012345678901234567890123456789"`, `"0123456789012345678901234567…`},
		{`{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}`, `uuid("00112233-4455-6677-8899…`},
		{`{"$regularExpression":{"pattern":"\u001b","options":"i"}}`, `/\u{1b}/i`},
	} {
		limit := 60
		if strings.HasSuffix(c.want, "…") {
			limit = utf8.RuneCountInString(c.want)
		}
		got := Show(parse(t, c.text), limit)
		if got != c.want {
			t.Errorf("Show(%s) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := every(t)
	for cut := range len(good) {
		if Validate(good[:cut]) == nil {
			t.Fatalf("%d of %d bytes are taken for a document", cut, len(good))
		}
	}
	for _, c := range []struct {
		doc  bson.Raw
		want string
	}{
		{raw(t, bson.TypeString, "02 00 00 00 ff 00"), "field x is not valid UTF-8"},
		{raw(t, bson.TypeBoolean, "02"), "field x is a boolean with the value 2"},
		{raw(t, bson.Type(0x14), ""), "unknown type"},
		{raw(t, bson.TypeString, "03 00 00 00 61 00"), "malformed"},
		{raw(t, bson.TypeArray, "06 00 00 00 01 00"), "field x is malformed"},
	} {
		if err := Validate(c.doc); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%x: %v, want …%s…", []byte(c.doc), err, c.want)
		}
	}
}
