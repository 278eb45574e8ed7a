package mongosh

// The two engines against each other: random states and destinations, the same
// reports byte for byte and the same documents after.

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
)

var scalars = []string{`1`, `{"$numberDouble": "1.0"}`, `{"$numberLong": "1"}`, `2`, `"a"`, `"b"`, `null`, `true`, `{"$numberDecimal": "1.10"}`, `[]`, `[1, 2]`, `[{"x": 1}]`, `{"$numberDouble": "NaN"}`, `{"$date": {"$numberLong": "5"}}`}

var fieldNames = []string{"a", "b", "k", "u", "n", "10", "2"}

var testPaths = []doc.Path{{"a"}, {"b"}, {"n"}, {"n", "a"}, {"n", "b"}, {"n", "n", "a"}, {"m", "a"}, {"u"}, {"10"}, {"a.b"}, {"$x"}}

// randomValue writes Extended JSON.
func (g gen) randomValue(depth int) string {
	if depth < 3 && g.IntN(4) == 0 {
		return g.randomFields(depth+1, g.IntN(4), "")
	}
	return pick(g, scalars)
}

func (g gen) randomFields(depth, n int, first string) string {
	out, seen := "{"+first, map[string]bool{"k": depth == 0}
	for range n {
		name := pick(g, fieldNames)
		if g.IntN(25) == 0 {
			name = pick(g, []string{"a.b", "$x", ""})
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if out != "{" {
			out += ", "
		}
		if (name == "n" || name == "m") && depth < 3 && g.IntN(3) > 0 {
			out += fmt.Sprintf("%q: %s", name, g.randomFields(depth+1, g.IntN(4), ""))
			continue
		}
		out += fmt.Sprintf("%q: %s", name, g.randomValue(depth))
	}
	return out + "}"
}

func (g gen) somePaths(n int) []doc.Path {
	var out []doc.Path
	for range n {
		out = append(out, pick(g, testPaths))
	}
	return out
}

// world makes a state and what is at its destination.
func (g gen) world(t testing.TB, database string) (s *desired.State, live, indexes []bson.Raw) {
	c := &desired.Collection{Database: database, Name: "c", Origin: "w.weave:1:1", Identity: []doc.Path{{"_id"}}}
	c.Mode = pick(g, []desired.Mode{desired.Replace, desired.Replace, desired.Exact, desired.Exact, desired.Merge, desired.Merge, desired.Insert})
	byKey := g.IntN(2) == 0
	if byKey {
		c.Identity = []doc.Path{{"k"}}
	}
	c.Preserve, c.Ignore = g.somePaths(g.IntN(3)*g.IntN(2)), g.somePaths(g.IntN(3)*g.IntN(2))
	if c.Mode == desired.Merge {
		c.Absent = g.somePaths(g.IntN(3))
	}
	for range g.IntN(8) {
		c.Known = append(c.Known, pick(g, testPaths))
	}
	var texts []string
	for i := range g.IntN(7) {
		first := fmt.Sprintf(`"_id": %d, "k": "k%d"`, i, i)
		if byKey && g.IntN(3) == 0 {
			first = fmt.Sprintf(`"k": "k%d"`, i)
		}
		text := g.randomFields(0, g.IntN(6), first)
		texts = append(texts, text)
		origin := ""
		if g.IntN(3) == 0 {
			origin = "w.weave:5:3"
		}
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, text), Origin: origin})
	}
	for i := range g.IntN(9) {
		id := fmt.Sprintf(`"_id": %d`, i)
		if g.IntN(8) == 0 {
			id = fmt.Sprintf(`"_id": {"$numberLong": "%d"}`, i)
		}
		key := i
		if byKey && g.IntN(6) == 0 {
			key = g.IntN(9)
		}
		text := g.randomFields(0, g.IntN(6), fmt.Sprintf(`%s, "k": "k%d"`, id, key))
		if i < len(texts) && g.IntN(3) == 0 {
			d := parse(t, texts[i])
			if _, ok := doc.Get(d, doc.Path{"_id"}); ok {
				text = texts[i]
			}
		}
		live = append(live, parse(t, text))
	}
	if g.IntN(3) == 0 { // so many that documents are found by key
		for i := range 20 {
			live = append(live, parse(t, g.randomFields(0, g.IntN(3), fmt.Sprintf(`"_id": %d, "k": "x%d"`, 100+i, i))))
		}
	}
	if g.IntN(6) == 0 {
		c.Identity = append(c.Identity, doc.Path{"n", "a"})
		c.Documents = slices.DeleteFunc(c.Documents, func(d desired.Document) bool {
			v, ok := doc.Get(d.Raw, doc.Path{"n", "a"})
			return !ok || v.Type == bson.TypeNull || v.Type == bson.TypeArray
		})
	}
	if g.IntN(2) == 0 {
		spec := fmt.Sprintf(`{"key": {%q: 1}, "name": "ix", "unique": true%s}`, pick(g, []string{"u", "n.a", "k"}), pick(g, []string{"", `, "sparse": true`}))
		if g.IntN(2) == 0 {
			indexes = append(indexes, parse(t, spec))
		}
		if g.IntN(2) == 0 {
			c.Indexes = append(c.Indexes, parse(t, spec))
		}
	}
	if g.IntN(2) == 0 {
		c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: int64(g.IntN(5)), Percent: g.IntN(3) == 0}
		if c.Prune.Percent {
			c.Prune.AtMost *= 20
		}
		if g.IntN(2) == 0 {
			c.Prune.Filter = parse(t, `{}`)
			v, err := doc.ParseExtJSONValue([]byte(pick(g, scalars)))
			if err != nil {
				t.Fatal(err)
			}
			c.Prune.Where = &desired.Cond{Op: pick(g, []desired.CondOp{desired.CondEq, desired.CondNe, desired.CondLt, desired.CondGe, desired.CondIn, desired.CondContains}), Path: pick(g, testPaths), Values: []bson.RawValue{v}}
			if g.IntN(3) == 0 {
				c.Prune.Where = &desired.Cond{Op: desired.CondNot, Args: []*desired.Cond{c.Prune.Where}}
			}
			if g.IntN(3) == 0 {
				c.Prune.Where = &desired.Cond{Op: desired.CondIs, Path: pick(g, testPaths), Word: pick(g, []string{"missing", "number", "string", "array", "null", "present"})}
			}
		}
	}
	return state(c), live, indexes
}

