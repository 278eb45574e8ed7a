package eval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/diag"
)

// settings has a list to make objects of, an object to walk, and hostile names.
const settings = `{"list":[{"key":"a","value":{"$numberInt":"1"},"env":"prod"},{"key":"b","value":"x","env":"dev"},{"key":"c","value":null,"env":"prod"}],
	"twice":[{"key":"a","n":{"$numberInt":"1"}},{"key":"a","n":{"$numberInt":"2"}}],
	"odd":[{"key":"__proto__"},{"key":"$x"},{"key":"a.b"},{"key":"constructor"},{"key":"0"},{"key":"ü"}],
	"nokey":[{"value":{"$numberInt":"1"}}],"nullkey":[{"key":null}],"intkey":[{"key":{"$numberInt":"1"}}],"empty":[{"key":""}],"nul":[{"key":"a\u0000b"}],
	"mixed":[{"$numberInt":"2"},"a",null,{"$numberDouble":"1.5"},true,{"x":{"$numberInt":"1"}},[{"$numberInt":"0"}],{"$numberLong":"2"}],
	"rows":[{"n":{"$numberInt":"2"},"t":"b"},{"n":{"$numberInt":"1"},"t":"c"},{"t":"d"},{"n":{"$numberInt":"2"},"t":"a"},{"n":null,"t":"e"}],
	"o":{"en":{"hi":"Hi"},"de":{"hi":"Hallo"}},"none":[],"s":"2026-03 of EU","no":null}`

