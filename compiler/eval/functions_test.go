package eval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/runtime/doc"
)

// samples are the fields of a document and constants by their types.
var samples = map[string][]string{
	"string": {"s"}, "regex": {"re", "/b/"}, "int": {"i"}, "long": {"l"}, "double": {"f"}, "decimal": {"d"}, "number": {"2"},
	"bool": {"b"}, "date": {"t"}, "objectId": {"id"}, "uuid": {"u"}, "binary": {"bin"}, "array": {"list"}, "object": {"o"},
	"null": {"nothing"},
}

// arguments are those of functions that take only some texts, in order of the parameters.
var arguments = map[string]map[string]string{
	"int": {"string": `"5"`}, "long": {"string": `"5"`}, "double": {"string": `"5"`}, "decimal": {"string": `"5"`},
	"round": {"mode": `"half-up"`, "digits": "1"}, "objectId": {"hex": `"65f0c0ffee00000000000001"`}, "date": {"text": `"2026-01-01T00:00:00Z"`},
	"uuid": {"text": `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`}, "binary": {"base64": `"AAAA"`, "subtype": "0"}, "timestamp": {"seconds": "1", "increment": "1"},
	"formatDate": {"format": `"%Y"`}, "parseDate": {"text": `"2026-01-02"`, "format": `"%Y-%m-%d"`}, "secret": {"name": `"S"`},
}

// TestFunctionResults calls every function with arguments of every type that it
// takes: what comes out has the type that the table tells for them.
func TestFunctionResults(t *testing.T) {
	d, err := doc.ParseExtJSON([]byte(`{"s": "abc", "re": {"$regularExpression": {"pattern": "b", "options": ""}}, "i": 5, "l": {"$numberLong": "6"}, "f": 1.5, "d": {"$numberDecimal": "7.50"},
		"b": true, "t": {"$date": "2026-01-15T10:30:00.000Z"}, "id": {"$oid": "65f0c0ffee00000000000001"}, "u": {"$uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
		"bin": {"$binary": {"base64": "AAAA", "subType": "00"}}, "list": [1, 2], "o": {"a": 1}, "nothing": null}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range function.All() {
		if builtin.NewCall(f.Name, len(f.Params)) == nil {
			continue
		}
		results := 0
		for _, call := range calls(f) {
			text := f.Name + "(" + strings.Join(call.args, ", ") + ")"
			env := &Env{Name: "prod", Link: func(string, []bson.RawValue) (string, string, *value.Error) { return "key", "shown", nil }}
			x, errs := env.Expression(expression(t, text))
			if errs != nil {
				continue // not everything of a type is taken
			}
			v, wrong := x.Eval(d)
			if wrong != nil {
				continue
			}
			results++
			got := v.TypeName()
			if got == "secret" {
				got = "string"
			}
			want := f.Types(call.types)
			if want == nil && f.Result != "any" && f.Result != "number" || want != nil && !slices.Contains(want, got) {
				t.Errorf("%s gives %s, the table says %v", text, got, want)
			}
			if f.Result != "any" && f.Result != got && !(f.Result == "number" && (function.Numeric(got) || got == "number")) {
				t.Errorf("%s gives %s, the reference says %s", text, got, f.Result)
			}
			if len(want) > 1 && f.Name != "min" && f.Name != "max" {
				t.Errorf("%s gives %s, and the table no more than %v", text, got, want)
			}
		}
		if results == 0 {
			t.Errorf("no call of %s gives a value", f)
		}
	}
	for text, want := range map[string]string{"length(s)": "int", "round(d, 1)": "decimal", "div(i, l)": "long", "div(7, i)": "int", "min(d, 3)": "decimal number", "abs(-2)": "number"} {
		name, list, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
		var types [][]string
		for a := range strings.SplitSeq(list, ", ") {
			types = append(types, []string{typeOfSample(a)})
		}
		if got := function.Find(name).Types(types); fmt.Sprint(got) != "["+want+"]" && fmt.Sprint(got) != "["+strings.TrimSuffix(want, " number")+"]" {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

func typeOfSample(text string) string {
	for name, texts := range samples {
		if slices.Contains(texts, text) {
			return name
		}
	}
	return "number"
}

type sampleCall struct {
	args  []string
	types [][]string
}

// calls are calls with arguments of every type, with and without what may be left out.
func calls(f *function.Function) []sampleCall {
	out := []sampleCall{{}}
	whole := []sampleCall{}
	params := f.Params
	if f.Variadic {
		params = append(slices.Clone(params), params[len(params)-1])
	}
	for i, p := range params {
		if p.Optional || f.Variadic && i == len(f.Params) {
			whole = append(whole, out...)
		}
		var next []sampleCall
		for _, c := range out {
			for name, texts := range samples {
				if !p.Takes(name) {
					continue
				}
				if given := arguments[f.Name][p.Name]; given != "" {
					texts = []string{given}
				} else if given := arguments[f.Name][name]; given != "" {
					texts = []string{given}
				} else if p.Name == "zone" {
					texts = []string{`"Europe/Paris"`}
				}
				for _, text := range texts {
					next = append(next, sampleCall{append(slices.Clone(c.args), text), append(slices.Clone(c.types), []string{name})})
				}
			}
		}
		out = next
	}
	return append(whole, out...)
}
