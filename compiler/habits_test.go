package compiler_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/lang/diag"
)

// leastHabits is how many habits of other languages have a line in testdata/habits.txt.
const leastHabits = 150

// TestHabits compiles what people write who come from other languages: one
// message, which names the edit.
func TestHabits(t *testing.T) {
	workspace, err := txtar.ParseFile(filepath.Join(wrongDir, "workspace.txt"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../testdata/habits.txt")
	if err != nil {
		t.Fatal(err)
	}
	const head, from = "weave w\nenvironments preprod, prod = (prod-eu, prod-us)\n", "\nfrom shop_test into shop {\n"
	places := map[string][2]string{
		"top":    {head, from + "  sync flags by name\n}\n"},
		"from":   {head + from + "  sync flags by name\n  ", "\n}\n"},
		"flags":  {head + from + "  sync flags by name {\n    ", "\n  }\n}\n"},
		"prices": {head + from + "  sync priceLists by code {\n    ", "\n  }\n}\n"},
	}
	habits, between := 0, regexp.MustCompile(` {2,}`)
	for n, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		habits++
		f := between.Split(line, -1)
		if len(f) != 4 || places[f[1]][0] == "" {
			t.Fatalf("line %d has not the four parts: %q", n+1, f)
		}
		slip := strings.ReplaceAll(f[2], `\n`, "\n     ")
		t.Run(strconv.Itoa(n+1), func(t *testing.T) {
			t.Parallel()
			weave := txtar.File{Name: "x.weave", Data: []byte(places[f[1]][0] + slip + places[f[1]][1])}
			all := compileDir(t, unpack(t, &txtar.Archive{Files: append([]txtar.File{weave}, workspace.Files...)}))
			var errs diag.List
			for _, d := range all {
				if d.Severity == diag.Error {
					errs = append(errs, d)
				}
			}
			if len(errs) == 0 { // warnings
				errs = slices.DeleteFunc(all, func(d diag.Diagnostic) bool { return d.Severity != diag.Warning })
			}
			if len(errs) != 1 {
				t.Fatalf("%d errors, want one that names %s:\n%s", len(errs), f[3], renderAll(t, all))
			}
			d := errs[0]
			if said := strings.Join(append([]string{d.Message, d.Label}, d.Notes...), "\n"); !strings.Contains(said, f[3]) {
				t.Errorf("want %s:\n%s", f[3], renderAll(t, errs))
			}
		})
	}
	t.Logf("%d habits", habits)
	if habits < leastHabits {
		t.Errorf("%d habits, want at least %d", habits, leastHabits)
	}
}
