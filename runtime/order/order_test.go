package order

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

var parse = doctest.Parse

func documents(t *testing.T, text string) []bson.Raw {
	t.Helper()
	var out []bson.Raw
	for _, v := range doc.Fields(bson.Raw(parse(t, `{"v": `+text+`}`).Lookup("v").Value)) {
		out = append(out, v.Document())
	}
	return out
}

// named is an entry with the names of the index's fields.
func named(ix *Index, e stores.Entry) bson.Raw {
	out := doc.NewBuilder(64)
	for i, name := range ix.Fields {
		out.Append(name, e[i])
	}
	return out.Raw()
}

func TestEntries(t *testing.T) {
	tests := []struct{ index, doc, want string }{
		{`{"key": {"a": 1}, "unique": true}`, `{"a": 1}`, `{"a": 1}`},
		{`{"key": {"a": 1}, "unique": true}`, `{}`, `{"a": null}`},
		{`{"key": {"a": 1}, "unique": true, "sparse": true}`, `{}`, ""},
		{`{"key": {"a": 1, "b": 1}, "unique": true, "sparse": true}`, `{"b": 1}`, `{"a": null, "b": 1}`},
		{`{"key": {"a": 1}, "unique": true}`, `{"a": [1, 2, 1.0]}`, `{"a": 1} {"a": 2}`},
		{`{"key": {"a": 1}, "unique": true}`, `{"a": []}`, `{"a": {"$undefined": true}}`},
		{`{"key": {"a.b": 1}, "unique": true}`, `{"a": [{"b": 1}, {"b": [2, 3]}, 5]}`, `{"a.b": 1} {"a.b": 2} {"a.b": 3}`},
		{`{"key": {"a.1": 1}, "unique": true}`, `{"a": [7, 8]}`, `{"a.1": 8}`},
	}
	for _, test := range tests {
		ix, ok := Checked(parse(t, test.index), false)
		if !ok {
			t.Fatalf("%s is not checked", test.index)
		}
		var got []string
		for _, e := range ix.Entries(parse(t, test.doc)) {
			got = append(got, string(doc.AppendReview(nil, named(&ix, e), false)))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s in %s: %q, want %q", test.doc, test.index, got, test.want)
		}
	}
	for _, spec := range []string{
		`{"key": {"a": 1}}`, `{"key": {"_id": 1}, "unique": true}`, `{"key": {"a": 1}, "unique": true, "partialFilterExpression": {"a": {"$mod": [2, 0]}}}`,
		`{"key": {"a": 1}, "unique": true, "collation": {"locale": "de"}, "partialFilterExpression": {"b": "x"}}`,
	} {
		if _, ok := Checked(parse(t, spec), false); ok {
			t.Errorf("%s is checked", spec)
		}
	}
}

func TestInWaves(t *testing.T) {
	tests := []struct {
		name         string
		n            int
		waits        [][2]int // write, holder
		waves, stuck string
	}{
		{"none", 3, nil, "[[0 1 2]]", "[]"},
		{"a chain", 3, [][2]int{{0, 1}, {1, 2}}, "[[2] [1] [0]]", "[]"},
		{"as early as possible", 4, [][2]int{{0, 3}, {1, 3}, {2, 0}}, "[[3] [0 1] [2]]", "[]"},
		{"a cycle and one behind it", 4, [][2]int{{0, 1}, {1, 0}, {2, 0}}, "[[3]]", "[0 1 2]"},
		{"a delete", 2, [][2]int{{0, -1}}, "[[1]]", "[0]"},
	}
	for _, test := range tests {
		var waits []Wait
		for _, w := range test.waits {
			waits = append(waits, Wait{Write: w[0], Holder: w[1]})
		}
		waves, stuck := inWaves(test.n, waits)
		if fmt.Sprint(waves) != test.waves || fmt.Sprint(stuck) != test.stuck {
			t.Errorf("%s: %v, stuck %v; want %s, %s", test.name, waves, stuck, test.waves, test.stuck)
		}
	}
}

