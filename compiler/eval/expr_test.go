package eval

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

const sample = `{
	"_id": "a", "i": {"$numberInt": "7"}, "big": {"$numberInt": "2147483647"}, "l": {"$numberLong": "7"}, "maxl": {"$numberLong": "9223372036854775807"},
	"minl": {"$numberLong": "-9223372036854775808"},
	"d": {"$numberDouble": "0.5"}, "tenth": {"$numberDouble": "0.1"}, "nan": {"$numberDouble": "NaN"}, "inf": {"$numberDouble": "Infinity"}, "negzero": {"$numberDouble": "-0.0"},
	"huge": {"$numberDouble": "1e308"},
	"dec": {"$numberDecimal": "1.10"}, "dec34": {"$numberDecimal": "9999999999999999999999999999999999"}, "decinf": {"$numberDecimal": "Infinity"}, "money": {"$numberDecimal": "9.995"},
	"s": "Hello", "empty": "", "t": true, "n": null, "date": {"$date": {"$numberLong": "1767225600000"}}, "old": {"$date": {"$numberLong": "-62198755200000"}},
	"oid": {"$oid": "65f0c0ffee0123456789abcd"}, "uuid": {"$binary": {"base64": "Xw56PJpVSk6KYQ1vHw8rEQ==", "subType": "04"}}, "bin": {"$binary": {"base64": "AAEC", "subType": "00"}},
	"re": {"$regularExpression": {"pattern": "l+", "options": "i"}}, "ts": {"$timestamp": {"t": 5, "i": 1}},
	"tags": ["x", "y"], "nums": [{"$numberInt": "3"}, {"$numberInt": "1"}, {"$numberLong": "3"}], "none": [],
	"o": {"a": {"$numberInt": "1"}, "b": {"c": "deep"}, "a.b": "dotted", "$x": "dollar", "0": "zero", "in": "reserved"},
	"items": [{"sku": "A", "q": {"$numberInt": "2"}, "sub": [{"n": {"$numberInt": "1"}}, {"n": {"$numberInt": "2"}}]}, {"sku": "B"}, {"q": null, "sub": [{"n": {"$numberInt": "3"}}]}, "scalar"],
	"grid": [[{"v": {"$numberInt": "1"}}], [{"v": {"$numberInt": "2"}}]],
	"min": {"$minKey": 1}, "max": {"$maxKey": 1}, "sym": {"$symbol": "s"}
}`

