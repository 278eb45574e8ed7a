package cause

import (
	"fmt"
	"maps"
	"reflect"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// What of a small document is in the ledger.
func TestLedgerEntry(t *testing.T) {
	c := &desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Preserve: paths("p"), Ignore: paths("i/j"),
		Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "a": "x", "e": {}, "p": {"q": 1}, "i": {"j": 1, "k": [1, {"z": 1}]}}`)}, {Raw: parse(t, `{"_id": 2}`)}}}
	entries := Entries(wantedOf(c), []int{1})
	if entries.Count != 1 {
		t.Fatalf("%d entries: an absent document has none", entries.Count)
	}
	making := entries.Making()
	e := making.Entry(0)
	if key, leaves := making.About(0); key != e.Key || leaves != 3 {
		t.Errorf("about it: key %x, %d leaves", key, leaves)
	}
	if e.Key != control.KeyOf(parse(t, `{"_id": 1}`)) {
		t.Errorf("key %x", e.Key)
	}
	for path, text := range map[string]string{"a": `"x"`, "e": `{}`, "i.k": `[1, {"z": 1}]`} {
		v := parse(t, `{"": `+text+`}`).Lookup("")
		if !e.Has(path, v) || !e.HasPath(path) {
			t.Errorf("%s: %s is not there", path, text)
		}
	}
	if v := parse(t, `{"": 1}`).Lookup(""); e.Has("a", v) || e.HasPath("p.q") || e.HasPath("_id") || e.HasPath("i.j") || e.HasPath("i") {
		t.Error("something is there that is not owned")
	}
}

// Names of fields that are data: what is known of their places is let go, and nothing else changes.
func TestManyNames(t *testing.T) {
	c := &desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}}
	for i := range 5 {
		d := doc.NewBuilder(1<<16).AppendInt32("_id", int32(i))
		for n := range manyPaths * 2 / 3 {
			d.AppendInt32(fmt.Sprintf("f%d-%d", i, n), 1)
		}
		c.Documents = append(c.Documents, desired.Document{Raw: d.Raw()})
	}
	entries := Entries(wantedOf(c), nil)
	one := entries.Making()
	for i := range entries.Count {
		alone := entries.Making()
		key, leaves := one.About(i)
		entry, want := one.Entry(i), alone.Entry(i)
		if leaves != manyPaths*2/3 || key != want.Key || !reflect.DeepEqual(entry, want) {
			t.Errorf("document %d: %d leaves, or another entry", i, leaves)
		}
	}
	top := &compare.Place{}
	for i := range c.Documents {
		wantedOf(c).Owned(top, c.Documents[i].Raw, func(*compare.Place, bson.RawValue) {})
	}
	if want := 5*(manyPaths*2/3) + 1; top.Found() != want {
		t.Errorf("%d places are known, want %d", top.Found(), want)
	}
}

// Causes of single changes.
func TestCause(t *testing.T) {
	was := &desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Ignore: paths("g"),
		Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "n": 1, "d": {"x": 1, "y": {"z": 2}}, "e": {}, "l": [1]}`)}}}
	p := wantedOf(was)
	entry := Entries(p, nil).Making().Entry(0)
	e := &entry
	for _, test := range []struct{ name, path, before, after, want string }{
		{"the rules", "n", `1`, `2`, ByRules},
		{"the destination", "n", `3`, `1`, ByDestination},
		{"its type", "n", `1.0`, `1`, ByDestination},
		{"both", "n", `3`, `2`, ByBoth},
		{"both, and the destination has none", "n", ``, `2`, ByBoth},
		{"both, and it is no longer wanted", "n", `3`, ``, ByBoth},
		{"a new field that somebody has set", "new", `2`, `1`, ByBoth},
		{"both, an array", "l", `[2]`, `[3]`, ByBoth},
		{"both, a document", "e", `{"x": 1}`, `{"y": 1}`, ByBoth},
		{"a new field", "new", ``, `1`, ByRules},
		{"a removed one", "n", ``, `1`, ByDestination},
		{"no longer wanted", "n", `1`, ``, ByRules},
		{"never wanted", "other", `1`, ``, ByDestination},
		{"an array", "l", `[1]`, `[1, 2]`, ByRules},
		{"a changed array", "l", `[2]`, `[1]`, ByDestination},
		{"an empty document", "e", `{}`, `1`, ByRules},
		{"a document gives way", "d", `{"x": 1, "y": {"z": 2}}`, `5`, ByRules},
		{"a changed document gives way", "d", `{"x": 1, "y": {"z": 3}}`, `5`, ByBoth},
		{"a changed document is removed", "d", `{"x": 1, "y": {"z": 3}}`, ``, ByDestination},
		{"a document is removed", "d", `{"x": 1}`, ``, ByRules},
		{"a value stands where a document was", "d", `5`, `{"x": 1}`, ByDestination},
		{"the order of fields", "d", `{"y": {"z": 2}, "x": 1}`, `{"x": 1, "y": {"z": 2}}`, ""},
		{"ignored", "g", `1`, `2`, ""},
	} {
		l := compare.Leaf{Path: doc.Path{test.path}}
		if test.before != "" {
			l.Before = parse(t, `{"": `+test.before+`}`).Lookup("")
		}
		if test.after != "" {
			l.After = parse(t, `{"": `+test.after+`}`).Lookup("")
		}
		if got := causeOf(p, e, l); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	tooMany := control.NewLedgerEntry(control.LedgerKey{}, make([]control.LedgerLeaf, 1<<16+1))
	if got := causeOf(p, &tooMany, compare.Leaf{Path: doc.Path{"n"}}); got != "" {
		t.Error("nothing is known of a document with too many leaves")
	}
}

