package pushdown_test

// Expressions in the compiler's evaluator and in an aggregation on the test server.

import (
	"context"
	"errors"
	"fmt"
	goast "go/ast"
	goparser "go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// statements parses the body of a sync block.
func statements(text string) ([]ast.Stmt, error) {
	file, diags := parser.Parse(source.NewFile("t.weave", "weave t\nenvironments prod\nfrom a into b {\n  sync c {\n"+text+"\n  }\n}\n"))
	if len(diags) > 0 {
		return nil, errors.New(text + ": " + diags[0].Message)
	}
	for _, d := range file.Decls {
		if from, ok := d.(*ast.FromDecl); ok {
			return from.Body[0].(*ast.Sync).Body.Stmts, nil
		}
	}
	return nil, errors.New("no statements")
}

func expression(text string) (ast.Expr, error) {
	stmts, err := statements("set x = " + text)
	if err != nil {
		return nil, err
	}
	return stmts[0].(*ast.Assign).Value, nil
}

func document(t testing.TB, text string) bson.Raw {
	t.Helper()
	var d bson.Raw
	if err := bson.UnmarshalExtJSON([]byte(text), true, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// evalTests are the string literals of a kind in the tests of compiler/eval: the
// expressions of its tables (the second of three texts), and the constant `sample`.
func evalTests(t testing.TB) (expressions []string, sample string) {
	t.Helper()
	files, err := filepath.Glob("../eval/*_test.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("the tests of compiler/eval: %d files, %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		f, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		text := func(x goast.Expr) (string, bool) {
			l, ok := x.(*goast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return "", false
			}
			s, err := strconv.Unquote(l.Value)
			return s, err == nil
		}
		goast.Inspect(f, func(n goast.Node) bool {
			switch n := n.(type) {
			case *goast.ValueSpec:
				if n.Names[0].Name == "sample" && len(n.Values) == 1 {
					sample, _ = text(n.Values[0])
				}
			case *goast.CompositeLit:
				if len(n.Elts) == 3 || len(n.Elts) == 2 {
					if s, ok := text(n.Elts[len(n.Elts)-2]); ok && !seen[s] {
						if _, err := expression(s); err == nil {
							seen[s] = true
							expressions = append(expressions, s)
						}
					}
				}
			}
			return true
		})
	}
	return expressions, sample
}

// pushedText is an expression, compiled.
type pushedText struct {
	text string
	eval *eval.Expression
	made pushdown.Expression
}

// outcome is what an expression gives: a value in bytes, "missing", or the code of a fault.
type outcome struct {
	fault string
	value string
}

func (o outcome) String() string {
	if o.fault != "" {
		return "fault " + o.fault
	}
	return o.value
}

func shown(v bson.RawValue) string {
	if v.Type == 0 {
		return "missing"
	}
	var b doc.Builder
	text, err := bson.MarshalExtJSON(b.Append("v", v).Raw(), true, false)
	if err != nil {
		return fmt.Sprintf("%d:%x", v.Type, v.Value)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), `{"v":`), "}")
}

func (p pushedText) evaluated(d bson.Raw) outcome {
	v, err := p.eval.Eval(d)
	if err != nil {
		return outcome{fault: string(err.Code)}
	}
	r, err := v.Raw()
	if err != nil {
		return outcome{fault: string(err.Code)}
	}
	return outcome{value: shown(r)}
}

// server runs expressions in aggregations over one document.
type server struct {
	t          testing.TB
	collection *mongo.Collection
	commands   int
}

func newServer(t testing.TB, d bson.Raw) *server {
	client, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := &server{t: t, collection: client.Database("pushdown").Collection("c")}
	if err := s.collection.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.collection.InsertOne(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return s
}

// run gives an outcome for each expression; err where the server takes none of it.
func (s *server) run(list []pushedText) ([]outcome, []error) {
	outcomes, errs := make([]outcome, len(list)), make([]error, len(list))
	var raws []bson.Raw
	stage := bson.D{{Key: "_id", Value: 0}}
	for i, p := range list {
		name := "e" + strconv.Itoa(i)
		fault := p.made.Fault
		if fault == nil {
			fault = bson.D{{Key: "$literal", Value: nil}}
		}
		// The fault is evaluated twice; what people run has it in a stage of its own.
		stage = append(stage, bson.E{Key: name + "f", Value: bson.D{{Key: "$ifNull", Value: bson.A{fault, ""}}}},
			bson.E{Key: name + "v", Value: bson.D{{Key: "$cond", Value: bson.A{bson.D{{Key: "$eq", Value: bson.A{fault, nil}}}, p.made.Value, "$$REMOVE"}}}})
	}
	s.commands++
	cursor, err := s.collection.Aggregate(s.t.Context(), bson.A{bson.D{{Key: "$project", Value: stage}}})
	if err == nil {
		err = cursor.All(s.t.Context(), &raws)
	}
	if err != nil && len(list) > 1 {
		half := len(list) / 2
		a, e := s.run(list[:half])
		b, f := s.run(list[half:])
		return append(a, b...), append(e, f...)
	}
	if err != nil {
		errs[0] = err
		return outcomes, errs
	}
	for i := range list {
		name := "e" + strconv.Itoa(i)
		outcomes[i].fault, _ = raws[0].Lookup(name + "f").StringValueOK()
		if outcomes[i].fault == "" {
			outcomes[i].value = shown(raws[0].Lookup(name + "v"))
		}
	}
	return outcomes, errs
}

// compile compiles an expression for both; refused is why the pipeline cannot say it.
func compile(env *eval.Env, text string) (p pushedText, refused string, err error) {
	x, err := expression(text)
	if err != nil {
		return p, "", err
	}
	p.text = text
	made, refusals, errs := pushdown.Compile(env, x, "$$ROOT")
	if len(errs) > 0 {
		return p, "", errors.New(string(errs[0].Code))
	}
	if len(refusals) > 0 {
		return p, refusals[0].Construct, nil
	}
	evaluated, errs := env.Expression(x)
	if len(errs) > 0 {
		return p, "", errors.New(string(errs[0].Code))
	}
	p.eval, p.made = evaluated, made
	return p, "", nil
}
