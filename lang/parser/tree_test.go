package parser

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// parseClean parses text that must have no errors.
func parseClean(t *testing.T, text string) *ast.File {
	t.Helper()
	file, errs := Parse(source.NewFile("a.weave", text))
	if len(errs) > 0 {
		t.Fatalf("%s", render(t, errs))
	}
	return file
}

func TestExpressions(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"1", "1"}, {"1.50", "1.50"}, {"2e3", "2e3"}, {"2E-3", "2E-3"}, {"0", "0"}, {"0.5", "0.5"},
		{"-1", "(- 1)"}, {"--1", "(- (- 1))"}, {"true", "true"}, {"null", "null"},
		{"a.b.c", "a.b.c"}, {"this.in", "this.in"}, {"a.in.set", "a.in.set"}, {"a[0][].b", "a[0][].b"}, {"a.'b.c'.\"d e\"", `a."b.c"."d e"`},
		{"a.''", `a.""`}, {"$a._b", "$a._b"}, {"größe.名前", "größe.名前"}, {"(a ?? b).c[1]", "((?? a b)).c[1]"},
		{"f()", "(call f)"}, {"f(a, 1,)", "(call f a 1)"}, {"f(a).b", "(call f a).b"},
		// precedence, loose to tight
		{"a or b and c", "(or a (and b c))"}, {"a and b or c", "(or (and a b) c)"}, {"a or b or c", "(or (or a b) c)"},
		{"not a and b", "(and (not a) b)"}, {"not a == b", "(not (== a b))"}, {"not not a", "(not (not a))"},
		{"a == b and c != d", "(and (== a b) (!= c d))"}, {"a ?? b == c", "(== (?? a b) c)"}, {"a ?? b ?? c", "(?? (?? a b) c)"},
		{"a + b ?? c", "(?? (+ a b) c)"}, {"a - b - c", "(- (- a b) c)"}, {"a + b * c", "(+ a (* b c))"}, {"a * b + c", "(+ (* a b) c)"},
		{"a / b % c", "(% (/ a b) c)"}, {"-a * b", "(* (- a) b)"}, {"-a.b", "(- a.b)"}, {"a - -b", "(- a (- b))"}, {"a-b", "(- a b)"},
		{"(a + b) * c", "(* ((+ a b)) c)"}, {"a < b", "(< a b)"}, {"a <= b + 1", "(<= a (+ b 1))"}, {"a >= b", "(>= a b)"}, {"a > b", "(> a b)"},
		{"a in [1, 2]", "(in a [1 2])"}, {"a not in b", "(not in a b)"}, {"not a in b", "(not (in a b))"},
		{"a is missing", "(Is a missing)"}, {"a is not null", "(Is a Not null)"}, {"a is string and b", "(and (Is a string) b)"},
		{"a matches /^x\\/y$/i", "(Matches a /^x/y$/i)"}, {"/[/]/", "/[/]/"}, {`/\\\//`, `/\\//`},
		{"a between 1 and 2 and b", "(and (Between a 1 2) b)"},
		{"any x in y has x == 1 or z", "(Quantified x y (or (== x 1) z))"}, {"every x in y where x.a has b", "(Quantified Every x y x.a b)"},
		{"if a then b else if c then d else e", "(If a b (If c d e))"}, {"if a then b else c + 1", "(If a b (+ c 1))"},
		{"[]", "[]"}, {"[1, a,]", "[1 a]"}, {"[x.a for x in y]", "(Comprehension x.a x y)"}, {"[x for x in y where z]", "(Comprehension x x y z)"},
		{"{}", "{}"}, {"{a: 1, b: 2, 'c d': 3, \"e\": 4, in: 5, 0: 6}", `{"a":1 "b":2 "c d":3 "e":4 "in":5 "0":6}`}, {"{5x: 1}", `{"5x":1}`},
		{"per environment {a: 1, b-2c: 2, else: 3}", "(per a:1 b-2c:2 else:3)"},
		// statements' words are names in values
		{"set + where", "(+ set where)"}, {"mode.index", "mode.index"},
		// texts
		{`""`, "(text)"}, {`"a"`, `"a"`}, {`"\" \\ \/ \b \f \n \r \t \$ \u00e9 \u{1F600} \ud83d\ude00"`, `"\" \\ / \b \f \n \r \t $ é 😀 😀"`},
		{`"${a}"`, "${a}"}, {`"x${ a + "${b}" }y"`, `(text "x" ${(+ a ${b})} "y")`}, {`"${ {a: {}} }"`, `${{"a":{}}}`}, {`"$a $"`, `"$a $"`}, {`"\${a}"`, `"${a}"`},
		{`'it''s \n ${a}'`, `"it's \\n ${a}"`}, {`''`, "(text)"},
		{"\"\"\"\n  a\n    b\n  \"\"\"", `"a\n  b\n"`}, {"\"\"\"\n    a\n  \"\"\"", `"  a\n"`}, {"\"\"\"\n  a\n\n  b\"\"\"", `"a\n\nb"`},
		{"\"\"\"\n  ${a}\n  b\n  \"\"\"", `(text ${a} "\nb\n")`}, {"\"\"\"a \"b\" c\"\"\"", `"a \"b\" c"`}, {"\"\"\"\r\n  a\r\n  \"\"\"", `"a\n"`}, {"\"\"\"\n\ta\\n\n\t\tb\n\t\"\"\"", `"a\n\n\tb\n"`},
	} {
		file := parseClean(t, "let v = "+test.in)
		if got := dump(file.Decls[0].(*ast.Let).Value); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.in, got, test.want)
		}
	}
}

