package eval

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
)

func TestDifferences(t *testing.T) {
	tests := []struct{ want, got, exactly, differences string }{
		{`{a: 5, b: "x"}`, `{"a":{"$numberLong":"5"},"b":"x","c":1}`, "", ""},
		{`{a: 5}`, `{"a":5.0}`, "", ""},
		{`{a: 0.1}`, `{"a":0.1}`, "", ""},
		{`{a: 0.1}`, `{"a":{"$numberDecimal":"0.10"}}`, "", ""},
		{`{a: 5}`, `{"a":5,"b":true,"c":{"d":1}}`, "exactly", "b: nothing, true; c: nothing, {d: 1}"},
		{`{b: {y: 1, x: 2}, a: 1}`, `{"a":1,"b":{"x":2,"y":1}}`, "exactly", ""},
		{`{b: {y: 1}}`, `{"b":{"x":2,"y":1}}`, "exactly", "b.x: nothing, 2"},
		{`{b: {y: 1}}`, `{"b":{"x":2,"y":1}}`, "", ""},
		{`{a: long(5)}`, `{"a":5}`, "", "a: 5 (long), 5 (int)"},
		{`{a: long(5)}`, `{"a":{"$numberLong":"5"}}`, "", ""},
		{`{a: 5}`, `{"a":"5"}`, "", `a: 5, "5"`},
		{`{a: 6, b: null, c: true}`, `{"a":5,"c":null}`, "", "a: 6, 5; b: null, missing; c: true, null"},
		{`{a: {b: {'c d': 1}}}`, `{"a":{"b":{"c d":2}}}`, "", "a.b.'c d': 1, 2"},
		{`{a: [1, {b: 2}]}`, `{"a":[1,{"b":3,"c":4}]}`, "", "a[1].b: 2, 3"},
		{`{a: [1, 2]}`, `{"a":[1]}`, "", "a: 2 elements: [1, 2], 1: [1]"},
		{`{a: {b: 1}}`, `{"a":[1]}`, "", "a: {b: 1}, [1]"},
		{`{a: date("2026-01-01T00:00:00Z")}`, `{"a":{"$date":{"$numberLong":"1767225600000"}}}`, "", ""},
		{`{a: {}, b: []}`, `{"a":{},"b":[]}`, "exactly", ""},
	}
	for _, test := range tests {
		env := &Env{Name: "prod"}
		want, errs := env.Constant(expression(t, test.want))
		if errs != nil {
			t.Fatal(errs[0])
		}
		var got []string
		for _, d := range value.Differences(want, document(t, test.got), nil, nil, test.exactly != "") {
			got = append(got, fmt.Sprintf("%s: %s, %s", d.Path, d.Want, d.Got))
		}
		if text := strings.Join(got, "; "); text != test.differences {
			t.Errorf("%s, %s:\n got %s\nwant %s", test.want, test.got, text, test.differences)
		}
	}
}

// A secret in an expectation equals the same secret of a result, nothing else.
func TestSecretDifferences(t *testing.T) {
	env := &Env{Name: "prod"}
	p, errs := env.Program(statements(t, `set mail = {user: "u", password: "x-${secret("MAIL")}"}`))
	if errs != nil {
		t.Fatal(errs[0])
	}
	r := p.NewRun()
	result, err := r.Apply(document(t, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := ShowAt(result, r.Secrets(), nil, 200); got != `{mail: {user: "u", password: "x-${secret(MAIL)}"}}` {
		t.Error(got)
	}
	for text, differences := range map[string]int{
		`{mail: {password: "x-${secret("MAIL")}"}}`: 0, `{mail: {password: secret("MAIL")}}`: 1, `{mail: {password: null}}`: 1, `{mail: {password: "x-"}}`: 1,
	} {
		want, errs := env.Constant(expression(t, text))
		if errs != nil {
			t.Fatal(errs[0])
		}
		if got := value.Differences(want, result, r.Secrets(), nil, false); len(got) != differences {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestLiteral(t *testing.T) {
	env := &Env{Name: "prod", NumericTypes: func(_ *ast.Path, steps []ast.Step) []string {
		if ShowPath(steps) == "a.b[]" {
			return []string{"long"}
		}
		return nil
	}}
	got, errs := env.Literal(expression(t, `{a: {b: [1]}, c: 1, d: 1.5, e: decimal(2)}`).(*ast.Object))
	if errs != nil {
		t.Fatal(errs[0])
	}
	if text := documentText(t, got); text != `{"a":{"b":[{"$numberLong":"1"}]},"c":{"$numberInt":"1"},"d":{"$numberDouble":"1.5"},"e":{"$numberDecimal":"2"}}` {
		t.Error(text)
	}
	if _, errs := env.Literal(expression(t, `{a: {b: [1.5]}}`).(*ast.Object)); errs == nil {
		t.Error("1.5 as a long gives no error")
	}
}

func TestTrace(t *testing.T) {
	var got []string
	env := &Env{Name: "prod", Trace: func(s ast.Stmt, before, after bson.Raw) {
		for _, c := range Changes(before, after, nil) {
			got = append(got, fmt.Sprintf("%d %s: %s -> %s", s.Place().Position().Line, c.Path, c.Before, c.After))
		}
	}}
	p, errs := env.Program(statements(t, `set a = "y"
where a == "y" { remove b, nope }
set a = "y"
rename c to d.e
each x in l where x.k == "v" { set x.k = "w"
create x.n = 1
where x.k == "w" { create x.m = x.n + 1 } }
each x in l where x.k == "u" { remove x }
add "q" to m
where a == "no" { set a = "never" }
create p = secret("S")
for test { set a = "never" }`))
	if errs != nil {
		t.Fatal(errs[0])
	}
	r := p.NewRun()
	out, err := r.Apply(document(t, `{"a":"x","b":{"c":1},"c":true,"l":[{"k":"v"},{"k":"u"}],"m":["p"]}`))
	if err != nil {
		t.Fatal(err)
	}
	first := statements(t, `set a = 1`)[0].Place().Position().Line
	want := `0 a: "x" -> "y"
1 b: {c: 1} -> missing
3 c: true -> missing
3 d: missing -> {e: true}
4 l[0].k: "v" -> "w"
5 l[0].n: missing -> 1
6 l[0].m: missing -> 2
7 l: [{k: "w", n: 1, m: 2}, {k: "u"}] -> [{k: "w", n: 1, m: 2}]
8 m: ["p"] -> ["p", "q"]
10 p: missing -> "${secret(S)}"`
	lines := strings.Split(want, "\n")
	for i, line := range lines {
		number, rest, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = fmt.Sprint(n+first) + " " + rest
	}
	if text, want := strings.Join(got, "\n"), strings.Join(lines, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if text := documentText(t, out); text != `{"a":"y","l":[{"k":"w","n":{"$numberInt":"1"},"m":{"$numberInt":"2"}}],"m":["p","q"],"d":{"e":true},"p":null}` {
		t.Error(text)
	}
}

func TestChangesAtAPath(t *testing.T) {
	at := []ast.Step{{Kind: ast.FieldStep, Name: "o"}, {Kind: ast.PositionStep, Position: 1}}
	before, after := document(t, `{"o":["a",{"b":1}],"p":1}`), document(t, `{"o":["c",{"b":2}],"p":2}`)
	if got := fmt.Sprint(Changes(before, after, at)); got != "[{o[1].b 1 2}]" {
		t.Error(got)
	}
	if got := fmt.Sprint(Changes(before, document(t, `{}`), at)); got != "[{o[1] {b: 1} missing}]" {
		t.Error(got)
	}
}
