package main

// Holds that docs/language.md is true. In: the document, the extracted data of
// docs/testdata/language. Every ```weave block is put into a workspace, must
// be in the one style, and compiles, or gives the error it says it gives; the
// parts between `<!-- generated -->` markers are made again and compared.
// UPDATE_GOLDEN=1 rewrites the document instead. docs/testdata/tasks are files
// written from the document alone.
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
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
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
	if code := run([]string{"test", "--workspace", dir}, strings.NewReader(""), &out, &out, none); code != exitDone {
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
	w, diags := workspace.Load(dir)
	if w == nil {
		return nil, diags
	}
	result, found := compiler.Compile(context.Background(), w, workspace.Options{Compiler: "mongocd test"})
	return result, append(diags, found...)
}

func TestLanguageReference(t *testing.T) {
	m := readMarkdown(t, "../../docs/language.md")
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
		judge(t, f, text, diags)
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
	if examples < 60 {
		t.Errorf("%d examples: are the fences still found?", examples)
	}
	m.generated(t, "functions", functionTable())
	m.generated(t, "documents", exampleDocuments(t))
	m.generated(t, "dates", dateTable())
	m.generated(t, "grammar", "```ebnf\n"+parser.Grammar()+"```\n")
	m.settle(t)
}

// judge compares what an example gives with what it says it gives.
func judge(t *testing.T, f fence, text string, diags diag.List) {
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
			t.Errorf("docs/language.md:%d: the example gives\n%s\nof\n%s", f.line, out.String(), text)
			return
		}
	}
	for code, seen := range wanted {
		if !seen {
			t.Errorf("docs/language.md:%d: the example does not give %s", f.line, code)
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

// TestLanguageCodes holds that the reference names no code that there is not.
func TestLanguageCodes(t *testing.T) {
	m := readMarkdown(t, "../../docs/language.md")
	known := map[string]bool{"price-lists": true, "prod-eu": true, "prod-us": true} // names, not codes
	for _, c := range diag.Codes {
		known[string(c.Code)] = true
	}
	found := 0
	for _, code := range regexp.MustCompile("`([a-z]+(?:-[a-z]+)+)`").FindAllStringSubmatch(m.text, -1) {
		found++
		if !known[code[1]] {
			t.Errorf("docs/language.md names the code %q, which there is not", code[1])
		}
	}
	if found < 50 {
		t.Errorf("%d codes", found)
	}
}

// TestLanguagePlaces holds the table that says where statements may stand.
func TestLanguagePlaces(t *testing.T) {
	statements := map[string]string{
		"sync": "sync d", "only where": "only where a == 1", "except where": "except where a == 1", "document": "document { a: 1 }",
		"set": "set this.a = 1", "create": "create this.a = 1", "remove": "remove this.a", "rename": "rename this.a to this.z", "add": "add 1 to this.a",
		"each": "each y in this.a { remove y }", "where": "where a == 1 { set this.a = 2 }", "let": "let z = 1", "lookup": "lookup l in c where l.a == a",
		"check": "check a == 1", "warn": "warn a == 1", "for": "for prod { set this.a = 1 }", "mode": "mode merge", "preserve": "preserve p",
		"ignore": "ignore p", "absent": "absent p", "redact": "redact p", "omit": "omit p", "not secret": "not secret p", "link": "link p to c", "prune": "prune all at most 1",
		"backup": "backup keep 1", "index on": "index on a", "indexes": "indexes none", "drop index": "drop index i", "options": "options from source",
		"before": "before { run { ping: 1 } }", "after": "after { run { ping: 1 } }",
		"accept": `accept no-effect "it is right"`,
	}
	places := [][]string{
		{"from a into b { %s }"},
		{"from a into b { sync c { %s } }"},
		{"from a into b { sync c { for prod { %s } } }"},
		{"from a into b { sync c } amend c { %s }"},
		{"from a into b { sync c { where a == 1 { %s } } }", "from a into b { sync c { each x in y { %s } } }"},
	}
	m := readMarkdown(t, "../../docs/language.md")
	_, table, _ := strings.Cut(m.text, "Where a statement may stand:\n")
	rows := regexp.MustCompile(`(?m)^\| (.*)\|$`).FindAllStringSubmatch(table[:strings.Index(table, "\n### ")], -1)
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		cells := strings.Split(row[1], "|")
		if strings.HasPrefix(cells[0], "-") {
			continue
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1) {
			statement, ok := statements[name[1]]
			if !ok {
				t.Errorf("the table names %q", name[1])
				continue
			}
			seen[name[1]] = true
			for i, cell := range cells[1:] {
				for _, place := range places[i] {
					text := "weave w\nenvironments prod, test\n" + fmt.Sprintf(place, statement)
					file, diags := parser.Parse(source.NewFile("w.weave", text))
					if len(diags) == 0 {
						_, diags = check.Check([]*ast.File{file})
					}
					diags = slices.DeleteFunc(diags, func(d diag.Diagnostic) bool { return d.Code == diag.EmptyBlock }) // accept is no statement of its own
					if allowed := strings.TrimSpace(cell) != ""; allowed == diags.HasErrors() {
						t.Errorf("%s: allowed by the table: %v; the checker says %v", text, allowed, diags)
					}
				}
			}
		}
	}
	if len(seen) != len(statements) {
		t.Errorf("the table has %d of %d statements", len(seen), len(statements))
	}
}

// TestDocumentLinks holds that links in the documents lead somewhere.
func TestDocumentLinks(t *testing.T) {
	for _, name := range []string{"language.md", "tutorial.md"} {
		m := readMarkdown(t, "../../docs/"+name)
		anchors := map[string]bool{}
		for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(m.text, -1) {
			slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(h[1]), "")
			anchors["#"+strings.ReplaceAll(slug, " ", "-")] = true
		}
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(m.text, -1) {
			if strings.HasPrefix(link[1], "#") {
				if !anchors[link[1]] {
					t.Errorf("%s: no heading for %s", name, link[1])
				}
			} else if _, err := os.Stat(filepath.Join("../../docs", link[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestLanguageTasks compiles what was written from the reference alone.
func TestLanguageTasks(t *testing.T) {
	tasks, err := filepath.Glob("../../docs/testdata/tasks/*/task.md")
	if err != nil || len(tasks) < 3 {
		t.Fatalf("%d tasks: %v", len(tasks), err)
	}
	for _, task := range tasks {
		dir := filepath.Dir(task)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			result, diags := compileExample(t, dir)
			judge(t, fence{}, dir, diags)
			runTests(t, dir)
			if result == nil {
				t.Fatal("no states")
			}
			var got strings.Builder
			for _, s := range result.States {
				files, err := desired.Files(s)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range files {
					if strings.HasPrefix(f.Path, "desired/") {
						fmt.Fprintf(&got, "-- %s/%s --\n%s", s.Environment, f.Path, f.Data)
					}
				}
			}
			golden := filepath.Join(dir, "want.txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("%s: other documents (UPDATE_GOLDEN=1 rewrites want.txt):\n%s", dir, format.Diff("want.txt", string(want), got.String()))
			}
		})
	}
}

// copyTree copies a folder of plain files.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