// The rules are those of docs/language-values.md: Values and types, Missing and null,
// Comparison, Paths, Expressions, Functions.
func TestExpressions(t *testing.T) {
	tests := []struct{ row, expr, want string }{
		// arithmetic
		{"int", `i + i`, `{"$numberInt":"14"}`},
		{"int with long", `i * l`, `{"$numberLong":"49"}`},
		{"int overflow", `big + i`, `error number-overflow`},
		{"int underflow", `-big - i`, `error number-overflow`},
		{"int product overflow", `big * big`, `error number-overflow`},
		{"long overflow", `maxl + l`, `error number-overflow`},
		{"long underflow", `minl - l`, `error number-overflow`},
		{"long product overflow", `maxl * l`, `error number-overflow`},
		{"least long", `minl * long(-1)`, `error number-overflow`},
		{"negate least long", `-minl`, `error number-overflow`},
		{"least long", `minl + long(0)`, `{"$numberLong":"-9223372036854775808"}`},
		{"constant takes the operand's type", `l + 1`, `{"$numberLong":"8"}`},
		{"constant takes the operand's type", `d * 3`, `{"$numberDouble":"1.5"}`},
		{"constant takes the operand's type", `dec * 2`, `{"$numberDecimal":"2.20"}`},
		{"constant not representable", `i * 1.5`, `error not-representable`},
		{"constant not representable", `i + 3000000000`, `error not-representable`},
		{"constants exact", `0.1 + 0.2 == 0.3`, `true`},
		{"constants exact", `decimal(0.1 + 0.2)`, `{"$numberDecimal":"0.3"}`},
		{"constants exact", `1 / 4`, `{"$numberDouble":"0.25"}`},
		{"constants exact", `1 / 3`, `error not-representable`},
		{"with double", `i + d`, `{"$numberDouble":"7.5"}`},
		{"with double 2^53", `maxl + d`, `error not-representable`},
		{"with double 2^53", `long(9007199254740992) + d`, `{"$numberDouble":"9.007199254740992E+15"}`},
		{"infinite result", `huge * huge`, `error not-finite`},
		{"NaN result", `nan + d`, `error not-finite`},
		{"decimal infinite result", `decinf + dec`, `error not-finite`},
		{"with decimal", `i + dec`, `{"$numberDecimal":"8.10"}`},
		{"double with decimal", `d + dec`, `error mixed-number-types`},
		{"trailing zeros", `dec + decimal(1.00)`, `{"$numberDecimal":"2.10"}`},
		{"trailing zeros", `dec * decimal(1.0)`, `{"$numberDecimal":"1.100"}`},
		{"decimal inexact", `dec34 + decimal(0.1)`, `error not-representable`},
		{"decimal inexact", `dec34 * dec34`, `error not-representable`},
		{"decimal division rounds", `decimal(2) / 3`, `{"$numberDecimal":"0.6666666666666666666666666666666667"}`},
		{"decimal division", `decimal(1) / 8`, `{"$numberDecimal":"0.125"}`},
		{"decimal division", `[dec / 1, decimal(6) / 2, decimal(100) / 10, decimal(0.0) / 3, dec / decimal(0.10)]`,
			`[{"$numberDecimal":"1.10"},{"$numberDecimal":"3"},{"$numberDecimal":"10"},{"$numberDecimal":"0.0"},{"$numberDecimal":"11"}]`},
		{"integer division", `i / i`, `error integer-division`},
		{"integer division", `i / 2`, `error integer-division`},
		{"by zero", `d / 0`, `error division-by-zero`},
		{"by zero", `dec / 0`, `error division-by-zero`},
		{"by zero", `i % 0`, `error division-by-zero`},
		{"%", `-i % 4`, `{"$numberInt":"-3"}`},
		{"%", `minl % long(-1)`, `{"$numberLong":"0"}`},
		{"%", `decimal(-7.5) % 2`, `{"$numberDecimal":"-1.5"}`},
		{"% double", `d % 2`, `error wrong-type`},
		{"text has no +", `s + s`, `error wrong-type`},
		{"minus zero", `double(-0.0)`, `{"$numberDouble":"-0.0"}`},
		{"precedence", `2 + 3 * 4 - 1`, `{"$numberInt":"13"}`},

		// default types of constants
		{"into double", `[double(1e23), double(1e300), double(1152921504606846976)]`, `[{"$numberDouble":"1E+23"},{"$numberDouble":"1E+300"},{"$numberDouble":"1.152921504606847E+18"}]`},
		{"into double", `double(9007199254740993)`, `error not-representable`},
		{"default int", `2147483647`, `{"$numberInt":"2147483647"}`},
		{"default long", `2147483648`, `{"$numberLong":"2147483648"}`},
		{"default double", `1.5`, `{"$numberDouble":"1.5"}`},
		{"integral", `2e3`, `{"$numberInt":"2000"}`},
		{"integral", `2.0`, `{"$numberInt":"2"}`},
		{"no integer type", `9223372036854775808`, `error not-representable`},
		{"35 digits", `1.2345678901234567890123456789012345`, `error not-representable`},
		{"least int", `-2147483648`, `{"$numberInt":"-2147483648"}`},

		// conversions
		{"conversions", `int(l)`, `{"$numberInt":"7"}`},
		{"conversions", `int(9.5)`, `error not-representable`},
		{"conversions", `int(maxl)`, `error not-representable`},
		{"conversions", `long("12")`, `{"$numberLong":"12"}`},
		{"conversions", `int("x")`, `error not-representable`},
		{"conversions", `int("Infinity")`, `error not-representable`},
		{"conversions", `double(1)`, `{"$numberDouble":"1.0"}`},
		{"conversions", `double(maxl)`, `error not-representable`},
		{"conversions", `double(decimal(0.1))`, `{"$numberDouble":"0.1"}`},
		{"conversions", `double(decimal(0.12345678901234567890))`, `error not-representable`},
		{"conversions", `decimal(tenth)`, `{"$numberDecimal":"0.1"}`},
		{"conversions", `decimal(9.90)`, `{"$numberDecimal":"9.90"}`},
		{"conversions", `decimal(nan)`, `error not-representable`},
		{"conversions", `int(t)`, `error wrong-type`},
		{"conversions", `string(dec)`, `"1.10"`},
		{"conversions", `string(o)`, `error wrong-type`},

		// interpolation
		{"interpolation", `"${s} ${i} ${l} ${dec} ${t} ${oid} ${uuid}"`, `"Hello 7 7 1.10 true 65f0c0ffee0123456789abcd 5f0e7a3c-9a55-4a4e-8a61-0d6f1f0f2b11"`},
		{"interpolation", `"${date} ${old}"`, `"2026-01-01T00:00:00.000Z -000001-01-01T00:00:00.000Z"`},
		{"interpolation", `"${tenth} ${huge} ${negzero}"`, `"0.1 1e+308 -0"`},
		{"interpolation constant", `"${1.50}"`, `"1.50"`},
		{"interpolation null", `"${n}"`, `error null-value`},
		{"interpolation missing", `"${nope}"`, `error field-missing`},
		{"interpolation array", `"${tags}"`, `error wrong-type`},
		{"interpolation object", `"${o}"`, `error wrong-type`},
		{"interpolation binary", `"${bin}"`, `error wrong-type`},
		{"regex value", `/a.b/xi`, `{"$regularExpression":{"pattern":"a.b","options":"ix"}}`},

		// missing and null
		{"is missing", `[nope is missing, nope is present, n is missing, n is present]`, `[true,false,false,true]`},
		{"is null", `[nope is null, n is null, nope == null, n == null]`, `[false,true,false,true]`},
		{"==", `[nope == 1, n == 1, nope in [1], n in [1], nope < 1, n < 1]`, `[false,false,false,false,false,false]`},
		{"matches", `[nope matches /x/, n matches /x/, i matches /7/]`, `[false,false,false]`},
		{"!=", `[nope != 1, n != 1, nope not in [1], n not in [1]]`, `[true,true,true,true]`},
		{"not", `[not (nope == 1), not (n == 1)]`, `[true,true]`},
		{"??", `[nope ?? 5, n ?? 5, i ?? 5]`, `[{"$numberInt":"5"},{"$numberInt":"5"},{"$numberInt":"7"}]`},
		{"boolean position", `nope and t`, `error not-boolean`},
		{"boolean position", `t and n`, `error not-boolean`},
		{"boolean position", `not i`, `error not-boolean`},
		{"boolean position", `if s then 1 else 2`, `error not-boolean`},
		{"value used", `nope + 1`, `error field-missing`},
		{"value used", `n + 1`, `error null-value`},
		{"value used", `upper(nope)`, `error field-missing`},
		{"value used", `upper(n)`, `error null-value`},
		{"value used", `[nope]`, `error field-missing`},
		{"value used", `{a: n}`, `{"a":null}`},
		{"through", `[nope.x is missing, n.x is missing, s.x is missing]`, `[true,true,true]`},
		{"any in missing", `[any x in nope has x == 1, every x in nope has x == 1]`, `[false,true]`},
		{"any in null", `any x in n has x == 1`, `error not-an-array`},
		{"any in scalar", `any x in s has x == 1`, `error not-an-array`},
		{"short circuit", `[t or nope, not t and nope]`, `[true,false]`},

		// comparison
		{"numbers", `[i == l, d == decimal(0.5), negzero == 0, nan == nan, nan < 0, maxl == 9223372036854775807.0]`, `[true,true,true,true,true,true]`},
		{"numbers", `[tenth == 0.1, tenth == decimal(0.1), i < 7.5, i == 7.5, 2 < 10]`, `[true,false,true,false,true]`},
		{"types apart", `[s == 1, oid == "65f0c0ffee0123456789abcd", t == 1]`, `[false,false,false]`},
		{"objects", `[{a: 1, b: 2} == {a: 1, b: 2}, {a: 1, b: 2} == {b: 2, a: 1}, o.b == {c: "deep"}]`, `[true,false,true]`},
		{"arrays", `[tags == ["x", "y"], tags == ["y", "x"], nums == [3, 1, 3], tags != ["x"]]`, `[true,false,true,true]`},
		{"bracketing", `[s < 1, date < 1, s > t, s >= "Hello", date > date("2025-01-01T00:00:00Z")]`, `[false,false,false,true,true]`},
		{"other families", `[tags[0] < "y", oid > objectId("000000000000000000000000"), ts < timestamp(6, 0), min < max]`, `[true,true,true,false]`},
		{"between", `[i between 7 and 7, i between 8 and 9, s between "A" and "Z", nope between 1 and 2]`, `[true,false,true,false]`},
		{"array on the left", `tags == "x"`, `error array-compared`},
		{"array on the left", `tags != "x"`, `error array-compared`},
		{"array on the left", `nums < 5`, `error array-compared`},
		{"array on the left", `tags in ["x"]`, `error array-compared`},
		{"array on the left", `tags matches /x/`, `error array-compared`},
		{"array on the left", `nums between 1 and 5`, `error array-compared`},
		{"membership", `["x" in tags, "z" in tags, "z" not in tags, 3 in nums, "x" in nope, 7 in [i, 8]]`, `[true,false,true,true,false,true]`},
		{"membership", `"x" in s`, `error not-an-array`},
		{"membership", `"x" in n`, `error not-an-array`},

		// paths
		{"steps", `[o.a, o.b.c, this.o.a, o.'a.b', o.'$x', o.'0', o.in]`, `[{"$numberInt":"1"},"deep",{"$numberInt":"1"},"dotted","dollar","zero","reserved"]`},
		{"position", `[tags[1], tags[2] is missing, items[0].sku, nope[0] is missing]`, `["y",true,"A",true]`},
		{"position is no name", `o[0]`, `error not-an-array`},
		{"through an array", `items.sku`, `error path-through-array`},
		{"through an array", `items[].sub.n`, `error path-through-array`},
		{"[]", `items[].sku`, `["A","B"]`},
		{"[] null", `items[].q`, `[{"$numberInt":"2"},null]`},
		{"[] nested", `items[].sub[].n`, `[{"$numberInt":"1"},{"$numberInt":"2"},{"$numberInt":"3"}]`},
		{"[] one level each", `grid[].v`, `error path-through-array`},
		{"[] one level each", `grid[][].v`, `[{"$numberInt":"1"},{"$numberInt":"2"}]`},
		{"[] missing", `nope[].x is missing`, `true`},
		{"[] alone", `grid[][]`, `[{"v":{"$numberInt":"1"}},{"v":{"$numberInt":"2"}}]`},
		{"select", `(nope ?? o).b.c`, `"deep"`},
		{"select", `{a: [1, {b: 2}]}.a[1].b`, `{"$numberInt":"2"}`},

		// expressions
		{"if", `if i > 5 then "big" else "small"`, `"big"`},
		{"quantifier", `[any x in nums has x == 1, every x in nums has x >= 1, every x in nums where x > 1 has x == 3, any x in none has true]`, `[true,true,true,false]`},
		{"nested quantifier", `any it in items where it.sub is array has any u in it.sub has u.n == 3`, `true`},
		{"comprehension", `[x * 2 for x in nums where x > 1]`, `[{"$numberInt":"6"},{"$numberLong":"6"}]`},
		{"comprehension", `[{k: it.sku, n: i} for it in items where it.sku is present]`, `[{"k":"A","n":{"$numberInt":"7"}},{"k":"B","n":{"$numberInt":"7"}}]`},
		{"comprehension of constants", `[x + 1 for x in [1, 2]]`, `[{"$numberInt":"2"},{"$numberInt":"3"}]`},
		{"objects", `{a: {b: [1, "x", null]}, "c d": true}`, `{"a":{"b":[{"$numberInt":"1"},"x",null]},"c d":true}`},
		{"objects", `{a: 1, a: 2}`, `error repeated-field`},
		{"per environment", `per environment { prod: 1, live: 2, else: 3 }`, `{"$numberInt":"1"}`},
		{"per environment group", `per environment { else: 3, live: 2, test: 1 }`, `{"$numberInt":"2"}`},
		{"per environment else", `per environment { test: 1, else: 3 }`, `{"$numberInt":"3"}`},
		{"per environment none", `per environment { test: 1 }`, `error not-exhaustive`},
		{"is", `[i is int, l is long, d is double, dec is decimal, i is number, 5 is number, s is string, t is bool, date is date, ts is timestamp]`, `[true,true,true,true,true,true,true,true,true,true]`},
		{"is", `[oid is objectId, uuid is uuid, uuid is binary, bin is binary, re is regex, o is object, tags is array, min is minKey, max is maxKey, i is not string]`, `[true,true,false,true,true,true,true,true,true,true]`},
		{"is", `i is integer`, `error unknown-type`},
		{"let", `base * 2`, `{"$numberInt":"10"}`},

		// regular expressions
		{"unanchored", `[s matches /ell/, s matches /^ell/, s matches /HELLO/i, "a\nb" matches /^b$/m, "a\nb" matches /a.b/s, "a\n" matches /a$/]`, `[true,false,true,true,true,false]`},
		{"not RE2", `s matches /(?=x)/`, `error bad-regex`},
		{"flags", `s matches /x/x`, `error bad-regex`},

		// constructors
		{"objectId", `objectId("65f0c0ffee0123456789abcd")`, `{"$oid":"65f0c0ffee0123456789abcd"}`},
		{"objectId", `objectId("65f0")`, `error bad-constant`},
		{"date", `date("2026-01-01T01:00:00.5+01:00")`, `{"$date":{"$numberLong":"1767225600500"}}`},
		{"date without zone", `date("2026-01-01T00:00:00")`, `error bad-constant`},
		{"date without time", `date("2026-01-01")`, `error bad-constant`},
		{"date too fine", `date("2026-01-01T00:00:00.0001Z")`, `error bad-constant`},
		{"uuid", `uuid("5f0e7a3c-9a55-4a4e-8a61-0d6f1f0f2b11")`, `{"$binary":{"base64":"Xw56PJpVSk6KYQ1vHw8rEQ==","subType":"04"}}`},
		{"uuid", `uuid("5f0e7a3c9a554a4e8a610d6f1f0f2b11")`, `error bad-constant`},
		{"binary", `binary("AAEC", 128)`, `{"$binary":{"base64":"AAEC","subType":"80"}}`},
		{"binary subtype 2", `binary("AAEC", 2)`, `{"$binary":{"base64":"AAEC","subType":"02"}}`},
		{"binary", `binary("AAE")`, `error bad-constant`},
		{"binary of a field", `binary(s)`, `error not-constant`},
		{"timestamp", `timestamp(5, 1)`, `{"$timestamp":{"t":5,"i":1}}`},
		{"timestamp", `timestamp(-5, 1)`, `error bad-constant`},
		{"minKey", `[minKey(), maxKey()]`, `[{"$minKey":1},{"$maxKey":1}]`},

		// functions
		{"text", `[lower("ÀB"), upper(s), trim(" a "), trimStart(" a "), trimEnd(" a ")]`, `["àb","HELLO","a","a "," a"]`},
		{"replace", `[replace("a.b.c", ".", "-"), replace("john doe", /(\w+) (\w+)/, "$2 $1x $$ $9 $"), replace(s, re, "L")]`, `["a-b-c","doe johnx $ $9 $","HeLo"]`},
		{"replace groups", `[replace("ab", /(a)(x)?(b)/, "$3$2$10"), replace("aa", /a/, "$1"), replace("abc", /b*/, "-")]`, `["ba0","$1$1","-a-c-"]`},
		{"replace", `replace(s, "", "x")`, `error wrong-type`},
		{"split join", `[split("a,b", ","), split("a1b22c", /\d+/), join(["a", 1, true], "-"), join(none, ",")]`, `[["a","b"],["a","b","c"],"a-1-true",""]`},
		{"join null", `join([null], ",")`, `error wrong-type`},
		{"code points", `[slice("häl𝄞o", 1, 4), slice("abc", 2), slice("abc", 5), slice([1, 2, 3], 1), length("𝄞𝄞"), length(tags), padStart("7", 3, "0")]`,
			`["äl𝄞","c","",[{"$numberInt":"2"},{"$numberInt":"3"}],{"$numberInt":"2"},{"$numberInt":"2"},"007"]`},
		{"slice", `slice(s, -1)`, `error wrong-type`},
		{"padStart is bounded", `padStart(s, 99999999)`, `error result-too-large`},
		{"tests", `[startsWith(s, "He"), endsWith(s, "lo"), contains(s, "ell"), contains(s, "x")]`, `[true,true,true,false]`},
		{"round", `[round(2.5), round(3.5), round(decimal(2.345), 2), round(decimal(2.355), 2), round(decimal(2.345), 2, "half-up"), round(money, 2)]`,
			`[{"$numberInt":"2"},{"$numberInt":"4"},{"$numberDecimal":"2.34"},{"$numberDecimal":"2.36"},{"$numberDecimal":"2.35"},{"$numberDecimal":"10.00"}]`},
		{"round", `[round(double(2.675), 2), round(i, 2), round(int(1250), -2), round(dec, 5), round(double(-0.4))]`,
			`[{"$numberDouble":"2.68"},{"$numberInt":"7"},{"$numberInt":"1200"},{"$numberDecimal":"1.10"},{"$numberDouble":"-0.0"}]`},
		{"round overflow", `round(big, -9)`, `{"$numberInt":"2000000000"}`},
		{"round overflow", `round(big, -10)`, `{"$numberInt":"0"}`},
		{"round way", `round(d, 1, "up")`, `error bad-constant`},
		{"floor ceil", `[floor(d), ceil(d), floor(decimal(-1.5)), ceil(-1.5), floor(i), ceil(huge)]`,
			`[{"$numberDouble":"0.0"},{"$numberDouble":"1.0"},{"$numberDecimal":"-2"},{"$numberInt":"-1"},{"$numberInt":"7"},{"$numberDouble":"1E+308"}]`},
		{"abs", `[abs(-i), abs(decimal(-1.10)), abs(negzero), abs(-3)]`, `[{"$numberInt":"7"},{"$numberDecimal":"1.10"},{"$numberDouble":"0.0"},{"$numberInt":"3"}]`},
		{"abs overflow", `abs(minl)`, `error number-overflow`},
		{"min max", `[min(i, 5), max(i, 5), min(nums), max("a", "b"), min(none) is missing]`, `[{"$numberInt":"5"},{"$numberInt":"7"},{"$numberInt":"1"},"b",true]`},
		{"max", `max("a", 1)`, `error wrong-type`},
		{"div", `[div(i, 2), div(-i, 2), div(l, i), div(7, 2)]`, `[{"$numberInt":"3"},{"$numberInt":"-3"},{"$numberLong":"1"},{"$numberInt":"3"}]`},
		{"div", `div(minl, long(-1))`, `error number-overflow`},
		{"div", `div(i, 0)`, `error division-by-zero`},
		{"div", `div(d, 2)`, `error wrong-type`},
		{"arrays", `[first(tags), last(tags), first(none) is missing, sort(nums), reverse(tags), distinct(nums)]`,
			`["x","y",true,[{"$numberInt":"1"},{"$numberInt":"3"},{"$numberLong":"3"}],["y","x"],[{"$numberInt":"3"},{"$numberInt":"1"}]]`},
		{"sum", `[sum(nums), sum([decimal(1.10), 2]), sum(none)]`, `[{"$numberLong":"7"},{"$numberDecimal":"3.10"},{"$numberInt":"0"}]`},
		{"sum", `sum(tags)`, `error wrong-type`},
		{"concat", `[concat(tags, ["z"]), flatten([[1], 2, [[3]]])]`, `[["x","y","z"],[{"$numberInt":"1"},{"$numberInt":"2"},[{"$numberInt":"3"}]]]`},
		{"objects", `[keys(o.b), values(o.b), merge(o.b, {d: 1}, {c: 2})]`, `[["c"],["deep"],{"c":{"$numberInt":"2"},"d":{"$numberInt":"1"}}]`},
		{"sha256", `sha256("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{"uuid5", `string(uuid5(uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "www.example.com"))`, `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`},
		{"environment", `environment()`, `"prod"`},
		{"unknown", `nofunc(1)`, `error unknown-function`},
		{"arity", `upper()`, `error wrong-arguments`},
		{"arity", `upper("a", "b")`, `error wrong-arguments`},
		{"type", `upper(5)`, `error wrong-type`},
		{"constants are folded before any document", `nope == 1 and upper(null) == "x"`, `error null-value`},
	}
	env := &Env{Name: "prod", Groups: []string{"live"}}
	base, errs := env.Constant(expression(t, "2 + 3"))
	if errs != nil {
		t.Fatal(errs)
	}
	env.Lets = map[string]value.Value{"base": base}
	for _, tt := range tests {
		got, err := evaluate(t, env, tt.expr, sample)
		if got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s\n(%v)", tt.row, tt.expr, got, tt.want, err)
		}
		if err != nil && (err.Span.IsZero() || err.Message == "") {
			t.Errorf("%s: the error has no place or no message: %+v", tt.expr, err)
		}
	}
}

// Error places are tight, messages can be followed by "in 3 of 118 documents".
func TestErrorPlaces(t *testing.T) {
	tests := []struct{ expr, span, message string }{
		{`i + nope.x`, "nope.x", "`nope.x` is missing"},
		{`upper(o.a)`, "o.a", "`o.a` is an int; `upper` takes a string"},
		{`t and s`, "s", "`s` is a string, not true or false"},
		{`1 + i / l`, "i / l", "two integers are divided with `/`"},
		{`items.sku`, ".sku", "`items` is an array"},
		{`"x${n}y"`, "n", "`n` is null"},
		{`[this.'a b' for x in tags]`, "this.'a b'", "`this.'a b'` is missing"},
		{`date("2026-01-01")`, `"2026-01-01"`, "this date has no time and zone"},
		{`s matches /a++/`, "/a++/", "this regular expression cannot be used: invalid nested repetition operator \"++\""},
	}
	for _, tt := range tests {
		_, err := evaluate(t, &Env{Name: "prod"}, tt.expr, sample)
		if err == nil {
			t.Errorf("%s: no error", tt.expr)
			continue
		}
		if got := err.Span.Text(); got != tt.span && strings.TrimPrefix(got, ".") != strings.TrimPrefix(tt.span, ".") || err.Message != tt.message {
			t.Errorf("%s: at %q: %s", tt.expr, err.Span.Text(), err.Message)
		}
	}
}

func TestConstantReadsNoDocument(t *testing.T) {
	env := &Env{Name: "prod"}
	_, errs := env.Constant(expression(t, `per environment { prod: region, else: 1 }`))
	if len(errs) != 1 || errs[0].Code != "not-constant" {
		t.Errorf("got %v", errs)
	}
	v, errs := env.Constant(expression(t, `[x * 2 for x in [1, 2.5] where x > 1]`))
	if errs != nil || canonical(t, v) != `[{"$numberInt":"5"}]` {
		t.Errorf("got %v %v", v, errs)
	}
}

func TestConditionIsStrict(t *testing.T) {
	env := &Env{Name: "prod"}
	if _, errs := env.Condition(expression(t, `1`)); len(errs) != 1 || errs[0].Code != "not-boolean" {
		t.Errorf("a constant that is no condition: %v", errs)
	}
	c, errs := env.Condition(expression(t, `archived`))
	if errs != nil {
		t.Fatal(errs)
	}
	for d, want := range map[string]string{`{"archived": true}`: "", `{}`: "`archived` is missing, not true or false", `{"archived": null}`: "`archived` is null, not true or false"} {
		_, err := c.Test(document(t, d))
		if want == "" && err != nil || want != "" && (err == nil || err.Message != want) {
			t.Errorf("%s: %v", d, err)
		}
	}
}

func TestSuggestions(t *testing.T) {
	for text, want := range map[string]string{`uper(s)`: "upper", `s is strng`: "string", `startswith(s, "x")`: "startsWith"} {
		_, err := evaluate(t, &Env{}, text, sample)
		if err == nil || err.Fix == nil || err.Fix.Text != want {
			t.Errorf("%s: %+v", text, err)
		}
	}
}

// An expression of a kind that the evaluator does not know is its own fault, and said so.
func TestInternalError(t *testing.T) {
	type unknown struct{ ast.Expr }
	_, errs := (&Env{Name: "prod"}).Constant(unknown{expression(t, "1")})
	if len(errs) != 1 || errs[0].Code != diag.InternalError {
		t.Errorf("got %v", errs)
	}
}
