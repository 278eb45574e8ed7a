package main

// Holds that the documents of the language are true. In: these, the extracted data of
// docs/testdata/language. Every ```weave block is put into a workspace, must
// be in the one style, and compiles, or gives the error it says it gives; the
// parts between `<!-- generated -->` markers are made again and compared.
// UPDATE_GOLDEN=1 rewrites the documents instead. docs/testdata/tasks are files
// written from the documents alone.
//
// The words after ```weave say what the example is:
//
//	fragment=file            declarations; the head and a `from` are added where missing
//	fragment=from            statements of `from shop_test into shop`
//	fragment=sync of=NAME    statements of the `sync` of a collection (default flags)
//	fragment=values          one value a line; the comment is what it gives for one document
//	error=CODE               compiling gives this error, and no other
//	warning=CODE             compiling gives this warning
//
// A ```text output block after an example is what `mongocd check` says of it.

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

var fencePattern = regexp.MustCompile("(?ms)^```(\\w+)([^\\n`]*)\\n(.*?)^```$")

// documentSyncs are the collections that fragments are about, with what
// stands beside them and the identity of the document whose values are shown.
var documentSyncs = map[string]struct{ from, head, beside, shown string }{
	"flags":      {"shop_test into shop", "sync flags by name", "", "new-checkout"},
	"priceLists": {"shop_test into shop", "sync priceLists by code", "sync products by sku", "EU-2026"},
	"templates":  {"shop_test into shop", "sync templates by key", "", "order-confirmed"},
	"holidays":   {"shop_test into shop", "sync holidays by country, day", "sync countries by code", "FR"},
	"tenants":    {"crm_test into crm", "sync tenants by tenantKey", "sync teams by name", "acme"},
	"planets":    {"solar_test into solar", "sync planets by name", "", "Mercury"},
}

const documentHead = "weave example\nenvironments preprod, prod\n\n"

// runTests runs the tests of a workspace.
func runTests(t *testing.T, dir string) {
	t.Helper()
	var out bytes.Buffer
	none := func(string) (string, bool) { return "", false }
	if code := run([]string{"test", "--workspace", dir}, strings.NewReader(""), &out, &out, none); code != console.ExitDone {
		t.Errorf("%s: mongocd test ends with %d:\n%s", dir, code, out.String())
	}
}

// withValues is a block of values with what each gives for the shown document.
func withValues(t *testing.T, f fence, s *desired.State) string {
	t.Helper()
	at := slices.IndexFunc(s.Collections, func(c *desired.Collection) bool { return c.Name == f.info["of"] })
	if at < 0 {
		t.Fatalf("line %d: no collection", f.line)
	}
	c := s.Collections[at]
	var shown bson.Raw
	for _, d := range c.Documents {
		if key, ok := doc.Get(d.Raw, c.Identity[0]); ok && key.StringValue() == documentSyncs[f.info["of"]].shown {
			shown = d.Raw
		}
	}
	var lines []string
	width := 0
	for line := range strings.Lines(f.text) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " # ")
		line = strings.TrimRight(line, " ")
		lines = append(lines, line)
		width = max(width, len([]rune(line)))
	}
	var b strings.Builder
	for i, line := range lines {
		v, ok := doc.Get(shown, doc.Path{fmt.Sprintf("example%d", i+1)})
		if !ok {
			t.Fatalf("line %d: no value of %s", f.line, line)
		}
		text := doc.Show(v, 100)
		if name := doc.TypeName(v); name == "long" || name == "decimal" {
			text = name + "(" + text + ")"
		}
		fmt.Fprintf(&b, "%s%s # %s\n", line, strings.Repeat(" ", width-len([]rune(line))), text)
	}
	return b.String()
}

// compileExample compiles a directory; the states are nil when there are errors.
func compileExample(t *testing.T, dir string) (*compiler.Result, diag.List) {
	t.Helper()
	w, diags := workspace.LoadDir(dir)
	if w == nil {
		return nil, diags
	}
	result, found := compiler.Compile(context.Background(), w, workspace.Options{Compiler: "mongocd test"})
	return result, append(diags, found...)
}

// languageDocuments are the documents of the language, with the parts of each
// that are generated.
var languageDocuments = map[string][]string{
	"coming-from-mongoprismsync.md": nil,
	"how-to.md":                     nil,
	"language-documents.md":         {"documents"},
	"language-functions.md":         {"functions", "dates"},
	"language-grammar.md":           {"grammar"},
	"language-values.md":            nil,
	"language.md":                   nil,
	"limits.md":                     {"limits"},
}

