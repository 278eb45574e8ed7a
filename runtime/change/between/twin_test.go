package between_test

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
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// generator makes documents with arrays, and others that differ from them.
type generator struct{ *rand.Rand }

func (g generator) scalar() string {
	return []string{
		`1`, `2`, `{"$numberLong": "1"}`, `1.0`, `{"$numberDecimal": "1.0"}`, `"1"`, `"a"`, `"b"`, `"one two three"`, `"one 2 three"`, `null`, `true`, `false`,
		`{"$date": {"$numberLong": "5"}}`, `{"$oid": "65f0c0ffee0123456789abcd"}`, `{"$symbol": "a"}`, `"` + strings.Repeat("long ", 20) + `"`,
	}[g.IntN(17)]
}

func (g generator) value(depth int) string {
	switch n := g.IntN(8); {
	case depth > 2 || n < 4:
		return g.scalar()
	case n == 4:
		return g.document(depth + 1)
	}
	return g.array(depth + 1)
}

func (g generator) document(depth int) string {
	var fields []string
	for _, name := range []string{"id", "key", "n", "url", "token", "a b"} {
		if g.IntN(3) > 0 {
			fields = append(fields, fmt.Sprintf("%q: %s", name, g.value(depth)))
		}
	}
	g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return "{" + strings.Join(fields, ", ") + "}"
}

