package compiler

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
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// expr checks an expression over documents that look like document. filter is
// set where a literal that no document has is worth a warning.
func (s *static) expr(x ast.Expr, document *view, n *names, filter bool) {
	switch x := x.(type) {
	case nil:
		return
	case *ast.Path:
		s.path(x, document, n)
		return
	case *ast.Comprehension:
		s.expr(x.In, document, n, false)
		in := n.bind(x.Name.Text, s.elementOf(x.In, document, n))
		s.clash(x.Name.Text, x.Name, document, n)
		s.expr(x.Cond, document, in, filter)
		s.expr(x.Elem, document, in, false)
		return
	case *ast.Quantified:
		s.expr(x.In, document, n, false)
		in := n.bind(x.Name.Text, s.elementOf(x.In, document, n))
		s.clash(x.Name.Text, x.Name, document, n)
		s.expr(x.Cond, document, in, filter)
		s.expr(x.Has, document, in, filter)
		return
	case *ast.PerEnv:
		s.expr(s.choose(x), document, n, filter)
		return
	case *ast.Binary:
		if s.meantComparison(x, document, n) {
			return
		}
	case *ast.Text:
		s.meantInterpolation(x, document, n)
	}
	for _, sub := range check.Children(x) {
		s.expr(sub, document, n, filter)
	}
	switch x := x.(type) {
	case *ast.If:
		s.branches(x, document, n)
	case *ast.Binary:
		s.branches(x, document, n)
		s.binary(x, document, n, filter)
	case *ast.Between:
		s.ordered(x.X, x.Low, document, n)
		s.ordered(x.X, x.High, document, n)
		s.swapped(x)
	case *ast.Matches:
		if p, types := s.known(x.X, document, n); p != nil && !slices.Contains(types, "string") {
			if !s.arrayLeft(p, types, "matches", document, n) {
				s.neverOrdered(p, "is text", document, n)
			}
		}
	}
}

// isHere is a note: what the data has at a path.
func (s *static) isHere(p *ast.Path, document *view, n *names) string {
	return diag.Backquote(p.Span.Text()) + " is " + s.resolve(p, document, n).evidence()
}

// path checks that a path exists and that its first word has one meaning.
func (s *static) path(p *ast.Path, document *view, n *names) {
	if p.Head != "this" && s.find(n, p.Head, document) != nil {
		s.clash(p.Head, p, document, n)
	}
	if s.meantProperty(p, document, n) || s.throughArray(p, document, n, false) || s.resolve(p, document, n) != nil {
		return
	}
	if p.Head != "this" && s.find(n, p.Head, document) != nil && s.find(n, p.Head, document).types == nil {
		return
	}
	s.unknownField(p, document, n)
}

// clash reports a name that is a binding and a field at once.
func (s *static) clash(name string, at ast.Node, document *view, n *names) {
	if document.unknown() {
		return
	}
	f := document.field(name)
	if f == nil {
		return
	}
	if s.clashed[name] {
		return // said once
	}
	s.clashed[name] = true
	e := s.report(diag.NameClash, at.Place(), "%s is a name given here and a field of %s", diag.Backquote(name), s.data.Name)
	e.Notes = []string{"the field is " + f.evidence(), fmt.Sprintf("the field can be written `this.%s`; give the other one another name", diag.Safe(name, 64))}
}

// elementOf is the view of the elements of a list.
func (s *static) elementOf(x ast.Expr, document *view, n *names) *view {
	if p, ok := ast.Unparen(x).(*ast.Path); ok {
		if v := s.resolve(p, document, n); v != nil && v.types != nil {
			if e := v.element(); e != nil {
				return e
			}
		}
	}
	return anything
}

// choose is the value of `per environment` in this environment.
func (s *static) choose(p *ast.PerEnv) ast.Expr {
	var other ast.Expr
	for _, e := range p.Entries {
		if e.Else {
			other = e.Value
		} else if s.job.Weave.Module.In([]ast.Name{e.Env}, s.job.Environment) {
			return e.Value
		}
	}
	return other
}

