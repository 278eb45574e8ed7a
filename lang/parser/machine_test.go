package parser

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// A panic, which is a mistake of ours, becomes a message about the file.
func TestPanicIsReported(t *testing.T) {
	m := newMachine()
	m.productions[m.Keywords.Named("let")].parse = func(*lexer.PeekingLexer) (builder, error) { panic("no \x1b luck") }
	file := &ast.File{Source: source.NewFile("a.weave", "weave x @\nlet a = 1\n")}
	errs := m.parse(file)
	if len(errs) != 2 || errs[0].Code != diag.UnexpectedCharacter || errs[1].Code != diag.InternalError || !strings.Contains(errs[1].Message, `no \u{1b} luck`) {
		t.Errorf("got %v", errs)
	}
}

// Files are parsed side by side, each with its own machine.
func TestParseConcurrently(t *testing.T) {
	files, err := filepath.Glob("../../testdata/language/*.weave")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want := all(parseClean(t, string(text)).Decls)
		for range 4 {
			wait.Go(func() {
				for range 10 {
					file, errs := Parse(source.NewFile(name, string(text)))
					if got := all(file.Decls); got != want || len(errs) > 0 {
						t.Errorf("%s: another tree, or errors %v", name, errs)
					}
				}
			})
		}
	}
	wait.Wait()
}

func TestExpectedWords(t *testing.T) {
	for in, want := range map[string]string{
		`"=" Expr`:                         "`=`",
		`("all" | ("where" Expr)) "at"`:    "`all` or `where`",
		`Block`:                            "a block `{ … }`",
		`Name ("language" Number)?`:        "a name",
		`(("from" "source") | "exact")`:    "`from` or `exact`",
		`("asc" | "desc")`:                 "`asc` or `desc`",
		`"{" "cluster" "matches" Regex`:    "`{`",
		`NameOrPerEnv "into" NameOrPerEnv`: "a name",
	} {
		if got := expectedWords(in); got != want {
			t.Errorf("expectedWords(%s) = %s, want %s", in, got, want)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text, err := os.ReadFile("../../testdata/language/03-price-lists.weave")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, errs := Parse(source.NewFile("a.weave", string(text))); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}

// BenchmarkFirst is the cost of the first file: building participle's parsers.
func BenchmarkFirst(b *testing.B) {
	text, err := os.ReadFile("../../testdata/language/03-price-lists.weave")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if errs := newMachine().parse(&ast.File{Source: source.NewFile("a.weave", string(text))}); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
