package eval

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// kibibyte is a document of 1 KiB as configuration has them.
func kibibyte(t testing.TB) bson.Raw {
	var b strings.Builder
	b.WriteString(`{"_id":{"$oid":"65f0c0ffee0123456789abcd"},"name":"new-checkout","archived":false,"stage":"beta","rollout":{"$numberLong":"25"},"createdBy":"someone@example.com",`)
	b.WriteString(`"limits":{"users":{"$numberInt":"50"},"cost":{"$numberDecimal":"9.90"}},"audiences":["internal","beta","staff"],`)
	for i := range 14 {
		fmt.Fprintf(&b, `"field%d":"some text of a usual length, number %d",`, i, i)
	}
	b.WriteString(`"notes":{"internal":"x","public":"y"}}`)
	d := document(t, b.String())
	if len(d) < 900 || len(d) > 1150 {
		t.Fatalf("%d bytes", len(d))
	}
	return d
}

const fiveRules = `
	remove createdBy, notes.internal
	set rollout = per environment { preprod: 100, prod: 25 }
	where name matches /^new-/ and stage in ["alpha", "beta"] { set rollout = 5 }
	set limits.users = if limits.cost > 5 then limits.users * 2 else limits.users ?? 50
	create url = "https://cdn.example.com/${lower(name)}.png"`

func BenchmarkFiveRules(b *testing.B) {
	d := kibibyte(b)
	env := &Env{Name: "prod", NumericTypes: numericTypes(map[string][]string{"rollout": {"long"}, "limits.users": {"int"}})}
	p, errs := env.Program(statements(b, fiveRules))
	if errs != nil {
		b.Fatal(errs)
	}
	r := p.NewRun()
	b.SetBytes(int64(len(d)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Apply(d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConditions(b *testing.B) {
	d := kibibyte(b)
	for _, text := range []string{`archived == false`, `stage in ["alpha", "beta"] and rollout between 0 and 100`, `name matches /^[a-z0-9-]+$/`,
		`any a in audiences has a == "staff"`, `limits.cost * 2 > 10`} {
		c, errs := (&Env{Name: "prod"}).Condition(expression(b, text))
		if errs != nil {
			b.Fatal(errs)
		}
		b.Run(strings.ReplaceAll(text, "/", "|"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := c.Test(d); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

// The cost of visiting twenty elements and writing into each.
func BenchmarkEach(b *testing.B) {
	items := strings.Repeat(`{"sku":"sku-0001","n":{"$numberInt":"5"},"net":{"$numberDecimal":"9.90"}},`, 20)
	d := document(b, `{"_id":1,"items":[`+strings.TrimSuffix(items, ",")+`]}`)
	p, errs := (&Env{Name: "prod"}).Program(statements(b, `each item in items where item.n == 5 { set item.n = item.n + 1 create item.gross = round(item.net * 1.2, 2) }`))
	if errs != nil {
		b.Fatal(errs)
	}
	r := p.NewRun()
	for b.Loop() {
		if _, err := r.Apply(d); err != nil {
			b.Fatal(err)
		}
	}
}
