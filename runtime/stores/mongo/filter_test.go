package mongo

import (
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

var parse = doctest.Parse

func review(d bson.Raw) string { return string(doc.AppendReview(nil, d, false)) }

func TestGuardFilter(t *testing.T) {
	values := parse(t, `{"_id": {"x": 1}, "a": {"n": 1.5}, "l": [1], "z": null, "u": {"$undefined": true}, "r": {"$regularExpression": {"pattern": "a", "options": ""}}}`)
	g := stores.Guard{ID: values.Lookup("_id"), Absent: []doc.Path{{"m", "gone"}}}
	for _, p := range []doc.Path{{"a", "n"}, {"l"}, {"z"}, {"u"}, {"r"}} {
		v, _ := doc.Get(values, p)
		g.Present = append(g.Present, stores.Field{Path: p, Value: v})
	}
	want := review(parse(t, `{"_id": {"$eq": {"x": 1}}, "a.n": {"$eq": 1.5, "$not": {"$type": "array"}}, "l": {"$eq": [1]},
		"z": {"$type": 10, "$not": {"$type": "array"}}, "u": {"$type": 6, "$not": {"$type": "array"}},
		"r": {"$eq": {"$regularExpression": {"pattern": "a", "options": ""}}, "$not": {"$type": "array"}}, "m.gone": {"$exists": false}}`))
	if got := review(guardFilter(g)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	whole := stores.Guard{ID: values.Lookup("_id"), Whole: parse(t, `{"_id": {"x": 1}, "$b": 1}`)}
	want = `{"_id": {"$eq": {"x": 1}}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": {"x": 1}, "$b": 1}}]}}`
	if got := review(guardFilter(whole)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestQueryFilter(t *testing.T) {
	v := parse(t, `{"a": 1, "b": "x", "r": {"$regularExpression": {"pattern": "a", "options": ""}}}`)
	a, b, r := v.Lookup("a"), v.Lookup("b"), v.Lookup("r")
	tests := []struct {
		query stores.Query
		want  string
	}{
		{stores.Query{All: true, Filter: parse(t, `{"x": 1}`)}, `{}`},
		{stores.Query{Filter: parse(t, `{"x": 1}`)}, `{"x": 1}`},
		{stores.Query{}, `{}`},
		{stores.Query{Paths: []doc.Path{{"m", "k"}}, Keys: [][]bson.RawValue{{a}, {b}}}, `{"m.k": {"$in": [1, "x"]}}`},
		{stores.Query{Paths: []doc.Path{{"k"}}, Keys: [][]bson.RawValue{{r}, {b}}},
			`{"$or": [{"k": {"$eq": {"$regularExpression": {"pattern": "a", "options": ""}}}}, {"k": {"$eq": "x"}}]}`},
		{stores.Query{Paths: []doc.Path{{"k"}, {"l"}}, Keys: [][]bson.RawValue{{a, b}}}, `{"$or": [{"k": {"$eq": 1}, "l": {"$eq": "x"}}]}`},
	}
	for _, test := range tests {
		if got := review(queryFilter(test.query)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestUpdateDocument(t *testing.T) {
	v := parse(t, `{"a": 1}`).Lookup("a")
	op := stores.Op{Set: []stores.Field{{Path: doc.Path{"m", "a"}, Value: v}}, Unset: []doc.Path{{"b"}}}
	if got, want := review(updateDocument(op)), `{"$set": {"m.a": 1}, "$unset": {"b": ""}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRedactor(t *testing.T) {
	tests := []struct{ uri, message, want, hosts string }{
		{"mongodb://me:p%40ss@h1:1,h2:2/db?x=1", "auth of me:p%40ss with p@ss", "auth of *** with ***", "h1:1,h2:2"},
		{"mongodb://me:p@ss/w@h/", "bad p@ss/w", "bad ***", "h"},
		{"mongodb+srv://h/?tlsCertificateKeyFilePassword=hidden", "hidden", "***", "h"},
		{"me:secret@h", "secret", "***", "h"},
		{"mongodb://h", "nothing", "nothing", "h"},
	}
	for _, test := range tests {
		r := newRedactor(test.uri)
		if got := r.redact(test.message); got != test.want || r.hosts != test.hosts {
			t.Errorf("%s: %q at %q, want %q at %q", test.uri, got, r.hosts, test.want, test.hosts)
		}
	}
}

func TestExplainNames(t *testing.T) {
	s := &Store{secrets: newRedactor("mongodb://me:secret@h")}
	err := s.explain("reading", "shop.flags", errors.New("broken by secret"))
	if text := err.Error(); !strings.HasPrefix(text, "reading shop.flags failed: broken by ***\nCheck ") {
		t.Error(text)
	}
}
