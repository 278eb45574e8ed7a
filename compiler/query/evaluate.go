package query

// What an expression or a collection gives in an environment. In: a place; out: the
// values with how many documents give them, or finished documents.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Result is what a place gives in an environment.
type Result struct {
	Environment string
	// Of is the expression, or the head of the `sync`.
	Of source.Span
	// Text is for people: values with counts, or documents, a line each.
	Text string
}

// shownResults is how many values or documents a Result has.
const shownResults = 50

// Environments are those of the weave of a file, in the order they are declared.
func Environments(s *Snapshot, name string) []string {
	p, _ := s.parsed(name)
	names, _ := environments(p)
	return names
}

// Evaluate is what the expression at an offset gives over the documents as they were
// extracted, or what the `sync` there makes of them. The error says why there is nothing.
func Evaluate(ctx context.Context, s *Snapshot, name string, offset int, environment string) (*Result, error) {
	a, err := s.Analyse(ctx)
	if err != nil {
		return nil, err
	}
	p, _ := s.parsed(name)
	if p == nil {
		return nil, fmt.Errorf("%q is no file of the workspace", name)
	}
	i := slices.IndexFunc(a.jobs, func(j *job.Finished) bool {
		return j.Environment == environment && j.Weave.Dir == p.Dir
	})
	if i < 0 {
		return nil, fmt.Errorf("the weave has errors, or has no environment %q", environment)
	}
	j := a.jobs[i]
	expr, in := expressionAt(s, name, offset)
	if in == nil {
		return constant(j, expr)
	}
	for _, u := range j.Units {
		o := j.Done.Of(u)
		if o == nil || !u.Target.Span.Within(in.Span) {
			continue
		}
		if expr != nil {
			return evaluated(u, expr, environment)
		}
		return documents(o, environment), nil
	}
	return nil, errors.New("nothing was run here")
}

// expressionAt is the widest expression whose text holds an offset, nil when there is
// none, and the `sync` that holds it.
func expressionAt(s *Snapshot, name string, offset int) (ast.Expr, *ast.Sync) {
	var expr ast.Expr
	var in *ast.Sync
	for _, n := range s.path(name, offset) {
		switch n := n.(type) {
		case *ast.Sync:
			in = n
		case ast.Stmt, *ast.Block:
			expr = nil
		case ast.Expr:
			if expr == nil {
				expr = n
			}
		}
	}
	return expr, in
}

// constant is the value of an expression of the top of a file.
func constant(j *job.Finished, x ast.Expr) (*Result, error) {
	if x == nil {
		return nil, errors.New("there is no expression and no `sync` here")
	}
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s", errs[0].Message)
	}
	v, errs := j.Env(lets).Constant(x)
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s", errs[0].Message)
	}
	raw, err := v.Raw()
	if err != nil {
		return nil, errors.New("it is a secret: nobody knows its value here")
	}
	return &Result{Environment: j.Environment, Of: x.Place(), Text: doc.Show(raw, 2000) + "\n"}, nil
}

// evaluated is what an expression gives over the extracted documents of a collection.
func evaluated(u *rules.Unit, x ast.Expr, environment string) (*Result, error) {
	program, errs := u.Env.Expression(x)
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s", errs[0].Message)
	}
	counts := map[string]int{}
	for _, d := range u.Data.Documents {
		text := "missing"
		v, err := program.Eval(d)
		switch {
		case err != nil:
			text = "error: " + err.Message
		case v.Missing():
		default:
			raw, err := v.Raw()
			if err != nil {
				text = "a secret"
				break
			}
			text = doc.Show(raw, 200)
		}
		counts[text]++
	}
	list := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%d value%s over the %d extracted documents of %s\n", len(list), words.Plural(len(list)), len(u.Data.Documents), u.Data.Name)
	for i, text := range list {
		if i == shownResults {
			fmt.Fprintf(&b, "… and %d more\n", len(list)-i)
			break
		}
		fmt.Fprintf(&b, "%6d × %s\n", counts[text], text)
	}
	return &Result{Environment: environment, Of: x.Place(), Text: b.String()}, nil
}

// documents are those that a collection comes to.
func documents(o *rules.Outcome, environment string) *Result {
	var b strings.Builder
	database, collection := o.Destination()
	fmt.Fprintf(&b, "%d document%s of %s.%s\n", len(o.Documents), words.Plural(len(o.Documents)), database, collection)
	for i, d := range o.Documents {
		if i == shownResults {
			fmt.Fprintf(&b, "… and %d more\n", len(o.Documents)-i)
			break
		}
		b.WriteString(doc.Show(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, 2000) + "\n")
	}
	return &Result{Environment: environment, Of: o.Target.Span, Text: b.String()}
}
