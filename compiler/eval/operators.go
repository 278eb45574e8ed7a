package eval

// The operators: logic, comparison (docs/language-values.md, Comparison), arithmetic, `is`.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

func (c *compiler) unary(x *ast.Unary) *node {
	in := c.expr(x.X)
	if x.Op == ast.Not {
		return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
			ok, err := in.test(f)
			return value.Bool(!ok), err
		}}, in)
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		n, err := in.number(f)
		if err != nil {
			return value.Value{}, err
		}
		r, err := value.Negate(n)
		return r, err.At(x.Span)
	}}, in)
}

// number evaluates to a number.
func (n *node) number(f *frame) (value.Value, *value.Error) {
	v, err := n.solid(f)
	if err != nil {
		return value.Value{}, err
	}
	if v.IsSecret() {
		return value.Value{}, value.SecretUsed(n.shown, n.span)
	}
	if !v.IsNumber() {
		return value.Value{}, &value.Error{Code: diag.WrongType, Span: n.span, Message: n.shown + " is " + value.WithArticle(v.TypeName()) + ", not a number", Evidence: v.Evidence(),
			Notes: []string{"take only the documents that have one, `where … is number { … }`, or convert it: `int(…)`, `decimal(…)`"}}
	}
	return v, nil
}

func (c *compiler) binary(x *ast.Binary) *node {
	switch x.Op {
	case ast.In, ast.NotIn:
		return c.in(x)
	}
	a, b := c.expr(x.X), c.expr(x.Y)
	if x.Op != ast.Default {
		a, b = c.plain(a), c.plain(b)
	}
	if x.Op == ast.Default {
		a, b = c.branch(x, a), c.branch(x, b)
	}
	n := &node{span: x.Span}
	switch x.Op {
	case ast.Or, ast.And:
		n.eval = func(f *frame) (value.Value, *value.Error) {
			ok, err := a.test(f)
			if err == nil && ok == (x.Op == ast.And) {
				ok, err = b.test(f)
			}
			return value.Bool(ok), err
		}
	case ast.Eq, ast.Ne:
		n.eval = func(f *frame) (value.Value, *value.Error) {
			equal, err := equals(f, a, b)
			return value.Bool(equal == (x.Op == ast.Eq)), err
		}
	case ast.Lt, ast.Le, ast.Gt, ast.Ge:
		n.eval = func(f *frame) (value.Value, *value.Error) {
			v, w, err := both(f, a, b)
			if err == nil {
				err = a.noArray(v)
			}
			if err != nil {
				return value.Value{}, err
			}
			return value.Bool(ordered(x.Op, v, w)), nil
		}
	case ast.Default:
		n.eval = func(f *frame) (value.Value, *value.Error) {
			v, err := a.eval(f)
			if err != nil || !v.Missing() && !v.IsNull() {
				return v, err
			}
			return b.eval(f)
		}
		n.shown = "this value"
	default:
		n.eval = func(f *frame) (value.Value, *value.Error) {
			v, err := a.number(f)
			if err != nil {
				return value.Value{}, err
			}
			w, err := b.number(f)
			if err != nil {
				return value.Value{}, err
			}
			f.work.Spend(calculating(v) + calculating(w))
			r, err := value.Calculate(string(x.Op), v, w)
			return r, err.At(x.Span)
		}
		if x.Op == ast.Plus {
			n.eval = joined(x, a, b, n.eval)
		}
	}
	return c.fold(n, a, b)
}

// joined is a sum whose error says how texts are joined where that is what was
// meant: both are texts, or the file has a text there.
func joined(x *ast.Binary, a, b *node, sum func(f *frame) (value.Value, *value.Error)) func(f *frame) (value.Value, *value.Error) {
	isText := func(f *frame, n *node) bool {
		v, err := n.eval(f)
		return err == nil && v.BSON.Type == bson.TypeString
	}
	edit, given := interpolation(x)
	return func(f *frame) (value.Value, *value.Error) {
		v, err := sum(f)
		if err != nil && err.Code == diag.WrongType && (given || isText(f, a) && isText(f, b)) {
			err.Notes = []string{"texts are joined by interpolation: " + edit}
		}
		return v, err
	}
}

// interpolation is a sum as one text, to be shown: `"a ${b}"`. given: a text is among what is added.
func interpolation(x *ast.Binary) (shown string, given bool) {
	var parts func(x ast.Expr) string
	parts = func(x ast.Expr) string {
		text := x.Place().Text()
		switch x := x.(type) {
		case *ast.Paren:
			return parts(x.X)
		case *ast.Binary:
			if x.Op == ast.Plus {
				return parts(x.X) + parts(x.Y)
			}
		case *ast.Number:
			return text
		case *ast.Text:
			given = true
			if x.Form == '"' {
				return text[1 : len(text)-1]
			}
		}
		return "${" + text + "}"
	}
	text := parts(x)
	if len(text) > 100 || strings.ContainsRune(text, '\n') {
		text = "${…}${…}"
	}
	return "`\"" + diag.Safe(text, 120) + "\"`", given
}

// calculating are the steps of comparing or calculating with a value.
func calculating(v value.Value) int {
	if v.IsConstant() || v.BSON.Type == bson.TypeDecimal128 {
		return limit.Decimal
	}
	return 0
}

