package eval

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
)

// regions stands in for the collection that lookups name.
func lookupEnv(t testing.TB, documents ...string) *Env {
	t.Helper()
	var all []bson.Raw
	for _, d := range documents {
		all = append(all, document(t, d))
	}
	return &Env{Name: "prod", Documents: func(s *ast.Lookup) ([]bson.Raw, string) {
		source := "shop"
		if s.Source != nil {
			source = s.Source.Text
		}
		return all, source + "." + s.Collection.Text
	}}
}

var regions = []string{
	`{"_id":1,"code":"DE","name":"Germany","eu":true,"n":{"$numberInt":"1"},"geo":{"lat":{"$numberDouble":"0.1"}}}`,
	`{"_id":2,"code":"FR","name":"France","eu":true,"n":{"$numberLong":"2"}}`,
	`{"_id":3,"code":"CH","name":"Switzerland","eu":false,"n":{"$numberDecimal":"3.0"}}`,
	`{"_id":4,"code":"FR","name":"Corsica","eu":false}`,
	`{"_id":5,"name":"nowhere"}`,
	`{"_id":6,"code":null,"name":"null","n":{"$numberDouble":"NaN"}}`,
	`{"_id":7,"code":["X","Y"],"name":"two"}`,
}

func TestLookup(t *testing.T) {
	tests := []struct{ row, stmts, in, want string }{
		{"one", `lookup r in regions where r.code == c set x = r.name`, `{"c":"DE"}`, `Germany`},
		{"the other way round", `lookup r in regions where c == r.code set x = r.name`, `{"c":"DE"}`, `Germany`},
		{"none", `lookup r in regions where r.code == c set x = r.name`, `{"c":"US"}`, `error lookup-count`},
		{"several", `lookup r in regions where r.code == c set x = r.name`, `{"c":"FR"}`, `error lookup-count`},
		{"joined by and", `lookup r in regions where r.eu == true and (r.code == c) set x = r.name`, `{"c":"FR"}`, `France`},
		{"expect 0 to 1, none", `lookup r in regions where r.code == c expect 0 to 1 set x = if r is missing then "none" else r.name`, `{"c":"US"}`, `none`},
		{"expect 0 to 1, one", `lookup r in regions where r.code == c expect 0 to 1 set x = if r is missing then "none" else r.name`, `{"c":"DE"}`, `Germany`},
		{"expect 0 to 1, several", `lookup r in regions where r.code == c expect 0 to 1 set x = "y"`, `{"c":"FR"}`, `error lookup-count`},
		{"expect any, none", `lookup r in regions where r.code == c expect any set x = r.name ?? "none"`, `{"c":"US"}`, `none`},
		{"expect 1", `lookup r in regions where r.code == c expect 1 set x = r.name`, `{"c":"DE"}`, `Germany`},
		{"expect 2", `lookup r in regions where r.code == c expect 2 set x = r.name`, `{"c":"FR"}`, `compile error lookup-count`},
		{"missing value", `lookup r in regions where r.code == nope set x = r.name`, `{}`, `error lookup-count`},
		{"null finds null", `lookup r in regions where r.code == c set x = r.name`, `{"c":null}`, `null`},
		{"numbers across types", `lookup r in regions where r.n == c set x = r.name`, `{"c":{"$numberDecimal":"1.00"}}`, `Germany`},
		{"numbers across types", `lookup r in regions where r.n == c set x = r.name`, `{"c":{"$numberDouble":"3"}}`, `Switzerland`},
		{"NaN", `lookup r in regions where r.n == c set x = r.name`, `{"c":{"$numberDecimal":"NaN"}}`, `null`},
		{"constants", `lookup r in regions where r.n == 2 set x = r.name`, `{}`, `France`},
		{"constants with fraction", `lookup r in regions where r.geo.lat == 0.1 set x = r.name`, `{}`, `Germany`},
		{"computed", `lookup r in regions where r.code == upper(c) set x = r.name`, `{"c":"de"}`, `Germany`},
		{"by let", `let k = upper(c) lookup r in regions where r.code == k set x = r.name`, `{"c":"de"}`, `Germany`},
		{"no equality", `lookup r in regions where r.name matches /^Switz/ set x = r.code`, `{}`, `CH`},
		{"both sides read it", `lookup r in regions where r.code == r.name expect any set x = r.name ?? "none"`, `{}`, `error array-compared`},
		{"an array is compared with an array", `lookup r in regions where r.code == c set x = r.name`, `{"c":["X","Y"]}`, `two`},
		{"an array in the other collection", `lookup r in regions where r.code == c and r.eu == true set x = r.name`, `{"c":"DE"}`, `error array-compared`},
		{"the condition is no bool", `lookup r in regions where r.name set x = 1`, `{}`, `error not-boolean`},
		{"as extracted", `set x = "y" lookup r in regions where r.code == c let n = r.name set x = n`, `{"c":"DE"}`, `Germany`},
		{"inside where", `where c == "DE" { lookup r in regions where r.code == c set x = r.name }`, `{"c":"DE"}`, `Germany`},
		{"not reached", `where c == "DE" { lookup r in regions where r.code == c set x = r.name } create x = "no"`, `{"c":"US"}`, `no`},
		{"inside each", `each i in l { lookup r in regions where r.code == i set i = r.name } set x = join(l, "+")`, `{"l":["DE","CH"]}`, `Germany+Switzerland`},
		{"two lookups", `lookup r in regions where r.code == c lookup s in regions where s._id == r.n set x = s.name`, `{"c":"DE"}`, `Germany`},
		{"the whole document", `lookup r in regions where r.code == c set x = keys(r)[1]`, `{"c":"DE"}`, `code`},
		{"it cannot be written", `lookup r in regions where r.code == c set r.name = "x"`, `{"c":"DE"}`, `compile error bad-path`},
		{"the name ends with the block", `where c == "DE" { lookup r in regions where r.code == c } set x = r.name`, `{"c":"DE"}`, `error field-missing`},
	}
	withoutArray := regions[:6]
	for _, tt := range tests {
		documents := withoutArray
		if strings.Contains(tt.row, "array") || tt.row == "both sides read it" {
			documents = regions
		}
		got, err := apply(t, lookupEnv(t, documents...), tt.stmts, tt.in)
		if !strings.Contains(got, "error") {
			got = document(t, got).Lookup("x").StringValue()
		}
		if got != tt.want {
			t.Errorf("%s: %s: %s, want %s (%v)", tt.row, tt.stmts, got, tt.want, err)
		}
	}
	for c, want := range map[string]string{
		"US": `no document of geo.regions fits|for r.code "US"|6 documents looked at`,
		"FR": `more than one document of geo.regions fits|for r.code "FR"|`,
	} {
		_, err := apply(t, lookupEnv(t, withoutArray...), `lookup r in regions from geo where r.code == c`, `{"c":"`+c+`"}`)
		if err == nil || !strings.HasPrefix(err.Message+"|"+err.Evidence+"|"+err.Notes[0], want) {
			t.Errorf("%+v", err)
		}
	}
}

