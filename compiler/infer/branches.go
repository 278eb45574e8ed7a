package infer

// Numbers that come from one of several branches, of `if`, `??`, min or max.
//
// In: expressions over the shape of the data; the types that were written. Out: the type
// that a constant takes, which is that of the other branches; an error where
// what is written has another numeric type in other documents.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/source"
)

// branches notes which type the constants among the branches of x take.
func (c *checker) branches(x ast.Expr, in scope) {
	numeric, constant := []string(nil), false
	for _, types := range in.typesOfBranches(x) {
		if types == nil {
			return // it could be any
		}
		for _, t := range types {
			constant = constant || t == "number"
			if function.Numeric(t) && !slices.Contains(numeric, t) {
				numeric = append(numeric, t)
			}
		}
	}
	if constant && len(numeric) == 1 {
		c.branchTypes[x] = numeric[0]
	}
}

// typesOfBranches are the types of each branch of an expression; of one
// without branches, its own.
func (in scope) typesOfBranches(x ast.Expr) [][]string {
	both := func(a, b ast.Expr) [][]string {
		return append(in.typesOfBranches(a), in.typesOfBranches(b)...)
	}
	switch x := x.(type) {
	case *ast.Paren:
		return in.typesOfBranches(x.X)
	case *ast.If:
		return both(x.Then, x.Else)
	case *ast.Binary:
		if x.Op == ast.Default {
			return both(x.X, x.Y)
		}
	case *ast.Call:
		if name := x.Func.Text; len(x.Args) > 1 && (name == "min" || name == "max") {
			var out [][]string
			for _, arg := range x.Args {
				out = append(out, in.typesOfBranches(arg)...)
			}
			return out
		}
	}
	return [][]string{in.types(x)}
}

// branched notes of the parts of a written value what each branch can be.
func (w *walker) branched(x ast.Expr, n *names) {
	for _, l := range eval.BranchedLeaves(x, func(string) bool { return false }) {
		w.mixed[l.Expr.Place()] = w.at(n).typesOfBranches(l.Expr)
	}
}

// UnlikeBranches reports parts of written values that have a numeric type in some
// documents and another one in others because of their branches.
func (r *Result) UnlikeBranches(stats []stats.Stat) diag.List {
	var out diag.List
	for _, stat := range stats {
		found := map[source.Span]map[string]int{}
		for b, n := range stat.Branches {
			if found[b.Span] == nil {
				found[b.Span] = map[string]int{}
			}
			found[b.Span][b.Type] = n
		}
		for at, types := range found {
			if len(types) < 2 || r.ownMixture(at, types) {
				continue
			}
			out = append(out, unlike(at, types))
		}
	}
	slices.SortFunc(out, func(a, b diag.Diagnostic) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return out
}

// ownMixture reports whether one branch alone has all the types: the field
// that is read has them in the data, and the branches add none.
func (r *Result) ownMixture(at source.Span, types map[string]int) bool {
	return slices.ContainsFunc(r.mixed[at], func(branch []string) bool {
		for t := range types {
			if !slices.Contains(branch, t) {
				return false
			}
		}
		return true
	})
}

// unlike is the message; the edit converts to the type that holds most.
func unlike(at source.Span, types map[string]int) diag.Diagnostic {
	var shown []string
	widest := ""
	for _, t := range []string{"int", "long", "double", "decimal"} {
		if n := types[t]; n > 0 {
			shown = append(shown, fmt.Sprintf("%s in %d", words.Article([]string{t}), n))
			widest = t
		}
	}
	last := len(shown) - 1
	text := words.OneLine(at.Text())
	return diag.Diagnostic{Code: diag.UnlikeBranches, Span: at,
		Message: fmt.Sprintf("this writes numbers of several types: %s of the documents and %s", strings.Join(shown[:last], ", "), shown[last]),
		Notes:   []string{fmt.Sprintf("say which one is meant: `%s(%s)`", widest, diag.Safe(text, 100))}}
}
