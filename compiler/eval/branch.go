package eval

// Values that are one of several: `if`, `??`, min and max. A constant without a
// type takes that of the other branches; which numeric types such a value had
// where it was written is counted.
//
// In: the value of a `set`, `create` or `add`. Out: for each document the numeric types
// of its parts that have branches.

import (
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Leaf is a part of a written value that is no object and no list.
type Leaf struct {
	Expr ast.Expr
	// Steps is where it is in the value; AllStep for what a list is made of.
	Steps []ast.Step
}

// BranchedLeaves are the parts of a value that may be one of several values.
// named reports whether a name stands for such a value.
func BranchedLeaves(x ast.Expr, named func(name string) bool) []Leaf {
	var out []Leaf
	var walk func(x ast.Expr, steps []ast.Step)
	walk = func(x ast.Expr, steps []ast.Step) {
		inner := func(s ast.Step) []ast.Step { return append(steps[:len(steps):len(steps)], s) }
		switch x := x.(type) {
		case *ast.Paren:
			walk(x.X, steps)
		case *ast.Object:
			for _, f := range x.Fields {
				if f.Key != nil {
					continue // nobody knows where it will be
				}
				walk(f.Value, inner(ast.Step{Kind: ast.FieldStep, Name: f.Name.Text}))
			}
		case *ast.List:
			for i, e := range x.Elems {
				walk(e, inner(ast.Step{Kind: ast.PositionStep, Position: i}))
			}
		case *ast.Comprehension:
			if x.Key == nil {
				walk(x.Elem, inner(ast.Step{Kind: ast.AllStep}))
			}
		default:
			if branches(x, named) {
				out = append(out, Leaf{x, steps})
			}
		}
	}
	walk(x, nil)
	return out
}

// branches reports whether the number that an expression gives may come from
// one of several places.
func branches(x ast.Expr, named func(name string) bool) bool {
	switch x := x.(type) {
	case *ast.If:
		return true
	case *ast.Path:
		return len(x.Steps) == 0 && named(x.Head)
	case *ast.Paren:
		return branches(x.X, named)
	case *ast.Unary:
		return x.Op == ast.Minus && branches(x.X, named)
	case *ast.Binary:
		switch x.Op {
		case ast.Default:
			return true
		case ast.Plus, ast.Minus, ast.Times, ast.Divide, ast.Modulo:
			return branches(x.X, named) || branches(x.Y, named)
		}
	case *ast.PerEnv:
		for _, e := range x.Entries {
			if branches(e.Value, named) {
				return true
			}
		}
	case *ast.Call:
		switch x.Func.Text {
		case "min", "max":
			return len(x.Args) > 1
		case "round", "floor", "ceil", "abs":
			return len(x.Args) > 0 && branches(x.Args[0], named)
		}
	}
	return false
}

// branch is a branch of x whose constant takes the type of the other ones.
func (c *compiler) branch(x ast.Expr, n *node) *node {
	if c.env.BranchType == nil {
		return n
	}
	kind := c.env.BranchType(x)
	if kind == "" {
		return n
	}
	typed := *n
	typed.eval = func(f *frame) (value.Value, *value.Error) {
		v, err := n.eval(f)
		return v.As(kind), err
	}
	if n.strict != nil {
		typed.strict = func(f *frame) (value.Value, *value.Error) {
			v, err := n.strict(f)
			return v.As(kind), err
		}
	}
	return &typed
}

// countBranches counts the numeric types of a written value's parts that have branches.
func (r *Run) countBranches(stat int, leaves []Leaf, v bson.RawValue) {
	for _, l := range leaves {
		valuesAt(v, l.Steps, func(v bson.RawValue) {
			if !value.Numeric(v.Type) {
				return
			}
			b, c := (stats.Branched{Span: l.Expr.Place(), Type: doc.TypeName(v)}), &r.counted[stat]
			if c.branches == nil {
				c.branches = map[stats.Branched]int{}
			}
			if c.branches[b] != r.document {
				c.branches[b] = r.document
				r.stats[stat].AddBranch(b, 1)
			}
		})
	}
}

// valuesAt calls f with the values at steps of a value.
func valuesAt(v bson.RawValue, steps []ast.Step, f func(bson.RawValue)) {
	switch {
	case len(steps) == 0:
		f(v)
	case steps[0].Kind == ast.AllStep:
		if v.Type == bson.TypeArray {
			for e := range raw.Elements(v.Value) {
				valuesAt(e.Value(v.Value), steps[1:], f)
			}
		}
	case v.Type == bson.TypeArray || v.Type == bson.TypeEmbeddedDocument:
		name := steps[0].Name
		if steps[0].Kind == ast.PositionStep {
			name = strconv.Itoa(steps[0].Position)
		}
		if sub, ok := doc.Get(v.Value, doc.Path{name}); ok {
			valuesAt(sub, steps[1:], f)
		}
	}
}
