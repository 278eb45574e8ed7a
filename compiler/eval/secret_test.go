package eval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

func showSecrets(secrets []value.Secret) string {
	var all []string
	for _, s := range secrets {
		text := ""
		for _, p := range s.Parts {
			if p.Name != "" {
				text += "<" + p.Name + ">"
			} else {
				text += p.Text
			}
		}
		all = append(all, strings.Join(s.Path, "/")+"="+text)
	}
	return strings.Join(all, " ")
}

// Secrets go where values go; the document has null there.
func TestSecrets(t *testing.T) {
	const d = `{"_id":"k","m":{"user":"u","old":"x"},"hooks":[{"e":"a"},{"e":"b"}],"l":["x"],"s":"q"}`
	tests := []struct{ row, stmts, document, secrets string }{
		{"whole", `set s = secret("A")`, `{"_id":"k","m":{"user":"u","old":"x"},"hooks":[{"e":"a"},{"e":"b"}],"l":["x"],"s":null}`, `s=<A>`},
		{"in a text", `set s = "p:${secret("A")}@${s}/${secret("B")}${secret("C")}"`, ``, `s=p:<A>@q/<B><C>`},
		{"in a text in a text", `let u = "u:${secret("A")}" set s = "${u}!${u}"`, ``, `s=u:<A>!u:<A>`},
		{"computed name", `set s = secret("HOOK_${upper(s)}_${_id}")`, ``, `s=HOOK_Q_k`},
		{"new field", `create m.password = secret("A")`, `{"_id":"k","m":{"user":"u","old":"x","password":null},"hooks":[{"e":"a"},{"e":"b"}],"l":["x"],"s":"q"}`, `m/password=<A>`},
		{"inside an object", `set m = {p: secret("A"), q: [1, "${secret("B")}."]}`, `{"_id":"k","m":{"p":null,"q":[{"$numberInt":"1"},null]},"hooks":[{"e":"a"},{"e":"b"}],"l":["x"],"s":"q"}`, `m/p=<A> m/q/1=<B>.`},
		{"copied", `set s = secret("A") create t = s set m.user = "${t}"`, ``, `m/user=<A> s=<A> t=<A>`},
		{"renamed", `set m.old = secret("A") rename m to n`, ``, `n/old=<A>`},
		{"overwritten", `set s = secret("A") set s = "plain"`, ``, ``},
		{"removed", `set m.old = secret("A") remove m`, ``, ``},
		{"in an element", `each h in hooks where h.e == "b" { create h.token = secret("HOOK_${h.e}") }`, ``, `hooks/1/token=<HOOK_b>`},
		{"in an element that moves up", `each h in hooks { create h.token = secret("T_${h.e}") } remove hooks[0]`, ``, `hooks/0/token=<T_b>`},
		{"an element", `set l[0] = secret("A")`, ``, `l/0=<A>`},
		{"through lists", `create x = reverse(concat(l, [secret("A")]))`, ``, `x/0=<A>`},
		{"through objects", `create x = values(merge(m, {old: secret("A")}))`, ``, `x/1=<A>`},
		{"through choices", `create x = if s == "q" then secret("A") else "" create y = nope ?? secret("B")`, ``, `x=<A> y=<B>`},
		{"through comprehensions", `create x = [secret("T_${h.e}") for h in hooks]`, ``, `x/0=<T_a> x/1=<T_b>`},
		{"its type is known", `set s = secret("A") where s is string and s is present { create x = 1 }`, ``, `s=<A>`},
		{"dots in names", `create this.'a.b' = secret("A")`, ``, `a.b=<A>`},
		{"null stays null", `create x = null create y = secret("A")`, ``, `y=<A>`},
		{"a let of the top level", `create x = top`, ``, `x=top <TOP>`},
	}
	env := &Env{Name: "prod"}
	top, errs := env.Constant(expression(t, `"top ${secret("TOP")}"`))
	if errs != nil {
		t.Fatal(errs)
	}
	env.Lets = map[string]value.Value{"top": top}
	for _, tt := range tests {
		p, errs := env.Program(statements(t, tt.stmts))
		if errs != nil {
			t.Errorf("%s: %v", tt.row, errs)
			continue
		}
		r := p.NewRun()
		for range 2 {
			out, err := r.Apply(document(t, d))
			if err != nil {
				t.Errorf("%s: %v", tt.row, err)
				continue
			}
			if got := documentText(t, out); tt.document != "" && got != tt.document {
				t.Errorf("%s: %s", tt.row, got)
			}
			if err := doc.Validate(out); err != nil {
				t.Errorf("%s: %v", tt.row, err)
			}
			got := showSecrets(r.Secrets())
			want := tt.secrets
			if tt.row == "computed name" {
				want = "s=<" + strings.TrimPrefix(want, "s=") + ">"
			}
			if got != want {
				t.Errorf("%s: %s, want %s", tt.row, got, want)
			}
			for _, s := range r.Secrets() { // and back
				again, found := value.WithoutSecrets(value.WithSecrets(out, []value.Secret{s}))
				if string(again) != string(out) || showSecrets(found) != showSecrets([]value.Secret{s}) {
					t.Errorf("%s: %v", tt.row, found)
				}
			}
		}
	}
	// Elements of arrays count by position, even where the data names them otherwise.
	odd := []byte{20, 0, 0, 0, 4, 'l', 0, 12, 0, 0, 0, 8, 'x', 0, 1, 10, 'y', 0, 0, 0}
	if err := doc.ValidateStructure(odd); err != nil {
		t.Fatal(err)
	}
	oddly, errs := env.Program(statements(t, `set l[1] = secret("A")`))
	if errs != nil {
		t.Fatal(errs)
	}
	run := oddly.NewRun()
	if _, err := run.Apply(odd); err != nil || showSecrets(run.Secrets()) != "l/1=<A>" {
		t.Errorf("%v %v", run.Secrets(), err)
	}
	// What a run leaves behind does not reach a document without secrets.
	p, errs := env.Program(statements(t, `where s == "q" { set s = secret("A") }`))
	if errs != nil {
		t.Fatal(errs)
	}
	r := p.NewRun()
	for d, want := range map[string]int{`{"s":"q"}`: 1, `{"s":"r"}`: 0} {
		if _, err := r.Apply(document(t, d)); err != nil || len(r.Secrets()) != want {
			t.Errorf("%s: %v %v", d, r.Secrets(), err)
		}
	}
}

