package eval

// The operators: logic, comparison (docs/language.md, Comparison), arithmetic, `is`.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

func (c *compiler) unary(x *ast.Unary) *node {
	in := c.expr(x.X)
	if x.Op == ast.Not {
		return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
			ok, err := in.test(f)
			return truth(!ok), err
		}}, in)
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		n, err := in.number(f)
		if err != nil {
			return Value{}, err
		}
		r, err := negate(n)
		if err != nil {
			return Value{}, err.at(x.Span)
		}
		return r.value(), nil
	}}, in)
}

// number evaluates to a number.
func (n *node) number(f *frame) (num, *Error) {
	v, err := n.solid(f)
	if err != nil {
		return num{}, err
	}
	r, ok := number(v)
	if v.raw.Type == secretType {
		return num{}, secretUsed(n.shown, n.span)
	}
	if !ok {
		return num{}, &Error{Code: diag.WrongType, Span: n.span, Message: n.shown + " is " + withArticle(v.typeName()) + ", not a number", Evidence: v.show(),
			Notes: []string{"take only the documents that have one, `where … is number { … }`, or convert it: `int(…)`, `decimal(…)`"}}
	}
	return r, nil
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
		n.eval = func(f *frame) (Value, *Error) {
			ok, err := a.test(f)
			if err == nil && ok == (x.Op == ast.And) {
				ok, err = b.test(f)
			}
			return truth(ok), err
		}
	case ast.Eq, ast.Ne:
		n.eval = func(f *frame) (Value, *Error) {
			equal, err := equals(f, a, b)
			return truth(equal == (x.Op == ast.Eq)), err
		}
	case ast.Lt, ast.Le, ast.Gt, ast.Ge:
		n.eval = func(f *frame) (Value, *Error) {
			v, w, err := both(f, a, b)
			if err == nil {
				err = a.noArray(v)
			}
			if err != nil {
				return Value{}, err
			}
			return truth(ordered(x.Op, v, w)), nil
		}
	case ast.Default:
		n.eval = func(f *frame) (Value, *Error) {
			v, err := a.eval(f)
			if err != nil || !v.Missing() && !v.isNull() {
				return v, err
			}
			return b.eval(f)
		}
		n.shown = "this value"
	default:
		n.eval = func(f *frame) (Value, *Error) {
			v, err := a.number(f)
			if err != nil {
				return Value{}, err
			}
			w, err := b.number(f)
			if err != nil {
				return Value{}, err
			}
			r, err := arithmetic(x.Op, v, w)
			if err != nil {
				return Value{}, err.at(x.Span)
			}
			return r.value(), nil
		}
		if x.Op == ast.Plus {
			n.eval = joined(x, a, b, n.eval)
		}
	}
	return c.fold(n, a, b)
}

