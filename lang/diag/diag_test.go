package diag

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/source"
)

// span is the first place of part in f.
func span(f *source.File, part string) source.Span {
	i := strings.Index(f.Text, part)
	return source.Span{File: f, Start: i, End: i + len(part)}
}

func TestRender(t *testing.T) {
	f := source.NewFile("flags.weave", "weave x\n\n  sync c {\n    set rolout = 5\n\tset\tb = \"日本e\u0301😀\" x\n  \u202eend \x1b[31m\n}")
	for _, test := range []struct {
		name string
		in   List
		want string
	}{
		{"nothing", nil, ""},
		{"as designed", List{{
			Code: "unknown-field", Span: span(f, "rolout"), Message: `no document of shop_test.flags has a field "rolout"`,
			Label: "did you mean `rollout` (long, in 213 of 213 documents)?", Notes: []string{"to add a new field, write `create rolout = 5`"},
		}}, "error[unknown-field]: no document of shop_test.flags has a field \"rolout\"\n" +
			" --> flags.weave:4:9\n" +
			"  |\n" +
			"4 |     set rolout = 5\n" +
			"  |         ^^^^^^ did you mean `rollout` (long, in 213 of 213 documents)?\n" +
			"  = to add a new field, write `create rolout = 5`\n\n1 error\n"},
		{"tabs and wide characters", List{{Severity: Warning, Code: "a", Span: span(f, `"日本e`+"\u0301😀\""), Message: "m"}, {Code: "a", Span: span(f, "x\n  \u202e"), Message: "n", Label: "l"}},
			"warning[a]: m\n --> flags.weave:5:10\n  |\n5 |     set b = \"日本e\u0301😀\" x\n  |             ^^^^^^^^^\n\n" +
				"error[a]: n\n --> flags.weave:5:18\n  |\n5 |     set b = \"日本e\u0301😀\" x\n  |                       ^ l\n\n1 error, 1 warning\n"},
		{"terminal escapes in the source", List{{Code: "a", Span: span(f, "end"), Message: "m"}},
			"error[a]: m\n --> flags.weave:6:4\n  |\n6 |   \\u{202e}end \\u{1b}[31m\n  |           ^^^\n\n1 error\n"},
		{"several lines", List{{Code: "a", Span: span(f, "sync c {\n    set"), Message: "m"}}, "error[a]: m\n --> flags.weave:3:3\n  |\n3 |   sync c {\n  |   ^^^^^^^^\n\n1 error\n"},
		{"nothing to underline", List{{Code: "a", Span: source.Span{File: f, Start: 8, End: 8}, Message: "m"}}, "error[a]: m\n --> flags.weave:2:1\n  |\n2 |\n  | ^\n\n1 error\n"},
		{"no place", List{{Code: "a", Message: "m", Label: "l", Notes: []string{"n\nmore"}}, {Code: "b", Message: "m"}}, "error[a]: m\n = l\n = n\n   more\n\nerror[b]: m\n\n2 errors\n"},
		{"related", List{{Code: "a", Span: span(f, "sync"), Message: "m", Related: []Related{{Span: span(f, "weave"), Message: "first"}, {Message: "nowhere"}}}},
			"error[a]: m\n --> flags.weave:3:3\n  |\n3 |   sync c {\n  |   ^^^^\n --> flags.weave:1:1\n  |\n1 | weave x\n  | ----- first\n  = nowhere\n\n1 error\n"},
		{"hints are not asked for", List{{Severity: Hint, Code: "a", Message: "m"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Render(&b, test.in, RenderOptions{}); err != nil {
				t.Fatal(err)
			}
			if b.String() != test.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), test.want)
			}
		})
	}
}

func TestRenderOptions(t *testing.T) {
	l := List{{Severity: Hint, Code: "a", Message: "m"}}
	var plain, colored bytes.Buffer
	if err := Render(&plain, l, RenderOptions{Hints: true}); err != nil {
		t.Fatal(err)
	}
	if err := Render(&colored, l, RenderOptions{Hints: true, Color: true}); err != nil {
		t.Fatal(err)
	}
	if want := "hint[a]: m\n\n1 hint\n"; plain.String() != want {
		t.Errorf("got %q, want %q", plain.String(), want)
	}
	if !strings.HasPrefix(colored.String(), "\x1b[1;36mhint[a]\x1b[0m") {
		t.Errorf("got %q, want colours", colored.String())
	}
	if stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored.String(), ""); stripped != plain.String() {
		t.Errorf("without its colours %q differs from %q", stripped, plain.String())
	}
}

