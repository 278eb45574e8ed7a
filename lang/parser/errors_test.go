package parser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// brief is an error in one line: where, how much, which, what.
func brief(d diag.Diagnostic) string {
	p := d.Span.Position()
	s := fmt.Sprintf("%d:%d %q %s: %s", p.Line, p.Column, d.Span.Text(), d.Code, d.Message)
	if d.Label != "" {
		s += " | " + d.Label
	}
	if d.Fix != nil {
		s += fmt.Sprintf(" | fix %q", d.Fix.Text)
	}
	return s
}

// TestErrors runs the cases of testdata/errors.txt: pieces between lines of
// `----`, each a text and, behind `>>>>`, its errors in brief. A text that is
// indented stands inside a sync. UPDATE_GOLDEN=1 rewrites the errors.
func TestErrors(t *testing.T) {
	name := filepath.Join("testdata", "errors.txt")
	golden, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n----\n") {
		text, _, _ := strings.Cut(c, "\n>>>>")
		whole := text
		if strings.HasPrefix(text, " ") {
			whole = "from s into d { sync c {\n" + text + "\n} }"
		}
		file, errs := Parse(source.NewFile("a.weave", whole))
		if len(errs) == 0 {
			t.Errorf("no error in\n%s", text)
		}
		got := text + "\n>>>>"
		for _, d := range errs {
			got += "\n" + brief(d)
		}
		out = append(out, got)
		if got != c && os.Getenv("UPDATE_GOLDEN") == "" {
			t.Errorf("got\n%s\n\nwant\n%s", got, c)
		}
		sound(t, file, errs)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(name, []byte(strings.Join(out, "\n----\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sound checks what holds for every text: places are inside the file, and bad
// nodes have errors.
func sound(t *testing.T, file *ast.File, errs diag.List) {
	t.Helper()
	inside := func(what string, s source.Span) {
		if s.File != file.Source || s.Start < 0 || s.End < s.Start || s.End > len(file.Source.Text) {
			t.Fatalf("%s is at [%d, %d) of %d bytes in %q", what, s.Start, s.End, len(file.Source.Text), file.Source.Text)
		}
	}
	for _, d := range errs {
		if d.Code == diag.InternalError {
			t.Fatalf("%q: %s", file.Source.Text, d.Message)
		}
		inside(string(d.Code), d.Span)
		for _, r := range d.Related {
			inside("what belongs to "+string(d.Code), r.Span)
		}
		if d.Fix != nil {
			inside("the fix of "+string(d.Code), d.Fix.Span)
		}
		if d.Message == "" || strings.Contains(d.Message, "\n") {
			t.Fatalf("message %q of %s", d.Message, d.Code)
		}
	}
	for _, decl := range file.Decls {
		ast.Walk(decl, func(n ast.Node) bool {
			inside(fmt.Sprintf("%T", n), n.Place())
			switch n.(type) {
			case *ast.BadStmt, *ast.BadExpr:
				if len(errs) == 0 {
					t.Fatalf("%T without an error in %q", n, file.Source.Text)
				}
			}
			return true
		})
	}
}

// Every single-token edit of the language's files parses without a panic, with
// sound places, and keeps the statements before the edit.
func TestMutations(t *testing.T) {
	files, err := filepath.Glob("../../testdata/language/*.weave")
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 7
	}
	for _, name := range files {
		bytes, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(bytes)
		tokens, _ := token.Scan(source.NewFile(name, text))
		for i := 0; i < len(tokens)-1; i += step {
			tok, other := tokens[i], tokens[(i*7+3)%(len(tokens)-1)]
			for _, mutant := range []string{
				text[:tok.Start] + text[tok.End:],
				text[:tok.End] + " " + text[tok.Start:],
				text[:tok.Start] + text[other.Start:other.End] + text[tok.End:],
				text[:tok.Start],
				text[tok.Start:],
			} {
				file, errs := Parse(source.NewFile("a.weave", mutant))
				sound(t, file, errs)
			}
		}
	}
}

func TestNesting(t *testing.T) {
	for _, test := range []struct {
		text string
		code diag.Code
	}{
		{"let a = " + strings.Repeat("(", 99) + "1" + strings.Repeat(")", 99), ""},
		{"let a = " + strings.Repeat("(", 101) + "1" + strings.Repeat(")", 101), diag.NestedTooDeeply},
		{strings.Repeat("{[(", 200_000), diag.NestedTooDeeply},
		{"let a = " + strings.Repeat("not ", 200_000) + "b", diag.NestedTooDeeply},
		{"let a = " + strings.Repeat("-", 200_000) + "b", diag.NestedTooDeeply},
		{"let a = b" + strings.Repeat(" + b", 200_000), diag.NestedTooDeeply},
		{"let a = " + strings.Repeat("if a then b else ", 200_000) + "b", diag.NestedTooDeeply},
		{"let a = " + strings.Repeat("any x in y has ", 200_000) + "b", diag.NestedTooDeeply},
		{"let a = " + strings.Repeat(`"${`, 200_000) + "b", diag.NestedTooDeeply},
		{"let a = [" + strings.Repeat("b, ", 200_000) + "]", ""},
		{"let a = b" + strings.Repeat(".b", 200_000), ""},
	} {
		file, errs := Parse(source.NewFile("a.weave", test.text))
		sound(t, file, errs)
		if test.code == "" && len(errs) > 0 || test.code != "" && (len(errs) == 0 || errs[0].Code != test.code && errs[len(errs)-1].Code != test.code) {
			t.Errorf("%.40s…: got %d errors, want %q", test.text, len(errs), test.code)
		}
	}
}

func TestErrorsAreLimited(t *testing.T) {
	_, errs := Parse(source.NewFile("a.weave", strings.Repeat("@\n", 1000)))
	if len(errs) != maxErrors+1 || errs[maxErrors].Message != "900 more errors follow in this file" {
		t.Errorf("got %d errors", len(errs))
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../../testdata/language/*.weave")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(files, filepath.Join("testdata", "errors.txt")) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n\n") {
			f.Add(part)
		}
	}
	f.Add("test \"a\" for b, c-d { given e { f: 1 } given g from h { } expect no e expect 2 e with { f: 1 } expect error check-failed }")
	f.Add("from a into b { sync c { document { create d: 1, create 'e f': { create: 2, create in: 3 } } remove g where h { } } }")
	f.Add("from a into b { accept c-d 'e' sync f { set g = 1 accept not-unique \"h\" accept i 'j' } } let k = 1 accept l 'm'")
	f.Add("test 'a' { expect e from f with { g: [1] } without h, i.j expect e exactly { test: given } }")
	f.Add("defaults { prune all at most per environment { a: any, else: 10% } for all except b { mode exact } } from a into \"b_${t.c}\" for each t in d from e where t.f == 1 { sync g { moved \"h\" to [\"i\", 2] } }")
	f.Add("from a into b { sync c { elements d.e by f, g without [1, 'h'], [2, \"i\"] ensure j has k, { l: 1 } ensure m has no n elements o } }")
	f.Add("from a into s_${b.c} for each b in d { sync e { ensure \"f\" not in g elements h by i except 'j' prune all for k-l, m at most 2 } } for each n in o { from p into q { } }")
	f.Add("from a into b { sync c { each k, v at any depth of this where v is empty expect any { remove v } where d { set e = { [x]: y for x in z sort by x desc } } else where f { } else { } } }")
	f.Fuzz(func(t *testing.T, text string) {
		file, errs := Parse(source.NewFile("a.weave", text))
		sound(t, file, errs)
	})
}
