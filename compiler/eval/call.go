package eval

// Calls of functions: arguments judged by the rows of lang/function, values by
// package builtin.

import (
	"slices"
	"strconv"

	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/function"
)

// called is the row of a function that is called.
type called struct{ *function.Function }

func (c *compiler) call(x *ast.Call) *node {
	fn := called{function.Find(x.Func.Text)}
	if fn.Function == nil {
		e := &value.Error{Code: diag.UnknownFunction, Span: x.Func.Span, Message: "there is no function " + diag.Quote(x.Func.Text, 40)}
		return c.fail(e.Suggest(x.Func.Text, function.Names()))
	}
	if least, most := fn.Arity(); len(x.Args) < least || most >= 0 && len(x.Args) > most {
		return c.fail(&value.Error{Code: diag.WrongArguments, Span: x.Span, Message: "`" + fn.Name + "` takes " + arity(least, most) + ", not " + strconv.Itoa(len(x.Args)),
			Notes: []string{"it is " + fn.String() + ": " + fn.Summary}})
	}
	call := builtin.NewCall(fn.Name, len(x.Args))
	if call == nil {
		return c.aggregate(x)
	}
	nodes := c.exprs(x.Args)
	if !fn.Structural {
		for i, n := range nodes {
			nodes[i] = c.plain(n)
		}
	}
	cost := 1
	call.Span, call.Environment, call.Link = x.Span, c.env.Name, c.env.Link
	for i, n := range nodes {
		p := fn.Param(i)
		call.Shown[i], call.Spans[i] = n.shown, n.span
		if n.constant {
			if err := fn.checkConstant(i, n); err != nil {
				return c.fail(err)
			}
		}
		if p.Constant && !n.constant {
			return c.fail(&value.Error{Code: diag.NotConstant, Span: n.span, Message: "`" + fn.Name + "` takes constants only"})
		}
		if re, ok := x.Args[i].(*ast.Regex); ok && slices.Contains(p.Types, "regex") {
			var err *value.Error
			if call.Regexes[i], err = value.CompileRegex(re.Pattern, re.Options); err != nil {
				return c.fail(err.At(re.Span))
			}
			cost = max(cost, limit.Matching(call.Regexes[i]))
		}
	}
	n := &node{span: x.Span, shown: "`" + fn.Name + "(…)`", eval: func(f *frame) (value.Value, *value.Error) {
		args := make([]value.Value, len(nodes))
		for i, n := range nodes {
			v, err := n.solid(f)
			if err != nil {
				return value.Value{}, err
			}
			if err := fn.takes(i, n, v); err != nil {
				return value.Value{}, err
			}
			args[i] = v
			f.work.Spend(1 + limit.Handled(v.Size())*cost)
		}
		v, err := call.Evaluate(args)
		if err != nil {
			return value.Value{}, err.At(x.Span)
		}
		return value.CheckSize(v, x.Span)
	}}
	return c.fold(n, nodes...)
}

// takes checks the type of an argument.
func (f called) takes(i int, n *node, v value.Value) *value.Error {
	p := f.Param(i)
	switch {
	case takes(p, v):
		return nil
	case v.IsSecret():
		return value.SecretUsed(n.shown, n.span)
	}
	return &value.Error{Code: diag.WrongType, Span: n.span, Message: n.shown + " is " + value.WithArticle(v.TypeName()) + "; `" + f.Name + "` takes " + value.WithArticle(value.OrList(p.Types)),
		Evidence: v.Evidence(), Notes: []string{"it is " + f.String() + ": " + f.Summary}}
}

// checkConstant checks an argument that is known before any document is seen.
func (f called) checkConstant(i int, n *node) *value.Error {
	v, err := n.solid(nil)
	if err == nil {
		err = f.takes(i, n, v)
	}
	if err == nil {
		err = builtin.CheckConstant(f.Name, f.Param(i).Name, value.Text(v.BSON)).At(n.span)
	}
	return err
}

// takes reports whether a value may be given for a parameter.
func takes(p function.Param, v value.Value) bool {
	if v.IsConstant() && slices.Contains(p.Types, "integer") {
		return v.FitsInteger()
	}
	return p.Takes(v.TypeName())
}

func arity(least, most int) string {
	plural := func(n int) string {
		if n == 1 {
			return "1 argument"
		}
		return strconv.Itoa(n) + " arguments"
	}
	switch {
	case most < 0:
		return "at least " + plural(least)
	case least == most:
		return plural(least)
	}
	return strconv.Itoa(least) + " to " + plural(most)
}

// UsesZones reports whether a function that can take a zone is called anywhere in a tree.
func UsesZones(n ast.Node) bool {
	return ast.Any(n, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok {
			return false
		}
		f := function.Find(call.Func.Text)
		return f != nil && slices.ContainsFunc(f.Params, func(p function.Param) bool { return p.Name == "zone" })
	})
}
