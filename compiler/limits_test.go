package compiler_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// TestStepsOfADocument: however a small file asks for a large amount of work, it is
// told so after a bounded part of it.
func TestStepsOfADocument(t *testing.T) {
	var numbers []string
	for i := range 400 {
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	list := "[" + strings.Join(numbers, ", ") + "]"
	documents := `{"_id": 1, "n": 0, "l": ` + list + `, "text": "` + strings.Repeat("ab", 15_000) + `"}` + "\n"
	var others strings.Builder
	for i := 2; i < 30_000; i++ {
		fmt.Fprintf(&others, "{\"_id\": %d, \"n\": 0, \"l\": [], \"text\": \"\"}\n", i)
	}
	for name, rules := range map[string]string{
		"made":      `set n = length([length([length([c for c in l sort by c]) for b in l]) for a in l])`,
		"objects":   `set n = length(keys({ [string(a + length([b for b in l where any c in l has b + c == 0]))]: a for a in l }))`,
		"elements":  `each a in l { each b in big { where any c in l has b + c == 0 { set this.n = 1 } } }`,
		"constants": `set n = length([a for a in [1, 2] where any b in big has any c in big has any d in big has b + c + d == 0])`,
		"searched":  `set n = length([a for a in l where any b in l has a + b in l and a + b == 0])`,
		"texts":     `set n = length([a for a in l where length(replace(text, /(a|b)*c|(b|a)*d/, "")) == a])`,
		"matched":   `set n = length([a for a in l where text matches /(a|b)*c|(b|a)*d/])`,
		"looked up": `each a in l { lookup x in flags where x.n > 0 expect 0 to 1 where x is present { set this.n = 1 } }`,
		"selected":  `only where every a in l has every b in l has every c in l has a + b + c > 0`,
		"checked":   `check total(length([a for a in l where any b in l has any c in l has a + b + c == 0])) == 0`,
	} {
		t.Run(name, func(t *testing.T) {
			rules := "let big = " + list + "\nfrom src into dst {\n  sync flags {\n" + rules + "\n  }\n}\n"
			documents := documents
			if name == "looked up" {
				documents += others.String()
			}
			diags := compileDir(t, newWorkspace(t, rules, documents))
			found := 0
			for _, d := range diags {
				if d.Code == diag.TooManySteps {
					found++
				}
			}
			if found != 1 || !diags.HasErrors() {
				t.Errorf("says\n%s", renderAll(t, diags))
			}
		})
	}
}

// TestLimits: what is too much for a compilation as a whole is one message, wherever
// it shows.
func TestLimits(t *testing.T) {
	rules := "from src into dst {\n  sync flags {\n    only where length([x for x in [1, 2, 3] where any y in [1, 2, 3] has x + y > 0 and length(name) > 0]) > 0\n    set name = \"${name} \"\n  }\n}\n"
	documents := `{"_id": 1, "name": "a"}` + "\n" + `{"_id": 2, "name": "b"}` + "\n"
	for name, test := range map[string]struct {
		use  func(b *limit.Budget)
		says string
	}{
		"steps":     {func(b *limit.Budget) { b.AddSteps(limit.Steps - 1000) }, "10000000000 steps at most"},
		"documents": {func(b *limit.Budget) { b.AddDocuments(limit.Documents - 1) }, "10000000 documents at most"},
		"bytes":     {func(b *limit.Budget) { b.AddBytes(limit.Bytes - 10) }, "4 GiB at most"},
	} {
		t.Run(name, func(t *testing.T) {
			budget := &limit.Budget{}
			test.use(budget)
			w, diags := workspace.LoadDir(newWorkspace(t, rules, documents))
			if diags.HasErrors() {
				t.Fatal(renderAll(t, diags))
			}
			_, diags = compiler.Compile(context.Background(), w, workspace.Options{Budget: budget})
			if len(diags) != 1 || diags[0].Code != diag.LimitExceeded || !strings.Contains(diags[0].Message, test.says) || diags[0].Span.Text() != "flags" || len(diags[0].Notes) == 0 {
				t.Errorf("says\n%s", renderAll(t, diags))
			}
		})
	}
	t.Run("constants", func(t *testing.T) {
		budget := &limit.Budget{}
		budget.AddBytes(limit.Bytes - 20<<20)
		rules := "let a = padStart(\"\", 10000000)\nlet b = padStart(\"\", 10000000)\nlet c = padStart(\"\", 10000000)\n" + rules
		w, diags := workspace.LoadDir(newWorkspace(t, rules, documents))
		if diags.HasErrors() {
			t.Fatal(renderAll(t, diags))
		}
		_, diags = compiler.Compile(context.Background(), w, workspace.Options{Budget: budget})
		if len(diags) != 1 || diags[0].Code != diag.LimitExceeded || !strings.Contains(diags[0].Span.String(), "weave:5:") {
			t.Errorf("says\n%s", renderAll(t, diags))
		}
	})
	t.Run("databases", func(t *testing.T) {
		var tenants strings.Builder
		for i := range limit.Databases + 1 {
			fmt.Fprintf(&tenants, "{\"_id\": %d, \"name\": \"t%d\"}\n", i, i)
		}
		rules := "from src into \"shop_${t.name}\" for each t in flags {\n  sync flags {\n    where name == \"t0\" { set name = \"t\" }\n  }\n}\n"
		diags := compileDir(t, newWorkspace(t, rules, tenants.String()))
		if len(diags) != 1 || diags[0].Code != diag.LimitExceeded || !strings.Contains(diags[0].Message, "more than 10000 databases") {
			t.Errorf("says\n%s", renderAll(t, diags))
		}
	})
}