// array has documents that are alike, or anything.
func (g generator) array(depth int) string {
	list := make([]string, g.IntN(6))
	alike, prices := g.IntN(2) == 0, g.IntN(2) == 0
	for i := range list {
		if list[i] = g.value(depth); alike {
			list[i] = fmt.Sprintf(`{"url": "u%d", "n": %d, "token": "t%d", "on": %v}`, g.IntN(8), g.IntN(20), g.IntN(3), g.IntN(2) == 0)
			if prices { // told apart by two fields, where they are
				list[i] = fmt.Sprintf(`{"currency": "C%d", "interval": "i%d", "amount": %d}`, g.IntN(4), g.IntN(4), g.IntN(3))
			}
		}
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// changed is a value like another: parts of it are others, gone, new or elsewhere.
func (g generator) changed(v bson.RawValue, depth int) bson.RawValue {
	switch {
	case g.IntN(5) == 0:
		return g.parse(`{"v": ` + g.value(depth) + `}`).Lookup("v")
	case doc.IsDocument(v):
		return doc.Value(g.different(v.Value, depth))
	case v.Type != bson.TypeArray:
		return v
	}
	var list []bson.RawValue
	for _, e := range doc.Fields(v.Value) {
		if g.IntN(6) > 0 {
			list = append(list, g.changed(e, depth+1))
		}
		if g.IntN(8) == 0 {
			list = append(list, e)
		}
	}
	if g.IntN(2) == 0 {
		g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return doc.Array(list...)
}

func (g generator) different(d bson.Raw, depth int) bson.Raw {
	b := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		if g.IntN(8) > 0 {
			b.Append(name, g.changed(v, depth+1))
		}
	}
	return b.Raw()
}

func (g generator) parse(text string) bson.Raw {
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		panic(err)
	}
	return d
}

// mask hides fields by their names and secrets at places.
func (g generator) mask(exact bool) *desired.Mask {
	m := &desired.Mask{Exact: exact}
	if g.IntN(3) == 0 {
		m.LeftOut = []desired.Pattern{{Leaf: "token"}, {Path: doc.Path{"key", "n"}}}
	}
	if g.IntN(2) == 0 {
		m.Secrets = []doc.Path{{"url"}, {"n", "0", "url"}, {"n", "1", "url"}, {"key", "2"}}
		m.Names = [][]string{{"URL"}, {"A"}, {"A", "B"}, nil}
	}
	return m
}

// sides are what the masks leave to be seen.
func sides(old, now *desired.Mask) between.Sides {
	return between.Sides{Seen: func(at []string, v bson.RawValue, after bool) (bson.RawValue, []change.HiddenItem) {
		m := old
		if after {
			m = now
		}
		var hidden []change.HiddenItem
		for _, h := range m.Hidden(at, v) {
			hidden = append(hidden, change.HiddenItem{At: append([]string{}, h.At...), Secrets: h.Names})
		}
		return m.Value(at, v), hidden
	}}
}

// TestTwin: both engines find the same changes, byte for byte, and the changes say how
// one document becomes the other.
func TestTwin(t *testing.T) {
	js := jsvm.New(t)
	f := js.Function(`(before, after, masks, by) => {
	  const d = text => engine.document(engine.fromBase64(text));
	  const [old, now] = masks.map(m => new engine.Mask(m.leftOut, m.secrets, m.exact, m.names.map(n => n.length === 0 ? undefined : n)));
	  const changes = engine.documentChanges(d(before), d(after), {...engine.maskedSides(old, now), key: () => by});
	  const counts = {desired: 0, inSync: 0, insert: 0, update: 0, delete: 0, unknown: 0, absent: 0, unmanaged: 0, lost: engine.lostElements(changes)};
	  const item = {action: 'update', identity: d(before), id: undefined, origin: '', document: undefined, hidden: [], links: [], changes};
	  return engine.reportJSON({format: 2, command: 'plan', weave: '', environment: '', outcome: '', exit: 0, hooks: [], conflicts: [], collections: [
	    {database: '', collection: '', origin: '', mode: '', missing: false, counts, indexes: [], options: [], documents: [item]}]});
	}`)
	g := generator{rand.New(rand.NewPCG(5, 6))}
	kinds := map[string]int{}
	for i := range 300 {
		before := g.parse(g.document(0))
		after := g.different(before, 0)
		old, now := g.mask(false), g.mask(true)
		old.LeftOut, old.Secrets, old.Names = now.LeftOut, now.Secrets, now.Names
		by := [][]string{{}, {}, {"url"}, {"currency", "interval"}}[g.IntN(4)] // of every array, as if the weave said so
		of := sides(old, now)
		of.Key = func([]string) []string { return by }
		item := change.DocumentItem{Action: "update", Identity: change.DocumentValue(before), Changes: between.Documents(before, after, of)}
		if item.Changes == nil {
			item.Changes = []change.Change{}
		}
		r := change.NewReport("", "", "plan")
		r.Collections = []change.CollectionReport{{
			Counts: change.Counts{Lost: between.Lost(item.Changes)}, Indexes: []change.IndexItem{}, Documents: []change.DocumentItem{item},
		}}
		want, err := view.JSON(r)
		if err != nil {
			t.Fatal(err)
		}
		var masks []map[string]any
		for _, m := range []*desired.Mask{old, now} {
			leftOut, secrets, names := []any{}, [][]string{}, [][]string{}
			for _, p := range m.LeftOut {
				if p.Leaf != "" {
					leftOut = append(leftOut, p.Leaf)
				} else {
					leftOut = append(leftOut, []string(p.Path))
				}
			}
			for n, p := range m.Secrets {
				secrets, names = append(secrets, p), append(names, append([]string{}, m.Names[n]...))
			}
			masks = append(masks, map[string]any{"leftOut": leftOut, "secrets": secrets, "names": names, "exact": m.Exact})
		}
		got := f(base64.StdEncoding.EncodeToString(before), base64.StdEncoding.EncodeToString(after), masks, by).String()
		if got != string(want) {
			t.Fatalf("%d: %s\n%s\nGo %s\nJavaScript %s", i, doc.Canonical(before), doc.Canonical(after), want, got)
		}
		for _, c := range item.Changes {
			kinds[c.Kind]++
			if slices.ContainsFunc(c.At, func(s change.Step) bool { return s.Element != nil && s.Element.And != nil }) {
				kinds["by several fields"]++
			}
		}
		if old.Empty() {
			holds(t, before, after, item.Changes)
		}
	}
	for _, kind := range []string{change.KindAdded, change.KindRemoved, change.KindChanged, change.KindRetyped, change.KindMoved, "by several fields"} {
		if kinds[kind] < 4 {
			t.Errorf("%d changes of kind %s", kinds[kind], kind)
		}
	}
}

// holds: there are changes exactly where the documents differ, and each value is the one at its place.
func holds(t *testing.T, before, after bson.Raw, changes []change.Change) {
	t.Helper()
	sorted := func(d bson.Raw) string { // the order of the fields of a document is no difference
		var out []string
		for name, v := range doc.Fields(d) {
			out = append(out, name+string(doc.CanonicalValue(v)))
		}
		slices.Sort(out)
		return strings.Join(out, "\n")
	}
	if (len(changes) == 0) != (sorted(before) == sorted(after)) {
		t.Errorf("%d changes from %s to %s", len(changes), doc.Canonical(before), doc.Canonical(after))
	}
	for _, c := range changes {
		at := func(d bson.Raw, is bool, want change.Value) {
			v, there := doc.Value(d), true
			for _, s := range c.At {
				name := s.Field
				if s.Element != nil {
					n := s.Element.After
					if !is {
						n = s.Element.Before
					}
					if n == nil {
						there = false
						break
					}
					name = fmt.Sprint(*n)
				}
				if v, there = doc.Get(v.Value, doc.Path{name}); !there {
					break
				}
			}
			if c.Kind != change.KindMoved && there == want.Missing() || there && !want.Missing() && !doc.Identical(v, want.RawValue) {
				t.Errorf("%s %s: %s is not at its place in %s", c.Kind, c.Path, want.Text(), doc.Canonical(d))
			}
		}
		at(before, false, c.Before)
		at(after, true, c.After)
	}
}

// TestTextTwin: so do both find the same parts of texts.
func TestTextTwin(t *testing.T) {
	js := jsvm.New(t)
	f := js.Function(`(a, b, n) => [engine.partsAround(engine.textParts(a, b), n).map(p => [p.same, p.old, p.now, p.left].join('|')).join('\n'),
	  engine.lineRows(a, b, n - 1).map(r => [r.sign, r.text, r.left].join('|')).join('\n')].join('\n--\n')`)
	g := rand.New(rand.NewPCG(7, 8))
	for range 400 {
		pieces := []string{"one", "two", " ", "\n", "<p>", ".", "é", "😀", "\t", "preprod", "x_1", "\u200b", "long text of many words without anything that differs "}
		a := make([]string, g.IntN(14))
		for i := range a {
			a[i] = pieces[g.IntN(len(pieces))]
		}
		b := slices.Clone(a)
		for range g.IntN(4) {
			i := g.IntN(len(b) + 1)
			b = slices.Insert(b, i, pieces[g.IntN(len(pieces))])
			if j := g.IntN(len(b)); g.IntN(2) == 0 {
				b = slices.Delete(b, j, j+1)
			}
		}
		before, after, n := strings.Join(a, ""), strings.Join(b, ""), g.IntN(6)
		var parts, rows []string
		old, now := "", ""
		for _, p := range between.TextParts(before, after) {
			old, now = old+p.Old, now+p.New
		}
		if old != before || now != after {
			t.Errorf("%q %q", before, after)
		}
		for _, p := range between.Around(between.TextParts(before, after), n) {
			parts = append(parts, fmt.Sprintf("%t|%s|%s|%d", p.Same, p.Old, p.New, p.Left))
		}
		for _, r := range between.LineRows(before, after, n-1) {
			rows = append(rows, fmt.Sprintf("%s|%s|%d", r.Sign, r.Text, r.Left))
		}
		want := strings.Join(parts, "\n") + "\n--\n" + strings.Join(rows, "\n")
		if got := f(before, after, n).String(); got != want {
			t.Fatalf("%q %q %d:\nGo\n%s\nJavaScript\n%s", before, after, n, want, got)
		}
	}
}