// binary checks that a comparison can hold.
func (s *static) binary(x *ast.Binary, document *view, n *names, filter bool) {
	switch x.Op {
	case ast.Eq, ast.Ne:
		if isNull(x.X) || isNull(x.Y) {
			return
		}
		left, right := s.types(x.X, document, n), s.types(x.Y, document, n)
		p, other := ast.PathOf(x.X), x.Y
		have, want := left, right
		if p == nil {
			p, other, have, want = ast.PathOf(x.Y), x.X, right, left
		}
		if p == nil || s.find(n, p.Head, document) != nil || have == nil || want == nil {
			return
		}
		if len(want) > 0 && !slices.Contains(want, "array") && onlyArrays(have) {
			s.arrayLeft(p, have, string(x.Op), document, n)
			op := " in "
			if x.Op == ast.Ne {
				op = " not in "
			}
			e := &s.diags[len(s.diags)-1]
			e.Fix = &diag.Fix{Span: x.Span, Text: other.Place().Text() + op + p.Span.Text()}
			e.Label = "write `" + diag.Safe(e.Fix.Text, 64) + "`"
			return
		}
		if len(have) > 0 && len(want) > 0 && !meet(have, want) {
			e := s.report(diag.NeverEqual, p.Span.To(x.Span), "%s never equals %s", diag.Backquote(p.Span.Text()), words.Article(want))
			e.Span = x.Span
			if x.Op == ast.Ne {
				e.Message = fmt.Sprintf("%s always differs from %s", diag.Backquote(p.Span.Text()), words.Article(want))
			}
			e.Notes = []string{s.isHere(p, document, n)}
			meant(e, other, have)
			return
		}
		if filter {
			s.unknownValue(p, other, document, n)
		}
	case ast.Lt, ast.Le, ast.Gt, ast.Ge:
		s.ordered(x.X, x.Y, document, n)
		s.ordered(x.Y, x.X, document, n)
	case ast.In, ast.NotIn:
		p, have := s.known(x.X, document, n)
		list, ok := ast.Unparen(x.Y).(*ast.List)
		if p == nil || !ok || len(list.Elems) == 0 {
			return
		}
		if onlyArrays(have) {
			s.arrayLeft(p, have, string(x.Op), document, n)
			return
		}
		can := false
		var want []string
		for _, e := range list.Elems {
			types := s.types(e, document, n)
			can = can || types == nil || isNull(e) || meet(have, types)
			want = union(want, types)
		}
		if !can && len(have) > 0 {
			e := s.report(diag.NeverEqual, x.Span, "%s never equals %s", diag.Backquote(p.Span.Text()), words.Article(want))
			e.Notes = []string{s.isHere(p, document, n)}
			return
		}
		if filter {
			for _, e := range list.Elems {
				s.unknownValue(p, e, document, n)
			}
		}
	}
}

// known is a path of the document with the types it has; nil when it is no path or they are unknown.
func (s *static) known(x ast.Expr, document *view, n *names) (*ast.Path, []string) {
	p := ast.PathOf(x)
	if p == nil || s.find(n, p.Head, document) != nil {
		return nil, nil
	}
	types := s.types(p, document, n)
	if len(types) == 0 {
		return nil, nil
	}
	return p, types
}

// families of values that have an order.
var orderedFamilies = []string{"number", "string", "date", "timestamp", "bool", "objectId"}

// ordered checks that a field can be of the family that it is compared with by < and its kin.
func (s *static) ordered(field, other ast.Expr, document *view, n *names) {
	p, have := s.known(field, document, n)
	want := s.types(other, document, n)
	if p == nil || len(want) != 1 || !slices.Contains(orderedFamilies, family(want[0])) {
		return
	}
	if !meet(have, want) && !s.arrayLeft(p, have, "<", document, n) {
		meant(s.neverOrdered(p, "is "+words.Article(want), document, n), other, have)
	}
}

func (s *static) neverOrdered(p *ast.Path, what string, document *view, n *names) *diag.Diagnostic {
	e := s.report(diag.NeverOrdered, p.Span, "%s never %s, so this is always false", diag.Backquote(p.Span.Text()), what)
	e.Notes = []string{s.isHere(p, document, n)}
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
func (s *static) arrayLeft(p *ast.Path, have []string, op string, document *view, n *names) bool {
	if !onlyArrays(have) {
		return false
	}
	text := diag.Safe(p.Span.Text(), 64)
	e := s.report(diag.ArrayCompared, p.Span, "`%s` is an array: `%s` compares it as a whole", text, op)
	e.Notes = []string{s.isHere(p, document, n), fmt.Sprintf("a condition on its elements is `any x in %s has x %s …`", text, op)}
	if slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
		e.Message = fmt.Sprintf("`%s` is the list of all of them: `%s` compares it as a whole", text, op)
		e.Notes = e.Notes[1:] // what the data has there is the elements' type
	}
	return true
}

// unknownValue warns of a constant that is none of a field's few known values.
func (s *static) unknownValue(p *ast.Path, x ast.Expr, document *view, n *names) {
	v := s.resolve(p, document, n)
	if v == nil || v.node == nil || v.node.Many || len(v.node.Values) == 0 || v.node.Is("array", "object") {
		return
	}
	constant, ok := s.constant(x)
	if !ok || slices.ContainsFunc(v.node.Values, func(known bson.RawValue) bool { return doc.Same(known, constant) }) {
		return
	}
	e := s.report(diag.UnknownValue, x.Place(), "no document of %s has %s in %s", s.data.Name, doc.Show(constant, 60), diag.Backquote(p.Span.Text()))
	e.Severity = diag.Warning
	if near := nearest(constant, v.node.Values); near != "" {
		e.Label = "did you mean " + near + "?"
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

// nearest is the known text closest to a constant text, as shown; empty when none is near.
func nearest(constant bson.RawValue, known []bson.RawValue) string {
	text, ok := constant.StringValueOK()
	if !ok {
		return ""
	}
	var texts []string
	for _, k := range known {
		if t, ok := k.StringValueOK(); ok {
			texts = append(texts, t)
		}
	}
	slices.Sort(texts)
	if near := diag.Suggest(text, texts); near != "" {
		return diag.Quote(near, 60)
	}
	return ""
}

// constant is the value of an expression that reads no document.
func (s *static) constant(x ast.Expr) (bson.RawValue, bool) {
	for p := range check.Paths(x) {
		if _, ok := s.env.Lets[p.Head]; !ok {
			return bson.RawValue{}, false
		}
	}
	v, errs := s.env.Constant(x)
	if len(errs) > 0 {
		return bson.RawValue{}, false
	}
	raw, err := v.Raw()
	return raw, err == nil && raw.Type != 0
}