// TestOf: what a collection with unique indexes allows, from its documents to the
// stages of its writes.
func TestOf(t *testing.T) {
	const unique, built, leaving = `{"name": "u", "key": {"u": 1}, "unique": true}`, "built", "leaving"
	tests := []struct {
		name           string
		live           string
		before, after  string // of the writes; {} before: an insert
		deletes        string
		index, rival   string // rival: `_id` of a document with the first entry, by collation
		unknown        []string
		clashes, early string
		stages, stuck  string
	}{
		{name: "nothing moves", live: `[{"_id": 1, "u": 1}]`, before: `[{}]`, after: `[{"_id": 2, "u": 2}]`, stages: "[{[0] [] false}]"},
		{name: "a value that another has", live: `[{"_id": 1, "u": 1}]`, before: `[{}]`, after: `[{"_id": 2, "u": 1}]`,
			clashes: "0 takes {\"u\": 1} of 1", stages: "[{[0] [] false}]"},
		{name: "two writes with one value", live: `[]`, before: `[{}, {}]`, after: `[{"_id": 1, "u": 1}, {"_id": 2, "u": 1}]`,
			clashes: "1 takes {\"u\": 1} of 1", stages: "[{[0 1] [] false}]"},
		{name: "a value that moves", live: `[{"_id": 1, "u": 1}]`, before: `[{}, {"_id": 1, "u": 1}]`, after: `[{"_id": 2, "u": 1}, {"_id": 1, "u": 2}]`,
			stages: "[{[1] [] false} {[0] [] false}]"},
		{name: "two that swap", live: `[{"_id": 1, "u": 1}, {"_id": 2, "u": 2}, {"_id": 3, "u": 4}]`,
			before: `[{"_id": 1, "u": 1, "w": [9]}, {"_id": 2, "u": 2}]`, after: `[{"_id": 1, "u": 2}, {"_id": 2, "u": 1}]`,
			stages: "[{[0 1] [] true}]", stuck: "0 for {\"u\": 2} of 2, 1 for {\"u\": 1} of 1"},
		{name: "of one that is deleted", live: `[{"_id": 1, "u": 1}]`, before: `[{}]`, after: `[{"_id": 2, "u": 1}]`, deletes: `[{"_id": 1, "u": 1}]`,
			stages: "[{[0] [0] true}]", stuck: "0 for {\"u\": 1} of 1"},
		{name: "an index that is built", live: `[{"_id": 1, "u": 1}, {"_id": 2, "u": 1}]`, before: `[]`, after: `[]`, index: built,
			clashes: "-1 takes {\"u\": 1} of 1", stages: "[]"},
		{name: "an index that goes", live: `[{"_id": 1, "u": 1}]`, before: `[{}]`, after: `[{"_id": 2, "u": 1}]`, index: leaving, early: "u", stages: "[{[0] [] false}]"},
		{name: "an index that goes and is in nobody's way", live: `[{"_id": 1, "u": 1}]`, before: `[{}]`, after: `[{"_id": 2, "u": 2}]`, index: leaving, stages: "[{[0] [] false}]"},
		{name: "one that goes and only a server knows", live: `[]`, before: `[{}]`, after: `[{"_id": 2, "u": 2}]`, unknown: []string{"x"}, early: "x", stages: "[{[0] [] false}]"},
		{name: "one that goes where nothing is written", live: `[]`, before: `[]`, after: `[]`, unknown: []string{"x"}, stages: "[]"},
		{name: "a rival by collation", live: `[]`, before: `[{}]`, after: `[{"_id": 2, "u": "a"}]`, rival: `{"_id": 7}`,
			clashes: "0 takes {\"u\": \"a\"} of 7", stages: "[{[0] [] false}]"},
	}
	for _, test := range tests {
		ix, ok := Checked(parse(t, unique), test.index == built)
		if !ok {
			t.Fatal("the index is not checked")
		}
		ix.Leaving = test.index == leaving
		c := &Collection{Live: documents(t, test.live), Unknown: test.unknown, Twins: func(func(int, bson.Raw) bool) {}}
		before := documents(t, test.before)
		for i, after := range documents(t, test.after) {
			w := Write{Wanted: i, Before: before[i], After: after}
			if len(before[i]) == 5 {
				w.Before = nil
			}
			c.Writes = append(c.Writes, w)
		}
		if test.deletes != "" {
			c.Deletes = documents(t, test.deletes)
		}
		if test.rival != "" {
			ix.Rivals[ix.Lookups(c.Writes)[0].Key()] = []bson.RawValue{parse(t, test.rival).Lookup("_id")}
		}
		c.Indexes = []Index{ix}
		p := Of(c)
		entry := func(e stores.Entry) string { return string(doc.AppendReview(nil, named(&ix, e), false)) }
		var clashes, stuck []string
		for _, clash := range p.Clashes {
			clashes = append(clashes, fmt.Sprintf("%d takes %s of %d", clash.Wanted, entry(clash.Entry), clash.Other.AsInt64()))
		}
		for _, w := range p.Stuck {
			stuck = append(stuck, fmt.Sprintf("%d for %s of %d", w.Write, entry(w.Entry), w.Other.AsInt64()))
		}
		if got := strings.Join(clashes, ", "); got != test.clashes {
			t.Errorf("%s: clashes %q, want %q", test.name, got, test.clashes)
		}
		if got := strings.Join(stuck, ", "); got != test.stuck {
			t.Errorf("%s: stuck %q, want %q", test.name, got, test.stuck)
		}
		if got := strings.Join(p.Early, " "); got != test.early {
			t.Errorf("%s: early %q, want %q", test.name, got, test.early)
		}
		if got := fmt.Sprint(p.Stages); got != test.stages {
			t.Errorf("%s: stages %s, want %s", test.name, got, test.stages)
		}
	}
}
