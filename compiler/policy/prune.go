package policy

// `prune where`: the condition as plain data for the engines, and a query that
// finds at least every document for which it holds.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// pruner translates one condition; lang/check has seen to its form.
type pruner struct {
	env *eval.Env
	// numbers gives the numeric types of a field in the extracted data.
	numbers func(p *ast.Path) []string
	errs    diag.List
}

// bound is that of an environment, whose names (its groups' too) is knows.
func bound(of ast.Bounds, is func(name string) bool) ast.Bound {
	var chosen ast.Bound
	for _, b := range of.Entries {
		if named := of.PerEnv && !b.Else && is(b.Env.Text); named || chosen.Span.IsZero() && (b.Else || !of.PerEnv) {
			chosen = b
		}
	}
	return chosen
}

// WantedPrune is `prune` as data for the engines; it is there. numbers gives the
// numeric types of a field in the extracted data.
func (p *Policy) WantedPrune(env *eval.Env, numbers func(p *ast.Path) []string) (*desired.Prune, diag.List) {
	stmt := p.Prune
	wanted := &desired.Prune{Origin: stmt.Span.String(), Filter: emptyDocument}
	if b := bound(stmt.Bounds, env.Is); b.Any {
		wanted.AtMost, wanted.Percent = 100, true // all in scope
	} else {
		wanted.AtMost, wanted.Percent = b.AtMost, b.Percent
	}
	if stmt.Cond == nil {
		return wanted, nil
	}
	translate := &pruner{env: env, numbers: numbers}
	where := translate.cond(stmt.Cond)
	if len(translate.errs) > 0 {
		return nil, translate.errs
	}
	filter, err := bson.Marshal(narrow(where))
	if err != nil {
		return nil, diag.List{{Code: diag.InternalError, Span: stmt.Span, Message: "the condition cannot be made a query: " + diag.Safe(err.Error(), 200)}}
	}
	wanted.Where, wanted.Filter = where, filter
	return wanted, nil
}

var emptyDocument = bson.Raw{5, 0, 0, 0, 0}

// flipped are comparisons with their sides swapped.
var flipped = map[ast.Op]ast.Op{ast.Lt: ast.Gt, ast.Le: ast.Ge, ast.Gt: ast.Lt, ast.Ge: ast.Le, ast.Eq: ast.Eq, ast.Ne: ast.Ne}

// cond translates a condition.
func (p *pruner) cond(x ast.Expr) *desired.Cond {
	switch x := ast.Unparen(x).(type) {
	case *ast.Unary:
		return &desired.Cond{Op: desired.CondNot, Args: []*desired.Cond{p.cond(x.X)}}
	case *ast.Binary:
		switch x.Op {
		case ast.And, ast.Or:
			return &desired.Cond{Op: desired.CondOp(x.Op), Args: append(p.operands(x.Op, x.X), p.operands(x.Op, x.Y)...)}
		case ast.In, ast.NotIn:
			return p.membership(x)
		}
		field, other, op := ast.PathOf(x.X), x.Y, x.Op
		if field == nil || p.isLet(field) {
			field, other, op = ast.PathOf(x.Y), x.X, flipped[x.Op]
		}
		return &desired.Cond{Op: desired.CondOp(op), Path: check.Fields(field), Values: p.values(field, other)}
	case *ast.Between:
		field := ast.PathOf(x.X)
		return &desired.Cond{Op: desired.CondBetween, Path: check.Fields(field), Values: p.values(field, x.Low, x.High)}
	case *ast.Is:
		if x.Word.Text == "empty" {
			op := desired.CondIn
			if x.Not {
				op = desired.CondNotIn
			}
			return &desired.Cond{Op: op, Path: check.Fields(ast.PathOf(x.X)), Values: []bson.RawValue{doc.String(""), doc.Array(), {Type: bson.TypeEmbeddedDocument, Value: emptyDocument}}}
		}
		op := desired.CondIs
		if x.Not {
			op = desired.CondIsNot
		}
		return &desired.Cond{Op: op, Path: check.Fields(ast.PathOf(x.X)), Word: x.Word.Text}
	case *ast.Call:
		field := ast.PathOf(x.Args[0])
		values := p.values(field, x.Args[1])
		if values[0].Type != bson.TypeString {
			p.errs = append(p.errs, diag.Diagnostic{Code: diag.WrongType, Span: x.Args[1].Place(),
				Message: fmt.Sprintf("`%s` takes a text, not %s", x.Func.Text, words.Article([]string{doc.TypeName(values[0])}))})
		}
		return &desired.Cond{Op: desired.CondOp(x.Func.Text), Path: check.Fields(field), Values: values}
	}
	panic(fmt.Sprintf("compiler: %T in `prune where`, which lang/check refuses", x))
}

// operands flattens `a and b and c` into one list.
func (p *pruner) operands(op ast.Op, x ast.Expr) []*desired.Cond {
	if b, ok := ast.Unparen(x).(*ast.Binary); ok && b.Op == op {
		return append(p.operands(op, b.X), p.operands(op, b.Y)...)
	}
	return []*desired.Cond{p.cond(x)}
}

