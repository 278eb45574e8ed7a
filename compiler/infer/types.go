package infer

// What an expression can give, as far as the shape tells: its types.

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/function"
)

// types are the types that an expression can have; nil when nothing is known.
func (in scope) types(x ast.Expr) []string {
	switch x := x.(type) {
	case *ast.Paren:
		return in.types(x.X)
	case *ast.Path:
		if slices.ContainsFunc(x.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
			return []string{"array"}
		}
		if v := in.resolve(x); v != nil {
			return v.types
		}
	case *ast.Select:
		if v := in.selected(x); v != nil && !slices.ContainsFunc(x.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
			return v.types
		}
	case *ast.Number:
		return []string{"number"}
	case *ast.Text:
		return []string{"string"}
	case *ast.Regex:
		return []string{"regex"}
	case *ast.Bool, *ast.Is, *ast.Matches, *ast.Between, *ast.Quantified:
		return []string{"bool"}
	case *ast.Null:
		return []string{"null"}
	case *ast.List:
		return []string{"array"}
	case *ast.Comprehension:
		if x.Key != nil {
			return []string{"object"}
		}
		return []string{"array"}
	case *ast.Object:
		return []string{"object"}
	case *ast.Call:
		if f := function.Find(x.Func.Text); f != nil {
			args := make([][]string, len(x.Args))
			for i, a := range x.Args {
				args[i] = in.types(a)
			}
			if f.Name == "match" {
				if v := matched(x); v != nil {
					return v.types
				}
			}
			return f.Types(args)
		}
	case *ast.PerEnv:
		return in.types(in.facts.choose(x))
	case *ast.Unary:
		if x.Op == ast.Not {
			return []string{"bool"}
		}
		return in.types(x.X)
	case *ast.If:
		return function.Union(in.types(x.Then), in.types(x.Else))
	case *ast.Binary:
		switch x.Op {
		case ast.And, ast.Or, ast.Eq, ast.Ne, ast.Lt, ast.Le, ast.Gt, ast.Ge, ast.In, ast.NotIn:
			return []string{"bool"}
		case ast.Default:
			return defaultTypes(in.types(x.X), in.types(x.Y))
		}
		left, right := in.types(x.X), in.types(x.Y)
		if slices.Equal(left, []string{"number"}) {
			return right
		}
		if slices.Equal(right, []string{"number"}) {
			return left
		}
	}
	return nil
}

// defaultTypes is what `a ?? b` can be: a is never null there.
func defaultTypes(a, b []string) []string {
	if a == nil {
		return nil
	}
	return function.Union(slices.DeleteFunc(slices.Clone(a), func(t string) bool { return t == "null" }), b)
}

func isNull(x ast.Expr) bool {
	_, ok := ast.Unparen(x).(*ast.Null)
	return ok
}

// family is what `==` and `<` tell apart: all numbers are one.
func family(t string) string {
	switch t {
	case "int", "long", "double", "decimal":
		return "number"
	}
	return t
}

// meet reports whether a value of one of the types can equal one of the others.
func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return family(x) == family(y) })
	})
}

// onlyArrays reports whether there is an array and nothing else but null.
func onlyArrays(types []string) bool {
	return slices.Contains(types, "array") && !slices.ContainsFunc(types, func(t string) bool { return t != "array" && t != "null" })
}
