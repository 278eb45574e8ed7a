package query

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
)

const evaluated = `weave w
environments a, b

let rate = per environment { a: 2, else: 3 }

from s into d {
  sync c by name {
    except where name == "left"
    let twice = n * 2
    lookup other in o where other.k == name expect 0 to 1
    set n = twice + rate
    set n = n + 1
    create low = if n > 8 then other.k ?? "none" else "small"
    each item in items { set item.price = item.price * rate }
    check n < 9 else "too large: ${n}"
    document { name: "made", n: rate }
    for b { create late = n }
  }
}
`

// TestEvaluate holds that an expression is shown as it is where it stands: with the names
// of its blocks, what was written before, and in a text that is not saved.
func TestEvaluate(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	files := fstest.MapFS{
		"w.weave":                       file("weave w\nenvironments a\n"),
		"extracted/s/c/collection.json": file(`{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`),
		"extracted/s/o/collection.json": file(`{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`),
		"extracted/s/c/documents.jsonl": file(`{"_id": 1, "name": "x", "n": 1, "items": [{"price": 1}, {"price": 5}]}
{"_id": 2, "name": "y", "n": 4, "items": []}
{"_id": 3, "name": "left", "n": 4, "items": []}
`),
		"extracted/s/o/documents.jsonl": file(`{"_id": 1, "k": "y"}` + "\n"),
	}
	w := Open(files, workspace.Options{WithEdits: true}, nil)
	w.Edit("w.weave", evaluated)
	for _, c := range []struct{ at, chosen, environment, document, want string }{
		{"twice + ra", "", "a", "", "2 values over 2 of the 3 extracted documents of s.c\n     1 × 10  (name \"y\")\n     1 × 4  (name \"x\")\n"},
		{"twice + ra", "", "", "", "a:\n2 values over 2 of the 3 extracted documents of s.c\n     1 × 10  (name \"y\")\n     1 × 4  (name \"x\")\nb:\n2 values over 2 of the 3 extracted documents of s.c\n     1 × 11  (name \"y\")\n     1 × 5  (name \"x\")\n"},
		{"twice + ", "rate", "b", "", "3\n"},
		{"set n = n +", "", "a", `c[name=y]`, "name \"y\": 11\n"},
		{"set n = n +", "", "a", `c[name=left]`, "the document does not come here\n"},
		{"set n = n +", "", "a", `c[name=z]`, `no document of s.c is like c[name=z]`},
		{"set n = n +", "", "a", `c`, `"c" is not COLLECTION[field=value]`},
		{"if n > ", "", "a", "", "2 values over 2 of the 3 extracted documents of s.c\n     1 × \"small\"  (name \"x\")\n     1 × \"y\"  (name \"y\")\n"},
		{"if n > 8 then ", "other.k", "a", "", "1 value over 1 of the 3 extracted documents of s.c\n     1 × \"y\"  (name \"y\")\n"},
		{"item.price *", "", "b", `c[name="x"]`, "name \"x\": 15\nname \"x\": 3\n"},
		{"check n <", "", "a", "", "2 values over 2 of the 3 extracted documents of s.c\n     2 × true  (name \"x\")\n     1 × false  (name \"y\")\n"},
		{"except where name", "", "a", "", "2 values over the 3 extracted documents of s.c\n     2 × false  (name \"x\")\n     1 × true  (name \"left\")\n"},
		{"create lo", "", "a", "", "2 values over 2 of the 3 extracted documents of s.c\n     1 × \"small\"  (name \"x\")\n     1 × \"y\"  (name \"y\")\n"},
		{"document { name: ", "", "b", "", "{name: \"made\", n: 3}\n"},
		{"let rate = pe", "", "b", "", "3\n"},
		{"sync c b", "", "a", `c[name=y]`, "name \"y\"\n  extracted  {_id: 2, name: \"y\", n: 4, items: []}\n  wanted     {_id: 2, name: \"y\", n: 11, items: [], low: \"y\"}\n"},
		{"create late = ", "", "a", "", "nothing here is evaluated in a: it stands in `for b`"},
		{"weave ", "", "a", "", "there is no expression and no `sync` here"},
		{"set n = n +", "", "z", "", `the weave has no environment "z"`},
	} {
		start := strings.Index(evaluated, c.at) + len(c.at)
		asked := Asked{File: "w.weave", Start: start, End: start + len(c.chosen), Environment: c.environment, Document: c.document}
		r, err := Evaluate(context.Background(), w.Now(), asked)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = r.Text
		}
		if got != c.want {
			t.Errorf("%q %q in %q of %q gives\n%s\nnot\n%s", c.at, c.chosen, c.environment, c.document, got, c.want)
		}
	}
	w.Edit("w.weave", strings.Replace(evaluated, "twice + rate", "twice + no", 1))
	if _, err := Evaluate(context.Background(), w.Now(), Asked{File: "w.weave", Start: strings.Index(evaluated, "n * 2")}); err == nil || !strings.Contains(err.Error(), "the weave has errors: `no` ") {
		t.Errorf("a weave with errors gives %v", err)
	}
}

// TestEvaluateAll asks for every expression of the examples, in all environments: each has
// a value, and asking changes nothing.
func TestEvaluateAll(t *testing.T) {
	for _, dir := range []string{"examples/planets", "examples/markets", "examples/saas"} {
		w := Open(tree(t, filepath.Join("..", "..", filepath.FromSlash(dir))), workspace.Options{WithEdits: true}, nil)
		s := w.Now()
		before := rendered(t, s)
		n := 0
		for _, name := range s.Files() {
			for _, x := range Expressions(s, name) {
				r, err := Evaluate(context.Background(), s, Asked{File: name, Start: x.Start, End: x.End})
				if err != nil || r.Text == "" || r.Of.Text() == "" || len(r.In) == 0 {
					t.Errorf("%s: %v %+v", x, err, r)
				}
				n++
			}
		}
		if now := rendered(t, s); now != before || n < 5 {
			t.Errorf("%s: after %d questions\n%s\nbefore\n%s", dir, n, now, before)
		}
	}
}

// TestEvaluateTimes holds that a value is told once for each time that its statement ran.
func TestEvaluateTimes(t *testing.T) {
	w := Open(tree(t, filepath.Join("..", "..", "examples", "saas")), workspace.Options{WithEdits: true}, nil)
	a, err := w.Now().Analyse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for j, o := range outcomes(a.jobs) {
		for _, st := range o.Stats {
			where, ok := st.Stmt.(*ast.Where)
			if !ok {
				continue
			}
			r, err := Evaluate(context.Background(), w.Now(), Asked{File: where.Span.File.Name, Start: where.Cond.Place().Start, End: where.Cond.Place().End, Environment: j.Environment})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(r.Text, "×") == 0 { // the same for all
				continue
			}
			times := map[string]int{}
			for line := range strings.Lines(r.Text) {
				var n int
				var v string
				if _, err := fmt.Sscanf(line, "%d × %s", &n, &v); err == nil {
					times[v] = n
				}
			}
			if times["true"] != st.Matched || times["true"]+times["false"] != st.Reached {
				t.Errorf("%s in %s: %d of %d, and told\n%s", where.Cond.Place(), j.Environment, st.Matched, st.Reached, r.Text)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
}
