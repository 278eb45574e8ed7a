package pushdown_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// regions are looked up: by keys of every kind, twice, with a list and without.
var regions = []string{
	`{"_id": 1, "code": "DE", "name": "Germany", "eu": true, "n": {"$numberInt": "7"}, "geo": {"lat": {"$numberDouble": "0.1"}}}`,
	`{"_id": 2, "code": "FR", "name": "France", "eu": true, "n": {"$numberLong": "2"}, "geo": {"lat": {"$numberDecimal": "1.5"}}}`,
	`{"_id": 3, "code": "CH", "name": "Switzerland", "eu": false, "n": {"$numberDecimal": "3.0"}}`,
	`{"_id": 4, "code": "FR", "name": "Corsica", "eu": false, "o": {"a": 1}, "n": {"$numberDouble": "1.5"}}`,
	`{"_id": 5, "name": "nowhere"}`,
	`{"_id": 6, "code": null, "name": "null", "n": {"$numberDouble": "NaN"}, "list": ["x"]}`,
	`{"_id": 7, "code": "Hello", "name": "two", "odd": ["DE"], "geo": {"lat": 7}}`,
	`{"_id": 8, "code": "x", "name": "three", "odd": "DE", "list": ["x", "y", "x"], "a.b": "x"}`,
}

func (s *server) lookedUp(t *testing.T, texts []string) (all []bson.Raw) {
	t.Helper()
	c := s.collection.Database().Collection("regions")
	if err := c.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		d := document(t, text)
		all = append(all, d)
		if _, err := c.InsertOne(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// lookup is a lookup and something that is made of what it finds.
func (w *writer) lookup(n int) string {
	field := w.pick("r.code", "r.code", "r.n", "r.geo.lat", "r.name", "r._id", "r.odd", "r.list", "r.'a.b'", "r.code.x")
	cond := field + " == " + w.pick(`"DE"`, `"FR"`, `"CH"`, `"XX"`, "s", "i", "n", "nope", "dec", "d", "tags", "tags[0]", "2", "1.5", "empty", "money", w.text(1), w.anything(1))
	switch w.IntN(8) {
	case 0:
		cond = w.pick("r.eu == true", "r.eu", "r.name matches /^.[a-n]/", "r.n > 1", "t") + " and " + cond
	case 1:
		cond += " and " + w.pick("r.eu == true", "r.eu", "r.name == \"France\"", "r.n is number", "r.o.a == 1")
	case 2:
		cond = "(" + cond + ") or " + w.pick("r._id == 3", "r.eu is missing")
	case 3:
		cond = "r.name matches " + w.pick("/^Switz/", "/an/", "/^zzz/")
	}
	to := fmt.Sprintf("q%d", n)
	return fmt.Sprintf("lookup r in regions where %s%s\ncreate %s = %s\n", cond, w.pick("", " expect 0 to 1", " expect any"), to,
		w.pick("r.name", `r.name ?? "none"`, `r.geo.lat ?? "none"`, `if r is missing then "no" else r.code ?? "none"`, "r ?? 0", "r.list ?? []", `"${r.name ?? s}-${s}"`))
}

// Which lookups find what, and which are at fault, is as in the evaluator.
func TestRandomLookups(t *testing.T) {
	n, seed := soak(t, 24), uint64(140403)
	_, sample := evalTests(t)
	d := document(t, strings.Replace(sample, `, "sym": {"$symbol": "s"}`, "", 1))
	s := newServer(t, d)
	counts, refusedBy := map[string]int{}, map[string]int{}
	plain := []string{}
	for _, r := range regions {
		plain = append(plain, strings.NewReplacer(`["DE"]`, `"EN"`).Replace(r))
	}
	for half, texts := range [][]string{regions, plain} {
		env := testEnv(s.lookedUp(t, texts)...)
		for i := range (n + 1) / 2 {
			w := &writer{Rand: rand.New(rand.NewPCG(seed+uint64(half), uint64(i)))}
			text := w.lookup(i)
			switch w.IntN(6) {
			case 0:
				text = "where " + w.condition(1) + " {\n" + text + "}\n"
			case 1:
				text = "let key = " + w.pick(`"DE"`, "s", "upper(\"de\")", "i") + "\nlookup one in regions where one.code == key expect any\n" + strings.ReplaceAll(text, "r.name ==", "one.name == r.name or r.name ==")
			}
			s.judge(t, env, text, d, counts, refusedBy)
		}
	}
	t.Logf("seed %d, %d programs: %v; refused %v", seed, n, counts, refusedBy)
	if counts["same bytes"] < n/8 {
		t.Errorf("of %d programs only %d gave a document on both", n, counts["same bytes"])
	}
}