// wantedOf is a collection of a state that has no other one.
func wantedOf(c *desired.Collection) *compare.Collection {
	_, all := compare.NewCollections(&desired.State{Collections: []*desired.Collection{c}}, nil)
	return all[0]
}

// Causes of elements of lists owned in part.
func TestElementCause(t *testing.T) {
	lists := []desired.List{{Path: doc.Path{"h"}, By: []string{"k"}, Without: [][]bson.RawValue{{parse(t, `{"": "old"}`).Lookup("")}}},
		{Path: doc.Path{"v"}, Only: true, Has: []bson.RawValue{parse(t, `{"": "a"}`).Lookup("")}, Without: [][]bson.RawValue{{parse(t, `{"": "z"}`).Lookup("")}}}}
	collection := func(lists []desired.List, document string) *compare.Collection {
		return wantedOf(&desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Lists: lists, Documents: []desired.Document{{Raw: parse(t, document)}}})
	}
	was := collection(lists, `{"_id": 1, "h": [{"k": 1, "n": {"x": 1}, "m": 1, "q": 1}, {"k": "gone", "n": 1}, {"k": "left"}], "v": ["a"]}`)
	entry := Entries(was, nil).Making().Entry(0)
	e := &entry
	now := []desired.List{lists[0], lists[1]}
	now[0].Without = append(now[0].Without, []bson.RawValue{parse(t, `{"": "left"}`).Lookup("")})
	now[1].Has = append(now[1].Has, parse(t, `{"": "b"}`).Lookup(""))
	c := collection(now, `{"_id": 1, "h": [{"k": 1, "n": {"x": 2}, "m": 1, "q": 2, "new": 1}, {"k": "gone", "n": 1}, {"k": "more"}], "v": ["a", "b"]}`)
	found := c.Compare(0, parse(t, `{"_id": 1, "h": [{"k": "own"}, {"k": {"$numberLong": "1"}, "n": {"x": 1}, "m": 7, "q": 7}, {"k": "left"}, {"k": "old"}], "v": ["z", "own"]}`))
	if found.Write == nil {
		t.Fatal("nothing is to be written")
	}
	got := map[string]string{}
	for _, ch := range c.Item(found.Write).Changes {
		got[ch.Path] = elementCause(c, c.ListAt(ch.Fields), e, found.Write, &ch)
	}
	want := map[string]string{
		`h[k=1].k`: ByDestination, `h[k=1].n.x`: ByRules, `h[k=1].m`: ByDestination, `h[k=1].q`: ByBoth, `h[k=1].new`: ByRules, `h[k="gone"]`: ByDestination,
		`h[k="more"]`: ByRules, `h[k="left"]`: ByRules, `h[k="old"]`: ByDestination, `v[1]`: ByDestination, `v[2]`: ByRules, `v[0]`: ByDestination,
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v\nwant\n%v", got, want)
	}
}