// Whatever needs the value of a secret is an error, also where it is only inside.
func TestSecretsAreNotUsed(t *testing.T) {
	uses := []string{
		`where p == "x" { }`, `where "x" != p { }`, `where p < "x" { }`, `where p between "a" and "b" { }`, `where p in ["x"] { }`, `where "x" in [p] { }`, `where "x" in lp { }`,
		`where p matches /x/ { }`, `where p { }`, `where o == {} { }`, `where lp == [] { }`, `where any x in lp has x == "b" { }`, `where length(p) == 1 { }`,
		`set s = upper(p)`, `set s = string(p)`, `set s = join(lp, "")`, `set s = sha256(p)`, `set s = -p`, `set s = p + 1`, `set s = sort(lp)`, `set s = distinct(lp)`,
		`set s = min(lp)`, `set s = max("a", p)`, `set s = sum(lp)`, `set s = int(p)`, `set s = secret(p)`, `set s = date(p)`, `add p to l`, `add "x" to lp`, `set s = replace("a", "a", p)`,
		`set s = if p == "" then 1 else 2`, `each x in lp where x == "a" { }`, `lookup x in c where x.k == p`,
		`check p != ""`, `check s == "" else "no ${p}"`, `check o != {}`, `check length(p) > 1`, `check total(p) > 1`, `check s != "${p}" and count() > 0`,
	}
	for _, use := range uses {
		for _, before := range []string{`set p = secret("A") set o = {q: {p: p}} set lp = ["a", p] `, `set p = "a${secret("A")}" set o.q.p = p set lp[0] = p `} {
			env := lookupEnv(t, `{"k":"x"}`)
			p, errs := env.Program(statements(t, before+use))
			var err *value.Error
			if errs != nil {
				err = errs[0]
			} else {
				r := p.NewRun()
				out, fault := r.Apply(document(t, `{"p":"q","o":{"q":{"p":1}},"lp":["z"],"l":[],"s":"s"}`))
				if fault == nil {
					_, fault = r.Check(out)
				}
				if fault == nil {
					if failures := p.CheckCollection([]bson.Raw{out}, [][]value.Secret{r.Secrets()}); len(failures) > 0 {
						fault = failures[0].Err
					}
				}
				err = fault
			}
			if err == nil || err.Code != "secret-used" || err.Span.IsZero() {
				t.Errorf("%s%s: %v", before, use, err)
			}
		}
	}
}