// joined is a sum whose error says how texts are joined where that is what was
// meant: both are texts, or the file has a text there.
func joined(x *ast.Binary, a, b *node, sum func(f *frame) (Value, *Error)) func(f *frame) (Value, *Error) {
	isText := func(f *frame, n *node) bool {
		v, err := n.eval(f)
		return err == nil && v.raw.Type == bson.TypeString
	}
	edit, given := interpolation(x)
	return func(f *frame) (Value, *Error) {
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

func both(f *frame, a, b *node) (v, w Value, err *Error) {
	if v, err = a.eval(f); err == nil {
		w, err = b.eval(f)
	}
	return v, w, err
}

// noArray refuses an array where one of its elements is meant.
func (n *node) noArray(v Value) *Error {
	if !v.isArray() {
		return nil
	}
	e := &Error{Code: diag.ArrayCompared, Span: n.span, Message: n.shown + " is an array", Evidence: v.show(),
		Notes: []string{"arrays are not searched by a comparison: write `\"x\" in tags` or `any t in tags has …`"}}
	return e
}

// equals is `==`: missing equals nothing, an array only an array.
func equals(f *frame, a, b *node) (bool, *Error) {
	v, w, err := both(f, a, b)
	if err != nil {
		return false, err
	}
	if v.isArray() && !w.isArray() && !w.Missing() {
		return false, a.noArray(v)
	}
	return same(v, w), nil
}

// same compares two values as `==` does.
func same(v, w Value) bool {
	switch {
	case v.Missing() || w.Missing():
		return false
	case v.loose == nil && w.loose == nil:
		return doc.Same(v.raw, w.raw)
	case v.isNumber() && w.isNumber():
		order, ok := compareLoose(v, w)
		return ok && order == 0
	case v.isArray() && w.isArray():
		return slices.EqualFunc(slices.Collect(v.elements), slices.Collect(w.elements), same)
	}
	a, ok := v.members()
	b, also := w.members()
	return ok && also && slices.EqualFunc(a, b, func(x, y field) bool { return x.name == y.name && same(x.value, y.value) })
}

// members gives the fields of an object.
func (v Value) members() ([]field, bool) {
	if v.loose != nil {
		return v.loose.fields, v.loose.num == nil && !v.loose.isList
	}
	if v.raw.Type != bson.TypeEmbeddedDocument {
		return nil, false
	}
	var fields []field
	for e := range elementsOf(v.raw.Value) {
		fields = append(fields, field{string(v.raw.Value[e.name : e.data-1]), Value{raw: e.value(v.raw.Value)}})
	}
	return fields, true
}

// compareFamily orders two values; false when they are not of one family.
func compareFamily(v, w Value) (int, bool) {
	switch {
	case v.Missing() || w.Missing():
		return 0, false
	case v.loose == nil && w.loose == nil:
		return doc.CompareFamily(v.raw, w.raw)
	}
	return compareLoose(v, w)
}

// compareLoose orders two numbers of which one or both are untyped constants. A
// constant with a fraction meets a double as the double that is nearest to it
// (0.1 equals the double 0.1); all other pairs are compared exactly.
func compareLoose(v, w Value) (int, bool) {
	if !v.isNumber() || !w.isNumber() {
		return 0, false
	}
	return doc.CompareFamily(v.against(w), w.against(v))
}

func (v Value) against(w Value) bson.RawValue {
	switch {
	case v.loose == nil:
		return v.raw
	case w.raw.Type == bson.TypeDouble && !v.loose.num.integral:
		return v.loose.num.doubleRaw
	}
	return v.loose.num.exact
}

// ordered is v op w for < <= > >=; false outside of one family.
func ordered(op ast.Op, v, w Value) bool {
	order, ok := compareFamily(v, w)
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
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		value, l, err := both(f, v, low)
		if err != nil {
			return Value{}, err
		}
		h, err := high.eval(f)
		if err == nil {
			err = v.noArray(value)
		}
		if err != nil {
			return Value{}, err
		}
		return truth(ordered(ast.Ge, value, l) && ordered(ast.Le, value, h)), nil
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
		n.eval = func(f *frame) (Value, *Error) {
			v, err := a.eval(f)
			if err == nil {
				err = a.noArray(v)
			}
			if err != nil {
				return Value{}, err
			}
			for _, e := range elems {
				w, err := e.present(f)
				if err != nil {
					return Value{}, err
				}
				if same(v, w) {
					return truth(want), nil
				}
			}
			return truth(!want), nil
		}
		return c.fold(n, append(elems, a)...)
	}
	b := c.plain(c.expr(x.Y))
	n.eval = func(f *frame) (Value, *Error) {
		v, w, err := both(f, a, b)
		if err == nil {
			err = a.noArray(v)
		}
		if err == nil && !w.Missing() && !w.isArray() {
			err = notArray(b, w)
		}
		if err != nil {
			return Value{}, err
		}
		for e := range w.elements {
			if same(v, e) {
				return truth(want), nil
			}
		}
		return truth(!want), nil
	}
	return c.fold(n, a, b)
}

// typeWords are the words after `is` that name one type.
var typeWords = []string{"int", "long", "double", "decimal", "string", "bool", "date", "timestamp", "objectId", "uuid", "binary",
	"regex", "object", "array", "minKey", "maxKey", "code", "symbol", "dbPointer", "undefined"}

func (c *compiler) is(x *ast.Is) *node {
	in := c.expr(x.X)
	word := x.Word.Text
	var holds func(v Value) bool
	switch word {
	case "missing":
		holds = Value.Missing
	case "present":
		holds = func(v Value) bool { return !v.Missing() }
	case "null":
		holds = Value.isNull
	case "number":
		holds = Value.isNumber
	default:
		if !slices.Contains(typeWords, word) {
			words := append([]string{"missing", "present", "null", "number"}, typeWords...)
			e := &Error{Code: diag.UnknownType, Span: x.Word.Span, Message: "there is no type " + diag.Quote(word, 40), Notes: []string{"the words are " + orList(words)}}
			return c.fail(e.suggest(word, words))
		}
		holds = func(v Value) bool { return v.typeName() == word || v.raw.Type == secretType && word == "string" }
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		v, err := in.eval(f)
		return truth(err == nil && holds(v) != x.Not), err
	}}, in)
}
