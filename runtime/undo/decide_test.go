package undo

// Undo of single documents: a table of what becomes of them, and the two
// engines against each other on random pasts.

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/journal"
	"github.com/hayone1/mongocd/runtime/stores"
)

// at is where the tests write.
var at = stores.Namespace{Database: "d", Collection: "c"}

// journalled are the items of writes to a collection, from the journal's records.
func journalled(t testing.TB, c *compare.Collection, writes ...compare.Write) []pastItem {
	t.Helper()
	var out []pastItem
	for _, w := range writes { // one batch each, so that they stay in order
		records, err := control.ReadJournal("w/e/1", 0, true, control.JournalRecords("w/e/1", 0, at, journal.Owning(c.Collection), journal.Writes(c, at, []compare.Write{w}, false)))
		if err != nil || len(records) != 1 || len(records[0].Items) != 1 {
			t.Fatalf("%d records: %v", len(records), err)
		}
		out = append(out, pastItem{"d", records[0].Action, records[0].Owning, records[0].Items[0]})
	}
	return out
}

// wantedOf is a collection of a state that has no other one.
func wantedOf(c *desired.Collection) *compare.Collection {
	_, all := compare.NewCollections(&desired.State{Collections: []*desired.Collection{c}}, nil)
	return all[0]
}

// toBe makes the write that turns one document into another: of whole top-level fields.
func toBe(live, wanted bson.Raw) compare.Write {
	switch {
	case live == nil:
		return compare.Write{Op: stores.Op{Action: stores.Insert, Document: wanted}, Wanted: 0, After: wanted}
	case wanted == nil:
		return compare.Deletion(live)
	}
	c := wantedOf(&desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: wanted}}})
	return *c.Compare(0, live).Write
}

