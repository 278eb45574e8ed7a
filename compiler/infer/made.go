package infer

// What is known of values that are made from others: lists and objects from
// lists, calls, choices.
//
// In: expressions. Out: views, `anything` where the shape tells nothing.

import (
	"fmt"
	"regexp/syntax"
	"slices"

	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// maxJoined bounds how many views of fields are joined for one value: rules can
// nest a view in itself again and again.
const maxJoined = 10_000

// view is what is known of a value that is written or bound.
func (in scope) view(x ast.Expr) *view {
	if p := ast.PathOf(x); p != nil {
		if v := in.resolve(p); v != nil && !slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
			return v
		}
		return anything
	}
	switch x := ast.Unparen(x).(type) {
	case *ast.PerEnv:
		return in.view(in.facts.choose(x))
	case *ast.Object:
		v := &view{types: []string{"object"}, made: true, fields: map[string]*view{}}
		for _, f := range x.Fields {
			if f.Key != nil {
				v.rest = join(v.rest, in.view(f.Value))
			} else {
				v.fields[f.Name.Text] = in.view(f.Value)
			}
		}
		return v
	case *ast.List:
		v := &view{types: []string{"array"}, made: true}
		for _, e := range x.Elems {
			v.elements = join(v.elements, in.view(e))
		}
		return v
	case *ast.Comprehension:
		elem := in.bind(x.Name.Text, in.elementOf(x.In)).view(x.Elem)
		if x.Key != nil {
			return &view{types: []string{"object"}, made: true, fields: map[string]*view{}, rest: elem}
		}
		return &view{types: []string{"array"}, made: true, elements: elem}
	case *ast.Call:
		if v := in.called(x); v != nil {
			return v
		}
	case *ast.Select:
		if v := in.selected(x); v != nil {
			return v
		}
		return anything
	case *ast.If:
		return join(in.view(x.Then), in.view(x.Else)).of(in.types(x))
	case *ast.Binary:
		if x.Op == ast.Default {
			return join(in.view(x.X), in.view(x.Y)).of(in.types(x))
		}
	}
	types := in.types(x)
	if len(types) == 0 || slices.Contains(types, "object") || slices.Contains(types, "array") {
		return anything
	}
	return &view{types: types, made: true}
}

// of is the view with other types; nothing is known of a value without types.
func (v *view) of(types []string) *view {
	if v.types == nil || types == nil {
		return anything
	}
	out := *v
	out.types = types
	return &out
}

// elementOf is the view of the elements of a list.
func (in scope) elementOf(x ast.Expr) *view {
	if v := in.view(x); v.types != nil {
		if e := v.element(); e != nil {
			return e
		}
	}
	return anything
}

// called is what is known of the result of a function that moves values; nil: only its types.
func (in scope) called(x *ast.Call) *view {
	if len(x.Args) == 0 {
		return nil
	}
	first := in.view(x.Args[0])
	listOf := func(e *view) *view { return &view{types: []string{"array"}, made: true, elements: e} }
	switch x.Func.Text {
	case "sort", "reverse", "distinct":
		return listOf(in.elementOf(x.Args[0]))
	case "concat":
		var e *view
		for _, a := range x.Args {
			e = join(e, in.elementOf(a))
		}
		return listOf(e)
	case "slice":
		if onlyArrays(first.types) {
			return listOf(in.elementOf(x.Args[0]))
		}
	case "first", "last":
		return in.elementOf(x.Args[0])
	case "keys", "split":
		return listOf(&view{types: []string{"string"}, made: true})
	case "values":
		return listOf(first.anyField())
	case "entries":
		return listOf(&view{types: []string{"object"}, made: true, fields: map[string]*view{"key": {types: []string{"string"}, made: true}, "value": first.anyField()}})
	case "match":
		return matched(x)
	case "merge":
		if onlyArrays(first.types) {
			return in.elementOf(x.Args[0]).of([]string{"object"})
		}
		var v *view
		for _, a := range x.Args {
			v = join(v, in.view(a))
		}
		return v.of([]string{"object"})
	}
	return nil
}