// The counts and the checks of documents with lookups.
func TestLookupCountsAndChecks(t *testing.T) {
	p, errs := lookupEnv(t, regions[:6]...).Program(statements(t, `lookup r in regions where r.code == c expect 0 to 1 check r is missing or r.eu == true else "${r.name} is not in the EU"`))
	if errs != nil {
		t.Fatal(errs)
	}
	r := p.NewRun()
	var messages []string
	for _, c := range []string{"DE", "CH", "US"} {
		out, err := r.Apply(document(t, `{"c":"`+c+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		failures, err := r.Check(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range failures {
			messages = append(messages, f.Message)
		}
	}
	if s := r.Stats()[0]; s.Reached != 3 || s.Matched != 2 {
		t.Errorf("%+v", s)
	}
	if len(messages) != 1 || messages[0] != "Switzerland is not in the EU" {
		t.Errorf("%q", messages)
	}
}

// 20,000 documents each look up one of 20,000: the other collection is not read through each time.
func TestLookupIsIndexed(t *testing.T) {
	const n = 20_000
	documents := make([]bson.Raw, n)
	for i := range documents {
		d, err := bson.Marshal(bson.D{{Key: "_id", Value: i}, {Key: "k", Value: fmt.Sprintf("k%d", i)}})
		if err != nil {
			t.Fatal(err)
		}
		documents[i] = d
	}
	env := &Env{Name: "prod", Documents: func(*ast.Lookup) ([]bson.Raw, string) { return documents, "a.b" }}
	p, errs := env.Program(statements(t, `lookup o in b where o.k == k and o._id is int set x = o._id`))
	if errs != nil {
		t.Fatal(errs)
	}
	r := p.NewRun()
	for i, d := range documents {
		out, err := r.Apply(d)
		if err != nil || out.Lookup("x").Int32() != int32(i) {
			t.Fatalf("%d: %v %v", i, out, err)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	var documents []bson.Raw
	for i := range 10_000 {
		documents = append(documents, document(b, fmt.Sprintf(`{"_id":%d,"k":"k%d"}`, i, i)))
	}
	env := &Env{Name: "prod", Documents: func(*ast.Lookup) ([]bson.Raw, string) { return documents, "a.b" }}
	p, errs := env.Program(statements(b, `lookup o in b where o.k == k set x = o._id`))
	if errs != nil {
		b.Fatal(errs)
	}
	r := p.NewRun()
	for i := range b.N {
		if _, err := r.Apply(documents[i%len(documents)]); err != nil {
			b.Fatal(err)
		}
	}
}

// One Program with an index, visits and secrets runs on several goroutines; meant for the race detector.
func TestEverythingAtOnce(t *testing.T) {
	p, errs := lookupEnv(t, regions[:6]...).Program(statements(t, `
		lookup r in regions where r.code == c
		each i in items where i.n > 1 { set i.n = sum(items[].n) where i.n == 5 { remove i } create i.key = secret("K_${r.code}") }
		add r.name to names
		set at = startOfDay(at ?? date("2026-01-01T12:00:00Z"), "Europe/Paris")`))
	if errs != nil {
		t.Fatal(errs)
	}
	d := document(t, `{"c":"DE","items":[{"n":1},{"n":2},{"n":3},{"n":2}]}`)
	want := documentText(t, document(t, `{"c":"DE","items":[{"n":1},{"n":8,"key":null},{"n":14,"key":null},{"n":25,"key":null}],"names":["Germany"],"at":{"$date":{"$numberLong":"1767222000000"}}}`)) +
		" items/1/key=<K_DE> items/2/key=<K_DE> items/3/key=<K_DE>"
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			r := p.NewRun()
			for range 50 {
				out, err := r.Apply(d)
				if err != nil {
					t.Error(err)
					return
				}
				if got := documentText(t, out) + " " + showSecrets(r.Secrets()); got != want {
					t.Errorf("%s", got)
				}
			}
		})
	}
	wait.Wait()
}
