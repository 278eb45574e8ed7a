package main

// What the documents of the language say of codes, places and tasks, and the links of all documents.

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// TestDocumentLinks holds that links in the documents lead somewhere.
func TestDocumentLinks(t *testing.T) {
	var names []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) < 20 {
		t.Fatalf("%d documents", len(names))
	}
	anchors := map[string]map[string]bool{}
	for _, name := range names {
		anchors[name] = map[string]bool{}
		for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(readMarkdown(t, name).text, -1) {
			slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(h[1]), "")
			anchors[name][strings.ReplaceAll(slug, " ", "-")] = true
		}
	}
	for _, name := range names {
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(fencePattern.ReplaceAllString(readMarkdown(t, name).text, ""), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(link[1], "#")
			target := name
			if file != "" {
				target = filepath.Join(filepath.Dir(name), file)
				if _, err := os.Stat(target); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if headings, ok := anchors[target]; ok && anchor != "" && !headings[anchor] {
				t.Errorf("%s: no heading for %s", name, link[1])
			}
		}
	}
}

// longest are the most lines that the rules of some tasks may take.
var longest = map[string]int{"exchange-rates": 15, "mail-templates": 15, "menu": 15, "roles": 15, "tenant-databases": 15, "tenant-settings": 15, "translations": 15, "feature-flags": 27}

// TestLanguageTasks compiles what was written from the reference alone.
func TestLanguageTasks(t *testing.T) {
	tasks, err := filepath.Glob("../../docs/testdata/tasks/*/task.md")
	if err != nil || len(tasks) < 3 {
		t.Fatalf("%d tasks: %v", len(tasks), err)
	}
	for _, task := range tasks {
		dir := filepath.Dir(task)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if most := longest[filepath.Base(dir)]; most > 0 {
				rules, err := filepath.Glob(dir + "/*.weave")
				rules = slices.DeleteFunc(rules, func(name string) bool { return filepath.Base(name) == "tests.weave" })
				if err != nil || len(rules) != 1 {
					t.Fatalf("%d files of rules: %v", len(rules), err)
				}
				text, err := os.ReadFile(rules[0])
				if n := strings.Count(string(text), "\n"); err != nil || n > most {
					t.Errorf("%s has %d lines, want at most %d (%v)", rules[0], n, most, err)
				}
			}
			result, diags := compileExample(t, dir)
			judge(t, task, fence{}, dir, diags)
			runTests(t, dir)
			if result == nil {
				t.Fatal("no states")
			}
			var got strings.Builder
			for _, s := range result.States {
				wanted, err := desired.Render(s)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range wanted.Files {
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

// TestLanguageCodes holds that the reference names no code that there is not.
func TestLanguageCodes(t *testing.T) {
	known := map[string]bool{"price-lists": true, "prod-eu": true, "prod-us": true} // names, not codes
	for _, c := range diag.Codes {
		known[string(c.Code)] = true
	}
	found := 0
	for name := range languageDocuments {
		for _, code := range regexp.MustCompile("`([a-z]+(?:-[a-z]+)+)`").FindAllStringSubmatch(readMarkdown(t, "../../docs/"+name).text, -1) {
			found++
			if !known[code[1]] {
				t.Errorf("docs/%s names the code %q, which there is not", name, code[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("%d codes", found)
	}
}

// TestLanguagePlaces holds the table that says where statements may stand.
func TestLanguagePlaces(t *testing.T) {
	statements := map[string]string{
		"sync": "sync d", "only where": "only where a == 1", "except where": "except where a == 1", "document": "document { a: 1 }", "moved": "moved 1 to 2",
		"set": "set this.a = 1", "create": "create this.a = 1", "remove": "remove this.a", "rename": "rename this.a to this.z", "add": "add 1 to this.a",
		"each": "each y in this.a { remove y }", "where": "where a == 1 { set this.a = 2 }", "let": "let z = 1", "lookup": "lookup l in c where l.a == a",
		"check": "check a == 1", "warn": "warn a == 1", "for": "for prod { set this.a = 1 }", "mode": "mode merge", "preserve": "preserve p",
		"ignore": "ignore p", "absent": "absent p", "elements": "elements p by a", "ensure": `ensure p has "a"`, "redact": "redact p", "omit": "omit p", "not secret": "not secret p", "link": "link p to c", "prune": "prune all at most 1",
		"backup": "backup keep 1", "drift": "drift keep", "index on": "index on a", "indexes": "indexes none", "drop index": "drop index i", "options": "options from source",
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
			if _, ok := statements[name[1]]; !ok {
				t.Errorf("the table names %q", name[1])
				continue
			}
			seen[name[1]] = true
			for i, cell := range cells[1:] {
				for _, place := range places[i] {
					statement := statements[name[1]]
					if name[1] == "for" && i == 0 {
						statement = "for prod { mode merge }"
					}
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