func TestJSON(t *testing.T) {
	f := source.NewFile("a.weave", "é x\ny")
	var b bytes.Buffer
	l := List{
		{Code: "a", Span: source.Span{File: f, Start: 3, End: 5}, Message: "<m>", Fix: &Fix{Span: source.Span{File: f, Start: 5, End: 6}, Text: "z"}},
		{Severity: Warning, Code: "b", Message: "n", Notes: []string{"o"}, Related: []Related{{Message: "r"}}},
	}
	if err := WriteJSON(&b, l); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	want := `[{"severity":"error","code":"a","file":"a.weave","start":{"line":1,"column":3},"end":{"line":2,"column":1},"message":"<m>",` +
		`"fix":{"file":"a.weave","start":{"line":2,"column":1},"end":{"line":2,"column":2},"text":"z"}},` +
		`{"severity":"warning","code":"b","message":"n","notes":["o"],"related":[{"message":"r"}]}]`
	if compact.String() != want {
		t.Errorf("got  %s\nwant %s", compact.String(), want)
	}
	b.Reset()
	if err := WriteJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("an empty list is %q (%v)", b.String(), err)
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"set", "sync", "rollout", "rolloutAt", "createdBy", "archived"}
	for _, test := range []struct{ word, want string }{
		{"rolout", "rollout"}, {"Rollout", "rollout"}, {"rollotu", "rollout"}, {"sett", "set"}, {"sycn", "sync"}, {"createdby", "createdBy"},
		{"archvied", "archived"}, {"set", ""}, {"x", ""}, {"ab", ""}, {"stats", ""}, {"", ""}, {"createBy", "createdBy"}, {"rollouts", "rollout"},
	} {
		if got := Suggest(test.word, words); got != test.want {
			t.Errorf("Suggest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, test := range []struct {
		in   string
		max  int
		want string
	}{
		{`a"b\c`, 0, `"a\"b\\c"`}, {"é日😀", 0, `"é日😀"`}, {"a\x1b[31m\n\t\r\x00\x7f", 0, `"a\u{1b}[31m\n\t\r\u{0}\u{7f}"`},
		{"\u202e\u2066\u200b\ufeff\u2028", 0, `"\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}"`}, {"a\xff\xfe", 0, `"a\xff\xfe"`}, {"\u009b31m", 0, `"\u{9b}31m"`},
		{"abcdef", 3, `"abc…"`}, {"abc", 3, `"abc"`}, {"", 3, `""`},
	} {
		if got := Quote(test.in, test.max); got != test.want {
			t.Errorf("Quote(%q, %d) = %s, want %s", test.in, test.max, got, test.want)
		}
	}
	if got := Safe("a\"\x1b`", 0); got != "a\"\\u{1b}`" {
		t.Errorf("Safe gives %q", got)
	}
}

func TestSort(t *testing.T) {
	f := source.NewFile("a.weave", "abc")
	at := func(i int) source.Span { return source.Span{File: f, Start: i, End: i + 1} }
	l := List{{Code: "b", Span: at(1)}, {Code: "a", Span: at(1)}, {Severity: Warning, Code: "a", Span: at(0)}, {Code: "a", Span: at(1)}, {Code: "c"}}
	l.Sort()
	var codes string
	for _, d := range l {
		codes += string(d.Code)
	}
	if codes != "caab" {
		t.Errorf("order %q, want %q: no file first, then by place, repeats dropped", codes, "caab")
	}
}

func TestCodes(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	seen := map[Code]bool{}
	for _, c := range Codes {
		if seen[c.Code] {
			t.Errorf("code %s is registered twice", c.Code)
		}
		seen[c.Code] = true
		if !kebab.MatchString(string(c.Code)) {
			t.Errorf("code %q is not kebab-case", c.Code)
		}
		if c.Title == "" || strings.HasSuffix(c.Title, ".") {
			t.Errorf("title %q of %s: one line without a full stop is wanted", c.Title, c.Code)
		}
	}
	if len(seen) == 0 {
		t.Fatal("no codes")
	}

	// Every constant of type Code is registered, and codes are written in no other way.
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Code" {
			for _, v := range spec.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil || !seen[Code(text)] {
					t.Errorf("%s: constant %s is not in Codes", set.Position(spec.Pos()), spec.Names[0].Name)
				}
			}
		}
		return true
	})
	for _, root := range []string{"..", "../../compiler", "../../cmd"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				kv, ok := n.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				key, isName := kv.Key.(*ast.Ident)
				lit, isText := kv.Value.(*ast.BasicLit)
				if isName && isText && key.Name == "Code" && lit.Kind == token.STRING {
					t.Errorf("%s: code %s is written as a text; use its constant of codes.go", set.Position(kv.Pos()), lit.Value)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
