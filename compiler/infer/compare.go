package infer

// Expressions against the shape: every path must exist, every comparison must
// be able to hold.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// binary checks that a comparison can hold.
func (c *checker) binary(x *ast.Binary, in scope, filter bool) {
	switch x.Op {
	case ast.Eq, ast.Ne:
		if isNull(x.X) || isNull(x.Y) {
			return
		}
		left, right := in.types(x.X), in.types(x.Y)
		p, other := ast.PathOf(x.X), x.Y
		have, want := left, right
		if p == nil {
			p, other, have, want = ast.PathOf(x.Y), x.X, right, left
		}
		if p == nil || in.find(p.Head) != nil || have == nil || want == nil {
			return
		}
		if len(want) > 0 && !slices.Contains(want, "array") && onlyArrays(have) {
			c.arrayLeft(p, have, string(x.Op), in)
			op := " in "
			if x.Op == ast.Ne {
				op = " not in "
			}
			e := &c.diags[len(c.diags)-1]
			e.Fix = &diag.Fix{Span: x.Span, Text: other.Place().Text() + op + p.Span.Text()}
			e.Label = "write `" + diag.Safe(e.Fix.Text, 64) + "`"
			return
		}
		if len(have) > 0 && len(want) > 0 && !meet(have, want) {
			e := c.report(diag.NeverEqual, p.Span.To(x.Span), "%s never equals %s", diag.Backquote(p.Span.Text()), words.Article(want))
			e.Span = x.Span
			if x.Op == ast.Ne {
				e.Message = fmt.Sprintf("%s always differs from %s", diag.Backquote(p.Span.Text()), words.Article(want))
			}
			e.Notes = []string{in.isHere(p)}
			meant(e, other, have)
			return
		}
		if filter {
			c.unknownValue(p, other, in)
		}
	case ast.Lt, ast.Le, ast.Gt, ast.Ge:
		c.ordered(x.X, x.Y, in)
		c.ordered(x.Y, x.X, in)
	case ast.In, ast.NotIn:
		p, have := in.known(x.X)
		list, ok := ast.Unparen(x.Y).(*ast.List)
		if p == nil || !ok || len(list.Elems) == 0 {
			return
		}
		if onlyArrays(have) {
			c.arrayLeft(p, have, string(x.Op), in)
			return
		}
		can := false
		var want []string
		for _, e := range list.Elems {
			types := in.types(e)
			can = can || types == nil || isNull(e) || meet(have, types)
			want = union(want, types)
		}
		if !can && len(have) > 0 {
			e := c.report(diag.NeverEqual, x.Span, "%s never equals %s", diag.Backquote(p.Span.Text()), words.Article(want))
			e.Notes = []string{in.isHere(p)}
			return
		}
		if filter {
			for _, e := range list.Elems {
				c.unknownValue(p, e, in)
			}
		}
	}
}

// families of values that have an order.
var orderedFamilies = []string{"number", "string", "date", "timestamp", "bool", "objectId"}

// ordered checks that a field can be of the family that it is compared with by < and its kin.
func (c *checker) ordered(field, other ast.Expr, in scope) {
	p, have := in.known(field)
	want := in.types(other)
	if p == nil || len(want) != 1 || !slices.Contains(orderedFamilies, family(want[0])) {
		return
	}
	if !meet(have, want) && !c.arrayLeft(p, have, "<", in) {
		meant(c.neverOrdered(p, "is "+words.Article(want), in), other, have)
	}
}

func (c *checker) neverOrdered(p *ast.Path, what string, in scope) *diag.Diagnostic {
	e := c.report(diag.NeverOrdered, p.Span, "%s never %s, so this is always false", diag.Backquote(p.Span.Text()), what)
	e.Notes = []string{in.isHere(p)}
	return e
}

// A text that is another value between quotes.
var (
	quotedNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	quotedID     = regexp.MustCompile(`^[0-9a-fA-F]{24}$`)
	quotedDay    = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	quotedDate   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$`)
)

// meant suggests the constant of the field's type that x was meant to be: 5 for "5".
func meant(e *diag.Diagnostic, x ast.Expr, have []string) {
	text := ""
	switch x := ast.Unparen(x).(type) {
	case *ast.Number:
		if slices.Contains(have, "string") {
			text = `"` + x.Text + `"`
		}
	case *ast.Text:
		if len(x.Parts) != 1 || x.Parts[0].Expr != nil {
			return
		}
		t := x.Parts[0].Literal
		is := func(want string) bool {
			return slices.ContainsFunc(have, func(t string) bool { return family(t) == want })
		}
		switch {
		case is("number") && quotedNumber.MatchString(t), is("bool") && (t == "true" || t == "false"):
			text = t
		case is("objectId") && quotedID.MatchString(t):
			text = `objectId("` + t + `")`
		case is("date") && quotedDate.MatchString(t):
			text = `date("` + t + `")`
		case is("date") && quotedDay.MatchString(t):
			text = `date("` + t + `T00:00:00Z")`
		}
	}
	if text != "" {
		e.Label = "did you mean `" + text + "`?"
		e.Fix = &diag.Fix{Span: x.Place(), Text: text}
	}
}

// arrayLeft reports an array where one value is meant.
func (c *checker) arrayLeft(p *ast.Path, have []string, op string, in scope) bool {
	if !onlyArrays(have) {
		return false
	}
	text := diag.Safe(p.Span.Text(), 64)
	e := c.report(diag.ArrayCompared, p.Span, "`%s` is an array: `%s` compares it as a whole", text, op)
	e.Notes = []string{in.isHere(p), fmt.Sprintf("a condition on its elements is `any x in %s has x %s …`", text, op)}
	if slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
		e.Message = fmt.Sprintf("`%s` is the list of all of them: `%s` compares it as a whole", text, op)
		e.Notes = e.Notes[1:] // what the data has there is the elements' type
	}
	return true
}

// unknownValue warns of a constant that is none of a field's few known values.
func (c *checker) unknownValue(p *ast.Path, x ast.Expr, in scope) {
	v := in.resolve(p)
	if v == nil || v.node == nil || v.node.Many || len(v.node.Values) == 0 || v.node.Is("array", "object") {
		return
	}
	constant, ok := c.constant(x)
	if !ok || slices.ContainsFunc(v.node.Values, func(known bson.RawValue) bool { return doc.Same(known, constant) }) {
		return
	}
	e := c.report(diag.UnknownValue, x.Place(), "no document of %s has %s in %s", c.Data.Name, doc.Show(constant, 60), diag.Backquote(p.Span.Text()))
	e.Severity = diag.Warning
	if near := Nearest(constant, v.node.Values); near != "" {
		e.Label = "did you mean " + near + "?"
		if text, ok := x.(*ast.Text); ok && text.Form == '"' && strings.HasPrefix(near, `"`) && !strings.HasSuffix(near, `…"`) && !strings.Contains(near, "${") {
			e.Fix = &diag.Fix{Span: x.Place(), Text: near}
		}
	}
	shown := make([]string, 0, 8)
	values := slices.Clone(v.node.Values)
	slices.SortFunc(values, doc.Compare)
	for i, known := range values {
		if i == 7 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, doc.Show(known, 40))
	}
	e.Notes = []string{"the values there are " + strings.Join(shown, ", ")}
}