func TestSecretNames(t *testing.T) {
	env := &Env{Name: "prod"}
	for name, ok := range map[string]bool{"A": true, "_a9": true, "": false, "9A": false, "A-B": false, "A B": false, "A=B": false, "ä": false, "A\\n": false} {
		if _, errs := env.Constant(expression(t, `secret("`+name+`")`)); (errs == nil) != ok {
			t.Errorf("%q: %v", name, errs)
		}
	}
	// A constant secret is no value that the caller can take for data.
	v, errs := env.Constant(expression(t, `[1, {a: secret("A")}]`))
	if errs != nil {
		t.Fatal(errs)
	}
	if _, err := v.Raw(); err == nil || err.Code != "secret-used" {
		t.Errorf("%v", err)
	}
	x, errs := env.Expression(expression(t, `o ?? secret("A")`))
	if errs != nil {
		t.Fatal(errs)
	}
	if v, err := x.Eval(document(t, `{}`)); err != nil || !v.HoldsSecret() || strings.Contains(v.Evidence(), "A") {
		t.Errorf("%v %v", v.Evidence(), err)
	}
	if c, errs := env.Condition(expression(t, `secret("A") == "x"`)); errs == nil {
		t.Errorf("%v", c)
	}
}

func TestDocument(t *testing.T) {
	env := &Env{Name: "prod", NumericTypes: func(at *ast.Path, steps []ast.Step) []string {
		if at != nil {
			t.Errorf("at is %v", at)
		}
		return numericTypes(map[string][]string{"limits.users": {"long"}, "l[].n": {"decimal"}, "both": {"int", "long"}})(at, steps)
	}}
	vat, errs := env.Constant(expression(t, `0.2`))
	if errs != nil {
		t.Fatal(errs)
	}
	env.Lets = map[string]value.Value{"vat": vat}
	tests := []struct{ object, want string }{
		{`{name: "x", limits: {users: 1}, l: [{n: 5}], tax: vat, m: {p: secret("A")}, _id: "k", at: date("2026-02-01T00:00:00Z"), e: environment()}`,
			`{"_id":"k","name":"x","limits":{"users":{"$numberLong":"1"}},"l":[{"n":{"$numberDecimal":"5"}}],"tax":{"$numberDouble":"0.2"},"m":{"p":null},"at":{"$date":{"$numberLong":"1769904000000"}},"e":"prod"} m/p=<A>`},
		{`{}`, `{} `},
		{`{m: {_id: 1, a: 1}}`, `{"m":{"_id":{"$numberInt":"1"},"a":{"$numberInt":"1"}}} `},
		{`{both: 1}`, `error ambiguous-number-type`},
		{`{limits: {users: 1.5}}`, `error not-representable`},
		{`{a: name}`, `error not-constant`},
		{`{a: 1, a: 2}`, `error repeated-field`},
	}
	for _, tt := range tests {
		d, secrets, errs := env.Document(statements(t, "document "+tt.object)[0].(*ast.Document))
		got := ""
		if errs != nil {
			got = "error " + string(errs[0].Code)
			if errs[0].Span.IsZero() {
				t.Errorf("%s: no place", tt.object)
			}
		} else {
			got = documentText(t, d) + " " + showSecrets(secrets)
		}
		if got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.object, got, tt.want)
		}
	}
}