// TestEnginesAgree runs a sample; MONGOCD_SOAK=N runs N cases with a seed of their own.
func TestEnginesAgree(t *testing.T) {
	cases, number := 150, uint64(8)
	if soak := os.Getenv("MONGOCD_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("MONGOCD_SOAK: %v", err)
		}
		cases, number = n, rand.Uint64()
	}
	t.Logf("%d cases, seed 7 %d", cases, number)
	client, uri := connect(t)
	js := serverVM(t, client)
	database := freshDatabase(t, client, "f_engines")
	c := database.Collection("c")
	store, err := storemongo.Open(t.Context(), uri, storemongo.Options{Comment: "mongocd w/e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	g := gen{rand.New(rand.NewPCG(7, number))}
	outcomes := map[string]int{}
	for i := range cases {
		s, live, indexes := g.world(t, "f_engines")
		run := func(mode string, f func(context.Context) (*enforce.Report, error)) ([]bson.Raw, []bson.Raw) {
			seed(t, c, live, indexes)
			report, err := f(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want, err := report.JSON()
			if err != nil {
				t.Fatal(err)
			}
			before := stored(t, c)
			if mode == "apply" {
				outcomes[report.Outcome]++
				seed(t, c, live, indexes)
			}
			got, text := js.runState(s, mode)
			if got != string(want) {
				t.Fatalf("case %d, %s: the JavaScript engine's report\n%s\nthe Go engine's\n%s\n%s", i, mode, got, want, describe(s, live))
			}
			if text != report.Text(false) {
				t.Fatalf("case %d, %s: the JavaScript engine's text\n%s\nthe Go engine's\n%s", i, mode, text, report.Text(false))
			}
			return before, stored(t, c)
		}
		run("plan", func(ctx context.Context) (*enforce.Report, error) {
			return enforce.Plan(ctx, store, s, enforce.Options{})
		})
		want, got := run("apply", func(ctx context.Context) (*enforce.Report, error) {
			return enforce.Apply(ctx, store, s, enforce.Options{})
		})
		if !slices.EqualFunc(want, got, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("case %d: the engines left different documents\n%s\n%s", i, want, got)
		}
	}
	t.Log(outcomes)
}

func describe(s *desired.State, live []bson.Raw) string {
	var b bytes.Buffer
	for _, c := range s.Collections {
		fmt.Fprintf(&b, "mode %s identity %v preserve %v ignore %v absent %v known %v prune %+v indexes %v\n", c.Mode, c.Identity, c.Preserve, c.Ignore, c.Absent, c.Known, c.Prune, c.Indexes)
		for _, d := range c.Documents {
			fmt.Fprintf(&b, "  wanted %s\n", d.Raw)
		}
	}
	for _, d := range live {
		fmt.Fprintf(&b, "  live %s\n", d)
	}
	return b.String()
}