func TestReverse(t *testing.T) {
	for _, test := range []struct {
		name           string
		live, wanted   string // before and after the run
		now            string // what undo finds
		action         string // insert, update, replace, delete, or nothing
		after, reason  string
		preserve, omit string
	}{
		{"update", `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 2}`, `{"_id": 1, "a": 2, "x": 1}`, "update", `{"_id": 1, "a": 1, "x": 1}`, "", "", ""},
		{"type", `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 1.0}`, `{"_id": 1, "a": 1.0}`, "replace", `{"_id": 1, "a": 1}`, "", "", ""},
		{"added", `{"_id": 1}`, `{"_id": 1, "a": 2}`, `{"_id": 1, "a": 2}`, "update", `{"_id": 1}`, "", "", ""},
		{"removed at the end", `{"_id": 1, "a": 1}`, `{"_id": 1}`, `{"_id": 1}`, "update", `{"_id": 1, "a": 1}`, "", "", ""},
		{"removed in the middle", `{"_id": 1, "a": 1, "b": 2, "c": 3}`, `{"_id": 1, "c": 3}`, `{"_id": 1, "c": 3, "x": 4}`, "replace", `{"_id": 1, "a": 1, "b": 2, "c": 3, "x": 4}`, "", "", ""},
		{"done before", `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 2}`, `{"_id": 1, "a": 1}`, "", `{"_id": 1, "a": 1}`, "", "", ""},
		{"half done", `{"_id": 1, "a": 1, "b": 1}`, `{"_id": 1, "a": 2, "b": 2}`, `{"_id": 1, "a": 1, "b": 2}`, "update", `{"_id": 1, "a": 1, "b": 1}`, "", "", ""},
		{"changed since", `{"_id": 1, "a": 1, "b": 1}`, `{"_id": 1, "a": 2, "b": 2}`, `{"_id": 1, "a": 9, "b": 2}`, "update", `{"_id": 1, "a": 9, "b": 1}`, "changed since the run: a", "", ""},
		{"gone since", `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 2}`, ``, "", ``, "removed since the run", "", ""},
		{"insert", ``, `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 1}`, "delete", ``, "", "", ""},
		{"insert, gone since", ``, `{"_id": 1, "a": 1}`, ``, "", ``, "", "", ""},
		{"insert, changed since", ``, `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 2}`, "", `{"_id": 1, "a": 2}`, "changed since the run", "", ""},
		{"insert, kept parts changed", ``, `{"_id": 1, "a": 1}`, `{"_id": 1, "a": 1, "n": {"c": 5}, "z": [{"p": 1}]}`, "", `{"_id": 1, "a": 1, "n": {"c": 5}, "z": [{"p": 1}]}`, "changed since the run", "n/c", "p"},
		{"insert, only kept parts", ``, `{"_id": 1, "a": 1, "z": [{}]}`, `{"_id": 1, "z": [{"p": 1}], "a": 1, "n": {"c": 5}}`, "delete", ``, "", "n/c", "p"},
		{"delete", `{"_id": 1, "a": {"$undefined": true}}`, ``, ``, "insert", `{"_id": 1, "a": {"$undefined": true}}`, "", "", ""},
		{"delete, back since", `{"_id": 1, "a": 1}`, ``, `{"_id": 1, "a": 1}`, "", `{"_id": 1, "a": 1}`, "", "", ""},
		{"delete, taken since", `{"_id": 1, "a": 1}`, ``, `{"_id": 1, "a": 1.0}`, "", `{"_id": 1, "a": 1.0}`, "another document has its _id", "", ""},
		{"odd name", `{"_id": 1, "$a": 1, "b": 2}`, `{"_id": 1, "b": 2, "$a": 2}`, `{"_id": 1, "$a": 2, "b": 2}`, "replace", `{"_id": 1, "$a": 1, "b": 2}`, "", "", ""},
		{"odd name, changed since", `{"_id": 1, "$a": 1}`, `{"_id": 1, "$a": 2}`, `{"_id": 1, "$a": 2, "b": 2}`, "", `{"_id": 1, "$a": 2, "b": 2}`, "changed since the run", "", ""},
	} {
		document := func(text string) bson.Raw {
			if text == "" {
				return nil
			}
			return parse(t, text)
		}
		c := &desired.Collection{Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: document(test.wanted)}}}
		if test.preserve != "" {
			c.Preserve = []doc.Path{strings.Split(test.preserve, "/")}
		}
		if test.omit != "" {
			c.Omit = []desired.Pattern{{Leaf: test.omit}}
		}
		items := journalled(t, wantedOf(c), toBe(document(test.live), document(test.wanted)))
		v := (&past{items: items}).reverse(document(test.now))
		action := ""
		if v.op != nil {
			action = []string{"insert", "update", "replace", "delete"}[v.op.Action]
			if v.op.Action == stores.Update && !slices.Equal(stores.Changed(v.before, v.op.Set, v.op.Unset), v.after) {
				t.Errorf("%s: the operation does not make %s", test.name, v.after)
			}
		}
		if action != test.action || v.reason != test.reason || !slices.Equal(v.after, document(test.after)) {
			t.Errorf("%s: %s, %q, %s\nwant %s, %q, %s", test.name, action, v.reason, v.after, test.action, test.reason, test.after)
		}
	}
}

// TestReverseTwice: a write that was missed and sent again, with what an
// application wrote in between, is undone to what the application wrote.
func TestReverseTwice(t *testing.T) {
	wanted := parse(t, `{"_id": 1, "a": 5}`)
	c := &desired.Collection{Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: wanted}}}
	items := journalled(t, wantedOf(c), toBe(parse(t, `{"_id": 1, "a": 1}`), wanted), toBe(parse(t, `{"_id": 1, "a": 3}`), wanted))
	if v := (&past{items: items}).reverse(wanted); v.reason != "" || !slices.Equal(v.after, parse(t, `{"_id": 1, "a": 3}`)) {
		t.Errorf("%q, %s", v.reason, v.after)
	}
}

