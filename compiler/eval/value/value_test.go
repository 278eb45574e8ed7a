package value

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func document(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func embedded(d bson.Raw) bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
}

// What stands for secrets and links goes out of a document and comes back to where it was.
func TestHidden(t *testing.T) {
	plain := document(t, `{"_id": 1, "auth": {"token": null, "list": ["a", null]}, "ref": null, "n": 5}`)
	secrets := []Secret{{Path: []string{"auth", "token"}, Parts: []SecretPart{{Text: "x-"}, {Name: "TOKEN"}}}, {Path: []string{"auth", "list", "1"}, Parts: []SecretPart{{Name: "KEY"}}}}
	with := WithSecrets(plain, secrets)
	if len(with) <= len(plain) || HoldsSecret(embedded(plain)) || !HoldsSecret(embedded(with)) {
		t.Fatalf("%q", with)
	}
	back, found := WithoutSecrets(with)
	if string(back) != string(plain) || len(found) != 2 || found[0].Path[1] != "token" || found[1].Path[2] != "1" || found[0].Parts[1].Name != "TOKEN" {
		t.Errorf("%s, %v", doc.Line(back), found)
	}
	for _, path := range [][]string{{"auth", "list", "2"}, {"auth", "list", "x"}, {"n", "m"}, {"none"}} {
		if got := WithSecrets(plain, []Secret{{Path: path, Parts: secrets[0].Parts}}); string(got) != string(plain) {
			t.Errorf("a secret was put at %v", path)
		}
	}
	if got := string(doc.AppendReview(nil, WithSecretNames(plain, secrets), false)); got != `{"_id": 1, "auth": {"token": "x-${secret(TOKEN)}", "list": ["a", "${secret(KEY)}"]}, "ref": null, "n": 5}` {
		t.Error(got)
	}
	want := Object([]Field{{"ref", NewLink("key", `link("c", 1)`)}})
	if found := Differences(want, plain, nil, []Link{{Path: []string{"ref"}, Key: "key"}}, false); len(found) > 0 {
		t.Errorf("%v", found)
	}
	if found := Differences(want, plain, nil, []Link{{Path: []string{"ref"}, Key: "other", Shown: `link("c", 2)`}}, false); len(found) != 1 || found[0].Got != `link("c", 2)` {
		t.Errorf("%v", found)
	}
}

// typed is a place whose fields have one numeric type.
type typed struct{ path, name string }

func (p typed) Field(name string) Target { return typed{p.path + "." + name, p.name} }
func (p typed) Element() Target          { return typed{p.path + "[]", p.name} }
func (p typed) Types() []string          { return []string{p.name} }
func (p typed) Place() string            { return p.path }

// Constants without a type take that of the place, wherever in a literal they stand.
func TestSettle(t *testing.T) {
	number := func(text string) Value {
		v, err := Number(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := Object([]Field{{"a", List([]Value{number("1"), Int(2)})}, {"b", number("3")}})
	for name, want := range map[string][2]string{"long": {"long", "long"}, "double": {"double", "double"}, "decimal": {"decimal", "decimal"}} {
		r, err := v.Settle(typed{"x", name})
		if err != nil {
			t.Fatal(err)
		}
		a := Of(r).Field("a").Element(0)
		if got := [2]string{a.TypeName(), Of(r).Field("b").TypeName()}; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := Object([]Field{{"a", List([]Value{number("1.5")})}}).Settle(typed{"x", "int"}); err == nil || err.Message != "`x.a[]` is int in the collection; 1.5 cannot be written as int" {
		t.Errorf("%v", err)
	}
	if r, err := v.Settle(nil); err != nil || Of(r).Field("b").TypeName() != "int" {
		t.Errorf("%v, %v", r, err)
	}
}
