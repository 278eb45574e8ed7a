package capture

import (
	"math"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

func decimal(t *testing.T, text string) bson.Decimal128 {
	t.Helper()
	d, err := bson.ParseDecimal128(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// read evaluates what was written, once as it is and once in the one style.
func read(t *testing.T, text string) (bson.RawValue, bool) {
	t.Helper()
	weave, wrong := format.Format(source.NewFile("w.weave", "let x = "+text+"\n"))
	if len(wrong) > 0 {
		t.Errorf("%s does not parse: %s", text, wrong[0].Message)
		return bson.RawValue{}, false
	}
	var out [2]bson.RawValue
	for n, weave := range []string{"let x = " + text, weave} {
		file, errs := parser.Parse(source.NewFile("w.weave", weave))
		if len(errs) > 0 || len(file.Decls) != 1 {
			t.Errorf("%s does not parse, or is more than a constant: %v", weave, errs)
			return bson.RawValue{}, false
		}
		v, wrong := (&eval.Env{Name: "prod"}).Constant(file.Decls[0].(*ast.Let).Value)
		if len(wrong) > 0 {
			t.Errorf("%s: %v", weave, wrong[0])
			return bson.RawValue{}, false
		}
		raw, err := v.Raw()
		if err != nil {
			t.Errorf("%s: %v", weave, err)
			return bson.RawValue{}, false
		}
		out[n] = raw
	}
	if !doc.Identical(out[0], out[1]) {
		t.Errorf("%s is another value in the one style: %s", text, weave)
	}
	return out[0], true
}

// TestLiterals: what is written is read as the very value, its type included.
func TestLiterals(t *testing.T) {
	values := bson.D{}
	add := func(list ...any) {
		for _, v := range list {
			values = append(values, bson.E{Key: "v", Value: v})
		}
	}
	add(nil, true, false, int32(0), int32(-5), int32(math.MinInt32), int32(math.MaxInt32), int64(0), int64(7), int64(math.MinInt64), int64(math.MaxInt64),
		0.0, 1.0, -1.5, 0.1, 1e300, -1e-300, 5e-324, math.MaxFloat64, 1e21, 123456789012345680.0,
		bson.DateTime(0), bson.DateTime(-1), bson.DateTime(253402300799999), bson.DateTime(-62167219200000), bson.ObjectID{1, 2, 3, 0xff},
		bson.Timestamp{T: 1, I: math.MaxUint32}, bson.MinKey{}, bson.MaxKey{},
		bson.Binary{Subtype: 0, Data: []byte("abc\x00")}, bson.Binary{Subtype: 2, Data: []byte("abc")}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.Binary{Subtype: 4, Data: []byte("short")}, bson.Binary{Subtype: 0x80}, bson.Binary{Subtype: 5, Data: []byte("md5")},
		bson.Regex{Pattern: "^a.b$", Options: "i"}, bson.Regex{Pattern: `\d+\\x`}, bson.Regex{Pattern: "[a-z]{2}", Options: "imsx"}, bson.Regex{Pattern: "a*"},
		"", "plain", "${secret('A')}", "\\${x}", "a\"b'c\\", "line\nbreak\r\ttab", "\x00nul", "'''", `"""`, "{{x}}", "# no comment", "日本", "\u202e\u200b", "\U0001f600", "$", "$ {", "${", "\\", "\\u{41}",
		bson.D{}, bson.A{}, bson.D{{Key: "a", Value: int32(1)}, {Key: "b", Value: int64(1)}, {Key: "c", Value: 1.0}, {Key: "d", Value: bson.A{1.5, int32(2), bson.D{}}}},
		bson.D{{Key: "create", Value: 1.25}, {Key: "in", Value: true}, {Key: "prod", Value: false}, {Key: "$set", Value: 1.5}, {Key: "a.b", Value: "x"}, {Key: "__proto__", Value: nil}, {Key: "0", Value: nil}, {Key: "a-b", Value: nil}, {Key: "this", Value: nil}, {Key: "set", Value: nil}, {Key: "null", Value: nil}})
	for _, text := range []string{"0", "-0", "1.10", "-1.10", "0.00", "1E+3", "-1E-6100", "9.999999999999999999999999999999999E+6144", "1234567890123456789012345678901234", "0E+5", "1E-7", "0.1"} {
		add(decimal(t, text))
	}
	for _, text := range hostile.Texts {
		add(text)
	}
	raw, err := bson.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range doc.Fields(raw) {
		w := &writer{taken: map[string]bool{"prod": true}}
		text, err := w.literal(v)
		if err != nil {
			if v.Type != bson.TypeRegex && v.Type != bson.TypeString {
				t.Errorf("%s: %v", doc.Show(v, 0), err)
			}
			continue
		}
		if got, ok := read(t, text); ok && !doc.Identical(got, v) {
			t.Errorf("%s is written %s and read as %s", doc.ShowTyped(v, 0, nil), text, doc.ShowTyped(got, 0, nil))
		}
	}
}

// TestNoLiteral: what the language has no constant for is said, never written otherwise.
func TestNoLiteral(t *testing.T) {
	deep := any(int32(1))
	for range 100 {
		deep = bson.A{deep}
	}
	values := bson.D{
		{Key: "nan", Value: math.NaN()}, {Key: "inf", Value: math.Inf(-1)}, {Key: "zero", Value: math.Copysign(0, -1)}, {Key: "decimal", Value: decimal(t, "NaN")}, {Key: "infinity", Value: decimal(t, "-Infinity")},
		{Key: "early", Value: bson.DateTime(math.MinInt64)}, {Key: "late", Value: bson.DateTime(253402300800000)}, {Key: "code", Value: bson.JavaScript("x")}, {Key: "symbol", Value: bson.Symbol("x")},
		{Key: "slash", Value: bson.Regex{Pattern: "a/b"}}, {Key: "escaped", Value: bson.Regex{Pattern: `\d\/x`}}, {Key: "open", Value: bson.Regex{Pattern: `a\`}}, {Key: "space", Value: bson.Regex{Pattern: " a"}}, {Key: "empty", Value: bson.Regex{}}, {Key: "options", Value: bson.Regex{Pattern: "a", Options: "l"}},
		{Key: "bytes", Value: "a\xff"}, {Key: "name", Value: bson.D{{Key: "", Value: 1}}}, {Key: "bytes", Value: bson.D{{Key: "\xff", Value: 1}}}, {Key: "twice", Value: bson.D{{Key: "a", Value: 1}, {Key: "a", Value: 2}}}, {Key: "deep", Value: deep},
	}
	raw, err := bson.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range doc.Fields(raw) {
		if text, err := (&writer{}).literal(v); err == nil {
			t.Errorf("%s is written %s", name, text)
		}
	}
}

// TestPaths: a path is read as the very names.
func TestPaths(t *testing.T) {
	for _, p := range []doc.Path{{"a"}, {"a", "b"}, {"in"}, {"this"}, {"let_name"}, {"a.b", "c"}, {"$x"}, {"0"}, {"a", "0"}, {"a", "this"}, {"a", "null"}, {"é"}, {"\u202e", "${x}"}, {"it's", `"q"`}, {"a-b", "c d"}} {
		text, err := (&writer{taken: map[string]bool{"let_name": true}}).path("", p)
		if err != nil {
			t.Fatal(err)
		}
		file, errs := parser.Parse(source.NewFile("w.weave", "let x = "+text))
		if len(errs) > 0 {
			t.Errorf("%s: %v", text, errs)
			continue
		}
		path := ast.PathOf(file.Decls[0].(*ast.Let).Value)
		if path == nil || !path.OnlyFields() || doc.ComparePaths(ast.FieldNames(path.FromRoot()), p) != 0 {
			t.Errorf("%q is written %s", p, text)
		}
	}
}