func TestLanguageReference(t *testing.T) {
	parts := map[string]string{
		"functions": functionTable(),
		"documents": exampleDocuments(t),
		"dates":     dateTable(),
		"limits":    limitsTable(),
		"grammar":   "```ebnf\n" + parser.Grammar() + "```\n",
	}
	examples := 0
	for _, name := range slices.Sorted(maps.Keys(languageDocuments)) {
		m := readMarkdown(t, "../../docs/"+name)
		examples += compileExamples(t, m)
		for _, part := range languageDocuments[name] {
			m.generated(t, part, parts[part])
		}
		m.settle(t)
	}
	if examples < 60 {
		t.Errorf("%d examples: are the fences still found?", examples)
	}
}

// compileExamples compiles the examples of a document and says how many there are.
func compileExamples(t *testing.T, m *markdown) int {
	t.Helper()
	fences := m.fences()
	examples := 0
	for i, f := range fences {
		if f.kind != "weave" {
			continue
		}
		examples++
		text, start, indent := f.file(t)
		if f.info["error"] == "" {
			m.replace(f.start, f.end, restyle(t, f, text, start, indent))
		}
		dir := t.TempDir()
		copyTree(t, "../../docs/testdata/language", dir)
		if err := os.WriteFile(filepath.Join(dir, "example.weave"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		result, diags := compileExample(t, dir)
		judge(t, m.path, f, text, diags)
		if strings.Contains(text, "\ntest \"") {
			runTests(t, dir)
		}
		if result != nil {
			if f.info["fragment"] == "values" {
				m.replace(f.start, f.end, withValues(t, f, result.States[0]))
			}
		}
		if i+1 < len(fences) && fences[i+1].kind == "text" {
			if _, ok := fences[i+1].info["output"]; ok {
				var out bytes.Buffer
				if err := diag.Render(&out, diags, diag.RenderOptions{}); err != nil {
					t.Fatal(err)
				}
				m.replace(fences[i+1].start, fences[i+1].end, out.String())
			}
		}
	}
	return examples
}

// judge compares what an example gives with what it says it gives.
func judge(t *testing.T, path string, f fence, text string, diags diag.List) {
	t.Helper()
	wanted := map[diag.Code]bool{}
	for _, key := range []string{"error", "warning"} {
		if code := f.info[key]; code != "" {
			wanted[diag.Code(code)] = false
		}
	}
	for _, d := range diags {
		_, known := wanted[d.Code]
		switch {
		case known:
			wanted[d.Code] = true
		case d.Severity != diag.Hint && d.Severity != diag.Accepted:
			var out bytes.Buffer
			if err := diag.Render(&out, diags, diag.RenderOptions{}); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s:%d: the example gives\n%s\nof\n%s", path, f.line, out.String(), text)
			return
		}
	}
	for code, seen := range wanted {
		if !seen {
			t.Errorf("%s:%d: the example does not give %s", path, f.line, code)
		}
	}
}

// functionTable is the table of built-in functions.
func functionTable() string {
	var b strings.Builder
	b.WriteString("| function | arguments | gives | | errors of its own |\n|---|---|---|---|---|\n")
	for _, f := range function.All() {
		var args []string
		for _, p := range f.Params {
			arg := p.Name + ": " + strings.Join(p.Types, " or ")
			if p.Constant {
				arg += ", constant"
			}
			if p.Optional {
				arg += ", may be left out"
			}
			args = append(args, arg)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f, strings.ReplaceAll(strings.Join(args, "; "), "|", "\\|"), f.Result, strings.ReplaceAll(f.Summary, "|", "\\|"), f.Errors)
	}
	return b.String()
}

// exampleDocuments shows a document of each collection that most examples are about.
func exampleDocuments(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, of := range []string{"flags", "priceLists", "tenants"} {
		in := documentSyncs[of]
		database, _, _ := strings.Cut(in.from, " ")
		text, err := os.ReadFile(filepath.Join("../../docs/testdata/language/extracted", database, of, "documents.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			d, err := doc.ParseExtJSON([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(line, `"`+in.shown+`"`) {
				fmt.Fprintf(&b, "`%s.%s`:\n\n```json\n%s\n```\n\n", database, of, strings.TrimSpace(string(doc.AppendReview(nil, d, true))))
				break
			}
		}
	}
	return b.String()
}

// dateTable is the table of the letters of date formats.
func dateTable() string {
	var b strings.Builder
	b.WriteString("| letter | `formatDate` writes | `parseDate` reads it |\n|---|---|---|\n")
	for _, l := range builtin.DateLetters {
		parse := "no"
		if l.Parse {
			parse = "yes"
		}
		fmt.Fprintf(&b, "| `%%%c` | %s | %s |\n", l.Letter, l.Meaning, parse)
	}
	fmt.Fprintf(&b, "\nTime zones are those of release %s of the IANA Time Zone Database, which is part of mongocd; the manifest of an artefact that was calculated with them names it.\n", builtin.ZoneDatabase)
	return b.String()
}
