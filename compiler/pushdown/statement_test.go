package pushdown_test

import (
	"fmt"
	goast "go/ast"
	goparser "go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/lang/ast"
)

// evalStatements are the texts in the tests of compiler/eval that are statements.
func evalStatements(t testing.TB) (out []string) {
	t.Helper()
	files, err := filepath.Glob("../eval/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		f, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		goast.Inspect(f, func(n goast.Node) bool {
			l, ok := n.(*goast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			s, err := strconv.Unquote(l.Value)
			if err != nil || seen[s] {
				return true
			}
			seen[s] = true
			if stmts, err := statements(s); err == nil && len(stmts) > 0 {
				out = append(out, s)
			}
			return true
		})
	}
	return out
}

// rules runs statements in the evaluator and on the server.
func (s *server) rules(env *eval.Env, text string, d bson.Raw) (want, got outcome, refused string, err error) {
	stmts, err := statements(text)
	if err != nil {
		return want, got, "", err
	}
	program, errs := env.Program(stmts)
	if len(errs) > 0 {
		return want, got, "", errs[0].At(errs[0].Span)
	}
	made, refusals, errs := pushdown.CompileRules(env, otherOf, nil, stmts)
	if len(errs) > 0 {
		return want, got, "", errs[0].At(errs[0].Span)
	}
	if len(refusals) > 0 {
		return want, got, refusals[0].Construct, nil
	}
	run := program.NewRun()
	result, fault := run.Apply(d)
	unsaid := false
	if fault == nil {
		var failures []eval.CheckFailure
		failures, fault = run.Check(result)
		unsaid = fault != nil
		for _, f := range failures {
			if fault == nil && !f.Check.Warn {
				want.fault = "check-failed"
			}
		}
	}
	if fault != nil {
		want.fault = string(fault.Code)
	}
	if want.fault == "" {
		want.value = shown(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: result})
	}
	cursor, err := s.collection.Aggregate(s.t.Context(), made.Stages)
	var found []bson.Raw
	if err == nil {
		err = cursor.All(s.t.Context(), &found)
	}
	if err != nil {
		return want, got, "", fmt.Errorf("server: %w", err)
	}
	got.fault, _ = found[0].Lookup("f", "code").StringValueOK()
	if got.fault == "" {
		got.value = shown(found[0].Lookup("d"))
	}
	if unsaid && got.fault == "check-failed" {
		want.fault = got.fault // the message of the check has no value, and is not looked at there
	}
	return want, got, "", nil
}

func (s *server) judge(t *testing.T, env *eval.Env, text string, d bson.Raw, counts, refusedBy map[string]int) {
	t.Helper()
	want, got, refused, err := s.rules(env, text, d)
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "server: "):
		counts["not taken by the engine"]++
		t.Errorf("%s: %v", text, err)
	case err != nil:
		counts["wrong for every document"]++
	case refused != "":
		counts["refused"]++
		refusedBy[refused]++
	case strings.HasPrefix(got.fault, pushdown.Limit):
		counts["beyond a limit"]++
	case want.fault != "" && got.fault != "":
		counts["at fault in both"]++
		if want.fault != got.fault {
			t.Errorf("%s: %v, not %v", text, got, want)
		}
	case want != got:
		counts["wrong"]++
		t.Errorf("%s:\n%v, not\n%v", text, got, want)
	default:
		counts["same bytes"]++
	}
}

func otherOf(s *ast.Lookup) pushdown.Other { return pushdown.Other{Collection: s.Collection.Text} }

// testEnv has the given documents for every lookup.
func testEnv(others ...bson.Raw) *eval.Env {
	types := map[string][]string{"i": {"int"}, "l": {"long"}, "dec": {"decimal"}, "nums": {"int"}, "fresh": {"decimal"}, "o": {"int"}}
	documents := func(s *ast.Lookup) ([]bson.Raw, string) { return others, s.Collection.Text }
	return &eval.Env{Name: "prod", Documents: documents, NumericTypes: func(_ *ast.Path, steps []ast.Step) []string {
		if len(steps) == 0 {
			return nil
		}
		return types[steps[0].Name]
	}}
}

// Every program of the tests of compiler/eval leaves the same document, byte for byte.
func TestStatementsOfTheCorpus(t *testing.T) {
	_, sample := evalTests(t)
	d := document(t, strings.Replace(sample, `, "sym": {"$symbol": "s"}`, "", 1))
	s := newServer(t, d)
	counts, refusedBy := map[string]int{}, map[string]int{}
	texts := evalStatements(t)
	env := testEnv(s.lookedUp(t, regions)...)
	for _, text := range texts {
		s.judge(t, env, text, d, counts, refusedBy)
	}
	t.Logf("%d programs: %v; refused %v", len(texts), counts, refusedBy)
	if len(texts) < 100 || counts["same bytes"] < 20 {
		t.Errorf("of %d programs only %d gave a document on both", len(texts), counts["same bytes"])
	}
}

func (w *writer) statements(n int) string {
	var b strings.Builder
	for range n {
		to := w.pick("i", "s", "o.a", "o.new.x", "fresh", "o", "this.'a.b'", "o.'a.b'", "n.x", "o.b.c", "dec", "l", "items.x", "_nope")
		switch w.IntN(9) {
		case 0, 1:
			fmt.Fprintf(&b, "set %s = %s\n", to, w.anything(2))
		case 2:
			fmt.Fprintf(&b, "create %s = %s\n", w.pick("fresh", "fresh2", "o.new.y", to), w.anything(2))
		case 3:
			fmt.Fprintf(&b, "remove %s, %s\n", to, w.pick("d", "o.b.c", "o.'$x'", "nope.x"))
		case 4:
			fmt.Fprintf(&b, "rename %s to %s\n", w.pick("i", "o.a", "o.b", "items", "nope"), w.pick("j", "o.c", "o.b.z", "x.y", "o.0"))
		case 5, 6:
			fmt.Fprintf(&b, "where %s { %s }%s\n", w.condition(2), w.statements(1+w.IntN(2)), w.pick("", " else { "+w.statements(1)+" }", " else where "+w.condition(1)+" expect any { "+w.statements(1)+" }"))
		case 7:
			fmt.Fprintf(&b, "add %s to %s\n", w.anything(1), w.pick("tags", "nums", "none", "o.list", to))
		case 8:
			fmt.Fprintf(&b, "let z%d = %s\ncreate fresh%d = z%d\ncheck %s\n", len(b.String()), w.anything(1), len(b.String()), len(b.String()), w.condition(1))
		}
	}
	return b.String()
}

func TestRandomStatements(t *testing.T) {
	n, seed := soak(t, 120), uint64(140402)
	_, sample := evalTests(t)
	d := document(t, strings.Replace(sample, `, "sym": {"$symbol": "s"}`, "", 1))
	s := newServer(t, d)
	counts, refusedBy := map[string]int{}, map[string]int{}
	for i := range n {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		s.judge(t, testEnv(), w.statements(1+w.IntN(3)), d, counts, refusedBy)
	}
	t.Logf("seed %d, %d programs: %v; refused %v", seed, n, counts, refusedBy)
	if counts["same bytes"] < n/8 {
		t.Errorf("of %d programs only %d gave a document on both", n, counts["same bytes"])
	}
}
