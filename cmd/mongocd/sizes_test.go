package main

// Holds how large a part may be, so that it stays readable: packages, types and
// files, in Go and JavaScript.

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// The limits. Tests count for files alone; generated files do not count.
const (
	maxFiles   = 25   // of a package
	maxLines   = 4500 // of a package
	maxMethods = 30   // of a type
	maxFile    = 450  // lines of a file
)

// larger are parts that are not yet cut, with what they may have until then: a number
// here may only fall, and goes when the part is within the limits.
var larger = map[string]int{
	"cmd/mongocd files": 33, "cmd/mongocd lines": 6500, "cmd/mongocd.app": 84,
	"compiler files": 60, "compiler lines": 10500, "compiler.job": 44, "compiler.unit": 63, "compiler.static": 53,
	"lang/parser lines": 4900, "lang/parser.input": 52, "lang/parser.machine": 78, "lang/check.checker": 44,
	"runtime/enforce files": 50, "runtime/enforce lines": 9800, "runtime/enforce.run": 114, "runtime/enforce.look": 54,
	"runtime/enforce/journal.go": 483, "runtime/enforce/look.go": 520, "runtime/enforce/look.js": 548, "runtime/enforce/run.js": 544,
	"runtime/enforce/state.go": 493, "runtime/undo/undorun.js": 483,

	"cmd/mongocd/docs_test.go": 600, "cmd/mongocd/extract_copy_test.go": 666,
	"codegen/cases/wire_test.go": 486, "codegen/cases/generate_test.go": 561, "codegen/mongosh/validator_test.go": 517, "codegen/mongosh/engines_test.go": 558,
	"codegen/mongosh/undo_test.go": 601, "codegen/mongosh/forged_test.go": 658, "codegen/mongosh/state_test.go": 670,
}

func TestSizes(t *testing.T) {
	sizes := measure(t, os.DirFS("../.."))
	if len(sizes) < 500 {
		t.Errorf("there are %d sizes only; the test looks in the wrong place", len(sizes))
	}
	for what, size := range sizes {
		switch may, listed := larger[what]; {
		case !listed && size.n > size.limit:
			t.Errorf("%s: %d, and at most %d may be: cut it by subject", what, size.n, size.limit)
		case listed && size.n > may:
			t.Errorf("%s: %d; it had %d, and %d is the aim: it must not grow", what, size.n, may, size.limit)
		case listed && size.n <= size.limit:
			t.Errorf("%s: %d is within the limit of %d: take it off the list `larger`", what, size.n, size.limit)
		}
	}
	for what := range larger {
		if _, there := sizes[what]; !there {
			t.Errorf("%s is no more: take it off the list `larger`", what)
		}
	}
}

// size is a number with its limit.
type size struct{ n, limit int }

// measure gives the sizes of packages, "DIR files" and "DIR lines", of types,
// "DIR.TYPE", and of files, by their paths.
func measure(t *testing.T, root fs.FS) map[string]size {
	t.Helper()
	sizes := map[string]size{}
	add := func(what string, n, limit int) {
		sizes[what] = size{sizes[what].n + n, limit}
	}
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && file != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
			return fs.SkipDir
		}
		extension := path.Ext(file)
		if entry.IsDir() || extension != ".go" && extension != ".js" && extension != ".mjs" {
			return nil
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		if first, _, _ := strings.Cut(string(text), "\n"); strings.HasPrefix(first, "// Code generated ") {
			return nil
		}
		lines := bytes.Count(text, []byte("\n"))
		add(file, lines, maxFile)
		if extension != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		dir := path.Dir(file)
		add(dir+" files", 1, maxFiles)
		add(dir+" lines", lines, maxLines)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range parsed.Decls {
			if method, ok := d.(*ast.FuncDecl); ok && method.Recv != nil {
				add(dir+"."+receiver(method.Recv.List[0].Type), 1, maxMethods)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}

// receiver is the name of the type that a method has.
func receiver(of ast.Expr) string {
	for {
		switch e := of.(type) {
		case *ast.StarExpr:
			of = e.X
		case *ast.IndexExpr: // of a generic type
			of = e.X
		case *ast.IndexListExpr:
			of = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// TestMeasure: what the test of sizes counts.
func TestMeasure(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/one.go", "package a\n\ntype T struct{}\n\nfunc (t *T) X() {}\nfunc (t T) Y()  {}\n")
	write("a/two.go", "package a\n\ntype G[K, V any] struct{}\n\nfunc (*T) Z()      {}\nfunc (G[K, V]) Z() {}\n")
	write("a/one_test.go", "package a\n")
	write("a/one.js", "'use strict';\n\n")
	write("a/table.go", "// Code generated by a test. DO NOT EDIT.\n\npackage a\n\nfunc (*T) W() {}\n")
	write("a/testdata/x.go", "package x\n")
	got := measure(t, os.DirFS(dir))
	for what, n := range map[string]int{"a files": 2, "a lines": 12, "a.T": 3, "a.G": 1, "a/one.go": 6, "a/one_test.go": 1, "a/one.js": 2, "a/table.go": 0, "a/testdata/x.go": 0} {
		if got[what].n != n {
			t.Errorf("%s: %d, want %d", what, got[what].n, n)
		}
	}
}