func TestStatements(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"only where a", "(Filter a)"}, {"except where a expect any", "(Filter Except a (Expect Any))"},
		{"where a expect 2 { set b = 1 }", "(Where a (Expect 2 2) (Block [(Assign b 1)]))"},
		{"where a expect 2 to 5 { }", "(Where a (Expect 2 5) (Block))"}, {"where a expect 1 or more { }", "(Where a (Expect 1 -1) (Block))"},
		{"lookup r in regions from geo where r.a == b expect 0 to 1", "(Lookup r regions geo (== r.a b) (Expect 1))"},
		{"let a = 1", "(Let a 1)"}, {"set a.b[0] = 1", "(Assign a.b[0] 1)"}, {"create a = {}", "(Assign Create a {})"},
		{"remove a, this.'b' expect any", "(Remove [a this.b] (Expect Any))"}, {"rename a to b.c", "(Rename a b.c)"}, {"add [1] to a", "(Add [1] a)"},
		{"each x in a.b where x.c == 1 expect 2 { remove x }", "(Each x a.b (== x.c 1) (Expect 2 2) (Block [(Remove [x])]))"},
		{"for a, prod-eu { mode merge }", "(For (Environments [a prod-eu]) (Block [(Mode merge)]))"}, {"for all except a, b { mode merge }", "(For (Environments Except [a b]) (Block [(Mode merge)]))"},
		{"for all { mode merge }", "(For (Environments [all]) (Block [(Mode merge)]))"}, {"document { a: 1 }", `(Document {"a":1})`},
		{"document { a: 1, create b: { create: 2, create 'c d': 3 } }", `(Document {"a":1 create "b":{"create":2 create "c d":3}})`},
		{`check a > 1 else "no"`, `(Check (> a 1) "no")`}, {"warn a", "(Check Warn a)"}, {"check unique a, b[].c", "(Check [a b[].c])"},
		{"check a[].b refers to c-d.e.f from g", "(Check a[].b (Reference c-d e.f g))"},
		{"preserve a, b", "(PathPolicy preserve [(PathPattern a) (PathPattern b)])"}, {"ignore a", "(PathPolicy ignore [(PathPattern a)])"},
		{"absent a.b", "(PathPolicy absent [(PathPattern a.b)])"}, {"redact *.token, a", "(PathPolicy redact [(PathPattern token) (PathPattern a)])"},
		{"omit *.'x y'", "(PathPolicy omit [(PathPattern x y)])"}, {"link a to b", "(Link a b)"},
		{"prune all at most 5", "(Prune (Bounds [(Bound 5)]))"}, {"prune where a at most 2%", "(Prune a (Bounds [(Bound 2 Percent)]))"}, {"prune all at most any", "(Prune (Bounds [(Bound Any)]))"},
		{"prune all at most per environment { a-b: any, 'c': 3, else: 2% }", "(Prune (Bounds PerEnv [(Bound a-b Any) (Bound c 3) (Bound Else 2 Percent)]))"}, {"backup keep 20", "(Backup 20)"}, {"drift keep", "(Drift keep)"},
		{"indexes from source", "(Indexes from source)"}, {"indexes exact", "(Indexes exact)"}, {"indexes none", "(Indexes none)"},
		{"index on a, b desc, c '2d' { unique: true }", `(Index [(IndexKey a) (IndexKey b desc) (IndexKey c 2d)] {"unique":true})`},
		{`drop index "a_1"`, "(DropIndex a_1)"}, {"options from source", "(Options)"}, {"options { a: 1 }", `(Options {"a":1})`},
		{"before { run { ping: 1 } }", `(Hook [(Run {"ping":1})])`}, {"after { run { a: 1 } on b run { c: 1 } }", `(Hook After [(Run {"a":1} b) (Run {"c":1})])`},
		{"set a = 1 set b = 2", "(Assign a 1) (Assign b 2)"}, {"set a =\n  mode\nset b = 2", "(Assign a mode) (Assign b 2)"},
		{"for test { set test = 1 }", "(For (Environments [test]) (Block [(Assign test 1)]))"}, {"only where test == given expect 1", "(Filter (== test given) (Expect 1 1))"},
		{"only where a\nexpect 1", "(Filter a (Expect 1 1))"},
		{"set a = accept accept b 'c' set accept = 1", "(Assign a accept) (Assign accept 1)"}, {"accept not-unique 'c' remove accept", "(Remove [accept])"},
		{"set mode = index set set = where", "(Assign mode index) (Assign set where)"},
	} {
		file := parseClean(t, "from s into d { sync c {\n"+test.in+"\n} }")
		sync := file.Decls[0].(*ast.FromDecl).Body[0].(*ast.Sync)
		if got := strings.TrimSpace(all(sync.Body.Stmts)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.in, got, test.want)
		}
	}
}

