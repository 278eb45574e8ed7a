package format

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// formatted formats text that has no errors and holds what every formatted text must.
func formatted(t *testing.T, text string) string {
	t.Helper()
	out, errs := Format(source.NewFile("a.weave", text))
	if len(errs) > 0 {
		t.Fatalf("errors in %q: %v", text, errs)
	}
	again, errs := Format(source.NewFile("a.weave", out))
	if len(errs) > 0 {
		t.Fatalf("%q became %q, which has errors: %v", text, out, errs)
	}
	if again != out {
		t.Fatalf("formatting twice changes %q:\n%s", text, Diff("a.weave", out, again))
	}
	before, _ := parser.Parse(source.NewFile("a.weave", text))
	after, _ := parser.Parse(source.NewFile("a.weave", out))
	if d := cmp.Diff(tree(before), tree(after)); d != "" {
		t.Fatalf("the meaning of %q changes:\n%s", text, d)
	}
	if a, b := comments(text), comments(out); a != b {
		t.Fatalf("comments %q became %q", a, b)
	}
	for n, line := range strings.Split(out, "\n") {
		if strings.TrimRight(line, " \t") != line && !strings.Contains(out, `"""`) && !strings.Contains(out, "/*") {
			t.Fatalf("line %d of %q ends in white space", n+1, out)
		}
	}
	return out
}

// tree is what a file says, without places and without parentheses, which are operators' places.
func tree(f *ast.File) string {
	var b strings.Builder
	var dump func(v reflect.Value, indent string)
	dump = func(v reflect.Value, indent string) {
		switch v.Kind() {
		case reflect.Interface, reflect.Pointer:
			if v.IsNil() {
				b.WriteString(" nil")
				return
			}
			if x, ok := v.Interface().(ast.Expr); ok {
				if same := plainly(x); same != x {
					dump(reflect.ValueOf(same), indent)
					return
				}
			}
			dump(v.Elem(), indent)
		case reflect.Slice:
			for i := range v.Len() {
				b.WriteString("\n" + indent + "-")
				dump(v.Index(i), indent+"  ")
			}
		case reflect.Struct:
			b.WriteString(" " + v.Type().Name())
			for i := range v.NumField() {
				switch name := v.Type().Field(i).Name; name {
				case "At", "Span", "OpSpan", "HeadSpan", "Source":
				default:
					b.WriteString("\n" + indent + name + ":")
					dump(v.Field(i), indent+"  ")
				}
			}
		default:
			fmt.Fprintf(&b, " %#v", v.Interface())
		}
	}
	dump(reflect.ValueOf(f), "")
	return b.String()
}

// plainly is an expression as the one style says it: without parentheses, `is
// null` for `== null`, `not in` and `is not` for what is negated as a whole.
func plainly(x ast.Expr) ast.Expr {
	switch x := x.(type) {
	case *ast.Paren:
		return plainly(ast.Unparen(x))
	case *ast.Binary:
		_, left := x.X.(*ast.Null)
		_, right := x.Y.(*ast.Null)
		if other := map[bool]ast.Expr{true: x.X, false: x.Y}[right]; left != right && (x.Op == ast.Eq || x.Op == ast.Ne) {
			return &ast.Is{X: other, Not: x.Op == ast.Ne, Word: ast.Name{Text: "null"}}
		}
	case *ast.Unary:
		switch y := plainly(x.X).(type) {
		case *ast.Is:
			if x.Op == ast.Not && !y.Not {
				return &ast.Is{X: y.X, Not: true, Word: y.Word}
			}
		case *ast.Binary:
			if x.Op == ast.Not && y.Op == ast.In {
				return &ast.Binary{Op: ast.NotIn, X: y.X, Y: y.Y}
			}
		}
	}
	return x
}

// comments are all comments of a text, one a line.
func comments(text string) string {
	f := source.NewFile("a.weave", text)
	tokens, _ := token.Scan(f)
	var b strings.Builder
	for _, tok := range tokens {
		if tok.Kind == token.Comment {
			b.WriteString(strings.TrimRight(strings.ReplaceAll(f.Text[tok.Start:tok.End], "\r\n", "\n"), " \t\r") + "\n")
		}
	}
	return b.String()
}

// block puts statements into the sync of a file, each line indented.
func block(statements string) string {
	return "from a into b {\n  sync c {\n    mode merge\n" + statements + "  }\n}\n"
}