// membership translates `field in constants` and `constant in field`.
func (p *pruner) membership(x *ast.Binary) *desired.Cond {
	field := ast.PathOf(x.X)
	if field != nil && !p.isLet(field) {
		c := &desired.Cond{Op: desired.CondOp(x.Op), Path: check.Fields(field)}
		if list, ok := ast.Unparen(x.Y).(*ast.List); ok {
			c.Values = p.values(field, list.Elems...)
			return c
		}
		list := p.values(nil, x.Y)[0]
		if list.Type != bson.TypeArray {
			p.errs = append(p.errs, diag.Diagnostic{Code: diag.NotAnArray, Span: x.Y.Place(), Message: "`in` takes a list, not " + words.Article([]string{doc.TypeName(list)})})
			return c
		}
		for _, v := range doc.Fields(bson.Raw(list.Value)) {
			c.Values = append(c.Values, v)
		}
		return c
	}
	field = ast.PathOf(x.Y)
	c := &desired.Cond{Op: desired.CondContains, Path: check.Fields(field), Values: p.values(field, x.X)}
	if x.Op == ast.NotIn {
		return &desired.Cond{Op: desired.CondNot, Args: []*desired.Cond{c}}
	}
	return c
}

func (p *pruner) isLet(path *ast.Path) bool {
	_, ok := p.env.Lets[path.Head]
	return ok && path.Head != "this"
}

// values evaluates constants. An untyped number becomes decimal where the field is.
func (p *pruner) values(field *ast.Path, xs ...ast.Expr) []bson.RawValue {
	out := make([]bson.RawValue, len(xs))
	for i, x := range xs {
		if field != nil && isNumber(x) && slices.Equal(p.numbers(field), []string{"decimal"}) {
			x = &ast.Call{At: ast.At{Span: x.Place()}, Func: ast.Name{At: ast.At{Span: x.Place()}, Text: "decimal"}, Args: []ast.Expr{x}}
		}
		v, errs := p.env.Constant(x)
		for _, e := range errs {
			p.errs = append(p.errs, e.Diagnostic())
		}
		if len(errs) > 0 {
			continue
		}
		raw, err := v.Raw()
		if err != nil {
			p.errs = append(p.errs, err.Diagnostic())
		}
		out[i] = raw
	}
	return out
}

// isNumber: an untyped literal, with or without a sign.
func isNumber(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Number:
		return true
	case *ast.Unary:
		return x.Op == ast.Minus && isNumber(x.X)
	}
	return false
}

// narrow is a query that finds at least every document for which the condition
// holds; empty where a query cannot narrow safely. It rests on these facts of
// the server (manual: query operators): comparisons keep to one family of types
// but also match elements of arrays, which finds more, never less; NaN is matched
// by no $lt and $lte, so numbers are not narrowed by those.
func narrow(c *desired.Cond) bson.D {
	switch c.Op {
	case desired.CondAnd:
		var all bson.A
		for _, a := range c.Args {
			if q := narrow(a); len(q) > 0 {
				all = append(all, q)
			}
		}
		if len(all) > 0 {
			return bson.D{{Key: "$and", Value: all}}
		}
		return bson.D{}
	case desired.CondOr:
		var any bson.A
		for _, a := range c.Args {
			q := narrow(a)
			if len(q) == 0 {
				return bson.D{}
			}
			any = append(any, q)
		}
		return bson.D{{Key: "$or", Value: any}}
	}
	if !addressable(c.Path) {
		return bson.D{}
	}
	where := func(op string, v any) bson.D {
		return bson.D{{Key: strings.Join(c.Path, "."), Value: bson.D{{Key: op, Value: v}}}}
	}
	switch c.Op {
	case desired.CondEq, desired.CondContains:
		if simple(c.Values[0]) {
			return where("$eq", c.Values[0])
		}
	case desired.CondIn:
		for _, v := range c.Values {
			if !simple(v) {
				return bson.D{}
			}
		}
		return where("$in", c.Values)
	case desired.CondGt, desired.CondGe:
		if simple(c.Values[0]) && c.Values[0].Type != bson.TypeNull {
			return where("$gte", c.Values[0])
		}
	case desired.CondLt, desired.CondLe:
		if v := c.Values[0]; simple(v) && v.Type != bson.TypeNull && !v.IsNumber() {
			return where("$lte", v)
		}
	case desired.CondBetween:
		low, high := c.Values[0], c.Values[1]
		if simple(low) && simple(high) && low.Type != bson.TypeNull && high.Type != bson.TypeNull {
			return bson.D{{Key: strings.Join(c.Path, "."), Value: bson.D{{Key: "$gte", Value: low}, {Key: "$lte", Value: high}}}}
		}
	case desired.CondStartsWith:
		return where("$gte", c.Values[0])
	case desired.CondIs:
		switch c.Word {
		case "missing":
			if len(c.Path) == 1 { // deeper, an array on the way is missing here and not to the server
				return where("$exists", false)
			}
		case "present":
			return where("$exists", true)
		case "uuid", "binary":
			return where("$type", "binData")
		case "array":
			return bson.D{} // servers before 3.6 and some others look at the elements
		default:
			return where("$type", c.Word)
		}
	}
	return bson.D{}
}

// addressable reports whether a query can name the path.
func addressable(path doc.Path) bool {
	return !slices.ContainsFunc(path, func(n string) bool { return n == "" || n[0] == '$' || strings.ContainsAny(n, ".\x00") })
}

// simple reports whether every server finds at least what the language calls equal to the value.
func simple(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeString, bson.TypeBoolean, bson.TypeInt32, bson.TypeInt64, bson.TypeDateTime, bson.TypeObjectID, bson.TypeNull:
		return true
	case bson.TypeDouble:
		f := v.Double()
		return f == f && f-f == 0 // finite
	}
	return false
}