func TestCheckCollection(t *testing.T) {
	documents := []string{`{"k":"a","n":1,"l":[1,2],"f":{"$numberDouble":"0.5"}}`, `{"k":"b","n":{"$numberLong":"4"},"l":[]}`, `{"k":"c","n":null}`, `{"k":"d"}`}
	tests := []struct{ check, want string }{
		{`check count() between 1 and 500`, ``},
		{`check count() == 4`, ``},
		{`check count() > 4 else "only ${count()}"`, `-1 only 4`},
		{`warn count() > 4`, `-1 `},
		{`check total(n) == 5`, ``},
		{`check total(n) == 6 else "it is ${total(n)}"`, `-1 it is 5`},
		{`check total(l) == 3 and total(l[]) == 3`, ``},
		{`check total(n * 2) == 10`, `2 error null-value 3 error field-missing`},
		{`check total((n ?? 0) * 2) == 10`, ``},
		{`check total(nope) == 0`, ``},
		{`check total(f) == 0.5`, ``},
		{`check total(k) == 0`, `0 error wrong-type 1 error wrong-type 2 error wrong-type 3 error wrong-type`},
		{`check total(length(k)) == count()`, ``},
		{`check total(length([x for x in l where x > 1])) == 1`, ``},
		{`check (n ?? 0) * 2 <= total(n) else "${k} has more than half"`, `1 b has more than half`},
		{`for prod { check count() == 9 }`, `-1 `},
		{`for other { check count() == 9 }`, ``},
		{`check any x in l has x == total(l)`, `0  1  2  3 `},
		{`check n > total(n)`, `0  1  2  3 `},
		{`let m = count() check m > 1`, `compile error misplaced-statement`},
		{`set n = count()`, `compile error misplaced-statement`},
		{`where n == 1 { check count() > 1 }`, `compile error misplaced-statement`},
		{`each x in l { check total(n) > 1 }`, `compile error misplaced-statement`},
		{`let m = n check total(n) > m`, `compile error bad-path`},
		{`check any x in l has total(x) > 1`, `compile error bad-path`},
		{`check total(total(n)) > 1`, `compile error misplaced-statement`},
	}
	for _, tt := range tests {
		p, errs := (&Env{Name: "prod"}).Program(statements(t, tt.check))
		var got []string
		if errs != nil {
			got = append(got, "compile error "+string(errs[0].Code))
		} else {
			r := p.NewRun()
			var results []bson.Raw
			for _, d := range documents {
				out, err := r.Apply(document(t, d))
				if err != nil {
					t.Fatal(err)
				}
				if failures, err := r.Check(out); len(failures) > 0 || err != nil {
					t.Errorf("%s is judged for one document: %v %v", tt.check, failures, err)
				}
				results = append(results, out)
			}
			for _, f := range p.CheckCollection(results, nil) {
				if f.Check == nil {
					t.Errorf("%s: a failure of no check", tt.check)
				}
				if f.Err != nil {
					got = append(got, fmt.Sprintf("%d error %s", f.Document, f.Err.Code))
				} else {
					got = append(got, fmt.Sprintf("%d %s", f.Document, f.Message))
				}
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.check, s, tt.want)
		}
	}
	p, errs := (&Env{Name: "prod"}).Program(statements(t, `check count() > 0 check total(n) == 0`))
	if errs != nil {
		t.Fatal(errs)
	}
	if failures := p.CheckCollection(nil, nil); len(failures) != 1 || failures[0].Document != -1 || failures[0].Check == nil {
		t.Errorf("%v", failures)
	}
}

func TestReferences(t *testing.T) {
	p, errs := (&Env{Name: "prod"}).Program(statements(t, `
		check k refers to c.k else "no ${k}"
		check items[].sku refers to products.sku
		each i in items where i.n == 1 { check i.sku refers to products.sku set i.sku = upper(i.sku) }
		where k is missing { check o refers to c.k }
		set k = lower(k ?? "x")`))
	if errs != nil {
		t.Fatal(errs)
	}
	r := p.NewRun()
	var got []string
	for _, d := range []string{`{"k":"A","items":[{"sku":"a","n":1},{"sku":null},{},{"sku":"b","n":1}]}`, `{"k":null}`, `{"o":{"$numberLong":"5"}}`} {
		out, err := r.Apply(document(t, d))
		if err != nil {
			t.Fatal(err)
		}
		if failures, err := r.Check(out); len(failures) > 0 || err != nil {
			t.Errorf("%v %v", failures, err)
		}
		references, err := r.References(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range references {
			s := string(ref.Check.RefersTo.Collection.Text)
			for _, v := range ref.Values {
				s += " " + v.String()
			}
			got = append(got, s)
		}
	}
	want := []string{`c "a"`, `products "A" "B"`, `products "A"`, `products "B"`, `c "x"`, `products`, `c "x"`, `products`, `c {"$numberLong":"5"}`}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
