package propose

import (
	"os"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// raw are documents from Extended JSON.
func raw(t *testing.T, texts ...string) (out []bson.Raw) {
	t.Helper()
	for _, text := range texts {
		var d bson.D
		if err := bson.UnmarshalExtJSON([]byte(text), false, &d); err != nil {
			t.Fatal(err)
		}
		b, err := bson.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

const unique = `"unique": true, "name": "i"`

// TestWeave holds the weave of collections of every kind (UPDATE_GOLDEN=1 rewrites it).
func TestWeave(t *testing.T) {
	id := func(n string) string { return `"_id": {"$oid": "65f0c0ffee000000000000` + n + `"}` }
	w := Weave{Name: Name("..", "shop test"), Database: "shop test", Collections: []*Collection{
		{Name: "byId", Kind: "collection", Count: 2, Documents: raw(t, `{"_id": "EUR", "name": "Euro"}`, `{"_id": "USD", "name": "Dollar"}`)},
		{Name: "fewest", Kind: "collection", Count: 2,
			Indexes:   raw(t, `{"key": {"a": 1, "b.c": -1}, `+unique+`}`, `{"key": {"code": 1}, `+unique+`}`),
			Documents: raw(t, `{`+id("01")+`, "a": 1, "b": {"c": 1}, "code": "x"}`, `{`+id("02")+`, "a": 1, "b": {"c": 2}, "code": "y"}`)},
		{Name: "unfit indexes", Kind: "collection", Count: 2, // one of a part, one that not all have, one of ids, one over arrays, one that is not unique
			Indexes: raw(t, `{"key": {"n": 1}, "partialFilterExpression": {"n": 1}, `+unique+`}`, `{"key": {"some": 1}, `+unique+`}`, `{"key": {"ref": 1}, `+unique+`}`,
				`{"key": {"tags": 1}, `+unique+`}`, `{"key": {"n": 1}, "name": "n"}`, `{"key": {"n": 1}, "unique": false, "name": "m"}`, `{"key": {"a..b": 1}, `+unique+`}`),
			Documents: raw(t, `{`+id("01")+`, "n": 1, "some": 1, "ref": {"$oid": "65f0c0ffee00000000000003"}, "tags": ["a"]}`, `{`+id("02")+`, "n": 2, "ref": {"$oid": "65f0c0ffee00000000000004"}, "tags": ["b"]}`)},
		{Name: "suggested", Kind: "collection", Count: 5000,
			Documents: raw(t, `{`+id("01")+`, "name": "same", "slug": "x"}`, `{`+id("02")+`, "name": "same", "slug": "y"}`)},
		{Name: "counters", Kind: "collection", Count: 1,
			Documents: raw(t, `{"_id": 1, "viewCount": 1, "discount": 5, "account": 2, "hits": {"$numberLong": "1"}, "count": "text", "lastSeen": {"$date": "2026-01-01T00:00:00Z"}, "lastName": "x",
				"stats": {"x": 1}, "by-day": {"retry_attempts": 1, "x\u001b[2J": 1}}`)},
		{Name: "all", Kind: "collection", Count: 1, Documents: raw(t, `{"_id": 1}`)},
		{Name: "odd 'name' ${x} \u202e", Kind: "collection", Count: 1, Indexes: raw(t, `{"key": {"in.the world": 1}, `+unique+`}`), Documents: raw(t, `{`+id("01")+`, "in": {"the world": 1}}`)},
		{Name: "line\nbreak }", Kind: "collection", Count: 1, Documents: raw(t, `{"_id": 1}`)},
		{Name: "seen", Kind: "view"}, {Name: "measured", Kind: "timeseries"}, {Name: "none", Kind: "collection"},
		{Name: "events", Kind: "collection", Refused: "shop.events has 2000000 documents, more than the 100000"},
	}}
	text, err := w.Text()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/proposed.weave"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s", text)
	}
}