func TestMade(t *testing.T) {
	tests := []struct{ row, expr, want string }{
		{"object", `{ [s.key]: s.value for s in list }`, `{"a":{"$numberInt":"1"},"b":"x","c":null}`},
		{"object, where", `{ [s.key]: s.value for s in list where s.env == environment() }`, `{"a":{"$numberInt":"1"},"c":null}`},
		{"object, sorted", `{ [s.key]: s.env for s in list sort by s.key desc }`, `{"c":"prod","b":"dev","a":"prod"}`},
		{"object of none", `{ [s.key]: s.value for s in none }`, `{}`},
		{"object of what is missing", `{ [s.key]: s.value for s in absent }`, `{}`},
		{"object of null", `{ [s.key]: s.value for s in no }`, `error not-an-array`},
		{"object of an object", `{ [s.key]: s.value for s in o }`, `error not-an-array`},
		{"constants stay untyped", `{ [s.key]: 5 for s in list }.a * long(2)`, `{"$numberLong":"10"}`},
		{"one key twice", `{ [s.key]: s.n for s in twice }`, `error repeated-field`},
		{"hostile names", `{ [s.key]: true for s in odd }`, `{"__proto__":true,"$x":true,"a.b":true,"constructor":true,"0":true,"ü":true}`},
		{"no key", `{ [s.key]: 1 for s in nokey }`, `error field-missing`},
		{"null key", `{ [s.key]: 1 for s in nullkey }`, `error null-value`},
		{"a key that is a number", `{ [s.key]: 1 for s in intkey }`, `error wrong-type`},
		{"as text", `{ ["n${s.key}"]: true for s in intkey }`, `{"n1":true}`},
		{"empty key", `{ [s.key]: 1 for s in empty }`, `error bad-name`},
		{"key with NUL", `{ [s.key]: 1 for s in nul }`, `error bad-name`},
		{"no value", `{ [s.key]: s.nothing for s in list }`, `error field-missing`},
		{"nested", `{ [lang.key]: { [w.key]: upper(w.value) for w in entries(lang.value) } for lang in entries(o) }`, `{"en":{"hi":"HI"},"de":{"hi":"HALLO"}}`},
		{"one computed name", `{ a: true, [upper("b")]: false, c: null }`, `{"a":true,"B":false,"c":null}`},
		{"computed name twice", `{ a: true, [lower("A")]: false }`, `error repeated-field`},
		{"computed name of the document", `{ [list[0].key]: list[0].env }`, `{"a":"prod"}`},
		{"entries", `entries(o)`, `[{"key":"en","value":{"hi":"Hi"}},{"key":"de","value":{"hi":"Hallo"}}]`},
		{"entries and back", `{ [e.key]: e.value for e in entries(o) } == o`, `true`},
		{"entries of a list", `entries(list)`, `error wrong-type`},
		{"sorted", `[r.t for r in rows sort by r.n, r.t]`, `["d","e","c","a","b"]`},
		{"sorted down", `[r.t for r in rows sort by r.n desc, r.t]`, `["a","b","c","d","e"]`},
		{"sorted, stable", `[r.t for r in rows sort by r.n is number]`, `["d","e","b","c","a"]`},
		{"sorted, chosen first", `[r.t for r in rows where r.n is number sort by r.t]`, `["a","b","c"]`},
		{"sorted, many types", `[x for x in mixed sort by x]`, `[null,{"$numberDouble":"1.5"},{"$numberInt":"2"},{"$numberLong":"2"},"a",{"x":{"$numberInt":"1"}},[{"$numberInt":"0"}],true]`},
		{"sorted by constants", `[x for x in [3, 1, 2] sort by 0 - x]`, `[{"$numberInt":"3"},{"$numberInt":"2"},{"$numberInt":"1"}]`},
		{"sort, the name", `[sort for sort in [2, 1] sort by sort]`, `[{"$numberInt":"1"},{"$numberInt":"2"}]`},
		{"match, groups", `match(s, /(\d+)-(\d+)/)`, `["2026-03","2026","03"]`},
		{"match, one group", `match(s, /(\d+)-(\d+)/)[2]`, `"03"`},
		{"match, by name", `match(s, /(?P<year>\d+)-(?<month>\d+)/)`, `{"year":"2026","month":"03"}`},
		{"match, a field", `match(s, /(?<year>\d{4})/).year`, `"2026"`},
		{"match, whole", `match(s, /\w+$/)[0]`, `"EU"`},
		{"match, nothing", `match(s, /(x)/) is missing`, `true`},
		{"match, nothing, a group", `match(s, /(x)/)[1] ?? "none"`, `"none"`},
		{"match, a group that is not part", `match(s, /(\d+)|(x)/)`, `["2026","2026",null]`},
		{"match, a named group that is not part", `match(s, /(?<a>\d+)|(?<b>x)/)`, `{"a":"2026"}`},
		{"match, no constant", `match(s, s)`, `error not-constant`},
		{"match, of a number", `match(1, /1/)`, `error wrong-type`},
		{"match, look-ahead", `match(s, /(?=x)/)`, `error bad-regex`},
		{"merge of one list", `merge([{a: true}, {b: null}, {a: false}])`, `{"a":false,"b":null}`},
		{"merge of an empty list", `merge(none)`, `{}`},
		{"merge of values of an object", `merge(values(o))`, `{"hi":"Hallo"}`},
		{"merge with a list", `merge({a: true}, list)`, `error wrong-type`},
		{"merge of a list of texts", `merge(["a"])`, `error wrong-type`},
	}
	env := &Env{Name: "prod"}
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			if got, err := evaluate(t, env, tt.expr, settings); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s\n(%v)", tt.expr, got, tt.want, err)
			}
		})
	}
}

// TestMadeEvidence: both elements that make one name are told.
func TestMadeEvidence(t *testing.T) {
	_, err := evaluate(t, &Env{}, `{ [s.key]: s.n for s in twice }`, settings)
	if err == nil || err.Evidence != `"a": {key: "a", n: 1} and {key: "a", n: 2}` {
		t.Fatalf("%+v", err)
	}
}

// TestMadeSize: lists of lists cannot grow beyond what a document holds, however they nest.
func TestMadeSize(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"key":"k%d"}`, i)
	}
	d := `{"list":[` + b.String() + `]}`
	for _, x := range []string{
		`[[a for a in list] for b in list]`, `[[{ n: 1, a: a } for a in list] for b in list]`, `{ [b.key]: list for b in list }`, `{ [b.key]: [1 for a in list] for b in list }`,
	} {
		_, err := evaluate(t, &Env{}, x, d)
		if err == nil || err.Code != diag.ResultTooLarge {
			t.Errorf("%s: %v", x, err)
		}
	}
}