func TestDeclarations(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""}, {"weave shop-2nd", "(WeaveDecl shop-2nd)"}, {"weave 'a b' language 1", "(WeaveDecl a b 1)"},
		{"environments a, prod = (b, c-d)", "(EnvironmentsDecl [(EnvironmentEntry a) (EnvironmentEntry prod [b c-d])])"},
		{"environment a { cluster matches /x/i }", "(ClusterDecl a /x/i)"}, {"source a { }", "(SourceDecl a)"}, {"source a { database 'b' }", "(SourceDecl a b)"},
		{"source a { database b redact c.d, *.e\n omit f }", "(SourceDecl a b [(PathPolicy redact [(PathPattern c.d) (PathPattern e)]) (PathPolicy omit [(PathPattern f)])])"}, {"source a { not secret b }", "(SourceDecl a [(PathPolicy not secret [(PathPattern b)])])"},
		{"input a: string", "(InputDecl a string)"}, {"input a: int = 5", "(InputDecl a int 5)"}, {"let a = 1", "(Let a 1)"},
		{"from a into per environment { x: 'y' } { }", `(FromDecl (NameOrPerEnv a) (NameOrPerEnv (per x:"y")))`},
		{"from a into b { mode exact sync all }", "(FromDecl (NameOrPerEnv a) (NameOrPerEnv b) [(Mode exact) (Sync All)])"},
		{"from a into b { sync /^x/, c except /d/, e as f by g, h.i expect 3 { } }",
			"(FromDecl (NameOrPerEnv a) (NameOrPerEnv b) [(Sync [(CollPattern /^x/) (CollPattern c)] [(CollPattern /d/) (CollPattern e)] f [g h.i] (Expect 3 3) (Block))])"},
		{`test "a b" for c, d-e { }`, "(TestDecl a b (Environments [c d-e]) (Block))"},
		{"test 'a' { given b { c: 1 } given d from e { } }", `(TestDecl a (Block [(Given b {"c":1}) (Given d e {})]))`},
		{`test "a" { expect b with { c: 1 } without d, e.f expect b from s exactly { } }`,
			`(TestDecl a (Block [(Expected b {"c":1} [d e.f]) (Expected b s Exactly {})]))`},
		{`test "a" { expect no b expect no b from s with { c: 1 } expect 2 b }`, `(TestDecl a (Block [(Expected b Counted) (Expected b s Counted {"c":1}) (Expected b Counted 2)]))`},
		{`test "a" { expect error check-failed expect warning 'no-effect' expect error not-a-field }`,
			"(TestDecl a (Block [(Expected (ExpectedMessage check-failed)) (Expected (ExpectedMessage Warning no-effect)) (Expected (ExpectedMessage not-a-field))]))"},
		// `test`, `given` and `expect` are names everywhere else.
		{"environments prod, test let test = given", "(EnvironmentsDecl [(EnvironmentEntry prod) (EnvironmentEntry test)]) (Let test given)"},
		{"amend a { }", "(AmendDecl a (Block))"}, {"amend a-b from s for x, y { }", "(AmendDecl a-b s (Environments [x y]) (Block))"},
		{"\ufeff# comment\nweave a // more\n/* and\nmore */ let b = 1\r\n", "(WeaveDecl a) (Let b 1)"},
	} {
		if got := strings.TrimSpace(all(parseClean(t, test.in).Decls)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.in, got, test.want)
		}
	}
}

