package compiler_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

// TestAcceptable writes an `accept` at every acceptable message of the corpus
// of diagnostics: it is accepted, and all else is said as before. Every code of
// diag.Acceptable is among them, and no message of another code is a warning.
func TestAcceptable(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(diagnosticsDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	accepted := map[diag.Code]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := unpack(t, archive)
		before := compileDir(t, dir)
		for _, d := range before {
			if d.Severity == diag.Accepted || d.Code == diag.AcceptNeedless || d.Severity == diag.Error && d.Code != diag.LinkNeeded {
				continue
			}
			if !slices.Contains(diag.Acceptable, d.Code) {
				t.Errorf("%s: the %s %s is not in diag.Acceptable", file, d.Severity, d.Code)
				continue
			}
			if d.Span.IsZero() {
				t.Errorf("%s: the %s %s has no place to accept it at", file, d.Severity, d.Code)
				continue
			}
			accepted[d.Code] = true
			name := filepath.Join(dir, filepath.FromSlash(d.Span.File.Name))
			at, text := behind(d.Span, string(d.Code))
			if err := os.WriteFile(name, []byte(d.Span.File.Text[:at]+text+d.Span.File.Text[at:]), 0o644); err != nil {
				t.Fatal(err)
			}
			after := compileDir(t, dir)
			if err := os.WriteFile(name, []byte(d.Span.File.Text), 0o644); err != nil {
				t.Fatal(err)
			}
			if d.Code == diag.LinkNeeded && len(before) == 1 && after.HasErrors() {
				t.Errorf("%s: it does not compile with link-needed accepted:\n%s", file, renderAll(t, after))
			}
			if !slices.ContainsFunc(after, func(a diag.Diagnostic) bool {
				return a.Severity == diag.Accepted && a.Code == d.Code && a.Message == d.Message
			}) {
				t.Errorf("%s: %s is not accepted by\n%s\nat %d\n%s", file, d.Code, text, at, renderAll(t, after))
			}
		}
	}
	for _, code := range diag.Acceptable {
		if !accepted[code] {
			t.Errorf("no case of %s has %s as a message that can be accepted", diagnosticsDir, code)
		}
	}
}

// behind is where an `accept` of a message stands, and how it is written: behind
// the innermost statement or declaration, first in its block where it has one.
func behind(at source.Span, code string) (int, string) {
	file, _ := parser.Parse(at.File)
	place := -1
	for _, d := range file.Decls {
		ast.Walk(d, func(n ast.Node) bool {
			if !at.Within(n.Place()) {
				return false
			}
			switch n := n.(type) {
			case *ast.FromDecl:
				place = n.Into.Span.End + strings.Index(at.File.Text[n.Into.Span.End:], "{") + 1
			case *ast.Block:
				place = n.Span.Start + 1
			case *ast.Accept:
			case ast.Stmt, ast.Decl:
				place = n.Place().End
				var body *ast.Block
				switch n := n.(type) {
				case *ast.Sync:
					body = n.Body
				case *ast.Where:
					body = n.Body
				case *ast.Each:
					body = n.Body
				case *ast.For:
					body = n.Body
				case *ast.AmendDecl:
					body = n.Body
				case *ast.TestDecl:
					body = n.Body
				}
				if body != nil {
					place = body.Span.Start + 1
				}
			}
			return true
		})
	}
	return place, " accept " + code + ` "it's right" `
}