// TestReverseNames: undo names a document as the weave does, by its `_id` where
// the journal has no other name: of an earlier version, or of a redacted value.
func TestReverseNames(t *testing.T) {
	wanted := parse(t, `{"_id": 1, "name": "x", "n": {"k": 5}, "a": 2}`)
	for _, test := range []struct {
		by     []doc.Path
		redact string
		older  bool
		want   string
	}{
		{[]doc.Path{{"name"}, {"n", "k"}}, "", false, `{"name":"x","n.k":{"$numberInt":"5"}}`},
		{[]doc.Path{{"name"}}, "", true, `{"_id":{"$numberInt":"1"}}`},
		{[]doc.Path{{"name"}}, "name", false, `{"_id":{"$numberInt":"1"}}`},
		{[]doc.Path{{"_id"}}, "", false, `{"_id":{"$numberInt":"1"}}`},
	} {
		c := &desired.Collection{Identity: test.by, Documents: []desired.Document{{Raw: wanted}}}
		if test.redact != "" {
			c.Redact = []desired.Pattern{{Leaf: test.redact}}
		}
		items := journalled(t, wantedOf(c), toBe(parse(t, `{"_id": 1, "name": "x", "n": {"k": 5}, "a": 1}`), wanted))
		if test.older {
			older := doc.NewBuilder(256)
			for name, v := range doc.Fields(items[0].item) {
				if name != "identity" {
					older.Append(name, v)
				}
			}
			items[0].item = older.Raw()
		}
		told, _ := newTelling(false, 0).document(&change.CollectionReport{}, (&past{id: wanted.Lookup("_id"), items: items}).reverse(wanted))
		if got := told[0].Identity.Text(); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

func int32Value(n int32) bson.RawValue {
	return doc.NewBuilder(0).AppendInt32("v", n).Raw().Lookup("v")
}

// TestReverseTwin: both engines make the same of random pasts.
func TestReverseTwin(t *testing.T) {
	js := jsvm.New(t)
	f := js.Function(`(id, record, live) => {
	  const d = text => text === '' ? undefined : engine.document(engine.fromBase64(text));
	  const items = [];
	  for (const r of engine.readJournal('w/e/1', 0, true, record.map(d))) for (const item of r.items) items.push({action: r.action, owned: r.owned, item});
	  const v = engine.reverse(undefined, items, d(live)), op = v.op || {action: ''};
	  const of = x => x === undefined ? '' : engine.canonical(x);
	  return [op.action, of(v.after), v.reason, v.hidden.map(p => p.join('/')).join(' '), op.guard && op.guard.whole ? 'whole' : '',
	    op.set ? op.set.map(s => s.path.join('/') + '=' + of(s.v)).join(' ') : '', op.unset ? op.unset.map(p => p.join('/')).join(' ') : '', engine.toBase64(v.key, 0, v.key.length)];
	}`)
	g := rand.New(rand.NewPCG(11, 12))
	scalar := func() string { return []string{`1`, `1.0`, `"x"`, `null`, `[1, {"p": 1}]`, `{}`}[g.IntN(6)] }
	document := func() bson.Raw {
		var fields []string
		for _, name := range []string{"a", "b", "n", "c", "p", "10", "2", "é"} {
			switch g.IntN(5) {
			case 0, 1:
				fields = append(fields, fmt.Sprintf("%q: %s", name, scalar()))
			case 2:
				fields = append(fields, fmt.Sprintf(`%q: {"a": %s, "p": %s, "c": %s}`, name, scalar(), scalar(), scalar()))
			}
		}
		if g.IntN(20) == 0 {
			fields = append(fields, `"$x": 1`)
		}
		g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		return parse(t, `{"_id": 1`+strings.Join(append([]string{""}, fields...), ", ")+`}`)
	}
	actions := map[string]int{}
	for i := range 250 {
		live, wanted := document(), document()
		switch g.IntN(6) {
		case 0:
			live = nil
		case 1:
			wanted = nil
		}
		c := &desired.Collection{Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: wanted}}}
		if g.IntN(2) == 0 {
			c.Preserve = []doc.Path{{"n", "a"}, {"b"}, {"2"}}
			c.Redact = []desired.Pattern{{Path: doc.Path{"c"}}}
		}
		if g.IntN(3) == 0 {
			c.Omit = []desired.Pattern{{Leaf: "p"}}
		}
		w := toBe(live, wanted)
		if w.Op.Action == stores.Update && len(w.Op.Set)+len(w.Op.Unset) == 0 {
			continue
		}
		records := control.JournalRecords("w/e/1", 0, at, journal.Owning(c), journal.Writes(wantedOf(c), at, []compare.Write{w}, false))
		now := w.After
		switch g.IntN(4) {
		case 0:
			now = document()
		case 1:
			if now != nil {
				now = stores.Changed(now, []stores.Field{{Path: doc.Path{"n", "a"}, Value: int32Value(7)}, {Path: doc.Path{"z"}, Value: int32Value(7)}}, []doc.Path{{"2"}})
			}
		}
		read, err := control.ReadJournal("w/e/1", 0, true, records)
		if err != nil {
			t.Fatal(err)
		}
		v := (&past{items: []pastItem{{"d", read[0].Action, read[0].Owning, read[0].Items[0]}}}).reverse(now)
		of := func(d bson.Raw) string {
			if d == nil {
				return ""
			}
			return string(doc.Canonical(d))
		}
		want := []any{"", of(v.after), v.reason, "", "", "", "", base64.StdEncoding.EncodeToString(v.key)}
		var hidden, set, unset []string
		for _, p := range v.hidden {
			hidden = append(hidden, strings.Join(p, "/"))
		}
		if v.op != nil {
			want[0] = []string{"insert", "update", "replace", "delete"}[v.op.Action]
			if v.op.Guard.Whole != nil {
				want[4] = "whole"
			}
			for _, s := range v.op.Set {
				set = append(set, strings.Join(s.Path, "/")+"="+string(doc.CanonicalValue(s.Value)))
			}
			for _, p := range v.op.Unset {
				unset = append(unset, strings.Join(p, "/"))
			}
		}
		want[3], want[5], want[6] = strings.Join(hidden, " "), strings.Join(set, " "), strings.Join(unset, " ")
		texts := make([]string, len(records))
		for n, r := range records {
			texts[n] = base64.StdEncoding.EncodeToString(r)
		}
		got := f("", texts, base64.StdEncoding.EncodeToString(now)).Export().([]any)
		if !slices.Equal(got, want) {
			t.Fatalf("case %d: %s to %s, now %s\nJavaScript %q\nGo         %q", i, live, wanted, now, got, want)
		}
		actions[fmt.Sprint(want[0], want[2] != "")]++
	}
	t.Log(actions)
}