func both(f *frame, a, b *node) (v, w value.Value, err *value.Error) {
	if v, err = a.eval(f); err == nil {
		w, err = b.eval(f)
	}
	f.work.Spend(limit.Scanned(len(v.BSON.Value)+len(w.BSON.Value)) + calculating(v) + calculating(w))
	return v, w, err
}

// noArray refuses an array where one of its elements is meant.
func (n *node) noArray(v value.Value) *value.Error {
	if !v.IsArray() || n.visited {
		return nil
	}
	e := &value.Error{Code: diag.ArrayCompared, Span: n.span, Message: n.shown + " is an array", Evidence: v.Evidence(),
		Notes: []string{"arrays are not searched by a comparison: write `\"x\" in tags` or `any t in tags has …`"}}
	return e
}

// equals is `==`: missing equals nothing, an array only an array.
func equals(f *frame, a, b *node) (bool, *value.Error) {
	v, w, err := both(f, a, b)
	if err != nil {
		return false, err
	}
	if v.IsArray() && !w.IsArray() && !w.Missing() {
		return false, a.noArray(v)
	}
	return value.Same(v, w), nil
}

// ordered is v op w for < <= > >=; false outside of one family.
func ordered(op ast.Op, v, w value.Value) bool {
	order, ok := value.Compare(v, w)
	if !ok {
		return false
	}
	switch op {
	case ast.Lt:
		return order < 0
	case ast.Le:
		return order <= 0
	case ast.Gt:
		return order > 0
	}
	return order >= 0
}

func (c *compiler) between(x *ast.Between) *node {
	v, low, high := c.plain(c.expr(x.X)), c.plain(c.expr(x.Low)), c.plain(c.expr(x.High))
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		middle, l, err := both(f, v, low)
		if err != nil {
			return value.Value{}, err
		}
		h, err := high.eval(f)
		if err == nil {
			err = v.noArray(middle)
		}
		if err != nil {
			return value.Value{}, err
		}
		return value.Bool(ordered(ast.Ge, middle, l) && ordered(ast.Le, middle, h)), nil
	}}, v, low, high)
}

// in compiles `x in list`. A list literal is compared without being built; a
// field that is missing has no elements.
func (c *compiler) in(x *ast.Binary) *node {
	a := c.plain(c.expr(x.X))
	want := x.Op == ast.In
	n := &node{span: x.Span}
	if l, ok := x.Y.(*ast.List); ok {
		elems := c.exprs(l.Elems)
		for i, e := range elems {
			elems[i] = c.plain(e)
		}
		n.eval = func(f *frame) (value.Value, *value.Error) {
			v, err := a.eval(f)
			if err == nil {
				err = a.noArray(v)
			}
			if err != nil {
				return value.Value{}, err
			}
			f.work.Spend(len(elems))
			for _, e := range elems {
				w, err := e.present(f)
				if err != nil {
					return value.Value{}, err
				}
				if value.Same(v, w) {
					return value.Bool(want), nil
				}
			}
			return value.Bool(!want), nil
		}
		return c.fold(n, append(elems, a)...)
	}
	b := c.plain(c.expr(x.Y))
	n.eval = func(f *frame) (value.Value, *value.Error) {
		v, w, err := both(f, a, b)
		if err == nil {
			err = a.noArray(v)
		}
		if err == nil && !w.Missing() && !w.IsArray() {
			err = notArray(b, w)
		}
		if err != nil {
			return value.Value{}, err
		}
		for e := range w.Elements {
			if err := f.step(x.Span); err != nil {
				return value.Value{}, err
			}
			if value.Same(v, e) {
				return value.Bool(want), nil
			}
		}
		return value.Bool(!want), nil
	}
	return c.fold(n, a, b)
}

// typeWords are the words after `is` that name one type.
var typeWords = []string{"int", "long", "double", "decimal", "string", "bool", "date", "timestamp", "objectId", "uuid", "binary",
	"regex", "object", "array", "minKey", "maxKey", "code", "symbol", "dbPointer", "undefined"}

func (c *compiler) is(x *ast.Is) *node {
	in := c.expr(x.X)
	word := x.Word.Text
	var holds func(v value.Value) bool
	switch word {
	case "missing":
		holds = value.Value.Missing
	case "present":
		holds = func(v value.Value) bool { return !v.Missing() }
	case "null":
		holds = value.Value.IsNull
	case "number":
		holds = value.Value.IsNumber
	case "empty":
		in, holds = c.plain(in), value.Value.Empty
	default:
		if !slices.Contains(typeWords, word) {
			words := append([]string{"missing", "present", "null", "empty", "number"}, typeWords...)
			e := &value.Error{Code: diag.UnknownType, Span: x.Word.Span, Message: "there is no type " + diag.Quote(word, 40), Notes: []string{"the words are " + value.OrList(words)}}
			return c.fail(e.Suggest(word, words))
		}
		holds = func(v value.Value) bool { return v.TypeName() == word || v.IsSecret() && word == "string" }
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		v, err := in.eval(f)
		return value.Bool(err == nil && holds(v) != x.Not), err
	}}, in)
}