func TestFormat(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", " \n\n", ""},
		{"declarations on one line", "weave x environments a,b=( c ,d ) input r:string=\"1\"", "weave x\nenvironments a, b = (c, d)\ninput r: string = \"1\"\n"},
		{"blank lines", "\n\nweave x\n\n\n\nlet a = 1\nlet b = 2", "weave x\n\nlet a = 1\nlet b = 2\n"},
		{"CRLF", "weave x\r\n# c \r\nlet a = 1\r\n", "weave x\r\n# c\r\nlet a = 1\r\n"},
		{"CRLF in texts", "let a = \"\"\"\r\n  b\r\n  \"\"\"\r\n", "let a = \"\"\"\r\n  b\r\n  \"\"\"\r\n"},
		{"mixed line ends", "weave x\nlet a = 1\r\n", "weave x\nlet a = 1\n"},
		{"byte-order mark", "\ufeffweave x\n", "weave x\n"},
		{"only a comment", "  # a  ", "# a\n"},
		{"comments", "# a\nweave x # b\n  /* c */\n/* d\n e */ let y=1", "# a\nweave x # b\n/* c */\n/* d\n e */\nlet y = 1\n"},
		{"short blocks", "from a into b{sync c{set x=1}}", "from a into b {\n  sync c { set x = 1 }\n}\n"},
		{"two statements", "from a into b{sync c{set x=1 set y=2}}", "from a into b {\n  sync c {\n    set x = 1\n    set y = 2\n  }\n}\n"},
		{"empty block", "from a into b { \n }", "from a into b {}\n"},
		{"brace on its own line", "from a into b\n{\n sync c\n}", "from a into b { sync c }\n"},
		{"source and environment", "source s{database \"d\"} source t { } environment e{\ncluster matches /x/}", "source s { database \"d\" }\nsource t {}\nenvironment e { cluster matches /x/ }\n"},
		{"as before by", "from a into b { sync c by k,l as d }", "from a into b { sync c as d by k, l }\n"},
		{"as before by on lines", "from a into b {\nsync c\nby k\nas d expect any { } }", "from a into b {\n  sync c as d by k expect any {}\n}\n"},
		{"as before by with a comment", "from a into b { sync c by k /* key */ as d }", "from a into b {\n  sync c by k /* key */ as d\n}\n"},
		{"test", "test   \"x  y\"for a,b-c{given d{e:1,f:[ 2 ]}given g from h{}\n\n\nexpect  no d expect 2 d with{e:1}}",
			"test \"x  y\" for a, b-c {\n  given d { e: 1, f: [2] }\n  given g from h {}\n\n  expect no d\n  expect 2 d with { e: 1 }\n}\n"},
		{"expectations", "test 'x' {expect d with{e:{\nf:1}}without g,h . i # why\nexpect d exactly{ } expect error  check-failed expect warning no-effect }",
			"test 'x' {\n  expect d with { e: { f: 1 } } without g, h.i # why\n  expect d exactly {}\n  expect error check-failed\n  expect warning no-effect\n}\n"},
		{"short test", "test 'x' { expect no d }", "test 'x' { expect no d }\n"},
		{"accept", "let a=1 accept x-y 'why'\n\n\nfrom a into b{accept x-y \"why\" sync c{set x=1 accept x-y 'z'}}",
			"let a = 1\n  accept x-y 'why'\n\nfrom a into b {\n  accept x-y \"why\"\n  sync c {\n    set x = 1\n      accept x-y 'z'\n  }\n}\n"},
		{"accept in a test", "test 'x'{accept a 'b' given c{d:1}\n# e\n accept f 'g'\nexpect no c}", "test 'x' {\n  accept a 'b'\n  given c { d: 1 }\n    # e\n    accept f 'g'\n  expect no c\n}\n"},
		{"accept alone", "from a into b { sync c { accept x 'y' } }", "from a into b {\n  sync c { accept x 'y' }\n}\n"},
		{"hooks", "from a into b { before{run{ping:1} run{a:1}on b-c} }", "from a into b {\n  before {\n    run { ping: 1 }\n    run { a: 1 } on b-c\n  }\n}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, formatted(t, test.in)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFormatStatements(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"operators", "set a=-b- -c*(d+1)/ 2%3", "    set a = -b - -c * (d + 1) / 2 % 3\n"},
		{"words", "set   a=if b   then c else not(d)", "    set a = if b then c else not (d)\n"},
		{"paths", "set a . b [0] . 'c d'=this.in", "    set a.b[0].'c d' = this.in\n"},
		{"calls", "set a=f ( b ,c, )", "    set a = f(b, c)\n"},
		{"names with dashes", "for prod-eu-2,b{mode merge}", "    for prod-eu-2, b { mode merge }\n"},
		{"minus is no dash", "set a=b-c", "    set a = b - c\n"},
		{"patterns", "redact *.token,a", "    redact *.token, a\n"},
		{"percent", "prune all at most 2 %", "    prune all at most 2%\n"},
		{"lists", "set a=[ 1,2, ]", "    set a = [1, 2]\n"},
		{"objects", "set a={b:1,c:{ },d:[ ],}", "    set a = { b: 1, c: {}, d: [] }\n"},
		{"broken objects", "set a={\nb:1, c:2,\nd:\n3 /* x */ }", "    set a = { b: 1, c: 2, d: 3 /* x */ }\n"},
		{"commas before comments", "set a = {\n b: 1, # one\n c: 2 # two\n}", "    set a = {\n      b: 1, # one\n      c: 2, # two\n    }\n"},
		{"leading commas", "set a = [\n1\n,2\n]", "    set a = [1, 2]\n"},
		{"per environment", "set a=per environment{x-y:1,else:2}", "    set a = per environment { x-y: 1, else: 2 }\n"},
		{"comprehension", "set a=[ b.c for b in d\nwhere e ]", "    set a = [b.c for b in d where e]\n"},
		{"made objects", "set a={[ b.c ]:b.d for b in e\nwhere f is not empty sort   by b.c desc,b.d}", "    set a = { [b.c]: b.d for b in e where f is not empty sort by b.c desc, b.d }\n"},
		{"made objects over lines", "set a = { [lower(setting.key)]: setting.value for setting in settings where setting.environment == environment() sort by setting.key }",
			"    set a = {\n      [lower(setting.key)]: setting.value\n      for setting in settings\n      where setting.environment == environment()\n      sort by setting.key\n    }\n"},
		{"computed names", "set a={b:1,[ c ]:2,\n[(d)]:(3)}", "    set a = { b: 1, [c]: 2, [d]: 3 }\n"},
		{"null", "check a==null or null!=b.c and not(d==null)", "    check a is null or b.c is not null and d is not null\n"},
		{"null behind a comment", "check a == /* nothing */ null", "    check a == /* nothing */ null\n"},
		{"negations", "check not(a matches /b/) and not c between 1 and(2) and not(d in [1])", "    check a not matches /b/ and c not between 1 and (2) and d not in [1]\n"},
		{"more negations", "check not(e is int) and not not(f in g) and not(h==1)", "    check e is not int and not f not in g and not (h == 1)\n"},
		{"nested brackets", "set a = f({\nb: [\n1\n]\n})", "    set a = f({ b: [1] })\n"},
		{"continued conditions", "where a == 1\nand b == 2 {\nset c = 1\n}", "    where a == 1 and b == 2 { set c = 1 }\n"},
		{"continued check", "check a\nelse \"b\"", "    check a else \"b\"\n"},
		{"else", "where a { set b=1 } else { set b=2 }", "    where a {\n      set b = 1\n    } else {\n      set b = 2\n    }\n"},
		{"else where", "where a expect 1{set b=1}else   where c\n{set b=2 set d=1}\nelse expect any\n{ set b=3 }\nset e=1", "    where a expect 1 {\n      set b = 1\n    } else where c {\n      set b = 2\n      set d = 1\n    } else expect any {\n      set b = 3\n    }\n    set e = 1\n"},
		{"else with comments", "where a { set b=1 } # one\nelse { # two\nset b=2 }", "    where a {\n      set b = 1\n    } # one\n    else { # two\n      set b = 2\n    }\n"},
		{"comment before the brace", "where a # why\n{\nset b = 1 }", "    where a # why\n    {\n      set b = 1\n    }\n"},
		{"comments in blocks", "where a { # one\n\n # two\n\n set b = 1\n\n # three\n}", "    where a { # one\n\n      # two\n\n      set b = 1\n\n      # three\n    }\n"},
		{"only a comment in a block", "where a {\n# one\n}", "    where a {\n      # one\n    }\n"},
		{"text keeps its blanks", "set a = \"x  ${ b }  ${c+ 1}\"", "    set a = \"x  ${b}  ${c + 1}\"\n"},
		{"text over lines", "set a = \"\"\"\n  b\n    ${c}\n\n  \"\"\"", "    set a = \"\"\"\n      b\n        ${c}\n\n      \"\"\"\n"},
		{"regex", "check a matches /[/ ]\\//i", "    check a matches /[/ ]\\//i\n"},
		{"index", "index on a,b desc,c '2d'{unique:true}", "    index on a, b desc, c '2d' { unique: true }\n"},
		{"accept", "set a=1\n\naccept no-effect  \"b\"\naccept type-changed 'c' # d\nset e=accept accept f 'g'", "    set a = 1\n      accept no-effect \"b\"\n      accept type-changed 'c' # d\n    set e = accept\n      accept f 'g'\n"},
		{"several statements", "set a = 1 set b = 2\n\n\nset c = 3", "    set a = 1\n    set b = 2\n\n    set c = 3\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(block(test.want), formatted(t, "from a into b {\nsync c {\nmode merge\n"+test.in+"\n}}")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFormatRefusesErrors(t *testing.T) {
	const text = "weave  x\nlet y =\n"
	out, errs := Format(source.NewFile("a.weave", text))
	if out != text || !errs.HasErrors() {
		t.Errorf("got %q and %d errors, want the text unchanged and an error", out, len(errs))
	}
}

// weaveFiles are all .weave files of the repository.
func weaveFiles(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, root := range []string{"../../testdata", "../../examples"} {
		err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".weave" {
				return nil
			}
			text, err := os.ReadFile(name)
			files[name] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestFormatFiles(t *testing.T) {
	files := weaveFiles(t)
	if len(files) < 6 {
		t.Fatalf("found %d .weave files, want at least the six of the language", len(files))
	}
	for name, text := range files {
		if _, errs := parser.Parse(source.NewFile(name, text)); len(errs) == 0 {
			formatted(t, text)
		}
	}
}

func TestDiff(t *testing.T) {
	want := "diff a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
	if got := Diff("x", "a\nb\n", "a\nc\n"); got != want {
		t.Errorf("got %q", got)
	}
	if got := Diff("x", "a\n", "a\n"); got != "" {
		t.Errorf("equal texts differ: %q", got)
	}
}

func FuzzFormat(f *testing.F) {
	for _, text := range weaveFiles(f) {
		f.Add(text)
	}
	f.Add("test 'x' for a,b{given c{d:1}expect 2 c with{d:1}\nexpect e from f with{d:1}without g,h /* i */ expect error j-k}")
	f.Add(block("accept a-b 'c' set d=1 accept e \"f\" where g { accept not-unique 'h' }") + "accept i 'j'")
	f.Add(block("document{create a:1,create 'b c':{create:2}} remove d where e { }"))
	f.Add("defaults{prune all at most per environment{a:any,else:10%}for all except b{mode exact}}\nfrom a into \"b_${t.c}\" for each t in d from e where t.f==1{sync g{moved 'h' to ['i',2]}}")
	f.Add(block("elements d.e by f,g without [1,'h'],[2,\"i\"] ensure j has k,{l:1} ensure m has no n # c\nelements o"))
	f.Add(block("each k,v at any depth of this where v is empty expect any{remove v} where d{set e={[x]:y for x in z sort by x desc}}else where f{}else{}"))
	f.Add(block("set a={b:1 # c\n} where d /* e */ { }"))
	f.Fuzz(func(t *testing.T, text string) {
		if _, errs := parser.Parse(source.NewFile("a.weave", text)); len(errs) == 0 {
			formatted(t, text)
		}
	})
}

// TestBlockHeads holds that no clause of a broken head stands with what is in its block.
func TestBlockHeads(t *testing.T) {
	got := formatted(t, `weave w
environments prod
from control into tenants for each tenant in registry from control_plane where tenant.active == true and tenant.region == "eu" expect 30 {
  sync plans
}
`)
	const want = `weave w
environments prod

from control into tenants
    for each tenant in registry from control_plane
    where tenant.active == true and tenant.region == "eu"
    expect 30 {
  sync plans
}
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}