// matched is what match(…) gives for a pattern that is written out.
func matched(x *ast.Call) *view {
	if len(x.Args) < 2 {
		return nil
	}
	r, ok := ast.Unparen(x.Args[1]).(*ast.Regex)
	if !ok {
		return nil
	}
	re, err := syntax.Parse(r.Pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	text := &view{types: []string{"string"}, made: true}
	v := &view{types: []string{"object"}, made: true, fields: map[string]*view{}}
	for _, name := range re.CapNames() {
		if name != "" {
			v.fields[name] = text
		}
	}
	if len(v.fields) == 0 {
		return &view{types: []string{"array"}, made: true, elements: &view{types: []string{"string", "null"}, made: true}}
	}
	return v
}

// selected is what is known of a field or element of a value that is no name; nil: there is none.
func (in scope) selected(x *ast.Select) *view { return in.view(x.X).along(x.Steps) }

// selection checks the fields that are taken of a value that is no name.
func (c *checker) selection(x *ast.Select, in scope) {
	v := in.view(x.X)
	for i, step := range x.Steps {
		next := v.along(x.Steps[i : i+1])
		switch {
		case v.unknown():
			return
		case next != nil:
			v = next
			continue
		case step.Kind != ast.FieldStep && v.is("array"), step.Kind == ast.FieldStep && v.is("array"):
			return // all its arrays are empty, or one that is evaluated says more
		}
		e := c.report(diag.UnknownField, step.Span, "%s has no field %s", diag.Backquote(words.OneLine(x.X.Place().Text())), diag.Quote(step.Name, 64))
		if step.Kind != ast.FieldStep {
			e.Message = fmt.Sprintf("%s is no array", diag.Backquote(words.OneLine(x.X.Place().Text())))
			e.Notes = []string{"it is " + words.Article(v.types)}
			return
		}
		if near := diag.Suggest(step.Name, v.names()); near != "" {
			e.Label = "did you mean `." + near + "`?"
			e.Fix = &diag.Fix{Span: step.Span, Text: "." + near}
		} else if names := v.names(); len(names) > 0 {
			e.Notes = []string{"the fields there are " + shownNames(names)}
		}
		return
	}
}

// anyField is what is known of a field of an object of which the name is not known.
func (v *view) anyField() *view {
	if v.types == nil {
		return anything
	}
	left := maxJoined
	out := v.rest
	for _, name := range v.names() {
		out = joined(out, v.field(name), &left)
	}
	if out == nil {
		return anything
	}
	return out
}

// join is what is known of a value that is one of two; nil is one that is never there.
func join(a, b *view) *view {
	left := maxJoined
	return joined(a, b, &left)
}

func joined(a, b *view, left *int) *view {
	switch *left--; {
	case a == nil, a == b:
		return b
	case b == nil:
		return a
	case a.types == nil, b.types == nil, *left < 0:
		return anything
	}
	out := &view{types: union(a.types, b.types), made: a.made && b.made, joined: true}
	if out.is("object") {
		out.fields = map[string]*view{}
		for _, name := range append(a.names(), b.names()...) {
			if _, ok := out.fields[name]; !ok {
				out.fields[name] = joined(a.fieldOf(name), b.fieldOf(name), left)
			}
		}
		out.rest = joined(a.rest, b.rest, left)
	}
	if out.is("array") {
		out.elements = joined(a.elementIf(), b.elementIf(), left)
	}
	return out
}

// fieldOf is the view of a field, nil where the value is no object.
func (v *view) fieldOf(name string) *view {
	if !v.is("object") {
		return nil
	}
	return v.field(name)
}

// elementIf is the view of the elements, nil where the value is no array.
func (v *view) elementIf() *view {
	if !v.is("array") {
		return nil
	}
	return v.element()
}

// comprehension checks a list or object that is made from a list.
func (c *checker) comprehension(x *ast.Comprehension, in scope, filter bool) {
	c.expr(x.In, in, false)
	inner := in.bind(x.Name.Text, in.elementOf(x.In))
	c.clash(x.Name.Text, x.Name, in)
	c.expr(x.Cond, inner, filter)
	c.key(x.Key, inner)
	c.expr(x.Elem, inner, false)
	for _, k := range x.Sort {
		c.expr(k.X, inner, false)
	}
}

// key checks what gives a field its name; nil: it is written out.
func (c *checker) key(x ast.Expr, in scope) {
	if x == nil {
		return
	}
	c.expr(x, in, false)
	types := in.types(x)
	if types == nil || slices.Contains(types, "string") || len(types) == 0 {
		return
	}
	e := c.report(diag.WrongType, x.Place(), "the name of a field is a text; %s is %s", diag.Backquote(x.Place().Text()), words.Article(types))
	e.Notes = []string{"a number or an id becomes a text in `[string(…)]`"}
}
