package eval

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
)

// nested has empty values at several depths, in objects and in arrays.
const nested = `{"_id":{"a":""},"t":"","body":{"a":"","b":{"c":"","d":"x","e":{"f":""}},"list":["","y",{"g":""},["",[""]]],"n":{"$numberInt":"1"},"null":null},"i18n":{"en":{"hi":"Hi","no":""},"de":{"hi":""}}}`

func TestEachInside(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(nested, old, new, 1) }
	const body = `{"a":"","b":{"c":"","d":"x","e":{"f":""}},"list":["","y",{"g":""},["",[""]]],"n":{"$numberInt":"1"},"null":null}`
	tests := []struct{ row, stmts, in, want string }{
		{"removed at any depth", `each v at any depth of body where v == "" { remove v }`, nested, with(body, `{"b":{"d":"x","e":{}},"list":["y",{},[[]]],"n":{"$numberInt":"1"},"null":null}`)},
		{"inside before around", `each v at any depth of body where v is empty { remove v }`, nested, with(body, `{"b":{"d":"x"},"list":["y"],"n":{"$numberInt":"1"},"null":null}`)},
		{"all gone", `each v at any depth of body { remove v }`, nested, with(body, `{}`)},
		{"texts", `each v at any depth of body where v is string { set v = "<${v}>" }`, nested,
			with(body, `{"a":"<>","b":{"c":"<>","d":"<x>","e":{"f":"<>"}},"list":["<>","<y>",{"g":"<>"},["<>",["<>"]]],"n":{"$numberInt":"1"},"null":null}`)},
		{"what is written is not gone into", `each v at any depth of body where v == "" { set v = { again: "" } }`, `{"body":{"a":""}}`, `{"body":{"a":{"again":""}}}`},
		{"what is written inside is seen around", `each v at any depth of body { where v is string { set v = "x" } else where v == ["x"] { set v = "y" } }`, `{"body":{"a":[""]}}`, `{"body":{"a":"y"}}`},
		{"keys", `each key, v at any depth of body where key == "g" or key matches /^[cf]$/ { remove v }`, nested,
			with(body, `{"a":"","b":{"d":"x","e":{}},"list":["","y",{},["",[""]]],"n":{"$numberInt":"1"},"null":null}`)},
		{"elements have no key", `each key, v at any depth of body where key is missing { remove v }`, `{"body":{"a":["x"],"b":{"c":["y",["z"]]}}}`, `{"body":{"a":[],"b":{"c":[]}}}`},
		{"an ancestor is removed after what is in it", `each key, v at any depth of body { add "${key ?? "-"}" to seen where key == "b" { remove v } }`, `{"body":{"b":{"c":"x","d":{"e":["y"]}},"f":"z"}}`,
			`{"body":{"f":"z"},"seen":["c","-","e","d","b","f"]}`},
		{"of the document", `each v at any depth of this where v == "" { remove v }`, `{"_id":{"a":""},"t":"","o":{"b":"","c":"x"}}`, `{"_id":{"a":""},"o":{"c":"x"}}`},
		{"of the document, all but _id", `each v at any depth of this { remove v }`, nested, `{"_id":{"a":""}}`},
		{"of an array", `each v at any depth of body.list where v == "" { remove v }`, nested, with(`["","y",{"g":""},["",[""]]]`, `["y",{},[[]]]`)},
		{"of a scalar", `each v at any depth of t { remove v }`, nested, nested},
		{"of null", `each v at any depth of body.null { remove v }`, nested, nested},
		{"of nothing", `each v at any depth of absent { remove v }`, nested, nested},
		{"fields of what is visited", `each v at any depth of body where v is object { create v.seen = true }`, `{"body":{"a":{"b":{}}}}`, `{"body":{"a":{"b":{"seen":true},"seen":true}}}`},
		{"the document beside", `each v at any depth of body where v is string { set t = "${t}${v}" }`, `{"t":"","body":{"a":"x","b":["y","z"]}}`, `{"t":"xyz","body":{"a":"x","b":["y","z"]}}`},
		{"what is walked reads as it was", `each v at any depth of body { set v = length(entries(body)) remove t }`, `{"t":1,"body":{"a":"x","b":"y"}}`, `{"body":{"a":{"$numberInt":"2"},"b":{"$numberInt":"2"}}}`},
		{"in an element", `each row in rows { each v at any depth of row.o where v == "" { remove v } }`, `{"rows":[{"o":{"a":""}},{"o":{"b":"x"}}]}`, `{"rows":[{"o":{}},{"o":{"b":"x"}}]}`},
		{"the element around is removed", `each row in rows { each v at any depth of row where v == "bad" { remove row } set row.ok = true }`, `{"rows":[{"o":{"a":["bad"]}},{"o":"x"}]}`, `{"rows":[{"o":"x","ok":true}]}`},
		{"an each inside", `each v at any depth of body where v is array { each x in v where x is empty { remove x } }`, `{"body":{"a":["",["","x"]]}}`, `{"body":{"a":[["x"]]}}`},

		{"fields", `each lang, m in i18n { create m.lang = lang }`, nested, with(`{"en":{"hi":"Hi","no":""},"de":{"hi":""}}`, `{"en":{"hi":"Hi","no":"","lang":"en"},"de":{"hi":"","lang":"de"}}`)},
		{"fields, where", `each lang, m in i18n where lang != "en" { remove m }`, nested, with(`{"en":{"hi":"Hi","no":""},"de":{"hi":""}}`, `{"en":{"hi":"Hi","no":""}}`)},
		{"fields, fields", `each lang, m in i18n { each key, text in m where text == "" { set text = this.i18n.en.hi } }`, nested, with(`{"en":{"hi":"Hi","no":""},"de":{"hi":""}}`, `{"en":{"hi":"Hi","no":"Hi"},"de":{"hi":"Hi"}}`)},
		{"fields that are values", `each key, n in o { set n = n + 1 }`, `{"o":{"a":{"$numberInt":"1"},"b":{"$numberInt":"2"}}}`, `{"o":{"a":{"$numberInt":"2"},"b":{"$numberInt":"3"}}}`},
		{"fields of hostile names", `each key, n in o where key in ["__proto__", "$x", "a.b"] { set n = key }`, `{"o":{"__proto__":1,"$x":2,"a.b":3,"z":4}}`, `{"o":{"__proto__":"__proto__","$x":"$x","a.b":"a.b","z":{"$numberInt":"4"}}}`},
		{"fields of a list", `each key, n in body.list { remove n }`, nested, `error wrong-type`},
		{"fields of null", `each key, n in body.null { remove n }`, nested, `error wrong-type`},
		{"fields of nothing", `each key, n in absent { remove n }`, nested, nested},
		{"elements of an object", `each n in i18n { remove n }`, nested, `error not-an-array`},
		{"elements of a name", `let langs = ["de", "fr"] each lang in langs where lang != "fr" { add lang to seen }`, `{"seen":["en"]}`, `{"seen":["en","de"]}`},
		{"elements of a name that is made of fields", `let seen = [e.key for e in entries(i18n)] each lang in seen { set t = "${t}${lang}" }`, `{"t":"","i18n":{"en":1,"de":2}}`, `{"t":"ende","i18n":{"en":1,"de":2}}`},
		{"fields of a name", `let o = { a: "x", b: "y" } each key, v in o { add "${key}${v}" to seen }`, `{"seen":[]}`, `{"seen":["ax","by"]}`},
		{"a name that is no list", `let o = { a: "x" } each v in o { add v to seen }`, `{"seen":[]}`, `error not-an-array`},
		{"a name that is no object", `let o = ["x"] each k, v in o { add v to seen }`, `{"seen":[]}`, `error wrong-type`},
		{"a name of nothing", `let o = absent ?? [] each v in o { add v to seen }`, `{"seen":[]}`, `{"seen":[]}`},
		{"elements of a constant", `each v in constants { add v to seen }`, `{"seen":[]}`, `{"seen":["c","d"]}`},
		{"an element of a name cannot be written", `let o = ["x"] each v in o { set v = "y" }`, `{"seen":[]}`, `error bad-path`},
		{"the element around goes while a name is walked", `each row in rows { each v in constants { where row.n == v { remove row } } create row.ok = true }`, `{"rows":[{"n":"c"},{"n":"e"}]}`, `{"rows":[{"n":"e","ok":true}]}`},
		{"counted", `each v at any depth of body where v == "" expect 7 { remove v }`, nested, with(body, `{"b":{"d":"x","e":{}},"list":["y",{},[[]]],"n":{"$numberInt":"1"},"null":null}`)},
		{"miscounted", `each v at any depth of body where v == "" expect 5 { remove v }`, nested, `error wrong-count`},
		{"the walked itself", `each v at any depth of body { remove body }`, nested, `error bad-path`},
		{"within the walked", `each v at any depth of this { set t = "x" }`, nested, `error bad-path`},
	}
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			got := ""
			p, errs := (&Env{Name: "prod", Lets: map[string]value.Value{"constants": value.List([]value.Value{value.String("c"), value.String("d")})}}).Program(statements(t, tt.stmts))
			if errs != nil {
				got = "error " + string(errs[0].Code)
			} else if d, err := p.NewRun().Apply(document(t, tt.in)); err != nil {
				got = "error " + string(err.Code)
			} else {
				got = documentText(t, d)
			}
			want := tt.want
			if !strings.HasPrefix(want, "error") {
				want = documentText(t, document(t, want))
			}
			if got != want {
				t.Errorf("%s\n got %s\nwant %s", tt.stmts, got, want)
			}
		})
	}
}

