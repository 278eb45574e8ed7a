package eval

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// statements parses the body of a sync block.
func statements(t testing.TB, text string) []ast.Stmt {
	t.Helper()
	stmts, err := parseStatements(text)
	if err != nil {
		t.Fatal(err)
	}
	return stmts
}

func parseStatements(text string) ([]ast.Stmt, error) {
	file, diags := parser.Parse(source.NewFile("t.weave", "weave t\nenvironments prod\nfrom a into b {\n  sync c {\n"+text+"\n  }\n}\n"))
	if len(diags) > 0 {
		return nil, fmt.Errorf("%s: %s (%v)", text, diags[0].Message, diags[0].Label)
	}
	for _, d := range file.Decls {
		if from, ok := d.(*ast.FromDecl); ok {
			return from.Body[0].(*ast.Sync).Body.Stmts, nil
		}
	}
	return nil, fmt.Errorf("no statements")
}

func expression(t testing.TB, text string) ast.Expr {
	t.Helper()
	return statements(t, "set x = "+text)[0].(*ast.Assign).Value
}

// document reads Extended JSON.
func document(t testing.TB, text string) bson.Raw {
	t.Helper()
	var d bson.Raw
	if err := bson.UnmarshalExtJSON([]byte(text), true, &d); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// canonical writes a value as canonical Extended JSON; "missing" without one.
func canonical(t testing.TB, v value.Value) string {
	t.Helper()
	r, err := v.Raw()
	if err != nil {
		return "error " + string(err.Code)
	}
	if r.Type == 0 {
		return "missing"
	}
	var b doc.Builder
	s := documentText(t, b.Append("v", r).Raw())
	return strings.TrimSuffix(strings.TrimPrefix(s, `{"v":`), "}")
}

func documentText(t testing.TB, d bson.Raw) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(d, true, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// evaluate gives the canonical value of an expression over a document, or
// "error CODE" and the error.
func evaluate(t testing.TB, env *Env, text, d string) (string, *value.Error) {
	t.Helper()
	x, errs := env.Expression(expression(t, text))
	if errs != nil {
		return "error " + string(errs[0].Code), errs[0]
	}
	v, err := x.Eval(document(t, d))
	if err != nil {
		return "error " + string(err.Code), err
	}
	return canonical(t, v), nil
}

// numericTypes gives the same types for every path that is named.
func numericTypes(types map[string][]string) func(*ast.Path, []ast.Step) []string {
	return func(_ *ast.Path, steps []ast.Step) []string { return types[showSteps(steps)] }
}
