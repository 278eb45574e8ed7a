// Package pushdown turns expressions and rules into aggregation expressions that a
// MongoDB cluster evaluates, to the same bytes as compiler/eval, or says that it cannot.
//
// In: syntax trees and an eval.Env, as compiler/eval gets them. Out: for an expression
// two aggregation expressions, its value and its fault; for the statements of a
// collection a list of stages; Refusals for what no aggregation expression says exactly.
//
// A fault is null or the code of the error that compiler/eval has for the document.
// Values are evaluated only where their fault is null, so that a stage never fails as a
// whole for one document. What is exact only for some values (a text of ASCII, decimals
// of few digits) has a fault of its own where it is not, which begins with Limit: such
// documents are reported, never changed inexactly.
//
// Evaluation goes by the manual: `$cond` and `$switch` evaluate only the branch that is
// taken; BSON types are compared as "Comparison/Sort Order" says; results of arithmetic
// take the wider type of their operands, which is how an overflow shows.
//
// Files: build.go writes expressions, node.go what they are of, expr.go, operators.go and
// text.go go through the syntax tree, call.go has the functions, table.go what is said of
// each; statement.go, each.go and lookup.go have the rules of a collection, collection.go,
// conflicts.go and prune.go what goes from there into the destination.
package pushdown

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/source"
)

// Limit is how the faults begin that are no errors of the rules: the value is one for
// which the pipeline is not exact.
const Limit = "pipeline:"

// The limits that depend on a document.
const (
	limitASCII   = Limit + "text-beyond-ascii"
	limitDecimal = Limit + "decimal-beyond-17-characters"
	limitMixed   = Limit + "double-compared-with-decimal"
	limitText    = Limit + "text-of-a-number-or-date"
	limitZero    = Limit + "zero-with-a-sign"
	limitNaN     = Limit + "not-a-number"
	limitNumber  = Limit + "number-beyond-2^53"
	limitConvert = Limit + "conversion"
)

// Refusal is a construct that no aggregation expression says exactly.
type Refusal struct {
	At source.Span
	// Construct is what messages call it: "`round`", "a regular expression".
	Construct string
	// Why is the reason as a clause: "MongoDB rounds decimals to other digits".
	Why string
}

// Expression is a compiled expression over the document at hand.
type Expression struct {
	// Value is evaluated where Fault is null; it is missing where the expression is.
	Value any
	// Fault is null or a code; nil where there is never one.
	Fault any
}

// Compile compiles an expression over the document that root stands for: "$$ROOT" or "$d".
// The errors are those of compiler/eval, wrong for every document.
func Compile(env *eval.Env, x ast.Expr, root string) (Expression, []Refusal, []*value.Error) {
	if _, errs := env.Expression(x); len(errs) > 0 {
		return Expression{}, nil, errs
	}
	c := &compiler{env: env, root: root}
	n := c.expr(x, nil)
	if len(c.errs) > 0 || len(c.refusals) > 0 {
		return Expression{}, c.refusals, c.errs
	}
	n = c.settled(n)
	return Expression{Value: n.value, Fault: n.fault}, c.refusals, c.errs
}

// compiler goes through one expression, or the statements of a block.
type compiler struct {
	env      *eval.Env
	root     string
	names    []name
	vars     int
	refusals []Refusal
	errs     []*value.Error
}

// name is a name that stands for a value.
type name struct {
	text string
	node *node
}

func (c *compiler) refuse(at source.Span, construct, why string) *node {
	r := Refusal{At: at, Construct: construct, Why: why}
	if !slices.Contains(c.refusals, r) {
		c.refusals = append(c.refusals, r)
	}
	return &node{at: at, value: nil, kinds: []string{"null"}}
}

func (c *compiler) fail(err *value.Error) *node {
	c.errs = append(c.errs, err)
	return &node{value: nil, kinds: []string{"null"}}
}

// bound finds what a name stands for; nil for fields and constants of the weave.
func (c *compiler) bound(text string) *node {
	for i := len(c.names) - 1; i >= 0; i-- {
		if c.names[i].text == text {
			return c.names[i].node
		}
	}
	return nil
}

// with compiles something that sees a name more.
func (c *compiler) with(text string, n *node, inner func()) {
	c.names = append(c.names, name{text, n})
	inner()
	c.names = c.names[:len(c.names)-1]
}

// constant is the value of an expression that reads no document; false for others.
func (c *compiler) constant(x ast.Expr) (value.Value, bool) {
	reads := ast.Any(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Path:
			if b := c.bound(n.Head); b != nil {
				return b.constant == nil
			}
			_, let := c.env.Lets[n.Head]
			return !let
		case *ast.Comprehension, *ast.Quantified:
			return true // they have names of their own
		}
		return false
	})
	if reads {
		return value.Value{}, false
	}
	env := *c.env
	env.Lets = map[string]value.Value{}
	for k, v := range c.env.Lets {
		env.Lets[k] = v
	}
	for _, n := range c.names {
		if n.node.constant != nil {
			env.Lets[n.text] = *n.node.constant
		}
	}
	v, errs := env.Constant(x)
	if len(errs) > 0 {
		c.fail(errs[0])
		return value.Value{}, false
	}
	return v, true
}

// plainName reports whether a field can stand in a path of an expression.
func plainName(s string) bool {
	return s != "" && !strings.HasPrefix(s, "$") && !strings.ContainsAny(s, ".\x00")
}