// TestEachInsideBounds: what visits write cannot outgrow a document, in size or depth.
func TestEachInsideBounds(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 60) + `"x"` + strings.Repeat(`}`, 60)
	literal := strings.Repeat("{ a: ", 60) + "1" + strings.Repeat(" }", 60)
	wide := `[` + strings.TrimSuffix(strings.Repeat(`"xxxxxxxxxxxxxxxxxxxx",`, 5000), ",") + `]`
	for _, tt := range []struct{ stmts, in, want string }{
		{`each v at any depth of body where v == "x" { set v = ` + literal + ` }`, `{"body":` + deep + `}`, "result-too-deep"},
		{`let long = join(body, "") each v at any depth of body { set v = slice(long, 0, 100000) }`, `{"body":` + wide + `}`, "result-too-large"},
		{`let long = join(body, "") each v in body { set v = slice(long, 0, 100000) }`, `{"body":` + wide + `}`, "result-too-large"},
	} {
		p, errs := (&Env{Name: "prod"}).Program(statements(t, tt.stmts))
		if errs != nil {
			t.Fatal(errs[0])
		}
		if _, err := p.NewRun().Apply(document(t, tt.in)); err == nil || string(err.Code) != tt.want {
			t.Errorf("%.60s: %v, want %s", tt.stmts, err, tt.want)
		}
	}
}

// TestEachInsideTrace: what visits change is told as the change of the whole `each`.
func TestEachInsideTrace(t *testing.T) {
	var got []string
	env := &Env{Trace: func(s ast.Stmt, before, after bson.Raw) {
		for _, c := range Changes(before, after, nil) {
			word, _, _ := strings.Cut(s.Place().Text(), " ")
			got = append(got, word+" "+c.Path)
		}
	}}
	p, errs := env.Program(statements(t, `each row in rows { each k, v at any depth of row.o where v == "" { set seen = k remove v } set row.ok = true }`))
	if errs != nil {
		t.Fatal(errs[0])
	}
	if _, err := p.NewRun().Apply(document(t, `{"rows":[{"o":{"a":"","b":"x"}}]}`)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"set seen", "each rows[0].o.a", "set rows[0].ok"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