// Positions inside interpolations are those of the file, not of the text.
func TestSpans(t *testing.T) {
	text := "weave é\nfrom a into b { sync c {\n  set x = \"é ${y.z} ${ f(1) }\"\n  where  p == 1  { remove q }\n} }\n"
	file := parseClean(t, text)
	want := map[string]string{
		"y.z": "3:16", "f(1)": "3:24", "\"é ${y.z} ${ f(1) }\"": "3:11", "${y.z}": "3:14", ".z": "3:17",
		"p == 1": "4:10", "where  p == 1  { remove q }": "4:3", "{ remove q }": "4:18", "remove q": "4:20",
	}
	for _, d := range file.Decls {
		ast.Walk(d, func(n ast.Node) bool {
			at := n.Place()
			if place, ok := want[at.Text()]; ok {
				if got := strings.TrimPrefix(at.String(), "a.weave:"); got != place {
					t.Errorf("%T %q is at %s, want %s", n, at.Text(), got, place)
				}
				delete(want, at.Text())
			}
			return true
		})
	}
	for text := range want {
		t.Errorf("no node is %q", text)
	}
}

func TestGrammar(t *testing.T) {
	g := Grammar()
	for _, line := range []string{
		`PruneStmt = "prune" ("all" | ("where" Expr)) "at" "most" Bounds .`,
		`SetStmt = "set" Path "=" Expr .`,
		`GivenStmt = "given" Name ("from" Name)? Object .`,
		`Sum = Product (("+" | "-") Product)* .`,
	} {
		if !strings.Contains(g, line+"\n") {
			t.Errorf("the grammar lacks\n%s\nin\n%s", line, g)
		}
	}
}