// TestUndoOfEarlierJournals: one that marks a field, or a document, as secret hides
// it as a whole.
func TestUndoOfEarlierJournals(t *testing.T) {
	live, then := parse(t, `{"_id": 1, "hooks": [{"url": "b", "key": "hidden"}], "n": 2}`), parse(t, `{"_id": 1, "hooks": [{"url": "a", "key": "hidden"}], "n": 1}`)
	field := func(name, more string) string {
		before, _ := doc.Get(then, doc.Path{name})
		after, _ := doc.Get(live, doc.Path{name})
		return `{"path": ["` + name + `"], "before": ` + string(doc.CanonicalValue(before)) + `, "after": ` + string(doc.CanonicalValue(after)) + more + `}`
	}
	for _, test := range []struct{ action, item, want string }{
		{control.JournalUpdate, `{"_id": 1, "fields": [` + field("hooks", `, "secret": true`) + `, ` + field("n", "") + `]}`,
			`hooks "(secret)" "(secret)" n {"$numberInt":"2"} {"$numberInt":"1"} `},
		{control.JournalReplace, `{"_id": 1, "before": ` + string(doc.Canonical(then)) + `, "after": ` + string(doc.Canonical(live)) + `, "secret": true}`,
			`hooks "(secret)" "(secret)" n "(secret)" "(secret)" `},
	} {
		v := (&past{items: []pastItem{{action: test.action, item: parse(t, test.item)}}}).reverse(live)
		got := ""
		for _, c := range compare.Changes(v.before, v.after, &v.mask, v.hidesAll, v.hidden, v.links) {
			got += c.Path + " " + c.Before.Text() + " " + c.After.Text() + " "
		}
		if got != test.want || !v.hides() {
			t.Errorf("%s:\n%s\nwant\n%s", test.action, got, test.want)
		}
	}
}
