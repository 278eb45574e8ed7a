package describe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func TestChanges(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"identical", `{"a": 1, "b": {"c": [1]}}`, `{"a": 1, "b": {"c": [1]}}`, ""},
		{"nested, removed, added", `{"a": {"b": 1, "c": 2}, "d": 1}`, `{"a": {"b": 3, "c": 2}, "e": 1}`, "a.b: 1 → 3; d: 1 → -; e: - → 1"},
		{"the type alone", `{"a": 1}`, `{"a": {"$numberLong": "1"}}`, "a: 1 → 1"},
		{"null is a value", `{"a": null}`, `{}`, "a: null → -"},
		{"a document for a value", `{"a": 1}`, `{"a": {"b": 1}}`, "a: 1 → {b: 1}"},
		{"odd names", `{"a.b": {"c d": 1}}`, `{"a.b": {"c d": 2}}`, "'a.b'.'c d': 1 → 2"},
		{"order of fields", `{"a": {"b": 1, "c": 2}}`, `{"a": {"c": 2, "b": 1}}`, "a order"},
		{"order of all fields", `{"b": 1, "c": 2}`, `{"c": 2, "b": 1}`, " order"},
		{"two fields of one name", `{"a": {"b": 1, "b": 2}}`, `{"a": {"b": 1, "b": 3}}`, "a: {b: 1, b: 2} → {b: 1, b: 3}"},
		{"by position", `{"a": [1, 2]}`, `{"a": [1, 3]}`, "a[1]: 2 → 3"},
		{"another length", `{"a": [1, 2]}`, `{"a": [1]}`, "a[1]: 2 → -"},
		{"an element in the middle", `{"a": [1, 2, 3]}`, `{"a": [1, 5, 2, 3]}`, "a[1]: - → 5"},
		{"some elements in the middle", `{"a": [1, 2, 3, 4]}`, `{"a": [1, 9, 4]}`, "a[1]: 2 → 9; a[2]: 3 → -"},
		{"nothing in common", `{"a": [1, 2]}`, `{"a": [3]}`, "a: [1, 2] → [3]"},
		{"from an empty array", `{"a": []}`, `{"a": [3]}`, "a: [] → [3]"},
		{"order of elements", `{"a": [1, 2, 2]}`, `{"a": [2, 1, 2]}`, "a order"},
		{"the same elements, not as often", `{"a": [1, 2, 2]}`, `{"a": [1, 1, 2]}`, "a[1]: 2 → 1"},
		{"by key", `{"i": [{"sku": "x", "p": 1}, {"sku": "y", "p": 1}]}`, `{"i": [{"sku": "y", "p": 2}, {"sku": "z", "p": 1}]}`,
			`i[sku: "x"]: {sku: "x", p: 1} → -; i[sku: "y"].p: 1 → 2; i[sku: "z"]: - → {sku: "z", p: 1}`},
		{"order of keyed elements", `{"i": [{"id": 1}, {"id": 2}]}`, `{"i": [{"id": 2}, {"id": 1}]}`, "i order"},
		{"a key of another type", `{"i": [{"id": 1, "x": 1}]}`, `{"i": [{"id": {"$numberLong": "1"}, "x": 1}]}`, "i[id: 1].id: 1 → 1"},
		{"the key is there twice", `{"i": [{"id": 1, "x": 1}, {"id": 1, "x": 2}]}`, `{"i": [{"id": 1, "x": 1}, {"id": 1, "x": 3}]}`, "i[1].x: 2 → 3"},
	}
	for _, test := range tests {
		var got []string
		for _, f := range Changes(extJSON(t, test.before), extJSON(t, test.after)) {
			show := func(v bson.RawValue) string {
				if v.Type == 0 {
					return "-"
				}
				return doc.Show(v, 0)
			}
			text := fmt.Sprintf("%s: %s → %s", f.Path, show(f.Before), show(f.After))
			if f.Order {
				text = f.Path + " order"
			}
			got = append(got, text)
		}
		if text := strings.Join(got, "; "); text != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, text, test.want)
		}
	}
}

func extJSON(t *testing.T, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Documents are without changes exactly when they have the same bytes.
func TestChangesFindsEveryDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var value func(depth int) bson.RawValue
	document := func(depth int) bson.Raw {
		b := new(doc.Builder)
		for range r.IntN(4) {
			b.Append(string(rune('a'+r.IntN(3))), value(depth))
		}
		return b.Raw()
	}
	value = func(depth int) bson.RawValue {
		switch n := r.IntN(6); {
		case n == 0 && depth > 0:
			return doc.Embed(document(depth - 1))
		case n == 1 && depth > 0:
			return doc.Array(value(depth-1), value(depth-1))
		case n == 2 && depth > 0:
			return doc.Array(doc.Embed(new(doc.Builder).AppendInt32("id", int32(r.IntN(2))).Raw()), doc.Embed(new(doc.Builder).AppendInt32("id", int32(r.IntN(2))).Raw()))
		}
		return doc.String(string(rune('x' + r.IntN(2))))
	}
	for range 20_000 {
		a, b := document(3), document(3)
		if found := Changes(a, b); (len(found) == 0) != slices.Equal(a, b) {
			t.Fatalf("%s\n%s\n%+v", a, b, found)
		}
	}
}
